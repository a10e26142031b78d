// Owns the list of what the WebAssembly module exports; engine/memory/kernels.ts gives the types.
// Promise: no kernel allocates, keeps state of its own, or touches a byte it was not pointed at.
export {
  bookApply,
  bookCopy,
  bookInit,
  bookInvalidate,
  bookLoad,
  bookTrade,
} from './book';
export { cholesky, gram, scenarioPnl } from './matrix';
export { bookFeatures } from './microstructure';
export { monteCarlo } from './monte-carlo';
export { riskCheck } from './risk';
export { scenarioCash, scenarioCommit, scenarioLossAfter, scenarioRefresh } from './scenarios';
export {
  covarianceCommit,
  covarianceRefresh,
  covarianceUpdate,
  selectNth,
  sum,
  variance,
} from './statistics';

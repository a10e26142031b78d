// Owns compiling a changed kernel in memory: only what the tests of risk call, without optimizing.
// Promise: touches no file of the checkout; text that does not compile comes back as null.
import { main } from 'assemblyscript/asc';

const ENTRY = 'wasm/mutated-kernels.ts';
const EXPORTS = [
  "export { riskCheck } from './risk';",
  "export { scenarioCash, scenarioCommit, scenarioLossAfter, scenarioRefresh } from './scenarios';",
  "export { cholesky, gram, scenarioPnl } from './matrix';",
  'export { covarianceCommit, covarianceRefresh, covarianceUpdate, selectNth, sum, variance }',
  "  from './statistics';",
].join('\n');

const FLAGS = [
  '--runtime stub --enable simd,threads,bulk-memory --sharedMemory --importMemory --noAssert',
  '--initialMemory 2 --maximumMemory 65536 --memoryBase 65536 --optimizeLevel 0',
]
  .join(' ')
  .split(' ');

/** The module's bytes, about 0.5 s; the same code as the optimized build, run a little slower. */
export async function buildKernels(files: ReadonlyMap<string, string>): Promise<Uint8Array | null> {
  let bytes: Uint8Array | null = null;
  const { error } = await main([ENTRY, '--outFile', 'out.wasm', ...FLAGS], {
    readFile: (name) => (name === ENTRY ? EXPORTS : (files.get(name) ?? null)),
    writeFile: (name, data) => {
      if (name.endsWith('.wasm') && typeof data !== 'string') bytes = data;
    },
    listFiles: () => [],
  });
  return error === null ? bytes : null;
}

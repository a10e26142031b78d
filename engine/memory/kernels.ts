// Owns the typed door to the AssemblyScript kernels: one instance per thread, called with offsets.
// Promise: the same module, the same memory, any thread; kernels never allocate.

/** Exports of wasm/index.ts. Offsets and counts are u32, the rest f64 unless said otherwise. */
export interface Kernels {
  /** Empties the book at `book` (flags 0) and sets its capacity. */
  bookInit(book: number, levelsMax: number): void;
  /** Replaces the whole book by the batch (any order); sets BOOK_READY; returns BOOK_* flags. */
  bookLoad(
    book: number,
    batch: number,
    bidCount: number,
    askCount: number,
    updateId: number,
    receiveUs: number,
  ): number;
  /** Applies a diff (0 removes, else sets), updates OFI and mid moves; returns BOOK_* flags. */
  bookApply(
    book: number,
    batch: number,
    bidCount: number,
    askCount: number,
    updateId: number,
    eventUs: number,
    receiveUs: number,
  ): number;
  /** Clears BOOK_READY: readers must not trust the book until the next load. */
  bookInvalidate(book: number): void;
  /** Adds a trade to the tape columns of the block; aggressor 0 bought, 1 sold. */
  bookTrade(book: number, price: number, qty: number, aggressor: number): void;
  /** Seqlock copy of header and levels into private `target`; 1, or 0 after too many retries. */
  bookCopy(book: number, target: number): number;
  /**
   * Order-book features of a book copy into f64 `out` (columns FEATURE_* in wasm/layout.ts).
   * `contractValue`: quote value of one inverse contract; leave out for linear instruments.
   */
  bookFeatures(
    copy: number,
    priceUnit: number,
    qtyUnit: number,
    out: number,
    contractValue?: number,
  ): void;
  /**
   * Pre-trade check of the order record at `order` against everything the system block points to;
   * fills the answer half and returns the number of hard limits it breaks: 0 = approved. Only an
   * approved order that is no preview spends tokens and probes and enters the recent ring.
   */
  riskCheck(system: number, order: number): number;
  /** Scenario block: pnl += delta x column of `index`. */
  scenarioCommit(block: number, index: number, delta: number): void;
  /** The same of the `asset`-th column behind the instruments', and in every later refresh. */
  scenarioCash(block: number, asset: number, delta: number): void;
  /** pnl = cash + sum of weights (n f64) x columns from scratch; renews the guide. */
  scenarioRefresh(block: number, weights: number): void;
  /** Loss (positive = loss) at the block's rank with `delta` more of `index`; exact. */
  scenarioLossAfter(block: number, index: number, delta: number): number;
  /** One EWMA rank-1 update from `returns` (n f64, zero mean): S = l S + (1-l) r r'. */
  covarianceUpdate(covariance: number, returns: number): void;
  /** Recomputes sigmaW = S w and returns w' S w. */
  covarianceRefresh(covariance: number): number;
  /** w_i += delta, sigmaW += delta S_i; returns the new w' S w in O(n). */
  covarianceCommit(covariance: number, index: number, delta: number): number;
  /** Sum of n f64 at `values`; mean; sample variance (ddof 1): statistics used by features. */
  sum(values: number, n: number): number;
  variance(values: number, n: number): number;
  /** k-th smallest (0-based) of n f64, partially sorting them in place (Hoare's select). */
  selectNth(values: number, n: number, k: number): number;
  /**
   * out[t] = sum_j w_j R_j[t] for `rows` scenarios: column j of n at columns + j * stride bytes,
   * `weights` n f64. j ascending, so plain loops give the same bits.
   */
  scenarioPnl(
    columns: number,
    stride: number,
    weights: number,
    n: number,
    rows: number,
    out: number,
  ): void;
  /** out (n x n) = sum_t v_t x_i[t] x_j[t]; columns as above; `rowWeights` 0 = all 1. */
  gram(
    columns: number,
    stride: number,
    n: number,
    rows: number,
    rowWeights: number,
    out: number,
  ): void;
  /** Lower L, L L' = matrix (n x n, row-major); 1, or 0 where it is not positive definite. */
  cholesky(matrix: number, n: number, out: number): number;
  /**
   * P&L of `paths` paths: sum of `factors` exposures times independent normals, each path scaled
   * to a Student t of the same variance unless `degrees` is 0. `source`: MONTE_CARLO_BYTES.
   */
  monteCarlo(
    source: number,
    exposures: number,
    factors: number,
    degrees: number,
    paths: number,
    out: number,
  ): void;
}

/** Compiles once: the module can be posted to workers, which only instantiate. */
export const compileKernels = (bytes: BufferSource): WebAssembly.Module =>
  new WebAssembly.Module(bytes);

/** An instance on the shared memory. Throws WebAssembly.LinkError when memory is too small. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: onAbort } });
  return instance.exports as unknown as Kernels;
}

function onAbort(): never {
  throw new Error('kernel aborted: an invariant of the shared memory is broken');
}

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
  /** Pre-trade check; returns the breach mask, fills the answer half of the order record. */
  riskCheck(
    system: number,
    rows: number,
    rowCount: number,
    covariance: number,
    order: number,
  ): number;
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

// Owns the book cases of the kernel benchmark: apply 20 levels, copy a book, compute its features.
// Promise: the diffs are seeded, legal, and the same for both contestants.
import { createRandom } from '../engine/core/random.ts';
import * as layout from '../wasm/layout.ts';
import type { BenchCase } from './harness.ts';
import { createKernelState, type KernelState } from './kernel-state.ts';
import { applyPlain, createPlainBook, type PlainBook } from './plain-book.ts';
import { writePlainFeatures } from './plain-features.ts';

const DIFFS = 512;
const DIFF_LEVELS = 20; // half of them bids
const BUSY_STEPS = 40; // diffs fall this close to the mid
const MID = 1_000_000; // price steps
const PRICE_UNIT = 0.1;
const QTY_UNIT = 0.001;

interface BookState {
  readonly state: KernelState;
  readonly at: number;
  readonly copy: number;
  readonly diffs: number; // byte offset of DIFFS x DIFF_LEVELS levels
  readonly plainDiffs: Float64Array;
  readonly plain: PlainBook;
  readonly sideCells: number;
}

/** Both books loaded with the same `levels` levels a side. */
function createBookState(levels: number): BookState {
  const levelsMax = 2 * levels;
  const bytes = layout.BOOK_LEVELS + 2 * levelsMax * layout.LEVEL_BYTES;
  const batchBytes = Math.max(2 * levels, DIFFS * DIFF_LEVELS) * layout.LEVEL_BYTES;
  const state = createKernelState(2 * bytes + batchBytes + 4096);
  const [at, copy, diffs] = [state.take(bytes), state.take(bytes), state.take(batchBytes)];
  const random = createRandom('bench book');
  for (let k = 0; k < levels; k += 1) {
    writeLevel(state, diffs, k, MID - 1 - k, 1 + random.integer(5000));
    writeLevel(state, diffs, levels + k, MID + 1 + k, 1 + random.integer(5000));
  }
  state.kernels.bookInit(at, levelsMax);
  state.kernels.bookLoad(at, diffs, levels, levels, 1, 1);
  const plain = createPlainBook(levelsMax);
  applyPlain(plain, state.copyOf(diffs, 4 * levels), 0, levels, levels);
  Object.assign(plain, { flow: 0, moves: 0, squared: 0, updates: 0 });
  writeDiffs(state, diffs);
  const plainDiffs = state.copyOf(diffs, 2 * DIFFS * DIFF_LEVELS);
  return { state, at, copy, diffs, plainDiffs, plain, sideCells: 2 * levelsMax };
}

function writeLevel(state: KernelState, batch: number, k: number, price: number, qty: number) {
  state.numbers[batch / 8 + 2 * k] = price;
  state.numbers[batch / 8 + 2 * k + 1] = qty;
}

/** Every third level is removed, the others set; the touch itself comes and goes. */
function writeDiffs(state: KernelState, diffs: number): void {
  const random = createRandom('bench diffs');
  for (let k = 0; k < DIFFS * DIFF_LEVELS; k += 1) {
    const isBid = k % DIFF_LEVELS < DIFF_LEVELS / 2;
    const distance = 1 + random.integer(BUSY_STEPS);
    const qty = random.integer(3) === 0 ? 0 : 1 + random.integer(5000);
    writeLevel(state, diffs, k, isBid ? MID - distance : MID + distance, qty);
  }
}

/** Used levels of both sides, then OFI and the count of mid moves. */
function bookResult({ state, at, sideCells }: BookState): Float64Array {
  const bids = 2 * (state.words[(at + layout.BOOK_BID_COUNT) / 4] ?? 0);
  const asks = 2 * (state.words[(at + layout.BOOK_ASK_COUNT) / 4] ?? 0);
  const [flow = 0] = state.copyOf(at + layout.BOOK_OFI, 1);
  const [moves = 0] = state.copyOf(at + layout.BOOK_MID_MOVES, 1);
  return Float64Array.of(
    ...state.copyOf(at + layout.BOOK_LEVELS, bids),
    ...state.copyOf(at + layout.BOOK_LEVELS + sideCells * 8, asks),
    flow,
    moves,
  );
}

const plainResult = ({ plain }: BookState): Float64Array =>
  Float64Array.of(
    ...plain.bids.cells.subarray(0, 2 * plain.bids.count),
    ...plain.asks.cells.subarray(0, 2 * plain.asks.count),
    plain.flow,
    plain.moves,
  );

export function bookCases(levels: number): readonly BenchCase[] {
  return [applyCase(levels), copyCase(levels), featuresCase(levels)];
}

function applyCase(levels: number): BenchCase {
  const book = createBookState(levels);
  const { kernels } = book.state;
  const half = DIFF_LEVELS / 2;
  const bytes = DIFF_LEVELS * layout.LEVEL_BYTES;
  return {
    name: `book apply, ${DIFF_LEVELS} levels`,
    callsPerSample: 50,
    tolerance: 0,
    kernel: {
      run: (k) => {
        kernels.bookApply(book.at, book.diffs + (k % DIFFS) * bytes, half, half, k, k, k);
      },
      result: () => bookResult(book),
    },
    plain: {
      run: (k) => applyPlain(book.plain, book.plainDiffs, ((k % DIFFS) * bytes) / 8, half, half),
      result: () => plainResult(book),
    },
  };
}

/** Header and used levels; the rival copies its two arrays without any lock. */
function copyCase(levels: number): BenchCase {
  const book = createBookState(levels);
  const { kernels } = book.state;
  const copied = createPlainBook(2 * levels);
  return {
    name: `book copy, 2 x ${levels} levels`,
    callsPerSample: 20,
    tolerance: 0,
    kernel: {
      run: () => {
        kernels.bookCopy(book.at, book.copy);
      },
      result: () => bookResult({ ...book, at: book.copy }),
    },
    plain: {
      run: () => {
        const { bids, asks } = book.plain;
        copied.bids.cells.set(bids.cells.subarray(0, 2 * bids.count));
        copied.asks.cells.set(asks.cells.subarray(0, 2 * asks.count));
        copied.bids.count = bids.count;
        copied.asks.count = asks.count;
      },
      result: () => plainResult({ ...book, plain: copied }),
    },
  };
}

function featuresCase(levels: number): BenchCase {
  const book = createBookState(levels);
  const { kernels } = book.state;
  const out = book.state.take(layout.FEATURE_COLUMNS * 8);
  const plainOut = new Float64Array(layout.FEATURE_COLUMNS);
  return {
    name: `book features, ${layout.FEATURE_COLUMNS} columns`,
    callsPerSample: 20,
    tolerance: 1e-12,
    kernel: {
      run: () => kernels.bookFeatures(book.at, PRICE_UNIT, QTY_UNIT, out),
      result: () => book.state.copyOf(out, layout.FEATURE_COLUMNS),
    },
    plain: {
      run: () => writePlainFeatures(book.plain, PRICE_UNIT, QTY_UNIT, plainOut),
      result: () => plainOut,
    },
  };
}

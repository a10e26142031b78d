// Owns what pure rooms read of the outside: books, clock, randomness; and the shape of a problem.
// Promise: read-only interfaces; composition decides what stands behind them.
import type { Instrument } from './instrument.ts';
import type { EpochUs, Price, Qty } from './units.ts';

/** One problem of an input: where it is, what is wrong and what to do. */
export interface FieldProblem {
  readonly path: string; // 'quantity'
  readonly message: string;
}

/** Read-only view of one book, best level first, in steps. Owned by memory/book-view.ts. */
export interface BookReader {
  isReady(instrument: Instrument): boolean;
  updateId(instrument: Instrument): number;
  receiveUs(instrument: Instrument): number; // of the last update; 0 before the first
  bidCount(instrument: Instrument): number;
  askCount(instrument: Instrument): number;
  bidPrice(instrument: Instrument, level: number): Price; // level 0 = best
  bidQty(instrument: Instrument, level: number): Qty;
  askPrice(instrument: Instrument, level: number): Price;
  askQty(instrument: Instrument, level: number): Qty;
}

/** Engine clock: virtual in replay and backtest, real in live trading. */
export interface Clock {
  nowUs(): EpochUs;
  /** Monotonic nanoseconds, for stage timings only; never for decisions. */
  nowNs(): number;
}

/** Seeded randomness (core/random.ts). */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
}

// Owns the reduction of positions: which orders shrink them to what a step of the schedule keeps.
// Promise: pure arithmetic; an order never flips a position, never grows one, never doubles another.
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Side } from '../core/order.ts';
import type { Qty } from '../core/units.ts';

/** One step: by its end `fraction` of what was held at the start is gone; 1: all of everything. */
export interface Reduction {
  readonly scope: LimitScope; // 'system' or a strategy
  readonly step: number; // 1-based
  readonly steps: number;
  readonly reason: string;
  readonly fraction: number; // 0..1, of the start, with the steps before this one
  readonly start: Float64Array; // signed steps held at the start, by instrument index
}

/** The part of a position that one strategy of one account holds. */
export interface Owner {
  readonly account: string;
  readonly strategy: string;
  readonly qty: number; // signed steps
}

export interface Holding {
  readonly instrument: Instrument;
  readonly qty: number; // signed steps, the sum of the owners'
  readonly openReducing: number; // steps of open orders that shrink it (unknown ones included)
  readonly owners: readonly Owner[];
  readonly unitNotional: number; // of one real unit at the mark, base currency; NaN: no mark
  readonly orderNotionalMax: number; // base currency
  readonly orderQtyMax: number; // real units
  readonly collar: number; // the mark may move by this fraction before an order is checked
}

export interface ReductionOrder {
  readonly instrument: Instrument;
  readonly account: string;
  readonly strategy: string;
  readonly side: Side;
  readonly qty: Qty;
}

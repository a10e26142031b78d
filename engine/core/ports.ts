// Owns what the pure engine asks of the outside: effects out, and read-only views in.
// Promise: the engine knows these interfaces only; composition decides what stands behind them.
import type { Breach, Placement } from './decision.ts';
import type { Instrument } from './instrument.ts';
import type { JournalBody } from './journal-record.ts';
import type { LimitScope, LimitTree } from './limit.ts';
import type { Order } from './order.ts';
import type { KillReport, OrderPreview, ScopeState } from './risk.ts';
import type { EpochUs, Price, Qty } from './units.ts';

/** What apply(event) leads to. Calls are synchronous, never throw, and must not re-enter apply. */
export interface Effects {
  requestSnapshot(instrument: Instrument): void;
  requestForecast(instrument: Instrument, nowUs: EpochUs, tickNs: number): void;
  place(placement: Placement): void;
  cancel(order: Order): void;
  /** What is open of ours at this venue; the answer is an OpenOrdersReport. */
  askOpenOrders(venue: string): void;
  /** Takes back an order that is open at a venue under an id nobody here knows. */
  cancelUnknown(venue: string, orderId: string): void;
  record(timeUs: EpochUs, body: JournalBody): void;
  answer(correlation: number, answer: CommandAnswer): void;
}

export type CommandAnswer =
  | { readonly kind: 'accepted'; readonly orderId: string }
  | {
      readonly kind: 'rejected';
      readonly orderId: string;
      readonly by: 'compliance' | 'risk';
      readonly breaches: readonly Breach[];
    }
  | { readonly kind: 'done'; readonly count: number }
  | {
      readonly kind: 'state'; // what the scope lets through after all, and why
      readonly scope: LimitScope;
      readonly state: ScopeState;
      readonly reasons: readonly string[];
    }
  | { readonly kind: 'preview'; readonly preview: OrderPreview }
  | { readonly kind: 'killed'; readonly report: KillReport }
  | { readonly kind: 'proposed'; readonly proposal: number; readonly version: number }
  | { readonly kind: 'limits'; readonly tree: LimitTree }
  | { readonly kind: 'conflict'; readonly version: number } // the tree has moved on since
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] }
  | { readonly kind: 'not_found'; readonly what: string };

/** One problem of an input: where it is, what is wrong and what to do. */
export interface FieldProblem {
  readonly path: string; // 'quantity'
  readonly message: string;
}

/** Read-only view of one book, best level first, in steps. Owned by core/book-view.ts. */
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

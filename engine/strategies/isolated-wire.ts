// Owns what goes between the engine and the worker of an isolated strategy: batches and answers.
// Promise: plain data that can be cloned, bounded; instruments are told by their index.
import type { Signal } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Json } from '../core/json.ts';
import type { Order, Side, TimeInForce } from '../core/order.ts';
import type { ScopeState } from '../core/risk.ts';
import { ACTIONS_PER_CALL_MAX, type Bar, type Fill, type Refusal } from './strategy.ts';
import { shown } from './wish.ts';

/** One instrument as the strategy is shown it; levels are price, quantity, price, … in steps. */
export interface Snapshot {
  readonly instrument: number;
  readonly isReady: boolean;
  readonly bookSequence: number;
  readonly mid: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
  readonly position: number;
  readonly quoteRate: number;
  readonly tradingState: ScopeState;
}

type Indexed<T> = Omit<T, 'instrument'> & { readonly instrument: number };

/** What happened, in its order. Books are conflated: the snapshot is the newest. */
export type Notice =
  | { readonly kind: 'start'; readonly saved: Json; readonly orders: readonly Indexed<Order>[] }
  /** It is in its slot from here on; whatever stood there is the past. */
  | { readonly kind: 'listed'; readonly instrument: Instrument }
  | { readonly kind: 'retired'; readonly instrument: number }
  | { readonly kind: 'book'; readonly instrument: number }
  | { readonly kind: 'signal'; readonly signal: Indexed<Signal> }
  | { readonly kind: 'order'; readonly order: Indexed<Order> }
  | { readonly kind: 'fill'; readonly fill: Fill; readonly order: Indexed<Order> }
  | { readonly kind: 'refused'; readonly refusal: Indexed<Refusal> }
  | { readonly kind: 'bar'; readonly bar: Indexed<Bar> }
  | { readonly kind: 'timer' }
  | { readonly kind: 'stop' };

/** One is on its way at a time; the next goes when its answer is in. */
export interface Batch {
  readonly number: number; // from 1
  readonly nowUs: number;
  readonly equity: number;
  readonly profit: number;
  readonly snapshots: readonly Snapshot[];
  readonly notices: readonly Notice[];
}

export type Wanted =
  | {
      readonly kind: 'submit';
      readonly instrument: number;
      readonly side: Side;
      readonly qty: number;
      readonly price: number | null;
      readonly timeInForce: TimeInForce;
      readonly postOnly: boolean;
      readonly reduceOnly: boolean;
      readonly reference: string;
      readonly signalId: number; // 0: no signal led to it
      readonly bookSequence: number; // that it saw
    }
  | { readonly kind: 'cancel'; readonly order: string; readonly reason: string }
  | {
      readonly kind: 'amend';
      readonly order: string;
      readonly qty: number;
      readonly price: number;
      readonly reason: string;
    };

export interface Answer {
  readonly number: number; // of the batch
  readonly wanted: readonly Wanted[];
  readonly logs: readonly string[];
  readonly saved: string | null; // JSON text, when it has changed
  readonly error: string | null; // what a handler threw, with its line
}

/** The worker's first word. */
export type Opening =
  | { readonly kind: 'ready' }
  | { readonly kind: 'problem'; readonly reason: string };

/** Its first word as it came: the file shares the port, and may have said anything on it. */
export function readOpening(said: unknown): Opening {
  const { kind, reason } = (said ?? {}) as { readonly kind?: unknown; readonly reason?: unknown };
  if (kind === 'ready') return { kind };
  if (kind === 'problem' && typeof reason === 'string') return { kind, reason };
  return { kind: 'problem', reason: `its worker said ${shown(said)}, which is no opening` };
}

/** Notices that may wait for a busy worker; beyond that it has fallen behind and is ended. */
export const NOTICES_MAX = 4096;
/** Instruments told in one batch; the others wait for the next, in turn. */
export const SNAPSHOTS_PER_BATCH = 16;
/** Signals, orders and fills told in one batch; the others wait, and all books behind them. */
export const NOTICES_PER_BATCH = 47;
const CALLS_PER_BATCH = NOTICES_PER_BATCH + SNAPSHOTS_PER_BATCH + 1; // and the timer
/** Wishes of one answer: as many as that many calls may have. */
export const WANTED_MAX = CALLS_PER_BATCH * ACTIONS_PER_CALL_MAX;
/** Logs of one answer. */
export const LOGS_MAX = 32;

export const toIndexed = <T extends { readonly instrument: Instrument }>(of: T): Indexed<T> => ({
  ...of,
  instrument: of.instrument.index,
});
export type { Indexed };

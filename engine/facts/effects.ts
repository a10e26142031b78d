// Owns what the pure engine asks of the outside: its effects, and what it answers to commands.
// Promise: the engine knows these interfaces only; composition decides what stands behind them.
import type { Breach, Placement } from '../core/decision.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope, LimitTree } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { KillReport, OrderPreview, ScopeState } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { Fact } from './fact.ts';

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
  record(timeUs: EpochUs, body: Fact): void;
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

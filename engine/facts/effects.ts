// Owns what the pure engine asks of the outside: its effects, and what it answers to commands.
// Promise: the engine knows these interfaces only; composition decides what stands behind them.
import type { Breach, Placement } from '../core/decision.ts';
import type { Command } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope, LimitTree } from '../core/limit.ts';
import type { Order, OrderChange } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { KillReport, OrderPreview, ScopeState } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { Fact } from './fact.ts';

/** What apply(event) leads to. Calls are synchronous, never throw, and must not re-enter apply. */
export interface Effects {
  requestSnapshot(instrument: Instrument): void;
  /** An instrument has come while it runs: market, venue and forecasts have to know. */
  list(instrument: Instrument): void;
  /** One has gone: its frames are wanted no more. */
  unlist(instrument: Instrument): void;
  requestForecast(instrument: Instrument, nowUs: EpochUs, tickNs: number): void;
  /** The four below: false when it did not leave (the link is down, a bound is met). */
  place(placement: Placement): boolean;
  cancel(order: Order): boolean;
  amend(order: Order, change: OrderChange): boolean;
  /** What became of an order; answered by OrderReports, its fills with their ids first. */
  query(order: Order): boolean;
  /** What is open of ours at this venue; the answer is an OpenOrdersReport. */
  askOpenOrders(venue: string): void;
  /** A person moves money: a simulated venue does it, null, or says why not. Ask before commit. */
  moveMoney(movement: Extract<Command, { kind: 'move_money' }>): string | null;
  /** Takes back an order that is open at a venue under an id nobody here knows. */
  cancelUnknown(venue: string, orderId: string): void;
  /** A fact that was folded: journal and gateway get it after the event. */
  record(timeUs: EpochUs, fact: Fact): void;
  answer(correlation: number, answer: CommandAnswer): void;
  /** A round of checkpoints, once this event is over. */
  checkpoint(): void;
}

export type CommandAnswer =
  /** `isReplay`: this key was answered before; nothing was sent now. */
  | { readonly kind: 'accepted'; readonly orderId: string; readonly isReplay: boolean }
  | { readonly kind: 'key_reused'; readonly key: string } // with another body
  | {
      readonly kind: 'rejected';
      readonly orderId: string;
      readonly by: 'compliance' | 'risk';
      readonly breaches: readonly Breach[];
      readonly isReplay: boolean;
    }
  | { readonly kind: 'moved'; readonly id: string }
  | { readonly kind: 'done'; readonly count: number }
  | { readonly kind: 'starting' } // a strategy: what becomes of it is told when its file is open
  | {
      readonly kind: 'instrument'; // it came or went
      readonly change: 'added' | 'retired';
      readonly slots: number; // that there are, and how many have an instrument now
      readonly used: number;
    }
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

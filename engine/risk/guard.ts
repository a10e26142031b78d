// Owns the trading state of every scope: the strictest of what people, drawdowns, breakers, kills say.
// Promise: every change is recorded with its reason; what stops trading never waits for a person.
import type { Config } from '../config/schema.ts';
import type { TradingState } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { DrawdownRecord, JournalBody, StateRecord } from '../core/journal-record.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type {
  BreakerView,
  DrawdownView,
  KillOptions,
  ScopeState,
  ScopeStateView,
} from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { RiskNames } from './places.ts';
import type { Reduction } from './reduction.ts';

export interface GuardOptions {
  readonly risk: Config['risk'];
  readonly names: RiskNames;
  /** Called once for every scope at the start, then on change only. */
  readonly setState: (scope: LimitScope, state: ScopeState) => void;
  /** What a half-open breaker lets out: so many orders, each at most so large (base currency). */
  readonly setProbes: (scope: LimitScope, orders: number, notional: number) => void;
  readonly record: (body: JournalBody) => void;
  /** Signed steps that the scope ('system' or a strategy) holds of an instrument now. */
  readonly held: (scope: LimitScope, instrument: Instrument) => number;
  readonly restored?: GuardCheckpoint;
}

/** Parts of Checkpoint: the operators' words, and the peaks with their levels. */
export interface GuardCheckpoint {
  readonly states: readonly StateRecord[];
  readonly drawdowns: readonly DrawdownRecord[];
}

export interface GuardView {
  readonly states: readonly ScopeStateView[];
  readonly breakers: readonly BreakerView[];
  readonly drawdowns: readonly DrawdownView[];
}

/** `state` and `reasons`: what the scope lets through after all, and what holds it there. */
export type StateAnswer =
  | { readonly kind: 'done'; readonly state: ScopeState; readonly reasons: readonly string[] }
  | { readonly kind: 'not_found' };

/** What became of a step: gross notionals in the base currency, and the orders it sent. */
export interface ReductionOutcome {
  readonly gross: number; // of the scope, before the step
  readonly target: number; // gross it aims at
  readonly orders: number;
}

export interface Guard {
  /** A new mid in the quote asset. O(1), no allocation. */
  onMark(instrument: Instrument, mid: number, nowUs: EpochUs): void;
  /** Base currency; not a number changes nothing. */
  onEquity(equity: number, nowUs: EpochUs): void;
  /** Running profits in the order of names.strategies, and equity, base currency. */
  onStrategyProfits(profits: Float64Array, equity: number, nowUs: EpochUs): void;
  onSent(order: Order, nowUs: EpochUs): void;
  /** The venue's first word on an order; `refused`: rejected by the venue. */
  onAnswered(order: Order, nowUs: EpochUs, refused: boolean): void;
  /** Nobody can say what became of the order. */
  onUnclear(order: Order, nowUs: EpochUs): void;
  onDisconnect(venue: string, nowUs: EpochUs): void;
  onBook(instrument: Instrument, isReady: boolean, nowUs: EpochUs): void;
  /** Every clock event: cool-downs, half-open breakers, stale books, the change of day. */
  advance(nowUs: EpochUs): void;
  /**
   * The word of a person, or of an invariant ('order-state'). 'active' takes back that word and
   * starts a halted drawdown again from a new peak (a warning too, when nothing else of a person's
   * stands); it never closes a breaker, and the reasons then say so.
   */
  setState(
    scope: LimitScope,
    state: TradingState,
    reason: string,
    by: string,
    nowUs: EpochUs,
  ): StateAnswer;
  /** Halts the system for a kill. Called again: a kill that is no drill outweighs a drill. */
  startKill(options: KillOptions, nowUs: EpochUs): void;
  /** After a drill the system is as it was; after a kill it stays halted until 'active'. */
  endKill(nowUs: EpochUs): void;
  stateOf(scope: LimitScope): ScopeState;
  /** Of the system; probing counts as reducing. */
  tradingState(): TradingState;
  /**
   * Steps that are due now and not done: something beyond them is still held. Plan them in this
   * order, placing the orders of one before the next is planned, and tell reductionDone of each.
   */
  reductions(nowUs: EpochUs): readonly Reduction[];
  /** Records the step when it sent orders, and gives them time before it is tried again. */
  reductionDone(reduction: Reduction, outcome: ReductionOutcome, nowUs: EpochUs): void;
  view(): GuardView;
  checkpoint(): GuardCheckpoint;
}

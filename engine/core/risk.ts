// Owns the words of the running risk: states by scope, breakers, drawdowns, kills, headroom.
// Promise: plain JSON that engine, journal and gateway share; money is in the base currency.
import type { Breach, RiskFigures } from './decision.ts';
import type { LimitName, LimitScope } from './limit.ts';

export type TradingState = 'active' | 'reducing' | 'halted';

/** What a scope lets through; 'probing': a half-open breaker lets few and small orders out. */
export type ScopeState = TradingState | 'probing';

/** How strict a state is: the larger of two counts. */
export const STRICTNESS = {
  active: 0,
  probing: 1,
  reducing: 2,
  halted: 3,
} as const satisfies Record<ScopeState, number>;

export type BreakerKind =
  | 'volatility' // an instrument's move within a window
  | 'loss_rate' // equity or strategy profit lost within a window
  | 'reject_rate' // refusals of a venue among the orders sent to it
  | 'stale_data' // books of a venue that cannot be trusted
  | 'latency' // from an order sent to its acknowledgement
  | 'venue'; // broken connections and orders nobody can account for

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerView {
  readonly scope: LimitScope;
  readonly breaker: BreakerKind;
  readonly state: BreakerState;
  readonly measured: number; // now, in the unit of the threshold
  readonly threshold: number;
  readonly trips: number; // since the start
  readonly changedUs: number; // 0: never
  readonly retryUs: number | null; // when an open breaker will probe
}

export type DrawdownLevel = 'normal' | 'warning' | 'halted';

export interface DrawdownView {
  readonly scope: LimitScope; // 'system' or a strategy
  readonly level: DrawdownLevel;
  readonly drawdown: number; // fraction below the peak since the start
  readonly peak: number;
  readonly dayDrawdown: number; // fraction below the peak of this UTC day
  readonly dayPeak: number;
}

/** How much of one limit is in use now. */
export interface LimitUse {
  readonly scope: LimitScope;
  readonly limit: LimitName;
  readonly used: number;
  readonly hard: number;
  readonly soft: number;
}

export interface ScopeStateView {
  readonly scope: LimitScope;
  readonly state: ScopeState; // the strictest of the reasons
  readonly reasons: readonly string[]; // 'operator anna: lunch', 'breaker volatility', …
}

/** The whole of it, told to the gateway a few times a second. */
export interface RiskView {
  readonly timeUs: number;
  readonly limitsVersion: number;
  readonly states: readonly ScopeStateView[]; // those that are not active, and the system's
  readonly breakers: readonly BreakerView[]; // those that ever tripped or are near their threshold
  readonly drawdowns: readonly DrawdownView[];
  readonly uses: readonly LimitUse[]; // scopes with anything in use, fullest first; bounded
  readonly historySource: string; // where the scenarios of historical VaR come from
  readonly valueAtRisk: number; // of the worst case, as pre-trade sees it
  readonly historicalVar: number;
  readonly stressLoss: number;
}

/** What would become of an order, asked without sending it. */
export interface OrderPreview {
  readonly approved: boolean;
  readonly by: 'compliance' | 'risk';
  readonly breaches: readonly Breach[];
  readonly warnings: readonly Breach[];
  readonly figures: RiskFigures;
  readonly before: RiskFigures; // the book as it stands, notional 0
}

export interface KillOptions {
  readonly flatten: boolean; // close every position as well
  readonly drill: boolean; // an exercise: afterwards trading is as it was before
  readonly reason: string;
  readonly by: string;
}

export interface KilledOrder {
  readonly orderId: string;
  readonly cancelUs: number; // from the start of the kill to the cancel being sent
  readonly endedUs: number | null; // to the order being over; null: it never was
  readonly state: string; // how it ended, or what it still is
}

/**
 * What a kill did, step by step; times are microseconds from when the wish was received, by a clock
 * that goes on while the engine does not.
 */
export interface KillReport extends KillOptions {
  readonly startedUs: number; // epoch
  readonly blockedUs: number; // nothing new left from here on
  readonly cancelledUs: number | null; // every order of ours is over
  readonly confirmedUs: number | null; // and every venue says that nothing is open
  readonly flatUs: number | null; // and no position is left (only when asked)
  readonly orders: readonly KilledOrder[];
  readonly openAtVenues: Readonly<Record<string, number>>; // as last told by each venue
  readonly positionsLeft: number;
  readonly isConfirmed: boolean;
  readonly problem: string; // '' when confirmed: what is missing and what to do
}

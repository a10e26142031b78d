// Owns the shapes of risk on the wire, the same for REST, WebSocket and the page that reads them.
// Promise: types only; money is in the base currency, a loss is positive, times are ISO 8601 UTC.
import type { TradingState } from '../engine/core/event.ts';
import type { LimitName, LimitScope } from '../engine/core/limit.ts';
import type { BreakerKind, BreakerState, DrawdownLevel, ScopeState } from '../engine/core/risk.ts';
import type { Fact } from '../engine/facts/fact.ts';

export interface ScopeStateWire {
  readonly scope: LimitScope;
  readonly state: ScopeState;
  readonly reasons: readonly string[];
}

export interface BreakerWire {
  readonly scope: LimitScope;
  readonly breaker: BreakerKind;
  readonly state: BreakerState;
  readonly measured: number; // in the unit of the threshold
  readonly threshold: number;
  readonly trips: number; // since the start
  readonly changed_at: string | null; // null: never
  readonly retry_at: string | null; // when an open breaker will probe
}

export interface DrawdownWire {
  readonly scope: LimitScope;
  readonly level: DrawdownLevel;
  readonly drawdown: number; // fraction below the peak since the start
  readonly peak: number;
  readonly day_drawdown: number; // fraction below the peak of this UTC day
  readonly day_peak: number;
  readonly warning: number; // the marks that both are held against
  readonly hard: number;
}

export interface LimitUseWire {
  readonly scope: LimitScope;
  readonly limit: LimitName;
  readonly unit: string;
  readonly used: number;
  readonly soft: number;
  readonly hard: number;
  readonly utilization: number; // used / hard
}

export interface RiskWire {
  readonly as_of: string;
  readonly base_currency: string;
  readonly equity: string | null; // decimal; null before the first portfolio
  readonly limits_version: number;
  readonly trading_state: TradingState;
  readonly states: readonly ScopeStateWire[]; // that are not active, and the system's
  readonly breakers: readonly BreakerWire[];
  readonly drawdowns: readonly DrawdownWire[];
  readonly top_uses: readonly LimitUseWire[]; // fullest first
  readonly value_at_risk: number; // normal, 95 %, 1 day, worst case of the open orders
  readonly historical_value_at_risk: number;
  readonly history_source: string;
  readonly stress_loss: number; // worst scenario
}

export interface LimitChangeWire {
  readonly scope: LimitScope;
  readonly limit: LimitName;
  readonly from: { readonly hard: number; readonly soft: number } | null;
  readonly hard: number;
  readonly soft: number;
}

export interface ProposalWire {
  readonly proposal: number;
  readonly state: 'pending' | 'approved' | 'rejected' | 'expired';
  readonly changes: readonly LimitChangeWire[];
  readonly reason: string;
  readonly proposed_by: string;
  readonly proposed_at: string;
  readonly decided_by: string | null;
  readonly decided_at: string | null;
  readonly decision_reason: string | null;
}

type StateBody = Extract<Fact, { kind: 'trading_state' }>;
type EventBody =
  | Extract<Fact, { kind: 'breaker' | 'drawdown' | 'reduction' }>
  | (Omit<StateBody, 'isWord'> & { readonly is_word: boolean }); // a person said it

/** A record of the journal in the words of the API. */
export type RiskEventWire = EventBody & {
  readonly sequence: number; // of the journal
  readonly created_at: string;
};

export interface KillWire {
  readonly started_at: string;
  readonly reason: string;
  readonly by: string;
  readonly flatten: boolean;
  readonly drill: boolean;
  readonly is_confirmed: boolean;
  readonly problem: string;
  readonly blocked_us: number; // all times from the start of the kill
  readonly cancelled_us: number | null;
  readonly confirmed_us: number | null;
  readonly flat_us: number | null;
  readonly open_at_venues: Readonly<Record<string, number>>;
  readonly positions_left: number;
  readonly orders: readonly {
    readonly order_id: string;
    readonly cancel_us: number;
    readonly ended_us: number | null;
    readonly state: string;
  }[];
}

export interface VarRowWire {
  readonly method: string;
  readonly level: string; // '0.95'
  readonly value_at_risk: number | null; // one day; null where it is undefined
  readonly expected_shortfall: number | null;
  readonly value_at_risk_10d: number | null;
  readonly expected_shortfall_10d: number | null;
}

export interface StressRowWire {
  readonly scenario: string;
  readonly description: string;
  readonly loss: number;
  readonly loss_of_equity: number | null; // fraction
  readonly worst_position: string; // symbol, '' when nothing loses
  readonly worst_position_loss: number;
}

export interface CorrelationWire {
  readonly symbols: readonly string[]; // in leaf order of the clusters
  readonly rows: readonly (readonly (number | null)[])[]; // -1..1; null: one never moved
  readonly symbols_total: number; // that there are; the first of them are shown
  readonly alarm: string; // 'calm', or 'broken': correlations are not what they were
  readonly distance: number | null; // mean absolute change of the correlations
}

export interface AnalysisWire {
  readonly as_of: string;
  readonly elapsed_ms: number;
  readonly equity: number;
  readonly source: string; // where the scenarios come from
  readonly var: readonly VarRowWire[];
  readonly stress: readonly StressRowWire[]; // worst first
  readonly correlation: CorrelationWire | null;
}

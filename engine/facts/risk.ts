// Owns the facts about risk: states of scopes, limits, breakers, drawdowns, reductions, kills.
// Promise: the word of a person and the state that results are told apart.
import type { RiskSummary, TradingState } from '../core/event.ts';
import type { Limit, LimitChange, LimitScope, LimitTree } from '../core/limit.ts';
import type {
  BreakerKind,
  BreakerState,
  DrawdownLevel,
  KillReport,
  ScopeState,
} from '../core/risk.ts';

/** A change of limits that waits for a second person. */
export interface ProposalRecord {
  readonly proposal: number;
  readonly version: number; // of the tree it was made for
  readonly changes: readonly LimitChange[];
  readonly reason: string;
  readonly by: string;
  readonly timeUs: number;
}

/** Who of the house itself stops a scope: it knows of something that a person has to look at. */
const MACHINES = ['orders', 'accounts'] as const;
export type MachineName = (typeof MACHINES)[number];
export const isMachine = (by: string): boolean => (MACHINES as readonly string[]).includes(by);

/** What somebody has set and nobody has taken back. */
export interface StateRecord {
  readonly scope: LimitScope;
  readonly state: TradingState;
  readonly reason: string;
  readonly by: string;
}

/** Which peak it fell from, or what was lost of its first value: of the day, or ever. */
export type DrawdownMeasure = 'start' | 'day' | 'day_loss' | 'loss';

export interface DrawdownRecord {
  readonly scope: LimitScope;
  readonly level: DrawdownLevel;
  readonly peak: number; // base currency
  readonly day: number; // UTC days since 1970
  readonly dayPeak: number;
  readonly capital: number; // net, base currency: what all of these stand on
  // The first value ever and of the day, which no person's word moves; older records have none.
  readonly base?: number;
  readonly dayBase?: number;
}

export type RiskFact =
  | {
      readonly kind: 'trading_state';
      readonly scope: LimitScope;
      readonly state: ScopeState; // what the scope lets through from here on
      readonly reason: string;
      readonly by: string; // a person's key, or 'drawdown', 'breaker', 'kill', …
      /**
       * A person or a machine set this, or a person took it back ('active'): it outlives a restart.
       * A scope has a word of each; that of a person takes the place of both.
       */
      readonly isWord: boolean;
    }
  | {
      readonly kind: 'limits_configured'; // the tree of the configuration comes into force
      readonly tree: LimitTree;
    }
  | {
      readonly kind: 'limits'; // four eyes: proposed by one, approved or rejected by another
      readonly step: 'proposed' | 'approved' | 'rejected' | 'expired';
      readonly proposal: number;
      readonly version: number; // of the tree after this record
      readonly changes: readonly (LimitChange & { readonly from: Limit | null })[];
      readonly reason: string;
      readonly by: string; // who proposed
      readonly approver: string; // who decided, '' while it waits and where nobody did
    }
  | {
      readonly kind: 'breaker';
      readonly scope: LimitScope;
      readonly breaker: BreakerKind;
      readonly from: BreakerState;
      readonly to: BreakerState;
      readonly measured: number;
      readonly threshold: number;
      readonly reason: string;
    }
  | {
      readonly kind: 'drawdown';
      readonly scope: LimitScope;
      readonly from: DrawdownLevel;
      readonly to: DrawdownLevel;
      readonly drawdown: number;
      readonly peak: number;
      readonly equity: number;
      readonly capital: number; // net: what the peak stands on
      readonly measure: DrawdownMeasure;
    }
  | {
      readonly kind: 'reduction'; // a step of the schedule; its orders carry origin 'risk'
      readonly scope: LimitScope;
      readonly step: number; // 1-based
      readonly steps: number;
      readonly reason: string;
      readonly gross: number; // before the step, base currency
      readonly target: number; // gross the step aims at
      readonly orders: number;
    }
  | { readonly kind: 'kill'; readonly report: KillReport } // once it is confirmed or has failed
  | {
      // A peak rose by PEAK_STEP, fell with a person's word or moved with capital, or a day turned.
      readonly kind: 'peaks';
      readonly drawdowns: readonly DrawdownRecord[];
    }
  | { readonly kind: 'risk_report'; readonly summary: RiskSummary };

// Owns the vocabulary of the journal: every decision, as one closed union of plain JSON records.
// Promise: a record holds no object identity, no float where exactness matters, and no secret.
import type { Breach } from '../core/decision.ts';
import type { RiskSummary, TradingState } from '../core/event.ts';
import type { Limit, LimitChange, LimitScope, LimitTree } from '../core/limit.ts';
import type { OrderOrigin, OrderState, OrderType, Side, TimeInForce } from '../core/order.ts';
import type {
  BreakerKind,
  BreakerState,
  DrawdownLevel,
  KillReport,
  ScopeState,
} from '../core/risk.ts';

/** Everything an engine needs to go on where another stopped; decimals as strings. */
export interface Checkpoint {
  readonly epoch: number;
  readonly nextOrderNumber: number; // of this epoch; the next engine takes a higher epoch
  readonly nextSignalId: number;
  readonly nextFillNumber: number;
  readonly peakEquity: number; // base currency; the drawdown is measured from here
  readonly tradingState: TradingState;
  readonly balances: Readonly<Record<string, string>>; // ledger account -> decimal
  readonly positions: readonly PositionRecord[];
  readonly openOrders: readonly OrderRecord[];
  // What risk has to know; a journal written before there was any has none of it.
  readonly books?: readonly BookRecord[];
  readonly limits?: LimitTree;
  readonly proposals?: readonly ProposalRecord[];
  readonly states?: readonly StateRecord[];
  readonly drawdowns?: readonly DrawdownRecord[];
}

/** The part of a position that one strategy of one account holds. */
export interface BookRecord {
  readonly account: string;
  readonly strategy: string;
  readonly instrument: string; // key
  readonly qty: string; // signed
}

/** A change of limits that waits for a second person. */
export interface ProposalRecord {
  readonly proposal: number;
  readonly changes: readonly LimitChange[];
  readonly reason: string;
  readonly by: string;
  readonly timeUs: number;
}

/** What an operator has set and nobody has taken back. */
export interface StateRecord {
  readonly scope: LimitScope;
  readonly state: TradingState;
  readonly reason: string;
  readonly by: string;
}

export interface DrawdownRecord {
  readonly scope: LimitScope;
  readonly level: DrawdownLevel;
  readonly peak: number;
  readonly day: number; // UTC days since 1970
  readonly dayPeak: number;
}

export interface PositionRecord {
  readonly instrument: string; // key
  readonly qty: string; // signed
  readonly cost: string; // signed value of the open part at entry, settle asset; exact
  readonly entryPrice: string; // average, follows from cost; rounded to 18 digits
  readonly realised: string; // profit and loss in the settle asset, before fees
  readonly fees: string;
}

export interface OrderRecord {
  readonly id: string;
  readonly instrument: string;
  readonly account: string;
  readonly strategy: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly qty: string;
  readonly price: string | null;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly origin: OrderOrigin;
  readonly state: OrderState;
  readonly filledQty: string;
  readonly averagePrice: string | null;
  readonly reason: string;
  readonly arrivalMid: number;
  readonly createdUs: number;
  readonly updatedUs: number;
}

export interface FillRecord {
  readonly id: string; // venue's fill id
  readonly orderId: string;
  readonly account: string;
  readonly strategy: string;
  readonly instrument: string;
  readonly side: Side;
  readonly price: string;
  readonly qty: string;
  readonly fee: string; // positive = paid
  readonly feeAsset: string;
  readonly realised: string; // in the settle asset
  readonly liquidity: 'maker' | 'taker';
}

export interface LedgerLine {
  readonly account: string; // 'cash:USDT', 'venue:USDT', 'fees:USDT', …
  readonly amount: string; // signed; the lines of one asset in one record sum to zero
}

export type Fact =
  | {
      readonly kind: 'run_started';
      readonly mode: string;
      readonly version: string;
      readonly configHash: string;
      readonly seed: string;
      readonly instruments: readonly string[];
      readonly model: string;
      readonly checkpoint: Checkpoint;
    }
  | {
      readonly kind: 'recovered';
      readonly records: number; // read since the last checkpoint
      readonly tornBytes: number; // cut from the end of the last file
      readonly unresolvedOrders: readonly string[];
    }
  | {
      readonly kind: 'ids_reserved';
      readonly epoch: number;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | {
      readonly kind: 'signal';
      readonly id: number;
      readonly instrument: string;
      readonly direction: 'up' | 'down' | 'flat';
      readonly probability: number;
      readonly confidence: number;
      readonly strength: number;
      readonly horizonUs: number;
      readonly model: string;
      readonly bookSequence: number;
      readonly mid: number;
      readonly action: 'trade' | 'hold';
    }
  | {
      readonly kind: 'verdict'; // the whole decision on one intent, compliance and risk together
      readonly orderId: string;
      readonly account: string;
      readonly strategy: string;
      readonly instrument: string;
      readonly side: Side;
      readonly qty: string;
      readonly price: string | null;
      readonly origin: OrderOrigin;
      readonly bookSequence: number;
      readonly approved: boolean;
      readonly by: 'compliance' | 'risk';
      readonly breaches: readonly Breach[];
      readonly warnings: readonly Breach[]; // soft limits it goes beyond
      readonly notional: number;
      readonly varAfter: number;
      readonly historicalVarAfter: number;
      readonly stressAfter: number;
    }
  | { readonly kind: 'order'; readonly order: OrderRecord } // after every change of state
  | {
      readonly kind: 'fill';
      readonly fill: FillRecord;
      readonly ledger: readonly LedgerLine[];
      readonly position: PositionRecord;
    }
  | { readonly kind: 'deposit'; readonly ledger: readonly LedgerLine[] }
  | {
      readonly kind: 'trading_state';
      readonly scope: LimitScope;
      readonly state: ScopeState; // what the scope lets through from here on
      readonly reason: string;
      readonly by: string; // a person's key, or 'drawdown', 'breaker', 'kill', …
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
      readonly measure: 'start' | 'day'; // which peak it fell from
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
      readonly kind: 'risk_report';
      readonly summary: RiskSummary;
      readonly drawdowns?: readonly DrawdownRecord[]; // levels and peaks at that moment
    }
  | {
      readonly kind: 'book';
      readonly instrument: string;
      readonly state: 'synchronised' | 'stale';
      readonly reason: string;
    }
  | { readonly kind: 'run_stopped'; readonly reason: string; readonly stateHash: string };

/** `seq` starts at 1 and never skips; `timeUs` is the engine's clock (virtual in a replay). */
export interface JournalRecord {
  readonly seq: number;
  readonly timeUs: number;
  readonly body: Fact;
}

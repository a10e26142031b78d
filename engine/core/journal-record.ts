// Owns the vocabulary of the journal: every decision, as one closed union of plain JSON records.
// Promise: a record holds no object identity, no float where exactness matters, and no secret.
import type { Breach } from './decision.ts';
import type { TradingState } from './event.ts';
import type { OrderOrigin, OrderState, OrderType, Side, TimeInForce } from './order.ts';

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

export type JournalBody =
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
      readonly instrument: string;
      readonly side: Side;
      readonly qty: string;
      readonly price: string | null;
      readonly origin: OrderOrigin;
      readonly bookSequence: number;
      readonly approved: boolean;
      readonly by: 'compliance' | 'risk';
      readonly breaches: readonly Breach[];
      readonly notional: number;
      readonly varAfter: number;
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
      readonly state: TradingState;
      readonly reason: string;
      readonly by: string;
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
  readonly body: JournalBody;
}

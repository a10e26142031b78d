// Owns the facts about orders: verdicts, every state, requests on their way to a venue.
// Promise: after a crash the facts say whose an order is, who asked for it and what is unanswered.
import type { Breach } from '../core/decision.ts';
import type {
  ClientKey,
  Metadata,
  OrderOrigin,
  OrderState,
  OrderType,
  Side,
  TimeInForce,
} from '../core/order.ts';

export interface OrderRecord {
  readonly id: string;
  readonly instrument: string;
  readonly account: string;
  readonly strategy: string;
  readonly parentId: string | null; // the order it is a part of
  readonly side: Side;
  readonly type: OrderType; // as asked for; a market order leaves as a limit at the collar
  readonly qty: string;
  readonly price: string | null; // as asked for
  readonly limitPrice: string | null; // what the venue was told
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly origin: OrderOrigin;
  readonly state: OrderState;
  readonly filledQty: string;
  // Exact sum over fills: price x quantity in the quote asset (spot, linear), or quantity / price
  // rounded down at 18 places (inverse), from which the average follows.
  readonly filledValue: string;
  readonly averagePrice: string | null; // as venues tell it: harmonic for inverse contracts
  readonly reason: string;
  readonly arrivalMid: number;
  readonly createdUs: number;
  readonly updatedUs: number;
}

export type RequestKind = 'new' | 'cancel' | 'amend';

/** sent, then answered or refused; or timed out, and sent again or asked about; or given up. */
export type RequestState = 'sent' | 'answered' | 'refused' | 'timed_out' | 'given_up';

/** What an amend makes of an order; decimals. */
export interface ChangeRecord {
  readonly qty: string; // the whole order, filled part included
  readonly price: string | null;
}

export interface RequestRecord {
  readonly orderId: string;
  readonly request: RequestKind;
  readonly state: RequestState;
  readonly attempt: number; // from 1
  readonly by: string; // a key, a strategy, 'risk', 'kill', 'reconciliation', …
  readonly reason: string;
  readonly change: ChangeRecord | null; // of an amend
}

export type OrderFact =
  | {
      readonly kind: 'verdict'; // the whole decision on one intent, compliance and risk together
      readonly orderId: string;
      readonly amends: boolean; // of an order that lives: another size or price of what is left
      readonly account: string;
      readonly strategy: string;
      readonly parentId: string | null;
      readonly instrument: string;
      readonly side: Side;
      readonly type: OrderType;
      readonly qty: string;
      readonly price: string | null;
      readonly timeInForce: TimeInForce;
      readonly postOnly: boolean;
      readonly reduceOnly: boolean;
      readonly origin: OrderOrigin;
      readonly client: ClientKey | null;
      readonly metadata: Metadata | null;
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
  | ({ readonly kind: 'request' } & RequestRecord);

// Owns the typestate of an order: intent -> compliant -> approved -> placement.
// Promise: the brands below cannot be made by accident; tidy lets only the owning rooms call them.
import type { LimitName, LimitScope } from './limit.ts';
import type { OrderIntent } from './order.ts';

declare const compliant: unique symbol;
declare const approved: unique symbol;
declare const placed: unique symbol;

export interface CompliantIntent {
  readonly [compliant]: true;
  readonly intent: OrderIntent;
}
export interface ApprovedOrder extends CompliantIntent {
  readonly [approved]: true;
  readonly figures: RiskFigures;
}
/** What risk computed on the way, base currency: the book as it would be after the order. */
export interface RiskFigures {
  readonly notional: number; // of the order
  readonly exposureAfter: number; // gross worst case of the system
  readonly varAfter: number; // normal, 95 %, 1 day
  readonly historicalVarAfter: number; // 95 %, 1 day; 0 when it is not asked on orders
  readonly stressAfter: number; // worst stress scenario; 0 when it is not asked on orders
}
/** What a venue adapter accepts, and the only thing it accepts. */
export interface Placement {
  readonly [placed]: true;
  readonly id: string;
  readonly intent: OrderIntent;
}

/** One shape for the log, the problem body, the CLI table and the headroom bar. */
export interface Breach {
  readonly limit: LimitCode;
  readonly scope: LimitScope; // where in the tree the limit stands
  readonly asked: number;
  readonly allowed: number;
}

/** Why an order is refused: a limit that can be set (core/limit.ts), or a state of the house. */
export type LimitCode =
  | LimitName
  | 'restricted'
  | 'not_permitted'
  | 'malformed_order'
  | 'unknown_strategy'
  | 'trading_halted'
  | 'instrument_not_tradable'
  | 'reference_price_stale'
  | 'equity_stale'
  | 'order_ids'
  | 'order_store' // no room to keep another order
  | 'reduce_only'
  | 'duplicate_order'
  | 'self_trade'
  | 'margin';

export type ComplianceDecision =
  | { readonly kind: 'compliant'; readonly order: CompliantIntent }
  | { readonly kind: 'rejected'; readonly breaches: readonly [Breach, ...Breach[]] };

/** `warnings`: soft limits the order goes beyond while it keeps the hard ones. */
export type RiskDecision =
  | {
      readonly kind: 'approved';
      readonly order: ApprovedOrder;
      readonly warnings: readonly Breach[];
    }
  | {
      readonly kind: 'rejected';
      readonly breaches: readonly [Breach, ...Breach[]];
      readonly warnings: readonly Breach[];
      readonly figures: RiskFigures;
    };

/** Called by compliance/pre-trade.ts only (a tidy test says so). */
export const markCompliant = (intent: OrderIntent): CompliantIntent =>
  ({ intent }) as CompliantIntent;

/** Called by risk/pre-trade.ts only (a tidy test says so). */
export const approve = (order: CompliantIntent, figures: RiskFigures): ApprovedOrder =>
  ({ intent: order.intent, figures }) as ApprovedOrder;

/** The same approved order for the next intent; what it said before is gone. As approve. */
export function approveAgain(approved: ApprovedOrder, order: CompliantIntent): ApprovedOrder {
  (approved as { intent: OrderIntent }).intent = order.intent;
  return approved;
}

/** Called by execution/place.ts only (a tidy test says so). */
export const toPlacement = (order: ApprovedOrder, id: string): Placement =>
  ({ id, intent: order.intent }) as Placement;

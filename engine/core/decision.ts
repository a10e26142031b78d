// Owns the typestate of an order: intent -> compliant -> approved -> placement.
// Promise: the brands below cannot be made by accident; tidy lets only the owning rooms call them.
import type { OrderIntent } from './order.ts';

declare const compliant: unique symbol;
declare const approved: unique symbol;
declare const placed: unique symbol;

export interface CompliantIntent {
  readonly [compliant]: true;
  readonly intent: OrderIntent;
}
export interface ApprovedOrder {
  readonly [approved]: true;
  readonly intent: OrderIntent;
  readonly notional: number; // base currency, as risk saw it
  readonly varAfter: number; // base currency, daily, after the order
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
  readonly asked: number;
  readonly allowed: number;
}

export type LimitCode =
  | 'restricted'
  | 'not_permitted'
  | 'malformed_order'
  | 'trading_halted'
  | 'instrument_not_tradable'
  | 'reference_price_stale'
  | 'equity_stale'
  | 'price_collar'
  | 'order_quantity'
  | 'order_notional'
  | 'position'
  | 'exposure'
  | 'leverage'
  | 'open_orders'
  | 'message_rate'
  | 'order_ids'
  | 'reduce_only'
  | 'value_at_risk';

export type ComplianceDecision =
  | { readonly kind: 'compliant'; readonly order: CompliantIntent }
  | { readonly kind: 'rejected'; readonly breaches: readonly [Breach, ...Breach[]] };

export type RiskDecision =
  | { readonly kind: 'approved'; readonly order: ApprovedOrder }
  | { readonly kind: 'rejected'; readonly breaches: readonly [Breach, ...Breach[]] };

/** Called by compliance/pre-trade.ts only (a tidy test says so). */
export const markCompliant = (intent: OrderIntent): CompliantIntent =>
  ({ intent }) as CompliantIntent;

/** Called by risk/pre-trade.ts only (a tidy test says so). */
export const approve = (
  order: CompliantIntent,
  notional: number,
  varAfter: number,
): ApprovedOrder => ({ intent: order.intent, notional, varAfter }) as ApprovedOrder;

/** Called by execution/place.ts only (a tidy test says so). */
export const toPlacement = (order: ApprovedOrder, id: string): Placement =>
  ({ id, intent: order.intent }) as Placement;

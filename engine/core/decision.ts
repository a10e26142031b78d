// Owns the typestate of an order: intent -> compliant -> approved -> placement.
// Promise: the brands below cannot be made by accident; tidy lets only the owning rooms call them.
import type { LimitName, LimitScope } from './limit.ts';
import type { OrderIntent } from './order.ts';
import type { Price } from './units.ts';

declare const compliant: unique symbol;
declare const approved: unique symbol;
declare const placed: unique symbol;

export interface CompliantIntent {
  readonly [compliant]: true;
  readonly intent: OrderIntent;
}
/** `warnings`: soft limits the order goes beyond while it keeps the hard ones. */
export interface ApprovedOrder extends CompliantIntent {
  readonly [approved]: true;
  readonly kind: 'approved';
  readonly figures: RiskFigures;
  readonly warnings: readonly Breach[];
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
  /** What the venue is told: a market order goes as an IOC limit at this (orders/protect.ts). */
  readonly limitPrice: Price;
}

/** One shape for the log, the problem body, the CLI table and the headroom bar. */
export interface Breach {
  readonly limit: LimitCode;
  readonly scope: LimitScope; // where in the tree the limit stands
  readonly asked: number | null; // null: nobody knows, which refuses
  readonly allowed: number | null;
}

/** Why an order is refused: a limit that can be set (core/limit.ts), or a state of the house. */
export type LimitCode =
  | LimitName
  | 'restricted'
  | 'not_permitted'
  | 'malformed_order'
  | 'unknown_account'
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
  | 'balance' // of the asset the order spends, at that venue and account
  | 'min_notional'
  | 'max_quantity'
  | 'price_band'
  | 'not_amendable' // an order that is over, unclear, on its way out, or amended already
  | 'throttled' // too many refused intents of this strategy
  | 'venue_not_reconciled' // after a start: what is open there is not known yet
  | 'margin';

export type ComplianceDecision =
  | { readonly kind: 'compliant'; readonly order: CompliantIntent }
  | { readonly kind: 'rejected'; readonly breaches: readonly [Breach, ...Breach[]] };

export type RiskDecision =
  | ApprovedOrder
  | {
      readonly kind: 'rejected';
      readonly breaches: readonly [Breach, ...Breach[]];
      readonly warnings: readonly Breach[];
      readonly figures: RiskFigures;
    };

// One object goes the whole way: risk writes into what compliance has made. An approval of its own
// would be garbage; one kept for all orders would be old memory that points to new, and such a
// store costs up to 0.3 us on the way of an order (docs/decisions/0011).
interface Carrier {
  kind: 'compliant' | 'approved';
  readonly intent: OrderIntent;
  figures: RiskFigures | null;
  warnings: readonly Breach[];
}

const NONE: readonly Breach[] = Object.freeze([]);

/** Called by compliance/pre-trade.ts only (a tidy test says so). */
export function markCompliant(intent: OrderIntent): CompliantIntent {
  const carrier: Carrier = { kind: 'compliant', intent, figures: null, warnings: NONE };
  return carrier as unknown as CompliantIntent;
}

/** The same object, approved from here on. Called by risk/pre-trade.ts only (tidy says so). */
export function approve(
  order: CompliantIntent,
  figures: RiskFigures,
  warnings: readonly Breach[],
): ApprovedOrder {
  const carrier = order as unknown as Carrier;
  carrier.kind = 'approved';
  carrier.figures = figures;
  carrier.warnings = warnings;
  return carrier as unknown as ApprovedOrder;
}

/** Called by execution/place.ts only (a tidy test says so). */
export const toPlacement = (order: ApprovedOrder, id: string, limitPrice: Price): Placement =>
  ({ id, intent: order.intent, limitPrice }) as Placement;

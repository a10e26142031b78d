// Owns the words of an order: side, type, time in force, state, and its life as plain data.
// Promise: an order's quantities always satisfy filled <= quantity, and a terminal state is final.
import type { Instrument } from './instrument.ts';
import type { Json } from './json.ts';
import type { EpochUs, Price, Qty } from './units.ts';

/** The strategy of orders by hand, and of whatever no other strategy accounts for. */
export const MANUAL = 'manual';

export type Side = 'buy' | 'sell';
export type OrderType = 'market' | 'limit';
export type TimeInForce = 'GTC' | 'IOC' | 'FOK';

/** Why an order exists: a forecast acted on, a book seen, a person, or risk closing a position. */
export type OrderOrigin =
  | { readonly kind: 'signal'; readonly signalId: number }
  | { readonly kind: 'book' }
  | { readonly kind: 'api'; readonly key: string }
  | { readonly kind: 'risk'; readonly reason: string }
  | { readonly kind: 'strategy'; readonly reference: string } // its own name for the intent
  | { readonly kind: 'external'; readonly reason: string }; // at the venue, by it or somebody else

/** How a client recognises its own order: the same key and body is answered, never sent, again. */
export interface ClientKey {
  readonly key: string; // Idempotency-Key, with the name of the API key before it: 'anna/k-1'
  readonly bodyHash: string; // SHA-256 of the canonical request body
}

/** What a client wants to find beside its order: bounded, and nobody's business but its own. */
export type Metadata = Readonly<Record<string, Json>>;

export interface OrderIntent {
  readonly kind: 'intent';
  readonly instrument: Instrument;
  readonly account: string;
  readonly strategy: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly qty: Qty;
  readonly price: Price | null; // null for market orders
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly parentId: string | null;
  readonly client: ClientKey | null;
  readonly metadata: Metadata | null;
  readonly origin: OrderOrigin;
  readonly bookSequence: number; // update id of the book the decision saw
  readonly createdUs: EpochUs;
  readonly tickNs: number; // monotonic ns of the frame that caused it, 0 when no frame did
}

/**
 * created -> sent -> open -> partially_filled -> filled, or cancelled, rejected, expired.
 * unknown: sent, and nobody can say yet what became of it; it counts as open and as filled.
 */
export type OrderState =
  | 'created'
  | 'sent'
  | 'open'
  | 'partially_filled'
  | 'filled'
  | 'cancelled'
  | 'rejected'
  | 'expired'
  | 'unknown';

export const TERMINAL_STATES: ReadonlySet<OrderState> = new Set([
  'filled',
  'cancelled',
  'rejected',
  'expired',
]);

/** One order as the engine holds it. Only orders/order-state.ts makes the next one. */
export interface Order {
  readonly id: string; // client order id, unique for ever (core/ids.ts)
  readonly instrument: Instrument;
  readonly account: string;
  readonly strategy: string;
  readonly parentId: string | null;
  readonly side: Side;
  readonly type: OrderType; // as asked for
  readonly qty: Qty;
  readonly price: Price | null; // as asked for
  readonly limitPrice: Price | null; // what the venue was told: a market order's collar
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly origin: OrderOrigin;
  readonly state: OrderState;
  readonly cancelRequested: boolean; // a cancel is on its way
  readonly filledQty: Qty;
  readonly filledValue: bigint; // sum over fills in its smallest unit (orders/order-value.ts)
  readonly reason: string; // why it ended, '' while it lives
  readonly arrivalMid: number; // real mid when the intent was made, for slippage
  readonly createdUs: EpochUs;
  readonly updatedUs: EpochUs;
}

/** What an amend makes of an order: another size, another price, or both. */
export interface OrderChange {
  readonly qty: Qty; // the whole order, filled part included
  readonly price: Price | null;
}

export const isTerminal = (order: Order): boolean => TERMINAL_STATES.has(order.state);
export const sideSign = (side: Side): 1 | -1 => (side === 'buy' ? 1 : -1);

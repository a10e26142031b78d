// Owns simulated resting orders of one instrument and their places in the queues of the book.
// Promise: an order fills only by size that traded or crossed, behind what stood before it.
import type { Instrument } from '../../core/instrument.ts';
import type { OrderIntent } from '../../core/order.ts';
import type { BookReader } from '../../core/ports.ts';
import type { Price } from '../../core/units.ts';
import { type Liquidity, levelQty } from './liquidity.ts';

export interface RestingOrder {
  readonly id: string;
  readonly intent: OrderIntent;
  readonly price: Price;
  remaining: number; // steps
  ahead: number; // steps that stand before it; Infinity while the book does not reach there
  shown: number; // steps the level showed last, NaN when it did not reach there
  traded: number; // steps traded at the level since then
}

export type OnMakerFill = (order: RestingOrder, qty: number) => void;

/** A new order at the end of its level's queue. */
export function joinQueue(
  books: BookReader,
  id: string,
  intent: OrderIntent,
  price: Price,
  remaining: number,
): RestingOrder {
  const shown = levelQty(books, intent.instrument, intent.side, price);
  const ahead = Number.isNaN(shown) ? Number.POSITIVE_INFINITY : shown;
  return { id, intent, price, remaining, ahead, shown, traded: 0 };
}

/**
 * A public trade. At our price its size eats what is ahead and then us; at a price beyond ours the
 * aggressor would have met us first, so its size fills us. Own orders share one trade in order of
 * arrival. `orders` are in order of arrival; filled ones stay in it with remaining 0.
 */
export function tradeThrough(
  orders: readonly RestingOrder[],
  price: Price,
  qty: number,
  aggressorSold: boolean,
  onFill: OnMakerFill,
): void {
  let given = 0; // of this trade, to orders of ours
  for (const order of orders) {
    const isBid = order.intent.side === 'buy';
    const isBeyond = isBid ? price < order.price : price > order.price;
    const isMet = price === order.price && isBid === aggressorSold;
    if (!isBeyond && !isMet) continue;
    const ahead = isBeyond ? 0 : order.ahead;
    const share = Math.min(order.remaining, Math.max(0, qty - ahead - given));
    order.ahead = isBeyond ? 0 : Math.max(0, order.ahead - qty);
    if (isMet) order.traded += qty;
    if (share === 0) continue;
    given += share;
    order.remaining -= share;
    onFill(order, share);
  }
}

/**
 * The book changed. Where it now crosses an order, the crossing size fills it at the order's own
 * price. Else what left the level without trading was cancelled: the part of it that stood ahead
 * is taken in proportion, rounded so that we advance less.
 */
export function followBook(
  books: BookReader,
  liquidity: Liquidity,
  instrument: Instrument,
  orders: readonly RestingOrder[],
  onFill: OnMakerFill,
): void {
  for (const order of orders) {
    if (order.remaining === 0) continue;
    const { side } = order.intent;
    const crossed = liquidity.take(instrument, side, order.price, order.remaining, ignore);
    if (crossed > 0) {
      order.remaining -= crossed;
      order.ahead = 0;
      onFill(order, crossed);
    }
    advance(order, levelQty(books, instrument, side, order.price));
  }
}

const ignore = (): void => undefined;

function advance(order: RestingOrder, shown: number): void {
  if (Number.isNaN(shown)) return;
  if (order.ahead === Number.POSITIVE_INFINITY) order.ahead = shown;
  const expected = Math.max(0, order.shown - order.traded);
  const cancelled = expected - shown;
  // ahead <= expected gives ahead <= shown: a queue is never longer than its level.
  if (cancelled > 0) order.ahead -= Math.floor((order.ahead * cancelled) / expected);
  order.shown = shown;
  order.traded = 0;
}

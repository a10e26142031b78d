// Owns the places of simulated resting orders in the queues of the book, and what reaches them.
// Promise: an order fills only by size that traded or crossed, in whole lots, never twice by one.
import type { Instrument } from '../../core/instrument.ts';
import type { BookReader } from '../../core/ports.ts';
import { floorToLots, type Liquidity, levelQty } from './liquidity.ts';
import { NO_PLACE, type PaperOrder, type QueuePlace } from './order.ts';

export type OnMakerFill = (order: PaperOrder, qty: number) => void;

/**
 * A trade and the book update it caused come on two streams, and in recordings of Binance 1 to 2 %
 * of trades come second. Their event times tell: what left a level may turn out to have been traded
 * by a trade that is not younger. For so long changes of a level are taken as one.
 */
const LATE_TRADE_US = 100_000;

/** The place of a new order: the end of its level's queue. */
export function joinQueue(books: BookReader, order: PaperOrder): QueuePlace {
  const shown = levelQty(books, order.instrument, order.side, order.price);
  return { ...NO_PLACE, ahead: Number.isNaN(shown) ? Number.POSITIVE_INFINITY : shown, shown };
}

/**
 * A public trade. At our price its size eats what is ahead and then us; at a price beyond ours the
 * aggressor would have met us first, so its size fills us. Own orders share one trade in order of
 * arrival. `orders` are in order of arrival; filled ones stay in it with remaining 0.
 */
export function tradeThrough(
  orders: readonly PaperOrder[],
  price: number,
  qty: number,
  aggressorSold: boolean,
  eventUs: number,
  onFill: OnMakerFill,
): void {
  let given = 0; // of this trade, to orders of ours
  for (const order of orders) {
    const isBid = order.side === 'buy';
    const isBeyond = isBid ? price < order.price : price > order.price;
    const isMet = price === order.price && isBid === aggressorSold;
    if (order.remaining === 0 || (!isBeyond && !isMet)) continue;
    if (isBeyond) order.ahead = 0;
    else countTrade(order, qty, eventUs);
    const reaches = floorToLots(order.instrument, Math.max(0, qty - order.ahead - given));
    const share = Math.min(order.remaining, reaches);
    order.ahead = Math.max(0, order.ahead - qty);
    if (share === 0) continue;
    given += share;
    order.remaining -= share;
    onFill(order, share);
  }
}

// The part of a trade that the book has shown already: what it brought the order forward is taken
// back, and the whole trade counts instead. The rest the next update of the level will show.
function countTrade(order: PaperOrder, qty: number, eventUs: number): void {
  if (eventUs > order.shrunkUs) settle(order);
  const known = Math.min(qty, order.shrunk);
  if (known > 0) {
    const { lot } = order.instrument;
    const share = Math.ceil((order.advanced * known) / order.shrunk / lot) * lot;
    const back = Math.min(order.advanced, share);
    order.ahead += back;
    order.advanced -= back;
    order.shrunk -= known;
  }
  order.traded += qty - known;
}

// What left the level was cancelled: no trade will explain it any more.
function settle(order: PaperOrder): void {
  order.shrunk = 0;
  order.advanced = 0;
}

/**
 * The book changed. Where it now crosses an order, the crossing size fills it at the order's own
 * price. Else what left the level without trading was cancelled: the part of it that stood ahead
 * is taken in proportion, in whole lots, rounded so that we advance less.
 */
export function followBook(
  books: BookReader,
  liquidity: Liquidity,
  instrument: Instrument,
  orders: readonly PaperOrder[],
  eventUs: number,
  onFill: OnMakerFill,
): void {
  for (const order of orders) {
    if (order.remaining === 0) continue;
    const { side, price, remaining } = order;
    const crossed = liquidity.take(instrument, side, price, remaining, ignore);
    if (crossed > 0) {
      order.remaining -= crossed;
      order.ahead = 0;
      onFill(order, crossed);
    }
    advance(order, levelQty(books, instrument, side, price), eventUs);
  }
}

const ignore = (): void => undefined;

function advance(order: PaperOrder, shown: number, eventUs: number): void {
  if (Number.isNaN(shown)) return;
  if (order.ahead === Number.POSITIVE_INFINITY) order.ahead = shown;
  const expected = Math.max(0, order.shown - order.traded);
  const left = expected - shown;
  if (left > 0) {
    // ahead <= expected gives ahead <= shown: a queue is never longer than its level.
    const inLots = floorToLots(order.instrument, (order.ahead * left) / expected);
    const forward = Math.max(inLots, order.ahead - shown);
    if (eventUs - order.shrunkUs > LATE_TRADE_US) settle(order);
    order.ahead -= forward;
    order.shrunk += left;
    order.advanced += forward;
    order.shrunkUs = eventUs;
  }
  order.shown = shown;
  order.traded = 0;
}

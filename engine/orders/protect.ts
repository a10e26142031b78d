// Owns the price protection of orders: the collar, and what a market order will cost.
// Promise: nothing allocates; no price lies beyond its collar, and none is without a reference.
import { type Instrument, notionalOf, qtyOf } from '../core/instrument.ts';
import type { Side } from '../core/order.ts';
import type { BookReader } from '../core/ports.ts';
import { asPrice, asQty, type Price, powerOfTen, type Qty } from '../core/units.ts';

/**
 * The limit at which a market order leaves as immediate-or-cancel: the last tick within the collar
 * around `reference` (a real mark) and within the instrument's percent-price band. Null: there is
 * no reference, or no tick that close to it. A collar is never wider than the whole price.
 */
export function protectedPrice(
  instrument: Instrument,
  side: Side,
  reference: number,
  collar: number,
): Price | null {
  if (!(reference > 0 && Number.isFinite(reference) && collar >= 0)) return null;
  const aggressive = Math.min(1, collar);
  const { priceScale, tick, rules } = instrument;
  const high = Math.min(1 + aggressive, rules.priceBand?.high ?? Number.POSITIVE_INFINITY);
  const low = Math.max(1 - aggressive, rules.priceBand?.low ?? 0);
  const ticks = (reference * (side === 'buy' ? high : low) * powerOfTen(priceScale)) / tick;
  // Doubles miss a whole tick by less than a millionth of it; the check beyond takes it back.
  const nearest = side === 'buy' ? Math.floor(ticks + 1e-6) : Math.ceil(ticks - 1e-6);
  const isBeyond = away(instrument, side, nearest * tick, reference) > aggressive;
  const steps = (isBeyond ? nearest - (side === 'buy' ? 1 : -1) : nearest) * tick;
  // Where ticks are coarser than the collar, none lies between it and the reference.
  const isThere = Number.isSafeInteger(steps) && away(instrument, side, steps, reference) >= 0;
  return isThere && steps > 0 ? asPrice(steps) : null;
}

const away = ({ priceScale }: Instrument, side: Side, steps: number, reference: number): number =>
  distance(side, steps / powerOfTen(priceScale), reference);

const SLACK = 1e-15; // of a quotient near one: at the collar is within, as in wasm/risk-order.ts

/**
 * How far a price is from the reference on the side that may cost money (+) or on the other (-),
 * as a fraction of it; NaN without a reference.
 */
function distance(side: Side, price: number, reference: number): number {
  if (!(reference > 0)) return Number.NaN;
  const more = price / reference - 1;
  const size = Math.max(0, Math.abs(more) - SLACK);
  return more > 0 === (side === 'buy') ? size : -size;
}

/** What a quantity would take out of a book; filled in by walkBook, to be kept by its caller. */
export interface BookWalk {
  price: number; // real, of the whole order: what is not there is valued at the limit
  vwap: number; // real, of what is there; NaN: nothing
  worst: Price; // last level it takes from, the limit where nothing is there
  filledQty: Qty;
  notional: number; // quote asset (inverse: face value), of the whole order
}

export const createBookWalk = (): BookWalk => ({
  price: Number.NaN,
  vwap: Number.NaN,
  worst: asPrice(0),
  filledQty: asQty(0),
  notional: Number.NaN,
});

/**
 * Takes `qty` from the other side of the book, no worse than `limit`, into `walk`, which it
 * returns. Averages are quantity-weighted, harmonic for inverse contracts, as fills would be.
 */
export function walkBook(
  books: BookReader,
  instrument: Instrument,
  side: Side,
  qty: Qty,
  limit: Price,
  walk: BookWalk,
): BookWalk {
  const isBuy = side === 'buy';
  const isInverse = instrument.kind === 'inverse';
  const levels = !books.isReady(instrument)
    ? 0
    : isBuy
      ? books.askCount(instrument)
      : books.bidCount(instrument);
  let left: number = qty;
  let sum = 0; // of price x quantity, or quantity / price
  let worst: Price = limit;
  for (let level = 0; level < levels && left > 0; level += 1) {
    const price = isBuy ? books.askPrice(instrument, level) : books.bidPrice(instrument, level);
    if (!(isBuy ? price <= limit : price >= limit)) break;
    const size = isBuy ? books.askQty(instrument, level) : books.bidQty(instrument, level);
    if (!(size > 0)) continue;
    const taken = Math.min(left, size);
    sum += isInverse ? taken / price : taken * price;
    left -= taken;
    worst = price;
  }
  const filled = qty - left;
  const whole = sum + (left === 0 ? 0 : isInverse ? left / limit : left * limit);
  const scale = powerOfTen(instrument.priceScale);
  walk.filledQty = asQty(filled);
  walk.worst = worst;
  walk.vwap = (isInverse ? filled / sum : sum / filled) / scale;
  walk.price = (isInverse ? qty / whole : whole / qty) / scale;
  walk.notional = notionalOf(instrument, walk.price, qtyOf(instrument, qty));
  return walk;
}

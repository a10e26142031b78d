// Owns what the recorded or live book can still give to simulated takers.
// Promise: size once taken is gone until the book changes at that price; nothing is taken twice.
import type { Instrument } from '../../core/instrument.ts';
import type { Side } from '../../core/order.ts';
import type { BookReader } from '../../core/ports.ts';
import type { Price } from '../../core/units.ts';

export interface Liquidity {
  /**
   * Takes up to `qty` steps from the side opposite to `side`, best level first, no price worse than
   * `limit` (null: any). `onFill` is told each level's share; returns the steps taken.
   */
  take(
    instrument: Instrument,
    side: Side,
    limit: Price | null,
    qty: number,
    onFill: (price: Price, qty: number) => void,
  ): number;
  /** Steps that take() could give, counted up to `enough`. */
  available(instrument: Instrument, side: Side, limit: Price | null, enough: number): number;
  /** The book of the instrument changed: forgets what no longer stands there. */
  onBook(instrument: Instrument): void;
}

interface Taken {
  readonly seen: number; // steps the level showed when it was taken from
  readonly taken: number;
}

interface Shelf {
  readonly books: BookReader;
  readonly taken: Map<string, Map<number, Taken>>; // `${index}/${taker side}` -> by price
}

export function createLiquidity(books: BookReader): Liquidity {
  const shelf: Shelf = { books, taken: new Map() };
  return {
    take(instrument, side, limit, qty, onFill) {
      const key = keyOf(instrument, side);
      const gone = shelf.taken.get(key) ?? new Map<number, Taken>();
      let left = qty;
      walk(shelf, instrument, side, limit, (price, free, shown) => {
        const share = Math.min(free, left);
        gone.set(price, { seen: shown, taken: shown - free + share });
        left -= share;
        onFill(price, share);
        return left > 0;
      });
      if (gone.size > 0) shelf.taken.set(key, gone);
      return qty - left;
    },
    available(instrument, side, limit, enough) {
      let sum = 0;
      walk(shelf, instrument, side, limit, (_price, free) => {
        sum += free;
        return sum < enough;
      });
      return Math.min(sum, enough);
    },
    onBook(instrument) {
      forget(shelf, instrument, 'buy');
      forget(shelf, instrument, 'sell');
    },
  };
}

const keyOf = (instrument: Instrument, side: Side): string => `${instrument.index}/${side}`;

/** Levels opposite to `side` with something left, best first, until `onLevel` has enough. */
function walk(
  { books, taken }: Shelf,
  instrument: Instrument,
  side: Side,
  limit: Price | null,
  onLevel: (price: Price, free: number, shown: number) => boolean,
): void {
  const gone = taken.get(keyOf(instrument, side));
  const isBuy = side === 'buy';
  const levels = isBuy ? books.askCount(instrument) : books.bidCount(instrument);
  for (let level = 0; level < levels; level += 1) {
    const price = isBuy ? books.askPrice(instrument, level) : books.bidPrice(instrument, level);
    if (limit !== null && (isBuy ? price > limit : price < limit)) return;
    const shown = isBuy ? books.askQty(instrument, level) : books.bidQty(instrument, level);
    const before = gone?.get(price);
    const free = before !== undefined && before.seen === shown ? shown - before.taken : shown;
    if (free > 0 && !onLevel(price, free, shown)) return;
  }
}

function forget({ books, taken }: Shelf, instrument: Instrument, side: Side): void {
  const key = keyOf(instrument, side);
  const gone = taken.get(key);
  if (gone === undefined) return;
  const resting = side === 'buy' ? 'sell' : 'buy';
  for (const [price, { seen }] of gone) {
    if (levelQty(books, instrument, resting, price) !== seen) gone.delete(price);
  }
  if (gone.size === 0) taken.delete(key);
}

/**
 * Steps the book shows at a price on the bid ('buy') or ask ('sell') side: 0 where it shows none,
 * NaN beyond its deepest level, where it cannot know.
 */
export function levelQty(
  books: BookReader,
  instrument: Instrument,
  side: Side,
  price: number,
): number {
  const isBid = side === 'buy';
  const priceAt = (level: number): number =>
    isBid ? books.bidPrice(instrument, level) : books.askPrice(instrument, level);
  // First level that is not better than the price.
  let low = 0;
  let high = isBid ? books.bidCount(instrument) : books.askCount(instrument);
  const count = high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const isBetter = isBid ? priceAt(middle) > price : priceAt(middle) < price;
    if (isBetter) low = middle + 1;
    else high = middle;
  }
  if (low === count) return Number.NaN;
  if (priceAt(low) !== price) return 0;
  return isBid ? books.bidQty(instrument, low) : books.askQty(instrument, low);
}

// Owns what the recorded or live book can still give to simulated takers.
// Promise: size once taken is gone; when its level grows, only what was added is new. Whole lots.
import type { Instrument } from '../../core/instrument.ts';
import type { Side } from '../../core/order.ts';
import type { BookReader } from '../../core/ports.ts';
import type { Price } from '../../core/units.ts';

export interface Liquidity {
  /**
   * Takes up to `qty` steps from the side opposite to `side`, best level first, no price worse than
   * `limit`. `onFill` is told each level's share; returns the steps taken.
   */
  take(
    instrument: Instrument,
    side: Side,
    limit: Price,
    qty: number,
    onFill: (price: Price, qty: number) => void,
  ): number;
  /** Steps that take() could give, counted up to `enough`. */
  available(instrument: Instrument, side: Side, limit: Price, enough: number): number;
  /** The book of the instrument changed: forgets what no longer stands there. */
  onBook(instrument: Instrument): void;
  /** Another has its slot. */
  forget(instrument: Instrument): void;
  taken(): readonly TakenLevel[];
  restore(instrument: Instrument, level: TakenLevel): void;
}

/** What takers of one side have had of a level, for saving. */
export interface TakenLevel {
  readonly index: number;
  readonly side: Side; // of the taker
  readonly price: number;
  readonly qty: number;
}

// Levels out of sight of the book that are remembered, one side of one instrument.
const HIDDEN_MAX = 1024;

interface Shelf {
  readonly books: BookReader;
  readonly taken: ReadonlyMap<Side, Map<number, Map<number, number>>>; // taker, index, price: steps
}

const takenOf = ({ taken }: Shelf, side: Side, index: number): Map<number, number> | undefined =>
  taken.get(side)?.get(index);

export function createLiquidity(books: BookReader): Liquidity {
  const shelf: Shelf = {
    books,
    taken: new Map([
      ['buy', new Map()],
      ['sell', new Map()],
    ]),
  };
  return {
    take: (instrument, side, limit, qty, onFill) =>
      take(shelf, instrument, side, limit, qty, onFill),
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
    forget({ index }) {
      for (const byIndex of shelf.taken.values()) byIndex.delete(index);
    },
    taken: () => listTaken(shelf),
    restore: ({ index }, { side, price, qty }) => addTaken(shelf, side, index, price, qty),
  };
}

function take(
  shelf: Shelf,
  instrument: Instrument,
  side: Side,
  limit: Price,
  qty: number,
  onFill: (price: Price, qty: number) => void,
): number {
  let left = qty;
  walk(shelf, instrument, side, limit, (price, free) => {
    const share = Math.min(free, left);
    addTaken(shelf, side, instrument.index, price, share);
    left -= share;
    onFill(price, share);
    return left > 0;
  });
  return qty - left;
}

function addTaken(shelf: Shelf, side: Side, index: number, price: number, qty: number): void {
  const gone = takenOf(shelf, side, index) ?? new Map<number, number>();
  gone.set(price, (gone.get(price) ?? 0) + qty);
  shelf.taken.get(side)?.set(index, gone);
}

const listTaken = ({ taken }: Shelf): readonly TakenLevel[] =>
  [...taken].flatMap(([side, byIndex]) =>
    [...byIndex].flatMap(([index, gone]) =>
      [...gone].map(([price, qty]) => ({ index, side, price, qty })),
    ),
  );

/** Largest whole number of lots in so many steps. */
export const floorToLots = ({ lot }: Instrument, steps: number): number =>
  Math.floor(steps / lot) * lot;

/** Levels opposite to `side` with a lot or more left, best first, until `onLevel` has enough. */
function walk(
  shelf: Shelf,
  instrument: Instrument,
  side: Side,
  limit: Price,
  onLevel: (price: Price, free: number) => boolean,
): void {
  const { books } = shelf;
  const gone = takenOf(shelf, side, instrument.index);
  const isBuy = side === 'buy';
  const levels = isBuy ? books.askCount(instrument) : books.bidCount(instrument);
  for (let level = 0; level < levels; level += 1) {
    const price = isBuy ? books.askPrice(instrument, level) : books.bidPrice(instrument, level);
    if (isBuy ? price > limit : price < limit) return;
    const shown = isBuy ? books.askQty(instrument, level) : books.bidQty(instrument, level);
    const free = floorToLots(instrument, shown - (gone?.get(price) ?? 0));
    if (free > 0 && !onLevel(price, free)) return;
  }
}

// A level that shrank has lost of ours what it no longer can hold; one that grew has new size in
// front of us to take, and what we took stays taken. Out of sight nothing is known: kept, bounded.
function forget(shelf: Shelf, instrument: Instrument, side: Side): void {
  const gone = takenOf(shelf, side, instrument.index);
  if (gone === undefined) return;
  const resting = side === 'buy' ? 'sell' : 'buy';
  let hidden = 0;
  for (const [price, taken] of gone) {
    const shown = levelQty(shelf.books, instrument, resting, price);
    if (shown === 0) gone.delete(price);
    else if (shown < taken) gone.set(price, shown);
    else if (Number.isNaN(shown)) hidden += 1;
  }
  if (hidden > HIDDEN_MAX) dropHidden(shelf, instrument, resting, gone);
  if (gone.size === 0) shelf.taken.get(side)?.delete(instrument.index);
}

// The older half goes: Map keeps the order in which prices were first taken from.
function dropHidden(
  { books }: Shelf,
  instrument: Instrument,
  resting: Side,
  gone: Map<number, number>,
): void {
  let left = HIDDEN_MAX / 2;
  for (const price of gone.keys()) {
    if (left === 0) return;
    if (!Number.isNaN(levelQty(books, instrument, resting, price))) continue;
    gone.delete(price);
    left -= 1;
  }
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

// Owns the law of the book kernel: whatever is sent, it equals a slow model made of plain maps.
// Promise: levels, flags, order flow and mid moves agree after every diff, full sides included.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as layout from '../../../wasm/layout.ts';
import { createArena, createTestBook, type Level } from '../../unit/wasm/arena.ts';

const SEED = 20240808;

interface Diff {
  readonly bids: Level[];
  readonly asks: Level[];
}

/** One side as a map; `sign` +1 for bids. The rule of a full side is the kernel's, said slowly. */
class SlowSide {
  readonly levels = new Map<number, number>();
  readonly sign: number;
  readonly levelsMax: number;
  isTruncated = false;

  constructor(sign: number, levelsMax: number) {
    this.sign = sign;
    this.levelsMax = levelsMax;
  }

  put([price, qty]: Level): void {
    if (qty === 0) {
      this.levels.delete(price);
      return;
    }
    if (!this.levels.has(price) && this.levels.size === this.levelsMax) {
      this.isTruncated = true;
      const worst = this.sorted().at(-1);
      if (worst === undefined || this.sign * worst[0] > this.sign * price) return;
      this.levels.delete(worst[0]);
    }
    this.levels.set(price, qty);
  }

  /** Best first. */
  sorted(): Level[] {
    return [...this.levels].sort((a, b) => this.sign * (b[0] - a[0]));
  }
}

interface Quotes {
  readonly bid: Level | undefined;
  readonly ask: Level | undefined;
}

class SlowBook {
  readonly bids: SlowSide;
  readonly asks: SlowSide;
  flow = 0;
  moves = 0;
  squared = 0;
  updates = 0;

  constructor(levelsMax: number) {
    this.bids = new SlowSide(1, levelsMax);
    this.asks = new SlowSide(-1, levelsMax);
  }

  quotes(): Quotes {
    return { bid: this.bids.sorted()[0], ask: this.asks.sorted()[0] };
  }

  apply(diff: Diff): void {
    const before = this.quotes();
    for (const level of diff.bids) this.bids.put(level);
    for (const level of diff.asks) this.asks.put(level);
    const after = this.quotes();
    if (this.updates > 0) this.flow += flowOf(before, after);
    this.updates += 1;
    if (before.bid && before.ask && after.bid && after.ask) {
      const mids = [before.bid[0] + before.ask[0], after.bid[0] + after.ask[0]] as const;
      if (mids[0] !== mids[1]) this.moves += 1;
      this.squared += Math.log(mids[1] / mids[0]) ** 2;
    }
  }

  flags(): number {
    const { bid, ask } = this.quotes();
    const isCrossed = bid !== undefined && ask !== undefined && bid[0] >= ask[0];
    const isTruncated = this.bids.isTruncated || this.asks.isTruncated;
    return (
      layout.BOOK_READY |
      (isCrossed ? layout.BOOK_CROSSED : 0) |
      (isTruncated ? layout.BOOK_TRUNCATED : 0)
    );
  }
}

/** Cont, Kukanov & Stoikov (2014) in its piecewise form: the kernel uses the indicator form. */
function flowOf(before: Quotes, after: Quotes): number {
  const side = (was: Level | undefined, is: Level | undefined, sign: number): number => {
    if (was === undefined || is === undefined) return 0;
    if (was[0] === is[0]) return is[1] - was[1];
    return sign * is[0] > sign * was[0] ? is[1] : -was[1];
  };
  return side(before.bid, after.bid, 1) - side(before.ask, after.ask, -1);
}

const qty = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 1000 }) },
);
const levelsOf = (min: number, max: number): fc.Arbitrary<Level[]> =>
  fc.array(fc.tuple(fc.integer({ min, max }), qty), { maxLength: 12 });
const uncrossed = fc.record({ bids: levelsOf(970, 1000), asks: levelsOf(1001, 1030) });
const anywhere = fc.record({ bids: levelsOf(980, 1020), asks: levelsOf(980, 1020) });

function compareWithModel(levelsMax: number, diffs: readonly Diff[]): void {
  const book = createTestBook(createArena(1 << 20), levelsMax);
  const model = new SlowBook(levelsMax);
  book.load([], []);
  for (const diff of diffs) {
    const flags = book.apply(diff.bids, diff.asks);
    model.apply(diff);
    assert.equal(flags, model.flags());
    assert.deepEqual(book.side(false), model.bids.sorted());
    assert.deepEqual(book.side(true), model.asks.sorted());
    assert.equal(book.column(layout.BOOK_OFI), model.flow);
    assert.equal(book.column(layout.BOOK_MID_MOVES), model.moves);
    const squared = book.column(layout.BOOK_SQUARED_SUM);
    assert.ok(Math.abs(squared - model.squared) <= 1e-9 * model.squared);
  }
}

test('book: any sequence of diffs gives the levels, flags and flow of the slow model', () => {
  const sizes = fc.integer({ min: 1, max: 40 });
  const diffs = fc.array(anywhere, { maxLength: 20 });
  fc.assert(fc.property(sizes, diffs, compareWithModel), { seed: SEED, numRuns: 300 });
});

test('book: legal diffs never cross a book, and a side never exceeds its capacity', () => {
  const sizes = fc.integer({ min: 1, max: 8 });
  const check = (levelsMax: number, diffs: readonly Diff[]): void => {
    const book = createTestBook(createArena(1 << 20), levelsMax);
    book.load([], []);
    for (const diff of diffs) {
      assert.equal(book.apply(diff.bids, diff.asks) & layout.BOOK_CROSSED, 0);
      assert.ok(book.side(false).length <= levelsMax);
      assert.ok(book.side(true).length <= levelsMax);
    }
  };
  const diffs = fc.array(uncrossed, { maxLength: 30 });
  fc.assert(fc.property(sizes, diffs, check), { seed: SEED, numRuns: 200 });
});

test('book: a snapshot in any order holds the best levels of each side, sorted', () => {
  const side = (min: number): fc.Arbitrary<Level[]> =>
    fc.uniqueArray(fc.tuple(fc.integer({ min, max: min + 60 }), fc.integer({ min: 1, max: 9 })), {
      selector: ([price]) => price,
      maxLength: 40,
    });
  const check = (levelsMax: number, bids: Level[], asks: Level[]): void => {
    const book = createTestBook(createArena(1 << 20), levelsMax);
    book.load(bids, asks);
    const best = (rows: Level[], sign: number): Level[] =>
      rows.toSorted((a, b) => sign * (b[0] - a[0])).slice(0, levelsMax);
    assert.deepEqual(book.side(false), best(bids, 1));
    assert.deepEqual(book.side(true), best(asks, -1));
  };
  const property = fc.property(fc.integer({ min: 1, max: 48 }), side(100), side(161), check);
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

// Owns the proof of the book kernel, case by case, with numbers small enough to check by hand.
// Promise: each column, flag and edge of a side has a case that could fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import { createArena, createTestBook, type Level, type TestBook } from './arena.ts';

const { BOOK_READY, BOOK_CROSSED, BOOK_TRUNCATED, BOOK_BAD_LEVEL } = layout;
const LEVELS_MAX = 4;

function openBook(bids: readonly Level[], asks: readonly Level[]): TestBook {
  const book = createTestBook(createArena(1 << 20), LEVELS_MAX);
  book.load(bids, asks);
  return book;
}

const small = (): TestBook =>
  openBook(
    [
      [100, 5],
      [99, 7],
    ],
    [
      [102, 4],
      [103, 6],
    ],
  );

test('book: a snapshot loads in any order and its best comes first', () => {
  const book = openBook(
    [
      [99, 7],
      [100, 5],
      [97, 1],
    ],
    [
      [105, 1],
      [102, 4],
      [103, 6],
    ],
  );
  assert.deepEqual(book.side(false), [
    [100, 5],
    [99, 7],
    [97, 1],
  ]);
  assert.deepEqual(book.side(true), [
    [102, 4],
    [103, 6],
    [105, 1],
  ]);
  assert.equal(book.flags(), BOOK_READY);
});

test('book: a delta that removes the best bid exposes the next', () => {
  const book = small();
  book.apply([[100, 0]], []);
  assert.deepEqual(book.side(false), [[99, 7]]);
});

test('book: a delta sets, replaces and removes on both sides at once', () => {
  const book = small();
  book.apply(
    [
      [101, 2],
      [99, 8],
    ],
    [
      [103, 0],
      [102, 3],
      [104, 1],
    ],
  );
  assert.deepEqual(book.side(false), [
    [101, 2],
    [100, 5],
    [99, 8],
  ]);
  assert.deepEqual(book.side(true), [
    [102, 3],
    [104, 1],
  ]);
});

test('book: removing a level that is not there changes nothing', () => {
  const book = small();
  assert.equal(book.apply([[98, 0]], [[102.0, 4]]), BOOK_READY);
  assert.equal(book.side(false).length, 2);
});

test('book: a full side drops its worst level for a better one and says so', () => {
  const full: Level[] = [
    [100, 1],
    [99, 1],
    [98, 1],
    [97, 1],
  ];
  const book = openBook(full, [[110, 1]]);
  assert.equal(book.flags(), BOOK_READY);
  assert.equal(book.apply([[99.0, 2]], []), BOOK_READY);
  assert.equal(book.apply([[101, 3]], []), BOOK_READY | BOOK_TRUNCATED);
  assert.deepEqual(book.side(false), [
    [101, 3],
    [100, 1],
    [99, 2],
    [98, 1],
  ]);
});

test('book: a full side refuses a worse level and says so', () => {
  const full: Level[] = [
    [100, 1],
    [99, 1],
    [98, 1],
    [97, 1],
  ];
  const book = openBook(full, [[110, 1]]);
  assert.equal(book.apply([[90, 3]], []), BOOK_READY | BOOK_TRUNCATED);
  assert.deepEqual(book.side(false), full);
  assert.equal(book.load(full, []), BOOK_READY, 'a load starts the flags again');
});

test('book: a side of one level works at its capacity', () => {
  const book = createTestBook(createArena(1 << 20), 1);
  assert.equal(
    book.load(
      [
        [100, 1],
        [101, 2],
      ],
      [[102, 1]],
    ),
    BOOK_READY | BOOK_TRUNCATED,
  );
  assert.deepEqual(book.side(false), [[101, 2]]);
});

const badLevels: readonly (readonly [string, Level])[] = [
  ['a price that is NaN', [Number.NaN, 1]],
  ['a price of 0', [0, 1]],
  ['a negative price', [-1, 1]],
  ['an infinite price', [Number.POSITIVE_INFINITY, 1]],
  ['a price between two steps', [100.5, 1]],
  ['a price of 2^53', [2 ** 53, 1]],
  ['a quantity that is NaN', [101, Number.NaN]],
  ['a negative quantity', [101, -1]],
  ['an infinite quantity', [101, Number.POSITIVE_INFINITY]],
  ['a quantity between two steps', [101, 0.5]],
  ['a quantity of 2^53', [101, 2 ** 53]],
];
for (const [what, level] of badLevels) {
  test(`book: ${what} stays out and marks the book until the next load`, () => {
    const book = small();
    assert.equal(book.apply([level], []), BOOK_READY | BOOK_BAD_LEVEL);
    assert.equal(book.apply([[100, 5]], []), BOOK_READY | BOOK_BAD_LEVEL);
    assert.equal(book.side(false).length, 2);
    assert.equal(book.load([[100, 5]], [[102, 1]]), BOOK_READY);
  });
}

test('book: a best bid at or above the best ask is crossed, and only as long as it is', () => {
  const book = small();
  assert.equal(book.apply([[102, 1]], []), BOOK_READY | BOOK_CROSSED);
  assert.equal(book.apply([[102, 0]], []), BOOK_READY);
  assert.equal(book.load([[105, 1]], [[104, 1]]), BOOK_READY | BOOK_CROSSED);
  assert.equal(book.load([[105, 1]], []), BOOK_READY, 'an empty side crosses nothing');
});

test('book: order flow counts both sides and starts with the second update', () => {
  const book = small();
  book.apply([[101, 9]], []);
  assert.equal(book.column(layout.BOOK_OFI), 0);
  book.apply([[101, 12]], []); // same price: +12 - 9
  assert.equal(book.column(layout.BOOK_OFI), 3);
  book.apply([[101, 0]], []); // bid fell to 100: -12
  assert.equal(book.column(layout.BOOK_OFI), -9);
  book.apply([], [[101, 2]]); // ask fell to 101: -2
  assert.equal(book.column(layout.BOOK_OFI), -11);
  book.apply([], [[101, 0]]); // ask rose to 102: +2
  assert.equal(book.column(layout.BOOK_OFI), -9);
});

test('book: a side that empties or fills adds no order flow', () => {
  const book = openBook([[100, 5]], [[102, 4]]);
  book.apply([[100, 5]], []);
  book.apply([[100, 0]], []);
  book.apply([[100, 8]], []);
  assert.equal(book.column(layout.BOOK_OFI), 0);
});

test('book: a load keeps the cumulative columns and restarts the count of updates', () => {
  const book = small();
  book.apply([[100, 6]], []);
  book.apply([[100, 8]], []);
  book.arena.kernels.bookTrade(book.at, 102, 3, 0);
  book.load([[200, 1]], [[201, 1]], 77);
  assert.equal(book.column(layout.BOOK_OFI), 2);
  assert.equal(book.column(layout.BOOK_BUY_QTY), 3);
  assert.equal(book.column(layout.BOOK_UPDATES), 0);
  assert.equal(book.column(layout.BOOK_UPDATE_ID), 77);
  assert.equal(book.column(layout.BOOK_MID_MOVES), 0);
  book.apply([[200, 4]], []);
  assert.equal(book.column(layout.BOOK_OFI), 2, 'the first update after a load adds nothing');
});

test('book: mid moves keep count, direction, time and squared log return', () => {
  const book = small(); // mid 101
  book.apply([[101, 1]], [], 2, 5000); // 101.5
  book.apply([[99, 1]], [], 3, 6000); // not at the best: no move
  assert.equal(book.column(layout.BOOK_MID_MOVES), 1);
  assert.equal(book.column(layout.BOOK_LAST_MOVE), 1);
  assert.equal(book.column(layout.BOOK_LAST_MOVE_US), 5000);
  book.apply([[101, 0]], [[101, 3]], 4, 7000); // bid 100, ask 101: 100.5
  const wanted = Math.log(101.5 / 101) ** 2 + Math.log(100.5 / 101.5) ** 2;
  const got = book.column(layout.BOOK_SQUARED_SUM);
  assert.ok(Math.abs(got / wanted - 1) < 1e-12, `${got} is not ${wanted}`);
  assert.equal(book.column(layout.BOOK_LAST_MOVE), -1);
  assert.equal(book.column(layout.BOOK_EVENT_US), 6999);
  assert.equal(book.column(layout.BOOK_RECEIVE_US), 7000);
});

test('book: the squared log return of a fifty-fold move is still right', () => {
  const book = openBook([[99, 1]], [[101, 1]]);
  book.apply(
    [[4999, 1]],
    [
      [101, 0],
      [5001, 1],
    ],
  );
  const got = Math.sqrt(book.column(layout.BOOK_SQUARED_SUM));
  assert.ok(Math.abs(got / Math.log(50) - 1) < 1e-12, `${got} is not ln 50`);
});

test('book: trades add to their aggressor, and a trade that is no number is ignored', () => {
  const book = small();
  const { kernels } = book.arena;
  kernels.bookTrade(book.at, 102, 3, 0);
  kernels.bookTrade(book.at, 100, 2, 1);
  kernels.bookTrade(book.at, Number.NaN, 2, 1);
  kernels.bookTrade(book.at, 100, -2, 1);
  kernels.bookTrade(book.at, 100, Number.POSITIVE_INFINITY, 0);
  assert.equal(book.column(layout.BOOK_BUY_QTY), 3);
  assert.equal(book.column(layout.BOOK_SELL_QTY), 2);
  assert.equal(book.column(layout.BOOK_TRADES), 2);
  assert.equal(book.column(layout.BOOK_LAST_PRICE), 100);
});

test('book: an invalidated book is not ready until it is loaded again', () => {
  const book = small();
  book.arena.kernels.bookInvalidate(book.at);
  assert.equal(book.flags() & BOOK_READY, 0);
  assert.equal(book.apply([[100, 9]], []) & BOOK_READY, 0);
  assert.equal(book.load([[100, 9]], []), BOOK_READY);
});

test('book: a second init empties every column and the sequence stays even', () => {
  const book = small();
  book.apply([[101, 1]], []);
  book.arena.kernels.bookInit(book.at, LEVELS_MAX);
  assert.equal(book.flags(), 0);
  assert.deepEqual(book.side(false), []);
  assert.equal(book.column(layout.BOOK_MID_MOVES), 0);
  assert.equal(book.arena.readU32(book.at + layout.BOOK_SEQUENCE) % 2, 0);
});

test('book: a copy holds both sides and the header, and a writer that died fails it', () => {
  const book = small();
  const { arena } = book;
  assert.equal(arena.kernels.bookCopy(book.at, book.copy), 1);
  assert.deepEqual(book.side(false, book.copy), book.side(false));
  assert.deepEqual(book.side(true, book.copy), book.side(true));
  assert.equal(arena.readU32(book.copy + layout.BOOK_LEVELS_MAX), LEVELS_MAX);
  arena.writeU32(book.at + layout.BOOK_SEQUENCE, 7); // odd: someone is writing, for ever
  assert.equal(arena.kernels.bookCopy(book.at, book.copy), 0);
});

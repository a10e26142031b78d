// Owns the tests of price protection: the collar on both sides, and walks through a book.
// Promise: sums of levels are worked out by hand; below, at and above each bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { Side } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { createBookWalk, protectedPrice, walkBook } from '../../../engine/orders/protect.ts';
import { createTestBooks, inverse, linear, NO_RULES } from '../../trading-fixture.ts';

// F7: a market order was valued at the mid and could walk the whole book.
test('protect: a market order leaves at the last tick within the collar', () => {
  assert.equal(protectedPrice(linear, 'buy', 100, 0.02), 10_200);
  assert.equal(protectedPrice(linear, 'sell', 100, 0.02), 9_800);
  assert.equal(
    protectedPrice(linear, 'buy', 100.04, 0.02),
    10_200,
    'rounded down to a tick of 0.1',
  );
  assert.equal(protectedPrice(linear, 'sell', 100.04, 0.02), 9_810, 'rounded up');
  assert.equal(protectedPrice(linear, 'buy', 100, 0), 10_000);
  assert.equal(protectedPrice(linear, 'buy', 100, Infinity), 20_000, 'at most the whole price');
  assert.equal(protectedPrice(linear, 'sell', 100, Infinity), null);
});

test('protect: without a reference, or with too coarse a tick, there is no price', () => {
  for (const reference of [Number.NaN, 0, -100, Number.POSITIVE_INFINITY]) {
    assert.equal(protectedPrice(linear, 'buy', reference, 0.02), null);
    assert.equal(protectedPrice(linear, 'sell', reference, 0.02), null);
  }
  assert.equal(protectedPrice(linear, 'buy', 100, Number.NaN), null);
  assert.equal(protectedPrice(linear, 'buy', 100, -0.01), null);
  assert.equal(protectedPrice(linear, 'buy', 100.05, 0.0001), null, 'no tick up to 100.06');
  assert.equal(protectedPrice(linear, 'sell', 100.05, 0.0001), null);
  assert.equal(protectedPrice(linear, 'buy', 0.04, 0.02), null, 'no tick above zero');
});

test('protect: the percent-price band of the instrument is kept as well', () => {
  const rules = { ...NO_RULES, priceBand: { low: 0.995, high: 1.01 } };
  const banded: Instrument = { ...linear, rules };
  assert.equal(protectedPrice(banded, 'buy', 100, 0.02), 10_100);
  assert.equal(protectedPrice(banded, 'sell', 100, 0.02), 9_950);
  assert.equal(protectedPrice(banded, 'buy', 100, 0.005), 10_050, 'the collar where it is tighter');
});

// Exact, in 10^-6 of a price step: marks have two decimals, collars four.
const awayFrom = (side: Side, steps: number, reference: number): bigint =>
  (BigInt(steps) - BigInt(Math.round(reference * 100))) * (side === 'buy' ? 1n : -1n) * 1_000_000n;
const collarOf = (reference: number, share: number): bigint =>
  BigInt(Math.round(reference * 100)) * BigInt(Math.round(share * 1e6));

test('protect: a protected price lies within its collar to the last digit, for any mark', () => {
  let seed = 20240808;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  let found = 0;
  for (let k = 0; k < 20_000; k += 1) {
    const reference = Math.round(10 ** (1 + 5 * random()) * 100) / 100;
    const aggressive = Math.round(random() * 1000) / 10_000;
    for (const side of ['buy', 'sell'] as const) {
      const steps = protectedPrice(linear, side, reference, aggressive);
      if (steps === null) continue;
      found += 1;
      const away = awayFrom(side, steps, reference);
      assert.ok(away >= 0n && away <= collarOf(reference, aggressive), `seed 20240808: ${steps}`);
      const next = steps + (side === 'buy' ? linear.tick : -linear.tick);
      const beyond = awayFrom(side, next, reference) > collarOf(reference, aggressive);
      assert.ok(beyond, 'and is the last that does');
    }
  }
  assert.ok(found > 30_000, String(found));
});

const books = createTestBooks();
books.set(
  linear,
  [
    [9_990, 5],
    [9_980, 10],
    [9_000, 100],
  ],
  [
    [10_010, 5],
    [10_020, 10],
    [11_000, 100],
  ],
);
books.set(
  inverse,
  [[9_990, 5]],
  [
    [10_000, 5],
    [12_500, 5],
  ],
);

const walked = (instrument: Instrument, side: Side, qty: number, limit: number) =>
  walkBook(books, instrument, side, asQty(qty), asPrice(limit), createBookWalk());

test('walk: a market order is valued at the levels it takes', () => {
  const buy = walked(linear, 'buy', 10, 10_200);
  assert.deepEqual([buy.filledQty, buy.worst], [10, 10_020]);
  assert.equal(buy.vwap, 100.15); // (5 x 100.1 + 5 x 100.2) / 10
  assert.equal(buy.price, 100.15);
  assert.ok(Math.abs(buy.notional - 1.0015) < 1e-12); // x 0.010
  const sell = walked(linear, 'sell', 15, 9_800);
  assert.ok(Math.abs(sell.vwap - (5 * 99.9 + 10 * 99.8) / 15) < 1e-12);
});

test('walk: what is beyond the limit is not taken, and valued at the limit', () => {
  const buy = walked(linear, 'buy', 20, 10_200);
  assert.deepEqual([buy.filledQty, buy.worst], [15, 10_020]);
  assert.ok(Math.abs(buy.price - (5 * 100.1 + 10 * 100.2 + 5 * 102) / 20) < 1e-12);
  const at = walked(linear, 'buy', 20, 11_000);
  assert.deepEqual([at.filledQty, at.worst], [20, 11_000], 'at the limit is taken');
  const none = walked(linear, 'buy', 20, 10_000);
  assert.deepEqual([none.filledQty, none.worst, none.price], [0, 10_000, 100]);
  assert.ok(Number.isNaN(none.vwap));
});

test('walk: inverse contracts are averaged by their worth, and keep their face value', () => {
  const walk = walked(inverse, 'buy', 10, 13_000);
  assert.ok(Math.abs(walk.vwap - 10 / (5 / 100 + 5 / 125)) < 1e-12); // 111.11…, not 112.5
  assert.equal(walk.notional, 1000);
});

test('walk: without a book everything is valued at the limit', () => {
  const nobody = { ...linear, index: 9 };
  const walk = walked(nobody, 'sell', 10, 9_800);
  assert.deepEqual([walk.filledQty, walk.price, walk.worst], [0, 98, 9_800]);
});

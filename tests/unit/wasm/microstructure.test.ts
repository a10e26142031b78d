// Owns the proof of the feature kernel's edges: thin books, exact bands, inverse contracts.
// Promise: what has no value is NaN; a level exactly on a band belongs to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import { createArena, createTestBook, type Level } from './arena.ts';

interface Units {
  readonly price: number;
  readonly qty: number;
  readonly contract?: number;
}

function featuresOf(bids: readonly Level[], asks: readonly Level[], units: Units): number[] {
  const book = createTestBook(createArena(1 << 20), 64);
  const { kernels, numbers, take } = book.arena;
  const out = take(layout.FEATURE_COLUMNS * 8);
  numbers.fill(-1, out / 8, out / 8 + layout.FEATURE_COLUMNS); // stale numbers must not survive
  book.load(bids, asks);
  assert.equal(kernels.bookCopy(book.at, book.copy), 1);
  kernels.bookFeatures(book.copy, units.price, units.qty, out, units.contract);
  return Array.from(numbers.subarray(out / 8, out / 8 + layout.FEATURE_COLUMNS));
}

const near = (got: number | undefined, wanted: number): void =>
  assert.ok(
    Math.abs((got ?? Number.NaN) - wanted) <= 1e-12 * Math.abs(wanted),
    `${got}, ${wanted}`,
  );

const ONE: Units = { price: 1, qty: 1 };

test('features: a book with an empty side has no value in any column', () => {
  for (const columns of [
    featuresOf([], [[101, 1]], ONE),
    featuresOf([[100, 1]], [], ONE),
    featuresOf([], [], ONE),
  ]) {
    assert.ok(columns.every((value) => Number.isNaN(value)));
  }
});

test('features: a book thinner than the notional has no vwap but counts its levels', () => {
  const bids: Level[] = [
    [100, 60],
    [99, 41],
  ];
  const columns = featuresOf(bids, [[101, 5]], ONE);
  near(columns[layout.FEATURE_VWAP_SELL], 10000 / (60 + 4000 / 99));
  assert.equal(columns[layout.FEATURE_VWAP_SELL + 1], Number.NaN);
  assert.equal(columns[layout.FEATURE_SLIPPAGE_SELL + 1], Number.NaN);
  assert.equal(columns[layout.FEATURE_VWAP_BUY], Number.NaN);
  assert.equal(columns[layout.FEATURE_LEVELS_SELL], 2);
  assert.equal(columns[layout.FEATURE_LEVELS_SELL + 2], 2);
  assert.equal(columns[layout.FEATURE_LEVELS_BUY], 1);
});

test('features: a level that fills the notional exactly is the last one touched', () => {
  const asks: Level[] = [
    [100, 100],
    [101, 1],
  ];
  const columns = featuresOf([[99, 1]], asks, ONE);
  assert.equal(columns[layout.FEATURE_LEVELS_BUY], 1);
  assert.equal(columns[layout.FEATURE_VWAP_BUY], 100);
  near(columns[layout.FEATURE_SLIPPAGE_BUY], (0.5 / 99.5) * 1e4);
});

test('features: a level exactly on a band is inside, one step further is not', () => {
  const bids: Level[] = [
    [99995, 1], // mid 100000: 0.5 bps
    [99990, 2], // exactly 1 bps
    [99989, 4],
  ];
  const asks: Level[] = [
    [100005, 8],
    [100050, 16], // exactly 5 bps
    [100051, 32],
  ];
  const columns = featuresOf(bids, asks, { price: 0.1, qty: 0.001 });
  near(columns[layout.FEATURE_DEPTH_BID], 3e-3);
  near(columns[layout.FEATURE_DEPTH_BID + 1], 7e-3);
  near(columns[layout.FEATURE_DEPTH_ASK], 8e-3);
  near(columns[layout.FEATURE_DEPTH_ASK + 1], 24e-3);
  near(columns[layout.FEATURE_DEPTH_ASK + 2], 56e-3);
  near(columns[layout.FEATURE_DEPTH_ASK_NOTIONAL], 8e-3 * 10000.5);
});

test('features: bands stay exact where doubles no longer are', () => {
  const mid = 2 ** 52; // 1 bps is 450359962737.0496 steps
  const bids: Level[] = [
    [mid - 450359962737, 1],
    [mid - 450359962738, 2],
  ];
  const asks: Level[] = [[mid + 450359962737, 4]];
  const columns = featuresOf(bids, asks, ONE);
  assert.equal(columns[layout.FEATURE_DEPTH_BID], 1);
  assert.equal(columns[layout.FEATURE_DEPTH_ASK], 4);
});

test('features: sizes stop at the levels there are, and imbalance follows them', () => {
  const bids: Level[] = [
    [100, 3],
    [99, 1],
  ];
  const columns = featuresOf(bids, [[102, 2]], ONE);
  assert.equal(columns[layout.FEATURE_BID_SIZE], 3);
  assert.equal(columns[layout.FEATURE_BID_SIZE + 3], 4);
  near(columns[layout.FEATURE_IMBALANCE], 1 / 5);
  near(columns[layout.FEATURE_IMBALANCE + 3], 2 / 6);
  near(columns[layout.FEATURE_MICROPRICE], (100 * 2 + 102 * 3) / 5);
  const [d1, d2] = [1e4 / 101, 2e4 / 101];
  near(columns[layout.FEATURE_SLOPE_BID], (d1 * 3 + d2 * 4) / (d1 * d1 + d2 * d2));
});

test('features: an inverse contract is worth its face, whatever the price', () => {
  const asks: Level[] = [
    [50000, 60],
    [51000, 1000],
  ];
  const columns = featuresOf([[49999, 10]], asks, { price: 1, qty: 1, contract: 100 });
  near(columns[layout.FEATURE_DEPTH_ASK_NOTIONAL], 6000);
  near(columns[layout.FEATURE_VWAP_BUY], 10000 / (6000 / 50000 + 4000 / 51000));
  assert.equal(columns[layout.FEATURE_LEVELS_BUY], 2);
});

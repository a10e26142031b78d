// Owns the tests of what a market order may cost: its worst price, and the walk through a book.
// Promise: books of three levels, sums worked out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { riskRowAt } from '../../../engine/memory/plan.ts';
import { createMarketPrices } from '../../../engine/risk/market-prices.ts';
import * as layout from '../../../wasm/layout.ts';
import { createTestBooks, intentOf, inverse, layGround, linear } from '../../trading-fixture.ts';

function lay(mark: number, collar: number, index = 0) {
  const { buffer, plan } = layGround(2);
  const numbers = new Float64Array(buffer);
  const row = riskRowAt(plan, index) / 8;
  numbers[row + layout.ROW_MARK / 8] = mark;
  numbers[row + layout.ROW_COLLAR / 8] = collar;
  const books = createTestBooks();
  const prices = createMarketPrices(books, buffer, plan);
  return { books, prices };
}

const order = (side: 'buy' | 'sell', qty: number) =>
  intentOf({ side, qty: asQty(qty), type: 'market', price: null });

test('market prices: the worst is the collar of the instrument, on the tick inside it', () => {
  const { prices } = lay(100, 0.0215); // 102.15 and 97.85, ticks of 0.1
  assert.equal(prices.worst(order('buy', 1)), 102.1);
  assert.equal(prices.worst(order('sell', 1)), 97.9);
  const exact = lay(100, 0.02).prices;
  assert.equal(exact.worst(order('buy', 1)), 102);
  assert.equal(exact.worst(order('sell', 1)), 98);
  const other = lay(200, 0.1, inverse.index).prices;
  assert.equal(other.worst({ ...order('buy', 1), instrument: inverse }), 220);
});

test('market prices: a collar of everything or of nothing at all is at most everything', () => {
  for (const collar of [1, 2, Number.POSITIVE_INFINITY]) {
    const { prices } = lay(100, collar);
    assert.equal(prices.worst(order('buy', 1)), 200);
    assert.ok(!(prices.worst(order('sell', 1)) > 0), 'which is no price, and refused');
  }
});

test('market prices: without a mark or a collar there is none', () => {
  for (const [mark, collar] of [
    [Number.NaN, 0.02],
    [100, Number.NaN],
  ] as const) {
    assert.ok(Number.isNaN(lay(mark, collar).prices.worst(order('buy', 1))));
  }
});

test('market prices: a walk takes the best level first, and each once', () => {
  const { books, prices } = lay(100, 0.02);
  const asks = [
    [10_010, 10],
    [10_020, 30],
    [10_400, 1000],
  ] as const;
  const bids = [
    [9_990, 10],
    [9_980, 30],
    [9_600, 1000],
  ] as const;
  books.set(linear, bids, asks);
  const average = (side: 'buy' | 'sell', qty: number, worst: number): number =>
    prices.average(order(side, qty), worst);
  const near = (seen: number, expected: number): void =>
    assert.ok(Math.abs(seen - expected) < 1e-12, `${seen} is not ${expected}`);
  near(average('buy', 5, 102), 100.1);
  near(average('buy', 10, 102), 100.1);
  near(average('buy', 11, 102), (10 * 100.1 + 100.2) / 11);
  near(average('buy', 40, 102), (10 * 100.1 + 30 * 100.2) / 40);
  near(average('buy', 50, 102), (10 * 100.1 + 30 * 100.2 + 10 * 102) / 50);
  near(average('buy', 20, 100.2), (100.1 + 100.2) / 2);
  near(average('buy', 20, 100.1), 100.1);
  near(average('buy', 20, 100), 100);
  near(average('sell', 5, 98), 99.9);
  near(average('sell', 50, 98), (10 * 99.9 + 30 * 99.8 + 10 * 98) / 50);
  near(average('sell', 20, 99.8), (99.9 + 99.8) / 2);
  near(average('sell', 20, 100), 100);
});

test('market prices: an empty book has nothing better than the worst', () => {
  const { prices } = lay(100, 0.02);
  assert.equal(prices.average(order('buy', 7), 102), 102);
});

test('market prices: a quantity that is none is worth nothing anybody could name', () => {
  const { books, prices } = lay(100, 0.02);
  books.set(linear, [], [[10_010, 10]]);
  for (const qty of [0, Number.NaN]) {
    const average = prices.average({ ...order('buy', 1), qty: asQty(qty) }, asPrice(102));
    assert.ok(Number.isNaN(average), `${qty}`);
  }
});

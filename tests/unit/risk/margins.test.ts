// Owns the tests of margin by account and margin place: whose books count, and what is left alone.
// Promise: memory is filled first, so that what is written elsewhere is seen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marginAt, riskRowAt } from '../../../engine/memory/plan.ts';
import { GROSS } from '../../../engine/risk/book-table.ts';
import { addToMargin, clearMargins } from '../../../engine/risk/margins.ts';
import { placesOf } from '../../../engine/risk/places.ts';
import * as layout from '../../../wasm/layout.ts';
import { layGround, noKernels } from '../../trading-fixture.ts';

const skip = noKernels;
const FILLED = 7;
const RATE = 0.25;
// Room for three of each.
const names = { portfolios: ['a', 'b'], strategies: [], venues: ['x'], instruments: [] };
const marginPlaces = ['USDT', 'USDC'].map((asset) => ({ venue: 'x', asset }));

function lay() {
  const { plan, buffer } = layGround(3, { portfolios: 3, strategies: 3 });
  const numbers = new Float64Array(buffer);
  numbers.fill(FILLED);
  numbers[(riskRowAt(plan, 1) + layout.ROW_MARGIN_RATE) / 8] = RATE;
  const moves = new Float64Array(3);
  moves[GROSS] = 100;
  const places = { ...placesOf(names), marginPlaces };
  const table = { plan, names, places, numbers, moves, marginOf: Int32Array.of(0, 1, 0) };
  const used = (portfolio: number, place: number): number =>
    (marginAt(plan, portfolio, place) + layout.MARGIN_USED) / 8;
  const before = numbers.slice();
  const changed = (): number[] => [...numbers.keys()].filter((k) => numbers[k] !== before[k]);
  return { table, numbers, used, changed };
}

test('margins: a book of a portfolio adds its gross at the rate of its instrument', {
  skip,
}, () => {
  for (const book of [1, 2]) {
    const { table, numbers, used, changed } = lay();
    addToMargin(table, 1, book);
    assert.equal(numbers[used(book - 1, 1)], FILLED + 100 * RATE);
    assert.deepEqual(changed(), [used(book - 1, 1)]);
  }
});

test('margins: a row and a strategy have no margin', { skip }, () => {
  for (const book of [0, 3, 4]) {
    const { table, changed } = lay();
    addToMargin(table, 1, book);
    clearMargins(table, book);
    assert.deepEqual(changed(), [], `book ${book}`);
  }
});

test("margins: a portfolio's are cleared at every place there is, and nobody else's", {
  skip,
}, () => {
  const { table, numbers, used, changed } = lay();
  clearMargins(table, 2);
  assert.deepEqual(changed(), [used(1, 0), used(1, 1)]);
  assert.deepEqual([numbers[used(1, 0)], numbers[used(1, 1)]], [0, 0]);
});

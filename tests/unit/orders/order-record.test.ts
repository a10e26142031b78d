// Owns the tests of an order's record: exact both ways, and the average as venues tell it.
// Promise: averages of inverse orders follow a venue's definition, by hand or in floats.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { Order } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { fromOrderRecord, toOrderRecord } from '../../../engine/orders/order-record.ts';
import { next } from '../../../engine/orders/order-state.ts';
import { at, fillOf, inverse, linear, orderOf } from '../../trading-fixture.ts';

/** The order after fills of [price, quantity], in steps. */
function filled(instrument: Instrument, fills: readonly (readonly [number, number])[]): Order {
  let order = orderOf({ instrument, qty: asQty(fills.reduce((sum, [, qty]) => sum + qty, 0)) });
  for (const [price, qty] of fills) order = next(order, fillOf(price, qty)).order;
  return order;
}

const average = (instrument: Instrument, fills: readonly (readonly [number, number])[]) =>
  toOrderRecord(filled(instrument, fills)).averagePrice;

test('order record: one fill at one price has that price as its average', () => {
  const wide = { ...linear, kind: 'spot', priceScale: 8, qtyScale: 8 } as const;
  assert.equal(average(wide, [[6_182_401_000_000, 1_753_000]]), '61824.01');
  assert.equal(average({ ...inverse, priceScale: 1 }, [[617_732, 1]]), '61773.2');
  assert.equal(average(linear, []), null);
});

test('order record: a linear average is exact where it ends, else has four more digits', () => {
  assert.equal(
    average(linear, [
      [10_000, 5],
      [10_010, 5],
    ]),
    '100.05',
  );
  assert.equal(
    average(linear, [
      [10_000, 2],
      [10_001, 1],
    ]),
    '100.003333',
  );
});

// F16: contracts / sum(contracts / price), where the arithmetic mean says 61,773.1762.
test('order record: an inverse average is harmonic', () => {
  const one = { ...inverse, priceScale: 1 };
  const fills = [
    [617_000, 300],
    [618_000, 500],
    [620_010, 200],
  ] as const;
  const contracts = 1000;
  const coins = fills.reduce((sum, [price, qty]) => sum + qty / (price / 10), 0);
  const told = average(one, fills);
  assert.ok(Math.abs(Number(told) - contracts / coins) < 1e-5, `${told} ${contracts / coins}`);
  const arithmetic = fills.reduce((sum, [price, qty]) => sum + (price / 10) * qty, 0) / contracts;
  assert.ok(Math.abs(Number(told) - arithmetic) > 0.02, 'and not arithmetic');
  // By hand: 2 contracts, one at 50000.0 and one at 60000.0: 2 / (1/50000 + 1/60000) = 54545.4545…
  assert.equal(
    average(one, [
      [500_000, 1],
      [600_000, 1],
    ]),
    '54545.45455',
  );
});

test('order record: there and back gives the same order', () => {
  for (const instrument of [linear, inverse]) {
    const order: Order = {
      ...filled(instrument, [
        [12_340, 7],
        [12_350, 2],
      ]),
      qty: asQty(1000),
      state: 'partially_filled',
      parentId: 'c0001x0000000a',
      postOnly: true,
      reason: 'why',
      updatedUs: at(12),
    };
    const record = JSON.parse(JSON.stringify(toOrderRecord(order)));
    assert.deepEqual(fromOrderRecord(record, instrument), order);
  }
  const market = orderOf({ type: 'market', price: null, timeInForce: 'IOC' });
  assert.deepEqual(fromOrderRecord(toOrderRecord(market), linear), market);
});

test('order record: decimals that do not fit, and more filled than ordered, are refused', () => {
  const record = toOrderRecord(orderOf());
  const bad = [
    { qty: '0.0001' },
    { qty: '-1' },
    { qty: '' },
    { qty: '.' },
    { qty: '1.' },
    { qty: '1e3' },
    { qty: 'NaN' },
    { qty: '99999999999999999' },
    { price: '1.001' },
    { limitPrice: 'x' },
    { filledQty: '0.011' },
    { filledValue: '-1' },
    { filledValue: '0.000001' },
  ];
  for (const parts of bad) {
    const text = JSON.stringify(parts);
    assert.throws(() => fromOrderRecord({ ...record, ...parts }, linear), /order c1: /, text);
  }
});

test('order record: short and long decimals are read alike', () => {
  const wide = { ...linear, qtyScale: 8, priceScale: 8 };
  const record = toOrderRecord({ ...orderOf({ price: asPrice(1) }), instrument: wide });
  const read = (qty: string): number => fromOrderRecord({ ...record, qty }, wide).qty;
  for (const [text, steps] of [
    ['1', 1e8],
    ['0.5', 5e7],
    ['1234567.12345678', 123456712345678],
    ['00000000001.50', 1.5e8],
    ['90071992.54740991', 2 ** 53 - 1],
    ['0.10000000000', 1e7],
  ] as const) {
    assert.equal(read(text), steps, text);
  }
});

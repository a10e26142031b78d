// Owns the cases of open orders as the exposure is told of them: how many, and our own quotes.
// Promise: quotes are read where the kernel reads them; see tests/property/risk for the walks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice } from '../../../engine/core/units.ts';
import { riskRowAt } from '../../../engine/memory/plan.ts';
import * as layout from '../../../wasm/layout.ts';
import { layRisk, openRisk, wideRisk } from '../../risk-fixture.ts';
import { inverse, linear, noKernels, orderOf } from '../../trading-fixture.ts';

const skip = noKernels;

test('exposure: own quotes are those of orders that rest, the next best when the best ends', {
  skip,
}, () => {
  const { exposure, numbers, plan } = openRisk();
  const row = riskRowAt(plan, linear.index) / 8;
  const quotes = (): readonly unknown[] => [
    numbers[row + layout.ROW_OWN_BID / 8],
    numbers[row + layout.ROW_OWN_ASK / 8],
  ];
  const put = (id: string, price: number, parts: object = {}): ReturnType<typeof orderOf> => {
    const order = orderOf({ price: asPrice(price), ...parts }, id);
    exposure.setOpen(order, 10);
    return order;
  };
  assert.deepEqual(quotes(), [0, Infinity]);
  const low = put('a', 9_900);
  const high = put('b', 9_950);
  put('c', 9_990, { timeInForce: 'IOC' });
  put('d', 9_990, { timeInForce: 'FOK' });
  put('e', 9_990, { type: 'market', price: null });
  put('f', 9_970, { instrument: inverse });
  const ask = put('g', 10_100, { side: 'sell' });
  put('h', 10_200, { side: 'sell' });
  assert.deepEqual(quotes(), [99.5, 101]);
  exposure.setOpen(high, 6);
  assert.deepEqual(quotes(), [99.5, 101]); // a partial fill rests on
  exposure.setOpen(high, 0);
  exposure.setOpen(ask, 0);
  assert.deepEqual(quotes(), [99, 102]);
  exposure.setOpen(low, 0);
  assert.deepEqual(quotes(), [0, 102]);
});

test('exposure: an order that leaves nothing open is not open, and may come again', {
  skip,
}, () => {
  const { exposure } = openRisk();
  const order = orderOf({}, 'a');
  exposure.setOpen(order, 0);
  assert.equal(exposure.openOrders(), 0);
  for (let k = 0; k < 2; k += 1) {
    exposure.setOpen(order, 5);
    exposure.setOpen(order, 5);
    assert.equal(exposure.openOrders(), 1);
    exposure.setOpen(order, 0);
    assert.equal(exposure.openOrders(), 0);
  }
  assert.throws(() => exposure.setOpen(order, -1), /an open quantity of -1/);
});

test('exposure: an order that was amended is quoted at its new price, up or down', { skip }, () => {
  const { exposure, plan, numbers } = layRisk(wideRisk());
  const bid = () => numbers[(riskRowAt(plan, linear.index) + layout.ROW_OWN_BID) / 8];
  const order = orderOf({ price: asPrice(9_900) }, 'a');
  exposure.setOpen(order, 10);
  exposure.setOpen(orderOf({ price: asPrice(9_800) }, 'b'), 10);
  exposure.setOpen({ ...order, limitPrice: asPrice(9_950) }, 10);
  assert.equal(bid(), 99.5);
  exposure.setOpen({ ...order, limitPrice: asPrice(9_700) }, 10);
  assert.equal(bid(), 98);
  assert.equal(exposure.openOrders(), 2);
});

// Owns the tests of the average price an order's record tells.
// Promise: a price paid is told as it was paid, without digits a double cannot know.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { toOrderRecord } from '../../../engine/orders/order-record.ts';
import { createOrder } from '../../../engine/orders/order-state.ts';
import { oneInstrument } from '../../capture-fixture.ts';
import { at } from '../../engine-fixture.ts';

test('order record: one fill at one price has that price as its average', () => {
  const instrument = oneInstrument('binance-spot', 'BTCUSDT');
  const price = asPrice(6_182_401_000_000); // 61824.01 at eight decimals
  const qty = asQty(1_753_000);
  const intent = {
    kind: 'intent',
    instrument,
    account: 'main',
    strategy: 'manual',
    side: 'buy',
    type: 'limit',
    qty,
    price,
    timeInForce: 'IOC',
    postOnly: false,
    reduceOnly: false,
    origin: { kind: 'api', key: 'test' },
    bookSequence: 1,
    createdUs: at(1),
    tickNs: 0,
  } as const;
  const order = createOrder(intent, 'c0001x00000001', 61824, at(1));
  const filled = { ...order, filledQty: qty, filledValue: price * qty };
  assert.equal(toOrderRecord(filled).averagePrice, '61824.01');
  assert.equal(toOrderRecord(order).averagePrice, null);
});

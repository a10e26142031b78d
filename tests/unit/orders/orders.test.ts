// Owns the cases of the order store: bounds, eviction, repeated fills, records.
// Promise: each bound is met exactly once below it and once at it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ApprovedOrder,
  approve,
  type CompliantIntent,
  markCompliant,
  type Placement,
} from '../../../engine/core/decision.ts';
import type { OrderIntent, OrderState } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { place } from '../../../engine/execution/place.ts';
import { fromOrderRecord, toOrderRecord } from '../../../engine/orders/order-record.ts';
import { createOrders } from '../../../engine/orders/orders.ts';
import {
  at,
  fillOf,
  intentOf,
  inverse,
  linear,
  NO_FIGURES,
  orderOf,
} from '../../trading-fixture.ts';

const inState = (id: string, state: OrderState) => ({ ...orderOf({}, id), state });

test('orders: a full store evicts the order that ended first, never a living one', () => {
  const orders = createOrders(3);
  orders.add(inState('a', 'open'));
  orders.add(inState('b', 'open'));
  orders.add(inState('c', 'open'));
  assert.equal(orders.hasRoom(), false);
  assert.throws(() => orders.add(inState('d', 'open')), /more than 3 open orders/);
  orders.put(inState('c', 'cancelled'));
  orders.put(inState('b', 'filled'));
  assert.ok(orders.hasRoom());
  orders.add(inState('d', 'open'));
  assert.equal(orders.get('c'), null);
  assert.equal(orders.get('b')?.state, 'filled');
  assert.equal(orders.openCount, 2);
  assert.equal(orders.count, 3);
});

test('orders: open orders are told by instrument, oldest first, and leave when they end', () => {
  const orders = createOrders(10);
  orders.add(inState('a', 'open'));
  orders.add({ ...orderOf({ instrument: inverse }, 'b'), state: 'open' });
  orders.add({ ...orderOf({ side: 'sell', qty: asQty(4) }, 'c'), state: 'unknown' });
  const ids = () => orders.openOn(linear).map(({ id }) => id);
  assert.deepEqual(ids(), ['a', 'c']);
  assert.equal(orders.openNet(linear), 6);
  orders.put(inState('a', 'expired'));
  assert.deepEqual(ids(), ['c']);
  assert.deepEqual(
    orders.open().map(({ id }) => id),
    ['b', 'c'],
  );
  assert.deepEqual(
    orders.list(2).map(({ id }) => id),
    ['c', 'b'],
  );
  assert.deepEqual(createOrders(1).openOn(linear), []);
});

test('orders: the same fill id of the same instrument counts once', () => {
  const orders = createOrders(4);
  orders.add(inState('c1', 'open'));
  assert.equal(orders.apply(fillOf(10_000, 3)).kind, 'step');
  const again = orders.apply(fillOf(10_000, 3));
  assert.ok(again.kind === 'step' && again.reason === 'duplicate_fill');
  assert.equal(orders.get('c1')?.filledQty, 3);
  const other = orders.apply(fillOf(10_000, 3, { fillId: 'f2' }));
  assert.ok(other.kind === 'step' && other.order.filledQty === 6);
});

test('orders: the memory of fill ids is bounded and forgets the oldest', () => {
  const orders = createOrders(1); // remembers 8 ids
  orders.add({ ...orderOf({ qty: asQty(1000) }), state: 'open' });
  for (let k = 0; k < 9; k += 1) orders.apply(fillOf(10_000, 1, { fillId: `f${k}` }));
  const step = (fillId: string) => orders.apply(fillOf(10_000, 1, { fillId }));
  const kept = step('f8');
  assert.ok(kept.kind === 'step' && kept.change === 'ignored');
  const forgotten = step('f0');
  assert.ok(forgotten.kind === 'step' && forgotten.change === 'changed');
});

test('orders: a refused fill is not remembered, so its correction is taken', () => {
  const orders = createOrders(2);
  orders.add(inState('c1', 'open'));
  const bad = orders.apply(fillOf(10_000, 11));
  assert.ok(bad.kind === 'step' && bad.reason === 'overfill');
  const good = orders.apply(fillOf(10_000, 10));
  assert.ok(good.kind === 'step' && good.order.state === 'filled' && good.before.state === 'open');
});

test('orders: a report of an order nobody knows is told so', () => {
  assert.deepEqual(createOrders(1).apply(fillOf(1, 1, { orderId: 'zz' })), {
    kind: 'not_found',
    orderId: 'zz',
  });
});

test('orders: an order is added once, and put takes one of an earlier run', () => {
  const orders = createOrders(2);
  orders.put(inState('a', 'unknown'));
  assert.throws(() => orders.add(inState('a', 'created')), /already added/);
});

test('order-record: there and back gives the same order', () => {
  const find = (key: string) => (key === linear.key ? linear : null);
  for (const [filled, value] of [
    [0, 0],
    [7, 70_003],
    [999, 9_999_999_001],
  ] as const) {
    const order = {
      ...orderOf({ qty: asQty(1000), price: asPrice(12_340), side: 'sell', postOnly: true }),
      state: 'partially_filled' as const,
      filledQty: asQty(filled),
      filledValue: value,
      reason: 'why',
      updatedUs: at(12),
    };
    const record = JSON.parse(JSON.stringify(toOrderRecord(order)));
    assert.deepEqual(fromOrderRecord(record, find), order);
  }
  const market = orderOf({ type: 'market', price: null, timeInForce: 'IOC' });
  assert.deepEqual(fromOrderRecord(toOrderRecord(market), find), market);
  assert.equal(toOrderRecord(market).averagePrice, null);
  assert.throws(() => fromOrderRecord(toOrderRecord(market), () => null), /not configured/);
});

test('order-record: the average price is exact where it ends, rounded where it does not', () => {
  const filled = (qty: number, value: number) =>
    toOrderRecord({ ...orderOf(), filledQty: asQty(qty), filledValue: value }).averagePrice;
  assert.equal(filled(10, 100_050), '100.05');
  assert.equal(filled(3, 30_001), '100.003'); // 100.00333…, one digit more than the steps need
});

// What the type checker says of an assignment; tsc fails on this file when one becomes possible.
type Assignable<From, To> = [From] extends [To] ? true : false;
const isCompliantAPlacement: Assignable<CompliantIntent, Placement> = false;
const isApprovedAPlacement: Assignable<ApprovedOrder, Placement> = false;
const isForgedAPlacement: Assignable<{ id: string; intent: OrderIntent }, Placement> = false;
const isCompliantApproved: Assignable<CompliantIntent, ApprovedOrder> = false;

test('decision: only what was approved, by type, becomes a placement', () => {
  const leaks = [isCompliantAPlacement, isApprovedAPlacement, isForgedAPlacement];
  assert.deepEqual([...leaks, isCompliantApproved], [false, false, false, false]);
  const placement = place(approve(markCompliant(intentOf()), NO_FIGURES, []), 'c9');
  assert.equal(placement.id, 'c9');
  assert.throws(
    () => place(approve(markCompliant(intentOf()), NO_FIGURES, []), ''),
    /needs an order id/,
  );
});

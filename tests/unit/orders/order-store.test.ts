// Owns the cases of the order store: bounds and eviction; and the types that guard a placement.
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
import { createOrderStore } from '../../../engine/orders/order-store.ts';
import { intentOf, inverse, linear, NO_FIGURES, orderOf } from '../../trading-fixture.ts';

const ignore = (): void => undefined;
const inState = (id: string, state: OrderState) => ({ ...orderOf({}, id), state });

test('orders: a full store evicts the order that ended first, never a living one', () => {
  const gone: string[] = [];
  const orders = createOrderStore(3, (id) => void gone.push(id));
  orders.put(inState('a', 'open'));
  orders.put(inState('b', 'open'));
  orders.put(inState('c', 'open'));
  assert.throws(() => orders.put(inState('d', 'open')), /more than 3 open orders/);
  orders.put(inState('c', 'cancelled'));
  orders.put(inState('b', 'filled'));
  orders.put(inState('d', 'open'));
  assert.equal(orders.get('c'), null);
  assert.deepEqual(gone, ['c']);
  assert.equal(orders.get('b')?.state, 'filled');
  assert.equal(orders.openCount, 2);
  assert.equal(orders.count, 3);
});

test('orders: a smaller store takes what a larger one has kept, the first to end goes', () => {
  const orders = (['open', 'filled', 'cancelled', 'open', 'expired'] as const).map((state, k) =>
    inState(`o${k}`, state),
  );
  const gone: string[] = [];
  const store = createOrderStore(3, (id) => void gone.push(id));
  store.load(orders, ['o4', 'o1', 'o2']);
  assert.deepEqual(gone, ['o4', 'o1']);
  assert.deepEqual(
    [...store.all()].map(({ id }) => id),
    ['o0', 'o2', 'o3'],
  );
  assert.deepEqual(store.endedIds(), ['o2']);
  store.put(inState('o5', 'open'));
  assert.equal(store.get('o2'), null);
  const tight = createOrderStore(1, () => undefined);
  tight.load(orders, ['o4', 'o1', 'o2']); // a start refuses what lives beyond the bound
  assert.deepEqual([tight.count, tight.openCount], [2, 2]);
});

test('orders: open orders are told by instrument, oldest first, and leave when they end', () => {
  const orders = createOrderStore(10, ignore);
  orders.put(inState('a', 'open'));
  orders.put({ ...orderOf({ instrument: inverse }, 'b'), state: 'open' });
  orders.put({ ...orderOf({ side: 'sell', qty: asQty(4) }, 'c'), state: 'unknown' });
  const ids = () => orders.openOn(linear).map(({ id }) => id);
  assert.deepEqual(ids(), ['a', 'c']);
  assert.deepEqual([...orders.unknownIds()], ['c']);
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
  assert.deepEqual(createOrderStore(1, ignore).openOn(linear), []);
});

test('orders: one that is reopened is among the youngest and is found by its instrument', () => {
  const orders = createOrderStore(3, ignore);
  for (const id of ['a', 'b']) orders.put(inState(id, 'open'));
  orders.put(inState('a', 'cancelled'));
  orders.put(inState('a', 'open'));
  assert.deepEqual(
    orders.openOn(linear).map(({ id }) => id),
    ['b', 'a'],
  );
  const copy = createOrderStore(3, ignore);
  copy.load([...orders.all()], orders.endedIds());
  assert.deepEqual(copy.open(), orders.open());
  assert.deepEqual(copy.openOn(linear), orders.openOn(linear));
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
  const placement = place(approve(markCompliant(intentOf()), NO_FIGURES, []), 'c9', asPrice(1));
  assert.equal(placement.id, 'c9');
  const approved = approve(markCompliant(intentOf()), NO_FIGURES, []);
  assert.throws(() => place(approved, '', asPrice(1)), /needs an order id/);
  for (const price of [0, -1, 0.5, Number.NaN]) {
    assert.throws(() => place(approved, 'c9', asPrice(price)), /no price to tell/);
  }
});

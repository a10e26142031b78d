// Owns the tests of the gate of a start: when a venue may be used, and what it waits for.
// Promise: orders of an engine before, told of by facts alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStartGate } from '../../../engine/orders/start-gate.ts';
import { createOrdersDesk, restart } from '../../orders-fixture.ts';
import { at, linear, spot } from '../../trading-fixture.ts';

// S10: the next engine asked nothing and traded.
test('start gate: a venue opens when its list is in and every order there is clear', () => {
  const first = createOrdersDesk();
  first.submit({}, 'c1');
  first.submit({ instrument: spot }, 'c2');
  const desk = restart(first);
  const gate = createStartGate([linear.venue, spot.venue], desk.slice);
  assert.deepEqual(gate.waiting(), [
    { venue: linear.venue, openOrders: true, unresolved: ['c1'] },
    { venue: spot.venue, openOrders: true, unresolved: ['c2'] },
  ]);
  gate.onReconciled(linear.venue);
  gate.onReconciled('elsewhere');
  assert.ok(!gate.isOpen(linear.venue), 'c1 is not clear');
  desk.hear({
    kind: 'ended',
    orderId: 'c1',
    state: 'rejected',
    reason: 'never there',
    timeUs: at(1),
  });
  assert.ok(gate.isOpen(linear.venue) && !gate.isOpen(spot.venue));
  desk.hear({ kind: 'accepted', orderId: 'c2', timeUs: at(1) });
  assert.deepEqual(gate.waiting(), [{ venue: spot.venue, openOrders: true, unresolved: [] }]);
  gate.onReconciled(spot.venue);
  assert.deepEqual(gate.waiting(), []);
});

test('start gate: a link that breaks first closes it again, one that breaks later does not', () => {
  const first = createOrdersDesk();
  first.submit({}, 'c1');
  const desk = restart(first);
  const gate = createStartGate([linear.venue], desk.slice);
  gate.onReconciled(linear.venue);
  gate.onDisconnect(linear.venue);
  desk.hear({ kind: 'accepted', orderId: 'c1', timeUs: at(1) });
  assert.ok(!gate.isOpen(linear.venue), 'its list is as old as the link');
  gate.onReconciled(linear.venue);
  assert.ok(gate.isOpen(linear.venue));
  gate.onDisconnect(linear.venue);
  assert.ok(gate.isOpen(linear.venue));
  assert.ok(!gate.isOpen('elsewhere'));
});

// Owns the tests of what a venue's words mean: repeated and late fills, orders of others, lists.
// Promise: each case is one that lost money or stopped a system before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VenueOrder } from '../../../engine/core/event.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  LIQUIDATED,
  PLACED_OUTSIDE,
  SENT_BEFORE_CRASH,
} from '../../../engine/orders/order-room.ts';
import { BELIEVED_ENDED } from '../../../engine/orders/reconcile.ts';
import { createOrdersDesk, restart, runStarted } from '../../orders-fixture.ts';
import { at, fillOf, linear, spot } from '../../trading-fixture.ts';

const accepted = (orderId: string) => ({ kind: 'accepted', orderId, timeUs: at(1) }) as const;
const cancelled = (orderId: string) =>
  ({ kind: 'ended', orderId, state: 'cancelled', reason: '', timeUs: at(1) }) as const;
const MINUTE = 60e6;

const listed = (orderId: string, parts: Partial<VenueOrder> = {}): VenueOrder => ({
  orderId,
  account: 'main',
  instrument: linear,
  side: 'buy',
  type: 'limit',
  qty: asQty(10),
  filledQty: asQty(0),
  price: asPrice(10_000),
  timeUs: at(1),
  ...parts,
});

function openDesk() {
  const desk = createOrdersDesk();
  desk.submit({}, 'c1');
  desk.hear(accepted('c1'));
  desk.sent.length = 0;
  return desk;
}

// S4: filled 80 and position 80 after the restart, from one fill of 40.
test('order room: a fill repeated after a restart is booked once', () => {
  const desk = openDesk();
  desk.hear(fillOf(10_000, 4, { fillId: 'venue-7' }));
  const byFacts = restart(desk);
  const again = byFacts.hear(fillOf(10_000, 4, { fillId: 'venue-7' }));
  assert.deepEqual([again.kind, again.reason], ['ignored', 'duplicate_fill']);
  assert.deepEqual(byFacts.booked, []);
  assert.equal(byFacts.slice.get('c1')?.filledQty, 4);
  const byCheckpoint = createOrdersDesk();
  byCheckpoint.slice.load(JSON.parse(JSON.stringify(desk.slice.save())));
  assert.equal(byCheckpoint.hear(fillOf(10_000, 4, { fillId: 'venue-7' })).kind, 'ignored');
  assert.equal(byFacts.hear(fillOf(10_000, 4, { fillId: 'venue-8' })).order?.filledQty, 8);
});

test('order room: a fill id is its instrument’s own', () => {
  const desk = openDesk();
  desk.submit({ instrument: spot }, 'c2');
  desk.hear(fillOf(10_000, 4));
  desk.hear(fillOf(10_000, 4, { orderId: 'c2' }));
  assert.deepEqual(desk.booked, ['f1 of c1', 'f1 of c2']);
});

test('order room: a journal cut after a fill and before its order still knows the fill', () => {
  const desk = openDesk();
  desk.hear(fillOf(10_000, 10));
  const cut = desk.journal.findIndex(({ body }) => body.kind === 'fill') + 1;
  assert.ok(cut > 0 && cut < desk.journal.length);
  const next = restart(desk, desk.journal.slice(0, cut));
  assert.equal(next.slice.get('c1')?.state, 'filled');
  assert.equal(next.slice.openCount, 0);
  assert.equal(next.hear(fillOf(10_000, 10)).reason, 'duplicate_fill');
});

test('order room: a late fill is booked and the order stays ended', () => {
  const desk = openDesk();
  desk.hear(cancelled('c1'));
  const { reason } = desk.hear(fillOf(10_000, 4));
  assert.equal(reason, 'late_fill');
  assert.deepEqual(desk.booked, ['f1 of c1']);
  assert.deepEqual(
    [desk.slice.get('c1')?.state, desk.slice.get('c1')?.filledQty],
    ['cancelled', 4],
  );
  assert.deepEqual(desk.halts, []);
});

test('order room: an overfill books nothing, stops the instrument and asks the venue once', () => {
  const desk = openDesk();
  for (let k = 0; k < 3; k += 1) {
    const decision = desk.hear(fillOf(10_000, 11, { fillId: `f${k}` }));
    assert.deepEqual([decision.kind, decision.halt?.instrument], ['anomaly', linear]);
  }
  assert.deepEqual(desk.booked, []);
  assert.deepEqual(desk.sent, ['query c1']);
  assert.equal(desk.hear(fillOf(10_000, 10)).kind, 'changed', 'its correction is taken');
});

test('order room: fills that are no numbers, or have no id, are anomalies', () => {
  const desk = openDesk();
  for (const qty of [0, -1, 0.5, Number.NaN]) {
    assert.equal(desk.hear(fillOf(10_000, qty)).reason, 'malformed_fill');
  }
  assert.equal(desk.hear(fillOf(Number.NaN, 1)).reason, 'malformed_fill');
  for (const fillId of ['', 'a b', '"', 'a\\b', 'x'.repeat(65)]) {
    assert.equal(desk.hear(fillOf(10_000, 1, { fillId })).reason, 'malformed_id');
  }
  assert.deepEqual(desk.booked, []);
});

test('order room: words about an order nobody knows move nothing', () => {
  const desk = createOrdersDesk();
  assert.equal(desk.hear(accepted('zz')).reason, 'not_found');
  assert.equal(desk.hear(cancelled('zz')).kind, 'ignored');
  assert.equal(desk.journal.length, 0);
});

test('order room: a fill of somebody else’s order is adopted, booked and asked about', () => {
  const desk = createOrdersDesk();
  const order = listed('web-1', { side: 'sell' });
  const first = desk.hear(fillOf(10_000, 4, { orderId: 'web-1', order }));
  assert.deepEqual(
    [first.kind, first.reason, first.halt?.instrument],
    ['changed', 'adopted', linear],
  );
  assert.deepEqual(desk.booked, ['f1 of web-1']);
  const kept = desk.slice.get('web-1');
  assert.deepEqual(kept?.origin, { kind: 'external', reason: PLACED_OUTSIDE });
  assert.deepEqual([kept?.strategy, kept?.account, kept?.side], ['manual', 'main', 'sell']);
  assert.deepEqual(desk.sent, ['query web-1']);
  desk.hear(fillOf(10_000, 4, { orderId: 'web-1', fillId: 'f2', order }));
  assert.deepEqual(desk.booked, ['f1 of web-1', 'f2 of web-1']);
  assert.equal(desk.hear(fillOf(10_000, 4, { orderId: 'web-1', order })).reason, 'duplicate_fill');
  desk.hear(cancelled('web-1'));
  assert.equal(desk.slice.get('web-1')?.state, 'cancelled');
});

test('order room: what a venue did to a contract by itself is told as such, by its id', () => {
  const done = (orderId: string, instrument = linear): readonly unknown[] => {
    const desk = createOrdersDesk();
    const order = { ...listed(orderId, { side: 'sell' }), instrument };
    const { halt } = desk.hear(fillOf(10_000, 4, { orderId, order }));
    const { origin } = desk.slice.get(orderId) ?? {};
    return [origin?.kind === 'external' && origin.reason, halt?.reason];
  };
  const told = `order autoclose-p1-7: ${LIQUIDATED}`;
  assert.deepEqual(done('autoclose-p1-7'), [LIQUIDATED, told]);
  assert.match(told, /add some or reduce, then resume$/);
  assert.match(String(done('adl_autoclose')[0]), /\(ADL\)/);
  assert.match(String(done('settlement_autoclose-3')[0]), /settled/);
  for (const id of ['autoclose', 'my-autoclose-1']) assert.equal(done(id)[0], PLACED_OUTSIDE);
  assert.equal(done('autoclose-1', spot)[0], PLACED_OUTSIDE, 'nobody liquidates spot');
});

test('order room: a fill that cannot be placed books nothing and says so', () => {
  const desk = createOrdersDesk([], 1);
  const without = desk.hear(fillOf(10_000, 4, { orderId: 'web-1' }));
  assert.deepEqual([without.kind, without.reason, without.halt], ['anomaly', 'stray', null]);
  const bad = { ...listed('web-1'), qty: asQty(Number.NaN) };
  assert.equal(desk.hear(fillOf(10_000, 4, { orderId: 'web-1', order: bad })).reason, 'stray');
  desk.submit({}, 'c1');
  const full = desk.hear(fillOf(10_000, 4, { orderId: 'web-1', order: listed('web-1') }));
  assert.deepEqual([full.reason, full.halt?.instrument], ['stray', linear]);
  assert.deepEqual(desk.booked, []);
});

// S10: the order is at the venue, its verdict was not synced; the next engine asked nothing.
test('reconcile: an order whose verdict was lost in a crash is known as ours', () => {
  const desk = createOrdersDesk();
  desk.commit(runStarted(1));
  desk.commit({ kind: 'ids_reserved', epoch: 1, from: 1, to: 1025 });
  desk.submit({}, 'c0001x00000001');
  const cut = desk.journal.length;
  desk.submit({ qty: asQty(4) }, 'c0001x00000002');
  const next = restart(desk, desk.journal.slice(0, cut));
  next.commit(runStarted(2));
  next.commit({ kind: 'ids_reserved', epoch: 2, from: 1, to: 1025 });
  const ids = ['c0001x00000001', 'c0001x00000002', 'c0001x000000sh', 'web-1'];
  next.advance(MINUTE);
  const { adopted, halts } = next.reconcile(ids.map((id) => listed(id)));
  const reasons = adopted.map(({ id, origin }) => [
    id,
    origin.kind === 'external' && origin.reason,
  ]);
  assert.deepEqual(reasons, [
    ['c0001x00000002', SENT_BEFORE_CRASH],
    ['c0001x000000sh', PLACED_OUTSIDE], // number 1025: never reserved
    ['web-1', PLACED_OUTSIDE],
  ]);
  assert.deepEqual(
    halts.map(({ instrument }) => instrument),
    [linear, linear, linear],
  );
  assert.equal(next.slice.get('c0001x00000001')?.state, 'open', 'listed: the venue has answered');
  next.cancel('c0001x00000002', { by: 'start', reason: SENT_BEFORE_CRASH });
  assert.equal(next.sent.at(-1), 'cancel c0001x00000002');
});

test('reconcile: ours that is not listed is asked about, not ended; the young wait', () => {
  const desk = openDesk();
  desk.submit({ instrument: spot }, 'c3');
  desk.advance(MINUTE);
  desk.submit({}, 'c2');
  desk.sent.length = 0;
  const other = listed('web-1');
  desk.reconcile([other]);
  assert.deepEqual([desk.slice.get('c1')?.state, desk.slice.get('c2')?.state], ['unknown', 'sent']);
  assert.equal(desk.slice.get('c1')?.reason, 'its venue does not list it as open');
  assert.deepEqual(desk.sent, ['query c1']);
});

test('reconcile: one that was over and is listed as open lives on as nobody’s doing', () => {
  const desk = openDesk();
  desk.hear(fillOf(10_000, 4));
  desk.hear(cancelled('c1'));
  desk.reconcile([listed('c1')]);
  assert.equal(desk.slice.get('c1')?.state, 'cancelled', 'the list may be older than its end');
  desk.advance(MINUTE);
  desk.reconcile([listed('c1')]);
  const order = desk.slice.get('c1');
  assert.deepEqual([order?.state, order?.strategy], ['partially_filled', 'test']);
  assert.deepEqual(order?.origin, { kind: 'external', reason: BELIEVED_ENDED });
  assert.equal(desk.halts.at(-1), `order c1: ${BELIEVED_ENDED}`);
  assert.equal(desk.sent.at(-1), 'query c1');
});

test('reconcile: size and price are the venue’s, fills that are missing are asked for', () => {
  const desk = openDesk();
  desk.advance(MINUTE);
  desk.reconcile([listed('c1', { qty: asQty(8), price: asPrice(9_000), filledQty: asQty(2) })]);
  const order = desk.slice.get('c1');
  assert.deepEqual([order?.qty, order?.limitPrice, order?.filledQty], [8, 9_000, 0]);
  assert.deepEqual(desk.sent, ['query c1']);
  desk.reconcile([listed('c1', { qty: asQty(8), price: asPrice(9_000) })]);
  assert.equal(desk.facts('order').length, 3, 'the same list again says nothing new');
});

test('reconcile: what cannot be kept stops its instrument and is told', () => {
  const desk = createOrdersDesk([], 1);
  const bad = listed('x y');
  const found = desk.reconcile([listed('a'), listed('a'), listed('b'), bad]);
  assert.deepEqual(
    found.adopted.map(({ id }) => id),
    ['a'],
  );
  assert.deepEqual(
    found.refused.map(({ orderId }) => orderId),
    ['b', 'x y'],
  );
  assert.equal(found.halts.length, 3);
});

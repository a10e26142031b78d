// Owns the tests of the path from an intent to its venue: keys, refusals, links that are down.
// Promise: the real gates on a real state; after a crash an engine goes on from the journal's text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Breach } from '../../../engine/core/decision.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { BTC, createEngineDesk, type EngineDesk, recovered } from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;
const client = { key: 'anna/abc-1', bodyHash: 'a'.repeat(64) };

function openDesk(options: Parameters<typeof createEngineDesk>[0] = {}): EngineDesk {
  const desk = createEngineDesk(options);
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.out.records.length = 0;
  return desk;
}

function send(desk: EngineDesk, parts: Parameters<typeof intentOf>[0] = {}) {
  const origin = { kind: 'api', key: 'anna' } as const;
  const asked = { instrument: BTC, strategy: 'manual', origin, price: asPrice(BID), ...parts };
  desk.command({ kind: 'submit', intent: intentOf(asked) }, 7);
  const answer = desk.out.answers.at(-1)?.answer;
  assert.ok(answer);
  return answer;
}

const breachesOf = (answer: ReturnType<typeof send>): readonly Breach[] =>
  answer.kind === 'rejected' ? answer.breaches : [];

// S3: the same key and body sent a second order after kill -9.
test('submit: a key sends once, over a crash as well, and another body is a conflict', () => {
  const first = openDesk();
  const answer = send(first, { client });
  const [placed] = first.out.placed;
  assert.deepEqual(answer, { kind: 'accepted', orderId: placed?.id, isReplay: false });
  const again = openDesk({ state: recovered(first) });
  for (const desk of [first, again]) {
    assert.deepEqual(send(desk, { client }), { ...answer, isReplay: true });
    const other = { ...client, bodyHash: 'b'.repeat(64) };
    assert.deepEqual(send(desk, { client: other }), { kind: 'key_reused', key: client.key });
  }
  assert.deepEqual([first.out.placed.length, again.out.placed.length], [1, 0]);
});

test('submit: a known key alone is answered as the first time, and sends nothing', () => {
  const desk = openDesk();
  const answer = send(desk, { client });
  const again = (asked: typeof client) => {
    desk.command({ kind: 'repeat', client: asked }, 8);
    return desk.out.answers.at(-1)?.answer;
  };
  assert.deepEqual(again(client), { ...answer, isReplay: true });
  const other = { ...client, bodyHash: 'b'.repeat(64) };
  assert.deepEqual(again(other), { kind: 'key_reused', key: client.key });
  assert.equal(again({ ...client, key: 'anna/new' })?.kind, 'not_found');
  assert.equal(desk.out.placed.length, 1);
});

test('submit: a refused order is told again with the same breaches, and not asked again', () => {
  const desk = openDesk();
  const far = { client, price: asPrice(7_000_000) };
  const answer = send(desk, far);
  assert.ok(breachesOf(answer).some(({ limit }) => limit === 'price_collar'));
  const next = openDesk({ state: recovered(desk) });
  assert.deepEqual(send(next, far), { ...answer, isReplay: true });
  assert.deepEqual([next.out.placed, next.records('verdict')], [[], []]);
});

test('submit: an idempotency key of one person says nothing of another one’s', () => {
  const desk = openDesk();
  send(desk, { client });
  const other = send(desk, { client: { ...client, key: 'bert/abc-1' }, qty: asQty(11) });
  assert.equal(other.kind === 'accepted' && other.isReplay, false);
  assert.equal(desk.out.placed.length, 2);
});

// F7: a market order had no price.
test('submit: a market order is placed at its collar and kept as asked for', () => {
  const desk = openDesk();
  send(desk, { type: 'market', price: null, timeInForce: 'IOC' });
  const [placed] = desk.out.placed;
  assert.equal(placed?.limitPrice, 6_120_000); // 1.02 x 60,000.05 = 61,200.051, in ticks of 0.10
  const order = desk.state.orders.get(placed?.id ?? '');
  assert.deepEqual([order?.type, order?.price, order?.limitPrice], ['market', null, 6_120_000]);
  const kept = recovered(desk).orders.get(placed?.id ?? '');
  assert.equal(kept?.limitPrice, 6_120_000);
});

test('submit: a market order without a book it could be held to is refused', () => {
  const desk = createEngineDesk();
  desk.tick(10);
  const answer = send(desk, { type: 'market', price: null, timeInForce: 'IOC' });
  const limits = breachesOf(answer).map(({ limit }) => limit);
  assert.ok(limits.includes('instrument_not_tradable'), limits.join());
  assert.deepEqual([desk.out.placed.length, desk.state.orders.count], [0, 0]);
});

test('submit: who asked is on record, and the order exists from its verdict on', () => {
  const desk = openDesk();
  send(desk, { parentId: 'p1' });
  const [request] = desk.records('request');
  assert.deepEqual([request?.request, request?.state, request?.by], ['new', 'sent', 'anna']);
  const kinds = desk.out.records.map(({ kind }) => kind);
  assert.deepEqual(kinds, ['verdict', 'order', 'request']);
  assert.equal(desk.state.orders.open()[0]?.parentId, 'p1');
  const upToVerdict = desk.journal.length - 2;
  assert.equal(recovered(desk, upToVerdict).orders.open()[0]?.state, 'created');
});

test('submit: an order that cannot leave is over at once, and told as the order it is', () => {
  const desk = openDesk();
  desk.link.isUp = false;
  const answer = send(desk, { client });
  const id = answer.kind === 'accepted' ? answer.orderId : '';
  assert.equal(desk.state.orders.get(id)?.state, 'rejected');
  assert.equal(desk.state.orders.openCount, 0);
  assert.equal(desk.rooms.exposure.openOrders(), 0);
  desk.link.isUp = true;
  assert.equal(send(desk, { qty: asQty(11) }).kind, 'accepted', 'the next one leaves');
  assert.equal(desk.out.placed.length, 1);
});

test('submit: with no room left an order is refused, and taken again when one is over', () => {
  const desk = openDesk({ settings: ['capacity.orders=16'] });
  for (let k = 1; k <= 16; k += 1) assert.equal(send(desk, { qty: asQty(k) }).kind, 'accepted');
  const full = send(desk, { qty: asQty(17) });
  assert.deepEqual(breachesOf(full), [
    { limit: 'order_store', scope: 'system', asked: 1, allowed: 0 },
  ]);
  const orderId = desk.out.placed[0]?.id ?? '';
  const timeUs = desk.engine.nowUs();
  desk.report({ kind: 'ended', orderId, state: 'expired', reason: 'test', timeUs });
  assert.equal(send(desk, { qty: asQty(18) }).kind, 'accepted');
});

// S10: orders were sent at a venue whose open orders nobody had asked for yet.
test('submit: before its venue said what is open there, nothing that adds is sent', () => {
  const desk = openDesk({ openAtVenue: null });
  const refusal = [
    { limit: 'venue_not_reconciled', scope: `venue:${BTC.venue}`, asked: 1, allowed: 0 },
  ];
  assert.deepEqual(breachesOf(send(desk)), refusal);
  desk.tellOpen([], 20);
  assert.equal(send(desk).kind, 'accepted');
});

// Owns the tests of an engine that goes on where another stopped: what still holds, and what acts.
// Promise: the real rooms on real kernels; what the first engine left is the text of its journal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import { SLICES } from '../../../engine/facts/slice-names.ts';
import { SENT_BEFORE_CRASH } from '../../../engine/orders/order-room.ts';
import { createState, type State } from '../../../engine/state.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  ETH,
  fillReport,
  heldOf,
  listed,
  recovered,
} from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;
const HALT = { kind: 'trading_state', state: 'halted', reason: 'r', by: 'anna' } as const;

const manual = (parts: Parameters<typeof intentOf>[0] = {}) =>
  intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(BID - 1000),
    ...parts,
  });

const findInstrument = (key: string) => [BTC, ETH].find((one) => one.key === key) ?? null;

function openDesk(state?: State): EngineDesk {
  const desk = createEngineDesk(state === undefined ? {} : { state });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  return desk;
}

function buyOne(desk: EngineDesk): void {
  const intent = manual({ qty: asQty(1000), price: asPrice(ASK), timeInForce: 'IOC' });
  desk.command({ kind: 'submit', intent }, 1);
  desk.report(fillReport(desk.out.placed[0]?.id ?? '', ASK, 1000, 'f1', 15));
}

/** Holds 1 BTC bought by hand. */
function holdingDesk(): EngineDesk {
  const desk = openDesk();
  buyOne(desk);
  return desk;
}

test('restart: what an engine folded is what its journal says, slice for slice', () => {
  const desk = holdingDesk();
  desk.command({ kind: 'submit', intent: manual() }, 2);
  desk.command({ ...HALT, scope: 'strategy:manual' }, 3);
  const kept = recovered(desk);
  for (const slice of SLICES) assert.equal(kept.hash(slice), desk.state.hash(slice), slice);
  const loaded = createState({ capacity: desk.rooms.config.capacity, known: findInstrument });
  for (const { slice, state } of desk.state.save()) loaded.load(slice, state);
  assert.equal(loaded.hash(), desk.state.hash(), 'and what a checkpoint says');
});

test('restart: orders of an earlier engine in a halted scope are taken back', () => {
  const first = openDesk();
  first.command({ kind: 'submit', intent: manual() }, 1);
  first.command({ ...HALT, scope: 'strategy:manual' }, 2);
  const [placed] = first.out.placed;
  assert.ok(placed);
  const isCancel = (body: Fact) => body.kind === 'request' && body.request === 'cancel';
  const before = first.journal.findIndex(({ body }) => isCancel(body));
  for (const upTo of [first.journal.length, before]) {
    const state = recovered(first, upTo);
    assert.equal(state.orders.openCount, 1, 'the cancel was not answered before the crash');
    const next = createEngineDesk({ state, openAtVenue: [listed(first, placed.id)] });
    next.tick(110);
    assert.deepEqual(
      next.out.cancelled.map(({ id }) => id),
      [placed.id],
      `after ${upTo} records`,
    );
  }
});

// S10: a cancel of an order of the engine before was refused as unknown.
test('restart: an order of an earlier engine is asked about and cancelled like any other', () => {
  const first = openDesk();
  first.command({ kind: 'submit', intent: manual() }, 1);
  const orderId = first.out.placed[0]?.id ?? '';
  const next = openDesk(recovered(first));
  const queried = next.out.queried.map(({ id }) => id);
  assert.deepEqual(queried, [orderId], 'once, at the start');
  next.command({ kind: 'cancel', orderId, by: 'anna', reason: 'r' }, 1);
  assert.deepEqual(next.out.answers.at(-1)?.answer, { kind: 'done', count: 1 });
  assert.deepEqual(
    next.out.cancelled.map(({ id }) => id),
    [orderId],
  );
  const reason = 'requested';
  next.report({ kind: 'ended', orderId, state: 'cancelled', reason, timeUs: at(20) });
  assert.deepEqual([next.state.orders.openCount, next.rooms.exposure.openOrders()], [0, 0]);
});

test('restart: nothing that adds is sent until the venue has answered for every order', () => {
  const first = openDesk();
  first.command({ kind: 'submit', intent: manual() }, 1);
  const orderId = first.out.placed[0]?.id ?? '';
  const next = openDesk(recovered(first)); // it listed nothing, and the order is young
  const ask = (qty: number) => {
    next.command({ kind: 'submit', intent: manual({ qty: asQty(qty) }) }, 1);
    const answer = next.out.answers.at(-1)?.answer;
    return answer?.kind === 'rejected' ? answer.breaches[0]?.limit : answer?.kind;
  };
  assert.equal(ask(11), 'venue_not_reconciled');
  next.report({ kind: 'ended', orderId, state: 'expired', reason: 'gone', timeUs: at(20) });
  assert.equal(ask(12), 'accepted');
});

test('restart: a fill that was booked before the crash is not booked again', () => {
  const first = holdingDesk();
  const next = openDesk(recovered(first));
  next.report(fillReport(first.out.placed[0]?.id ?? '', ASK, 1000, 'f1', 15));
  assert.deepEqual([heldOf(next), next.records('fill')], [1000, []]);
  assert.equal(next.state.hash('accounts'), first.state.hash('accounts'));
});

test('restart: an order approved in the last record counts as open, filled and quoted', () => {
  const first = openDesk();
  first.command({ kind: 'submit', intent: manual({ qty: asQty(20) }) }, 1);
  const torn = first.journal.findIndex(({ body }) => body.kind === 'order');
  const kept = recovered(first, torn);
  assert.equal(kept.orders.open()[0]?.state, 'created');
  const next = openDesk(kept);
  assert.equal(next.state.orders.open()[0]?.id, first.out.placed[0]?.id);
  assert.equal(next.state.orders.open()[0]?.state, 'unknown');
  assert.equal(next.rooms.exposure.openOrders(), 1);
  assert.ok(next.rooms.exposure.gross() > 0);
  const sell = manual({ side: 'sell', price: asPrice(BID - 1000), timeInForce: 'IOC' });
  next.command({ kind: 'preview', intent: sell }, 1);
  const answer = next.out.answers.at(-1)?.answer;
  assert.ok(answer?.kind === 'preview');
  assert.ok(answer.preview.breaches.some(({ limit }) => limit === 'self_trade'));
});

test('restart: an order sent before the crash of which nothing was written is adopted', () => {
  const first = openDesk();
  first.command({ kind: 'submit', intent: manual() }, 1);
  const [placed] = first.out.placed;
  assert.ok(placed);
  const lost = first.journal.findIndex(({ body }) => body.kind === 'verdict');
  const next = createEngineDesk({
    state: recovered(first, lost),
    openAtVenue: [listed(first, placed.id)],
  });
  const { origin, state } = next.state.orders.get(placed.id) ?? {};
  assert.deepEqual([origin, state], [{ kind: 'external', reason: SENT_BEFORE_CRASH }, 'open']);
  assert.equal(next.rooms.exposure.openOrders(), 1);
  assert.equal(next.rooms.guard.stateOf(`instrument:${BTC.key}`), 'reducing');
  assert.equal(next.engine.tradingState(), 'active');
});

test('restart: what an earlier engine bought, a kill can close', () => {
  const next = openDesk(recovered(holdingDesk()));
  assert.equal(heldOf(next, 'manual'), 1000);
  const options = { flatten: true, drill: false, reason: 'test', by: 'anna' };
  next.command({ kind: 'kill', options }, 9);
  next.tick(20);
  next.tellOpen([], 30);
  next.tick(40);
  assert.deepEqual(
    next.out.placed.map(({ intent }) => [intent.side, intent.qty]),
    [['sell', 1000]],
  );
});

test('restart: a halt at the drawdown stays, and closes what is held', () => {
  const state = recovered(holdingDesk());
  const peak = 10_000_000;
  const tops = { peak, capital: 10_000_000, day: 0, dayPeak: peak } as const;
  const drawdowns = [{ scope: 'system', level: 'halted', ...tops }] as const;
  state.fold({ kind: 'peaks', drawdowns }, at(20));
  const next = openDesk(state);
  assert.equal(next.engine.tradingState(), 'halted');
  assert.deepEqual(
    next.out.placed.map(({ intent }) => [intent.side, intent.qty, intent.origin.kind]),
    [['sell', 1000, 'risk']],
  );
});

test('restart: a peak is on record once it has risen, so a crash keeps it', () => {
  const first = createEngineDesk({
    settings: ['execution.deposits={"USDT":"1000000"}', 'risk.marks.jumpMax=100'],
  });
  first.load(BID, ASK, 0);
  first.tick(10);
  buyOne(first);
  first.move(BID + 100_000, ASK + 100_000, 20); // a thousand dollars on a coin: ten basis points
  first.tick(110);
  const equity = equityOf(first.rooms.worths);
  assert.ok(equity > 1_000_900);
  const kept = recovered(first).standings.drawdown('system');
  assert.ok(kept !== null && Math.abs(kept.peak / equity - 1) < 1e-4, 'to a basis point');
});

test('restart: orders in doubt because the engine was away are no fault of their venue', () => {
  const first = openDesk();
  for (let k = 0; k < 5; k += 1) {
    const price = asPrice(BID - 1000 - 10 * k);
    first.command({ kind: 'submit', intent: manual({ qty: asQty(10), price }) }, k + 1);
  }
  const placed = first.out.placed.map(({ id }) => listed(first, id));
  assert.equal(placed.length, 5);
  const next = createEngineDesk({ state: recovered(first), openAtVenue: placed });
  next.load(BID, ASK, 110);
  next.tick(120);
  assert.deepEqual(next.records('breaker'), []);
  assert.equal(
    next.state.orders.open().every(({ state }) => state === 'open'),
    true,
  );
  assert.deepEqual(next.out.cancelled, []);
});

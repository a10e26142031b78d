// Owns the tests of an order's life in the conductor: from a frame to the ledger.
// Promise: real rooms and kernels; numbers are small enough to check by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  type EngineDeskOptions,
  fillReport,
  heldOf,
  recovered,
} from '../../engine-fixture.ts';
import { usdmDepth } from '../../market-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;

/** A desk with a book of 60,000.0 / 60,000.1 and a known equity, at 10 ms. */
function openDesk(options: EngineDeskOptions = {}): EngineDesk {
  const desk = createEngineDesk(options);
  desk.load(BID, ASK, 0);
  desk.tick(10);
  return desk;
}

/** The same with one order of a strong signal at the venue. */
function sentDesk(options: EngineDeskOptions = {}): { desk: EngineDesk; id: string; qty: number } {
  const desk = openDesk(options);
  desk.forecast(0.9);
  const [placement] = desk.out.placed;
  assert.ok(placement, 'no order was placed');
  return { desk, id: placement.id, qty: placement.intent.qty };
}

const manual = (parts: Parameters<typeof intentOf>[0] = {}) =>
  intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(BID),
    ...parts,
  });

const kinds = (desk: EngineDesk): string[] => desk.out.records.map(({ kind }) => kind);

test('engine: a depth update asks for a forecast, and again once the interval has passed', () => {
  const desk = createEngineDesk({ settings: ['ai.forecastIntervalMs=100'] });
  desk.load(BID, ASK, 0);
  desk.move(BID, ASK + 10, 99);
  assert.deepEqual(desk.out.forecasts, ['BTCUSDT']);
  desk.move(BID, ASK, 100);
  assert.deepEqual(desk.out.forecasts, ['BTCUSDT', 'BTCUSDT']);
});

test('engine: a strong forecast becomes signal, verdict and an order two ticks through', () => {
  const { desk, id } = sentDesk();
  const [placement] = desk.out.placed;
  assert.ok(placement);
  const { intent } = placement;
  // 2 |0.9 - 0.5| = 0.8; 100,000 x (1 + 0.8) / 2 = 90,000 / 60,000.05 = 1.4999... BTC
  assert.deepEqual(
    [intent.side, intent.timeInForce, intent.price, intent.qty],
    ['buy', 'IOC', ASK + 20, 1499],
  );
  assert.deepEqual(kinds(desk), ['book', 'peaks', 'signal', 'verdict', 'order', 'request']);
  const [verdict] = desk.records('verdict');
  assert.deepEqual([verdict?.orderId, verdict?.approved], [id, true]);
  assert.equal(verdict?.bookSequence, desk.ground.books.updateId(BTC));
  assert.equal(desk.state.orders.get(id)?.state, 'sent');
});

test('engine: a fill moves position and ledger, and the ledger balances', () => {
  const { desk, id, qty } = sentDesk();
  desk.report({ kind: 'accepted', orderId: id, timeUs: at(15) });
  desk.report(fillReport(id, ASK, qty, 'f1', 16));
  assert.equal(desk.state.orders.get(id)?.state, 'filled');
  assert.equal(heldOf(desk), 1499);
  assert.ok(desk.state.accounts.isBalanced());
  const [record] = desk.records('fill');
  // 1.499 x 60,000.10 x 0.0005 = 44.970074... USDT
  assert.deepEqual([record?.fill.fee, record?.fill.feeAsset], ['44.97007495', 'USDT']);
  assert.deepEqual(kinds(desk).slice(-4), ['request', 'order', 'fill', 'order']);
  assert.deepEqual([record?.position.qty, record?.holding.qty], ['1.499', '1.499']);
  assert.equal(record?.holding.strategy, 'signal-follower');
});

test('engine: the same fill told twice is booked once', () => {
  const { desk, id } = sentDesk();
  desk.report(fillReport(id, ASK, 700, 'f1', 15));
  desk.report(fillReport(id, ASK, 700, 'f1', 16));
  assert.equal(heldOf(desk), 700);
  assert.equal(desk.records('fill').length, 1);
});

test('engine: a fill before its acknowledgement opens the order', () => {
  const { desk, id } = sentDesk();
  desk.report(fillReport(id, ASK, 700, 'f1', 15));
  assert.equal(desk.state.orders.get(id)?.state, 'partially_filled');
  desk.report({ kind: 'accepted', orderId: id, timeUs: at(16) });
  assert.equal(desk.state.orders.get(id)?.state, 'partially_filled');
});

test('engine: a gap makes the instrument untradable and asks for a snapshot', () => {
  const desk = openDesk();
  desk.frame(usdmDepth(900, 901, 899, [], []), BTC, 20);
  assert.deepEqual(desk.out.snapshots, ['BTCUSDT']);
  const last = desk.records('book').at(-1);
  assert.deepEqual([last?.state, last?.reason], ['stale', 'sequence_gap']);
  desk.command({ kind: 'submit', intent: manual() }, 1);
  const answer = desk.out.answers.at(-1)?.answer;
  assert.ok(answer?.kind === 'rejected');
  assert.ok(answer.breaches.some(({ limit }) => limit === 'instrument_not_tradable'));
  assert.deepEqual(desk.out.placed, []);
});

test('engine: after a gap a new snapshot makes the instrument tradable again', () => {
  const desk = openDesk();
  desk.frame(usdmDepth(900, 901, 899, [], []), BTC, 20);
  desk.frame('{"lastUpdateId":901,"bids":[["60000","1"]],"asks":[["60000.1","1"]]}', BTC, 30);
  desk.command({ kind: 'submit', intent: manual() }, 1);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'accepted');
});

test('engine: a broken connection makes the instrument untradable, and no forecast acts', () => {
  const desk = openDesk();
  desk.engine.apply({ kind: 'disconnect', venue: 'binance-usdm', reason: 'test' });
  assert.equal(desk.records('book').at(-1)?.reason, 'disconnected');
  desk.forecast(0.9);
  assert.deepEqual([desk.out.placed.length, desk.records('signal').length], [0, 0]);
});

test('engine: an order without an answer is unknown after two seconds, not before', () => {
  const { desk, id } = sentDesk(); // sent at 10 ms
  desk.tick(2009.999);
  assert.equal(desk.state.orders.get(id)?.state, 'sent');
  desk.tick(2010);
  assert.equal(desk.state.orders.get(id)?.state, 'unknown');
  assert.equal(desk.ground.telemetry.read('unknownOrders'), 1);
  desk.tick(2110);
  assert.deepEqual(
    desk.out.queried.map((order) => order.id),
    [id],
    'its venue is asked',
  );
  assert.equal(desk.rooms.exposure.openOrders(), 1, 'it still counts as open');
});

test('engine: an unknown order that fills after all is booked', () => {
  const { desk, id, qty } = sentDesk();
  desk.tick(3000);
  desk.report(fillReport(id, ASK, qty, 'f1', 3001));
  assert.equal(desk.state.orders.get(id)?.state, 'filled');
  assert.equal(heldOf(desk), 1499);
  assert.equal(desk.rooms.exposure.openOrders(), 0);
  desk.tick(3010);
  assert.equal(desk.ground.telemetry.read('unknownOrders'), 0, 'nobody has to look any more');
});

test('engine: what stops an instrument loosens no halt that a person put on it', () => {
  const { desk, id, qty } = sentDesk();
  const scope = `instrument:${BTC.key}` as const;
  desk.command({ kind: 'trading_state', scope, state: 'halted', reason: 'news', by: 'anna' });
  desk.report(fillReport(id, ASK, qty + 1, 'f1', 15));
  assert.equal(desk.rooms.guard.stateOf(scope), 'halted');
  const [first] = desk.state.standings.wordsOn(scope);
  assert.deepEqual([first?.by, first?.reason], ['anna', 'news']);
  desk.command({ kind: 'trading_state', scope, state: 'active', reason: 'seen', by: 'anna' });
  assert.equal(desk.rooms.guard.stateOf(scope), 'active');
});

test('engine: more filled than ordered stops its instrument and books nothing of it', () => {
  const { desk, id, qty } = sentDesk();
  desk.report(fillReport(id, ASK, qty + 1, 'f1', 15));
  assert.equal(desk.rooms.guard.stateOf(`instrument:${BTC.key}`), 'reducing');
  assert.equal(desk.engine.tradingState(), 'active', 'the others go on');
  assert.equal(heldOf(desk), 0);
  assert.equal(desk.records('trading_state')[0]?.by, 'orders');
  assert.deepEqual(
    desk.out.cancelled.map((order) => order.id),
    [id],
  );
  assert.deepEqual(
    desk.out.queried.map((order) => order.id),
    [id],
    'its venue has to say what is true',
  );
  assert.equal(desk.ground.telemetry.read('anomalies'), 1);
});

test('engine: a word about an order nobody knows changes nothing', () => {
  const desk = openDesk();
  const before = kinds(desk).length;
  desk.report({ kind: 'accepted', orderId: 'c0001x0000zzzz', timeUs: at(16) });
  assert.equal(kinds(desk).length, before);
  assert.deepEqual([desk.out.queried, desk.out.cancelled], [[], []]);
});

test('engine: a fill of an order from outside is booked, and its instrument only reduces', () => {
  const desk = openDesk();
  const told = { account: 'main', instrument: BTC, side: 'buy', type: 'limit' } as const;
  const sizes = { qty: asQty(5), filledQty: asQty(2), price: asPrice(ASK), timeUs: at(14) };
  const order = { orderId: 'web-77', ...told, ...sizes };
  desk.report({ ...fillReport('web-77', ASK, 2, 'f1', 15), order });
  assert.equal(heldOf(desk, 'manual'), 2);
  assert.equal(desk.state.orders.get('web-77')?.origin.kind, 'external');
  assert.equal(desk.rooms.guard.stateOf(`instrument:${BTC.key}`), 'reducing');
  assert.equal(desk.engine.tradingState(), 'active');
  desk.command({ kind: 'submit', intent: manual() }, 1);
  assert.equal(desk.out.answers.at(-1)?.answer.kind, 'rejected');
});

test('engine: a fill of an order nobody can name halts all: what is held is unknown', () => {
  const desk = openDesk();
  desk.report(fillReport('c0001x0000zzzz', ASK, 1, 'f1', 15));
  assert.equal(desk.engine.tradingState(), 'halted');
  const { desk: other, id } = sentDesk();
  other.report(fillReport(id, ASK, 10, '', 15)); // without an id it may have been booked before
  assert.equal(other.rooms.guard.stateOf(`instrument:${BTC.key}`), 'reducing');
  assert.equal(heldOf(other), 0);
});

test('engine: a fill of no whole steps stops its instrument and books nothing', () => {
  const { desk, id } = sentDesk();
  desk.report(fillReport(id, ASK, 0.5, 'f1', 15));
  assert.equal(desk.rooms.guard.stateOf(`instrument:${BTC.key}`), 'reducing');
  assert.deepEqual([heldOf(desk), desk.records('fill')], [0, []]);
});

test('engine: without a durable order id nothing is sent, and order_ids says why', () => {
  const desk = openDesk({ idsDurable: 1 });
  desk.command({ kind: 'submit', intent: manual() }, 1);
  desk.command({ kind: 'submit', intent: manual() }, 2);
  assert.equal(desk.out.placed.length, 1);
  const answer = desk.out.answers.at(-1)?.answer;
  assert.ok(answer?.kind === 'rejected');
  assert.deepEqual(answer.breaches, [
    { limit: 'order_ids', scope: 'system', asked: 1, allowed: 0 },
  ]);
  assert.equal(desk.records('verdict').at(-1)?.approved, false);
  desk.ids.markDurable(2);
  desk.command({ kind: 'submit', intent: manual({ qty: asQty(3) }) }, 3);
  assert.equal(desk.out.placed.length, 2);
});

test('engine: a resting order is cancelled once its time is over, and once only', () => {
  const desk = openDesk({ settings: ['execution.parameters.restMs=1000'] });
  desk.forecast(0.62); // confidence 0.24: above the threshold, patient
  const [placement] = desk.out.placed;
  assert.ok(placement);
  assert.deepEqual([placement.intent.postOnly, placement.intent.price], [true, BID]);
  desk.report({ kind: 'accepted', orderId: placement.id, timeUs: at(15) });
  desk.tick(1009);
  assert.equal(desk.out.cancelled.length, 0);
  desk.tick(1010);
  desk.tick(1200);
  assert.equal(desk.out.cancelled.length, 1);
  const [id, timeUs] = [placement.id, at(1210)];
  desk.report({ kind: 'ended', orderId: id, state: 'cancelled', reason: 'requested', timeUs });
  assert.equal(desk.ground.telemetry.read('cancelled'), 1);
  assert.equal(desk.rooms.exposure.openOrders(), 0);
});

test('engine: the imbalance taker orders from the book alone', () => {
  const settings = ['execution.strategy=imbalance-taker', 'execution.parameters.threshold=0.5'];
  const desk = openDesk({ settings });
  const id = desk.ground.books.updateId(BTC);
  desk.frame(usdmDepth(id + 1, id + 1, id, [['60000.00', '9.000']], []), BTC, 20);
  const [placement] = desk.out.placed;
  assert.deepEqual([placement?.intent.side, placement?.intent.price], ['buy', ASK]);
  assert.ok((placement?.intent.tickNs ?? 0) > 0, 'the order names the frame that caused it');
  assert.equal(desk.ground.telemetry.stages.tickToOrder.count, 1);
});

test('engine: a frame from the past does not turn the clock back', () => {
  const desk = openDesk();
  desk.tick(500);
  desk.move(BID, ASK + 10, 400);
  assert.equal(desk.engine.nowUs(), at(500));
});

test('engine: orders of an earlier engine come back unknown and count as open', () => {
  const { desk, id, qty } = sentDesk();
  const next = createEngineDesk({ state: recovered(desk) });
  assert.equal(next.state.orders.get(id)?.state, 'unknown');
  assert.equal(next.rooms.exposure.openOrders(), 1);
  next.report(fillReport(id, ASK, qty, 'f1', 20));
  assert.equal(heldOf(next), qty);
  assert.ok(next.state.accounts.isBalanced());
});

test('engine: a position and its numbers go on in the engine that folds the journal', () => {
  const { desk, id, qty } = sentDesk();
  desk.report(fillReport(id, ASK, qty, 'f1', 15));
  const next = createEngineDesk({ state: recovered(desk) });
  for (const slice of ['accounts', 'orders', 'limits', 'standings', 'instruments'] as const) {
    assert.equal(next.state.hash(slice), desk.state.hash(slice), slice);
  }
  next.load(BID, ASK, 20);
  next.tick(30);
  assert.ok(Math.abs(next.rooms.exposure.net() - 1.499 * 60_000.05) < 1e-6);
});

test('engine: prices off the tick never reach the venue', () => {
  const desk = openDesk();
  desk.command({ kind: 'submit', intent: manual({ price: asPrice(BID + 5) }) }, 1);
  const answer = desk.out.answers.at(-1)?.answer;
  assert.ok(answer?.kind === 'rejected');
  assert.equal(answer.breaches[0]?.limit, 'malformed_order');
  assert.equal(desk.out.placed.length, 0);
});

test('engine: an intent of no whole steps is refused, and the engine lives on', () => {
  const desk = openDesk();
  for (const qty of [1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    desk.command({ kind: 'submit', intent: manual({ qty: asQty(qty) }) }, 1);
    desk.command({ kind: 'submit', intent: manual({ price: asPrice(qty) }) }, 1);
  }
  for (const { answer } of desk.out.answers) {
    assert.ok(answer.kind === 'rejected');
    assert.equal(answer.breaches[0]?.limit, 'malformed_order');
  }
  const verdicts = desk.records('verdict').map(({ qty, price }) => [qty, price]);
  assert.deepEqual(verdicts.slice(0, 3), [
    ['1.5', '60000'],
    ['0.01', '1.5'],
    ['NaN', '60000'],
  ]);
  assert.equal(desk.out.placed.length, 0);
});

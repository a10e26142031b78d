// Owns the proof that the replica is what the messages say, and tells its listeners so.
// Promise: every kind of message is given once; unknown instruments and orders do no harm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact, FactOf } from '../../../engine/facts/fact.ts';
import type { GatewayMessage, MarketView } from '../../../engine/facts/gateway-message.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { createReadings, viewStages } from '../../../gateway/latency.ts';
import { withGatewayDefaults } from '../../../gateway/options.ts';
import type { ShelvedOrder } from '../../../gateway/order-shelf.ts';
import { decodeCursor, type Page, pageOf } from '../../../gateway/page.ts';
import { createPerformanceMeter } from '../../../gateway/performance.ts';
import { type Change, createReplica } from '../../../gateway/replica.ts';
import { isNamedBy } from '../../../gateway/view.ts';
import { isoOf, splitKey } from '../../../gateway/words.ts';
import { createFakeEngine, type FakeEngine } from '../../integration/gateway/fake-engine.ts';
import { CAPACITY } from '../../integration/gateway/fake-ledger.ts';
import { createFakeBook, viewPortfolio } from '../../integration/gateway/fake-market.ts';

function start() {
  const answers: number[] = [];
  const replica = createReplica(withGatewayDefaults({ stateCapacity: CAPACITY }), (correlation) => {
    answers.push(correlation);
  });
  const heard: Change['kind'][] = [];
  const stop = replica.listen((change) => heard.push(change.kind));
  let seq = 100;
  const take = (message: GatewayMessage): void => replica.take(message, 5000);
  const record = (body: Fact): void => {
    seq += 1;
    take({ type: 'record', record: { seq, timeUs: seq * 1000, body } });
  };
  return { answers, replica, heard, stop, take, record };
}

test('replica: markets that changed take their places, the others stay', () => {
  const { replica, take } = start();
  const market = (instrument: string, mid: number): MarketView => ({
    instrument,
    symbol: instrument,
    venue: 'v',
    bid: '',
    ask: '',
    mid,
    spreadBps: 0,
    imbalance: 0,
    ready: true,
    receiveUs: 0,
  });
  take({ type: 'markets', markets: [market('a', 1), market('b', 2)] });
  take({ type: 'markets', markets: [market('c', 3), market('a', 4)] });
  assert.deepEqual(
    replica.markets.map(({ instrument, mid }) => [instrument, mid]),
    [
      ['a', 4],
      ['b', 2],
      ['c', 3],
    ],
  );
});

/** A round of checkpoints of the fake engine's state, as records. */
function roundOf(engine: FakeEngine, record: (body: Fact) => void): void {
  for (const fact of engine.state.save()) record(fact);
}

function engineWith(...ids: readonly string[]): FakeEngine {
  const engine = createFakeEngine();
  engine.start();
  for (const id of ids) engine.record({ kind: 'order', order: engine.makeOrder({ id }) });
  return engine;
}

const word = { reason: 'r', by: 'anna', isWord: true } as const;
const RUN = {
  ...({ kind: 'run_started', format: 2, mode: 'test', version: '1' } as const),
  ...{ configHash: '', seed: '1' },
  ...{ instruments: [], model: 'm', epoch: 2 },
} as const satisfies Fact;

test('replica: a run that goes on brings its open orders and its trading state', () => {
  const { replica, record } = start();
  const engine = engineWith('a', 'b');
  engine.record({ kind: 'trading_state', scope: 'system', state: 'reducing', ...word });
  record(RUN);
  assert.equal(replica.isWhole, false);
  roundOf(engine, record);
  assert.equal(replica.isWhole, true);
  assert.equal(replica.heals, 0, 'the first round of a run heals nothing');
  assert.equal(replica.tradingState, 'reducing');
  assert.equal(replica.orders.open, 2);
  assert.equal(replica.run?.model, 'm');
  assert.equal(replica.heardMs, 5000);
});

test('replica: whole, it folds every fact as the engine does', () => {
  const { replica, record } = start();
  const engine = engineWith('a');
  roundOf(engine, record);
  const order = engine.makeOrder({ id: 'b', state: 'sent' });
  const halt = { kind: 'trading_state', scope: 'system', state: 'halted', ...word } as const;
  for (const fact of [{ kind: 'order', order }, halt] as const) {
    engine.record(fact);
    record(fact);
  }
  assert.equal(replica.slices.hash(), engine.state.hash());
});

test('replica: after a loss it folds nothing, and the next round of checkpoints heals it', () => {
  const { replica, record, take, heard } = start();
  const engine = engineWith('a');
  roundOf(engine, record);
  engine.record({ kind: 'order', order: engine.makeOrder({ id: 'b' }) }); // never heard of
  take({ type: 'lost', records: 1 });
  assert.equal(replica.isWhole, false);
  const gone = engine.makeOrder({ id: 'a', state: 'cancelled' });
  engine.record({ kind: 'order', order: gone });
  record({ kind: 'order', order: gone });
  roundOf(engine, record);
  assert.deepEqual([replica.isWhole, replica.heals, replica.lostRecords], [true, 1, 1]);
  assert.equal(replica.slices.hash(), engine.state.hash());
  assert.equal(replica.orders.get('b')?.order.state, 'open');
  assert.equal(replica.orders.get('a')?.order.state, 'cancelled');
  assert.equal(heard.at(-1), 'healed');
});

test('replica: an order that ended in the hole is told as unknown, and then forgotten', () => {
  const { replica, record, take } = start();
  roundOf(engineWith('a'), record);
  const told: string[] = [];
  replica.listen((change) => {
    if (change.kind === 'order') told.push(`${change.order.id} ${change.order.state}`);
  });
  take({ type: 'lost', records: 9 });
  roundOf(engineWith(), record);
  assert.deepEqual(told, ['a unknown']);
  assert.equal(replica.orders.get('a'), null);
  assert.equal(replica.orders.open, 0);
});

test('replica: pages hold every order once, those that a heal brought too', () => {
  const { replica, record, take } = start();
  const known = Array.from({ length: 30 }, (_, k) => `k${k}`);
  const engine = engineWith(...known);
  roundOf(engine, record);
  const later = Array.from({ length: 20 }, (_, k) => `l${k}`);
  for (const id of ['missed', ...later]) {
    const order = engine.makeOrder({ id });
    engine.record({ kind: 'order', order });
    if (id === 'missed') take({ type: 'lost', records: 1 });
    else record({ kind: 'order', order });
  }
  roundOf(engine, record);
  const seen: string[] = [];
  let before: number | null = Number.POSITIVE_INFINITY;
  while (before !== null) {
    const page: Page<ShelvedOrder> = pageOf(replica.orders.newest(before), 1, () => true);
    seen.push(...page.items.map(({ order }) => order.id));
    before = page.nextCursor === null ? null : decodeCursor(page.nextCursor);
  }
  assert.deepEqual([...seen].sort(), [...known, 'missed', ...later].sort());
});

test('replica: a round with a record missing heals nothing', () => {
  const { replica, record, take } = start();
  const engine = engineWith('a');
  take({ type: 'lost', records: 1 });
  for (const [at, fact] of engine.state.save().entries()) {
    if (at === 3) take({ type: 'lost', records: 1 });
    else record(fact);
  }
  assert.equal(replica.isWhole, false);
  roundOf(engine, record);
  assert.equal(replica.isWhole, true);
});

test('replica: an equity that is unknown leaves no point in the curve', () => {
  const { replica, take } = start();
  const engine = engineWith();
  const book = createFakeBook();
  const portfolio = viewPortfolio(engine.state, book, 1_000_000, 'active');
  take({ type: 'portfolio', portfolio });
  const unknown = { equity: 'unknown', equityUs: 0, unpriced: ['XYZ'], pnl: 'unknown' };
  take({ type: 'portfolio', portfolio: { ...portfolio, ...unknown, timeUs: 9_000_000 } });
  assert.deepEqual(replica.curve.points, [[1_000_000, 1_000_000]]);
});

test('replica: a refused intent is shown as a rejected order with every limit', () => {
  const { replica, record, heard } = start();
  const refused: FactOf<'verdict'> = {
    kind: 'verdict',
    amends: false,
    orderId: 'x',
    account: 'main',
    strategy: 'signal-follower',
    instrument: 'BTCUSDT.binance-usdm',
    side: 'sell',
    ...{ parentId: null, type: 'limit', qty: '2', price: '100', timeInForce: 'GTC' },
    ...{ postOnly: true, reduceOnly: false, client: null, metadata: null },
    origin: { kind: 'signal', signalId: 1 },
    bookSequence: 1,
    approved: false,
    by: 'compliance',
    breaches: [
      { limit: 'restricted', scope: 'system', asked: 1, allowed: 0 },
      { limit: 'not_permitted', scope: 'system', asked: 1, allowed: 0 },
    ],
    warnings: [],
    notional: 0,
    varAfter: 0,
    historicalVarAfter: 0,
    stressAfter: 0,
  };
  record({ ...refused, amends: true });
  assert.equal(replica.orders.get('x'), null, 'an amend that is refused rejects no order');
  record(refused);
  const found = replica.orders.get('x');
  assert.equal(found?.order.state, 'rejected');
  assert.equal(found?.order.type, 'limit');
  assert.equal(found?.order.reason, 'compliance: restricted, not_permitted');
  assert.equal(found?.verdict?.breaches.length, 2);
  assert.deepEqual(heard, ['order']);
});

test('replica: holes, answers and the end of a run are taken in', () => {
  const { replica, take, record, answers, heard } = start();
  take({ type: 'lost', records: 3 });
  take({ type: 'lost', records: 4 });
  take({ type: 'answer', correlation: 9, seq: 0, answer: { kind: 'done', count: 1 } });
  record({ kind: 'trading_state', scope: 'system', state: 'halted', ...word });
  record({ kind: 'run_stopped', reason: 'end', stateHash: '' });
  assert.equal(replica.lostRecords, 7);
  assert.deepEqual(answers, [9]);
  assert.equal(replica.tradingState, 'halted');
  assert.equal(replica.isStopped, true);
  assert.deepEqual(heard, ['trading_state', 'risk_event']);
});

test('replica: records it has no use for change nothing', () => {
  const { record, heard, stop } = start();
  record({ kind: 'ids_reserved', epoch: 1, from: 0, to: 1024 });
  record({ kind: 'checkpoint', slice: 'run', state: {} });
  record({ kind: 'recovered', records: 1, tornBytes: 0, unresolvedOrders: [] });
  record({ kind: 'capital_valued', id: 'm1', value: 5 });
  record({ kind: 'peaks', drawdowns: [] });
  record({ kind: 'book', instrument: 'x', state: 'stale', reason: 'gap' });
  stop();
  record({ kind: 'trading_state', scope: 'system', state: 'active', ...word });
  assert.deepEqual(heard, []);
});

test('view: times keep their microseconds, and a nonsense time is empty', () => {
  assert.equal(isoOf(1_723_075_200_123_456), '2024-08-08T00:00:00.123456Z');
  assert.equal(isoOf(1_723_075_200_000_007), '2024-08-08T00:00:00.000007Z');
  assert.equal(isoOf(Number.NaN), '');
});

test('view: an instrument is found by symbol in any spelling, or by its key', () => {
  assert.deepEqual(splitKey('BTCUSDT.binance-usdm'), { symbol: 'BTCUSDT', venue: 'binance-usdm' });
  for (const name of ['BTC/USDT', 'btc-usdt', 'BTCUSDT', 'BTCUSDT.binance-usdm']) {
    assert.equal(isNamedBy('BTCUSDT.binance-usdm', name), true, name);
  }
  assert.equal(isNamedBy('BTCUSDT.binance-usdm', 'BTCUSD'), false);
  assert.equal(isNamedBy('BTCUSDT.binance-usdm', 'BTCUSDT.binance-spot'), false);
});

test('latency: a stage timed by two threads is one distribution', () => {
  const { buffer, plan } = createFakeEngine();
  const own = createTelemetry(buffer, plan.counters, plan.histograms).stages.feature;
  const shard = createTelemetry(buffer, plan.counters, plan.shardHistograms).stages.feature;
  for (let k = 1; k <= 50; k += 1) own.record(1000);
  for (let k = 1; k <= 50; k += 1) shard.record(9000);
  const readings = createReadings(buffer, plan);
  const [stage, ...others] = viewStages(readings);
  assert.deepEqual(others, []);
  assert.equal(stage?.count, 100);
  assert.ok(Math.abs((stage?.p50_us ?? 0) - 1) < 0.01);
  assert.ok(Math.abs((stage?.p99_us ?? 0) - 9) < 0.08);
  assert.equal(readings.stage('feature').min, 1000);
});

test('performance: a rate is a difference over the time between two readings', () => {
  const { buffer, plan } = createFakeEngine();
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const meter = createPerformanceMeter(createReadings(buffer, plan));
  telemetry.add('frames', 100);
  const whole = { lostRecords: 0, isWhole: true };
  assert.equal(meter.read(1000, whole).rates.frames_per_second, 0);
  telemetry.add('frames', 50);
  assert.equal(meter.read(1500, { lostRecords: 2, isWhole: false }).rates.frames_per_second, 100);
  const { lost_records, is_healed } = meter.latest(9999, whole);
  assert.deepEqual([lost_records, is_healed], [2, false], 'as last read');
});

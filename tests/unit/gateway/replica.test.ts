// Owns the proof that the replica is what the messages say, and tells its listeners so.
// Promise: every kind of message is given once; unknown instruments and orders do no harm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact } from '../../../engine/facts/fact.ts';
import type { GatewayMessage } from '../../../engine/facts/gateway-message.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { createReadings, viewStages } from '../../../gateway/latency.ts';
import { withGatewayDefaults } from '../../../gateway/options.ts';
import { createPerformanceMeter } from '../../../gateway/performance.ts';
import { type Change, createReplica } from '../../../gateway/replica.ts';
import { isNamedBy, isoOf, splitKey } from '../../../gateway/view.ts';
import { createFakeEngine } from '../../integration/gateway/fake-engine.ts';

const engine = createFakeEngine();

function start() {
  const answers: number[] = [];
  const replica = createReplica(withGatewayDefaults({}), (correlation) => {
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

const CHECKPOINT = {
  epoch: 2,
  nextOrderNumber: 5,
  nextSignalId: 1,
  nextFillNumber: 1,
  peakEquity: 0,
  tradingState: 'reducing' as const,
  balances: {},
  positions: [],
  openOrders: [engine.makeOrder({ id: 'a' }), engine.makeOrder({ id: 'b' })],
};

test('replica: a run that goes on brings its open orders and its trading state', () => {
  const { replica, record } = start();
  record({
    kind: 'run_started',
    mode: 'test',
    version: '1',
    configHash: '',
    seed: '1',
    instruments: [],
    model: 'm',
    checkpoint: CHECKPOINT,
  });
  assert.equal(replica.tradingState, 'reducing');
  assert.equal(replica.orders.open, 2);
  assert.equal(replica.run?.model, 'm');
  assert.equal(replica.heardMs, 5000);
});

test('replica: a refused intent is shown as a rejected order with every limit', () => {
  const { replica, record, heard } = start();
  record({
    kind: 'verdict',
    orderId: 'x',
    account: 'main',
    strategy: 'signal-follower',
    instrument: 'BTCUSDT.binance-usdm',
    side: 'sell',
    qty: '2',
    price: '100',
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
  });
  const found = replica.orders.get('x');
  assert.equal(found?.order.state, 'rejected');
  assert.equal(found?.order.reason, 'compliance: restricted, not_permitted');
  assert.equal(found?.verdict?.breaches.length, 2);
  assert.deepEqual(heard, ['order']);
});

test('replica: holes, answers and the end of a run are taken in', () => {
  const { replica, take, record, answers, heard } = start();
  take({ type: 'lost', records: 3 });
  take({ type: 'lost', records: 4 });
  take({ type: 'answer', correlation: 9, answer: { kind: 'done', count: 1 } });
  record({ kind: 'trading_state', scope: 'system', state: 'halted', reason: 'r', by: 'b' });
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
  record({ kind: 'checkpoint', checkpoint: CHECKPOINT });
  record({ kind: 'recovered', records: 1, tornBytes: 0, unresolvedOrders: [] });
  record({ kind: 'deposit', ledger: [] });
  record({ kind: 'book', instrument: 'x', state: 'stale', reason: 'gap' });
  stop();
  record({ kind: 'trading_state', scope: 'system', state: 'active', reason: 'r', by: 'b' });
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
  assert.equal(meter.read(1000, 0).rates.frames_per_second, 0);
  telemetry.add('frames', 50);
  assert.equal(meter.read(1500, 2).rates.frames_per_second, 100);
  assert.equal(meter.latest(9999, 0).lost_records, 2);
});

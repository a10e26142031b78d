// Owns the proof that /metrics is text Prometheus reads, with the numbers of the shared memory.
// Promise: parsed by the rules of the exposition format 0.0.4, line by line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { ask, startSetting, waitFor } from './client.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]?Inf|[-+0-9.e]+)$/;

function parseExposition(text: string): { samples: Sample[]; types: Map<string, string> } {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line);
    if (type !== null) {
      types.set(type[1]!, type[2]!);
      continue;
    }
    const match = SAMPLE.exec(line);
    assert.ok(match !== null, `not a sample: ${line}`);
    const labels = [...(match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    samples.push({
      name: match[1]!,
      labels: Object.fromEntries(labels.map(([, name, value]) => [name, value])),
      value: Number(match[3]),
    });
  }
  return { samples, types };
}

test('metrics: the page parses, and every name is ours and typed', async (t) => {
  const setting = await startSetting(t);
  for (let k = 0; k < 20; k += 1) setting.engine.step();
  const { status, headers, body } = await ask(setting, '/api/v2/metrics');
  assert.equal(status, 200);
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const { samples, types } = parseExposition(body);
  assert.ok(samples.length > 100);
  for (const { name } of samples) {
    assert.match(name, /^colin_/);
    assert.ok(types.has(name.replace(/_(bucket|sum|count)$/, '')) || types.has(name), name);
  }
});

test('metrics: a stage is a cumulative histogram in seconds over all threads', async (t) => {
  const setting = await startSetting(t);
  const { buffer, plan } = setting.engine;
  const engine = createTelemetry(buffer, plan.counters, plan.histograms);
  const shard = createTelemetry(buffer, plan.counters, plan.shardHistograms);
  engine.stages.inference.record(30_000);
  for (let k = 0; k < 9; k += 1) shard.stages.inference.record(20_000);
  engine.set('equity', 1_000_123.5);
  engine.add('frames', 42);
  const { samples } = parseExposition((await ask(setting, '/api/v2/metrics')).body);
  const inference = samples.filter(({ labels }) => labels.stage === 'inference');
  const at = (name: string, le?: string): number | undefined =>
    inference.find((s) => s.name === `colin_stage_seconds_${name}` && s.labels.le === le)?.value;
  assert.equal(at('count'), 10);
  assert.equal(at('sum'), (9 * 20_000 + 30_000) / 1e9);
  assert.equal(at('bucket', '0.00001'), 0);
  assert.equal(at('bucket', '0.000025'), 9);
  assert.equal(at('bucket', '0.00005'), 10);
  assert.equal(at('bucket', '+Inf'), 10);
  const buckets = inference.filter(({ name }) => name.endsWith('_bucket'));
  const values = buckets.map(({ value }) => value);
  assert.deepEqual(
    values,
    [...values].sort((a, b) => a - b),
  );
  const single = (name: string): number | undefined => samples.find((s) => s.name === name)?.value;
  assert.equal(single('colin_equity'), 1_000_123.5);
  assert.equal(single('colin_frames_total'), 42);
});

test('metrics: requests are counted by route, never by an id in a path', async (t) => {
  const setting = await startSetting(t);
  await ask(setting, '/api/v2/orders/c0001x00000001');
  const { samples } = parseExposition((await ask(setting, '/api/v2/metrics')).body);
  const counted = samples.filter(({ name }) => name === 'colin_http_requests_total');
  const order = counted.find(({ labels }) => labels.route === '/api/v2/orders/{id}');
  assert.equal(order?.value, 1);
  assert.equal(order?.labels.status, '404');
  assert.ok(counted.every(({ labels }) => !labels.route?.includes('c0001x')));
});

test('metrics: a key is needed unless the options say that they are open', async (t) => {
  const closed = await startSetting(t);
  assert.equal((await ask(closed, '/api/v2/metrics', { role: null })).status, 401);
  const open = await startSetting(t, { isMetricsOpen: true });
  assert.equal((await ask(open, '/api/v2/metrics', { role: null })).status, 200);
});

test('metrics: records the ring refused are counted as lost, and the hole heals', async (t) => {
  const setting = await startSetting(t);
  setting.engine.say({ type: 'lost', records: 7 });
  const read = async (name: string) => {
    const { body } = await ask(setting, '/api/v2/metrics');
    const { samples } = parseExposition(body);
    return samples.find((one) => one.name === `colin_replica_${name}_total`)?.value;
  };
  await waitFor('a heal', async () => (await read('heals')) === 1);
  assert.equal(await read('lost_records'), 7);
  const { body } = await ask(setting, '/api/v2/ready');
  const { detail } = body.checks.find(({ name }: { name: string }) => name === 'replica');
  assert.equal(detail, '7 records lost, healed once');
});

test('metrics: risk is told by scope, limit, breaker, method and scenario', async (t) => {
  const setting = await startSetting(t);
  const read = async (): Promise<(name: string, labels: Sample['labels']) => number> => {
    const { samples } = parseExposition((await ask(setting, '/api/v2/metrics')).body);
    return (name, labels) => {
      const wanted = JSON.stringify(labels);
      const found = samples.find((s) => s.name === name && JSON.stringify(s.labels) === wanted);
      return found?.value ?? Number.NaN;
    };
  };
  const scope = 'instrument:BTCUSDT.binance-usdm';
  const breaker = { scope, breaker: 'volatility' };
  const quiet = await read();
  assert.equal(quiet('colin_breaker_state', breaker), 0);
  assert.equal(quiet('colin_trading_state', { scope: 'system' }), 0);
  assert.equal(quiet('colin_limit_utilization_ratio', { scope: 'system', limit: 'gross' }), 0);
  assert.ok(Number.isNaN(quiet('colin_stress_loss', { scenario: 'covid-2020' })), 'no report yet');
  setting.engine.trip();
  setting.engine.analyse();
  await waitFor('the report', async () => {
    return (await ask(setting, '/api/v2/risk/var')).status === 200;
  });
  const tripped = await read();
  assert.equal(tripped('colin_breaker_state', breaker), 2);
  assert.equal(tripped('colin_breaker_trips_total', breaker), 1);
  assert.equal(tripped('colin_trading_state', { scope }), 2);
  assert.equal(tripped('colin_drawdown_ratio', { scope: 'system', measure: 'day' }), 0.012);
  assert.equal(tripped('colin_stress_loss', { scenario: 'covid-2020' }), 11_800);
  const normal = { method: 'normal', level: '0.95' };
  assert.equal(tripped('colin_value_at_risk', normal), 0.013 * 1.645 * 100_000);
  assert.equal(tripped('colin_value_at_risk', { ...normal, method: 'pre_trade_normal' }), 0);
  const resume = { state: 'active', reason: 'over' };
  await ask(setting, `/api/v2/trading-state/${scope}`, { method: 'PUT', body: resume });
  assert.ok(
    Number.isNaN((await read())('colin_trading_state', { scope })),
    'only what stands still',
  );
});

test('metrics: an equity that is unknown is NaN, not zero', async (t) => {
  const setting = await startSetting(t);
  const { buffer, plan } = setting.engine;
  createTelemetry(buffer, plan.counters, plan.histograms).set('equity', Number.NaN);
  const { body } = await ask(setting, '/api/v2/metrics');
  assert.match(body, /^colin_equity Nan$/im);
});

test('metrics: words that are no method of HTTP are counted together', async (t) => {
  const setting = await startSetting(t);
  for (const method of ['FOO', 'BAR', 'BAZ9']) {
    assert.ok((await ask(setting, '/nowhere', { method, role: null })).status >= 400);
  }
  const { samples } = parseExposition((await ask(setting, '/api/v2/metrics')).body);
  const counted = samples.filter(({ name }) => name === 'colin_http_requests_total');
  const others = counted.filter(({ labels }) => labels.method === 'other');
  assert.deepEqual(
    others.map(({ value }) => value),
    [3],
  );
  for (const { labels } of counted) assert.match(labels.method ?? '', /^(GET|other)$/);
});

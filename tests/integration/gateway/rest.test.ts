// Owns the proof that the REST paths do what they say, on real sockets over a fake engine.
// Promise: bodies are checked field by field; commands are checked where the engine reads them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, keyOf, type Setting, startSetting, waitFor } from './client.ts';

const ORDER = {
  symbol: 'BTC/USDT',
  side: 'buy',
  order_type: 'limit',
  quantity: 0.001,
  price: '60000.5',
  metadata: { desk: 'a' },
};

const post = (setting: Setting, body: unknown, headers: Record<string, string> = {}) =>
  ask(setting, '/api/v2/orders', { method: 'POST', body, headers });

test('health: it answers without a key and names mode and version', async (t) => {
  const setting = await startSetting(t, { mode: 'test' });
  const { status, body } = await ask(setting, '/api/v2/health', { role: null });
  assert.equal(status, 200);
  assert.equal(body.status, 'ok');
  assert.equal(body.mode, 'test');
  assert.equal(body.version, '0.1.0');
});

test('ready: an engine that has stopped is not ready, and the check says so', async (t) => {
  const setting = await startSetting(t);
  assert.equal((await ask(setting, '/api/v2/ready', { role: null })).status, 200);
  setting.engine.record({ kind: 'run_stopped', reason: 'test', stateHash: '' });
  await waitFor('not ready', async () => (await ask(setting, '/api/v2/ready')).status === 503);
  const { body } = await ask(setting, '/api/v2/ready', { role: null });
  assert.deepEqual(
    body.checks.map((check: { name: string; ok: boolean }) => [check.name, check.ok]),
    [
      ['engine', false],
      ['books', true],
      ['replica', true],
      ['pace', true],
    ],
  );
});

test('orders: an approved order answers 201 with its place and the whole decision', async (t) => {
  const setting = await startSetting(t);
  const { status, headers, body } = await post(setting, ORDER);
  assert.equal(status, 201);
  assert.equal(headers.get('location'), `/api/v2/orders/${body.id}`);
  assert.equal(body.quantity, '0.001');
  assert.equal(body.price, '60000.5');
  assert.equal(body.time_in_force, 'GTC');
  assert.equal(body.origin, 'api');
  assert.equal(body.decision.approved, true);
  assert.deepEqual(body.metadata, { desk: 'a' });
  const { command } = setting.engine.commands[0]!;
  assert.deepEqual(command, {
    kind: 'submit',
    symbol: 'BTC/USDT',
    side: 'buy',
    type: 'limit',
    qty: '0.001',
    price: '60000.5',
    timeInForce: 'GTC',
    postOnly: false,
    reduceOnly: false,
    account: null,
    key: 'admin',
    client: null,
    metadata: { desk: 'a' },
  });
  const again = await ask(setting, `/api/v2/orders/${body.id}`);
  assert.deepEqual(again.body, body);
});

test('orders: words in capitals mean the same, and a market order defaults to IOC', async (t) => {
  const setting = await startSetting(t);
  const order = { symbol: 'BTCUSDT', side: 'SELL', order_type: 'MARKET', quantity: '1e-1' };
  assert.equal((await post(setting, order)).status, 400); // an exponent in a text is refused
  const { status } = await post(setting, { ...order, quantity: 1e-7 });
  assert.equal(status, 201);
  const { command } = setting.engine.commands[0]!;
  assert.equal(command.kind === 'submit' && command.qty, '0.0000001');
  assert.equal(command.kind === 'submit' && command.timeInForce, 'IOC');
});

test('orders: one that breaches a limit is 422 with limit, asked and allowed', async (t) => {
  const setting = await startSetting(t);
  const { status, headers, body } = await post(setting, { ...ORDER, quantity: 10 });
  assert.equal(status, 422);
  assert.equal(headers.get('content-type'), 'application/problem+json');
  assert.equal(body.type, 'urn:colin:problem:order_refused');
  assert.deepEqual(body.breaches, [
    { limit: 'order_notional', scope: 'system', asked: 618_245, allowed: 100_000 },
  ]);
  const kept = await ask(setting, `/api/v2/orders/${body.order_id}`);
  assert.equal(kept.body.status, 'rejected');
  assert.equal(kept.body.reason, 'risk: order_notional');
});

test('orders: every field problem is named at once', async (t) => {
  const setting = await startSetting(t);
  const { status, body } = await post(setting, {
    symbol: '',
    side: 'hold',
    order_type: 'limit',
    quantity: 0,
    colour: 'red',
  });
  assert.equal(status, 400);
  const paths = body.errors.map((error: { path: string }) => error.path);
  assert.deepEqual(paths.sort(), ['', 'quantity', 'side', 'symbol', 'symbol'].sort());
  assert.equal(setting.engine.commands.length, 0);
});

test('orders: a limit order without a price and a market order with one are refused', async (t) => {
  const setting = await startSetting(t);
  const { price: _, ...unpriced } = ORDER;
  const first = await post(setting, unpriced);
  assert.deepEqual(first.body.errors, [{ path: 'price', message: 'a limit order needs a price' }]);
  const second = await post(setting, { ...ORDER, order_type: 'market' });
  assert.equal(second.body.errors[0].path, 'price');
});

test('orders: metadata is any JSON of 1 KiB, comes back whole, and outlives a hole', async (t) => {
  const setting = await startSetting(t);
  const bytes = (length: number) => ({ note: 'x'.repeat(length - '{"note":""}'.length) });
  const metadata = { tags: ['a', { deep: [1, null, true] }], weight: 0.5 };
  const { body } = await post(setting, { ...ORDER, metadata });
  assert.deepEqual(body.metadata, metadata);
  assert.equal((await post(setting, { ...ORDER, metadata: bytes(1024) })).status, 201);
  const long = await post(setting, { ...ORDER, metadata: bytes(1025) });
  assert.equal(long.status, 400);
  assert.equal(long.body.errors[0].path, 'metadata');
  setting.engine.say({ type: 'lost', records: 1 });
  const isHealed = () =>
    setting.engine.commands.some(({ command }) => command.kind === 'checkpoint');
  await waitFor('a checkpoint', isHealed);
  const again = await ask(setting, `/api/v2/orders/${body.id}`);
  assert.deepEqual(again.body.metadata, metadata);
});

test('orders: what the engine cannot translate comes back as field problems', async (t) => {
  const setting = await startSetting(t);
  const { status, body } = await post(setting, { ...ORDER, symbol: 'NOPE/USDT' });
  assert.equal(status, 400);
  assert.deepEqual(body.errors, [{ path: 'symbol', message: "'NOPE/USDT' is not traded here" }]);
});

test('orders: a body that is not JSON is 400 and not an order', async (t) => {
  const setting = await startSetting(t);
  const { status, body } = await post(setting, '{"symbol": ');
  assert.equal(status, 400);
  assert.equal(body.type, 'urn:colin:problem:bad_request');
});

test('orders: an engine that does not answer is 504, and says what that means', async (t) => {
  const setting = await startSetting(t, { commandTimeoutMs: 30 });
  setting.engine.isAnswering = false;
  const { status, body } = await post(setting, ORDER);
  assert.equal(status, 504);
  assert.match(body.detail, /may still be carried out/);
});

test('orders: with too many commands waiting the next is 503 and is not sent', async (t) => {
  const setting = await startSetting(t, { commandTimeoutMs: 400, commandsPendingMax: 1 });
  setting.engine.isAnswering = false;
  const first = post(setting, ORDER);
  await waitFor('the first to arrive', () => setting.engine.commands.length === 1);
  const second = await post(setting, ORDER);
  assert.equal(second.status, 503);
  assert.equal(second.headers.get('retry-after'), '1');
  assert.equal((await first).status, 504);
  assert.equal(setting.engine.commands.length, 1);
});

test('orders: pages hold every order once, newest first', async (t) => {
  const setting = await startSetting(t);
  for (let k = 0; k < 25; k += 1) {
    const state = k % 5 === 0 ? ('filled' as const) : ('open' as const);
    setting.engine.record({ kind: 'order', order: setting.engine.makeOrder({ state }) });
  }
  const seen: string[] = [];
  let cursor = '';
  await waitFor('25 orders', async () => {
    return (await ask(setting, '/api/v2/orders?limit=500')).body.orders.length === 25;
  });
  do {
    const suffix = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await ask(setting, `/api/v2/orders?limit=10${suffix}`);
    seen.push(...body.orders.map((order: { id: string }) => order.id));
    cursor = body.next_cursor ?? '';
  } while (cursor !== '');
  assert.equal(new Set(seen).size, 25);
  assert.deepEqual(seen, [...seen].sort().reverse());
  const filled = await ask(setting, '/api/v2/orders?state=filled');
  assert.equal(filled.body.orders.length, 5);
  const open = await ask(setting, '/api/v2/orders?state=open&symbol=btc-usdt');
  assert.equal(open.body.orders.length, 20);
});

test('orders: a cursor or filter that is not ours is 400', async (t) => {
  const setting = await startSetting(t);
  assert.equal((await ask(setting, '/api/v2/orders?cursor=abc')).status, 400);
  assert.equal((await ask(setting, '/api/v2/orders?limit=0')).status, 400);
  assert.equal((await ask(setting, '/api/v2/orders?limit=501')).status, 400);
  assert.equal((await ask(setting, '/api/v2/orders?state=odd')).status, 400);
  assert.equal((await ask(setting, '/api/v2/orders?page=2')).status, 400);
});

test('orders: cancelling asks the engine; an ended order is 409, an unknown one 404', async (t) => {
  const setting = await startSetting(t);
  const { body } = await post(setting, ORDER);
  const done = await ask(setting, `/api/v2/orders/${body.id}`, { method: 'DELETE' });
  assert.equal(done.status, 202);
  const refused = await post(setting, { ...ORDER, quantity: 10 });
  const ended = await ask(setting, `/api/v2/orders/${refused.body.order_id}`, { method: 'DELETE' });
  assert.deepEqual([ended.status, ended.body.type], [409, 'urn:colin:problem:order_ended']);
  assert.match(ended.body.detail, /is rejected/);
  const missing = await ask(setting, '/api/v2/orders/nothing', { method: 'DELETE' });
  assert.equal(missing.status, 404);
  assert.equal((await ask(setting, '/api/v2/orders/nothing')).status, 404);
});

test('signals: generate returns fresh ones and tells of a horizon no model has', async (t) => {
  const setting = await startSetting(t);
  const body = { symbols: ['BTC/USDT', 'ETH/USDT'], time_horizon_hours: 24 };
  const reply = await ask(setting, '/api/v2/signals/generate', { method: 'POST', body });
  assert.equal(reply.status, 200);
  assert.equal(reply.body.requested, 2);
  assert.deepEqual(reply.body.signals.map((signal: { symbol: string }) => signal.symbol).sort(), [
    'BTCUSDT',
    'ETHUSDT',
  ]);
  assert.deepEqual(reply.body.notes, ['model logistic-3 forecasts 1 s ahead, not 24 h']);
  const none = { ...body, confidence_threshold: 1 };
  const filtered = await ask(setting, '/api/v2/signals/generate', { method: 'POST', body: none });
  assert.deepEqual(filtered.body.signals, []);
  assert.equal(filtered.body.received, 2);
});

test('models: the version that trades says how many signals came of it', async (t) => {
  const setting = await startSetting(t);
  for (let step = 0; step < 100; step += 1) setting.engine.step();
  const list = async () => (await ask(setting, '/api/v2/models')).body.models ?? [];
  await waitFor('signals', async () => (await list())[0]?.signals > 5);
  const models = await list();
  assert.equal(models.length, 1);
  assert.deepEqual([models[0].version, models[0].active], ['logistic-3', true]);
  assert.ok(models[0].since < models[0].last_used);
});

test('signals: the list filters by symbol, action and confidence', async (t) => {
  const setting = await startSetting(t);
  for (let k = 0; k < 200; k += 1) setting.engine.step();
  await waitFor('signals', async () => {
    return (await ask(setting, '/api/v2/signals')).body.signals.length > 50;
  });
  const { body } = await ask(setting, '/api/v2/signals?symbol=ETH/USDT&min_confidence=0.2');
  assert.ok(body.signals.length > 0);
  for (const signal of body.signals) {
    assert.equal(signal.symbol, 'ETHUSDT');
    assert.ok(signal.confidence >= 0.2);
  }
  const held = await ask(setting, '/api/v2/signals?action=hold&limit=5');
  assert.equal(held.body.signals.length, 5);
  assert.ok(held.body.next_cursor !== null);
});

test('portfolio: positions and fills are those the engine told of', async (t) => {
  const setting = await startSetting(t);
  for (let k = 0; k < 60; k += 1) setting.engine.step();
  await waitFor('positions', async () => {
    return (await ask(setting, '/api/v2/portfolio')).body.positions.length > 0;
  });
  const { body } = await ask(setting, '/api/v2/portfolio');
  assert.match(body.equity, /^\d+\.\d\d$/);
  assert.equal(body.pnl, (Number(body.equity) - 1_000_000).toFixed(2));
  const positions = await ask(setting, '/api/v2/positions');
  assert.deepEqual(positions.body.positions, body.positions);
  const fills = await ask(setting, '/api/v2/fills?limit=1');
  const [fill] = fills.body.fills;
  const order = await ask(setting, `/api/v2/orders/${fill.order_id}`);
  assert.equal(order.body.status, 'filled');
  const markets = await ask(setting, '/api/v2/markets');
  assert.equal(markets.body.markets.length, 8);
});

test('openapi: every route is described, with the schema that checks it', async (t) => {
  const setting = await startSetting(t);
  const { body } = await ask(setting, '/api/v2/openapi.json', { role: null });
  assert.equal(body.openapi, '3.1.0');
  const post = body.paths['/api/v2/orders'].post;
  const { schema } = post.requestBody.content['application/json'];
  assert.deepEqual(schema.required, ['symbol', 'side', 'order_type', 'quantity']);
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(body.paths['/api/v2/health'].get.security, []);
  assert.equal(body.paths['/api/v2/orders/{id}'].delete.parameters[0].name, 'id');
});

test('keys: X-API-Key works as well as a bearer', async (t) => {
  const setting = await startSetting(t);
  const headers = { 'x-api-key': keyOf('viewer') };
  const reply = await ask(setting, '/api/v2/portfolio', { role: null, headers });
  assert.equal(reply.status, 200);
});

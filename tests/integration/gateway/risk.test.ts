// Owns the proof that risk over REST says what the engine said, and that limits take two people.
// Promise: real sockets over a fake engine; commands are compared where the engine reads them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, type Setting, startSetting, waitFor } from './client.ts';

const LIMITS = '/api/v2/risk/limits';
const BTC = 'instrument:BTCUSDT.binance-usdm';

const CHANGE = {
  changes: [{ scope: 'system', limit: 'gross', hard: 1_000_000, soft: 900_000 }],
  reason: 'less of everything',
};

const propose = (setting: Setting, body: unknown = CHANGE, ifMatch = '"v1"') =>
  ask(setting, LIMITS, {
    ...{ method: 'PATCH', role: 'risk', body },
    headers: ifMatch === '' ? {} : { 'if-match': ifMatch },
  });

test('risk: the view has states, breakers, drawdown marks and the fullest limits', async (t) => {
  const setting = await startSetting(t);
  setting.engine.trip();
  await waitFor('the breaker', async () => {
    return (await ask(setting, '/api/v2/risk')).body.states?.length === 1;
  });
  const { status, body } = await ask(setting, '/api/v2/risk', { role: 'viewer' });
  assert.equal(status, 200);
  assert.equal(body.equity, '1000000.00');
  assert.equal(body.limits_version, 1);
  assert.deepEqual(body.states, [
    { scope: BTC, state: 'reducing', reasons: ['operator breaker: volatility'] },
  ]);
  const [breaker] = body.breakers;
  assert.deepEqual(
    [breaker.scope, breaker.breaker, breaker.state, breaker.trips],
    [BTC, 'volatility', 'open', 1],
  );
  assert.match(breaker.retry_at, /^\d{4}-.*Z$/);
  assert.equal(body.breakers[2].changed_at, null);
  const [system, strategy] = body.drawdowns;
  assert.deepEqual([system.warning, system.hard], [0.03, 0.05]);
  assert.deepEqual([strategy.warning, strategy.hard], [0.02, 0.03]);
  const [fullest] = body.top_uses;
  assert.equal(fullest.utilization, fullest.used / fullest.hard);
});

test('risk: the history of breakers holds what the journal said, newest first', async (t) => {
  const setting = await startSetting(t);
  setting.engine.trip();
  await waitFor('the reduction', async () => {
    return (await ask(setting, '/api/v2/risk/breakers')).body.history?.length === 4;
  });
  const { body } = await ask(setting, '/api/v2/risk/breakers');
  const kinds = body.history.map((event: { kind: string }) => event.kind);
  assert.deepEqual(kinds, ['reduction', 'drawdown', 'trading_state', 'breaker']);
  const { from, to, measured, threshold, reason } = body.history[3];
  assert.deepEqual(
    [from, to, measured, threshold, reason],
    ['closed', 'open', 0.024, 0.02, 'moved 2.4 % within 60 s'],
  );
});

test('risk: before the first report var, stress and covariance are 503 and say when', async (t) => {
  const setting = await startSetting(t);
  for (const part of ['var', 'stress', 'covariance']) {
    const { status, headers, body } = await ask(setting, `/api/v2/risk/${part}`);
    assert.equal(status, 503);
    assert.equal(headers.get('retry-after'), '5');
    assert.equal(body.type, 'urn:colin:problem:not_ready');
  }
  setting.engine.analyse();
  await waitFor('the report', async () => {
    return (await ask(setting, '/api/v2/risk/var')).status === 200;
  });
  const { body } = await ask(setting, '/api/v2/risk/var');
  assert.equal(body.report.levels['0.95'].normal_zero_mean.var, 0.013 * 1.645 * 100_000);
  assert.equal(body.source, 'synthetic: 1000 draws of a t(4)');
  const stress = await ask(setting, '/api/v2/risk/stress');
  assert.equal(stress.body.report.scenarios[0].scenario, 'tariffs-2025');
  assert.deepEqual(stress.body.reverse_stress, { market: -0.21 });
  const covariance = await ask(setting, '/api/v2/risk/covariance');
  assert.equal(covariance.body.report.symbols.length, 8);
});

test('limits: the tree has its version as ETag, and If-None-Match spares the body', async (t) => {
  const setting = await startSetting(t);
  const { status, headers, body } = await ask(setting, LIMITS, { role: 'viewer' });
  assert.equal(status, 200);
  assert.equal(headers.get('etag'), '"v1"');
  assert.equal(body.version, 1);
  assert.deepEqual(body.scopes.system.leverage, { used: 0, soft: 3 * 0.8, hard: 3, unit: 'ratio' });
  const same = await ask(setting, LIMITS, { headers: { 'if-none-match': '"v0", "v1"' } });
  assert.deepEqual([same.status, same.body, same.headers.get('etag')], [304, '', '"v1"']);
  const other = await ask(setting, LIMITS, { headers: { 'if-none-match': '"v2"' } });
  assert.equal(other.status, 200);
});

test('limits: what the engine did not tell as used is null and not zero', async (t) => {
  const setting = await startSetting(t);
  const view = { ...(await ask(setting, '/api/v2/risk')).body };
  assert.ok(view.top_uses.length > 0);
  setting.engine.record({
    kind: 'limits_configured',
    tree: { version: 4, scopes: { 'venue:x': { net: { hard: 5, soft: 4 } } } },
  });
  await waitFor('version 4', async () => (await ask(setting, LIMITS)).body.version === 4);
  const { body } = await ask(setting, LIMITS);
  assert.deepEqual(body.scopes, {
    'venue:x': { net: { used: null, soft: 4, hard: 5, unit: 'usd' } },
  });
});

test('limits: a change waits for somebody else, and then is in force', async (t) => {
  const setting = await startSetting(t);
  const proposed = await propose(setting);
  assert.equal(proposed.status, 202);
  assert.equal(proposed.headers.get('location'), `${LIMITS}/proposals/1`);
  assert.equal(proposed.body.state, 'pending');
  assert.deepEqual(setting.engine.commands.at(-1)?.command, {
    ...{ kind: 'propose_limits', version: 1, reason: 'less of everything', by: 'risk' },
    changes: CHANGE.changes,
  });
  assert.equal((await ask(setting, LIMITS)).body.version, 1, 'nothing has changed yet');
  const pending = await ask(setting, `${LIMITS}/proposals?state=pending`);
  assert.equal(pending.body.proposals.length, 1);
  assert.deepEqual(pending.body.proposals[0].changes[0].from, { hard: 2_000_000, soft: 1_600_000 });

  const path = `${LIMITS}/proposals/1/approve`;
  const own = await ask(setting, path, { method: 'POST', role: 'risk' });
  assert.equal(own.status, 403);
  assert.match(own.body.detail, /^risk proposed this change; someone else/);
  assert.equal(setting.engine.commands.at(-1)?.command.kind, 'propose_limits', 'not asked');

  const body = { reason: 'agreed' };
  const approved = await ask(setting, path, { method: 'POST', role: 'admin', body });
  assert.equal(approved.status, 200);
  assert.deepEqual(
    [approved.body.state, approved.body.proposed_by, approved.body.decided_by],
    ['approved', 'risk', 'admin'],
  );
  assert.equal(approved.headers.get('etag'), '"v2"');
  const after = await ask(setting, LIMITS);
  assert.equal(after.headers.get('etag'), '"v2"');
  assert.equal(after.body.scopes.system.gross.hard, 1_000_000);
  const again = await ask(setting, path, { method: 'POST', role: 'admin' });
  assert.equal(again.status, 404);
});

test('limits: a rejected change changes nothing and stays on record', async (t) => {
  const setting = await startSetting(t);
  await propose(setting);
  const path = `${LIMITS}/proposals/1/reject`;
  const { status, body } = await ask(setting, path, { method: 'POST', body: { reason: 'no' } });
  assert.equal(status, 200);
  assert.deepEqual(
    [body.state, body.reason, body.decision_reason],
    ['rejected', 'less of everything', 'no'],
  );
  assert.equal((await ask(setting, LIMITS)).body.version, 1);
  assert.equal((await ask(setting, `${LIMITS}/proposals/1`)).body.state, 'rejected');
});

test('limits: a change needs If-Match, and a stale one is 412 with the version now', async (t) => {
  const setting = await startSetting(t);
  assert.equal((await propose(setting, CHANGE, '')).status, 428);
  assert.equal((await propose(setting, CHANGE, '*')).status, 400);
  assert.equal((await propose(setting, CHANGE, 'W/"v1"')).status, 400);
  assert.equal(setting.engine.commands.length, 0);
  const stale = await propose(setting, CHANGE, '"v9"');
  assert.equal(stale.status, 412);
  assert.equal(stale.headers.get('etag'), '"v1"');
});

test('limits: soft follows from hard when it is left out', async (t) => {
  const setting = await startSetting(t, { softFraction: 0.5 });
  const changes = [{ scope: 'system', limit: 'leverage', hard: 2 }];
  assert.equal((await propose(setting, { changes, reason: 'r' })).status, 202);
  const command = setting.engine.commands.at(-1)?.command;
  assert.deepEqual(command?.kind === 'propose_limits' && command.changes, [
    { scope: 'system', limit: 'leverage', hard: 2, soft: 1 },
  ]);
});

test('limits: every contradiction in a change is named where it stands', async (t) => {
  const setting = await startSetting(t);
  const changes = [
    { scope: 'mars', limit: 'gross', hard: 1 },
    { scope: BTC, limit: 'gross', hard: 1 },
    { scope: 'system', limit: 'gross', hard: 1, soft: 2 },
    { scope: 'system', limit: 'gross', hard: 0 },
    { scope: 'system', limit: 'speed', hard: 1 },
  ];
  const { status, body } = await propose(setting, { changes, reason: 'r' });
  assert.equal(status, 400);
  assert.deepEqual(
    body.errors.map((error: { path: string }) => error.path),
    ['changes.0.scope', 'changes.1.limit', 'changes.2.soft', 'changes.3.hard', 'changes.4.limit'],
  );
  assert.equal(setting.engine.commands.length, 0);
  const other = [{ scope: 'portfolio:p', limit: 'gross', hard: 1 }];
  const refused = await propose(setting, { changes: other, reason: 'r' });
  assert.equal(refused.status, 422);
  assert.equal(refused.body.errors[0].path, 'changes.0.scope');
});

test('limits: a trader may look and not touch', async (t) => {
  const setting = await startSetting(t);
  assert.equal((await ask(setting, LIMITS, { role: 'trader' })).status, 200);
  const headers = { 'if-match': '"v1"' };
  const change = { method: 'PATCH', role: 'trader', body: CHANGE, headers } as const;
  assert.equal((await ask(setting, LIMITS, change)).status, 403);
  await propose(setting);
  const approve = { method: 'POST', role: 'trader' } as const;
  assert.equal((await ask(setting, `${LIMITS}/proposals/1/approve`, approve)).status, 403);
});

test('preview: it tells what would happen, and no order is there afterwards', async (t) => {
  const setting = await startSetting(t);
  const order = { symbol: 'BTC/USDT', side: 'buy', order_type: 'market', quantity: 10 };
  const path = '/api/v2/orders/preview';
  const { status, body } = await ask(setting, path, {
    method: 'POST',
    role: 'viewer',
    body: order,
  });
  assert.equal(status, 200);
  assert.deepEqual([body.approved, body.by], [false, 'risk']);
  assert.deepEqual(body.breaches, [
    { scope: 'system', limit: 'order_notional', asked: 618_245, allowed: 100_000 },
  ]);
  assert.equal(body.warnings[0].limit, 'gross');
  assert.deepEqual([body.before.exposure, body.after.exposure], [250_000, 868_245]);
  const sent = setting.engine.commands.map(({ command }) => command.kind);
  assert.deepEqual(sent, ['preview']);
  assert.deepEqual((await ask(setting, '/api/v2/orders')).body.orders, []);
  const unknown = { method: 'POST', body: { ...order, symbol: 'NOPE' } };
  assert.equal((await ask(setting, path, unknown)).status, 400);
});

test('orders: a decision names scope and warnings', async (t) => {
  const setting = await startSetting(t);
  const order = { symbol: 'BTCUSDT', side: 'buy', order_type: 'market', quantity: 1.5 };
  const { body } = await ask(setting, '/api/v2/orders', { method: 'POST', body: order });
  assert.deepEqual(body.decision.warnings, [
    { limit: 'order_notional', scope: 'system', asked: 92_736.75, allowed: 80_000 },
  ]);
});

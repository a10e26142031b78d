// Owns the proof that trading is stopped and loosened by whom it may be, scope by scope.
// Promise: a kill is confirmed or it is an error with all that is known; nothing in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '../../../gateway/options.ts';
import { ask, type Setting, startSetting, waitFor } from './client.ts';

const put = (setting: Setting, scope: string, body: unknown, role: Role = 'trader') =>
  ask(setting, `/api/v2/trading-state/${scope}`, { method: 'PUT', role, body });

const HALT = { state: 'halted', reason: 'drill' };
const RESUME = { state: 'active', reason: 'all is well' };

test('trading state: halting the system is the kill, with who, why and all timings', async (t) => {
  const setting = await startSetting(t);
  const { status, body } = await put(setting, 'system', HALT);
  assert.equal(status, 200);
  assert.deepEqual(setting.engine.commands.at(-1)?.command, {
    kind: 'kill',
    options: { flatten: false, drill: false, reason: 'drill', by: 'trader' },
  });
  assert.deepEqual([body.scope, body.state, body.by], ['system', 'halted', 'trader']);
  assert.equal(body.kill.is_confirmed, true);
  assert.equal(body.kill.confirmed_us, 9_300);
  assert.deepEqual(body.kill.orders[0], {
    ...{ order_id: 'c0001x00000001', cancel_us: 30, ended_us: 2_500, state: 'cancelled' },
  });
  const now = await ask(setting, '/api/v2/trading-state/system');
  assert.equal(now.body.state, 'halted');
  const kills = await ask(setting, '/api/v2/risk/kills');
  assert.deepEqual(kills.body.kills, [body.kill]);
});

test('trading state: a drill with flatten says both and leaves trading as it was', async (t) => {
  const setting = await startSetting(t);
  const { status, body } = await put(setting, 'system', { ...HALT, flatten: true, drill: true });
  assert.equal(status, 200);
  assert.deepEqual([body.state, body.kill.drill, body.kill.flat_us], ['active', true, 8_200]);
  assert.equal((await ask(setting, '/api/v2/trading-state/system')).body.state, 'active');
});

test('trading state: a kill that is not confirmed is 504 and says what is missing', async (t) => {
  const setting = await startSetting(t);
  setting.engine.risk.isKillConfirmed = false;
  const { status, body } = await put(setting, 'system', HALT);
  assert.equal(status, 504);
  assert.equal(body.type, 'urn:colin:problem:kill_unconfirmed');
  assert.match(body.detail, /cancel them there/);
  assert.deepEqual(body.kill.open_at_venues, { 'binance-usdm': 3 });
});

test('trading state: a silent engine is 504 with what the replica knows', async (t) => {
  const setting = await startSetting(t, { killTimeoutMs: 30 });
  setting.engine.record({ kind: 'order', order: setting.engine.makeOrder({}) });
  await waitFor('the order', async () => {
    return (await ask(setting, '/api/v2/orders')).body.orders.length === 1;
  });
  setting.engine.isAnswering = false;
  const { status, body } = await put(setting, 'system', HALT);
  assert.equal(status, 504);
  assert.deepEqual(body.known, { trading_state: 'active', open_orders: 1, positions: 0 });
});

test('trading state: a trader stops a strategy; only risk or admin lets it go on', async (t) => {
  const setting = await startSetting(t);
  const scope = 'strategy:signal-follower';
  const stopped = await put(setting, scope, HALT);
  assert.equal(stopped.status, 200);
  assert.equal(stopped.body.now.state, 'halted');
  assert.deepEqual(setting.engine.commands.at(-1)?.command, {
    ...{ kind: 'trading_state', scope, state: 'halted', reason: 'drill', by: 'trader' },
  });
  const listed = await ask(setting, '/api/v2/trading-state', { role: 'viewer' });
  assert.equal(listed.body.state, 'active', 'the system itself goes on');
  assert.deepEqual(listed.body.scopes, [
    { scope, state: 'halted', reasons: ['operator trader: drill'] },
  ]);
  assert.equal((await put(setting, scope, RESUME)).status, 403);
  assert.equal((await put(setting, scope, { state: 'reducing', reason: 'r' })).status, 403);
  assert.equal((await put(setting, scope, RESUME, 'risk')).status, 200);
  assert.deepEqual((await ask(setting, '/api/v2/trading-state')).body.scopes, []);
});

test('trading state: active is loosening even where nothing seems stopped', async (t) => {
  const setting = await startSetting(t);
  assert.equal((await put(setting, 'system', RESUME)).status, 403);
  assert.equal((await put(setting, 'system', RESUME, 'viewer')).status, 403);
  assert.equal((await put(setting, 'system', RESUME, 'admin')).status, 200);
});

test('trading state: scopes may be escaped; what is no scope is 404', async (t) => {
  const setting = await startSetting(t);
  const scope = 'instrument:BTCUSDT.binance-usdm';
  const stopped = await put(setting, encodeURIComponent(scope), HALT);
  assert.equal(stopped.body.scope, scope);
  const looked = await ask(setting, `/api/v2/trading-state/${scope}`);
  assert.equal(looked.body.state, 'halted');
  for (const odd of ['mars', 'strategy:', 'planet:mars', '%E0%A4%A']) {
    assert.equal((await put(setting, odd, HALT)).status, 404, odd);
    assert.equal((await ask(setting, `/api/v2/trading-state/${odd}`)).status, 404, odd);
  }
  assert.equal((await put(setting, 'strategy:nobody', HALT)).status, 404);
});

test('trading state: a scope that the run does not have is 404, whatever its name', async (t) => {
  const setting = await startSetting(t);
  await waitFor('the portfolio', async () => {
    return (await ask(setting, '/api/v2/portfolio')).status === 200;
  });
  const look = async (scope: string): Promise<number> =>
    (await ask(setting, `/api/v2/trading-state/${scope}`)).status;
  for (const kind of ['portfolio', 'strategy', 'venue', 'instrument']) {
    for (const name of ['nobody', '__proto__', 'constructor']) {
      assert.equal(await look(`${kind}:${name}`), 404, `${kind}:${name}`);
    }
  }
  const known = ['system', 'strategy:manual', 'instrument:BTCUSDT.binance-usdm'];
  for (const scope of [...known, 'portfolio:main', 'venue:binance-usdm']) {
    assert.equal(await look(scope), 200, scope);
  }
});

test('trading state: flatten and drill belong to the kill switch alone', async (t) => {
  const setting = await startSetting(t);
  const { status, body } = await put(setting, 'venue:binance-usdm', { ...HALT, flatten: true });
  assert.equal(status, 400);
  assert.equal(body.errors[0].path, 'flatten');
  const reducing = { state: 'reducing', reason: 'r', drill: true };
  assert.equal((await put(setting, 'system', reducing)).status, 400);
  assert.equal(setting.engine.commands.length, 0);
});

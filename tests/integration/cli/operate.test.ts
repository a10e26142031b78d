// Owns the proof that a running system is operated from the command line, exit codes and all.
// Promise: real processes against a real gateway over a fake engine; keys come as people give them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Ran, runColin, temporaryFolder } from '../../colin-process.ts';
import { type Setting, startSetting, waitFor } from '../gateway/client.ts';

type Colin = (...args: string[]) => Promise<Ran>;

/** The command line beside a gateway, with the key of a role in the file that `run` leaves. */
async function beside(t: TestContext, key = 'admin-key'): Promise<[Setting, Colin]> {
  const setting = await startSetting(t, { killTimeoutMs: 1000 });
  const state = temporaryFolder(t);
  writeFileSync(join(state, 'local-api-key'), `${key}\n`);
  const colin: Colin = (...args) => runColin(t, ...args, '--url', setting.url, '--state', state);
  return [setting, colin];
}

test('kill: it exits 0 once confirmed and prints the time of every order', async (t) => {
  const [setting, colin] = await beside(t);
  const ran = await colin('kill', '--flatten', '--drill', '--reason', 'exercise');
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(setting.engine.commands.at(-1)?.command, {
    kind: 'kill',
    options: { flatten: true, drill: true, reason: 'exercise', by: 'admin' },
  });
  assert.match(ran.out, /^drill .*by admin: exercise$/m);
  assert.match(ran.out, /^venues agree +9\.300 ms$/m);
  assert.match(ran.out, /^flat +8\.200 ms$/m);
  assert.match(ran.out, /^c0001x00000003 +0\.052 ms +4\.100 ms +cancelled$/m);
  assert.match(ran.out, /^confirmed +yes$/m);
});

test('kill: --json is the report itself', async (t) => {
  const [, colin] = await beside(t);
  const ran = await colin('kill', '--json');
  assert.equal(ran.code, 0, ran.err);
  const report = JSON.parse(ran.out);
  assert.deepEqual(
    [report.is_confirmed, report.confirmed_us, report.orders.length],
    [true, 9300, 3],
  );
});

test('kill: without confirmation it exits 4 and says what is left to do', async (t) => {
  const [setting, colin] = await beside(t);
  setting.engine.risk.isKillConfirmed = false;
  const ran = await colin('kill');
  assert.equal(ran.code, 4);
  assert.match(ran.out, /^confirmed +NO$/m);
  assert.match(ran.out, /^open at venues +binance-usdm 3$/m);
  assert.match(ran.err, /NOT CONFIRMED: binance-usdm still has 3 open orders/);
  setting.engine.isAnswering = false;
  const silent = await colin('kill', '--json');
  assert.deepEqual([silent.code, silent.out], [4, '']);
  assert.match(silent.err, /did not confirm within 1000 ms/);
  assert.match(silent.err, /NOT CONFIRMED: 0 orders were open as last heard/);
});

test('resume: a scope goes on, and one that something else holds is told', async (t) => {
  const [setting, colin] = await beside(t);
  await colin('kill');
  const ran = await colin('resume', '--reason', 'fixed');
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(setting.engine.commands.at(-1)?.command, {
    ...{ kind: 'trading_state', scope: 'system', state: 'active', reason: 'fixed', by: 'admin' },
  });
  const unknown = await colin('resume', '--scope', 'strategy:nobody');
  assert.equal(unknown.code, 2);
  setting.engine.risk.isBreakerOpen = true;
  const held = await colin('resume', '--scope', 'venue:binance-usdm');
  assert.equal(held.code, 4);
  assert.match(held.err, /venue:binance-usdm is still reducing: breaker latency/);
});

test('status: it says what the system says, and exits 4 when it is not ready', async (t) => {
  const [setting, colin] = await beside(t, 'viewer-key');
  setting.engine.trip();
  const ran = await colin('status');
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^ready {4}yes/m);
  assert.match(ran.out, /^equity {3}1,000,000 USD/m);
  assert.match(ran.out, /^instrument:BTCUSDT\.binance-usdm +reducing/m);
  setting.engine.record({ kind: 'run_stopped', reason: 'test', stateHash: '' });
  await waitFor('not ready', async () => {
    return (await fetch(`${setting.url}/api/v2/ready`)).status === 503;
  });
  const stopped = await colin('status', '--json');
  assert.equal(stopped.code, 4);
  const document = JSON.parse(stopped.out);
  assert.equal(document.is_ready, false);
  assert.equal(document.ready.checks[0].detail, 'stopped');
  assert.equal(document.risk.limits_version, 1);
});

test('risk check: 0 for an order that would pass and 4 for one that would not', async (t) => {
  const [setting, colin] = await beside(t, 'viewer-key');
  const passed = await colin('risk', 'check', 'BTC/USDT:USDT', 'buy', '0.5', '--price', '60000');
  assert.equal(passed.code, 0, passed.err);
  assert.match(passed.out, /^APPROVED, notional 30,912$/m);
  assert.match(passed.out, /No limit is in the way/);
  const refused = await colin('risk', 'check', 'BTCUSDT', 'sell', '10');
  assert.equal(refused.code, 4);
  assert.match(refused.out, /^REFUSED by risk/m);
  assert.match(refused.out, /^order_notional +breach +system +618,245 +100,000$/m);
  assert.match(refused.out, /^gross exposure +250,000 +868,245$/m);
  const wrong = await colin('risk', 'check', 'NOPE', 'buy', '1');
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /symbol: 'NOPE' is not traded here/);
  const kinds = setting.engine.commands.map(({ command }) => command.kind);
  assert.ok(kinds.every((kind) => kind === 'preview'));
});

test('risk: without files var, stress and covariance are of the running book', async (t) => {
  const [setting, colin] = await beside(t, 'viewer-key');
  const early = await colin('risk', 'var');
  assert.equal(early.code, 5);
  assert.match(early.err, /There is no risk report yet. Try again in 5 s/);
  setting.engine.analyse();
  await waitFor('the report', async () => {
    const headers = { authorization: 'Bearer viewer-key' };
    return (await fetch(`${setting.url}/api/v2/risk/var`, { headers })).status === 200;
  });
  const shown = await colin('risk', 'var');
  assert.match(shown.out, /^97\.5 % cornish_fisher +3,007 /m);
  assert.match(shown.out, /^99\.0 % student_t .* - +-$/m);
  const told = JSON.parse((await colin('risk', 'var', '--json')).out);
  assert.equal(told.levels['0.99'].normal_zero_mean.var, 0.013 * 2.326 * 100_000);
  assert.equal(told.conditions.equity, 1_000_000);
  const stress = await colin('risk', 'stress');
  assert.match(stress.out, /^tariffs-2025 +13,900 +1\.39 % +BTCUSDT +8,340$/m);
  const covariance = await colin('risk', 'covariance');
  assert.match(covariance.out, /^correlation +BTC +BNB/m);
  assert.match(covariance.out, /alarm calm, mean change 0\.03/);
});

test('api: no key, a wrong key and a key of too little right are told apart', async (t) => {
  const [setting, colin] = await beside(t, 'trader-key');
  const refused = await colin('resume');
  assert.equal(refused.code, 3);
  assert.match(refused.err, /local-api-key: A trader may halt trading but not resume it/);
  const empty = temporaryFolder(t);
  const none = await runColin(t, 'status', '--url', setting.url, '--state', empty);
  assert.equal(none.code, 3);
  assert.match(none.err, /no API key: set COLIN_API_KEY, or give --state/);
  process.env.COLIN_API_KEY = 'colin_wrong';
  t.after(() => delete process.env.COLIN_API_KEY);
  const wrong = await colin('kill');
  assert.equal(wrong.code, 3);
  assert.match(wrong.err, /does not know the key of COLIN_API_KEY/);
  assert.doesNotMatch(wrong.err, /colin_wrong/);
  assert.equal(setting.engine.commands.length, 0);
});

test('api: nobody there and somebody else there are 5 and say the address', async (t) => {
  const other = createServer((_, reply) => reply.end('<h1>hello</h1>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const state = temporaryFolder(t);
  writeFileSync(join(state, 'local-api-key'), 'k\n');
  const at = ['--state', state, '--set', `main.apiPort=${port}`];
  const foreign = await runColin(t, 'status', ...at);
  assert.equal(foreign.code, 5);
  assert.match(foreign.err, new RegExp(`what answers on http://127.0.0.1:${port} is not Colin`));
  await new Promise((resolve) => other.close(resolve));
  const nobody = await runColin(t, 'kill', ...at);
  assert.equal(nobody.code, 5);
  assert.match(nobody.err, new RegExp(`nothing listens on http://127.0.0.1:${port}: start it`));
  const odd = await runColin(t, 'kill', '--url', 'localhost', '--state', state);
  assert.equal(odd.code, 2);
  assert.equal((await runColin(t, 'kill', 'now', ...at)).code, 2);
});

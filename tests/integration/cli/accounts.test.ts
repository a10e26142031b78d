// Owns the proof that money is looked at and moved from the command line, with clear refusals.
// Promise: real processes against a real gateway; what is printed is what the ledger has.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Ran, runColin, temporaryFolder } from '../../colin-process.ts';
import { type Setting, startSetting } from '../gateway/client.ts';

type Colin = (...args: string[]) => Promise<Ran>;

async function beside(t: TestContext): Promise<[Setting, Colin]> {
  const setting = await startSetting(t);
  const state = temporaryFolder(t);
  writeFileSync(join(state, 'local-api-key'), 'admin-key\n');
  return [
    setting,
    (...args) => runColin(t, 'accounts', ...args, '--url', setting.url, '--state', state),
  ];
}

test('accounts: every balance and what each strategy earned; --venue is one place', async (t) => {
  const [, colin] = await beside(t);
  const all = await colin();
  assert.equal(all.code, 0, all.err);
  assert.match(all.out, /^main +binance-spot +USDT +400000$/m);
  assert.match(all.out, /^main +binance-usdm +USDT +600000$/m);
  assert.match(all.err, /put in, at the marks of its day: 1000000\.00 USD/);
  assert.match(
    all.out,
    /^signal-follower +running +0\.00 +0 +configuration: starts with the engine$/m,
  );
  assert.match(all.out, /^manual +by hand +0\.00 +0/m);
  const one = await colin('--venue', 'binance-spot');
  assert.equal(/usdm/.test(one.out), false);
  const document = JSON.parse((await colin('--json')).out);
  assert.equal(document.balances.length, 2);
  assert.equal(document.strategies[0].name, 'signal-follower');
});

test('accounts: a deposit exits 0 once it is booked, a transfer moves it on', async (t) => {
  const [setting, colin] = await beside(t);
  const put = await colin('deposit', '5', 'btc', '--venue', 'binance-spot');
  assert.equal(put.code, 0, put.err);
  assert.match(put.err, /deposit 5 BTC: booked as m3/);
  const transfer = ['transfer', '100000', 'USDT', '--venue', 'binance-spot'];
  const moved = await colin(...transfer, '--to-venue', 'binance-usdm', '--reason', 'margin');
  assert.equal(moved.code, 0, moved.err);
  const { accounts } = setting.engine.state;
  assert.equal(accounts.balance('main', 'binance-usdm', 'USDT'), 700_000n * 10n ** 18n);
  assert.equal(accounts.balance('main', 'binance-spot', 'BTC'), 5n * 10n ** 18n);
  const { command } = setting.engine.commands.at(-1)!;
  assert.equal(command.kind === 'move_money' && command.reason, 'margin');
});

test('accounts: a refusal exits 4 and names each problem once, by its option', async (t) => {
  const [, colin] = await beside(t);
  const odd = await colin('deposit', '1', 'XYZ', '--venue', 'mars', '--account', 'me');
  assert.equal(odd.code, 4);
  for (const words of ["no account 'me'", "no venue 'mars'", "prices 'XYZ'"]) {
    assert.equal(odd.err.split(words).length, 2, `${words} once in: ${odd.err}`);
  }
  const nowhere = await colin('transfer', '1', 'USDT', '--venue', 'binance-spot');
  assert.equal(nowhere.code, 4);
  assert.match(nowhere.err, /a transfer needs two different places/);
  const much = await colin('withdraw', '600001', 'USDT', '--venue', 'binance-usdm');
  assert.equal(much.code, 4);
  assert.match(much.err, /600001 is more than is free/);
});

test('accounts: what cannot be understood exits 2 and asks nobody', async (t) => {
  const [setting, colin] = await beside(t);
  const homeless = await colin('deposit', '5', 'BTC');
  assert.deepEqual([homeless.code, /wants --venue/.test(homeless.err)], [2, true]);
  const odd = await colin('give', '5', 'BTC');
  assert.deepEqual([odd.code, /help accounts/.test(odd.err)], [2, true]);
  const negative = await colin('deposit', '-5', 'USDT', '--venue', 'binance-usdm');
  assert.equal(negative.code, 2, negative.err);
  const word = await colin('deposit', 'much', 'USDT', '--venue', 'binance-usdm');
  assert.deepEqual([word.code, /plain decimal above 0/.test(word.err)], [2, true]);
  assert.equal(setting.engine.commands.length, 0);
});

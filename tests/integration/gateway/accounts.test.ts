// Owns the proof that money and strategies are told and changed over REST as the engine has them.
// Promise: balances come from the real slices; a refusal names every problem and changes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, type Setting, startSetting, waitFor } from './client.ts';
import { createFakeBook, viewPortfolio } from './fake-market.ts';

const ACCOUNTS = '/api/v2/accounts';
const STRATEGY = '/api/v2/strategies/signal-follower';

const balanceAt = async (
  setting: Setting,
  venue: string,
  asset: string,
): Promise<string | null> => {
  const { body } = await ask(setting, ACCOUNTS);
  const rows: { venue: string; asset: string; balance: string }[] = body.balances;
  return rows.find((row) => row.venue === venue && row.asset === asset)?.balance ?? null;
};

const move = (setting: Setting, way: string, body: object, role: 'admin' | 'trader' = 'admin') =>
  ask(setting, `${ACCOUNTS}/${way}`, { method: 'POST', role, body });

const PLACE = { account: 'main', venue: 'binance-usdm', asset: 'USDT' };

test('accounts: balances by venue are the ledger, capital is what was put in', async (t) => {
  const setting = await startSetting(t);
  const { status, body } = await ask(setting, ACCOUNTS, { role: 'viewer' });
  assert.equal(status, 200);
  assert.deepEqual(
    body.balances.map((row: Record<string, string>) => Object.values(row).join(' ')),
    ['main binance-spot USDT 400000', 'main binance-usdm USDT 600000'],
  );
  assert.deepEqual([body.capital, body.capital_pending], ['1000000.00', []]);
});

test('accounts: a deposit, a withdrawal and a transfer are booked to the last digit', async (t) => {
  const setting = await startSetting(t);
  const put = await move(setting, 'deposit', { ...PLACE, amount: '0.000000000000000001' });
  assert.equal(put.status, 201);
  assert.deepEqual([put.body.movement, put.body.by], ['deposit', 'admin']);
  assert.equal(await balanceAt(setting, 'binance-usdm', 'USDT'), '600000.000000000000000001');
  const out = { ...PLACE, amount: '100000.000000000000000001', reason: 'rent' };
  assert.equal((await move(setting, 'withdraw', out)).status, 201);
  const over = { ...PLACE, amount: '500000', to_venue: 'binance-spot' };
  const moved = await move(setting, 'transfer', over);
  assert.deepEqual([moved.status, moved.body.to_account], [201, 'main']);
  assert.equal(await balanceAt(setting, 'binance-usdm', 'USDT'), null, 'empty');
  assert.equal(await balanceAt(setting, 'binance-spot', 'USDT'), '900000');
  assert.equal((await ask(setting, ACCOUNTS)).body.capital, '900000.00');
});

test('accounts: what cannot be is 422 with every problem, and nothing is booked', async (t) => {
  const setting = await startSetting(t);
  const before = setting.engine.state.hash();
  const odd = { account: 'mian', venue: 'mars', asset: 'XYZ', amount: '1' };
  const { status, body } = await move(setting, 'deposit', odd);
  assert.equal(status, 422);
  const paths = body.errors.map(({ path }: { path: string }) => path);
  assert.deepEqual(paths, ['account', 'venue', 'asset']);
  const much = await move(setting, 'withdraw', { ...PLACE, amount: '600000.01' });
  assert.equal(much.status, 422);
  assert.match(much.body.detail, /600000/);
  for (const amount of ['-1', '1e3', 'NaN', '0.0000000000000000001', 5]) {
    assert.equal(
      (await move(setting, 'deposit', { ...PLACE, amount })).status,
      400,
      String(amount),
    );
  }
  assert.equal(setting.engine.state.hash(), before);
});

test('accounts: who may trade may not move money', async (t) => {
  const setting = await startSetting(t);
  const { status } = await move(setting, 'deposit', { ...PLACE, amount: '1' }, 'trader');
  assert.equal(status, 403);
  assert.equal(setting.engine.commands.length, 0);
});

test('strategies: each is told with state, profit and holdings; orders by hand too', async (t) => {
  const setting = await startSetting(t);
  for (let k = 0; k < 40; k += 1) setting.engine.step();
  await waitFor('a profit', async () => (await ask(setting, STRATEGY)).body.profit !== '0.00');
  const { body } = await ask(setting, '/api/v2/strategies', { role: 'viewer' });
  const told = body.strategies.map(({ name, state }: Record<string, string>) => [name, state]);
  assert.deepEqual(told, [
    ['signal-follower', 'running'],
    ['manual', null],
  ]);
  const portfolio = await ask(setting, '/api/v2/portfolio');
  assert.deepEqual(portfolio.body.strategies, body.strategies);
  assert.equal(portfolio.body.pnl, body.strategies[0].profit);
  const { body: one } = await ask(setting, STRATEGY);
  assert.equal(one.holdings.length, one.positions);
  assert.ok(one.holdings.length > 0 && one.holdings[0].entry_price !== undefined);
  assert.equal((await ask(setting, '/api/v2/strategies/nobody')).status, 404);
});

test('strategies: a stop is answered with the new state, its reason and who said so', async (t) => {
  const setting = await startSetting(t);
  const put = (body: object, role: 'trader' | 'viewer' = 'trader') =>
    ask(setting, STRATEGY, { method: 'PUT', role, body });
  assert.equal((await put({ action: 'stop', reason: 'r' }, 'viewer')).status, 403);
  const { status, body } = await put({ action: 'stop', reason: 'lunch' });
  assert.equal(status, 200);
  assert.deepEqual([body.state, body.reason, body.by], ['stopped', 'lunch', 'trader']);
  assert.equal((await put({ action: 'start', reason: 'back' })).body.state, 'running');
  const asked = await put({ action: 'reload', reason: 'mended' });
  assert.deepEqual(
    [asked.status, asked.body.state, asked.body.reason],
    [202, 'starting', 'mended'],
  );
  const twice = await put({ action: 'start', reason: 'again' });
  assert.equal(twice.status, 422);
  assert.match(twice.body.detail, /runs already/);
  const odd = await put({ action: 'dance', reason: '' });
  const paths = odd.body.errors.map(({ path }: { path: string }) => path);
  assert.deepEqual([odd.status, paths.sort()], [400, ['action', 'reason']]);
});

test('portfolio: an equity that is unknown is told as such, with what has no price', async (t) => {
  const setting = await startSetting(t);
  const { engine } = setting;
  const portfolio = viewPortfolio(engine.state, createFakeBook(), 5e15, 'active');
  const unknown = { equity: 'unknown', equityUs: 0, unpriced: ['XYZ at mars'], pnl: 'unknown' };
  engine.say({ type: 'portfolio', portfolio: { ...portfolio, ...unknown } });
  const read = async () => (await ask(setting, '/api/v2/portfolio')).body;
  await waitFor('it', async () => (await read()).equity === 'unknown');
  const body = await read();
  assert.deepEqual(
    [body.equity, body.equity_as_of, body.pnl, body.unpriced, body.exposure_fraction],
    ['unknown', '', 'unknown', ['XYZ at mars'], null],
  );
  assert.equal((await ask(setting, '/api/v2/risk')).body.equity, null);
});

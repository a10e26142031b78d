// Owns the proof that instruments come and go over REST: a real process, engine and generator.
// Promise: what is answered is so in the engine; what does not fit is refused with its reason.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startColin, temporaryFolder } from '../../colin-process.ts';
import { waitFor } from '../gateway/client.ts';

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Call = (method: string, path: string, body?: unknown) => Promise<Reply>;

async function startTestMode(t: TestContext): Promise<Call> {
  const state = temporaryFolder(t);
  const where = ['--port', '0', '--ws-port', '0', '--state', state];
  const settings = ['--set', 'capacity.instruments=5', '--set', 'execution.strategy="none"'];
  const running = startColin(t, 'run', '--mode', 'test', '--symbols', '4', ...settings, ...where);
  const [, url] = await running.says(/REST +(http:\/\/[^/\s]+)/);
  const key = readFileSync(join(state, 'local-api-key'), 'utf8').trim();
  return async (method, path, body) => {
    const authorization = `Bearer ${key}`;
    const json = { authorization, 'content-type': 'application/json' };
    const init =
      body === undefined
        ? { method, headers: { authorization } }
        : { method, headers: json, body: JSON.stringify(body) };
    const response = await fetch(`${url}/api/v2${path}`, init);
    return { status: response.status, body: (await response.json()) as Reply['body'] };
  };
}

const keysOf = ({ body }: Reply): readonly string[] =>
  (body.instruments as { readonly key: string }[]).map(({ key }) => key);

const SOL = { symbol: 'SOLUSDT', venue: 'binance-usdm', reason: 'a new coin' };

test('instruments: one that is added is known by name, and has a book of its own', async (t) => {
  const call = await startTestMode(t);
  const made = await call('POST', '/instruments', SOL);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.deepEqual(made.body, { instrument: 'SOLUSDT.binance-usdm', slots: 5, used: 5 });
  await waitFor('the list', async () =>
    keysOf(await call('GET', '/instruments')).includes('SOLUSDT.binance-usdm'),
  );
  await waitFor('its book', async () => {
    const order = { symbol: 'SOL/USDT:USDT', side: 'buy', order_type: 'market', quantity: '1' };
    return (await call('POST', '/orders/preview', order)).body.approved === true;
  });
  const more = await call('POST', '/instruments', { ...SOL, symbol: 'XRPUSDT' });
  assert.equal(more.status, 422);
  assert.match(String(more.body.detail), /no slot is free for XRPUSDT.binance-usdm/);
  const gone = await call('DELETE', '/instruments/SOLUSDT.binance-usdm', { reason: 'enough' });
  assert.deepEqual(gone.body, { instrument: 'SOLUSDT.binance-usdm', slots: 5, used: 4 });
  assert.equal((await call('POST', '/instruments', { ...SOL, symbol: 'XRPUSDT' })).status, 201);
});

test('instruments: what does not fit is refused, and says why', async (t) => {
  const call = await startTestMode(t);
  const twice = await call('POST', '/instruments', { ...SOL, symbol: 'btcusdt' });
  assert.equal(twice.status, 422);
  assert.match(String(twice.body.detail), /BTCUSDT.binance-usdm is traded already/);
  const unknown = await call('POST', '/instruments', { ...SOL, symbol: 'NOPEUSDT' });
  assert.equal(unknown.status, 400, JSON.stringify(unknown.body));
  assert.match(JSON.stringify(unknown.body), /nobody here knows the terms of NOPEUSDT/);
  const strange = await call('POST', '/instruments', { ...SOL, venue: 'kraken' });
  assert.equal(strange.status, 400);
  assert.match(JSON.stringify(strange.body), /this run has no venue kraken, only binance-usdm/);
  const silent = await call('POST', '/instruments', { symbol: 'SOLUSDT', venue: 'binance-usdm' });
  assert.equal(silent.status, 400);
  assert.equal((await call('DELETE', '/instruments/NOPE.binance-usdm')).status, 404);
  assert.equal((await call('DELETE', '/instruments/BTCUSDT.binance-usdm')).status, 200);
});

test('instruments: one that is retired and comes back has its book again', async (t) => {
  const call = await startTestMode(t);
  const key = 'ETHUSDT.binance-usdm';
  const isReady = async (): Promise<boolean> => {
    const { body } = await call('POST', '/orders/preview', {
      symbol: key,
      side: 'buy',
      order_type: 'market',
      quantity: '0.01',
    });
    return body.approved === true;
  };
  await waitFor('a book', isReady);
  assert.equal((await call('DELETE', `/instruments/${key}`)).status, 200);
  const again = { ...SOL, symbol: 'ETHUSDT' };
  assert.equal((await call('POST', '/instruments', again)).status, 201);
  await waitFor('its book again', isReady);
});

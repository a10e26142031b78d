// Owns the proof that the front door holds: keys, roles, limits, sizes, origins, sessions.
// Promise: every refusal is a problem document with its own status.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { startGateway } from '../../../gateway/server.ts';
import { ask, type Setting, startSetting } from './client.ts';
import { createFakeEngine } from './fake-engine.ts';
import { CAPACITY } from './fake-ledger.ts';

const ORDER = { symbol: 'BTCUSDT', side: 'buy', order_type: 'market', quantity: 0.001 };

test('door: no key, a wrong key and a key in the wrong form are 401', async (t) => {
  const setting = await startSetting(t);
  for (const authorization of ['', 'Bearer wrong', 'Basic YTpi', 'admin-key']) {
    const headers: Record<string, string> = authorization === '' ? {} : { authorization };
    const reply = await ask(setting, '/api/v2/portfolio', { role: null, headers });
    assert.equal(reply.status, 401, authorization);
    assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
    assert.equal(reply.headers.get('content-type'), 'application/problem+json');
  }
});

test('door: a viewer reads and does not trade; risk halts and does not trade', async (t) => {
  const setting = await startSetting(t);
  const send = (role: 'viewer' | 'trader' | 'risk' | 'admin') =>
    ask(setting, '/api/v2/orders', { method: 'POST', role, body: ORDER });
  assert.equal((await ask(setting, '/api/v2/orders', { role: 'viewer' })).status, 200);
  assert.equal((await send('viewer')).status, 403);
  assert.equal((await send('risk')).status, 403);
  assert.equal((await send('trader')).status, 201);
  assert.equal((await send('admin')).status, 201);
});

test('door: the request after the last of a minute is 429 and says when to return', async (t) => {
  const setting = await startSetting(t, { rateLimitPerMinute: 3 });
  for (let left = 2; left >= 0; left -= 1) {
    const { status, headers } = await ask(setting, '/api/v2/orders');
    assert.equal(status, 200);
    assert.equal(headers.get('ratelimit-limit'), '3');
    assert.equal(headers.get('ratelimit-remaining'), String(left));
  }
  const { status, headers, body } = await ask(setting, '/api/v2/orders');
  assert.equal(status, 429);
  assert.equal(body.type, 'urn:colin:problem:too_many_requests');
  const wait = Number(headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 60);
  assert.equal((await ask(setting, '/api/v2/orders', { role: 'viewer' })).status, 200);
});

test('door: an unknown path is 404, a wrong method 405 with what is allowed', async (t) => {
  const setting = await startSetting(t);
  assert.equal((await ask(setting, '/api/v2/nothing')).status, 404);
  assert.equal((await ask(setting, '/assets/../server.ts')).status, 404);
  const { status, headers } = await ask(setting, '/api/v2/portfolio', { method: 'POST', body: {} });
  assert.equal(status, 405);
  assert.equal(headers.get('allow'), 'GET, HEAD, OPTIONS');
});

test('door: a body over the limit is 413, announced or not', async (t) => {
  const setting = await startSetting(t, { bodyBytesMax: 1000 });
  const body = { ...ORDER, metadata: { note: 'x'.repeat(2000) } };
  const reply = await ask(setting, '/api/v2/orders', { method: 'POST', body });
  assert.equal(reply.status, 413);
  assert.equal(await postChunked(setting, 'x'.repeat(2000)), 413);
  assert.equal(setting.engine.commands.length, 0);
});

/** Sends without a content-length. */
function postChunked(setting: Setting, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: 'Bearer admin-key',
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    };
    const sending = request(`${setting.url}/api/v2/orders`, { method: 'POST', headers });
    sending.on('response', (response) => resolve(response.statusCode ?? 0));
    sending.on('error', reject);
    sending.end(body);
  });
}

test('door: a body that is not said to be JSON is 415', async (t) => {
  const setting = await startSetting(t);
  const headers = { 'content-type': 'text/plain' };
  const body = JSON.stringify(ORDER);
  const reply = await ask(setting, '/api/v2/orders', { method: 'POST', body, headers });
  assert.equal(reply.status, 415);
});

test('door: bytes that are not UTF-8 are 400', async (t) => {
  const setting = await startSetting(t);
  const reply = await fetch(`${setting.url}/api/v2/orders`, {
    method: 'POST',
    headers: { authorization: 'Bearer admin-key', 'content-type': 'application/json' },
    body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
  });
  assert.equal(reply.status, 400);
});

test('door: HEAD has the headers of GET and no body', async (t) => {
  const setting = await startSetting(t);
  const reply = await ask(setting, '/api/v2/portfolio', { method: 'HEAD' });
  assert.equal(reply.status, 200);
  assert.ok(Number(reply.headers.get('content-length')) > 100);
  assert.equal(reply.body, '');
});

test('door: an order repeated under its Idempotency-Key is sent once', async (t) => {
  const setting = await startSetting(t);
  const headers = { 'idempotency-key': 'order-1' };
  const send = (body: unknown) => ask(setting, '/api/v2/orders', { method: 'POST', body, headers });
  const [first, second] = await Promise.all([send(ORDER), send(ORDER)]);
  assert.equal(first.status, 201);
  assert.deepEqual(second.body, first.body);
  const replayed = [first, second].map(({ headers: h }) => h.get('idempotent-replayed'));
  assert.deepEqual(replayed.sort(), ['true', null].sort());
  assert.equal(setting.engine.state.orders.count, 1, 'the engine knows the key');
  const other = await send({ ...ORDER, quantity: 0.002 });
  assert.equal(other.status, 422);
  assert.equal(other.body.type, 'urn:colin:problem:idempotency_key_reused');
});

test('door: a refused order stays refused under its key, and says that it was', async (t) => {
  const setting = await startSetting(t);
  const headers = { 'idempotency-key': 'order-2' };
  const send = () =>
    ask(setting, '/api/v2/orders', { method: 'POST', body: { ...ORDER, quantity: 9 }, headers });
  const [first, second] = [await send(), await send()];
  assert.deepEqual([first.status, second.status], [422, 422]);
  assert.equal(second.body.order_id, first.body.order_id);
  assert.equal(second.headers.get('idempotent-replayed'), 'true');
});

test('door: what was not sent may be sent again under its key; what was may not', async (t) => {
  const setting = await startSetting(t, { commandTimeoutMs: 100 });
  const { engine } = setting;
  const headers = { 'idempotency-key': 'order-3' };
  const send = () => ask(setting, '/api/v2/orders', { method: 'POST', body: ORDER, headers });
  engine.isAnswering = false;
  assert.equal((await send()).status, 504, 'read, and carried out by nobody');
  engine.isAnswering = true;
  assert.deepEqual([(await send()).status, (await send()).status], [201, 201]);
  assert.equal(engine.state.orders.count, 1);
});

test('door: keys of two callers, and long keys, are told apart', async (t) => {
  const setting = await startSetting(t);
  const send = async (key: string, role: 'admin' | 'trader') => {
    const headers = { 'idempotency-key': key };
    const request = { method: 'POST', body: ORDER, headers, role };
    return (await ask(setting, '/api/v2/orders', request)).body.id;
  };
  const long = 'k'.repeat(254);
  const ids = [
    await send('same', 'admin'),
    await send('same', 'trader'),
    await send(`${long}1`, 'admin'),
    await send(`${long}2`, 'admin'),
  ];
  assert.equal(new Set(ids).size, 4);
  assert.equal(await send(`${long}1`, 'admin'), ids[2]);
  const headers = { 'idempotency-key': 'k'.repeat(256) };
  const tooLong = await ask(setting, '/api/v2/orders', { method: 'POST', body: ORDER, headers });
  assert.equal(tooLong.status, 400);
});

test('door: cross-origin pages get in only when they are configured', async (t) => {
  const closed = await startSetting(t);
  const headers = { origin: 'https://desk.example' };
  const shut = await ask(closed, '/api/v2/portfolio', { headers });
  assert.equal(shut.headers.get('access-control-allow-origin'), null);
  const open = await startSetting(t, { corsOrigins: ['https://desk.example'] });
  const reply = await ask(open, '/api/v2/portfolio', { headers });
  assert.equal(reply.headers.get('access-control-allow-origin'), 'https://desk.example');
  const preflight = await ask(open, '/api/v2/orders', { method: 'OPTIONS', role: null, headers });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/);
});

const cookieOf = (headers: Headers): string => headers.get('set-cookie')?.split(';')[0] ?? '';

test('door: the sign-in link works once, and its page of refusal says how to get in', async (t) => {
  const setting = await startSetting(t, { loginToken: 'once' });
  const wrong = await ask(setting, '/?token=other', { role: null });
  assert.equal(wrong.status, 401);
  const first = await ask(setting, '/?token=once', { role: null });
  assert.equal(first.status, 303);
  assert.equal(first.headers.get('location'), '/');
  assert.match(first.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/);
  const again = await ask(setting, '/?token=once', { role: null });
  assert.equal(again.status, 401);
  assert.match(again.body, /colin run --mode test/);
  const cookie = cookieOf(first.headers);
  const home = await ask(setting, '/', { role: null, headers: { cookie } });
  assert.equal(home.status, 200);
  assert.match(home.body, /<title>Colin<\/title>/);
  assert.equal((await ask(setting, '/', { role: null })).status, 401);
});

test('door: a session changes things only from its own page', async (t) => {
  const setting = await startSetting(t, { loginToken: 'once' });
  const { headers } = await ask(setting, '/?token=once', { role: null });
  const cookie = cookieOf(headers);
  const send = (origin: Record<string, string>) =>
    ask(setting, '/api/v2/orders', {
      method: 'POST',
      role: null,
      body: ORDER,
      headers: { cookie, ...origin },
    });
  assert.equal((await send({})).status, 403);
  assert.equal((await send({ origin: 'https://evil.example' })).status, 403);
  assert.equal((await send({ origin: setting.url })).status, 201);
  const read = await ask(setting, '/api/v2/portfolio', { role: null, headers: { cookie } });
  assert.equal(read.status, 200);
});

test('door: a key typed into the sign-in page opens a session of its role', async (t) => {
  const setting = await startSetting(t);
  const send = (key: string, origin: string) =>
    ask(setting, '/sign-in', {
      method: 'POST',
      role: null,
      body: `key=${key}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
    });
  assert.equal((await send('wrong', setting.url)).status, 401);
  assert.equal((await send('viewer-key', 'https://evil.example')).status, 401);
  const { status, headers } = await send('viewer-key', setting.url);
  assert.equal(status, 303);
  const cookie = cookieOf(headers);
  const home = await ask(setting, '/', { role: null, headers: { cookie } });
  assert.equal(home.status, 200);
  const order = await ask(setting, '/api/v2/orders', {
    method: 'POST',
    role: null,
    body: ORDER,
    headers: { cookie, origin: setting.url },
  });
  assert.equal(order.status, 403);
});

test('door: assets carry an ETag and answer 304 to it', async (t) => {
  const setting = await startSetting(t);
  const { headers } = await ask(setting, '/assets/main.js', { role: null });
  assert.match(headers.get('content-type') ?? '', /^text\/javascript/);
  const etag = headers.get('etag') ?? '';
  const again = await ask(setting, '/assets/main.js', {
    role: null,
    headers: { 'if-none-match': etag },
  });
  assert.equal(again.status, 304);
  const names = ['uplot.js', 'uplot.css', 'style.css', 'icon.svg'];
  for (const name of names) {
    assert.equal((await ask(setting, `/assets/${name}`, { role: null })).status, 200, name);
  }
});

test('door: a port in use is a typed answer that names it', async (t) => {
  const { gateway, engine } = await startSetting(t);
  const { buffer, plan } = createFakeEngine();
  for (const options of [
    { restPort: gateway.restPort, wsPort: 0, stateCapacity: CAPACITY },
    { restPort: 0, wsPort: gateway.wsPort, stateCapacity: CAPACITY },
  ]) {
    const second = await startGateway({ buffer, plan, options });
    assert.ok(second.kind === 'port_in_use');
    assert.equal(second.port, options.restPort || options.wsPort);
    assert.match(second.message, /^port \d+ is in use: /);
  }
  assert.equal(engine.commands.length, 0);
});

test('door: a host that is not here is said as what it is', async () => {
  const { buffer, plan } = createFakeEngine();
  for (const host of ['192.0.2.1', 'nowhere.invalid']) {
    const options = { host, restPort: 0, wsPort: 0, stateCapacity: CAPACITY };
    const start = await startGateway({ buffer, plan, options });
    assert.ok(start.kind === 'port_refused', start.kind);
    const says = new RegExp(`^port 0 of ${host}: no address of this machine .*main\\.host`);
    assert.match(start.message, says);
  }
});

// Owns the proof that only the right secret opens a door, and only as long as it should.
// Promise: times are handed in; nothing waits.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createAuth, isSameOrigin, mayDo } from '../../../gateway/auth.ts';
import { withGatewayDefaults } from '../../../gateway/options.ts';
import { CAPACITY } from '../../integration/gateway/fake-ledger.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const stateCapacity = CAPACITY;
const options = withGatewayDefaults({
  stateCapacity,
  keys: [
    { name: 'desk', role: 'trader', sha256: sha256('secret') },
    { name: 'broken', role: 'admin', sha256: 'abc' }, // not a hash: never matches
  ],
  loginToken: 'once',
  sessionMs: 1000,
  sessionsMax: 2,
});

const NONE = { authorization: '', apiKey: '', cookie: '' };
const start = () => createAuth(options, 8000);
type Auth = ReturnType<typeof start>;

const bySession = (auth: Auth, secret: string | null, nowMs: number) =>
  auth.identify({ ...NONE, cookie: `other=1; ${auth.cookieName}=${secret}` }, nowMs);

test('auth: a key is found in either header, and only whole', () => {
  const auth = start();
  const desk = { name: 'desk', role: 'trader', isSession: false };
  const identify = (authorization: string) => auth.identify({ ...NONE, authorization }, 0);
  assert.deepEqual(identify('Bearer secret'), desk);
  assert.deepEqual(identify('bearer  secret'), desk);
  assert.deepEqual(auth.identify({ ...NONE, apiKey: 'secret' }, 0), desk);
  for (const text of ['secret', 'Bearer secre', 'Bearer secret x', 'Bearer', '']) {
    assert.equal(identify(text), null, text);
  }
  assert.equal(auth.identify({ ...NONE, apiKey: 'abc' }, 0), null);
});

test('auth: the token opens one session; a session ends at its time', () => {
  const auth = start();
  assert.equal(auth.redeemToken('twice', 0), null);
  const secret = auth.redeemToken('once', 0);
  assert.ok(secret !== null && secret.length >= 40);
  assert.equal(auth.redeemToken('once', 0), null);
  assert.equal(bySession(auth, secret, 999)?.role, 'admin');
  assert.equal(bySession(auth, secret, 1000), null);
  assert.equal(bySession(auth, 'guess', 0), null);
});

test('auth: who signs in by the link counts as whom the options name, for four eyes', () => {
  const auth = createAuth(
    withGatewayDefaults({ stateCapacity, loginToken: 'once', loginName: 'local' }),
    8000,
  );
  const secret = auth.redeemToken('once', 0) ?? '';
  assert.equal(bySession(auth, secret, 1)?.name, 'local');
});

test('auth: past the bound the oldest session ends', () => {
  const auth = start();
  const secrets = [1, 2, 3].map(() => auth.openSession('secret', 0));
  assert.equal(auth.openSession('wrong', 0), null);
  const roles = secrets.map((secret) => bySession(auth, secret, 1)?.role ?? null);
  assert.deepEqual(roles, [null, 'trader', 'trader']);
});

test('auth: ports have cookies of their own', () => {
  assert.notEqual(createAuth(options, 8000).cookieName, createAuth(options, 8002).cookieName);
});

test('auth: a role may do what its line says', () => {
  const rights = (['viewer', 'trader', 'risk', 'admin'] as const).map((role) =>
    (['open', 'read', 'trade', 'halt', 'resume'] as const).map((a) => Number(mayDo(role, a))),
  );
  assert.deepEqual(rights, [
    [1, 1, 0, 0, 0],
    [1, 1, 1, 1, 0],
    [1, 1, 0, 1, 1],
    [1, 1, 1, 1, 1],
  ]);
});

test('auth: an origin is the same only with the same host and port', () => {
  assert.equal(isSameOrigin('http://localhost:8000', 'localhost:8000'), true);
  assert.equal(isSameOrigin('https://localhost:8000', 'localhost:8000'), true);
  assert.equal(isSameOrigin('http://localhost:8001', 'localhost:8000'), false);
  assert.equal(isSameOrigin('http://evil.example', 'localhost:8000'), false);
  assert.equal(isSameOrigin('', ''), false);
  assert.equal(isSameOrigin('null', 'localhost:8000'), false);
});

// Owns the proof that a test run starts without the keys of the shell that started it.
// Promise: run through `colin test`; tests/integration/cli plants a key to show that it is removed.
import assert from 'node:assert/strict';
import { test } from 'node:test';

test('colin test: no live key and no real database reaches a test', () => {
  const secrets = Object.keys(process.env).filter((name) =>
    /^(DB_HOST|JWT_SECRET_KEY|ADMIN_API_KEYS|(BINANCE|BYBIT|OKX|DERIBIT)_API_.*)$/.test(name),
  );
  assert.deepEqual(secrets, []);
});

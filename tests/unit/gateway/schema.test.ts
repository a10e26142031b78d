// Owns the proof that request schemas take what they should and say what is wrong.
// Promise: decimals go through exactly, whatever form the number has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  METADATA_BYTES_MAX,
  METADATA_KEYS_MAX,
  metadataProblems,
} from '../../../engine/orders/client-keys.ts';
import { newTradingState } from '../../../gateway/risk-schema.ts';
import { newOrder, signalQuery, toPlainDecimal } from '../../../gateway/schema.ts';

test('schema: a plain decimal of any positive double reads back as that double', () => {
  const positive = fc.double({ min: 1e-18, max: 1e21, noNaN: true });
  fc.assert(
    fc.property(positive, (value) => {
      const text = toPlainDecimal(value);
      assert.match(text, /^\d+(\.\d+)?$/);
      assert.equal(Number(text), value);
    }),
    { seed: 11, numRuns: 2000 },
  );
});

test('schema: exponents become digits', () => {
  assert.equal(toPlainDecimal(1e-7), '0.0000001');
  assert.equal(toPlainDecimal(1.25e-9), '0.00000000125');
  assert.equal(toPlainDecimal(1.5e21), '1500000000000000000000');
  assert.equal(toPlainDecimal(0.25), '0.25');
});

const ORDER = { symbol: 'BTC/USDT', side: 'buy', order_type: 'limit', quantity: 1, price: 2 };
const pathsOf = (order: object): string[] => {
  const result = newOrder.safeParse({ ...ORDER, ...order });
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
};

test('schema: quantities that are no positive plain decimal are refused', () => {
  const bad = [0, -1, Number.NaN, '0', '-1', '1e3', '', ' 1', '1.', '.5', '1,5', null, {}, 1e16];
  for (const quantity of bad) assert.deepEqual(pathsOf({ quantity }), ['quantity'], `${quantity}`);
  for (const quantity of [1, '1', '0.000000000000000001', 999_999_999_999_999]) {
    assert.deepEqual(pathsOf({ quantity }), [], `${quantity}`);
  }
});

test('schema: combinations that contradict each other are named by field', () => {
  assert.deepEqual(pathsOf({ price: null }), ['price']);
  assert.deepEqual(pathsOf({ order_type: 'market' }), ['price']);
  const market = { order_type: 'market', price: null };
  assert.deepEqual(pathsOf({ ...market, post_only: true }), ['post_only']);
  assert.deepEqual(pathsOf({ ...market, time_in_force: 'GTC' }), ['time_in_force']);
  assert.deepEqual(pathsOf({ post_only: true, time_in_force: 'ioc' }), ['time_in_force']);
  assert.deepEqual(pathsOf({ post_only: true, time_in_force: 'gtc' }), []);
});

test('schema: metadata has the bounds of the engine, at and above each', () => {
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, k) => [`k${k}`, k]));
  const bytes = (count: number) => ({ note: 'x'.repeat(count - '{"note":""}'.length) });
  const fitting = [keys(METADATA_KEYS_MAX), bytes(METADATA_BYTES_MAX)];
  const beyond = [keys(METADATA_KEYS_MAX + 1), bytes(METADATA_BYTES_MAX + 1)];
  for (const metadata of fitting) {
    assert.deepEqual(pathsOf({ metadata }), []);
    assert.deepEqual(metadataProblems(metadata), []);
  }
  for (const metadata of beyond) {
    assert.deepEqual(pathsOf({ metadata }), ['metadata']);
    assert.equal(metadataProblems(metadata).length, 1);
  }
});

test('schema: a trading state needs a reason', () => {
  assert.equal(newTradingState.safeParse({ state: 'halted', reason: ' ' }).success, false);
  const parsed = newTradingState.parse({ state: 'HALTED', reason: ' drill ' });
  assert.deepEqual(parsed, {
    ...{ state: 'halted', reason: 'drill', flatten: false, drill: false },
  });
});

test('schema: limits of pages hold at their ends', () => {
  const limitOf = (limit: string) => signalQuery.safeParse({ limit });
  assert.equal(limitOf('1').success, true);
  assert.equal(limitOf('500').success, true);
  assert.equal(limitOf('0').success, false);
  assert.equal(limitOf('501').success, false);
  assert.equal(limitOf('1.5').success, false);
  assert.equal(signalQuery.parse({}).limit, 100);
});

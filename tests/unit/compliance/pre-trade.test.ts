// Owns the cases of the compliance gate: restricted names and permissions, default deny.
// Promise: each rule is seen to pass and to refuse.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCompliance, type Permission } from '../../../engine/compliance/pre-trade.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { at, intentOf, inverse, spot } from '../../trading-fixture.ts';

const all: Permission = {
  account: '*',
  strategy: '*',
  instruments: ['*'],
  sides: ['buy', 'sell'],
};

function codes(
  restricted: readonly string[],
  permissions: readonly Permission[],
  parts: Partial<OrderIntent> = {},
): string[] {
  const verdict = createCompliance({ restricted, permissions }).check(intentOf(parts), at(1));
  return verdict.kind === 'compliant' ? [] : verdict.breaches.map(({ limit }) => limit);
}

test('compliance: an intent that nothing forbids and a permission allows passes as it is', () => {
  const intent = intentOf();
  const verdict = createCompliance({ restricted: [], permissions: [all] }).check(intent, at(1));
  assert.ok(verdict.kind === 'compliant' && verdict.order.intent === intent);
});

test('compliance: a restricted symbol, key or asset is refused in any case of letters', () => {
  for (const name of ['BTCUSDT', 'btcusdt.test', 'btc', 'USDT']) {
    assert.deepEqual(codes([name], [all]), ['restricted'], name);
  }
  assert.deepEqual(codes(['ETH'], [all]), []);
  assert.deepEqual(codes(['ETH'], [all], { instrument: spot }), ['restricted']);
});

test('compliance: without a permission nobody trades', () => {
  assert.deepEqual(codes([], []), ['not_permitted']);
});

test('compliance: a permission holds for its account, strategy, instrument and side only', () => {
  const row: Permission = {
    account: 'main',
    strategy: 'test',
    instruments: ['BTCUSDT'],
    sides: ['buy'],
  };
  assert.deepEqual(codes([], [row]), []);
  assert.deepEqual(codes([], [row], { account: 'other' }), ['not_permitted']);
  assert.deepEqual(codes([], [row], { strategy: 'other' }), ['not_permitted']);
  assert.deepEqual(codes([], [row], { instrument: inverse }), ['not_permitted']);
  assert.deepEqual(codes([], [row], { side: 'sell' }), ['not_permitted']);
  const venue = { ...row, instruments: ['test'] };
  assert.deepEqual(codes([], [venue], { instrument: inverse }), []);
  // Two rows do not add up to a permission neither gives.
  const split = [
    { ...row, account: 'other' },
    { ...row, sides: ['sell'] as const },
  ];
  assert.deepEqual(codes([], split), ['not_permitted']);
});

test('compliance: all breaches are told at once', () => {
  assert.deepEqual(codes(['BTC'], []), ['restricted', 'not_permitted']);
});

test('compliance: what gets risk out of a position is permitted, whoever holds it', () => {
  const origin = { kind: 'risk', reason: 'test' } as const;
  assert.deepEqual(codes(['BTC'], [], { origin, strategy: 'gone', account: 'other' }), []);
  assert.deepEqual(codes(['BTC'], [], { strategy: 'gone' }), ['restricted', 'not_permitted']);
});

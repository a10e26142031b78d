// Owns the cases of a scope that the house stops by itself.
// Promise: a real guard of two venues; what it is asked for may not be there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitScope } from '../../../engine/core/limit.ts';
import { hold } from '../../../engine/execution/hold.ts';
import { openGuard } from '../../guard-fixture.ts';
import { at } from '../../trading-fixture.ts';

function stopped(...scopes: LimitScope[]) {
  const { guard, take } = openGuard();
  hold(guard, { scopes, state: 'reducing', reason: 'a fee', by: 'orders' }, at(1));
  return take('trading_state');
}

const word = (scope: LimitScope, reason: string) => ({
  ...{ scope, state: 'reducing', reason },
  ...{ by: 'orders', isWord: true },
});

test('hold: the narrowest scope there is stops, and no other', () => {
  const asked = ['instrument:BTCUSDT.test', 'venue:test'] as const;
  assert.deepEqual(stopped(...asked), [word('instrument:BTCUSDT.test', 'a fee')]);
});

test('hold: what has no scope here stops its venue, or everything, and says so', () => {
  const gone = 'instrument:XRPUSDT.test';
  const far = 'instrument:XRPUSDT.far';
  const here = `a fee (${gone} is not traded here)`;
  assert.deepEqual(stopped(gone, 'venue:test'), [word('venue:test', here)]);
  const nowhere = `a fee (${far} is not traded here) (venue:far is not traded here)`;
  assert.deepEqual(stopped(far, 'venue:far'), [word('system', nowhere)]);
});

// Owns the cases of sizing: target positions, turns, dust, spot, limits.
// Promise: at a mid of 100 and 0.001 lots, 1000 of notional is 10,000 steps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { type SizingInput, sizeOrder } from '../../../engine/signals/sizing.ts';
import { at, inverse, linear, spot } from '../../trading-fixture.ts';

function size(
  strength: number,
  parts: Partial<SizingInput> = {},
  instrument: Instrument = linear,
): string {
  const sizing = sizeOrder({
    signal: {
      id: 1,
      instrument,
      direction: strength > 0 ? 'up' : strength < 0 ? 'down' : 'flat',
      probability: 0.6,
      confidence: Math.abs(strength),
      strength,
      horizonUs: 1,
      model: 'm',
      bookSequence: 1,
      timeUs: at(0),
      mid: 100,
      action: 'trade',
    },
    instrument,
    positionQty: 0,
    openQty: 0,
    mid: 100,
    defaultNotional: 1000,
    maxPosition: 5000,
    quoteRate: 1,
    equity: 1e6,
    ...parts,
  });
  return sizing === null ? 'nothing' : `${sizing.side} ${sizing.qty}`;
}

test('sizing: full strength takes the default notional, half strength three quarters of it', () => {
  assert.equal(size(1), 'buy 10000');
  assert.equal(size(-0.5), 'sell 7500');
  assert.equal(size(1, {}, inverse), 'buy 10'); // contracts of 100
});

test('sizing: only the way from what is held and open to the target is ordered', () => {
  assert.equal(size(1, { positionQty: 4_000 }), 'buy 6000');
  assert.equal(size(1, { positionQty: 4_000, openQty: 3_000 }), 'buy 3000');
  assert.equal(size(1, { positionQty: 12_000 }), 'sell 2000');
  assert.equal(size(1, { positionQty: 10_000 }), 'nothing');
});

test('sizing: changes below a twentieth of the default are not worth their fee', () => {
  assert.equal(size(1, { positionQty: 9_501 }), 'nothing');
  assert.equal(size(1, { positionQty: 9_500 }), 'buy 500');
});

test('sizing: a turn closes first, even a small position', () => {
  assert.equal(size(-1, { positionQty: 4_000 }), 'sell 4000');
  assert.equal(size(1, { positionQty: -7 }), 'buy 7');
});

test('sizing: spot is sold down to nothing, never short', () => {
  assert.equal(size(-1, {}, spot), 'nothing');
  assert.equal(size(-1, { positionQty: 40 }, spot), 'sell 40');
});

test('sizing: the target stays inside the position limit with room, and inside the equity', () => {
  assert.equal(size(1, { maxPosition: 1000 }), 'buy 9800');
  assert.equal(size(1, { equity: 300 }), 'buy 3000');
  assert.equal(size(1, { quoteRate: 2 }), 'buy 5000');
});

test('sizing: flat signals and inputs that are no numbers give nothing', () => {
  assert.equal(size(0), 'nothing');
  for (const bad of [Number.NaN, 0, -1]) {
    assert.equal(size(1, { mid: bad }), 'nothing');
    assert.equal(size(1, { quoteRate: bad }), 'nothing');
    assert.equal(size(1, { equity: bad }), 'nothing');
  }
});

// Owns the tests of a risk check that takes longer than it may.
// Promise: the clock is given; a verdict stands, and what was slow is counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { BTC, createEngineDesk } from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

test('risk check: longer than main.riskCheckTimeoutMs is counted, and stands', () => {
  let stepNs = 0;
  let ns = 0;
  const nowNs = (): number => {
    ns += stepNs;
    return ns;
  };
  const desk = createEngineDesk({ settings: ['main.riskCheckTimeoutMs=10'], nowNs });
  desk.load(6_000_000, 6_000_010, 0);
  desk.tick(10);
  const slow = (): number => desk.ground.telemetry.read('slowRiskChecks');
  const sendIn = (checkNs: number, qty: number): void => {
    stepNs = checkNs;
    const intent = intentOf({
      instrument: BTC,
      strategy: 'manual',
      qty: asQty(qty),
      price: asPrice(6_000_000),
    });
    desk.command({ kind: 'submit', intent }, 1);
  };
  sendIn(10e6, 10);
  assert.equal(slow(), 0);
  sendIn(10e6 + 1, 11);
  assert.equal(slow(), 1);
  assert.equal(desk.out.placed.length, 2, JSON.stringify(desk.records('verdict')));
});

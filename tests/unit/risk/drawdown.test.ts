// Owns the cases of the drawdown controller: thresholds, hysteresis, the latched halt.
// Promise: equities are round numbers whose drawdown can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDrawdown } from '../../../engine/risk/drawdown.ts';
import { at } from '../../trading-fixture.ts';

const make = (peak?: number) =>
  createDrawdown({ warning: 0.03, hard: 0.05, ...(peak === undefined ? {} : { peak }) });

test('drawdown: the warning comes at its threshold, not before', () => {
  const drawdown = make();
  assert.equal(drawdown.observe(1000, at(1)), null);
  assert.equal(drawdown.observe(970.01, at(2)), null);
  const turn = drawdown.observe(970, at(3));
  assert.deepEqual(turn, {
    from: 'normal',
    to: 'warning',
    drawdown: 0.03,
    peak: 1000,
    equity: 970,
    timeUs: 3,
  });
});

test('drawdown: a warning ends at two thirds of its threshold, so that it does not flutter', () => {
  const drawdown = make();
  drawdown.observe(1000, at(1));
  drawdown.observe(965, at(2));
  assert.equal(drawdown.observe(975, at(3)), null);
  assert.equal(drawdown.observe(981, at(4))?.to, 'normal');
});

test('drawdown: the hard limit halts from any level and stays until rearmed', () => {
  const drawdown = make();
  drawdown.observe(1000, at(1));
  assert.equal(drawdown.observe(950, at(2))?.to, 'halted');
  assert.equal(drawdown.observe(2000, at(3)), null);
  assert.equal(drawdown.level, 'halted');
  drawdown.rearm(900);
  assert.equal(drawdown.level, 'normal');
  assert.equal(drawdown.peak, 900);
  assert.equal(drawdown.observe(890, at(4)), null);
  assert.throws(() => drawdown.rearm(Number.NaN), /unknown equity/);
});

test('drawdown: a peak of an earlier run still counts', () => {
  assert.equal(make(1000).observe(940, at(1))?.to, 'halted');
});

test('drawdown: equity that is not a number changes nothing', () => {
  const drawdown = make();
  drawdown.observe(1000, at(1));
  assert.equal(drawdown.observe(Number.NaN, at(2)), null);
  assert.equal(drawdown.drawdown, 0);
  assert.throws(() => createDrawdown({ warning: 0.05, hard: 0.03 }), /0 < warning <= hard/);
});

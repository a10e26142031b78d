// Owns the cases of covariance and exposure on the real kernels.
// Promise: variances are worked out from the prior or from an EWMA written again in plain numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Covariance, createCovariance } from '../../../engine/risk/covariance.ts';
import { createExposure, type Exposure } from '../../../engine/risk/exposure.ts';
import { DEFAULT_RISK_LIMITS, writeLimits, Z_95 } from '../../../engine/risk/limits.ts';
import {
  at,
  instruments,
  inverse,
  layGround,
  linear,
  noKernels,
  orderOf,
  spot,
} from '../../trading-fixture.ts';

const skip = noKernels;
const near = (seen: number, expected: number, message?: string): void =>
  assert.ok(
    Math.abs(seen - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    message ?? `${seen} is not ${expected}`,
  );

function open(quoteRate = () => 1): { exposure: Exposure; covariance: Covariance } {
  const shared = { ...layGround(3), instruments };
  writeLimits(shared.buffer, shared.plan, DEFAULT_RISK_LIMITS);
  const exposure = createExposure({ ...shared, quoteRate });
  const options = { sampleUs: 1e6, halfLifeUs: 1e6, priorDailyVolatility: 0.04 };
  return { exposure, covariance: createCovariance({ ...shared, ...options }) };
}

test('covariance: before any sample the prior prices one and two instruments', { skip }, () => {
  const { exposure, covariance } = open();
  exposure.onMark(linear, 100, at(1));
  exposure.onMark(spot, 50, at(1));
  exposure.onMark(inverse, 100, at(1));
  exposure.onPosition(linear, 10);
  near(exposure.valueAtRisk(), Z_95 * 0.04 * 1000);
  exposure.onPosition(spot, -20);
  // equal and opposite, correlation 0.6: variance 0.04^2 x 1000^2 x (2 - 1.2)
  near(exposure.valueAtRisk(), Z_95 * 0.04 * 1000 * Math.sqrt(0.8));
  exposure.onPosition(spot, 0);
  exposure.onPosition(inverse, -10);
  // the same base asset, correlation 0.98
  near(exposure.valueAtRisk(), Z_95 * 0.04 * 1000 * Math.sqrt(0.04));
  near(covariance.volatility(linear), 0.04);
});

test('covariance: a sample moves the matrix by the EWMA of the scaled return', { skip }, () => {
  const { exposure, covariance } = open();
  for (const instrument of instruments) exposure.onMark(instrument, 100, at(0));
  assert.equal(covariance.observe(at(0)), false); // nothing to compare with
  for (const instrument of instruments) exposure.onMark(instrument, 101, at(1e6));
  assert.equal(covariance.observe(at(999_999)), false);
  assert.equal(covariance.observe(at(1e6)), true);
  assert.equal(covariance.observations, 1);
  const daily = Math.log(1.01) ** 2 * 86_400;
  near(covariance.volatility(linear), Math.sqrt(0.5 * 0.0016 + 0.5 * daily)); // lambda 1/2
});

test('covariance: an instrument without a fresh mark keeps its variance', { skip }, () => {
  const { exposure, covariance } = open();
  for (const instrument of instruments) exposure.onMark(instrument, 100, at(0));
  covariance.observe(at(0));
  exposure.onMark(linear, 100, at(1e6 + 1));
  exposure.onMark(inverse, 99, at(1e6 + 1));
  covariance.observe(at(1e6 + 1));
  near(covariance.volatility(spot), 0.04);
  assert.ok(covariance.volatility(linear) < 0.04);
});

test('covariance: a long silence is not taken for one return', { skip }, () => {
  const { exposure, covariance } = open();
  exposure.onMark(linear, 100, at(0));
  covariance.observe(at(0));
  exposure.onMark(linear, 200, at(7e6));
  assert.equal(covariance.observe(at(7e6)), false);
  assert.equal(covariance.observations, 0);
});

test('exposure: the worst case of both sides counts, and marks move it', { skip }, () => {
  const { exposure } = open();
  exposure.onMark(linear, 100, at(1));
  exposure.onPosition(linear, 2);
  exposure.onOpenOrder(orderOf({}, 'a'), 1_000); // 1 to buy
  exposure.onOpenOrder(orderOf({ side: 'sell' }, 'b'), 6_000); // 6 to sell
  assert.equal(exposure.gross(), 400); // |2 - 6|
  assert.equal(exposure.net(), 200);
  near(exposure.valueAtRisk(), Z_95 * 0.04 * 400);
  exposure.onMark(linear, 110, at(2));
  near(exposure.gross(), 440);
  near(exposure.net(), 220);
  exposure.onOpenOrder(orderOf({ side: 'sell' }, 'b'), -6_000);
  near(exposure.gross(), 330);
  assert.throws(() => exposure.onOpenOrder(orderOf({}, 'a'), -1_001), /below 0/);
});

test('exposure: sums come back to exactly zero when everything is closed', { skip }, () => {
  const { exposure } = open(() => 0.1);
  for (let k = 1; k <= 1000; k += 1) {
    exposure.onMark(linear, 100 / 3 + k / 7, at(k));
    exposure.onPosition(linear, k % 2 === 0 ? 0.1 * k : -0.3 * k);
    exposure.onMark(linear, 100 / 7 + k / 3, at(k));
  }
  exposure.onPosition(linear, 0);
  assert.equal(exposure.gross(), 0);
  assert.equal(exposure.net(), 0);
  near(exposure.valueAtRisk(), 0);
});

test('exposure: a position without a price makes everything unknown until it has one', {
  skip,
}, () => {
  const { exposure } = open();
  exposure.onMark(linear, 100, at(1));
  exposure.onPosition(linear, 1);
  exposure.onPosition(spot, 1);
  assert.ok(Number.isNaN(exposure.gross()));
  exposure.onMark(spot, 50, at(2));
  assert.equal(exposure.gross(), 150);
  assert.ok(exposure.valueAtRisk() > 0);
});

test('exposure: a mark that is no price is not taken', { skip }, () => {
  const { exposure } = open();
  exposure.onMark(linear, 100, at(1));
  exposure.onPosition(linear, 1);
  for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    exposure.onMark(linear, bad, at(2));
  assert.equal(exposure.gross(), 100);
});

// Owns the cases of the covariance on the real kernels, through the exposure that weighs it.
// Promise: variances are worked out from the prior or from an EWMA written again in plain numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Covariance, createCovariance } from '../../../engine/risk/covariance.ts';
import type { Exposure } from '../../../engine/risk/exposure.ts';
import { Z_95 } from '../../../engine/risk/limits.ts';
import { layRisk, wideRisk } from '../../risk-fixture.ts';
import { at, instruments, inverse, linear, noKernels, spot } from '../../trading-fixture.ts';

const skip = noKernels;
const near = (seen: number, expected: number, message?: string): void =>
  assert.ok(
    Math.abs(seen - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    message ?? `${seen} is not ${expected}`,
  );

function open(): { exposure: Exposure; covariance: Covariance } {
  const desk = layRisk(wideRisk());
  const options = { sampleUs: 1e6, halfLifeUs: 1e6, priorDailyVolatility: 0.04 };
  return { ...desk, covariance: createCovariance({ ...desk, instruments, ...options }) };
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

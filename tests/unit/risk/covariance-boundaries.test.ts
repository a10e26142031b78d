// Owns the edges of the covariance: the longest silence, the oldest mark, who has none.
// Promise: the expected matrix is an EWMA written out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCovariance } from '../../../engine/risk/covariance.ts';
import * as layout from '../../../wasm/layout.ts';
import { layRisk, wideRisk } from '../../risk-fixture.ts';
import { at, instruments, inverse, linear, noKernels, spot } from '../../trading-fixture.ts';

const skip = noKernels;
const SAMPLE_US = 1e6;
const GAP = 6; // samples
const VARIANCE = 0.04 ** 2;

function open(options: { sampleUs?: number; halfLifeUs?: number } = {}) {
  const desk = layRisk(wideRisk());
  const covariance = createCovariance({ ...desk, instruments, ...options });
  const matrix = (desk.plan.covariance + layout.COVARIANCE_WEIGHTS) / 8 + 3 * instruments.length;
  return {
    ...desk,
    covariance,
    entry: (i: number, j: number) => desk.numbers[matrix + i * instruments.length + j],
    lambda: () => desk.numbers[(desk.plan.covariance + layout.COVARIANCE_LAMBDA) / 8],
  };
}

const quick = () => open({ sampleUs: SAMPLE_US, halfLifeUs: SAMPLE_US });

const near = (seen: number | undefined, expected: number): void =>
  assert.ok(Math.abs((seen ?? Number.NaN) - expected) <= 1e-12, `${seen} is not ${expected}`);

test('covariance: a sample is ten seconds and weighs half after six hours', { skip }, () => {
  near(open().lambda(), 0.5 ** (10 / (6 * 3600)));
  near(quick().lambda(), 0.5);
});

test('covariance: it begins without observations, whatever memory held', { skip }, () => {
  const desk = layRisk(wideRisk());
  desk.numbers[(desk.plan.covariance + layout.COVARIANCE_OBSERVATIONS) / 8] = 9;
  assert.equal(createCovariance({ ...desk, instruments }).observations, 0);
});

test('covariance: sample and half-life are above 0', { skip }, () => {
  assert.throws(() => open({ sampleUs: 0 }), /must be above 0/);
  assert.throws(() => open({ halfLifeUs: 0 }), /must be above 0/);
  assert.doesNotThrow(() => open({ sampleUs: 1, halfLifeUs: 1 }));
});

test('covariance: six samples of silence are one return, a microsecond more is none', {
  skip,
}, () => {
  for (const [silenceUs, isSample] of [
    [GAP * SAMPLE_US, true],
    [GAP * SAMPLE_US + 1, false],
  ] as const) {
    const { exposure, covariance } = quick();
    exposure.onMark(linear, 100, at(0));
    covariance.observe(at(0));
    exposure.onMark(linear, 101, at(silenceUs));
    assert.equal(covariance.observe(at(silenceUs)), isSample);
  }
});

test('covariance: a mark as old as a sample is fresh, a microsecond older is none', {
  skip,
}, () => {
  for (const [ageUs, isSample] of [
    [SAMPLE_US, true],
    [SAMPLE_US + 1, false],
  ] as const) {
    const { exposure, covariance } = quick();
    exposure.onMark(linear, 100, at(5e6));
    covariance.observe(at(5e6));
    exposure.onMark(linear, 101, at(7e6 - ageUs));
    assert.equal(covariance.observe(at(7e6)), isSample);
  }
});

for (const [name, price] of [
  ['falls', 99],
  ['rises', 101],
] as const) {
  test(`covariance: who has no mark moves with the others when the market ${name}`, {
    skip,
  }, () => {
    const { exposure, covariance, entry } = quick();
    for (const instrument of instruments) exposure.onMark(instrument, 100, at(0));
    covariance.observe(at(0));
    exposure.onMark(linear, price, at(2e6));
    exposure.onMark(inverse, price, at(2e6));
    covariance.observe(at(2e6));
    const change = Math.log(price / 100) * Math.sqrt(86_400 / 2);
    const own = Math.sign(change) * 0.04;
    near(entry(linear.index, spot.index), 0.5 * 0.6 * VARIANCE + 0.5 * change * own);
    near(entry(linear.index, inverse.index), 0.5 * 0.98 * VARIANCE + 0.5 * change ** 2);
    near(entry(spot.index, spot.index), VARIANCE);
  });
}

test('covariance: the first instrument may be the one without a mark', { skip }, () => {
  const { exposure, covariance, entry } = quick();
  for (const instrument of instruments) exposure.onMark(instrument, 100, at(0));
  covariance.observe(at(0));
  exposure.onMark(spot, 101, at(2e6));
  assert.equal(covariance.observe(at(2e6)), true);
  near(entry(linear.index, linear.index), VARIANCE);
});

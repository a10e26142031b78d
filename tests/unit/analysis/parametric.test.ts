// Owns the tests of the closed forms against the integrals they stand for.
// Promise: expected shortfall is checked as the mean of the quantile over the tail, numerically.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  normalCdf,
  normalQuantile,
  studentQuantile,
} from '../../../engine/analysis/distributions.ts';
import {
  cornishFisherRisk,
  lessMean,
  matchVariance,
  normalTailRisk,
  studentTailRisk,
} from '../../../engine/analysis/parametric.ts';

const near = (found: number, expected: number, relative: number, what: string): void =>
  assert.ok(
    Math.abs(found - expected) <= relative * Math.abs(expected),
    `${what}: ${found} is not ${expected}`,
  );

/** Minus the mean of `quantile` over (0, tail): midpoints after p = tail x^4, which tames 0. */
function meanLoss(quantile: (p: number) => number, tail: number): number {
  const cells = 4000;
  let sum = 0;
  for (let k = 0; k < cells; k += 1) {
    const x = (k + 0.5) / cells;
    sum += (quantile(tail * x ** 4) * 4 * x ** 3) / cells;
  }
  return -sum;
}

test('parametric: the normal has 1.645 and 2.063 standard deviations at 95 %', () => {
  const risk = normalTailRisk(2, 0.05);
  near(risk.var, 2 * 1.6448536269514726, 1e-15, 'var');
  near(risk.es, 2 * 2.0627128075074257, 1e-14, 'es'); // phi(1.6448…) / 0.05
});

test('parametric: the normal shortfall is the mean of the quantile over the tail', () => {
  near(normalTailRisk(1, 0.025).es, meanLoss(normalQuantile, 0.025), 1e-6, 'es');
});

test('parametric: an expected gain lowers VaR and shortfall by itself', () => {
  assert.deepEqual(lessMean({ var: 10, es: 12 }, 3), { var: 7, es: 9 });
});

test('parametric: the t shortfall is the mean of the quantile over the tail', () => {
  for (const nu of [2.7, 4, 6.5]) {
    const found = studentTailRisk({ nu, loc: 1, scale: 3 }, 0.05);
    const quantile = (p: number): number => 1 + 3 * studentQuantile(p, nu);
    near(found.es, meanLoss(quantile, 0.05), 1e-5, `nu ${nu}`);
    near(found.var, -quantile(0.05), 1e-14, `nu ${nu}`);
  }
});

test('parametric: a t with endless degrees is the normal, with one it has no shortfall', () => {
  const normal = studentTailRisk({ nu: Number.POSITIVE_INFINITY, loc: 0.5, scale: 2 }, 0.01);
  assert.deepEqual(normal, lessMean(normalTailRisk(2, 0.01), 0.5));
  const nearly = studentTailRisk({ nu: 1e6, loc: 0.5, scale: 2 }, 0.01);
  near(nearly.var, normal.var, 1e-5, 'var');
  assert.ok(Number.isNaN(studentTailRisk({ nu: 1, loc: 0, scale: 1 }, 0.05).es));
});

test('parametric: a t matched in variance has the standard deviation asked for', () => {
  const { nu, scale } = matchVariance(5, 4);
  near(scale * Math.sqrt(nu / (nu - 2)), 5, 1e-15, 'sd of the t');
});

const BENT = { count: 900, mean: 0.2, sd: 1.5, skew: -0.4, excessKurtosis: 2.2 };

test('parametric: the Cornish-Fisher shortfall is the mean of its own quantile', () => {
  const quantile = (p: number): number => -cornishFisherRisk(BENT, p).var;
  near(cornishFisherRisk(BENT, 0.05).es, meanLoss(quantile, 0.05), 1e-5, 'es');
});

test('parametric: without skew and kurtosis Cornish-Fisher is the normal', () => {
  const flat = { ...BENT, skew: 0, excessKurtosis: 0 };
  const found = cornishFisherRisk(flat, 0.01);
  const normal = normalTailRisk(1.5, 0.01);
  near(found.es, normal.es - 0.2, 1e-14, 'es');
  near(found.varZeroMean, normal.var, 1e-15, 'var');
  assert.equal(found.isMonotone, true);
});

test('parametric: whether Cornish-Fisher rises agrees with a scan of its quantiles', () => {
  const seen = { rising: 0, turning: 0 };
  for (let skew = -2; skew <= 2; skew += 0.4) {
    for (let excessKurtosis = -2; excessKurtosis <= 8; excessKurtosis += 0.5) {
      const bent = { ...BENT, skew, excessKurtosis };
      const quantiles = Array.from({ length: 301 }, (_, k) =>
        cornishFisherRisk(bent, normalCdf(-4 + k / 100)),
      );
      const rises = quantiles.slice(1).map((q, k) => q.zCf - (quantiles[k]?.zCf ?? 0));
      const least = Math.min(...rises);
      if (Math.abs(least) < 1e-4) continue; // too near to call with a grid
      seen[least > 0 ? 'rising' : 'turning'] += 1;
      assert.equal(quantiles[0]?.isMonotone, least > 0, `S ${skew}, K ${excessKurtosis}`);
    }
  }
  assert.ok(seen.rising > 30 && seen.turning > 30, JSON.stringify(seen));
});

test('parametric: a Cornish-Fisher quantile that turns back is reported', () => {
  assert.equal(cornishFisherRisk({ ...BENT, skew: -0.4 }, 0.01).isMonotone, true);
  // Slope at -4 with S = 3, K = 0: 1 - 4 - 91 x 9 / 36 < 0.
  const turned = cornishFisherRisk({ ...BENT, skew: 3, excessKurtosis: 0 }, 0.01);
  assert.equal(turned.isMonotone, false);
});

// Owns the comparison of the distributions with numbers of 40 decimal digits.
// Promise: references come from mpmath at 40 digits, or from a closed form written here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  binomialCdf,
  chiSquaredSurvival,
  normalCdf,
  normalPdf,
  normalQuantile,
  studentCdf,
  studentPdf,
  studentQuantile,
} from '../../../engine/analysis/distributions.ts';

function near(found: number, expected: number, relative: number, what: string): void {
  const gap = Math.abs(found - expected);
  assert.ok(gap <= relative * Math.abs(expected), `${what}: ${found} is not ${expected}`);
}

// mpmath ncdf.
const NORMAL_CDF = [
  [-38, 2.88542835e-316],
  [-10, 7.619853024160525e-24],
  [-5, 2.866515718791939e-7],
  [-3, 0.0013498980316300946],
  [-2, 0.02275013194817921],
  [-1.99, 0.023295467750211823],
  [-1, 0.15865525393145705],
  [-0.3, 0.3820885778110474],
  [0.1, 0.539827837277029],
  [1.5, 0.9331927987311419],
  [2.5, 0.9937903346742238],
  [6, 0.9999999990134123],
] as const;

// mpmath: root of ncdf(z) = p.
const NORMAL_QUANTILE = [
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798407],
  [1e-10, -6.361340902404057],
  [0.001, -3.0902323061678136],
  [0.01, -2.326347874040841],
  [0.025, -1.9599639845400543],
  [0.05, -1.6448536269514726],
  [0.074, -1.4466320671589785],
  [0.076, -1.4325027208258116],
  [0.3, -0.5244005127080408],
  [0.49, -0.025068908258711057],
  [0.975, 1.9599639845400538],
  [0.99, 2.3263478740408408],
] as const;

// mpmath betainc: t, nu, P(T <= t).
const STUDENT_CDF = [
  [-1e-8, 3, 0.499999996324474],
  [-0.5, 0.5, 0.3786590364647183],
  [-1, 1, 0.25],
  [-2, 2.7, 0.074711719035251],
  [-3.5, 3.8, 0.01352897940414523],
  [-5, 30.25, 1.1410040592289185e-5],
  [-1000, 4, 2.9999800001049993e-12],
  [-2, 1000, 0.02288517324662582],
  [-3, 1000000, 0.0013499312707108985],
  [-40, 12, 1.925614790386017e-14],
] as const;

// mpmath, bisection on the above: p, nu, quantile.
const STUDENT_QUANTILE = [
  [0.05, 3.8036094729946957, -2.163869656578269],
  [0.025, 4, -2.7764451051977943],
  [0.01, 6, -3.1426684032909833],
  [0.01, 2.7, -4.969832049221283],
  [0.001, 1, -318.30883898555044],
  [0.05, 0.5, -41.13600009287827],
  [0.05, 0.1, -1642931922.6025636],
  [0.49999, 3, -2.720699046801585e-5],
  [0.01, 30, -2.4572615424005915],
  [0.01, 10000, -2.3267208386694755],
  [1e-12, 2.5, -55306.17407651582],
  [0.3, 250.5, -0.5250684629849085],
] as const;

// mpmath, sum of exact terms: x, n, p, P(X <= x).
const BINOMIAL_CDF = [
  [0, 250, 0.01, 0.08105851616218146],
  [4, 250, 0.01, 0.8921876269036253],
  [9, 250, 0.01, 0.9997498099312595],
  [41, 1000, 0.05, 0.10629617073627556],
  [10, 10000, 0.01, 7.562773329151651e-31],
  [0, 1, 0.3, 0.7],
  [3, 7, 0.6, 0.28979200000000005],
] as const;

test('distributions: the normal distribution function has fourteen digits in both tails', () => {
  for (const [z, p] of NORMAL_CDF) near(normalCdf(z), p, 2e-15, `at ${z}`);
});

test('distributions: the normal quantile has fifteen digits down to 1e-300', () => {
  for (const [p, z] of NORMAL_QUANTILE) near(normalQuantile(p), z, 5e-16, `at ${p}`);
});

test('distributions: the normal quantile ends in infinities and knows no other probability', () => {
  assert.equal(normalQuantile(0), Number.NEGATIVE_INFINITY);
  assert.equal(normalQuantile(1), Number.POSITIVE_INFINITY);
  assert.equal(normalQuantile(0.5), 0);
  assert.ok(Number.isNaN(normalQuantile(-0.1)) && Number.isNaN(normalQuantile(Number.NaN)));
});

test('distributions: the t distribution function has ten digits or more', () => {
  for (const [t, nu, p] of STUDENT_CDF) {
    near(studentCdf(t, nu), p, nu > 1e5 ? 1e-10 : 1e-14, `t ${t}, nu ${nu}`);
    near(studentCdf(-t, nu), 1 - p, 1e-10, `t ${-t}, nu ${nu}`);
  }
});

test('distributions: the t quantile has twelve digits for every nu, whole or not', () => {
  for (const [p, nu, t] of STUDENT_QUANTILE) {
    near(studentQuantile(p, nu), t, 1e-12, `p ${p}, nu ${nu}`);
    near(studentQuantile(1 - p, nu), -t, p < 1e-9 ? 1e-4 : 1e-11, `p ${1 - p}, nu ${nu}`);
  }
});

test('distributions: the t quantile of two and of four degrees is the closed form', () => {
  for (const p of [0.05, 1 - 0.95, 0.025, 0.01, 0.2, 1e-6]) {
    const spread = 4 * p * (1 - p);
    near(studentQuantile(p, 2), (2 * p - 1) * Math.sqrt(2 / spread), 1e-14, `nu 2, p ${p}`);
    const root = Math.cos(Math.acos(Math.sqrt(spread)) / 3) / Math.sqrt(spread);
    near(studentQuantile(p, 4), -2 * Math.sqrt(root - 1), 1e-14, `nu 4, p ${p}`);
  }
});

test('distributions: the densities are the slopes of the distribution functions', () => {
  const step = 1e-5;
  for (const x of [-3.2, -1, 0.1, 2.4]) {
    const normal = (normalCdf(x + step) - normalCdf(x - step)) / (2 * step);
    near(normalPdf(x), normal, 1e-8, `normal at ${x}`);
    const student = (studentCdf(x + step, 3.3) - studentCdf(x - step, 3.3)) / (2 * step);
    near(studentPdf(x, 3.3), student, 1e-8, `t at ${x}`);
  }
});

test('distributions: chi-squared is 3.841 and 5.991 at 5 %, as in every table', () => {
  near(chiSquaredSurvival(3.841458820694124, 1), 0.05, 1e-14, 'one degree');
  near(chiSquaredSurvival(5.991464547107979, 2), 0.05, 1e-14, 'two degrees');
  assert.equal(chiSquaredSurvival(0, 1), 1);
  assert.equal(chiSquaredSurvival(0, 2), 1);
});

test('distributions: the binomial distribution function has eleven digits', () => {
  for (const [x, n, p, below] of BINOMIAL_CDF)
    near(binomialCdf(x, n, p), below, 1e-11, `${x}/${n}`);
  assert.equal(binomialCdf(-1, 10, 0.5), 0);
  assert.equal(binomialCdf(10, 10, 0.5), 1);
});

// Owns the comparison of the gamma and beta functions with numbers of 40 decimal digits.
// Promise: references come from mpmath at 40 digits: loggamma, psi, betainc.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  gammaHalfStep,
  incompleteBeta,
  lnBeta,
  lnGamma,
} from '../../../engine/analysis/special-functions.ts';

function near(found: number, expected: number, relative: number, what: string): void {
  const gap = Math.abs(found - expected);
  assert.ok(gap <= relative * Math.abs(expected), `${what}: ${found} is not ${expected}`);
}

const LN_GAMMA = [
  [0.01, 4.599479878042022],
  [0.5, 0.5723649429247001],
  [1.5, -0.12078223763524522],
  [7.3, 7.147892523022248],
  [19.9, 39.043088581236205],
  [20, 39.339884187199495],
  [250, 1128.5237708729908],
  [1000000, 12815504.569147613],
] as const;

// x, value, first and second derivative.
const HALF_STEP = [
  [0.01, -4.046506060112221, 98.6458979337051, -9996.849954289153],
  [0.5, -0.5723649429247001, 1.3862943611198906, -3.289868133696453],
  [1.9, 0.25584359837192494, 0.29671700853653843, -0.17281954934569127],
  [15, 1.345693308376932, 0.033888580929571734, -0.0022962142644078355],
  [20, 1.4916167873313042, 0.02531240246549753, -0.001281230505242127],
  [333.3, 2.9041464552937635, 0.0015012752387691289, -4.507652145228076e-6],
  [500000, 6.561181438702165, 1.0000005e-6, -2.000002e-12],
] as const;

// x, a, b, I_x(a, b).
const BETA = [
  [0.2, 3, 5, 0.14803200000000002],
  [0.9, 0.7, 12.5, 0.9999999999998834],
  [0.5, 300, 280, 0.20294886574999915],
  [0.01, 0.01, 0.02, 0.6369288305017489],
] as const;

test('special functions: ln Gamma has thirteen digits from 0.01 to a million', () => {
  for (const [x, value] of LN_GAMMA) near(lnGamma(x), value, 2e-14, `at ${x}`);
});

test('special functions: the half step of ln Gamma has fourteen digits, and so its slopes', () => {
  for (const [x, value, first, second] of HALF_STEP) {
    const jet = gammaHalfStep(x);
    near(jet.value, value, 3e-15, `value at ${x}`);
    near(jet.first, first, 3e-15, `first derivative at ${x}`);
    near(jet.second, second, 3e-15, `second derivative at ${x}`);
  }
});

test('special functions: the incomplete beta has twelve digits on both sides of its mean', () => {
  for (const [x, a, b, value] of BETA) {
    near(incompleteBeta(x, 1 - x, a, b), value, 1e-12, `I_${x}(${a}, ${b})`);
    near(incompleteBeta(1 - x, x, b, a), 1 - value, 1e-10 / (1 - value), `I_${1 - x}(${b}, ${a})`);
  }
});

test('special functions: B(1/2, 1/2) is pi and B(3, 4) is 1/60', () => {
  near(lnBeta(0.5, 0.5), Math.log(Math.PI), 1e-14, 'B(1/2, 1/2)');
  near(lnBeta(3, 4), -Math.log(60), 1e-13, 'B(3, 4)');
});

test('special functions: outside the domain there is no number', () => {
  assert.ok(Number.isNaN(lnGamma(0)) && Number.isNaN(gammaHalfStep(-1).value));
  assert.ok(Number.isNaN(incompleteBeta(0.5, 0.5, 0, 1)));
});

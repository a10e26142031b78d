// Owns the proof of Monte Carlo VaR and ES against the distributions it samples.
// Promise: closed forms named where they are used; the seed makes every run the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMonteCarlo, monteCarloVar } from '../../../engine/analysis/monte-carlo.ts';
import { openMathSpace } from './room.ts';

const space = openMathSpace(1 << 22);
// sd of 300 and -200 under variances 0.0004, 0.0009 and correlation 0.5: sqrt(36)
const COVARIANCE = Float64Array.of(4e-4, 3e-4, 3e-4, 9e-4);
const NOTIONAL = Float64Array.of(300, -200);
const SD = Math.sqrt(36);

const near = (got: number, wanted: number, bound: number, what: string): void =>
  assert.ok(Math.abs(got - wanted) <= bound, `${what}: ${got}, wanted ${wanted}`);

// z_c and phi(z_c) / (1 - c): McNeil, Frey & Embrechts, example 2.14
const NORMAL = [
  [0.95, 1.6448536269514722, 2.0627128075074257],
  [0.975, 1.959963984540054, 2.337802792201308],
  [0.99, 2.3263478740408408, 2.665214220345768],
] as const;

test('monte carlo: normal VaR and ES are those of w S w, their error as said', () => {
  const report = monteCarloVar(space, COVARIANCE, NOTIONAL);
  assert.deepEqual([report?.paths, report?.degreesOfFreedom], [100_000, null]);
  NORMAL.forEach(([level, z, es], k) => {
    const got = report!.levels[k]!;
    assert.equal(got.level, level);
    near(got.var, z * SD, 4 * got.standardError, `${level} var`);
    near(got.es, es * SD, 6 * got.standardError, `${level} es`);
    assert.ok(got.es > got.var);
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const exact = (SD * Math.sqrt((level * (1 - level)) / 100_000)) / density;
    near(got.standardError / exact, 1, 0.3, `${level} standard error`);
  });
});

test('monte carlo: the standard error is that of many seeds', () => {
  const runs = Array.from({ length: 60 }, (_, k) => {
    const options = { seed: `run ${k}`, paths: 4000, levels: [0.95] };
    return monteCarloVar(space, COVARIANCE, NOTIONAL, options)!.levels[0]!;
  });
  const mean = runs.reduce((sum, run) => sum + run.var, 0) / runs.length;
  const spread = runs.reduce((sum, run) => sum + (run.var - mean) ** 2, 0) / (runs.length - 1);
  const said = runs.reduce((sum, run) => sum + run.standardError, 0) / runs.length;
  near(Math.sqrt(spread) / said, 1, 0.3, 'ratio');
});

// t quantile q of 4 degrees; ES = (4 + q^2) / 3 f(q) / (1 - c) (McNeil, Frey & Embrechts, 2.2.4),
// f(q) = 3/8 (1 + q^2 / 4)^(-5/2); both times sqrt(1/2) for unit variance.
test('monte carlo: 4 degrees give the VaR and ES of a t of the same variance', () => {
  const options = { degreesOfFreedom: 4, levels: [0.95, 0.99], paths: 300_000 };
  const report = monteCarloVar(space, COVARIANCE, NOTIONAL, options)!;
  for (const [k, q] of [2.1318467863266495, 3.746947387979198].entries()) {
    const got = report.levels[k]!;
    const density = 0.375 * (1 + q ** 2 / 4) ** -2.5;
    const es = (((4 + q ** 2) / 3) * density) / (1 - got.level);
    near(got.var, q * Math.SQRT1_2 * SD, 4 * got.standardError, 'var');
    near(got.es, es * Math.SQRT1_2 * SD, 10 * got.standardError, 'es');
  }
});

test('monte carlo: assets in a fat-tailed model fall together even when uncorrelated', () => {
  const n = 8;
  const identity = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
  const even = new Float64Array(n).fill(1 / Math.sqrt(n));
  const [fat] = monteCarloVar(space, identity, even, {
    degreesOfFreedom: 4,
    levels: [0.99],
  })!.levels;
  // Independent t tails would average out towards the normal's 2.33.
  near(fat!.var, 3.746947387979198 * Math.SQRT1_2, 4 * fat!.standardError, 'var');
});

test('monte carlo: the seed decides, and levels asked together equal levels asked alone', () => {
  const ask = (seed: string, levels: readonly number[]) =>
    monteCarloVar(space, COVARIANCE, NOTIONAL, { seed, levels, paths: 5000 })!.levels;
  assert.deepEqual(ask('a', [0.95, 0.99]), ask('a', [0.95, 0.99]));
  assert.notDeepEqual(ask('a', [0.95]), ask('b', [0.95]));
  const [first, second] = ask('a', [0.99, 0.9]);
  const [alone] = ask('a', [0.99]);
  const [other] = ask('a', [0.9]);
  assert.deepEqual([first!.var, second!.var], [alone!.var, other!.var]);
  near(first!.es, alone!.es, 1e-12, 'es');
});

test('monte carlo: a position doubled doubles VaR and ES to the bit', () => {
  const one = monteCarloVar(space, COVARIANCE, NOTIONAL)!.levels;
  const two = monteCarloVar(
    space,
    COVARIANCE,
    NOTIONAL.map((w) => 2 * w),
  )!.levels;
  one.forEach((level, k) => {
    assert.deepEqual([2 * level.var, 2 * level.es], [two[k]!.var, two[k]!.es]);
  });
});

test('monte carlo: no position, no movement and a perfect hedge lose nothing', () => {
  const zero = monteCarloVar(space, COVARIANCE, new Float64Array(2))!;
  const still = monteCarloVar(space, new Float64Array(4), NOTIONAL)!;
  const hedged = monteCarloVar(space, Float64Array.of(1, 1, 1, 1), Float64Array.of(5, -5))!;
  for (const { levels } of [zero, still, hedged]) {
    for (const level of levels) {
      assert.deepEqual([level.var, level.es, level.standardError], [0, 0, 0]);
    }
  }
});

test('monte carlo: what is no covariance or no position has no answer', () => {
  const bad = Float64Array.of(1, 2, 2, 1);
  assert.equal(monteCarloVar(space, bad, NOTIONAL), null);
  assert.equal(monteCarloVar(space, bad.fill(Number.NaN), NOTIONAL), null);
  assert.equal(monteCarloVar(space, COVARIANCE, Float64Array.of(1, Number.NaN)), null);
});

test('monte carlo: impossible options are refused', () => {
  const ask = (options: object) => () => monteCarloVar(space, COVARIANCE, NOTIONAL, options);
  assert.throws(ask({ degreesOfFreedom: 2 }), /above 2/);
  assert.throws(ask({ degreesOfFreedom: Number.NaN }), /above 2/);
  assert.throws(ask({ paths: 0 }), /paths/);
  assert.throws(ask({ paths: 2.5 }), /paths/);
  assert.throws(ask({ levels: [1] }), /level/);
  assert.throws(ask({ paths: 1 << 20 }), /no room/);
});

test('monte carlo: few paths take the worst one, never one outside', () => {
  const [only] = monteCarloVar(space, COVARIANCE, NOTIONAL, { paths: 1, levels: [0.99] })!.levels;
  assert.equal(only!.var, only!.es);
  const [few] = monteCarloVar(space, COVARIANCE, NOTIONAL, { paths: 10, levels: [0.99] })!.levels;
  assert.ok(Math.abs(few!.es - few!.var) < 1e-9 * SD);
});

test('monte carlo: the function for the VaR report carries paths and seed', () => {
  const simulate = createMonteCarlo(space, { paths: 2000, seed: 's' });
  const { levels } = monteCarloVar(space, COVARIANCE, NOTIONAL, { paths: 2000, seed: 's' })!;
  const [, , last] = levels;
  const got = simulate(COVARIANCE, NOTIONAL, 0.99);
  assert.deepEqual([got.paths, got.seed, got.var], [2000, 's', last!.var]);
  assert.deepEqual(simulate(Float64Array.of(1, 2, 2, 1), NOTIONAL, 0.99), { paths: 2000 });
});

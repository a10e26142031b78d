// Owns the proof of the Monte Carlo kernel: its rival path by path, and the laws of its draws.
// Promise: seeded; a law is judged at odds of 1 in 10^5 or longer against a false alarm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copySource, simulatePlain } from '../../../bench/plain-monte-carlo.ts';
import { takeSource } from '../../../engine/analysis/monte-carlo.ts';
import { MONTE_CARLO_BYTES, MONTE_CARLO_WORDS } from '../../../wasm/layout.ts';
import { openMathSpace } from '../analysis/room.ts';

function simulate(exposures: readonly number[], degrees: number, paths: number, seed = 'seed') {
  const space = openMathSpace(8 * (paths + exposures.length) + 65536);
  const source = takeSource(space, seed);
  const plain = copySource(source.view);
  const at = space.take(exposures.length);
  at.view.set(exposures);
  const before = space.take(8);
  before.view.fill(7);
  const out = space.take(paths);
  const after = space.take(8);
  after.view.fill(7);
  const run = (): Float64Array => {
    space.kernels.monteCarlo(source.at, at.at, exposures.length, degrees, paths, out.at);
    assert.ok(
      [...before.view, ...after.view].every((value) => value === 7),
      'wrote outside',
    );
    return out.view.slice();
  };
  const runPlain = (): Float64Array => {
    const values = new Float64Array(paths);
    simulatePlain(plain, Float64Array.from(exposures), degrees, values);
    return values;
  };
  return { run, runPlain, source };
}

for (const [factors, degrees, paths] of [
  [1, 0, 1],
  [1, 0, 511],
  [3, 0, 513],
  [10, 0, 2003],
  [2, 3.5, 2003],
  [5, 12, 5000],
] as const) {
  test(`monte carlo: ${paths} x ${factors} draws, ${degrees} degrees, equal the rival`, () => {
    const exposures = Array.from({ length: factors }, (_, k) => 1 - 0.3 * k);
    const { run, runPlain } = simulate(exposures, degrees, paths);
    for (const turn of [1, 2]) {
      const [got, wanted] = [run(), runPlain()];
      got.forEach((value, k) => {
        const isNear = Math.abs(value - wanted[k]!) <= 1e-13 * Math.max(1, Math.abs(value));
        assert.ok(isNear, `turn ${turn}, path ${k}: ${value}, wanted ${wanted[k]}`);
      });
    }
  });
}

test('monte carlo: the tables of the source stay as they were, its streams move on', () => {
  const { run, source } = simulate([1, 1], 5, 3000);
  const before = source.view.slice();
  const first = run();
  const tables = (values: Float64Array) => values.slice(16, MONTE_CARLO_WORDS / 8);
  assert.deepEqual(tables(source.view), tables(before));
  assert.notDeepEqual(source.view.slice(0, 10), before.slice(0, 10));
  assert.notDeepEqual(run(), first);
  assert.equal(source.view.byteLength, MONTE_CARLO_BYTES);
});

test('monte carlo: the seed alone decides the paths', () => {
  const paths = (seed: string) => simulate([1, 2], 4, 600, seed).run();
  assert.deepEqual(paths('a'), paths('a'));
  assert.notDeepEqual(paths('a'), paths('b'));
});

// erfc(-x / sqrt 2) / 2 of the C library, to ten digits.
const NORMAL_CDF = [
  [-4, 3.167124183e-5],
  [-3.6541528853610088, 1.2901624383e-4], // the ziggurat's outermost edge
  [-3, 0.001349898032],
  [-2, 0.022750131948],
  [-1, 0.158655253931],
  [-0.2, 0.420740290561],
  [0, 0.5],
  [0.5, 0.691462461274],
  [1.5, 0.933192798731],
  [2.5, 0.993790334674],
  [3.5, 0.999767370921],
] as const;

test('monte carlo: two million normals have the distribution of the normal', () => {
  const N = 2_000_000;
  const values = simulate([1], 0, N).run().sort();
  for (const [x, p] of NORMAL_CDF) {
    const below = countBelow(values, x) / N;
    const bound = 4.5 * Math.sqrt((p * (1 - p)) / N);
    assert.ok(Math.abs(below - p) < bound, `P(z < ${x}) = ${below}, wanted ${p}`);
  }
  let [second, fourth, third] = [0, 0, 0];
  for (const z of values) {
    second += z ** 2 / N;
    third += z ** 3 / N;
    fourth += z ** 4 / N;
  }
  assert.ok(Math.abs(second - 1) < 4.5 * Math.sqrt(2 / N), `variance ${second}`);
  assert.ok(Math.abs(third) < 4.5 * Math.sqrt(15 / N), `skew ${third}`);
  assert.ok(Math.abs(fourth - 3) < 4.5 * Math.sqrt(96 / N), `kurtosis ${fourth}`);
});

function countBelow(sorted: Float64Array, x: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

test('monte carlo: paths that follow each other are not correlated', () => {
  const N = 500_000;
  const values = simulate([1], 0, N).run();
  for (const lag of [1, 2, 3, 4, 5, 8, 512]) {
    let sum = 0;
    for (let k = lag; k < N; k += 1) sum += values[k]! * values[k - lag]!;
    const z = sum / Math.sqrt(N - lag);
    assert.ok(Math.abs(z) < 4.5, `lag ${lag}: ${z} standard errors`);
  }
});

test('monte carlo: factors add up to the variance of their exposures', () => {
  const N = 400_000;
  const values = simulate([3, -4, 12], 0, N).run();
  const variance = values.reduce((sum, x) => sum + x * x, 0) / N;
  assert.ok(Math.abs(variance / 169 - 1) < 4.5 * Math.sqrt(2 / N), `${variance}`);
});

// Student t with 4 degrees: closed-form quantiles (Shaw 2006), scaled to unit variance by 1/sqrt 2.
test('monte carlo: a path of 4 degrees has the quantiles of a t of unit variance', () => {
  const N = 1_000_000;
  const values = simulate([0.6, 0.8], 4, N).run().sort();
  for (const [t, p] of [
    [2.1318467863266495, 0.95],
    [2.7764451051977943, 0.975],
    [3.746947387979198, 0.99],
    [7.173182219782308, 0.999],
  ] as const) {
    const above = countBelow(values, t / Math.SQRT2) / N;
    const below = countBelow(values, -t / Math.SQRT2) / N;
    const bound = 4.5 * Math.sqrt((p * (1 - p)) / N);
    assert.ok(Math.abs(above - p) < bound, `P(x < t_${p}) = ${above}`);
    assert.ok(Math.abs(below - (1 - p)) < bound, `P(x < -t_${p}) = ${below}`);
  }
});

test('monte carlo: two degrees or fewer, or NaN, have no variance and give NaN', () => {
  for (const degrees of [2, 1, -3, Number.NaN]) {
    assert.ok(simulate([1], degrees, 5).run().every(Number.isNaN), `${degrees}`);
  }
});

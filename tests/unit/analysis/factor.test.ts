// Owns the proof that definite and semidefinite covariances are factorised, and no others.
// Promise: the product of the factor is compared with the matrix, entry by entry.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factorise } from '../../../engine/analysis/factor.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { openMathSpace } from './room.ts';

const space = openMathSpace();

/** Covariance of n assets over `rows` rows: rank at most `rows`. */
function covarianceOf(n: number, rows: number): Float64Array {
  const random = createRandom(`${n} over ${rows}`);
  const x = Array.from({ length: n }, () => Array.from({ length: rows }, random.normal));
  return Float64Array.from({ length: n * n }, (_, k) =>
    x[Math.floor(k / n)]!.reduce((sum, v, t) => sum + v * x[k % n]![t]!, 0),
  );
}

function multipliesBack(covariance: Float64Array, n: number, what: string): void {
  const lower = factorise(space, covariance, n);
  assert.ok(lower !== null, what);
  covariance.forEach((wanted, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    if (j > i) assert.equal(lower[k], 0);
    let product = 0;
    for (let m = 0; m < n; m += 1) product += lower[i * n + m]! * lower[j * n + m]!;
    const scale = Math.sqrt(covariance[i * (n + 1)]! * covariance[j * (n + 1)]!);
    assert.ok(Math.abs(product - wanted) <= 1e-9 * scale, `${what} ${i},${j}`);
  });
}

test('factor: definite, and with fewer rows than assets', () => {
  for (const [n, rows] of [
    [1, 1],
    [4, 20],
    [12, 8],
    [20, 1],
    [9, 9],
  ] as const) {
    multipliesBack(covarianceOf(n, rows), n, `${n} over ${rows}`);
  }
});

test('factor: duplicates, still assets and all zeros', () => {
  const [a, b] = [4, 9];
  multipliesBack(Float64Array.of(a, a, 0, a, a, 0, 0, 0, b), 3, 'duplicate');
  multipliesBack(Float64Array.of(0, 0, 0, 0, a, 1, 0, 1, b), 3, 'still first');
  multipliesBack(new Float64Array(9), 3, 'zeros');
  multipliesBack(Float64Array.of(a, -a, -a, a), 2, 'hedged');
});

test('factor: what is no covariance has none', () => {
  assert.equal(factorise(space, Float64Array.of(1, 2, 2, 1), 2), null);
  assert.equal(factorise(space, Float64Array.of(-1), 1), null);
  assert.equal(factorise(space, Float64Array.of(0, 1, 1, 5), 2), null);
  assert.equal(factorise(space, Float64Array.of(1, Number.NaN, Number.NaN, 1), 2), null);
  assert.equal(factorise(space, Float64Array.of(Number.POSITIVE_INFINITY), 1), null);
});

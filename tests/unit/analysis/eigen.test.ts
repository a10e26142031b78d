// Owns the proof of eigenvalues, condition and rank on matrices whose spectrum is known.
// Promise: closed forms, and the invariants of random matrices; no other solver is trusted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditioningOf, symmetricEigenvalues } from '../../../engine/analysis/eigen.ts';
import { createRandom } from '../../../engine/core/random.ts';

const matrix = (n: number, entry: (i: number, j: number) => number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, k) => entry(Math.floor(k / n), k % n));

const matches = (got: Float64Array, wanted: readonly number[], scale: number): void => {
  assert.equal(got.length, wanted.length);
  got.forEach((value, k) => {
    assert.ok(Math.abs(value - wanted[k]!) <= 1e-13 * scale, `${k}: ${value}, not ${wanted[k]}`);
  });
};

for (const n of [1, 2, 3, 10, 61]) {
  test(`eigen: the second difference of ${n} points has 2 - 2 cos(k pi / (n + 1))`, () => {
    const difference = matrix(n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    const wanted = Array.from(
      { length: n },
      (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)),
    );
    matches(symmetricEigenvalues(difference, n), wanted, 8);
  });
}

test('eigen: equal correlation rho has 1 - rho many times and 1 + (n - 1) rho once', () => {
  const n = 12;
  const got = symmetricEigenvalues(
    matrix(n, (i, j) => (i === j ? 1 : 0.6)),
    n,
  );
  matches(got, [...new Array<number>(n - 1).fill(0.4), 1 + 11 * 0.6], 8);
});

test('eigen: a spectrum turned by reflections comes back, zero and negative values too', () => {
  const n = 9;
  const spectrum = [-7, -1e-3, 0, 0, 2, 2, 3, 50, 1e4];
  const random = createRandom('reflections');
  let turned = matrix(n, (i, j) => (i === j ? spectrum[i]! : 0));
  for (let turn = 0; turn < 4; turn += 1) {
    const v = Float64Array.from({ length: n }, random.normal);
    const squared = v.reduce((sum, x) => sum + x * x, 0);
    const reflection = matrix(n, (i, j) => (i === j ? 1 : 0) - (2 * v[i]! * v[j]!) / squared);
    const times = (a: Float64Array, b: Float64Array) =>
      matrix(n, (i, j) => {
        let sum = 0;
        for (let k = 0; k < n; k += 1) sum += a[i * n + k]! * b[k * n + j]!;
        return sum;
      });
    turned = times(times(reflection, turned), reflection);
  }
  matches(symmetricEigenvalues(turned, n), spectrum, 1e5);
});

test('eigen: the sum of eigenvalues is the trace, of their squares the squared norm', () => {
  for (const n of [2, 5, 16, 40]) {
    const random = createRandom(`n ${n}`);
    const half = matrix(n, () => random.normal());
    const full = matrix(n, (i, j) => half[i * n + j]! + half[j * n + i]!);
    const values = symmetricEigenvalues(full, n);
    let [trace, norm] = [0, 0];
    full.forEach((x, k) => {
      trace += k % (n + 1) === 0 ? x : 0;
      norm += x * x;
    });
    const sum = values.reduce((total, x) => total + x, 0);
    const squares = values.reduce((total, x) => total + x * x, 0);
    assert.ok(Math.abs(sum - trace) < 1e-11 * n && Math.abs(squares / norm - 1) < 1e-12);
    assert.deepEqual(values, values.toSorted());
  }
});

test('eigen: weights that fade to nothing leave many zeros, and still an answer', () => {
  const n = 200;
  const random = createRandom('fading');
  const rows = Array.from({ length: n + 40 }, (_, age) =>
    Float64Array.from({ length: n }, () => 0.8 ** (age / 2) * random.normal()),
  );
  const matrix = new Float64Array(n * n);
  for (const row of rows) {
    for (let i = 0; i < n; i += 1) {
      for (let j = 0; j < n; j += 1) matrix[i * n + j]! += row[i]! * row[j]!;
    }
  }
  const values = symmetricEigenvalues(matrix, n);
  const trace = Array.from({ length: n }, (_, i) => matrix[i * n + i]!).reduce((a, b) => a + b);
  const sum = values.reduce((a, b) => a + b);
  assert.ok(Math.abs(sum - trace) <= 1e-12 * trace, `${sum} ${trace}`);
});

test('conditioning: a singular matrix has a rank and no condition number', () => {
  const rank2 = conditioningOf(
    matrix(4, (i, j) => (i + 1) * (j + 1) + (i - 1) * (j - 1)),
    4,
  );
  assert.equal(rank2?.rank, 2);
  assert.equal(rank2?.condition, null);
  assert.deepEqual([...rank2!.eigenvalues.subarray(0, 2)], [0, 0]);
  const diagonal = conditioningOf(Float64Array.of(4, 0, 0, 0.5), 2);
  assert.deepEqual(diagonal, { condition: 8, rank: 2, eigenvalues: Float64Array.of(0.5, 4) });
});

test('conditioning: indefinite has no condition, zero has rank 0, NaN has no answer', () => {
  assert.equal(conditioningOf(Float64Array.of(1, 2, 2, 1), 2)?.condition, null);
  assert.equal(conditioningOf(new Float64Array(9), 3)?.rank, 0);
  assert.equal(conditioningOf(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2), null);
  assert.deepEqual(conditioningOf(new Float64Array(0), 0)?.rank, 0);
});

// Owns the proof of the covariance and correlation estimators on small data done by hand.
// Promise: naive double loops are the reference; ties, still assets and one row are included.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  averageRanks,
  correlationOf,
  ewmaNormalised,
  ewmaRecursive,
  sampleCovariance,
  spearman,
} from '../../../engine/analysis/estimators.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { openMathSpace } from './room.ts';

const space = openMathSpace();

const normals = (n: number, rows: number): Float64Array[] => {
  const random = createRandom(`${n} ${rows}`);
  return Array.from({ length: n }, () =>
    Float64Array.from({ length: rows }, () => 0.001 + 0.02 * random.normal()),
  );
};

const matches = (got: Float64Array, wanted: (i: number, j: number) => number, n: number): void => {
  assert.equal(got.length, n * n);
  got.forEach((value, k) => {
    const expected = wanted(Math.floor(k / n), k % n);
    assert.ok(Math.abs(value - expected) <= 1e-12 * Math.max(1e-4, Math.abs(expected)), `${k}`);
    assert.equal(value, got[(k % n) * n + Math.floor(k / n)], 'symmetric to the bit');
  });
};

test('sample covariance: three rows by hand, divided by T - 1 and by T', () => {
  const columns = [Float64Array.of(1, 2, 6), Float64Array.of(0, 3, 3)];
  assert.deepEqual([...sampleCovariance(space, columns, 1)], [7, 3, 3, 3]);
  matches(sampleCovariance(space, columns, 0), (i, j) => (i === 0 && j === 0 ? 14 / 3 : 2), 2);
});

test('sample covariance: shifting every return by a constant changes nothing', () => {
  const columns = normals(3, 50);
  const shifted = columns.map((column) => column.map((x) => x + 0.5));
  const wanted = sampleCovariance(space, columns, 1);
  matches(sampleCovariance(space, shifted, 1), (i, j) => wanted[i * 3 + j]!, 3);
});

test('ewma: normalised weights decay by lambda a row and add up to 1', () => {
  const columns = [Float64Array.of(1, 2, 3), Float64Array.of(-1, 0, 2)];
  const wanted = (i: number, j: number) =>
    [0.25, 0.5, 1].reduce((sum, w, t) => sum + (w / 1.75) * columns[i]![t]! * columns[j]![t]!, 0);
  matches(ewmaNormalised(space, columns, 0.5), wanted, 2);
});

test('ewma: the recursion seeded with the first row, step by step', () => {
  const columns = normals(4, 30);
  const wanted = (i: number, j: number) => {
    let value = columns[i]![0]! * columns[j]![0]!;
    for (let t = 1; t < 30; t += 1) {
      value = 0.9 * value + 0.1 * columns[i]![t]! * columns[j]![t]!;
    }
    return value;
  };
  matches(ewmaRecursive(space, columns, 0.9), wanted, 4);
});

test('ewma: of one row both forms are its own outer product', () => {
  const columns = [Float64Array.of(0.5), Float64Array.of(-2)];
  for (const estimate of [ewmaNormalised, ewmaRecursive]) {
    assert.deepEqual([...estimate(space, columns, 0.94)], [0.25, -1, -1, 4]);
  }
});

test('ewma: a lambda of 0, 1 or NaN is refused', () => {
  for (const lambda of [0, 1, Number.NaN]) {
    assert.throws(() => ewmaNormalised(space, normals(1, 2), lambda), /between 0 and 1/);
  }
});

test('correlation: the diagonal is 1, an asset that never moved has none', () => {
  const got = correlationOf(Float64Array.of(4, 3, 0, 3, 9, 0, 0, 0, 0), 3);
  assert.deepEqual([...got.subarray(0, 5)], [1, 0.5, Number.NaN, 0.5, 1]);
  assert.ok([2, 5, 6, 7, 8].every((k) => Number.isNaN(got[k])));
});

test('correlation: rounding never carries it above 1, and tiny variances keep their own', () => {
  assert.deepEqual([...correlationOf(Float64Array.of(0.1, 0.3, 0.3, 0.9), 2)], [1, 1, 1, 1]);
  const tiny = correlationOf(Float64Array.of(1e-200, -5e-201, -5e-201, 1e-200), 2);
  assert.ok(Math.abs(tiny[1]! + 0.5) < 1e-15);
});

test('spearman: ties share their rank; only the order counts', () => {
  assert.deepEqual([...averageRanks(Float64Array.of(3, 1, 3, 2, 3))], [4, 1, 4, 2, 4]);
  assert.deepEqual([...averageRanks(Float64Array.of(-0, 0))], [1.5, 1.5]);
  const column = Float64Array.of(1, 5, 2, 9);
  const squashed = column.map(Math.log);
  assert.ok(Math.abs(spearman(space, [column, squashed])[1]! - 1) < 1e-15);
  // Five pairs, differences of ranks 1 -1 1 -1 0: 1 - 6 x 4 / (5 x 24) = 0.8
  const [a, b] = [Float64Array.of(1, 2, 3, 4, 5), Float64Array.of(2, 1, 4, 3, 5)];
  assert.ok(Math.abs(spearman(space, [a, b])[1]! - 0.8) < 1e-15);
});

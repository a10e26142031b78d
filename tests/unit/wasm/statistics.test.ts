// Owns the proof of the covariance and select kernels against plain sums and golden numbers.
// Promise: odd and even sizes, ties, NaN and empty input each have a case.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createRandom } from '../../../engine/core/random.ts';
import * as layout from '../../../wasm/layout.ts';
import { sharedPath } from '../../shared-data.ts';
import { type Arena, createArena } from './arena.ts';

const GOLDEN = sharedPath('golden/covariance.json');
const RETURNS = sharedPath('golden/returns.csv.gz');
const skip = GOLDEN === null || RETURNS === null ? 'no golden numbers beside the checkout' : false;

interface Covariance {
  readonly arena: Arena;
  readonly at: number;
  update(returns: readonly number[]): void;
  weights(): number[];
  sigma(): number[];
  matrix(): number[];
  setWeights(values: readonly number[]): void;
  setMatrix(values: readonly number[]): void;
}

function openCovariance(n: number, lambda: number): Covariance {
  const arena = createArena(1 << 20);
  const { kernels, numbers } = arena;
  const at = arena.take(layout.COVARIANCE_WEIGHTS + 8 * (3 * n + n * n));
  const returnsAt = arena.take(8 * n);
  arena.writeU32(at + layout.COVARIANCE_N, n);
  arena.writeF64(at + layout.COVARIANCE_LAMBDA, lambda);
  const start = (at + layout.COVARIANCE_WEIGHTS) / 8;
  const read = (from: number, count: number): number[] =>
    Array.from(numbers.subarray(start + from, start + from + count));
  return {
    arena,
    at,
    update(returns) {
      numbers.set(returns, returnsAt / 8);
      kernels.covarianceUpdate(at, returnsAt);
    },
    weights: () => read(0, n),
    sigma: () => read(n, n),
    matrix: () => read(3 * n, n * n),
    setWeights: (values) => numbers.set(values, start),
    setMatrix: (values) => numbers.set(values, start + 3 * n),
  };
}

const near = (got: number, wanted: number, scale: number, what = ''): void =>
  assert.ok(Math.abs(got - wanted) <= scale, `${what} ${got}, wanted ${wanted}`);

const normals = (count: number, seed: string): number[] =>
  Array.from({ length: count }, createRandom(seed).normal);

for (const n of [1, 2, 5, 8, 17, 30]) {
  test(`covariance: an update of ${n} returns is l S + (1 - l) r r', symmetric to the bit`, () => {
    const block = openCovariance(n, 0.94);
    const wanted = new Array<number>(n * n).fill(0);
    for (let round = 0; round < 20; round += 1) {
      const returns = normals(n, `r${round}`);
      block.update(returns);
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j < n; j += 1) {
          wanted[i * n + j] = 0.94 * wanted[i * n + j]! + 0.06 * returns[i]! * returns[j]!;
        }
      }
    }
    const got = block.matrix();
    got.forEach((value, k) => {
      near(value, wanted[k]!, 1e-13);
      assert.equal(value, got[(k % n) * n + Math.floor(k / n)]);
    });
    assert.equal(block.arena.readF64(block.at + layout.COVARIANCE_OBSERVATIONS), 20);
  });
}

test('covariance: a return that is not finite, or its square, leaves matrix and count', () => {
  const block = openCovariance(3, 0.94);
  block.update([0.01, 0.02, -0.01]);
  const before = block.matrix();
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1e200]) block.update([0.01, 0.02, bad]);
  assert.deepEqual(block.matrix(), before);
  assert.equal(block.arena.readF64(block.at + layout.COVARIANCE_OBSERVATIONS), 1);
});

for (const n of [1, 4, 7, 19]) {
  test(`covariance: commits of ${n} weights give the variance of a fresh product`, () => {
    const block = openCovariance(n, 0.94);
    const { kernels } = block.arena;
    for (let k = 0; k < 30; k += 1) block.update(normals(n, `m${k}`));
    block.setWeights(normals(n, 'w'));
    kernels.covarianceRefresh(block.at);
    for (let k = 0; k < n; k += 1) {
      const committed = kernels.covarianceCommit(block.at, k, 0.5 + k);
      const sigma = block.sigma();
      const fresh = kernels.covarianceRefresh(block.at);
      near(committed, fresh, 1e-12 * Math.abs(fresh));
      block.sigma().forEach((value, j) => {
        near(sigma[j]!, value, 1e-12);
      });
    }
  });
}

test('covariance: update, refresh and commit write their own columns and nothing else', () => {
  for (const n of [1, 9, 16]) {
    const block = openCovariance(n, 0.94);
    const { arena } = block;
    block.setWeights(normals(n, 'own'));
    const changed = (work: () => void): readonly number[] => {
      const before = arena.numbers.slice();
      work();
      const first = (block.at + layout.COVARIANCE_WEIGHTS) / 8;
      const places = [...arena.numbers.keys()].filter((k) => arena.numbers[k] !== before[k]);
      return [
        ...new Set(places.map((k) => Math.max(-1, Math.min(3, Math.floor((k - first) / n))))),
      ];
    };
    const returnsAt = arena.take(8 * n);
    arena.numbers.set(normals(n, 'returns'), returnsAt / 8);
    const { kernels } = arena;
    // -1: the count; 0 weights, 1 sigmaW, 2 last marks, 3 the matrix and whatever lies behind it
    const update = changed(() => kernels.covarianceUpdate(block.at, returnsAt));
    assert.deepEqual(update, [-1, 3]);
    const behind = (block.at + layout.COVARIANCE_WEIGHTS) / 8 + 3 * n + n * n;
    assert.ok(arena.numbers.subarray(behind, returnsAt / 8).every((value) => value === 0));
    assert.deepEqual(
      changed(() => kernels.covarianceRefresh(block.at)),
      [1],
    );
    assert.deepEqual(
      changed(() => kernels.covarianceCommit(block.at, n - 1, 2)),
      [0, 1],
    );
  }
});

test('covariance: a commit outside the matrix or of NaN changes nothing and gives NaN', () => {
  const block = openCovariance(3, 0.94);
  block.setWeights([1, 2, 3]);
  const { kernels } = block.arena;
  assert.equal(kernels.covarianceCommit(block.at, 3, 1), Number.NaN);
  assert.equal(kernels.covarianceCommit(block.at, 0, Number.NaN), Number.NaN);
  assert.deepEqual(block.weights(), [1, 2, 3]);
  assert.deepEqual(block.sigma(), [0, 0, 0]);
});

test('covariance: 997 recorded days give the golden EWMA matrix', { skip }, () => {
  const golden = JSON.parse(readFileSync(GOLDEN!, 'utf8'));
  const lines = gunzipSync(readFileSync(RETURNS!)).toString('utf8').trim().split('\n').slice(1);
  const rows = lines.map((line) => line.split(',').slice(1).map(Number));
  const [first, ...rest] = rows;
  assert.ok(first !== undefined && rows.length === 997);
  const n = first.length;
  const block = openCovariance(n, 0.94);
  block.setMatrix(first.flatMap((a) => first.map((b) => a * b))); // the golden seed: S_0 = r_0 r_0'
  for (const row of rest) block.update(row);
  const wanted: number[] = golden.full.ewma_recursive_seed_first.flat();
  const got = block.matrix();
  assert.equal(wanted.length, n * n);
  wanted.forEach((value, k) => {
    const scale = Math.sqrt(wanted[Math.floor(k / n) * (n + 1)]! * wanted[(k % n) * (n + 1)]!);
    near(got[k]!, value, 1e-10 * scale, `entry ${k}`);
  });
});

test('statistics: sum and variance of odd, even and tiny inputs', () => {
  const arena = createArena(1 << 16);
  const at = arena.take(8 * 64);
  for (const n of [0, 1, 2, 3, 8, 63]) {
    const values = normals(n, `v${n}`);
    arena.numbers.set(values, at / 8);
    const total = values.reduce((a, b) => a + b, 0);
    near(arena.kernels.sum(at, n), total, 1e-12);
    const variance = arena.kernels.variance(at, n);
    if (n < 2) assert.equal(variance, Number.NaN);
    else {
      const mean = total / n;
      near(variance, values.reduce((s, v) => s + (v - mean) ** 2, 0) / (n - 1), 1e-12);
    }
  }
});

test('statistics: select finds every rank of values with ties, sorted and reversed', () => {
  const arena = createArena(1 << 16);
  const at = arena.take(8 * 128);
  const random = createRandom('select');
  const ties = Array.from({ length: 101 }, () => random.integer(20));
  const sorted = ties.toSorted((a, b) => a - b);
  const inputs = [ties, sorted, sorted.toReversed(), new Array<number>(101).fill(3)];
  for (const values of inputs) {
    const wanted = values.toSorted((a, b) => a - b);
    for (let k = 0; k < values.length; k += 1) {
      arena.numbers.set(values, at / 8);
      assert.equal(arena.kernels.selectNth(at, values.length, k), wanted[k]);
    }
    const left = Array.from(arena.numbers.subarray(at / 8, at / 8 + values.length));
    assert.deepEqual(
      left.toSorted((a, b) => a - b),
      wanted,
      'no value is lost',
    );
  }
});

test('statistics: select of a rank that is not there is NaN, and NaN among values ends', () => {
  const arena = createArena(1 << 16);
  const at = arena.take(8 * 16);
  assert.equal(arena.kernels.selectNth(at, 0, 0), Number.NaN);
  assert.equal(arena.kernels.selectNth(at, 3, 3), Number.NaN);
  for (let hole = 0; hole < 7; hole += 1) {
    const values = [5, 1, 4, 2, 3, 7, 6].map((v, k) => (k === hole ? Number.NaN : v));
    arena.numbers.set(values, at / 8);
    arena.writeF64(at + 7 * 8, 99); // a sentinel behind the values: must not be reached
    const got = arena.kernels.selectNth(at, 7, 3);
    assert.ok(Number.isNaN(got) || values.includes(got));
    assert.equal(arena.readF64(at + 7 * 8), 99);
  }
});

// Owns the proof of the dense kernels against naive TypeScript: scenario P&L, Gram, Cholesky.
// Promise: odd and even sizes, one asset, one row; nothing outside the output is written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../../engine/core/random.ts';
import { type Arena, createArena } from './arena.ts';

interface Market {
  readonly arena: Arena;
  readonly n: number;
  readonly rows: number;
  readonly columns: readonly Float64Array[];
  readonly at: number;
  readonly stride: number;
}

const GUARD = 0.123456789; // lies around every output: must survive

/** Columns with a stride of 24 bytes more than they need. */
function openMarket(n: number, rows: number): Market {
  const stride = rows * 8 + 24;
  const arena = createArena(n * stride + 8 * n * n * 4 + 16 * rows + 65536);
  arena.numbers.fill(GUARD);
  const random = createRandom(`${n} x ${rows}`);
  const columns = Array.from({ length: n }, () =>
    Float64Array.from({ length: rows }, random.normal),
  );
  const at = arena.take(n * stride);
  columns.forEach((column, j) => {
    arena.numbers.set(column, (at + j * stride) / 8);
  });
  return { arena, n, rows, columns, at, stride };
}

const place = ({ arena }: Market, values: Float64Array): number => {
  const at = arena.take(values.byteLength + 64);
  arena.numbers.set(values, at / 8);
  return at;
};

/** Runs `work` on an output of `count`, then asserts that nothing else in the memory changed. */
function onlyWrites({ arena }: Market, count: number, work: (out: number) => void): Float64Array {
  const out = arena.take(count * 8 + 128) + 64;
  const before = arena.numbers.slice();
  work(out);
  arena.numbers.forEach((value, k) => {
    const isOutside = k < out / 8 || k >= out / 8 + count;
    if (isOutside && !Object.is(value, before[k])) assert.fail(`wrote at ${k - out / 8}`);
  });
  return arena.numbers.slice(out / 8, out / 8 + count);
}

const SIZES = [
  [1, 1],
  [1, 7],
  [3, 1],
  [2, 2],
  [8, 5],
  [9, 64],
  [17, 33],
  [31, 1025], // one row more than a block of the kernel
] as const;

for (const [n, rows] of SIZES) {
  test(`scenario P&L: ${n} columns of ${rows} equal plain sums to the bit`, () => {
    const market = openMarket(n, rows);
    const weights = Float64Array.from({ length: n }, createRandom('w').normal);
    const at = place(market, weights);
    const { kernels } = market.arena;
    const got = onlyWrites(market, rows, (out) => {
      kernels.scenarioPnl(market.at, market.stride, at, n, rows, out);
    });
    got.forEach((value, t) => {
      let wanted = 0;
      for (let j = 0; j < n; j += 1) wanted += weights[j]! * market.columns[j]![t]!;
      assert.equal(value, wanted, `scenario ${t}`);
    });
  });

  test(`gram: ${n} columns of ${rows}, plain and weighted, symmetric to the bit`, () => {
    const market = openMarket(n, rows);
    const weights = Float64Array.from({ length: rows }, createRandom('v').uniform);
    const weightsAt = place(market, weights);
    for (const rowWeights of [0, weightsAt]) {
      const got = onlyWrites(market, n * n, (out) => {
        market.arena.kernels.gram(market.at, market.stride, n, rows, rowWeights, out);
      });
      got.forEach((value, k) => {
        const [a, b] = [market.columns[Math.floor(k / n)]!, market.columns[k % n]!];
        let wanted = 0;
        let scale = 0;
        for (let t = 0; t < rows; t += 1) {
          const product = a[t]! * b[t]! * (rowWeights === 0 ? 1 : weights[t]!);
          wanted += product;
          scale += Math.abs(product);
        }
        assert.ok(Math.abs(value - wanted) <= 1e-14 * scale, `${k}: ${value}, wanted ${wanted}`);
        assert.equal(value, got[(k % n) * n + Math.floor(k / n)]);
      });
    }
  });
}

test('scenario P&L: a return that is not finite shows in its scenario, weight or not', () => {
  const market = openMarket(9, 4);
  market.arena.numbers[market.at / 8 + 2] = Number.NaN;
  const weights = place(market, new Float64Array(9));
  const out = market.arena.take(64);
  market.arena.kernels.scenarioPnl(market.at, market.stride, weights, 9, 4, out);
  const got = market.arena.numbers.slice(out / 8, out / 8 + 4);
  assert.deepEqual(got, Float64Array.of(0, 0, Number.NaN, 0));
});

for (const n of [1, 2, 5, 8, 13, 40]) {
  test(`cholesky: the factor of a ${n} x ${n} covariance is lower and multiplies back`, () => {
    const market = openMarket(n, 3 * n + 2);
    const { kernels } = market.arena;
    const gram = onlyWrites(market, n * n, (out) => {
      kernels.gram(market.at, market.stride, n, market.rows, 0, out);
    });
    const at = place(market, gram);
    let answer = -1;
    const lower = onlyWrites(market, n * n, (out) => {
      answer = kernels.cholesky(at, n, out);
    });
    assert.equal(answer, 1);
    gram.forEach((wanted, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      if (j > i) assert.equal(lower[k], 0);
      let product = 0;
      for (let m = 0; m < n; m += 1) product += lower[i * n + m]! * lower[j * n + m]!;
      const scale = Math.sqrt(gram[i * (n + 1)]! * gram[j * (n + 1)]!);
      assert.ok(Math.abs(product - wanted) <= 1e-14 * n * scale, `${i},${j}`);
    });
    assert.equal(kernels.cholesky(at, n, at), 1, 'in place');
    assert.deepEqual(market.arena.numbers.slice(at / 8, at / 8 + n * n), lower);
  });
}

test('cholesky: singular, indefinite and NaN matrices are refused', () => {
  const market = openMarket(2, 1);
  const out = market.arena.take(64);
  const answerOf = (...matrix: number[]): number =>
    market.arena.kernels.cholesky(place(market, Float64Array.from(matrix)), 2, out);
  assert.equal(answerOf(4, 2, 2, 2), 1);
  assert.equal(answerOf(4, 2, 2, 1), 0);
  assert.equal(answerOf(1, 2, 2, 1), 0);
  assert.equal(answerOf(0, 0, 0, 1), 0);
  assert.equal(answerOf(1, Number.NaN, Number.NaN, 1), 0);
  assert.equal(answerOf(Number.NaN, 0, 0, 1), 0);
});

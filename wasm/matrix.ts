// Owns dense products over columns of returns: scenario P&L, Gram matrix, Cholesky factor.
// Promise: sums run in the order said at each kernel, so plain TypeScript gives the same bits.

// Scenarios a block of the output holds: 8 KB of it stay in the first-level cache while every
// column passes once.
const BLOCK: u32 = 1024;

/**
 * out[t] = sum over j of w_j R_j[t], added with j ascending from 0: the P&L of `rows` scenarios.
 * `columns`: n columns of f64, column j at columns + j * stride bytes; `weights`: n f64. A value
 * that is not finite makes its scenario not finite, whatever its weight.
 */
export function scenarioPnl(
  columns: u32,
  stride: u32,
  weights: u32,
  n: u32,
  rows: u32,
  out: u32,
): void {
  memory.fill(out, 0, rows * 8);
  for (let from: u32 = 0; from < rows; from += BLOCK) {
    const count = min(BLOCK, rows - from);
    let column = columns + from * 8;
    let j: u32 = 0;
    for (; j + 8 <= n; j += 8) {
      addEight(column, stride, weights + j * 8, count, out + from * 8);
      column += 8 * stride;
    }
    for (; j < n; j++) {
      addScaled(column, load<f64>(weights + j * 8), count, out + from * 8);
      column += stride;
    }
  }
}

/**
 * out[i n + j] = sum over t of (x_i[t] x_j[t]) v[t]: n x n, row-major, symmetric to the bit.
 * Columns as in scenarioPnl; `rowWeights`: `rows` f64, or 0 for weights of 1. Even and odd rows
 * are added apart, then together.
 */
export function gram(
  columns: u32,
  stride: u32,
  n: u32,
  rows: u32,
  rowWeights: u32,
  out: u32,
): void {
  for (let i: u32 = 0; i < n; i++) {
    const left = columns + i * stride;
    for (let j: u32 = 0; j <= i; j++) {
      const right = columns + j * stride;
      const value = rowWeights
        ? dotWeighted(left, right, rowWeights, rows)
        : dot(left, right, rows);
      store<f64>(out + (i * n + j) * 8, value);
      store<f64>(out + (j * n + i) * 8, value);
    }
  }
}

/**
 * Lower L with L L' = matrix (n x n, row-major; its lower triangle is read), the rest of `out` 0;
 * Cholesky-Banachiewicz, row by row. 1, or 0 when a pivot is not above 0: then `out` is
 * unfinished. `out` may be `matrix`.
 */
export function cholesky(matrix: u32, n: u32, out: u32): u32 {
  for (let i: u32 = 0; i < n; i++) {
    const row = out + i * n * 8;
    for (let j: u32 = 0; j < i; j++) {
      const other = out + j * n * 8;
      const rest = load<f64>(matrix + (i * n + j) * 8) - dot(row, other, j);
      store<f64>(row + j * 8, rest / load<f64>(other + j * 8));
    }
    const pivot = load<f64>(matrix + (i * n + i) * 8) - dot(row, row, i);
    if (!(pivot > 0)) return 0;
    store<f64>(row + i * 8, sqrt(pivot));
    memory.fill(row + (i + 1) * 8, 0, (n - i - 1) * 8);
  }
  return 1;
}

/**
 * Sum of a_k b_k over n f64: places k mod 8 apart while eight are left (lane l and l + 2, l + 4,
 * l + 6 then meet in pairs), the last ones one by one.
 */
export function dot(a: u32, b: u32, n: u32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  const end = a + (n & ~7) * 8;
  const last = a + n * 8;
  while (a < end) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(a), v128.load(b)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f64x2.add(s3, f64x2.mul(v128.load(a, 48), v128.load(b, 48)));
    a += 64;
    b += 64;
  }
  const lanes = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let total = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  for (; a < last; a += 8, b += 8) total += load<f64>(a) * load<f64>(b);
  return total;
}

function dotWeighted(a: u32, b: u32, weights: u32, n: u32): f64 {
  let lanes = f64x2.splat(0);
  let k: u32 = 0;
  for (; k + 2 <= n; k += 2) {
    const product = f64x2.mul(v128.load(a + k * 8), v128.load(b + k * 8));
    lanes = f64x2.add(lanes, f64x2.mul(product, v128.load(weights + k * 8)));
  }
  const total = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  if (k >= n) return total;
  return total + load<f64>(a + k * 8) * load<f64>(b + k * 8) * load<f64>(weights + k * 8);
}

// Eight columns a pass over the block: the output is read and written an eighth as often.
function addEight(column: u32, stride: u32, weights: u32, count: u32, out: u32): void {
  const w0 = v128.load64_splat(weights);
  const w1 = v128.load64_splat(weights, 8);
  const w2 = v128.load64_splat(weights, 16);
  const w3 = v128.load64_splat(weights, 24);
  const w4 = v128.load64_splat(weights, 32);
  const w5 = v128.load64_splat(weights, 40);
  const w6 = v128.load64_splat(weights, 48);
  const w7 = v128.load64_splat(weights, 56);
  let at = column;
  let target = out;
  const end = out + (count & ~1) * 8;
  while (target < end) {
    let total = v128.load(target);
    let from = at;
    total = f64x2.add(total, f64x2.mul(w0, v128.load(from)));
    total = f64x2.add(total, f64x2.mul(w1, v128.load((from += stride))));
    total = f64x2.add(total, f64x2.mul(w2, v128.load((from += stride))));
    total = f64x2.add(total, f64x2.mul(w3, v128.load((from += stride))));
    total = f64x2.add(total, f64x2.mul(w4, v128.load((from += stride))));
    total = f64x2.add(total, f64x2.mul(w5, v128.load((from += stride))));
    total = f64x2.add(total, f64x2.mul(w6, v128.load((from += stride))));
    total = f64x2.add(total, f64x2.mul(w7, v128.load((from += stride))));
    v128.store(target, total);
    at += 16;
    target += 16;
  }
  if (!(count & 1)) return;
  let last = load<f64>(target);
  for (let j: u32 = 0; j < 8; j++) {
    last += load<f64>(weights + j * 8) * load<f64>(at + j * stride);
  }
  store<f64>(target, last);
}

function addScaled(column: u32, weight: f64, count: u32, out: u32): void {
  const factor = f64x2.splat(weight);
  let k: u32 = 0;
  for (; k + 2 <= count; k += 2) {
    const product = f64x2.mul(factor, v128.load(column + k * 8));
    v128.store(out + k * 8, f64x2.add(v128.load(out + k * 8), product));
  }
  if (k < count) {
    store<f64>(out + k * 8, load<f64>(out + k * 8) + weight * load<f64>(column + k * 8));
  }
}

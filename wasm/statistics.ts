// Owns the EWMA covariance of returns, its product with the weights, and plain statistics.
// Promise: the matrix stays symmetric to the bit; a number that is not finite never enters it.
import {
  COVARIANCE_LAMBDA,
  COVARIANCE_N,
  COVARIANCE_OBSERVATIONS,
  COVARIANCE_WEIGHTS,
} from './layout';
import { dot } from './matrix';

/**
 * S = lambda S + (1 - lambda) r r' (RiskMetrics Technical Document 1996, chapter 5), r of n f64
 * with zero mean. A return whose square is not finite leaves matrix and count as they were.
 */
export function covarianceUpdate(covariance: u32, returns: u32): void {
  const n = load<u32>(covariance, COVARIANCE_N);
  for (let i: u32 = 0; i < n; i++) {
    const value = load<f64>(returns + i * 8);
    if (!isFinite(value * value)) return;
  }
  const lambda = load<f64>(covariance, COVARIANCE_LAMBDA);
  const root = sqrt(1 - lambda);
  const stride = n * 8;
  let row = matrixOf(covariance, n);
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) {
    mixFourRows(row, returns, n, lambda, root, returns + i * 8);
    row += 4 * stride;
  }
  for (; i < n; i++) {
    mixRow(row, returns, n, lambda, root, root * load<f64>(returns + i * 8));
    row += stride;
  }
  const observations = load<f64>(covariance, COVARIANCE_OBSERVATIONS) + 1;
  store<f64>(covariance, observations, COVARIANCE_OBSERVATIONS);
}

/** Recomputes sigmaW = S w from scratch (rounding of the commits leaves it); returns w' S w. */
export function covarianceRefresh(covariance: u32): f64 {
  const n = load<u32>(covariance, COVARIANCE_N);
  const weights = covariance + COVARIANCE_WEIGHTS;
  const sigma = weights + n * 8;
  const matrix = matrixOf(covariance, n);
  for (let i: u32 = 0; i < n; i++) {
    store<f64>(sigma + i * 8, dot(matrix + i * n * 8, weights, n));
  }
  return dot(weights, sigma, n);
}

/**
 * w_index += delta (base currency), sigmaW += delta S_index; returns the new w' S w.
 * An index outside the matrix, or a delta that is not finite, changes nothing and returns NaN.
 */
export function covarianceCommit(covariance: u32, index: u32, delta: f64): f64 {
  const n = load<u32>(covariance, COVARIANCE_N);
  if (index >= n || !isFinite(delta)) return NaN;
  const weights = covariance + COVARIANCE_WEIGHTS;
  const sigma = weights + n * 8;
  const row = matrixOf(covariance, n) + index * n * 8;
  store<f64>(weights + index * 8, load<f64>(weights + index * 8) + delta);
  const factor = f64x2.splat(delta);
  let j: u32 = 0;
  for (; j + 2 <= n; j += 2) {
    const at = sigma + j * 8;
    v128.store(at, f64x2.add(v128.load(at), f64x2.mul(factor, v128.load(row + j * 8))));
  }
  if (j < n) {
    const at = sigma + j * 8;
    store<f64>(at, load<f64>(at) + delta * load<f64>(row + j * 8));
  }
  return dot(weights, sigma, n);
}

/** Sum of n f64, even and odd places apart, then together. */
export function sum(values: u32, n: u32): f64 {
  let lanes = f64x2.splat(0);
  let k: u32 = 0;
  for (; k + 2 <= n; k += 2) lanes = f64x2.add(lanes, v128.load(values + k * 8));
  const total = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  return k < n ? total + load<f64>(values + k * 8) : total;
}

/** Sample variance (ddof 1) in two passes; NaN for fewer than two values. */
export function variance(values: u32, n: u32): f64 {
  if (n < 2) return NaN;
  const mean = sum(values, n) / f64(n);
  let squares: f64 = 0;
  for (let k: u32 = 0; k < n; k++) {
    const deviation = load<f64>(values + k * 8) - mean;
    squares += deviation * deviation;
  }
  return squares / f64(n - 1);
}

/**
 * k-th smallest (0-based) of n f64 by Hoare's FIND (1961), median of three as pivot; reorders the
 * values. NaN when k is outside; where values are NaN the answer is one of the values.
 */
export function selectNth(values: u32, n: u32, k: u32): f64 {
  if (k >= n) return NaN;
  let left: i32 = 0;
  let right: i32 = i32(n) - 1;
  while (left < right) {
    const pivot = medianOfThree(values, left, right);
    let i = left;
    let j = right;
    while (i <= j) {
      while (at(values, i) < pivot) i++;
      while (pivot < at(values, j)) j--;
      if (i > j) break;
      swap(values, i, j);
      i++;
      j--;
    }
    if (i32(k) <= j) right = j;
    else if (i32(k) >= i) left = i;
    else break;
  }
  return at(values, i32(k));
}

function matrixOf(covariance: u32, n: u32): u32 {
  return covariance + COVARIANCE_WEIGHTS + 3 * n * 8;
}

// With u = sqrt(1 - lambda) r the new part is u_i u_j: that product commutes to the bit, so the
// matrix stays symmetric, and it costs two multiplications an entry, which bind this loop. Four
// rows a pass share each u_j.
function mixFourRows(row: u32, returns: u32, n: u32, lambda: f64, root: f64, own: u32): void {
  const stride = n * 8;
  const keep = f64x2.splat(lambda);
  const scale = f64x2.splat(root);
  const u0 = f64x2.mul(scale, v128.load64_splat(own));
  const u1 = f64x2.mul(scale, v128.load64_splat(own, 8));
  const u2 = f64x2.mul(scale, v128.load64_splat(own, 16));
  const u3 = f64x2.mul(scale, v128.load64_splat(own, 24));
  let from = returns;
  const end = returns + (n & ~1) * 8;
  for (let to = row; from < end; from += 16, to += 16) {
    const u = f64x2.mul(scale, v128.load(from));
    const second = to + stride;
    const third = second + stride;
    const fourth = third + stride;
    v128.store(to, f64x2.add(f64x2.mul(keep, v128.load(to)), f64x2.mul(u0, u)));
    v128.store(second, f64x2.add(f64x2.mul(keep, v128.load(second)), f64x2.mul(u1, u)));
    v128.store(third, f64x2.add(f64x2.mul(keep, v128.load(third)), f64x2.mul(u2, u)));
    v128.store(fourth, f64x2.add(f64x2.mul(keep, v128.load(fourth)), f64x2.mul(u3, u)));
  }
  if (!(n & 1)) return;
  const u = root * load<f64>(end);
  for (let k: u32 = 0; k < 4; k++) {
    const last = row + (k + 1) * stride - 8;
    store<f64>(last, lambda * load<f64>(last) + root * load<f64>(own + k * 8) * u);
  }
}

function mixRow(row: u32, returns: u32, n: u32, lambda: f64, root: f64, own: f64): void {
  for (let j: u32 = 0; j < n; j++) {
    const at = row + j * 8;
    store<f64>(at, lambda * load<f64>(at) + own * (root * load<f64>(returns + j * 8)));
  }
}

function at(values: u32, index: i32): f64 {
  return load<f64>(values + <u32>index * 8);
}

function swap(values: u32, i: i32, j: i32): void {
  const kept = at(values, i);
  store<f64>(values + <u32>i * 8, at(values, j));
  store<f64>(values + <u32>j * 8, kept);
}

function medianOfThree(values: u32, left: i32, right: i32): f64 {
  const a = at(values, left);
  const b = at(values, left + ((right - left) >> 1));
  const c = at(values, right);
  return max(min(a, b), min(max(a, b), c));
}

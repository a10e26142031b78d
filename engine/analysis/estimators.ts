// Owns estimators of covariance and correlation over columns of returns.
// Promise: each names its definition; the result is row-major, symmetric to the bit.
import { assert } from '../core/assert.ts';
import type { Block, Columns, MathSpace } from './math-space.ts';

export const EWMA_LAMBDA = 0.94; // RiskMetrics Technical Document 1996, chapter 5: daily data

/** Mean of every column, a fraction a row. */
export const columnMeans = (columns: readonly Float64Array[]): Float64Array =>
  Float64Array.from(columns, meanOf);

export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The columns less their means, in `space`; the caller's `within` gives the room back. */
export function takeDemeaned(space: MathSpace, columns: readonly Float64Array[]): Columns {
  const taken = space.takeColumns(columns);
  for (const view of taken.views) {
    const mean = meanOf(view);
    for (let t = 0; t < view.length; t += 1) view[t] = (view[t] ?? Number.NaN) - mean;
  }
  return taken;
}

/** n x n sums of x_i x_j over the rows, or of v_t x_i x_j with `rowWeights` v. */
export function productSums(space: MathSpace, columns: Columns, rowWeights?: Block): Float64Array {
  const { at, stride, count, rows } = columns;
  return space.within(() => {
    const out = space.take(count * count);
    space.kernels.gram(at, stride, count, rows, rowWeights?.at ?? 0, out.at);
    return out.view.slice();
  });
}

/** Covariance about the means, divided by T - ddof: ddof 1 the sample, 0 the population. */
export function sampleCovariance(
  space: MathSpace,
  columns: readonly Float64Array[],
  ddof: 0 | 1,
): Float64Array {
  return space.within(() => {
    const demeaned = takeDemeaned(space, columns);
    return productSums(space, demeaned).map((sum) => sum / (demeaned.rows - ddof));
  });
}

/**
 * sum_t w_t r_t r_t', w_t = lambda^(T-1-t) / sum_s lambda^(T-1-s), zero mean (RiskMetrics
 * Technical Document 1996, chapter 5): all weight is on the rows there are.
 */
export function ewmaNormalised(
  space: MathSpace,
  columns: readonly Float64Array[],
  lambda: number,
): Float64Array {
  return space.within(() => {
    const taken = space.takeColumns(columns);
    const weights = space.take(taken.rows);
    const total = fillDecay(weights.view, lambda, 1);
    return productSums(space, taken, weights).map((sum) => sum / total);
  });
}

/**
 * S_0 = r_0 r_0', S_t = lambda S_(t-1) + (1 - lambda) r_t r_t', zero mean: S after the last row.
 * Unrolled, the weight of row t is (1 - lambda) lambda^(T-1-t), and lambda^(T-1) for row 0.
 */
export function ewmaRecursive(
  space: MathSpace,
  columns: readonly Float64Array[],
  lambda: number,
): Float64Array {
  return space.within(() => {
    const taken = space.takeColumns(columns);
    const weights = space.take(taken.rows);
    fillDecay(weights.view, lambda, 1 - lambda);
    if (taken.rows > 0) weights.view[0] = lambda ** (taken.rows - 1);
    return productSums(space, taken, weights);
  });
}

/** scale lambda^age into `weights`, age 0 last; the sum of all. */
function fillDecay(weights: Float64Array, lambda: number, scale: number): number {
  assert(lambda > 0 && lambda < 1, 'ewma: lambda must lie between 0 and 1');
  let weight = scale;
  let total = 0;
  for (let t = weights.length - 1; t >= 0; t -= 1) {
    weights[t] = weight;
    total += weight;
    weight *= lambda;
  }
  return total;
}

/**
 * s_ij / sqrt(s_ii s_jj), the diagonal 1; NaN in the row and column of an asset that never moved.
 */
export function correlationOf(covariance: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    const own = covariance[i * n + i] ?? Number.NaN;
    for (let j = 0; j <= i; j += 1) {
      const other = covariance[j * n + j] ?? Number.NaN;
      const scale = own > 0 && other > 0 ? Math.sqrt(own) * Math.sqrt(other) : Number.NaN;
      const value = (covariance[i * n + j] ?? Number.NaN) / scale;
      const bounded = Math.min(1, Math.max(-1, i === j && scale > 0 ? 1 : value));
      out[i * n + j] = bounded;
      out[j * n + i] = bounded;
    }
  }
  return out;
}

/** Spearman's rank correlation: Pearson's of the ranks, ties sharing their average rank. */
export const spearman = (space: MathSpace, columns: readonly Float64Array[]): Float64Array =>
  correlationOf(sampleCovariance(space, columns.map(averageRanks), 0), columns.length);

/** Rank of each value, 1 the smallest; equal values get the mean of the ranks they take up. */
export function averageRanks(values: Float64Array): Float64Array {
  const order = Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    const value = values[order[from] ?? 0];
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === value) to += 1;
    for (let k = from; k < to; k += 1) ranks[order[k] ?? 0] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

// Owns the covariance and select kernels in plain TypeScript, their rivals in the benchmark.
// Promise: the same sums in the same order: equal to the bit.

export interface PlainCovariance {
  readonly n: number;
  readonly lambda: number;
  readonly weights: Float64Array;
  readonly sigma: Float64Array;
  readonly matrix: Float64Array;
}

export const createPlainCovariance = (n: number, lambda: number): PlainCovariance => ({
  n,
  lambda,
  weights: new Float64Array(n),
  sigma: new Float64Array(n),
  matrix: new Float64Array(n * n),
});

export function updatePlain(block: PlainCovariance, returns: Float64Array, at: number): void {
  const { n, lambda, matrix } = block;
  const root = Math.sqrt(1 - lambda);
  for (let i = 0; i < n; i += 1) {
    const own = root * (returns[at + i] ?? 0);
    const row = i * n;
    for (let j = 0; j < n; j += 1) {
      matrix[row + j] = lambda * (matrix[row + j] ?? 0) + own * (root * (returns[at + j] ?? 0));
    }
  }
}

export function commitPlain(block: PlainCovariance, index: number, delta: number): number {
  const { n, weights, sigma, matrix } = block;
  weights[index] = (weights[index] ?? 0) + delta;
  const row = index * n;
  for (let j = 0; j < n; j += 1) sigma[j] = (sigma[j] ?? 0) + delta * (matrix[row + j] ?? 0);
  return dotPlain(weights, sigma);
}

/** As the kernel adds: places k mod 8 apart, met in pairs, the last ones one by one. */
function dotPlain(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
  let k = 0;
  for (; k + 8 <= a.length; k += 8) {
    s0 += (a[k] ?? 0) * (b[k] ?? 0);
    s1 += (a[k + 1] ?? 0) * (b[k + 1] ?? 0);
    s2 += (a[k + 2] ?? 0) * (b[k + 2] ?? 0);
    s3 += (a[k + 3] ?? 0) * (b[k + 3] ?? 0);
    s4 += (a[k + 4] ?? 0) * (b[k + 4] ?? 0);
    s5 += (a[k + 5] ?? 0) * (b[k + 5] ?? 0);
    s6 += (a[k + 6] ?? 0) * (b[k + 6] ?? 0);
    s7 += (a[k + 7] ?? 0) * (b[k + 7] ?? 0);
  }
  let total = s0 + s2 + (s4 + s6) + (s1 + s3 + (s5 + s7));
  for (; k < a.length; k += 1) total += (a[k] ?? 0) * (b[k] ?? 0);
  return total;
}

/** out[t] = sum_j w_j R_j[t], eight columns a pass as the kernel takes them. */
export function scenarioPnlPlain(
  columns: readonly Float64Array[],
  weights: Float64Array,
  out: Float64Array,
): void {
  out.fill(0);
  let j = 0;
  for (; j + 8 <= columns.length; j += 8) addEight(columns.slice(j, j + 8), weights, j, out);
  for (; j < columns.length; j += 1) {
    const column = columns[j] ?? out;
    const weight = weights[j] ?? 0;
    for (let t = 0; t < out.length; t += 1) out[t] = (out[t] ?? 0) + weight * (column[t] ?? 0);
  }
}

function addEight(
  columns: readonly Float64Array[],
  weights: Float64Array,
  from: number,
  out: Float64Array,
): void {
  const [c0 = out, c1 = out, c2 = out, c3 = out, c4 = out, c5 = out, c6 = out, c7 = out] = columns;
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0] = weights.subarray(from);
  for (let t = 0; t < out.length; t += 1) {
    let total = (out[t] ?? 0) + w0 * (c0[t] ?? 0);
    total += w1 * (c1[t] ?? 0);
    total += w2 * (c2[t] ?? 0);
    total += w3 * (c3[t] ?? 0);
    total += w4 * (c4[t] ?? 0);
    total += w5 * (c5[t] ?? 0);
    total += w6 * (c6[t] ?? 0);
    total += w7 * (c7[t] ?? 0);
    out[t] = total;
  }
}

/** k-th smallest of all values, reordering them (Hoare 1961). */
export function selectPlain(values: Float64Array, k: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const a = values[left] ?? 0;
    const b = values[left + ((right - left) >> 1)] ?? 0;
    const c = values[right] ?? 0;
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i += 1;
      while (pivot < (values[j] ?? 0)) j -= 1;
      if (i > j) break;
      const kept = values[i] ?? 0;
      values[i] = values[j] ?? 0;
      values[j] = kept;
      i += 1;
      j -= 1;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k] ?? Number.NaN;
}

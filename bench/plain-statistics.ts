// Owns the covariance and select kernels in plain TypeScript, their rivals in the benchmark.
// Promise: the same sums in the same order (even and odd places apart): equal to the bit.

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
  const fresh = 1 - lambda;
  for (let i = 0; i < n; i += 1) {
    const own = returns[at + i] ?? 0;
    const row = i * n;
    for (let j = 0; j < n; j += 1) {
      matrix[row + j] = lambda * (matrix[row + j] ?? 0) + fresh * (own * (returns[at + j] ?? 0));
    }
  }
}

export function commitPlain(block: PlainCovariance, index: number, delta: number): number {
  const { n, weights, sigma, matrix } = block;
  weights[index] = (weights[index] ?? 0) + delta;
  const row = index * n;
  for (let j = 0; j < n; j += 1) sigma[j] = (sigma[j] ?? 0) + delta * (matrix[row + j] ?? 0);
  let even = 0;
  let odd = 0;
  for (let j = 0; j + 1 < n; j += 2) {
    even += (weights[j] ?? 0) * (sigma[j] ?? 0);
    odd += (weights[j + 1] ?? 0) * (sigma[j + 1] ?? 0);
  }
  const total = even + odd;
  return n % 2 === 0 ? total : total + (weights[n - 1] ?? 0) * (sigma[n - 1] ?? 0);
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

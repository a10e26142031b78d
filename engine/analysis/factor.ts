// Owns the triangular factor of a covariance, definite or only semidefinite.
// Promise: L L' is the matrix to rounding, or there is no factor at all.
import type { MathSpace } from './math-space.ts';

// A pivot within this part of its own variance is rounding: the asset moves with those before it.
const PIVOT_TOLERANCE = 1e-12;

/** Lower L with L L' = covariance (n x n, row-major), or null where that is no covariance. */
export function factorise(
  space: MathSpace,
  covariance: Float64Array,
  n: number,
): Float64Array | null {
  const definite = space.within(() => {
    const block = space.take(n * n);
    block.view.set(covariance);
    return space.kernels.cholesky(block.at, n, block.at) === 1 ? block.view.slice() : null;
  });
  if (definite?.every(Number.isFinite)) return definite;
  return factoriseSemidefinite(covariance, n);
}

/**
 * Cholesky where columns of rounding-sized pivots are 0: fewer rows than assets, duplicates and
 * constant assets give such matrices (Higham, Accuracy and Stability of Numerical Algorithms,
 * section 10.3). Null when a pivot is negative beyond rounding or a number is not finite.
 */
function factoriseSemidefinite(covariance: Float64Array, n: number): Float64Array | null {
  const lower = new Float64Array(n * n);
  for (let j = 0; j < n; j += 1) {
    const variance = covariance[j * n + j] ?? Number.NaN;
    const slack = PIVOT_TOLERANCE * n * variance;
    const pivot = rest(covariance, lower, n, j, j);
    if (!(pivot >= -slack && Number.isFinite(variance))) return null;
    const root = pivot > slack ? Math.sqrt(pivot) : 0;
    lower[j * n + j] = root;
    for (let i = j + 1; i < n; i += 1) {
      const value = rest(covariance, lower, n, i, j);
      if (root > 0) lower[i * n + j] = value / root;
      const bound = Math.sqrt(slack * (covariance[i * n + i] ?? Number.NaN));
      if (root === 0 && !(Math.abs(value) <= bound)) return null;
    }
  }
  return lower;
}

function rest(matrix: Float64Array, lower: Float64Array, n: number, i: number, j: number): number {
  let value = matrix[i * n + j] ?? Number.NaN;
  for (let k = 0; k < j; k += 1) value -= (lower[i * n + k] ?? 0) * (lower[j * n + k] ?? 0);
  return value;
}

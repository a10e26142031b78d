// Owns eigenvalues of symmetric matrices, and what they say: condition number and rank.
// Promise: accurate to rounding of the largest; null where a condition number has no meaning.
import { assert } from '../core/assert.ts';

/** An eigenvalue within this part of the largest is rounding, and counts as 0. */
export const RANK_TOLERANCE = 1e-12;

export interface Conditioning {
  readonly condition: number | null; // largest / smallest eigenvalue; null when singular
  readonly rank: number;
  readonly eigenvalues: Float64Array; // ascending, rounding set to 0
}

/** Null when the matrix holds a number that is not finite. */
export function conditioningOf(matrix: Float64Array, n: number): Conditioning | null {
  if (!matrix.every(Number.isFinite)) return null;
  const eigenvalues = symmetricEigenvalues(matrix, n);
  const largest = Math.max(...eigenvalues.map(Math.abs), 0);
  const floor = RANK_TOLERANCE * largest;
  const clean = eigenvalues.map((value) => (Math.abs(value) <= floor ? 0 : value));
  const rank = clean.filter((value) => value !== 0).length;
  const smallest = clean[0] ?? 0;
  return { condition: smallest > 0 ? largest / smallest : null, rank, eigenvalues: clean };
}

/**
 * Ascending eigenvalues of a symmetric n x n matrix (its lower triangle is read): Householder's
 * reduction to tridiagonal form, then QL with implicit shifts (Wilkinson & Reinsch 1971, tred1
 * and imtql1; Golub & Van Loan, Matrix Computations, section 8.3).
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  assert(matrix.length === n * n, 'eigen: the matrix is not n x n');
  const { diagonal, below } = tridiagonalise(matrix.slice(), n);
  const rounding = Number.EPSILON * Math.max(0, ...diagonal.map(Math.abs), ...below.map(Math.abs));
  for (let l = 0; l < n; l += 1) deflate(diagonal, below, l, rounding);
  return diagonal.sort();
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly below: Float64Array; // below[i] couples i and i + 1; the last is 0
}

const at = (values: Float64Array, k: number): number => values[k] ?? Number.NaN;

/** Overwrites `a`. Row i is reflected onto its element i - 1, from the last row up. */
function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  const product = new Float64Array(n);
  for (let i = n - 1; i > 0; i -= 1) {
    const row = a.subarray(i * n, i * n + i); // the vector to reflect, and then the reflector
    const size = Math.hypot(...row);
    const head = at(row, i - 1);
    below[i - 1] = head > 0 ? -size : size;
    const half = size * size + Math.abs(head) * size; // v'v / 2
    if (half === 0) continue;
    row[i - 1] = head - at(below, i - 1);
    reflect(a, n, i, row, product, half);
  }
  for (let i = 0; i < n; i += 1) diagonal[i] = at(a, i * n + i);
  return { diagonal, below };
}

/** A = A - v q' - q v' on the leading i x i block: p = A v / half, q = p - (v'p / 2 half) v. */
function reflect(
  a: Float64Array,
  n: number,
  i: number,
  v: Float64Array,
  q: Float64Array,
  half: number,
): void {
  let overlap = 0;
  for (let j = 0; j < i; j += 1) {
    let sum = 0;
    for (let k = 0; k <= j; k += 1) sum += at(a, j * n + k) * at(v, k);
    for (let k = j + 1; k < i; k += 1) sum += at(a, k * n + j) * at(v, k);
    q[j] = sum / half;
    overlap += at(q, j) * at(v, j);
  }
  for (let j = 0; j < i; j += 1) q[j] = at(q, j) - (overlap / (2 * half)) * at(v, j);
  for (let j = 0; j < i; j += 1) {
    for (let k = 0; k <= j; k += 1) {
      a[j * n + k] = at(a, j * n + k) - at(v, j) * at(q, k) - at(q, j) * at(v, k);
    }
  }
}

const TURNS_MAX = 60; // two or three are usual

/**
 * QL turns until element `l` stands alone on the diagonal. `rounding`: a coupling this small is
 * none; where many eigenvalues are 0 the neighbours are no measure, they are rounding themselves.
 */
function deflate(d: Float64Array, e: Float64Array, l: number, rounding: number): void {
  for (let turn = 0; ; turn += 1) {
    let m = l;
    while (m < d.length - 1 && !isNegligible(d, e, m, rounding)) m += 1;
    if (m === l) return;
    assert(turn < TURNS_MAX, 'eigen: QL does not converge');
    turnOnce(d, e, l, m);
  }
}

function isNegligible(d: Float64Array, e: Float64Array, m: number, rounding: number): boolean {
  if (Math.abs(at(e, m)) <= rounding) return true;
  const scale = Math.abs(at(d, m)) + Math.abs(at(d, m + 1));
  return scale + Math.abs(at(e, m)) === scale;
}

/** One implicit QL turn on the block l..m. */
function turnOnce(d: Float64Array, e: Float64Array, l: number, m: number): void {
  const ratio = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
  const root = Math.hypot(ratio, 1);
  let g = at(d, m) - at(d, l) + at(e, l) / (ratio + (ratio < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = m - 1; i >= l; i -= 1) {
    const f = sine * at(e, i);
    const b = cosine * at(e, i);
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = at(d, i + 1) - shift;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = at(d, i + 1) - shift;
    const step = (at(d, i) - g) * sine + 2 * cosine * b;
    shift = sine * step;
    d[i + 1] = g + shift;
    g = cosine * step - b;
  }
  d[l] = at(d, l) - shift;
  e[l] = g;
  e[m] = 0;
}

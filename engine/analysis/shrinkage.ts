// Owns covariance shrinkage: Ledoit and Wolf towards constant correlation, and towards identity.
// Promise: demeaned, all moments divided by T; with two moving assets or more, never singular.
import { productSums, takeDemeaned } from './estimators.ts';
import type { MathSpace } from './math-space.ts';

export interface ConstantCorrelationShrinkage {
  readonly shrinkage: number; // weight of the target, 0..1
  readonly rbar: number; // mean off-diagonal correlation
  readonly pi: number; // sum of the asymptotic variances of sqrt(T) s_ij
  readonly rho: number; // sum of their asymptotic covariances with the target
  readonly gamma: number; // squared distance of sample and target
  readonly kappa: number; // (pi - rho) / gamma
  readonly cov: Float64Array; // n x n, row-major
}

export interface IdentityShrinkage {
  readonly shrinkage: number;
  readonly mu: number; // mean variance: the target is mu I
  readonly cov: Float64Array;
}

/** Sample S (ddof 0), and pi_ij = mean of (x_i x_j - s_ij)^2 over the T rows; x demeaned. */
interface Moments {
  readonly n: number;
  readonly rows: number;
  readonly sample: Float64Array;
  readonly spread: Float64Array; // pi_ij
  readonly cubes: Float64Array; // mean of x_i^3 x_j, row i
}

const ROUNDING = 1e-28; // squared, of doubles

const at = (matrix: Float64Array, index: number): number => matrix[index] ?? Number.NaN;

/**
 * Ledoit & Wolf (2004), Honey, I Shrunk the Sample Covariance Matrix, appendices A and B:
 * shrinkage = max(0, min(1, kappa / T)), cov = shrinkage F + (1 - shrinkage) S with
 * f_ij = rbar sqrt(s_ii s_jj), f_ii = s_ii. An asset that never moved makes every number NaN.
 */
export function ledoitWolfConstantCorrelation(
  space: MathSpace,
  columns: readonly Float64Array[],
): ConstantCorrelationShrinkage {
  const moments = takeMoments(space, columns);
  const { n, rows, sample } = moments;
  const rbar = meanCorrelation(sample, n);
  const target = new Float64Array(n * n);
  let gamma = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      const k = i * n + j;
      const scale = Math.sqrt(at(sample, i * n + i) * at(sample, j * n + j));
      target[k] = i === j ? at(sample, k) : rbar * scale;
      gamma += (at(target, k) - at(sample, k)) ** 2;
    }
  }
  let pi = 0;
  for (const value of moments.spread) pi += value;
  const rho = targetCovariance(moments, rbar);
  // One asset, or two, have no correlation to average: target and sample agree but for rounding.
  const isSame = gamma <= ROUNDING * squaredNorm(sample);
  const kappa = isSame ? 0 : (pi - rho) / gamma;
  const shrinkage = Math.max(0, Math.min(1, kappa / rows));
  return { shrinkage, rbar, pi, rho, gamma, kappa, cov: mix(target, sample, shrinkage) };
}

/**
 * Ledoit & Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices,
 * Journal of Multivariate Analysis 88, section 3: target mu I, shrinkage = b^2 / d^2.
 */
export function ledoitWolfIdentity(
  space: MathSpace,
  columns: readonly Float64Array[],
): IdentityShrinkage {
  const { n, rows, sample, spread } = takeMoments(space, columns);
  let mu = 0;
  for (let i = 0; i < n; i += 1) mu += at(sample, i * n + i) / n;
  const target = new Float64Array(n * n);
  let distance = 0;
  let noise = 0;
  for (let k = 0; k < n * n; k += 1) {
    target[k] = k % (n + 1) === 0 ? mu : 0;
    distance += (at(sample, k) - at(target, k)) ** 2;
    noise += at(spread, k) / rows;
  }
  const shrinkage = distance === 0 ? 0 : Math.min(noise, distance) / distance;
  return { shrinkage, mu, cov: mix(target, sample, shrinkage) };
}

function takeMoments(space: MathSpace, columns: readonly Float64Array[]): Moments {
  return space.within(() => {
    const demeaned = takeDemeaned(space, columns);
    const { rows, count: n, views } = demeaned;
    const sample = productSums(space, demeaned).map((sum) => sum / rows);
    const squares = space.takeColumns(views.map((view) => view.map((x) => x * x)));
    const fourth = productSums(space, squares).map((sum) => sum / rows);
    const spread = fourth.map((value, k) => value - at(sample, k) ** 2);
    const weights = space.take(rows);
    const cubes = new Float64Array(n * n);
    views.forEach((view, i) => {
      view.forEach((x, t) => {
        weights.view[t] = x ** 3 / rows;
      });
      const out = cubes.subarray(i * n, (i + 1) * n);
      views.forEach((other, j) => {
        out[j] = dot(weights.view, other);
      });
    });
    return { n, rows, sample, spread, cubes };
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) sum += at(a, k) * at(b, k);
  return sum;
}

function meanCorrelation(sample: Float64Array, n: number): number {
  if (n < 2) return 0;
  let sum = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) {
      sum += at(sample, i * n + j) / Math.sqrt(at(sample, i * n + i) * at(sample, j * n + j));
    }
  }
  return (2 * sum) / (n * (n - 1));
}

/** rho = sum_i pi_ii + sum_(i != j) rbar / 2 (sqrt(s_jj / s_ii) theta_ii,ij + the mirror). */
function targetCovariance({ n, sample, spread, cubes }: Moments, rbar: number): number {
  let rho = 0;
  for (let i = 0; i < n; i += 1) {
    const own = at(sample, i * n + i);
    rho += at(spread, i * n + i);
    for (let j = 0; j < n; j += 1) {
      if (i === j) continue;
      // theta_ii,ij; the mirror comes when i and j change places
      const theta = at(cubes, i * n + j) - own * at(sample, i * n + j);
      rho += rbar * Math.sqrt(at(sample, j * n + j) / own) * theta;
    }
  }
  return rho;
}

const squaredNorm = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value * value, 0);

const mix = (target: Float64Array, sample: Float64Array, weight: number): Float64Array =>
  target.map((value, k) => weight * value + (1 - weight) * at(sample, k));

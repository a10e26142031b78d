// Owns logistic regression: standardising, fitting by Newton's method (IRLS), scoring.
// Promise: deterministic; a fit that does not converge says so instead of returning a guess.

/** Rows of `columns` float32 features with 0/1 labels; weights default to 1 each. */
export interface Sample {
  readonly features: Float32Array; // rows x columns
  readonly columns: number;
  readonly labels: Uint8Array;
}

export interface Scaler {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly clip: number;
}

export interface LinearModel extends Scaler {
  readonly weights: readonly number[];
  readonly bias: number;
}

export type LinearFit =
  | { readonly kind: 'fitted'; readonly model: LinearModel; readonly steps: number }
  | { readonly kind: 'not_fitted'; readonly reason: string };

export interface LinearOptions {
  readonly l2: number; // penalty l2/2 |w|^2 on standardised weights, the bias goes free
  readonly clip: number;
  readonly isSymmetric: boolean; // the mirrored market gives the mirrored forecast: no bias, mean 0
}

const STEPS_MAX = 50;
const TOLERANCE = 1e-9;
const SCALE_MIN = 1e-9; // a column that never changes gets scale 1

/** Column means and standard deviations of the rows `from` to `to` (exclusive). */
export function fitScaler(sample: Sample, rows: Int32Array, options: LinearOptions): Scaler {
  const { features, columns } = sample;
  const mean = new Array<number>(columns).fill(0);
  const scale = new Array<number>(columns).fill(0);
  const each = (visit: (column: number, value: number) => void): void => {
    for (const row of rows) {
      for (let k = 0; k < columns; k += 1) visit(k, features[row * columns + k] ?? Number.NaN);
    }
  };
  if (!options.isSymmetric) {
    each((k, value) => {
      mean[k] = (mean[k] ?? 0) + value / rows.length;
    });
  }
  each((k, value) => {
    scale[k] = (scale[k] ?? 0) + (value - (mean[k] ?? 0)) ** 2 / rows.length;
  });
  const roots = scale.map(Math.sqrt).map((root) => (root > SCALE_MIN ? root : 1));
  return { mean, scale: roots, clip: options.clip };
}

/** Standardised, clipped feature `k` of a row. */
function standardise(sample: Sample, scaler: Scaler, row: number, k: number): number {
  const raw = sample.features[row * sample.columns + k] ?? Number.NaN;
  const value = (raw - (scaler.mean[k] ?? 0)) / (scaler.scale[k] ?? 1);
  return Math.min(scaler.clip, Math.max(-scaler.clip, value));
}

/** Score (log odds) of one row. */
export function scoreLinear(model: LinearModel, sample: Sample, row: number): number {
  let score = model.bias;
  for (let k = 0; k < sample.columns; k += 1) {
    score += (model.weights[k] ?? 0) * standardise(sample, model, row, k);
  }
  return score;
}

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** Minimises the penalised log loss over `rows` (McCullagh & Nelder, Generalized Linear Models). */
export function fitLinear(sample: Sample, rows: Int32Array, options: LinearOptions): LinearFit {
  if (rows.length < 2 * sample.columns) {
    return { kind: 'not_fitted', reason: `${rows.length} rows for ${sample.columns} features` };
  }
  const scaler = fitScaler(sample, rows, options);
  const size = sample.columns + (options.isSymmetric ? 0 : 1);
  const design = writeDesign(sample, scaler, rows, size);
  const labels = Uint8Array.from(rows, (row) => sample.labels[row] ?? 0);
  const weights = new Float64Array(size);
  for (let step = 1; step <= STEPS_MAX; step += 1) {
    const { gradient, hessian } = differentiate(design, labels, weights, size);
    penalise(gradient, hessian, weights, sample.columns, size, options.l2);
    const change = solve(hessian, gradient, size);
    if (change === null) return { kind: 'not_fitted', reason: 'features are linearly dependent' };
    let largest = 0;
    for (let k = 0; k < size; k += 1) {
      weights[k] = (weights[k] ?? 0) - (change[k] ?? 0);
      largest = Math.max(largest, Math.abs(change[k] ?? 0));
    }
    if (!Number.isFinite(largest)) return { kind: 'not_fitted', reason: 'a feature is not finite' };
    if (largest > TOLERANCE) continue;
    const model = {
      ...scaler,
      weights: [...weights.subarray(0, sample.columns)],
      bias: options.isSymmetric ? 0 : (weights[sample.columns] ?? 0),
    };
    return { kind: 'fitted', model, steps: step };
  }
  return { kind: 'not_fitted', reason: `no convergence in ${STEPS_MAX} steps` };
}

/** Standardised rows; the last column is 1 when there is a bias. */
function writeDesign(sample: Sample, scaler: Scaler, rows: Int32Array, size: number): Float64Array {
  const design = new Float64Array(rows.length * size).fill(1);
  for (const [index, row] of rows.entries()) {
    for (let k = 0; k < sample.columns; k += 1) {
      design[index * size + k] = standardise(sample, scaler, row, k);
    }
  }
  return design;
}

function differentiate(
  design: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
  size: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  for (let row = 0; row < labels.length; row += 1) {
    const x = design.subarray(row * size, (row + 1) * size);
    let score = 0;
    for (let k = 0; k < size; k += 1) score += (weights[k] ?? 0) * (x[k] ?? 0);
    const p = sigmoid(score);
    const error = p - (labels[row] ?? 0);
    const curve = p * (1 - p);
    for (let k = 0; k < size; k += 1) {
      gradient[k] = (gradient[k] ?? 0) + error * (x[k] ?? 0);
      const part = curve * (x[k] ?? 0);
      for (let j = 0; j <= k; j += 1) {
        hessian[k * size + j] = (hessian[k * size + j] ?? 0) + part * (x[j] ?? 0);
      }
    }
  }
  return { gradient, hessian };
}

function penalise(
  gradient: Float64Array,
  hessian: Float64Array,
  weights: Float64Array,
  columns: number,
  size: number,
  l2: number,
): void {
  for (let k = 0; k < columns; k += 1) {
    gradient[k] = (gradient[k] ?? 0) + l2 * (weights[k] ?? 0);
    hessian[k * size + k] = (hessian[k * size + k] ?? 0) + l2;
  }
}

/** Solves the symmetric system given by its lower triangle (Cholesky); null: not definite. */
function solve(matrix: Float64Array, right: Float64Array, n: number): Float64Array | null {
  const lower = matrix.slice();
  const at = (row: number, column: number): number => lower[row * n + column] ?? 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = at(i, j);
      for (let k = 0; k < j; k += 1) sum -= at(i, k) * at(j, k);
      if (i === j && !(sum > 0)) return null;
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / at(j, j);
    }
  }
  const x = right.slice();
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) x[i] = (x[i] ?? 0) - at(i, k) * (x[k] ?? 0);
    x[i] = (x[i] ?? 0) / at(i, i);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i] = (x[i] ?? 0) - at(k, i) * (x[k] ?? 0);
    x[i] = (x[i] ?? 0) / at(i, i);
  }
  return x;
}

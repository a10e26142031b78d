// Owns the analysis cases of the kernel benchmark: covariance, historical VaR, Monte Carlo.
// Promise: seeded; each VaR row ends with its quantile, as an answer needs it.

import { createMathSpace } from '../engine/analysis/math-space.ts';
import { takeSource } from '../engine/analysis/monte-carlo.ts';
import { createRandom } from '../engine/core/random.ts';
import * as layout from '../wasm/layout.ts';
import type { BenchCase } from './harness.ts';
import { createKernelState } from './kernel-state.ts';
import { copySource, simulatePlain } from './plain-monte-carlo.ts';
import {
  commitPlain,
  createPlainCovariance,
  type PlainCovariance,
  scenarioPnlPlain,
  selectPlain,
  updatePlain,
} from './plain-statistics.ts';

/** Sizes as promised, or small enough for a test. */
export function analysisCases(tiny: boolean): readonly BenchCase[] {
  const assets = tiny ? 9 : 200;
  return [
    covarianceCase(assets),
    commitCase(assets),
    selectCase(tiny ? 64 : 1000),
    historicalCase(tiny ? 40 : 1000, assets),
    monteCarloCase(tiny ? 600 : 100_000, 10),
  ];
}

const TAIL = 0.05; // of a 95 % VaR

const COMMIT_DELTA = 12.5;
const RETURN_SETS = 16;

interface CovarianceState {
  readonly state: ReturnType<typeof createKernelState>;
  readonly at: number;
  readonly returns: number;
  readonly plain: PlainCovariance;
  readonly plainReturns: Float64Array;
}

function createCovarianceState(n: number): CovarianceState {
  const lambda = 0.94;
  const bytes = layout.COVARIANCE_WEIGHTS + 8 * (3 * n + n * n);
  const state = createKernelState(bytes + 8 * n * RETURN_SETS + 4096);
  const at = state.take(bytes);
  const returns = state.take(8 * n * RETURN_SETS);
  state.words[at / 4] = n;
  state.numbers[(at + layout.COVARIANCE_LAMBDA) / 8] = lambda;
  const random = createRandom('bench returns');
  for (let k = 0; k < n * RETURN_SETS; k += 1) {
    state.numbers[returns / 8 + k] = 0.02 * random.normal();
  }
  const plainReturns = state.copyOf(returns, n * RETURN_SETS);
  return { state, at, returns, plain: createPlainCovariance(n, lambda), plainReturns };
}

function covarianceCase(n: number): BenchCase {
  const { state, at, returns, plain, plainReturns } = createCovarianceState(n);
  const matrix = at + layout.COVARIANCE_WEIGHTS + 3 * n * 8;
  return {
    name: `covariance update, ${n} x ${n}`,
    callsPerSample: 8,
    tolerance: 0,
    kernel: {
      run: (k) => state.kernels.covarianceUpdate(at, returns + (k % RETURN_SETS) * n * 8),
      result: () => state.copyOf(matrix, n * n),
    },
    plain: {
      run: (k) => updatePlain(plain, plainReturns, (k % RETURN_SETS) * n),
      result: () => plain.matrix,
    },
  };
}

function commitCase(n: number): BenchCase {
  const { state, at, returns, plain, plainReturns } = createCovarianceState(n);
  for (let k = 0; k < RETURN_SETS; k += 1) {
    state.kernels.covarianceUpdate(at, returns + k * n * 8);
    updatePlain(plain, plainReturns, k * n);
  }
  const variances = { kernel: 0, plain: 0 };
  const delta = (k: number): number => (k & 1 ? -COMMIT_DELTA : COMMIT_DELTA);
  return {
    name: `covariance commit, ${n}`,
    callsPerSample: 100,
    tolerance: 0,
    kernel: {
      run: (k) => {
        variances.kernel = state.kernels.covarianceCommit(at, k % n, delta(k));
      },
      result: () =>
        Float64Array.of(variances.kernel, ...state.copyOf(at + layout.COVARIANCE_WEIGHTS, 2 * n)),
    },
    plain: {
      run: (k) => {
        variances.plain = commitPlain(plain, k % n, delta(k));
      },
      result: () => Float64Array.of(variances.plain, ...plain.weights, ...plain.sigma),
    },
  };
}

/** The values are copied in before each selection, for both, since selecting reorders them. */
function selectCase(n: number): BenchCase {
  const state = createKernelState(8 * n + 4096);
  const at = state.take(8 * n);
  const random = createRandom('bench select');
  const values = Float64Array.from({ length: n }, random.normal);
  const plain = new Float64Array(n);
  const view = state.numbers.subarray(at / 8, at / 8 + n);
  const found = { kernel: 0, plain: 0 };
  const rank = (k: number): number => Math.floor(n / 20) + (k % 8);
  return {
    name: `select one of ${n}`,
    callsPerSample: 20,
    tolerance: 0,
    kernel: {
      run: (k) => {
        view.set(values);
        found.kernel += state.kernels.selectNth(at, n, rank(k));
      },
      result: () => Float64Array.of(found.kernel, ...view),
    },
    plain: {
      run: (k) => {
        plain.set(values);
        found.plain += selectPlain(plain, rank(k));
      },
      result: () => Float64Array.of(found.plain, ...plain),
    },
  };
}

/** P&L of every scenario under linear positions, then minus the 5 % order statistic. */
function historicalCase(rows: number, n: number): BenchCase {
  const state = createKernelState(8 * (n * (rows + 8) + rows + n) + 8192);
  const from = state.take(8 * (n * (rows + 8) + rows + n) + 4096);
  const space = createMathSpace(state.kernels, state.buffer, from, state.buffer.byteLength);
  const random = createRandom('bench scenarios');
  const draw = (): number => 0.03 * random.normal();
  const series = Array.from({ length: n }, () => Float64Array.from({ length: rows }, draw));
  const columns = space.takeColumns(series);
  const weights = space.take(n);
  weights.view.forEach((_, j) => {
    weights.view[j] = 1000 * random.normal();
  });
  const plainWeights = weights.view.slice();
  const pnl = space.take(rows);
  const plainPnl = new Float64Array(rows);
  const rank = Math.floor((rows - 1) * TAIL);
  const found = { kernel: 0, plain: 0 };
  return {
    name: `historical VaR, ${rows} scenarios x ${n}`,
    callsPerSample: 4,
    tolerance: 0,
    effort: { warmUpCalls: 4000, samples: 1000 },
    kernel: {
      run: (k) => {
        weights.view[k % n] = k;
        const { at, stride } = columns;
        state.kernels.scenarioPnl(at, stride, weights.at, n, rows, pnl.at);
        found.kernel = -state.kernels.selectNth(pnl.at, rows, rank);
      },
      result: () => Float64Array.of(found.kernel, ...pnl.view),
    },
    plain: {
      run: (k) => {
        plainWeights[k % n] = k;
        scenarioPnlPlain(series, plainWeights, plainPnl);
        found.plain = -selectPlain(plainPnl, rank);
      },
      result: () => Float64Array.of(found.plain, ...plainPnl),
    },
  };
}

/** Normal P&L of every path, then minus the 5 % order statistic: a run of one seed goes on. */
function monteCarloCase(paths: number, factors: number): BenchCase {
  const bytes = layout.MONTE_CARLO_BYTES + 8 * (paths + factors) + 4096;
  const state = createKernelState(bytes + 4096);
  const from = state.take(bytes);
  const space = createMathSpace(state.kernels, state.buffer, from, state.buffer.byteLength);
  const source = takeSource(space, 'bench');
  const plainSource = copySource(source.view);
  const exposures = space.take(factors);
  exposures.view.set(Float64Array.from({ length: factors }, (_, k) => 1000 / (k + 1)));
  const plainExposures = exposures.view.slice();
  const pnl = space.take(paths);
  const plainPnl = new Float64Array(paths);
  const rank = Math.floor((paths - 1) * TAIL);
  const found = { kernel: 0, plain: 0 };
  return {
    name: `Monte Carlo VaR, ${paths} paths x ${factors}`,
    callsPerSample: 1,
    tolerance: 1e-12, // the logarithms of two libraries may round apart
    effort: { warmUpCalls: 20, samples: 100 },
    kernel: {
      run: () => {
        state.kernels.monteCarlo(source.at, exposures.at, factors, 0, paths, pnl.at);
        found.kernel = -state.kernels.selectNth(pnl.at, paths, rank);
      },
      result: () => Float64Array.of(found.kernel, ...pnl.view.subarray(0, 512)),
    },
    plain: {
      run: () => {
        simulatePlain(plainSource, plainExposures, 0, plainPnl);
        found.plain = -selectPlain(plainPnl, rank);
      },
      result: () => Float64Array.of(found.plain, ...plainPnl.subarray(0, 512)),
    },
  };
}

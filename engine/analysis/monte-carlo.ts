// Owns Monte Carlo value at risk: the seeded source of the kernel, exposures, quantile and tail.
// Promise: the seed and the inputs alone decide every path and every number.
import {
  MONTE_CARLO_BYTES,
  MONTE_CARLO_EDGES,
  MONTE_CARLO_HEIGHTS,
  MONTE_CARLO_LAYERS,
  MONTE_CARLO_RETRIES,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { createRandom } from '../core/random.ts';
import { factorise } from './factor.ts';
import type { Block, MathSpace } from './math-space.ts';
import type { MonteCarlo } from './value-at-risk.ts';

export interface MonteCarloOptions {
  readonly levels?: readonly number[]; // confidence, default 0.95, 0.975, 0.99
  readonly paths?: number; // default 100 000
  readonly seed?: string; // default 'colin'
  /** Above 2: correlated fat tails, a multivariate Student t of the same covariance. */
  readonly degreesOfFreedom?: number;
}

/** Positive numbers are losses, in the currency of the notional. */
export interface MonteCarloLevel {
  readonly level: number;
  readonly var: number;
  readonly es: number;
  readonly standardError: number; // of var
}

export interface MonteCarloReport {
  readonly paths: number;
  readonly seed: string;
  readonly degreesOfFreedom: number | null;
  readonly levels: readonly MonteCarloLevel[];
}

const DEFAULT_LEVELS = [0.95, 0.975, 0.99];
const DEFAULT_PATHS = 100_000;

/**
 * One-day VaR and expected shortfall of linear positions `notional` (n) under zero-mean returns of
 * `covariance` (n x n, row-major): P&L = (L' w)' z for S = L L', z independent standard normals,
 * times sqrt((nu - 2) / chi2_nu) a path for a Student t. VaR: minus the order statistic
 * floor((N - 1) a) of the ascending P&L, a = 1 - level; ES: Acerbi & Tasche (2002), as for the
 * historical method. Null when the covariance is no covariance (NaN, or indefinite).
 */
export function monteCarloVar(
  space: MathSpace,
  covariance: Float64Array,
  notional: Float64Array,
  options: MonteCarloOptions = {},
): MonteCarloReport | null {
  const { levels = DEFAULT_LEVELS, paths = DEFAULT_PATHS, seed = 'colin' } = options;
  const { degreesOfFreedom = 0 } = options;
  assert(Number.isInteger(paths) && paths > 0, 'monte carlo: paths must be a whole number above 0');
  assert(degreesOfFreedom === 0 || degreesOfFreedom > 2, 'monte carlo: degrees above 2');
  const n = notional.length;
  assert(covariance.length === n * n, 'monte carlo: covariance and notional differ in size');
  return space.within(() => {
    const factor = factorise(space, covariance, n);
    if (factor === null || !notional.every(Number.isFinite)) return null;
    const source = takeSource(space, seed);
    const exposures = space.take(n);
    writeExposures(exposures.view, factor, notional);
    const pnl = space.take(paths);
    space.kernels.monteCarlo(source.at, exposures.at, n, degreesOfFreedom, paths, pnl.at);
    const measured = levels.map((level) => measureTail(space, pnl, level));
    const degrees = degreesOfFreedom === 0 ? null : degreesOfFreedom;
    return { paths, seed, degreesOfFreedom: degrees, levels: measured };
  });
}

/** The simulation as valueAtRisk asks for it; no figures where monteCarloVar has none. */
export const createMonteCarlo =
  (space: MathSpace, options: Omit<MonteCarloOptions, 'levels'> = {}): MonteCarlo =>
  (covariance, notional, level) => {
    const report = monteCarloVar(space, covariance, notional, { ...options, levels: [level] });
    if (report === null) return { paths: options.paths ?? DEFAULT_PATHS };
    const [figures] = report.levels;
    const { paths, seed } = report;
    return figures === undefined ? { paths } : { paths, seed, var: figures.var, es: figures.es };
  };

/** e = L' w: what one unit of each independent factor earns. */
function writeExposures(out: Float64Array, lower: Float64Array, weights: Float64Array): void {
  const n = weights.length;
  for (let i = 0; i < n; i += 1) {
    const weight = weights[i] ?? Number.NaN;
    for (let k = 0; k <= i; k += 1) out[k] = (out[k] ?? 0) + weight * (lower[i * n + k] ?? 0);
  }
}

/**
 * VaR and ES of P&L (reordered). The standard error is a quarter of the distance between the order
 * statistics two binomial standard deviations, 2 sqrt(N a (1 - a)), to either side of the quantile
 * (Woodruff 1952): it assumes no distribution.
 */
function measureTail(space: MathSpace, pnl: Block, level: number): MonteCarloLevel {
  assert(level > 0 && level < 1, 'monte carlo: a level lies between 0 and 1');
  const { kernels } = space;
  const paths = pnl.view.length;
  const tail = paths * (1 - level);
  const spread = 2 * Math.sqrt(tail * level);
  const at = (rank: number): number => {
    const k = Math.min(paths - 1, Math.max(0, Math.round(rank)));
    return kernels.selectNth(pnl.at, paths, k);
  };
  const standardError = (at(tail + spread) - at(tail - spread)) / 4;
  const whole = Math.min(Math.floor(tail), paths - 1);
  const next = kernels.selectNth(pnl.at, paths, whole); // the largest `whole` losses lie before it
  const worst = kernels.sum(pnl.at, whole);
  const es = 0 - (worst + (tail - whole) * next) / tail;
  const quantile = kernels.selectNth(pnl.at, paths, Math.floor((paths - 1) * (1 - level)));
  return { level, var: 0 - quantile, es, standardError };
}

/** Room for the kernel's streams and tables, the streams seeded by `seed`. */
export function takeSource(space: MathSpace, seed: string): Block {
  const source = space.take(MONTE_CARLO_BYTES / 8);
  const words = new Uint32Array(source.view.buffer, source.at, MONTE_CARLO_BYTES / 4);
  const random = createRandom(`${seed}/monte carlo`);
  for (let k = 0; k < 16; k += 1) words[k] = random.integer(2 ** 32);
  for (let k = 0; k < 4; k += 1) words[MONTE_CARLO_RETRIES / 4 + k] = random.integer(2 ** 32);
  for (const last of [12, 13, 14, 15, MONTE_CARLO_RETRIES / 4]) {
    words[last] = (words[last] ?? 0) | 1; // no stream starts all zero
  }
  writeZiggurat(source.view);
  return source;
}

// Marsaglia & Tsang (2000): outermost edge and area of each of 256 layers under exp(-x^2 / 2).
const EDGE = 3.6541528853610088;
const AREA = 0.00492867323399;

function writeZiggurat(source: Float64Array): void {
  const edges = MONTE_CARLO_EDGES / 8;
  const heights = MONTE_CARLO_HEIGHTS / 8;
  const height = (x: number): number => Math.exp(-0.5 * x * x);
  let x = EDGE;
  source[edges] = AREA / height(EDGE);
  for (let k = 1; k < MONTE_CARLO_LAYERS; k += 1) {
    source[edges + k] = x;
    x = Math.sqrt(-2 * Math.log(AREA / x + height(x)));
  }
  source[edges + MONTE_CARLO_LAYERS] = 0;
  for (let k = 0; k <= MONTE_CARLO_LAYERS; k += 1) {
    source[heights + k] = height(source[edges + k] ?? 0);
  }
}

// Owns what the correlations of now say: clusters for the heat map, and the breakdown alarm.
// Promise: pure; an asset that never moved has no correlation and is left out, not guessed.
import { assert } from '../core/assert.ts';
import { correlationDistance, cutTree, link } from './clusters.ts';
import { symmetricEigenvalues } from './eigen.ts';
import { correlationOf, ewmaNormalised } from './estimators.ts';
import type { MathSpace } from './math-space.ts';

export interface LiveCorrelation {
  readonly symbols: readonly string[];
  /** Rows and columns in the order of `symbols`; null where an asset never moved. */
  readonly correlation: readonly (readonly (number | null)[])[];
  /** Positions in `symbols`, in the order in which the heat map shows them. */
  readonly leafOrder: readonly number[];
  /** Groups whose average-linkage height says a correlation of CLUSTER_CORRELATION or more. */
  readonly clusters: readonly (readonly number[])[];
}

export const CLUSTER_CORRELATION = 0.7;

/** From a covariance n x n, row-major, in the order of `symbols`. */
export function liveCorrelation(
  covariance: Float64Array,
  symbols: readonly string[],
): LiveCorrelation {
  const n = symbols.length;
  const matrix = correlationOf(covariance, n);
  const moving = movingAssets(matrix, n);
  const distance = correlationDistance(pick(matrix, n, moving));
  const linkage = link(distance, moving.length, 'average');
  const [height = 0] = correlationDistance(Float64Array.of(CLUSTER_CORRELATION));
  const still = symbols.keys().filter((k) => !moving.includes(k));
  const nameOf = (k: number): number => moving[k] ?? -1;
  const clusters = linkage === null ? [] : cutTree(linkage, height);
  return {
    symbols,
    correlation: rowsOf(matrix, n),
    leafOrder: [...(linkage?.leafOrder ?? []).map(nameOf), ...still],
    clusters: clusters.map((cluster) => cluster.map(nameOf)),
  };
}

/** A matrix as rows for JSON: null for what is not finite. */
export const rowsOf = (matrix: Float64Array, n: number): (number | null)[][] =>
  Array.from({ length: n }, (_, i) =>
    Array.from(matrix.subarray(i * n, (i + 1) * n), (x) => (Number.isFinite(x) ? x : null)),
  );

/** Assets whose correlation with every other that has one is defined: those that ever moved. */
function movingAssets(correlation: Float64Array, n: number): readonly number[] {
  return Array.from({ length: n }, (_, k) => k).filter((k) => correlation[k * (n + 1)] === 1);
}

const pick = (matrix: Float64Array, n: number, kept: readonly number[]): Float64Array =>
  Float64Array.from(kept.flatMap((i) => kept.map((j) => matrix[i * n + j] ?? Number.NaN)));

export type BreakdownLevel = 'calm' | 'broken';

export interface PairChange {
  readonly a: string;
  readonly b: string;
  readonly slow: number; // correlation before
  readonly fast: number; // correlation now
}

export interface Breakdown {
  readonly level: BreakdownLevel;
  /** Mean absolute change of the off-diagonal correlations, 0..2; null below two moving assets. */
  readonly distance: number | null;
  /** Change of the largest eigenvalue's share of the trace, -1..1: above 0 all fall together. */
  readonly shareChange: number | null;
  readonly pairs: readonly PairChange[]; // most changed first
}

// Over 997 recorded days of twelve coins the distance of the default half-lives had the median 0.11
// and the 99th percentile 0.20; a share change of 0.17 was as rare.
const RAISE = 0.2;
const CLEAR = 0.15;

/**
 * `distance` or |shareChange| at or above `raise` breaks, and only both below `clear` calms: the
 * band between keeps the level it had.
 */
export interface BreakdownOptions {
  readonly previous?: BreakdownLevel; // default calm
  readonly raise?: number; // default 0.2
  readonly clear?: number; // default 0.15
  readonly pairs?: number; // how many are named, default 5
}

/** Compares two correlation matrices (n x n, row-major) of the same assets, old and new. */
export function compareCorrelations(
  slow: Float64Array,
  fast: Float64Array,
  symbols: readonly string[],
  options: BreakdownOptions = {},
): Breakdown {
  const { previous = 'calm', raise = RAISE, clear = CLEAR, pairs: named = 5 } = options;
  assert(clear > 0 && clear <= raise, 'correlation: clear must lie above 0 and not above raise');
  const n = symbols.length;
  const moving = movingAssets(slow, n).filter((k) => fast[k * (n + 1)] === 1);
  if (moving.length < 2) return { level: previous, distance: null, shareChange: null, pairs: [] };
  const pairs = pairChanges(slow, fast, symbols, moving);
  const total = pairs.reduce((sum, pair) => sum + changeOf(pair), 0);
  const distance = total / pairs.length;
  const shareOf = (matrix: Float64Array): number =>
    (symmetricEigenvalues(pick(matrix, n, moving), moving.length).at(-1) ?? 0) / moving.length;
  const shareChange = shareOf(fast) - shareOf(slow);
  const worst = Math.max(distance, Math.abs(shareChange));
  const level = worst >= raise ? 'broken' : worst < clear ? 'calm' : previous;
  const changed = pairs.sort((x, y) => changeOf(y) - changeOf(x)).slice(0, named);
  return { level, distance, shareChange, pairs: changed };
}

const changeOf = ({ fast, slow }: PairChange): number => Math.abs(fast - slow);

function pairChanges(
  slow: Float64Array,
  fast: Float64Array,
  symbols: readonly string[],
  kept: readonly number[],
): PairChange[] {
  const n = symbols.length;
  return kept.flatMap((i, place) =>
    kept.slice(0, place).map((j) => ({
      a: symbols[j] ?? '',
      b: symbols[i] ?? '',
      slow: slow[i * n + j] ?? Number.NaN,
      fast: fast[i * n + j] ?? Number.NaN,
    })),
  );
}

export interface EwmaBreakdownOptions extends BreakdownOptions {
  readonly fastHalfLife?: number; // rows, default 10: about 30 rows count
  readonly slowHalfLife?: number; // rows, default 120
}

/** The alarm over columns of returns: exponentially weighted correlations, fast against slow. */
export function ewmaBreakdown(
  space: MathSpace,
  columns: readonly Float64Array[],
  symbols: readonly string[],
  options: EwmaBreakdownOptions = {},
): Breakdown {
  const { fastHalfLife = 10, slowHalfLife = 120 } = options;
  assert(fastHalfLife > 0 && fastHalfLife < slowHalfLife, 'correlation: fast must be the shorter');
  assert(columns.length === symbols.length, 'correlation: a column a symbol');
  const at = (halfLife: number): Float64Array =>
    correlationOf(ewmaNormalised(space, columns, 0.5 ** (1 / halfLife)), symbols.length);
  return compareCorrelations(at(slowHalfLife), at(fastHalfLife), symbols, options);
}

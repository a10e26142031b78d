// Owns the covariance report: every estimator, its conditioning and its clusters, by window.
// Promise: plain data for JSON in the house's published key names; null for what is undefined.
import { assert } from '../core/assert.ts';
import { correlationDistance, type Linkage, type LinkageMethod, link } from './clusters.ts';
import { rowsOf } from './correlation.ts';
import { conditioningOf } from './eigen.ts';
import {
  columnMeans,
  correlationOf,
  EWMA_LAMBDA,
  ewmaNormalised,
  ewmaRecursive,
  sampleCovariance,
  spearman,
} from './estimators.ts';
import type { MathSpace } from './math-space.ts';
import type { ReturnsTable } from './returns.ts';
import { ledoitWolfConstantCorrelation, ledoitWolfIdentity } from './shrinkage.ts';

export type Figure = number | null;
export type Matrix = readonly (readonly Figure[])[]; // rows in the order of `symbols`

export interface CovarianceReport {
  readonly symbols: readonly string[];
  readonly full: WindowReport;
  /** Any other window, by its name: the newest rows only. */
  readonly [window: `last_${string}`]: WindowReport;
}

export interface WindowReport {
  readonly rows: number;
  readonly n: number;
  readonly mean: readonly Figure[];
  readonly sample: Matrix; // ddof 1
  readonly sample_ddof0: Matrix;
  readonly ewma_lambda: number;
  readonly ewma_normalised: Matrix;
  readonly ewma_recursive_seed_first: Matrix;
  readonly ledoit_wolf_constant_correlation: {
    readonly shrinkage: Figure;
    readonly rbar: Figure;
    readonly pi: Figure;
    readonly rho: Figure;
    readonly gamma: Figure;
    readonly kappa: Figure;
    readonly cov: Matrix;
  };
  readonly ledoit_wolf_identity: {
    readonly shrinkage: Figure;
    readonly mu: Figure;
    readonly cov: Matrix;
  };
  readonly correlation: Matrix; // Pearson
  readonly spearman: Matrix;
  readonly correlation_ewma: Matrix; // from ewma_normalised
  readonly conditioning: Readonly<Record<ConditionedMatrix, ConditioningReport>>;
  readonly cholesky_lower_sample: Matrix | null; // null when `sample` is singular
  readonly clustering: {
    readonly distance: Matrix;
    readonly single: LinkageReport | null; // null when a correlation is undefined
    readonly average: LinkageReport | null;
  };
}

export type ConditionedMatrix =
  | 'sample'
  | 'ewma_normalised'
  | 'ledoit_wolf_constant_correlation'
  | 'ledoit_wolf_identity'
  | 'correlation';

export interface ConditioningReport {
  readonly condition: Figure; // null when singular
  readonly rank: Figure;
  readonly eigenvalues_ascending: readonly Figure[] | null;
}

export interface LinkageReport {
  readonly leaf_order: readonly number[];
  /** [a, b, height, size] in merge order. */
  readonly merges: readonly (readonly [number, number, number, number])[];
  readonly min_gap_between_merge_heights: Figure;
  readonly members: readonly (readonly number[])[];
}

export interface CovarianceReportOptions {
  readonly space: MathSpace;
  readonly lambda?: number; // default 0.94
  /** Windows besides `full`; default last_60 where there are 60 rows. */
  readonly windows?: readonly Window[];
}

export interface Window {
  readonly name: `last_${string}`;
  readonly rows: number;
}

/** Bytes of room that `covarianceReport` needs for a table of this size, generously. */
export const covarianceReportBytes = (rows: number, symbols: number): number =>
  8 * (4 * symbols * (rows + 8) + 8 * symbols ** 2 + 4 * rows) + 65536;

/** Every estimator on log returns, as defined where each is computed. */
export function covarianceReport(
  table: Pick<ReturnsTable, 'symbols' | 'columns' | 'rows'>,
  options: CovarianceReportOptions,
): CovarianceReport {
  const { symbols, columns, rows } = table;
  const { space, lambda = EWMA_LAMBDA } = options;
  const { windows = rows >= 60 ? [{ name: 'last_60', rows: 60 }] : [] } = options;
  const others = windows.map(({ name, rows: wanted }) => {
    assert(wanted > 0 && wanted <= rows, `covariance: ${name} needs ${wanted} of ${rows} rows`);
    const newest = columns.map((column) => column.subarray(rows - wanted));
    return [name, reportWindow(space, newest, lambda)] as const;
  });
  return { symbols, full: reportWindow(space, columns, lambda), ...Object.fromEntries(others) };
}

function reportWindow(
  space: MathSpace,
  columns: readonly Float64Array[],
  lambda: number,
): WindowReport {
  const n = columns.length;
  const sample = sampleCovariance(space, columns, 1);
  const population = sampleCovariance(space, columns, 0);
  const normalised = ewmaNormalised(space, columns, lambda);
  const correlation = correlationOf(population, n);
  const constant = ledoitWolfConstantCorrelation(space, columns);
  const identity = ledoitWolfIdentity(space, columns);
  const rows = (matrix: Float64Array): Matrix => rowsOf(matrix, n);
  const { shrinkage, rbar, pi, rho, gamma, kappa } = constant;
  const conditioned = (matrix: Float64Array) => reportConditioning(matrix, n);
  return {
    rows: columns[0]?.length ?? 0,
    n,
    mean: Array.from(columnMeans(columns), figure),
    sample: rows(sample),
    sample_ddof0: rows(population),
    ewma_lambda: lambda,
    ewma_normalised: rows(normalised),
    ewma_recursive_seed_first: rows(ewmaRecursive(space, columns, lambda)),
    ledoit_wolf_constant_correlation: {
      ...figures({ shrinkage, rbar, pi, rho, gamma, kappa }),
      cov: rows(constant.cov),
    },
    ledoit_wolf_identity: {
      ...figures({ shrinkage: identity.shrinkage, mu: identity.mu }),
      cov: rows(identity.cov),
    },
    correlation: rows(correlation),
    spearman: rows(spearman(space, columns)),
    correlation_ewma: rows(correlationOf(normalised, n)),
    conditioning: {
      sample: conditioned(sample),
      ewma_normalised: conditioned(normalised),
      ledoit_wolf_constant_correlation: conditioned(constant.cov),
      ledoit_wolf_identity: conditioned(identity.cov),
      correlation: conditioned(correlation),
    },
    cholesky_lower_sample: lowerFactor(space, sample, n),
    clustering: reportClusters(correlation, n),
  };
}

const figure = (value: number): Figure => (Number.isFinite(value) ? value : null);

const figures = <Key extends string>(values: Record<Key, number>): Record<Key, Figure> =>
  Object.fromEntries(
    Object.entries<number>(values).map(([key, value]) => [key, figure(value)]),
  ) as Record<Key, Figure>;

function reportConditioning(matrix: Float64Array, n: number): ConditioningReport {
  const found = conditioningOf(matrix, n);
  if (found === null) return { condition: null, rank: null, eigenvalues_ascending: null };
  const { condition, rank, eigenvalues } = found;
  return { condition, rank, eigenvalues_ascending: [...eigenvalues] };
}

/** A singular sample has a factor only by rounding: it is not shown. */
function lowerFactor(space: MathSpace, matrix: Float64Array, n: number): Matrix | null {
  if (conditioningOf(matrix, n)?.condition == null) return null;
  return space.within(() => {
    const block = space.take(n * n);
    block.view.set(matrix);
    const isDefinite = space.kernels.cholesky(block.at, n, block.at) === 1;
    return isDefinite ? rowsOf(block.view, n) : null;
  });
}

function reportClusters(correlation: Float64Array, n: number): WindowReport['clustering'] {
  const distance = correlationDistance(correlation);
  const by = (method: LinkageMethod): LinkageReport | null => {
    const linkage = link(distance, n, method);
    return linkage === null ? null : reportLinkage(linkage);
  };
  return { distance: rowsOf(distance, n), single: by('single'), average: by('average') };
}

function reportLinkage({ merges, leafOrder, members }: Linkage): LinkageReport {
  const heights = merges.map((merge) => merge.height).sort((a, b) => a - b);
  const gaps = heights.slice(1).map((height, k) => height - (heights[k] ?? 0));
  return {
    leaf_order: leafOrder,
    merges: merges.map(({ a, b, height, size }) => [a, b, height, size]),
    min_gap_between_merge_heights: gaps.length === 0 ? null : Math.min(...gaps),
    members,
  };
}

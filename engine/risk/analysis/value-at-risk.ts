// Owns the value-at-risk report of a portfolio: every method, level and horizon under one roof.
// Promise: never throws on data and never says NaN; what is undefined is null.
import { assert } from '../../core/assert.ts';
import type { ReturnsTable } from './returns.ts';
import type { MonteCarloFigures, PnlReport, VarReport } from './var-report.ts';

export interface VarOptions {
  /** Levels of confidence, each above 0.5 and below 1. */
  readonly levels?: readonly number[];
  /** Orders whose effect is asked for. */
  readonly incremental?: readonly IncrementalOrder[];
  /** Simulates the zero-mean normal model: covariance of simple returns (n x n, row-major). */
  readonly monteCarlo?: MonteCarlo;
}

export interface IncrementalOrder {
  readonly symbol: string;
  readonly notional: number; // quote currency, negative sells
}

export type MonteCarlo = (
  covariance: Float64Array,
  notional: Float64Array,
  level: number,
) => MonteCarloFigures;

/** Scenarios of simple returns, `columns[j][t]` of symbol j in scenario t, oldest first. */
export interface Scenarios {
  readonly symbols: readonly string[];
  readonly columns: readonly Float64Array[];
  readonly dates?: readonly string[];
}

export function valueAtRisk(
  table: ReturnsTable,
  notional: Float64Array,
  options: VarOptions = {},
): VarReport {
  const columns = table.columns.map((column) => column.map(Math.expm1));
  const { symbols, dates } = table;
  return valueAtRiskOfScenarios({ symbols, dates, columns }, notional, options);
}

export function valueAtRiskOfScenarios(
  scenarios: Scenarios,
  notional: Float64Array,
  options: VarOptions = {},
): VarReport {
  assert(false, `not yet: ${scenarios.symbols.length} ${notional.length} ${options.levels}`);
}

export function pnlReport(pnl: Float64Array, levels?: readonly number[]): PnlReport {
  assert(false, `not yet: ${pnl.length} ${levels}`);
}

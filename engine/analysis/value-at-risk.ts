// Owns the value-at-risk report of a portfolio: every method, level and horizon under one roof.
// Promise: never throws on data and never says NaN; what is undefined is null.
import { assert } from '../core/assert.ts';
import {
  type Book,
  covarianceMatrix,
  covarianceOf,
  historicalComponents,
  incrementalRisk,
  normalComponents,
  revalueOrder,
} from './contributions.ts';
import { normalPdf, normalQuantile } from './distributions.ts';
import { scaleToForecast } from './filtered.ts';
import { rankPnl } from './historical.ts';
import { normalTailRisk } from './parametric.ts';
import { scenarioPnl } from './pnl.ts';
import {
  byLevel,
  DEFAULT_LEVELS,
  filteredTail,
  pnlLevel,
  preparePnl,
  summarisePnl,
} from './pnl-report.ts';
import type { ReturnsTable } from './returns.ts';
import type { MonteCarloRisk, VarReport } from './var-report.ts';
import { figure, figures, type MonteCarloFigures } from './var-report.ts';

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

/**
 * VaR and ES of positions over a table of log returns: simple returns exp(r) - 1, linear positions.
 * `notional` in the order of the table's symbols, quote currency, negative = short.
 */
export function valueAtRisk(
  table: ReturnsTable,
  notional: Float64Array,
  options: VarOptions = {},
): VarReport {
  const columns = table.columns.map((column) => column.map(Math.expm1));
  const { symbols, dates } = table;
  return valueAtRiskOfScenarios({ symbols, dates, columns }, notional, options);
}

/** The same over simple returns, as the running system keeps them. */
export function valueAtRiskOfScenarios(
  scenarios: Scenarios,
  notional: Float64Array,
  options: VarOptions = {},
): VarReport {
  const { symbols, columns, dates = [] } = scenarios;
  assert(symbols.length === columns.length, 'value at risk: a column for each symbol');
  assert(symbols.length === notional.length, 'value at risk: a notional for each symbol');
  const prepared = preparePnl(scenarioPnl(columns, notional));
  const { pnl, ranked, moments } = prepared;
  const covariances = Float64Array.from(columns, (column) => covarianceOf(column, pnl));
  const book: Book = { columns, notional, pnl, sd: moments.sd, ranked, covariances };
  const filtered = rankPnl(scenarioPnl(columns.map(scaleToForecast), notional));
  const gross = notional.reduce((sum, held) => sum + Math.abs(held), 0);
  const orders = (options.incremental ?? defaultOrders(symbols, gross)).map((order) =>
    revalueOrder(book, symbols, order),
  );
  const simulate = bindMonteCarlo(book, options.monteCarlo);
  return {
    notional: figures(notional),
    gross: figure(gross),
    net: figure(notional.reduce((sum, held) => sum + held, 0)),
    ...summarisePnl(prepared),
    levels: byLevel(options.levels ?? DEFAULT_LEVELS, (level) => {
      const tail = 1 - level;
      return {
        ...pnlLevel(prepared, tail),
        filtered_historical_per_asset: filteredTail(filtered, tail),
        components_normal_zero_mean: normalComponents(book, tail),
        components_historical: historicalComponents(book, tail, dates),
        incremental: orders.map((order) => incrementalRisk(book, order, tail)),
        monte_carlo_normal_zero_mean: simulate(level, tail),
      };
    }),
  };
}

/** Three orders that show the range: buy 5 % of gross, sell 3 %, buy 20 %, in three columns. */
function defaultOrders(symbols: readonly string[], gross: number): readonly IncrementalOrder[] {
  const shares = [
    [0, 0.05],
    [Math.floor(symbols.length / 4), -0.03],
    [symbols.length - 1, 0.2],
  ] as const;
  return shares.flatMap(([index, share]) => {
    const symbol = symbols[index];
    return symbol === undefined ? [] : [{ symbol, notional: share * gross }];
  });
}

const PATHS = 100_000; // of the band when no simulation says otherwise
const BAND_ERRORS = 4;

/**
 * The figures a simulation must approach, and the band of four standard errors of its quantile,
 * `sd sqrt(tail level / paths) / phi(z)`; with a simulation, what it found.
 */
function bindMonteCarlo(
  { columns, notional, sd }: Book,
  monteCarlo: MonteCarlo | undefined,
): (level: number, tail: number) => MonteCarloRisk {
  const covariance = monteCarlo === undefined ? null : covarianceMatrix(columns);
  return (level, tail) => {
    const run = covariance === null ? undefined : monteCarlo?.(covariance, notional, level);
    const limit = normalTailRisk(sd, tail);
    const paths = run?.paths ?? PATHS;
    const error = (sd * Math.sqrt((tail * level) / paths)) / normalPdf(normalQuantile(tail));
    return {
      limit_var: figure(limit.var),
      limit_es: figure(limit.es),
      var_standard_error: figure(error),
      band_low: figure(limit.var - BAND_ERRORS * error),
      band_high: figure(limit.var + BAND_ERRORS * error),
      paths,
      ...run,
    };
  };
}

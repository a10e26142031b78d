// Owns backtests of VaR: exceedances, the tests of Kupiec and Christoffersen, the Basel zones.
// Promise: counts are exact; a forecast for a row is made from earlier rows only.
import { assert } from '../core/assert.ts';
import { binomialCdf, chiSquaredSurvival, normalQuantile } from './distributions.ts';
import { forecastVolatility } from './filtered.ts';
import { linearVar, tailIndex } from './historical.ts';
import { at, scenarioPnl, takeMoments } from './pnl.ts';
import type { ReturnsTable } from './returns.ts';

export type BaselZone = 'green' | 'yellow' | 'red';

/** How often, and how clustered, losses went beyond VaR at tail probability `p`. */
export interface ExceedanceTests {
  readonly T: number; // days
  readonly exceedances: number;
  readonly p: number;
  readonly rate: number;
  readonly lr_pof: number; // proportion of failures, chi-squared(1)
  readonly p_pof: number;
  readonly reject_pof_95: boolean;
  readonly n00: number; // transitions calm to calm, calm to exceedance, and so on
  readonly n01: number;
  readonly n10: number;
  readonly n11: number;
  readonly pi01: number;
  readonly pi11: number;
  readonly pi2: number;
  readonly lr_ind: number; // independence, chi-squared(1)
  readonly p_ind: number;
  readonly lr_cc: number; // conditional coverage, chi-squared(2)
  readonly p_cc: number;
  readonly binomial_cdf_le_x: number;
  readonly zone: BaselZone;
  readonly basel_1996_multiplier?: number; // 250 days at 1 % only
  readonly basel_mar99_multiplier?: number;
}

export interface RollingModel {
  readonly var: readonly number[]; // forecast for each row from the first on
  readonly exceedances: string; // a 0 or 1 a row
  readonly all: ExceedanceTests | null; // null: no row had a forecast
  readonly last_250: ExceedanceTests | null; // null: fewer than 250 had one
}

export interface RollingBacktest {
  readonly portfolio: string | null;
  readonly window: number; // rows
  readonly first_forecast_row: number;
  readonly first_forecast_date: string | null;
  readonly models: Readonly<Record<string, RollingModel>>; // keyed `<model>_<level>`
}

export interface BacktestOptions {
  readonly window?: number; // rows a forecast looks back on, default 250
  readonly levels?: readonly number[]; // default 0.95 and 0.99
  readonly portfolio?: string; // a name for the report
}

/** Where the loss is strictly greater than the VaR of its row. */
export const exceedancesOf = (losses: Float64Array, forecasts: Float64Array): Uint8Array =>
  Uint8Array.from(losses, (loss, t) => (loss > at(forecasts, t) ? 1 : 0));

/** All tests of a series of 0 and 1, oldest first, at least one row, 0 < `p` < 1. */
export function testExceedances(series: Uint8Array, p: number): ExceedanceTests {
  assert(series.length > 0 && p > 0 && p < 1, 'backtest: a series, and p between 0 and 1');
  const count = series.length;
  const exceedances = series.reduce((sum, hit) => sum + hit, 0);
  const lrPof = kupiec(count, exceedances, p);
  const pof = chiSquaredSurvival(lrPof, 1);
  const { transitions, lr: lrInd } = christoffersen(series);
  const below = binomialCdf(exceedances, count, p);
  return {
    T: count,
    exceedances,
    p,
    rate: exceedances / count,
    lr_pof: lrPof,
    p_pof: pof,
    reject_pof_95: pof < 0.05,
    ...transitions,
    lr_ind: lrInd,
    p_ind: chiSquaredSurvival(lrInd, 1),
    lr_cc: lrPof + lrInd,
    p_cc: chiSquaredSurvival(lrPof + lrInd, 2),
    binomial_cdf_le_x: below,
    zone: below < YELLOW_FROM ? 'green' : below < RED_FROM ? 'yellow' : 'red',
    ...baselMultipliers(count, exceedances, p),
  };
}

/** ln of a probability to the power of a count; 0 ln 0 = 0. */
const powerLog = (probability: number, count: number): number =>
  count === 0 ? 0 : count * Math.log(probability);

/** A likelihood ratio cannot be negative; rounding can. */
const likelihoodRatio = (restricted: number, free: number): number =>
  Math.max(0, -2 * (restricted - free));

/** Kupiec (1995): -2 ln[(1-p)^(T-x) p^x / ((1-x/T)^(T-x) (x/T)^x)]. */
export function kupiec(count: number, exceedances: number, p: number): number {
  const rate = exceedances / count;
  const calm = count - exceedances;
  return likelihoodRatio(
    powerLog(1 - p, calm) + powerLog(p, exceedances),
    powerLog(1 - rate, calm) + powerLog(rate, exceedances),
  );
}

type Transitions = Pick<ExceedanceTests, 'n00' | 'n01' | 'n10' | 'n11' | 'pi01' | 'pi11' | 'pi2'>;

/** Christoffersen (1998): independence against a first-order Markov chain, T - 1 transitions. */
export function christoffersen(series: Uint8Array): {
  readonly transitions: Transitions;
  readonly lr: number;
} {
  const counts = [0, 0, 0, 0] as [number, number, number, number];
  for (let t = 1; t < series.length; t += 1) {
    const state = (series[t - 1] === 0 ? 0 : 2) + (series[t] === 0 ? 0 : 1);
    counts[state as 0 | 1 | 2 | 3] += 1;
  }
  const [n00, n01, n10, n11] = counts;
  const share = (hits: number, of: number): number => (of === 0 ? 0 : hits / of);
  const pi01 = share(n01, n00 + n01);
  const pi11 = share(n11, n10 + n11);
  const pi2 = share(n01 + n11, series.length - 1);
  const lr = likelihoodRatio(
    powerLog(1 - pi2, n00 + n10) + powerLog(pi2, n01 + n11),
    powerLog(1 - pi01, n00) + powerLog(pi01, n01) + powerLog(1 - pi11, n10) + powerLog(pi11, n11),
  );
  return { transitions: { n00, n01, n10, n11, pi01, pi11, pi2 }, lr };
}

// Basel Committee (1996), "Supervisory framework for the use of backtesting": zones by the
// cumulative binomial probability, and plus factors for 250 days at 1 %, 0 to 10 exceedances.
const YELLOW_FROM = 0.95;
const RED_FROM = 0.9999;
const BASEL_DAYS = 250;
const PLUS_1996 = [0, 0, 0, 0, 0, 0.4, 0.5, 0.65, 0.75, 0.85, 1];
const PLUS_MAR99 = [0, 0, 0, 0, 0, 0.2, 0.26, 0.33, 0.38, 0.42, 0.5];

type Multipliers = Pick<ExceedanceTests, 'basel_1996_multiplier' | 'basel_mar99_multiplier'>;

/** 3 (1996) and 1.5 (MAR99) with their plus factors; nothing where they are not defined. */
function baselMultipliers(count: number, exceedances: number, p: number): Multipliers {
  if (count !== BASEL_DAYS || Math.abs(p - 0.01) > 1e-9) return {};
  const plus = Math.min(exceedances, PLUS_1996.length - 1);
  return {
    basel_1996_multiplier: 3 + (PLUS_1996[plus] ?? 1),
    basel_mar99_multiplier: 1.5 + (PLUS_MAR99[plus] ?? 0.5),
  };
}

/**
 * One-day VaR of fixed positions, forecast for row t from the `window` rows before it, by four
 * models: `historical_linear` and `historical_lower` (conventions of historical.ts),
 * `normal_zero_mean` (z sd of the window, ddof 1), `ewma_normal` (z s_t, lambda 0.94, seeded with
 * the mean square of the first window and run over every row before t).
 */
export function backtestVar(
  table: ReturnsTable,
  notional: Float64Array,
  { window = BASEL_DAYS, levels = [0.95, 0.99], portfolio }: BacktestOptions = {},
): RollingBacktest {
  assert(Number.isInteger(window) && window >= 2, 'backtest: a window of at least two rows');
  const columns = table.columns.map((column) => column.map(Math.expm1));
  const pnl = scenarioPnl(columns, notional);
  const losses = pnl.subarray(window).map((p) => -p);
  const models: Record<string, RollingModel> = {};
  for (const level of levels) {
    assert(level > 0.5 && level < 1, `backtest: ${level} is not between 0.5 and 1`);
    for (const [name, forecasts] of Object.entries(rollForecasts(pnl, window, 1 - level))) {
      models[`${name}_${level}`] = judgeForecasts(losses, forecasts, 1 - level);
    }
  }
  return {
    portfolio: portfolio ?? null,
    window,
    first_forecast_row: window,
    first_forecast_date: table.dates[window] ?? null,
    models,
  };
}

interface Forecasts extends Record<string, Float64Array> {
  readonly historical_linear: Float64Array;
  readonly historical_lower: Float64Array;
  readonly normal_zero_mean: Float64Array;
  readonly ewma_normal: Float64Array;
}

function rollForecasts(pnl: Float64Array, window: number, tail: number): Forecasts {
  const count = Math.max(0, pnl.length - window);
  const z = -normalQuantile(tail);
  const forecasts: Forecasts = {
    historical_linear: new Float64Array(count),
    historical_lower: new Float64Array(count),
    normal_zero_mean: new Float64Array(count),
    ewma_normal: forecastVolatility(pnl, window)
      .subarray(window, window + count)
      .map((s) => z * s),
  };
  for (let t = 0; t < count; t += 1) {
    const sorted = pnl.slice(t, t + window).sort();
    forecasts.historical_linear[t] = linearVar(sorted, tail);
    forecasts.historical_lower[t] = -at(sorted, tailIndex(window, tail));
    forecasts.normal_zero_mean[t] = z * takeMoments(sorted).sd;
  }
  return forecasts;
}

function judgeForecasts(losses: Float64Array, forecasts: Float64Array, p: number): RollingModel {
  const series = exceedancesOf(losses, forecasts);
  return {
    var: Array.from(forecasts),
    exceedances: series.join(''),
    all: series.length > 0 ? testExceedances(series, p) : null,
    last_250: series.length >= BASEL_DAYS ? testExceedances(series.slice(-BASEL_DAYS), p) : null,
  };
}

// Owns the tests of the report as a whole: its silence where nothing is defined, its orders.
// Promise: no input here makes it throw or say NaN.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byLevel,
  DEFAULT_LEVELS,
  pnlLevel,
  preparePnl,
  summarisePnl,
} from '../../../engine/analysis/pnl-report.ts';
import { valueAtRisk, valueAtRiskOfScenarios } from '../../../engine/analysis/value-at-risk.ts';
import type { PnlReport, VarReport } from '../../../engine/analysis/var-report.ts';

/** A column of simple returns between -5 % and 5 % that repeats after `period` rows. */
const column = (rows: number, period: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, t) => ((t * 31) % period) / (10 * (period - 1)) - 0.05);

const scenariosOf = (rows: number) => ({
  symbols: ['A', 'B', 'C'],
  columns: [column(rows, 101), column(rows, 47), column(rows, 13)],
});

/** Fails on a NaN or an infinity anywhere; JSON would hide them as null. */
function assertNumbersAreFinite(value: unknown, path: string): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value), `${path} is ${value}`);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      assertNumbersAreFinite(inner, `${path}.${key}`);
  }
}

const level = (report: VarReport, key = '0.95') => {
  const found = report.levels[key];
  assert.ok(found !== undefined, `no level ${key}`);
  return found;
};

/** Every method at every level of a P&L that is no book's. */
function pnlReport(pnl: Float64Array, levels: readonly number[] = DEFAULT_LEVELS): PnlReport {
  const prepared = preparePnl(pnl);
  const level = (one: number) => pnlLevel(prepared, 1 - one);
  return { ...summarisePnl(prepared), levels: byLevel(levels, level) };
}

test('value at risk: books that define little are answered with null, never NaN', () => {
  for (const rows of [0, 1, 2, 5, 19, 20, 60]) {
    for (const notional of [
      [0, 0, 0],
      [1, 0, 0],
      [1e6, -2e6, 5],
      [Number.NaN, 1, 1],
    ]) {
      const report = valueAtRiskOfScenarios(scenariosOf(rows), Float64Array.from(notional));
      assertNumbersAreFinite(report, `${rows} rows, ${notional}`);
      assert.deepEqual(Object.keys(report.levels), ['0.95', '0.975', '0.99']);
    }
  }
});

test('value at risk: a book without positions loses nothing and has no contributions', () => {
  const report = valueAtRiskOfScenarios(scenariosOf(60), new Float64Array(3));
  const { historical, normal_zero_mean, components_normal_zero_mean } = level(report);
  assert.equal(Math.abs(historical.var_linear ?? 1), 0);
  assert.equal(normal_zero_mean.var, 0);
  assert.deepEqual(components_normal_zero_mean.marginal, [null, null, null]);
  assert.equal(report.pnl_skew, null);
  assert.equal(report.t_mle.nu, null);
});

test('value at risk: a P&L that never moves has quantiles and no shape', () => {
  const columns = [new Float64Array(30).fill(-0.1)];
  const scenarios = { symbols: ['A'], columns };
  const report = valueAtRiskOfScenarios(scenarios, Float64Array.of(7)); // mean 0.7 + 4e-16
  const { historical, cornish_fisher, student_t_mle } = level(report);
  assert.ok(Math.abs((historical.var_linear ?? 0) - 0.7) < 1e-12);
  assert.ok(Math.abs((historical.es_acerbi_tasche ?? 0) - 0.7) < 1e-12);
  assert.equal(report.pnl_std_ddof1, 0);
  assert.deepEqual([cornish_fisher.var, cornish_fisher.monotone_on_minus4_minus1], [null, null]);
  assert.equal(student_t_mle.var, null);
});

test('value at risk: one row gives the historical loss, and no standard deviation', () => {
  const columns = [Float64Array.of(-0.2)];
  const report = valueAtRiskOfScenarios({ symbols: ['A'], columns }, Float64Array.of(10));
  assert.equal(level(report).historical.var_lower, 2);
  assert.equal(level(report).historical.var_higher, null);
  assert.equal(level(report).normal_zero_mean.var, null);
});

test('value at risk: a return that is not finite silences the book that holds it, no other', () => {
  const columns = [column(60, 47), column(60, 13)];
  columns[1]![7] = Number.NaN;
  const scenarios = { symbols: ['A', 'B'], columns };
  const held = valueAtRiskOfScenarios(scenarios, Float64Array.of(1, 1));
  assert.equal(level(held).historical.var_linear, null);
  assert.equal(level(held).normal_zero_mean.var, null);
  const apart = valueAtRiskOfScenarios(scenarios, Float64Array.of(1, 0));
  assert.ok((level(apart).historical.var_linear ?? 0) > 0);
  assert.equal(level(apart).components_normal_zero_mean.marginal[1], null);
  assert.equal(level(apart).components_historical.var_lower_component[1], 0);
});

test('value at risk: log returns and their simple returns give one report', () => {
  const { symbols, columns } = scenariosOf(60);
  const dates = columns[0]!.length === 60 ? Array.from({ length: 60 }, (_, t) => `day ${t}`) : [];
  const logs = columns.map((simple) => simple.map(Math.log1p));
  const notional = Float64Array.of(1, -2, 3);
  const table = valueAtRisk({ symbols, dates, rows: 60, columns: logs }, notional);
  const direct = valueAtRiskOfScenarios({ symbols, dates, columns }, notional);
  const [a, b] = [level(table), level(direct)];
  assert.equal(a.components_historical.scenario_date, b.components_historical.scenario_date);
  const gap = (a.historical.var_linear ?? 0) / (b.historical.var_linear ?? 1) - 1;
  assert.ok(Math.abs(gap) < 1e-12);
});

test('value at risk: the report of a P&L alone is what a book with that P&L says', () => {
  const scenarios = { symbols: ['A'], columns: [column(80, 47)] };
  const book = valueAtRiskOfScenarios(scenarios, Float64Array.of(1000));
  const alone = pnlReport(column(80, 47).map((r) => 1000 * r));
  assert.deepEqual(level(book).student_t_mle, alone.levels['0.95']?.student_t_mle);
  assert.deepEqual(book.t_mle, alone.t_mle);
  for (const [key, value] of Object.entries(alone.levels['0.99'] ?? {})) {
    assert.deepEqual(
      Object.entries(level(book, '0.99')).find(([name]) => name === key)?.[1],
      value,
    );
  }
});

test('value at risk: ten days are the square root of ten days, the drift ten of them', () => {
  const columns = [column(80, 47).map((r) => r + 0.01)];
  const report = valueAtRiskOfScenarios({ symbols: ['A'], columns }, Float64Array.of(1000));
  const { historical, normal_zero_mean, normal_with_mean } = level(report);
  const near = (a: number | null, b: number | null, factor: number): void =>
    assert.ok(Math.abs((a ?? 0) - (b ?? 1) * factor) < 1e-9, `${a} and ${factor} x ${b}`);
  near(historical.h10.es_acerbi_tasche, historical.es_acerbi_tasche, 3.1622776601683795);
  near(normal_with_mean.h10.var, normal_with_mean.var, 3.1622776601683795);
  const scaled = normal_with_mean.h10_drift_scaled.var ?? 0;
  near(scaled, (normal_zero_mean.h10.var ?? 0) - 10 * (report.pnl_mean ?? 0), 1);
});

test('value at risk: gross counts a short as much as a long, net takes it off', () => {
  const report = valueAtRiskOfScenarios(scenariosOf(60), Float64Array.of(5, -3, 1));
  assert.deepEqual([report.gross, report.net], [9, 3]);
});

test('value at risk: tails thinner than normal have no degrees of freedom', () => {
  const report = pnlReport(Float64Array.from({ length: 100 }, (_, t) => t));
  assert.equal(report.t_mle.nu, null);
  assert.equal(report.t_mle.nu_method_of_moments, null);
  const { normal_with_mean, student_t_mle } = report.levels['0.99'] ?? {};
  const population = Math.sqrt(99 / 100); // the likelihood divides by T
  const sdOnly = (normal_with_mean?.var ?? 0) + 49.5;
  assert.ok(Math.abs((student_t_mle?.var ?? 0) - (sdOnly * population - 49.5)) < 1e-9);
});

test('value at risk: an order that doubles the book adds what the book risks', () => {
  const scenarios = { symbols: ['A'], columns: [column(80, 47)] };
  const incremental = [{ symbol: 'A', notional: 50 }];
  const report = valueAtRiskOfScenarios(scenarios, Float64Array.of(50), { incremental });
  const { historical, normal_zero_mean, incremental: found } = level(report);
  const [order] = found;
  assert.ok(Math.abs((order?.normal_exact ?? 0) - (normal_zero_mean.var ?? 1)) < 1e-12);
  assert.ok(Math.abs((order?.normal_linear ?? 0) - (normal_zero_mean.var ?? 1)) < 1e-12);
  const change = order?.historical_linear_exact ?? 0;
  assert.ok(Math.abs(change - (historical.var_linear ?? 1)) < 1e-12);
});

test('value at risk: an order in a symbol without scenarios is answered with null', () => {
  const incremental = [{ symbol: 'Z', notional: 50 }];
  const options = { incremental };
  const report = valueAtRiskOfScenarios(scenariosOf(60), Float64Array.of(1, 2, 3), options);
  assert.deepEqual(level(report).incremental, [
    {
      symbol: 'Z',
      index: -1,
      notional: 50,
      normal_exact: null,
      normal_linear: null,
      historical_linear_exact: null,
      historical_es_exact: null,
    },
  ]);
});

test('value at risk: a simulation is given the covariance, and its paths set the band', () => {
  const asked: number[] = [];
  const report = valueAtRiskOfScenarios(scenariosOf(60), Float64Array.of(1, 2, 3), {
    levels: [0.95],
    monteCarlo: (covariance, notional, confidence) => {
      asked.push(covariance.length, notional.length, confidence);
      return { paths: 400, var: 1.5, es: 2, seed: 'seven' };
    },
  });
  assert.deepEqual(asked, [9, 3, 0.95]);
  const found = level(report).monte_carlo_normal_zero_mean;
  assert.deepEqual([found.paths, found.var, found.es, found.seed], [400, 1.5, 2, 'seven']);
  const width = (found.band_high ?? 0) - (found.band_low ?? 0);
  assert.ok(Math.abs(width - 8 * (found.var_standard_error ?? 0)) < 1e-12);
  // sqrt(0.05 x 0.95 / 400) / phi(1.645) of a standard deviation
  const perSd = (found.var_standard_error ?? 0) / (report.pnl_std_ddof1 ?? 1);
  assert.ok(Math.abs(perSd - 0.010897247358851683 / 0.10313564037537128) < 1e-12);
});

test('value at risk: a level that is no level of confidence is refused', () => {
  for (const wrong of [0.5, 1, 5, Number.NaN]) {
    assert.throws(() => pnlReport(column(60, 13), [wrong]), /is not between 0.5 and 1/);
  }
});

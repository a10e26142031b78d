// Owns the tests of the backtests: published tables, hand-counted transitions, rolling forecasts.
// Promise: expected numbers come from the papers or were counted by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  backtestVar,
  christoffersen,
  exceedancesOf,
  kupiec,
  testExceedances,
} from '../../../engine/analysis/backtest.ts';

const hits = (text: string): Uint8Array => Uint8Array.from(text, Number);

/** `exceedances` spread over `count` days, none beside another. */
const spread = (count: number, exceedances: number): Uint8Array => {
  const series = new Uint8Array(count);
  for (let k = 0; k < exceedances; k += 1) series[2 * k] = 1;
  return series;
};

// Kupiec (1995), table 3: days, p, and the exceedances between which 95 % does not reject.
const KUPIEC = [
  [255, 0.01, -1, 7],
  [510, 0.01, 1, 11],
  [1000, 0.01, 4, 17],
  [255, 0.025, 2, 12],
  [510, 0.025, 6, 21],
  [1000, 0.025, 15, 36],
  [255, 0.05, 6, 21],
  [510, 0.05, 16, 36],
  [1000, 0.05, 37, 65],
] as const;

test('backtest: the regions of Kupiec (1995) are rejected at their edges and not inside', () => {
  for (const [days, p, low, high] of KUPIEC) {
    const rejects = (x: number): boolean => testExceedances(spread(days, x), p).reject_pof_95;
    assert.equal(rejects(high), true, `${high} of ${days} at ${p}`);
    assert.equal(rejects(high - 1), false, `${high - 1} of ${days} at ${p}`);
    if (low < 0) continue; // the table leaves the lower end open; zero of 255 is a case of its own
    assert.equal(rejects(low), true, `${low} of ${days} at ${p}`);
    assert.equal(rejects(low + 1), false, `${low + 1} of ${days} at ${p}`);
  }
});

test('backtest: exceedances at exactly the expected rate have no likelihood ratio', () => {
  assert.equal(kupiec(1000, 50, 0.05), 0);
});

test('backtest: Basel turns yellow at 5 and red at 10 of 250 days at 1 %', () => {
  const judge = (x: number) => testExceedances(spread(250, x), 0.01);
  const zones = [0, 4, 5, 9, 10, 30].map((x) => judge(x).zone);
  assert.deepEqual(zones, ['green', 'green', 'yellow', 'yellow', 'red', 'red']);
  const plus = [4, 5, 6, 7, 8, 9, 10, 30].map((x) => judge(x).basel_1996_multiplier);
  assert.deepEqual(plus, [3, 3.4, 3.5, 3.65, 3.75, 3.85, 4, 4]);
  assert.equal(judge(30).basel_mar99_multiplier, 2);
});

test('backtest: the multipliers exist for 250 days at 1 % only', () => {
  assert.ok(!('basel_1996_multiplier' in testExceedances(spread(251, 3), 0.01)));
  assert.ok(!('basel_1996_multiplier' in testExceedances(spread(250, 3), 0.05)));
});

test('backtest: transitions are counted between neighbours, and clustering is seen', () => {
  const { transitions, lr } = christoffersen(hits('001111000101'));
  assert.deepEqual(transitions, {
    n00: 3,
    n01: 3,
    n10: 2,
    n11: 3,
    pi01: 0.5,
    pi11: 0.6,
    pi2: 6 / 11,
  });
  const free = 6 * Math.log(0.5) + 3 * Math.log(0.6) + 2 * Math.log(0.4);
  const restricted = 5 * Math.log(5 / 11) + 6 * Math.log(6 / 11);
  assert.ok(Math.abs(lr - 2 * (free - restricted)) < 1e-14);
});

test('backtest: coverage and independence together have two degrees of freedom', () => {
  const found = testExceedances(hits('0011100010'), 0.05);
  assert.equal(found.lr_cc, found.lr_pof + found.lr_ind);
  assert.ok(Math.abs(found.p_cc - Math.exp(-found.lr_cc / 2)) < 1e-15);
});

test('backtest: clustered exceedances fail independence though their number is right', () => {
  const clustered = hits('0'.repeat(120) + '1'.repeat(12) + '0'.repeat(108));
  const found = testExceedances(clustered, 0.05);
  assert.equal(found.p_pof, 1);
  assert.ok(found.p_ind < 1e-10, `${found.p_ind}`);
  assert.equal(found.pi11, 11 / 12);
});

test('backtest: series without one of the states are numbers, not NaN', () => {
  for (const text of ['1', '0', '11', '00', '10']) {
    for (const [key, value] of Object.entries(testExceedances(hits(text), 0.05))) {
      if (typeof value === 'number') assert.ok(Number.isFinite(value), `${text}: ${key}`);
    }
  }
});

test('backtest: a loss of exactly the VaR is no exceedance', () => {
  const series = exceedancesOf(Float64Array.of(5, 5.000001, -9), Float64Array.of(5, 5, 5));
  assert.deepEqual(Array.from(series), [0, 1, 0]);
});

const DAYS = 40;
const table = {
  symbols: ['A'],
  dates: Array.from({ length: DAYS }, (_, t) => `2024-01-${String(t + 1).padStart(2, '0')}`),
  rows: DAYS,
  columns: [
    Float64Array.from({ length: DAYS }, (_, t) => Math.log1p(((t * 37) % 19) / 100 - 0.09)),
  ],
};

test('backtest: a forecast does not know its own row', () => {
  const options = { window: 10, levels: [0.9] };
  const before = backtestVar(table, Float64Array.of(100), options);
  const columns = [table.columns[0]!.map((r, t) => (t >= 25 ? -3 : r))];
  const after = backtestVar({ ...table, columns }, Float64Array.of(100), options);
  for (const [name, { var: forecasts }] of Object.entries(before.models)) {
    assert.deepEqual(after.models[name]!.var.slice(0, 16), forecasts.slice(0, 16), name);
    assert.notEqual(after.models[name]!.var[16], forecasts[16], name);
  }
});

test('backtest: the first forecast is that of the first window', () => {
  const { models, ...rest } = backtestVar(table, Float64Array.of(100), {
    window: 10,
    levels: [0.9],
  });
  assert.deepEqual(rest, {
    portfolio: null,
    window: 10,
    first_forecast_row: 10,
    first_forecast_date: '2024-01-11',
  });
  // Rows 0-9 in percent: -9 9 8 7 6 5 4 3 2 1; rank 0.9 of -9, 1.
  assert.ok(Math.abs(models['historical_linear_0.9']!.var[0]! - 0) < 1e-12);
  assert.ok(Math.abs(models['historical_lower_0.9']!.var[0]! - 9) < 1e-12);
  assert.equal(models['historical_lower_0.9']!.all?.T, 30);
  assert.equal(models['historical_lower_0.9']!.last_250, null);
});

test('backtest: a table no longer than the window has no forecast and no tests', () => {
  const { models } = backtestVar(table, Float64Array.of(100), { window: 40 });
  assert.equal(Object.keys(models).length, 8);
  for (const model of Object.values(models)) {
    assert.deepEqual(model, { var: [], exceedances: '', all: null, last_250: null });
  }
});

// Owns the comparison of every VaR, ES and backtest number with the golden vectors.
// Promise: every number of those files is compared, and a missing or surplus key fails.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { backtestVar, testExceedances } from '../../../engine/analysis/backtest.ts';
import { covarianceMatrix } from '../../../engine/analysis/contributions.ts';
import { parseReturns, type ReturnsTable } from '../../../engine/analysis/returns.ts';
import { valueAtRisk } from '../../../engine/analysis/value-at-risk.ts';
import { sharedPath } from '../../shared-data.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const readJson = (name: string): Json => {
  const path = sharedPath(`golden/${name}`);
  return path === null ? null : JSON.parse(readFileSync(path, 'utf8'));
};
const field = (value: Json | undefined, key: string): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? ((value as { readonly [key: string]: Json })[key] ?? null)
    : null;

const golden = readJson('var.json');
const backtests = readJson('var-backtests.json');
const skip = golden === null ? 'golden vectors are not beside the checkout' : false;

function readTable(): ReturnsTable {
  const packed = readFileSync(sharedPath('golden/returns.csv.gz') ?? '');
  const result = parseReturns(gunzipSync(packed).toString('utf8'));
  if (result.kind === 'invalid') assert.fail(result.problems.join('\n'));
  return result.table;
}

/** Allowed difference between `found` and `expected` at `path`. */
type Tolerance = (path: string, expected: number) => number;

// README: 1e-9 relative, Student-t maximum likelihood 1e-6. The golden figures of fixed nu stand on
// quantiles that are themselves up to 2.4e-9 (VaR) and 3.8e-9 (ES) off the closed form of nu = 4;
// tests/unit/analysis/distributions.test.ts holds ours to that form at 1e-14.
const varTolerance: Tolerance = (path, expected) => {
  if (/t_mle/.test(path)) return 1e-6 * Math.abs(expected);
  return (/student_t_nu[46]/.test(path) ? 4e-9 : 1e-9) * Math.abs(expected);
};
// README: LR 1e-8, absolute below 1; p-values 1e-8; counts exact; forecasts as var.json.
const backtestTolerance: Tolerance = (path, expected) => {
  if (/\.(T|exceedances|n\d\d|window|first_forecast_row)$/.test(path)) return 0;
  if (/\.var\.\d+$/.test(path)) return 1e-9 * Math.abs(expected);
  return 1e-8 * (/\.lr_/.test(path) ? Math.max(1, Math.abs(expected)) : Math.abs(expected));
};

/** Compares leaf by leaf; the number of numbers compared. */
function compare(found: Json | undefined, expected: Json, path: string, allow: Tolerance): number {
  if (typeof expected === 'number') {
    assert.equal(typeof found, 'number', `${path}: ${found} where ${expected} is expected`);
    const gap = Math.abs(Number(found) - expected);
    assert.ok(gap <= allow(path, expected), `${path}: ${found} is not ${expected}`);
    return 1;
  }
  if (expected === null || typeof expected !== 'object') {
    assert.equal(found, expected, path);
    return 0;
  }
  assert.ok(typeof found === 'object' && found !== null, `${path} is missing`);
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort(), `${path}: keys`);
  let count = 0;
  for (const [key, value] of Object.entries(expected)) {
    count += compare(
      field(found, key) ?? (found as Json[])[Number(key)],
      value,
      `${path}.${key}`,
      allow,
    );
  }
  return count;
}

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value));

for (const name of ['long_only', 'long_short', 'concentrated', 'tiny', 'one_asset']) {
  test(`value at risk: every golden number of ${name} is met`, { skip }, () => {
    const expected = field(field(golden, 'portfolios'), name);
    const notional = Float64Array.from(field(expected, 'notional') as number[]);
    const found = asJson(valueAtRisk(readTable(), notional));
    const count = compare(found, expected, name, varTolerance);
    assert.equal(count, 495, 'numbers compared');
  });
}

test('value at risk: the covariance of simple returns is the golden one', { skip }, () => {
  const columns = readTable().columns.map((column) => column.map(Math.expm1));
  const expected = (field(golden, 'covariance_simple_returns_ddof1') as number[][]).flat();
  covarianceMatrix(columns).forEach((found, i) => {
    const [row, column] = [Math.floor(i / columns.length), i % columns.length];
    const scale = Math.sqrt(expected[row * 13]! * expected[column * 13]!);
    assert.ok(Math.abs(found - expected[i]!) <= 1e-10 * scale, `entry ${row}, ${column}`);
  });
});

test('backtest: every golden exceedance series gets the golden tests', { skip }, () => {
  const given = Object.entries(field(backtests, 'given') as { readonly [key: string]: Json });
  assert.equal(given.length, 10);
  for (const [name, expected] of given) {
    const { series, ...tests } = expected as { readonly [key: string]: Json };
    const found = testExceedances(Uint8Array.from(String(series), Number), Number(tests.p));
    compare(asJson(found), tests, name, backtestTolerance);
  }
});

test('backtest: every golden rolling forecast and its tests are met', { skip }, () => {
  const notional = field(field(field(golden, 'portfolios'), 'long_only'), 'notional') as number[];
  const options = { portfolio: 'long_only' };
  const found = asJson(backtestVar(readTable(), Float64Array.from(notional), options));
  const count = compare(found, field(backtests, 'rolling'), 'rolling', backtestTolerance);
  assert.equal(count, 6274, 'numbers compared');
});

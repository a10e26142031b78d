// Owns the proof that the covariance report answers poor data with null, never NaN, and by window.
// Promise: needs no recorded data; the numbers themselves are held by the golden test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  covarianceReport,
  covarianceReportBytes,
} from '../../../engine/analysis/covariance-report.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { openMathSpace } from './room.ts';

function tableOf(n: number, rows: number) {
  const random = createRandom(`table ${n} ${rows}`);
  const draw = (): number => 0.02 * random.normal();
  const columns = Array.from({ length: n }, () => Float64Array.from({ length: rows }, draw));
  return { symbols: columns.map((_, j) => `S${j}`), columns, rows };
}

const report = (table: ReturnType<typeof tableOf>) =>
  covarianceReport(table, {
    space: openMathSpace(covarianceReportBytes(table.rows, table.symbols.length)),
  });

test('covariance report: the room it says it needs is enough, up to 60 assets', () => {
  for (const [n, rows] of [
    [1, 2],
    [3, 500],
    [60, 10],
  ] as const) {
    assert.equal(report(tableOf(n, rows)).full.n, n);
  }
});

test('covariance report: last_60 is there from 60 rows on, and of the newest rows', () => {
  assert.deepEqual(Object.keys(report(tableOf(2, 59))), ['symbols', 'full']);
  assert.deepEqual(Object.keys(report(tableOf(2, 60))), ['symbols', 'full', 'last_60']);
  const table = tableOf(2, 100);
  const newest = { ...table, rows: 60, columns: table.columns.map((c) => c.slice(40)) };
  assert.deepEqual(report(table).last_60, report(newest).full);
});

test('covariance report: an asset that never moved leaves null, and the rest stands', () => {
  const table = tableOf(3, 80);
  table.columns[1]!.fill(0);
  const { full } = report(table);
  assert.equal(full.sample[1]?.[1], 0);
  assert.deepEqual(full.correlation[1], [null, null, null]);
  assert.ok(typeof full.correlation[0]?.[2] === 'number');
  assert.deepEqual([full.clustering.single, full.clustering.average], [null, null]);
  assert.equal(full.ledoit_wolf_constant_correlation.shrinkage, null);
  assert.ok(typeof full.ledoit_wolf_identity.shrinkage === 'number');
  assert.deepEqual(full.conditioning.sample.condition, null);
  assert.equal(full.conditioning.sample.rank, 2);
  assert.deepEqual(full.conditioning.correlation, {
    condition: null,
    rank: null,
    eigenvalues_ascending: null,
  });
  assert.equal(full.cholesky_lower_sample, null);
});

test('covariance report: one row has no sample covariance, and says so with null', () => {
  const { full } = report(tableOf(2, 1));
  assert.deepEqual(full.sample, [
    [null, null],
    [null, null],
  ]);
  assert.equal(full.sample_ddof0[0]?.[0], 0);
  assert.equal(full.cholesky_lower_sample, null);
});

test('covariance report: no assets at all is an empty report', () => {
  const { full } = report({ symbols: [], columns: [], rows: 0 });
  assert.deepEqual([full.n, full.rows, full.sample], [0, 0, []]);
});

test('covariance report: a window longer than the table is refused by name', () => {
  const table = tableOf(2, 10);
  const options = { space: openMathSpace(), windows: [{ name: 'last_11' as const, rows: 11 }] };
  assert.throws(() => covarianceReport(table, options), /last_11 needs 11 of 10/);
});

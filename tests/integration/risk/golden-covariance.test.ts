// Owns the proof of covariance, shrinkage, clusters and Monte Carlo on golden numbers.
// Promise: every number of golden/covariance.json is compared, at the tolerance its README gives.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  covarianceReport,
  covarianceReportBytes,
} from '../../../engine/analysis/covariance-report.ts';
import { monteCarloVar } from '../../../engine/analysis/monte-carlo.ts';
import { sharedPath } from '../../shared-data.ts';
import { openMathSpace } from '../../unit/analysis/room.ts';

const GOLDEN = sharedPath('golden/covariance.json');
const VAR = sharedPath('golden/var.json');
const RETURNS = sharedPath('golden/returns.csv.gz');
const isAbsent = GOLDEN === null || VAR === null || RETURNS === null;
const skip = isAbsent ? 'no golden numbers beside the checkout' : false;

type Json = null | number | string | readonly Json[] | { readonly [key: string]: Json };

function readTable() {
  const lines = gunzipSync(readFileSync(RETURNS!)).toString('utf8').trim().split('\n');
  const symbols = lines[0]!.split(',').slice(1);
  const rows = lines.slice(1).map((line) => line.split(',').slice(1).map(Number));
  const columns = symbols.map((_, j) => Float64Array.from(rows, (row) => row[j]!));
  return { symbols, columns, rows: rows.length };
}

/** Leaves of a document as path and number; a matrix is one leaf, for its entries share a scale. */
function* leavesOf(node: Json, path: string): Generator<[string, Json]> {
  if (node === null || typeof node !== 'object' || Array.isArray(node)) yield [path, node];
  else for (const [key, value] of Object.entries(node)) yield* leavesOf(value, `${path}.${key}`);
}

function read(document: object, path: string): Json {
  let node = document as Json;
  for (const key of path.split('.').slice(1)) {
    assert.ok(node !== null && typeof node === 'object' && key in node, `${path} is missing`);
    node = (node as { readonly [key: string]: Json })[key] as Json;
  }
  return node;
}

const near = (got: number, wanted: number, scale: number, path: string): void =>
  assert.ok(Math.abs(got - wanted) <= scale, `${path}: ${got}, wanted ${wanted} within ${scale}`);

/** Entries at `tolerance` of sqrt(s_ii s_jj). */
function matchMatrix(got: number[][], wanted: number[][], tolerance: number, path: string): number {
  assert.equal(got.length, wanted.length, path);
  wanted.forEach((row, i) => {
    row.forEach((value, j) => {
      const scale = Math.sqrt(Math.abs(wanted[i]![i]! * wanted[j]![j]!)) || 1; // distances: 1
      near(got[i]![j]!, value, tolerance * scale, `${path}[${i}][${j}]`);
    });
  });
  return wanted.length ** 2;
}

function matchLeaf(got: Json, wanted: Json, path: string): number {
  const shrunk = path.includes('ledoit_wolf') ? 1e-9 : 1e-10;
  if (path.includes('members') || path.includes('leaf_order')) assert.deepEqual(got, wanted, path);
  else if (path.endsWith('merges')) {
    (wanted as number[][]).forEach(([a, b, height, size], k) => {
      const merge = (got as number[][])[k]!;
      assert.deepEqual([merge[0], merge[1], merge[3]], [a, b, size], path);
      near(merge[2]!, height!, 1e-10, path);
    });
  } else if (path.includes('eigenvalues')) {
    const list = wanted as number[];
    const scale = 1e-9 * list.at(-1)!;
    list.forEach((value, k) => {
      near((got as number[])[k]!, value, scale, `${path}[${k}]`);
    });
  } else if (Array.isArray(wanted) && Array.isArray(wanted[0])) {
    return matchMatrix(got as number[][], wanted as number[][], shrunk, path);
  } else if (Array.isArray(wanted)) {
    wanted.forEach((value, k) => {
      near((got as number[])[k]!, value as number, 1e-10 * 0.01, `${path}[${k}]`);
    });
  } else if (typeof wanted === 'number' && !Number.isInteger(wanted)) {
    const tolerance = path.endsWith('condition') ? 1e-8 : path.includes('min_gap') ? 1e-6 : shrunk;
    near(got as number, wanted, tolerance * Math.abs(wanted), path);
  } else assert.equal(got, wanted, path);
  return 1;
}

const WINDOWS = [
  { name: 'last_60', rows: 60 },
  { name: 'last_8_rank_deficient', rows: 8 },
] as const;

test('covariance report: every golden number of all three windows is met', { skip }, (t) => {
  const table = readTable();
  const space = openMathSpace(covarianceReportBytes(table.rows, table.symbols.length));
  const report = covarianceReport(table, { space, windows: WINDOWS });
  const golden = JSON.parse(readFileSync(GOLDEN!, 'utf8')) as { readonly [key: string]: Json };
  const { symbols, ...windows } = golden;
  assert.deepEqual(report.symbols, symbols);
  const document = JSON.parse(JSON.stringify(report)) as object;
  let compared = 0;
  for (const [path, wanted] of leavesOf(windows, '')) {
    compared += matchLeaf(read(document, path), wanted, path);
  }
  t.diagnostic(`${compared} numbers and lists compared`);
  assert.ok(compared > 4000, `only ${compared} compared`);
});

test('covariance report: the default windows are all rows and the last 60', { skip }, () => {
  const table = readTable();
  const space = openMathSpace(covarianceReportBytes(table.rows, table.symbols.length));
  assert.deepEqual(Object.keys(covarianceReport(table, { space })), ['symbols', 'full', 'last_60']);
});

interface VarGolden {
  readonly symbols: readonly string[];
  readonly covariance_simple_returns_ddof1: readonly (readonly number[])[];
  readonly portfolios: Record<
    string,
    { readonly notional: readonly number[]; readonly levels: Record<string, LevelGolden> }
  >;
}

interface LevelGolden {
  readonly normal_zero_mean: { readonly es: number };
  readonly student_t_nu4_variance_matched_zero_mean: { readonly var: number; readonly es: number };
  readonly monte_carlo_normal_zero_mean: {
    readonly var_standard_error: number;
    readonly band_low: number;
    readonly band_high: number;
    readonly paths: number;
  };
}

function varCases() {
  const golden = JSON.parse(readFileSync(VAR!, 'utf8')) as VarGolden;
  const covariance = Float64Array.from(golden.covariance_simple_returns_ddof1.flat());
  return { covariance, portfolios: Object.entries(golden.portfolios) };
}

test('monte carlo: every portfolio and level lies inside the golden band', { skip }, () => {
  const { covariance, portfolios } = varCases();
  const space = openMathSpace();
  for (const [name, { notional, levels }] of portfolios) {
    for (const [level, wanted] of Object.entries(levels)) {
      const band = wanted.monte_carlo_normal_zero_mean;
      const report = monteCarloVar(space, covariance, Float64Array.from(notional), {
        levels: [Number(level)],
        paths: band.paths,
      });
      const [got] = report!.levels;
      const where = `${name} ${level}: ${got!.var}`;
      assert.ok(got!.var >= band.band_low && got!.var <= band.band_high, where);
      near(got!.es, wanted.normal_zero_mean.es, 6 * band.var_standard_error, `${where} es`);
      near(got!.standardError / band.var_standard_error, 1, 0.3, `${where} standard error`);
    }
  }
});

test('monte carlo: fat tails give the golden VaR of a t with 4 degrees', { skip }, () => {
  const { covariance, portfolios } = varCases();
  const space = openMathSpace(1 << 23);
  const [, { notional, levels }] = portfolios[0]!;
  for (const [level, { student_t_nu4_variance_matched_zero_mean: wanted }] of Object.entries(
    levels,
  )) {
    const report = monteCarloVar(space, covariance, Float64Array.from(notional), {
      levels: [Number(level)],
      paths: 400_000,
      degreesOfFreedom: 4,
    });
    const [got] = report!.levels;
    near(got!.var, wanted.var, 4 * got!.standardError, `${level} var`);
    near(got!.es, wanted.es, 0.03 * wanted.es, `${level} es`);
  }
});

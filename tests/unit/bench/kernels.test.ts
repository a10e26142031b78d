// Owns the proof that the kernel benchmark still runs and that its harness catches unequal work.
// Promise: no time is judged here; only what was measured, and that the work repeats.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BenchCase, formatRows, hashOf, measureCase } from '../../../bench/harness.ts';
import { runKernelBench } from '../../../bench/kernels.ts';
import { problemsOfScale, runScaleBench, TINY_SCALE } from '../../../bench/risk-scale.ts';

const ROWS = [
  'empty call',
  'risk check: limits + normal VaR, 8 instruments',
  'risk check with historical VaR and stress, 41 scenarios',
  'book apply, 20 levels',
  'book copy, 2 x 40 levels',
  'book features, 52 columns',
  'covariance update, 9 x 9',
  'covariance commit, 9',
  'select one of 64',
  'historical VaR, 40 scenarios x 9',
  'Monte Carlo VaR, 600 paths x 10',
];

test('bench: every kernel does the work of its plain rival, the same work each time', async () => {
  const first = await runKernelBench({ tiny: true });
  const second = await runKernelBench({ tiny: true });
  assert.deepEqual(
    first.rows.map((row) => row.name),
    ROWS,
  );
  for (const [k, row] of first.rows.entries()) {
    assert.equal(row.workHash, second.rows[k]?.workHash, `${row.name}: the work differs`);
    assert.ok(row.kernelNs.p50 > 0 && row.kernelNs.p50 <= row.kernelNs.p99, row.name);
    assert.ok(row.calls >= 20, row.name);
  }
});

test('bench: fills are timed at each size, and a cost that grows is told', () => {
  const rows = runScaleBench(TINY_SCALE);
  assert.deepEqual(
    rows.map(({ instruments }) => instruments),
    TINY_SCALE.instruments,
  );
  for (const { riskNs, fillNs, endNs } of rows) assert.ok(riskNs > 0 && fillNs > 0 && endNs > 0);
  const [first] = rows;
  assert.ok(first !== undefined);
  const grown = { ...first, instruments: 1000, ratios: { risk: 1, fill: 1.31, end: 1.3 } };
  assert.deepEqual(problemsOfScale([{ ...first, ratios: { risk: 1, fill: 1, end: 1 } }, grown]), [
    'not as promised: fill at 1000 instruments costs 1.31 x what it costs at 4; promised 1.3 x',
  ]);
});

/** A case whose contestants end with the given numbers. */
function caseOf(kernel: number, plain: number, tolerance: number): BenchCase {
  const contestant = (value: number) => ({ run: () => {}, result: () => Float64Array.of(value) });
  return {
    name: 'sum',
    kernel: contestant(kernel),
    plain: contestant(plain),
    tolerance,
    callsPerSample: 1,
  };
}

test('bench: contestants that disagree fail instead of being timed', () => {
  const effort = { warmUpCalls: 1, samples: 2 };
  assert.throws(() => measureCase(caseOf(1, 1.1, 0), effort), /result 0 is 1 in WASM, 1.1/);
  assert.throws(() => measureCase(caseOf(1, Number.NaN, 1), effort), /in TypeScript/);
  assert.equal(measureCase(caseOf(Number.NaN, Number.NaN, 0), effort).calls, 3);
  assert.equal(measureCase(caseOf(1, 1 + 1e-13, 1e-12), effort).timed, 'each call');
});

test('bench: the table has a line a row and the hash tells different work apart', () => {
  const row = measureCase(caseOf(1, 1, 0), { warmUpCalls: 0, samples: 1 });
  const lines = formatRows([row]).split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^ns per call +p50 +p99/);
  assert.ok(lines[1]?.endsWith(row.workHash));
  assert.notEqual(hashOf(Float64Array.of(1)), hashOf(Float64Array.of(2)));
  assert.notEqual(hashOf(Float64Array.of(0)), hashOf(Float64Array.of(-0)));
});

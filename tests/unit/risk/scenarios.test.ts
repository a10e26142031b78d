// Owns the cases of the scenario blocks: what is written, from where, and what losses come of it.
// Promise: losses are worked out from the columns by sorting; draws are held to their moments.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScenarios, historyOf } from '../../../engine/risk/scenarios.ts';
import * as layout from '../../../wasm/layout.ts';
import { columnsOf, HISTORY, layRisk, openRisk, SHOCKS, wideRisk } from '../../risk-fixture.ts';
import { instruments, inverse, linear, noKernels, spot } from '../../trading-fixture.ts';

const skip = noKernels;
const near = (seen: number, expected: number, share: number): void =>
  assert.ok(Math.abs(seen - expected) <= share, `${seen} is not ${expected}`);

test('scenarios: counts, ranks and columns lie where the kernel looks for them', { skip }, () => {
  const { words, buffer, plan } = layRisk(wideRisk());
  for (const [block, column, rank, Returns] of [
    [plan.history, HISTORY, 2, Float32Array], // floor(40 x 0.05)
    [plan.shocks, SHOCKS, 0, Float64Array],
  ] as const) {
    const { length } = column;
    assert.equal(words[(block + layout.SCENARIOS_COUNT) / 4], length);
    assert.equal(words[(block + layout.SCENARIOS_N) / 4], 3);
    assert.equal(words[(block + layout.SCENARIOS_RANK) / 4], rank);
    assert.equal(words[(block + layout.SCENARIOS_WIDTH) / 4], Returns.BYTES_PER_ELEMENT);
    for (const { index } of instruments) {
      const first = words[(block + layout.SCENARIOS_COLUMNS) / 4]!;
      const at = first + index * words[(block + layout.SCENARIOS_STRIDE) / 4]!;
      const seen = new Returns(buffer as unknown as ArrayBuffer, at, length);
      assert.deepEqual([...seen], [...Returns.from(columnsOf(column)[index]!)]);
    }
  }
});

test('scenarios: the rank of the 95 % loss is the lower of the two order statistics', {
  skip,
}, () => {
  const desk = layRisk(wideRisk());
  for (const [rows, rank] of [
    [1, 0],
    [20, 0],
    [21, 1],
    [40, 1],
    [41, 2],
    [60, 2],
    [61, 3],
  ] as const) {
    const history = instruments.map(() => new Float64Array(rows));
    const shocks = instruments.map(() => SHOCKS);
    createScenarios({ ...desk, instruments, history, shocks });
    const { words, plan } = desk;
    assert.equal(words[(plan.history + layout.SCENARIOS_RANK) / 4], rank, String(rows));
    assert.equal(words[(plan.shocks + layout.SCENARIOS_RANK) / 4], 0);
  }
});

test('scenarios: blocks laid over a book that is held price what is held', { skip }, () => {
  const desk = openRisk();
  desk.exposure.onPosition(linear, 10); // 1000
  const flat = (value: number): Float64Array[] => instruments.map(() => Float64Array.of(value));
  createScenarios({ ...desk, instruments, history: flat(-0.5), shocks: flat(-0.25) });
  assert.equal(desk.exposure.historicalVar(), 500);
  assert.equal(desk.exposure.stressLoss(), 250);
});

test('scenarios: a column of another length, a loss of more than everything, or too many of them', {
  skip,
}, () => {
  const desk = layRisk(wideRisk());
  const write = (history: readonly Float64Array[]): void => {
    createScenarios({ ...desk, instruments, history, shocks: instruments.map(() => SHOCKS) });
  };
  const one = Float64Array.of(0.1);
  write([one, one, Float64Array.of(-1)]);
  assert.throws(() => write([one, one]), /2 columns of scenarios for 3 instruments/);
  assert.throws(() => write([one, one, Float64Array.of(1, 2)]), /ETHUSDT.spot: 2 of 1 scenarios/);
  for (const bad of [-1.000001, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => write([one, one, Float64Array.of(bad)]), /no return of -1 or above/);
  }
  const full = instruments.map(() => new Float64Array(64));
  write(full);
  const more = instruments.map(() => new Float64Array(65));
  assert.throws(() => write(more), /65 scenarios, and memory for 64/);
});

test('scenarios: without any, a loss is not a number, and the check refuses', { skip }, () => {
  const desk = openRisk();
  const none = instruments.map(() => new Float64Array(0));
  createScenarios({ ...desk, instruments, history: none, shocks: none });
  desk.exposure.onPosition(linear, 1);
  assert.ok(Number.isNaN(desk.exposure.historicalVar()));
  assert.ok(Number.isNaN(desk.exposure.stressLoss()));
});

// ---- History ----------------------------------------------------------------------------------

const table = {
  symbols: ['BTC/USD', 'SOL'],
  columns: [Float64Array.of(0.5, Math.log(1.1), Math.log(0.9)), Float64Array.of(0, 0, Math.log(2))],
};

test('history: the newest rows of the asset, as simple returns', () => {
  const { columns, source } = historyOf(table, [linear, inverse], 2, 'seed');
  for (const column of columns) {
    assert.equal(column.length, 2);
    near(column[0]!, 0.1, 1e-15);
    near(column[1]!, -0.1, 1e-15);
  }
  assert.equal(source, 'the newest 2 rows of 2 symbols');
  assert.equal(historyOf(table, [linear], 9, 'seed').columns[0]?.length, 3);
});

test('history: an asset without a column moves 1.5 times the mean, and is named', () => {
  const { columns, source } = historyOf(table, [linear, inverse, spot], 2, 'seed');
  near(columns[2]![0]!, 1.5 * 0.05, 1e-15); // mean of 0.1 and 0
  near(columns[2]![1]!, 1.5 * 0.45, 1e-15); // mean of -0.1 and 1
  assert.equal(source, 'the newest 2 rows of 2 symbols; 1.5 x their mean for ETHUSDT.spot');
});

test('history: what is filled in never loses more than everything', () => {
  const crash = { symbols: ['SOL'], columns: [Float64Array.of(-3)] }; // -95 %
  assert.equal(historyOf(crash, [linear], 1, 'seed').columns[0]![0], -1);
});

test('history: a long list of what is filled in is cut, and counted', () => {
  const many = Array.from({ length: 12 }, (_, index) => ({ ...spot, index, key: `E${index}` }));
  const { source } = historyOf(table, many, 2, 'seed');
  assert.match(source, /for E0, E1, .*, E9 and 2 more$/);
});

test('history: without a table the draws have the volatility and correlations of the prior', () => {
  const { columns, source } = historyOf(null, instruments, 40_000, 'seed');
  const logs = columns.map((column) => Array.from(column, Math.log1p));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const product = (a: readonly number[], b: readonly number[]): number =>
    mean(a.map((value, k) => value * b[k]!));
  const [btc = [], coinm = [], eth = []] = logs;
  const sigma = logs.map((log) => Math.sqrt(product(log, log)));
  // Fourth moments of t(4) are infinite: a sample of 40,000 is good to a few parts in a hundred.
  for (const one of sigma) near(one, 0.04, 0.003);
  near(product(btc, coinm) / (sigma[0]! * sigma[1]!), 0.98, 0.01);
  near(product(btc, eth) / (sigma[0]! * sigma[2]!), 0.6, 0.05);
  // 95 % quantile of a unit-variance t(4): 2.13185 / sqrt 2 (tables of Student's t).
  const fifth = btc.toSorted((a, b) => a - b)[2000]!;
  near(fifth, -0.04 * (2.13185 / Math.SQRT2), 0.0015);
  assert.match(source, /^synthetic: 40000 draws of Student t\(4\), 4.0 % a day/);
  assert.match(source, /seed seed$/);
});

test('history: draws are the same for one seed, and others for another', () => {
  const first = (seed: string): Float64Array | undefined =>
    historyOf(null, instruments, 50, seed).columns[0];
  assert.deepEqual(first('a'), first('a'));
  assert.notDeepEqual(first('a'), first('b'));
  assert.deepEqual(
    historyOf({ symbols: [], columns: [] }, instruments, 50, 'a').columns[0],
    first('a'),
  );
});

test('history: no number of scenarios is refused', () => {
  for (const count of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => historyOf(null, instruments, count, 'seed'), /no number of scenarios/);
  }
});

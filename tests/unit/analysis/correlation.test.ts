// Owns the proof of the heat map's groups and of the breakdown alarm with its hysteresis.
// Promise: the level is checked below, at and above each threshold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BreakdownLevel,
  compareCorrelations,
  ewmaBreakdown,
  liveCorrelation,
} from '../../../engine/analysis/correlation.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { openMathSpace } from './room.ts';

/** Two groups of coins, 0.9 within, 0.1 between, and one asset that never moved. */
function groupedCovariance(): Float64Array {
  const group = [0, 1, 0, 1, 2];
  const volatility = [0.03, 0.05, 0.02, 0.04, 0];
  return Float64Array.from(
    group.flatMap((a, i) =>
      group.map((b, j) => {
        const rho = i === j ? 1 : a === b ? 0.9 : 0.1;
        return rho * volatility[i]! * volatility[j]!;
      }),
    ),
  );
}

test('live correlation: groups are found, a still asset is shown but in none', () => {
  const symbols = ['A', 'B', 'C', 'D', 'STILL'];
  const live = liveCorrelation(groupedCovariance(), symbols);
  assert.deepEqual(live.clusters, [
    [0, 2],
    [1, 3],
  ]);
  assert.deepEqual(live.leafOrder, [0, 2, 1, 3, 4]);
  assert.deepEqual(live.symbols, symbols);
  assert.ok(Math.abs(live.correlation[0]![2]! - 0.9) < 1e-12);
  assert.deepEqual(live.correlation[4], [null, null, null, null, null]);
  assert.equal(JSON.stringify(live).includes('NaN'), false);
});

test('live correlation: nothing known, one asset and none at all are answered', () => {
  assert.deepEqual(liveCorrelation(new Float64Array(4), ['A', 'B']).leafOrder, [0, 1]);
  assert.deepEqual(liveCorrelation(Float64Array.of(4), ['A']).clusters, [[0]]);
  assert.deepEqual(liveCorrelation(new Float64Array(0), []).correlation, []);
});

const equal = (n: number, rho: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : rho));

const NAMES = ['A', 'B', 'C'];

function levelOf(change: number, previous: BreakdownLevel): BreakdownLevel {
  const options = { previous, raise: 0.25, clear: 0.125 };
  return compareCorrelations(equal(3, 0.5), equal(3, 0.5 + change), NAMES, options).level;
}

test('breakdown: it breaks at the threshold and calms only below the lower one', () => {
  assert.equal(levelOf(0.249, 'calm'), 'calm');
  assert.equal(levelOf(0.25, 'calm'), 'broken');
  assert.equal(levelOf(-0.25, 'calm'), 'broken');
  assert.equal(levelOf(0.126, 'broken'), 'broken');
  assert.equal(levelOf(0.125, 'broken'), 'broken');
  assert.equal(levelOf(0.124, 'broken'), 'calm');
  assert.equal(levelOf(0.2, 'calm'), 'calm');
});

test('breakdown: distance, share of the first eigenvalue and the pairs most changed', () => {
  const slow = Float64Array.of(1, 0.2, 0.4, 0.2, 1, 0, 0.4, 0, 1);
  const fast = Float64Array.of(1, 0.9, 0.5, 0.9, 1, -0.2, 0.5, -0.2, 1);
  const found = compareCorrelations(slow, fast, NAMES, { pairs: 2 });
  assert.ok(Math.abs(found.distance! - (0.7 + 0.1 + 0.2) / 3) < 1e-15);
  assert.deepEqual(found.pairs, [
    { a: 'A', b: 'B', slow: 0.2, fast: 0.9 },
    { a: 'B', b: 'C', slow: 0, fast: -0.2 },
  ]);
  const together = compareCorrelations(equal(3, 0.1), equal(3, 0.7), NAMES);
  assert.ok(Math.abs(together.shareChange! - 0.4) < 1e-14); // (1 + 2 x 0.7) / 3 - (1 + 2 x 0.1) / 3
});

test('breakdown: the share of the first eigenvalue alone can break it', () => {
  const n = 10;
  const names = Array.from({ length: n }, (_, k) => `C${k}`);
  const fast = equal(n, 0);
  for (let k = 0; k < n * n; k += 1) {
    const [i, j] = [Math.floor(k / n), k % n];
    if (i !== j && i < 4 && j < 4) fast[k] = 0.9; // four of ten go together
  }
  const found = compareCorrelations(equal(n, 0), fast, names);
  assert.ok(Math.abs(found.distance! - 0.12) < 1e-14); // 6 pairs of 45: below the threshold
  assert.ok(Math.abs(found.shareChange! - 0.27) < 1e-14); // 1 + 3 x 0.9 of 10, from 1 of 10
  assert.equal(found.level, 'broken');
  assert.equal(compareCorrelations(fast, equal(n, 0), names).level, 'broken');
});

test('breakdown: with fewer than two moving assets nothing is known and the level stays', () => {
  const unknown = new Float64Array(9).fill(Number.NaN);
  const broken = compareCorrelations(unknown, equal(3, 0), NAMES, { previous: 'broken' });
  assert.deepEqual(broken, { level: 'broken', distance: null, shareChange: null, pairs: [] });
  const one = compareCorrelations(Float64Array.of(1), Float64Array.of(1), ['A']);
  assert.deepEqual(one, { level: 'calm', distance: null, shareChange: null, pairs: [] });
});

test('breakdown: thresholds that contradict each other are refused', () => {
  const options = { raise: 0.1, clear: 0.2 };
  assert.throws(() => compareCorrelations(equal(2, 0), equal(2, 0), ['A', 'B'], options), /clear/);
});

test('breakdown: coins that start to fall together are noticed, a calm year is not', () => {
  const space = openMathSpace();
  const random = createRandom('regimes');
  const symbols = Array.from({ length: 8 }, (_, k) => `C${k}`);
  const series = symbols.map(() => [] as number[]);
  const day = (common: number): void => {
    const market = random.normal();
    for (const column of series) {
      column.push(0.03 * (Math.sqrt(common) * market + Math.sqrt(1 - common) * random.normal()));
    }
  };
  const look = (previous: BreakdownLevel) =>
    ewmaBreakdown(
      space,
      series.map((column) => Float64Array.from(column)),
      symbols,
      { previous },
    );
  for (let k = 0; k < 500; k += 1) day(0.4);
  assert.equal(look('calm').level, 'calm');
  for (let k = 0; k < 25; k += 1) day(0.98);
  const crash = look('calm');
  assert.equal(crash.level, 'broken');
  assert.ok(crash.shareChange! > 0.2 && crash.pairs.every(({ fast, slow }) => fast > slow));
  for (let k = 0; k < 600; k += 1) day(0.98);
  assert.equal(look('broken').level, 'calm');
});

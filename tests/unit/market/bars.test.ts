// Owns the tests of bars: boundaries, flat minutes, late trades, gaps, all six time frames.
// Promise: closed bars are read back from shared memory, as the feature workers read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BAR_GRACE_US, type Bars, createBars, FLAT_BARS_MAX } from '../../../engine/market/bars.ts';
import { barsAt, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { BAR_BYTES, BARS_KEPT, CACHE_LINE } from '../../../wasm/layout.ts';

const capacities = { ...DEFAULT_CAPACITIES, instruments: 1, levels: 64 };
const plan = planMemory(capacities);
const MINUTE = 60e6;
const START = 1723161600e6; // 2024-08-09 00:00:00 UTC: a boundary of every time frame

interface Tape {
  readonly bars: Bars;
  readonly buffer: SharedArrayBuffer;
  count(frame: number): number;
  /** Columns of closed bar number n (0 = the first ever). */
  bar(frame: number, n: number): number[];
}

function createTape(): Tape {
  const buffer = new SharedArrayBuffer(plan.pages * 65536);
  const words = new Uint32Array(buffer);
  return {
    buffer,
    bars: createBars(buffer, plan, 1),
    count: (frame) => words[barsAt(plan, 0, frame) / 4] ?? 0,
    bar: (frame, n) => [
      ...new Float64Array(
        buffer,
        barsAt(plan, 0, frame) + CACHE_LINE + (n % BARS_KEPT) * BAR_BYTES,
        8,
      ),
    ],
  };
}

test('bars: a minute closes with the first trade of the next one', () => {
  const { bars, count, bar } = createTape();
  bars.addTrade(0, 100, 5, false, START + 1);
  bars.addTrade(0, 103, 2, true, START + 30e6);
  bars.addTrade(0, 99, 1, false, START + MINUTE - 1);
  assert.equal(count(0), 0);
  bars.addTrade(0, 101, 1, false, START + MINUTE);
  assert.equal(count(0), 1);
  assert.deepEqual(bar(0, 0), [START, 100, 103, 99, 99, 8, 6, 3]);
  assert.equal(count(1), 0);
});

test('bars: minutes without trades are flat at the previous close', () => {
  const { bars, count, bar } = createTape();
  bars.addTrade(0, 100, 5, false, START);
  bars.addTrade(0, 110, 1, false, START + 3 * MINUTE);
  assert.equal(count(0), 3);
  assert.deepEqual(bar(0, 1), [START + MINUTE, 100, 100, 100, 100, 0, 0, 0]);
  assert.deepEqual(bar(0, 2), [START + 2 * MINUTE, 100, 100, 100, 100, 0, 0, 0]);
  bars.addTrade(0, 111, 1, false, START + 4 * MINUTE);
  assert.deepEqual(bar(0, 3).slice(0, 5), [START + 3 * MINUTE, 110, 110, 110, 110]);
});

test('bars: the clock closes a quiet minute, after its grace', () => {
  const { bars, count } = createTape();
  bars.addTrade(0, 100, 5, false, START);
  bars.advance(START + MINUTE + BAR_GRACE_US - 1);
  assert.equal(count(0), 0);
  bars.advance(START + MINUTE + BAR_GRACE_US + 1e6);
  assert.equal(count(0), 1);
});

test('bars: a late trade counts in the open bar and is counted as late', () => {
  const { bars, bar } = createTape();
  bars.addTrade(0, 100, 5, false, START);
  bars.addTrade(0, 101, 1, false, START + MINUTE);
  bars.addTrade(0, 102, 2, false, START + MINUTE - 1);
  assert.equal(bars.late, 1);
  bars.addTrade(0, 101, 1, false, START + 2 * MINUTE);
  assert.equal(bar(0, 1)[5], 3);
});

test('bars: a silence of the bound is flat, one bar longer is a gap', () => {
  const inside = createTape();
  inside.bars.addTrade(0, 100, 5, false, START);
  inside.bars.addTrade(0, 101, 1, false, START + (FLAT_BARS_MAX + 1) * MINUTE);
  assert.equal(inside.count(0), FLAT_BARS_MAX + 1);
  assert.equal(inside.bars.gaps, 0);
  const beyond = createTape();
  beyond.bars.addTrade(0, 100, 5, false, START);
  beyond.bars.addTrade(0, 101, 1, false, START + (FLAT_BARS_MAX + 2) * MINUTE);
  assert.equal(beyond.count(0), 1);
  assert.equal(beyond.bars.gaps, 1);
});

test('bars: every time frame sums the same trades', () => {
  const { bars, count, bar } = createTape();
  const minutes = 1440;
  for (let m = 0; m < minutes; m += 1) {
    bars.addTrade(0, 1000 + (m % 7), 2, m % 2 === 0, START + m * MINUTE + 5e6);
  }
  bars.addTrade(0, 1000, 1, false, START + minutes * MINUTE);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((frame) => count(frame)),
    [1440, 288, 96, 24, 6, 1],
  );
  assert.deepEqual(bar(5, 0), [START, 1000, 1006, 1000, 1004, 2880, 1440, 1440]);
  assert.equal(bar(3, 23)[5], 120);
});

test('bars: the ring keeps the newest bars', () => {
  const { bars, count, bar } = createTape();
  for (let m = 0; m <= BARS_KEPT + 10; m += 1) {
    bars.addTrade(0, 1000 + m, 1, false, START + m * MINUTE);
  }
  assert.equal(count(0), BARS_KEPT + 10);
  assert.equal(bar(0, BARS_KEPT + 9)[4], 1000 + BARS_KEPT + 9);
});

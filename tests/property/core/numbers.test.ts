// Owns the laws of decimals, histograms, randomness, order ids and the memory plan.
// Promise: each holds for hundreds of drawn cases, from a fixed seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIdSource, formatOrderId } from '../../../engine/core/ids.ts';
import { isOnGrid } from '../../../engine/core/instrument.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { formatDecimal, parseDecimal } from '../../../engine/core/units.ts';
import { createHistogram } from '../../../engine/memory/histogram.ts';
import {
  columnBytes,
  DEFAULT_CAPACITIES,
  KERNEL_BASE,
  type MemoryPlan,
  planMemory,
} from '../../../engine/memory/plan.ts';
import { COUNTERS, STAGES } from '../../../engine/memory/telemetry.ts';
import * as layout from '../../../wasm/layout.ts';

const SEED = 7;
const safe = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

test('units: formatting and parsing is the identity on every safe integer and scale', () => {
  const check = (steps: number, scale: number): void =>
    assert.equal(parseDecimal(formatDecimal(steps, scale), scale), steps === 0 ? 0 : steps);
  const property = fc.property(safe, fc.integer({ min: 0, max: 18 }), check);
  fc.assert(property, { seed: SEED, numRuns: 1000 });
});

test('units: digits beyond the scale parse only when they are zeros', () => {
  const check = (steps: number, digit: number): void => {
    const text = `${formatDecimal(steps * 10 + 1, 3)}${digit}`; // 4 decimals, the third is 1
    const parsed = parseDecimal(text, 3);
    if (digit === 0) assert.equal(parsed, steps * 10 + 1);
    else assert.deepEqual(parsed, { kind: 'too_fine', text, scale: 3 });
  };
  const small = fc.integer({ min: 0, max: 1e12 });
  fc.assert(fc.property(small, fc.integer({ min: 0, max: 9 }), check), { seed: SEED });
});

test('histogram: a quantile is within 0.8 % above the sorted value, exact below 128', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 127 }),
    fc.integer({ min: 0, max: 1e6 }),
    fc.integer({ min: 0, max: 2 ** 36 - 1 }),
  );
  const check = (values: number[]): void => {
    const histogram = createHistogram(new SharedArrayBuffer(layout.HISTOGRAM_BYTES), 0);
    for (const ns of values) histogram.record(ns);
    const sorted = values.toSorted((a, b) => a - b);
    for (const q of [0, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1]!;
      const got = histogram.quantile(q);
      assert.ok(got >= exact && got <= exact + Math.max(0, exact / 128), `${q}: ${got}, ${exact}`);
      if (exact < 128) assert.equal(got, exact);
    }
    assert.equal(histogram.count, values.length);
    assert.equal(histogram.max, sorted.at(-1));
    assert.equal(histogram.min, sorted[0]);
    assert.equal(
      histogram.sum,
      values.reduce((a, b) => a + b, 0),
    );
    assert.equal(histogram.countAtMost(2 ** 36), values.length);
  };
  const property = fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), check);
  fc.assert(property, { seed: SEED, numRuns: 200 });
});

test('histogram: odd values are clamped, an empty one has no quantile, reset forgets', () => {
  const histogram = createHistogram(new SharedArrayBuffer(layout.HISTOGRAM_BYTES), 0);
  assert.equal(histogram.quantile(0.5), Number.NaN);
  for (const ns of [-5, Number.NaN, 0.9]) histogram.record(ns);
  assert.equal(histogram.quantile(1), 0);
  assert.equal(histogram.countAtMost(-1), 3);
  histogram.record(Number.POSITIVE_INFINITY);
  assert.equal(histogram.quantile(1), 2 ** 36 - 1);
  histogram.reset();
  assert.equal(histogram.count, 0);
  assert.equal(histogram.countAtMost(1e9), 0);
});

test('random: a seed gives its sequence for ever, another seed another', () => {
  const draw = (seed: string): number[] => Array.from({ length: 4 }, createRandom(seed).uniform);
  assert.deepEqual(draw('colin'), draw('colin'));
  assert.notDeepEqual(draw('colin'), draw('colin/fees'));
  assert.notDeepEqual(draw(''), draw('0'));
});

test('random: uniforms and normals have the moments they should', () => {
  const n = 200_000;
  const random = createRandom('moments');
  const uniforms = Array.from({ length: n }, random.uniform);
  const normals = Array.from({ length: n }, random.normal);
  const moment = (values: number[], power: number): number =>
    values.reduce((sum, v) => sum + v ** power, 0) / n;
  assert.ok(uniforms.every((v) => v >= 0 && v < 1));
  // five standard errors of each estimate
  assert.ok(Math.abs(moment(uniforms, 1) - 1 / 2) < 5 * Math.sqrt(1 / 12 / n));
  assert.ok(Math.abs(moment(uniforms, 2) - 1 / 3) < 5 * Math.sqrt(4 / 45 / n));
  assert.ok(Math.abs(moment(normals, 1)) < 5 * Math.sqrt(1 / n));
  assert.ok(Math.abs(moment(normals, 2) - 1) < 5 * Math.sqrt(2 / n));
  assert.ok(Math.abs(moment(normals, 3)) < 5 * Math.sqrt(15 / n));
  assert.ok(Math.abs(moment(normals, 4) - 3) < 5 * Math.sqrt(96 / n));
});

test('random: integers cover their range evenly', () => {
  const random = createRandom('dice');
  const counts = [0, 0, 0, 0, 0, 0];
  for (let k = 0; k < 60_000; k += 1) counts[random.integer(6)]! += 1;
  const chi2 = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
  assert.ok(chi2 < 25.7, `chi-square ${chi2} with 5 degrees: one in 10,000`);
});

test('ids: however marks and draws interleave, no id repeats or precedes its durable mark', () => {
  const steps = fc.array(fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 6000 })), {
    maxLength: 60,
  });
  const check = (actions: number[]): void => {
    let reservedTo = 0;
    let durable = 0;
    const source = createIdSource(9, 0, (from, to) => {
      assert.equal(from, reservedTo, 'blocks follow each other');
      reservedTo = to;
    });
    let given = 0;
    for (const action of actions) {
      if (action >= 0) {
        durable = Math.max(durable, Math.min(action, reservedTo));
        source.markDurable(action);
        continue;
      }
      for (let k = 0; k < 400; k += 1) {
        const id = source.next();
        if (id === null) {
          assert.ok(given >= durable);
          break;
        }
        assert.equal(id, formatOrderId(9, given));
        assert.ok(given < durable);
        given += 1;
      }
    }
  };
  fc.assert(fc.property(steps, check), { seed: SEED, numRuns: 200 });
});

/** Every region of a plan as [from, to), sized by what layout.ts says it must hold. */
function regionsOf(plan: MemoryPlan): readonly (readonly [string, number, number])[] {
  const { instruments, levels, shards, forecastSlots, journalBytes } = plan.capacities;
  const { gatewayBytes, commandBytes } = plan.capacities;
  const { LEVEL_BYTES, RING_DATA, FORECAST_BYTES } = layout;
  const bookBytes = layout.BOOK_LEVELS + 2 * levels * LEVEL_BYTES;
  const slotRing = RING_DATA + forecastSlots * FORECAST_BYTES;
  const covariance = layout.COVARIANCE_WEIGHTS + 8 * (3 * instruments + instruments ** 2);
  const scratch = bookBytes + 65536;
  const { portfolios, strategies, scenarios, stressScenarios } = plan.capacities;
  const shockBytes = columnBytes(stressScenarios, 8);
  const columns = instruments + layout.CASH_ASSETS_MAX;
  const ring = layout.RECENT_KEPT * layout.RECENT_BYTES;
  const rowBytes = layout.ROW_RING + ring + (portfolios + strategies) * layout.CELL_BYTES;
  const histograms = STAGES.length * layout.HISTOGRAM_BYTES;
  const each = (name: string, from: number, count: number, stride: number, bytes: number) =>
    Array.from({ length: count }, (_, k) => {
      const at = from + k * stride;
      return [`${name} ${k}`, at, at + bytes] as const;
    });
  return [
    ['kernel data', 0, KERNEL_BASE],
    ...each('book', plan.books, instruments, plan.bookBytes, bookBytes),
    ...each('batch', plan.batch, 1, 0, layout.BATCH_LEVELS_MAX * LEVEL_BYTES),
    ...each('bars', plan.bars, instruments * 6, layout.BAR_RING_BYTES, layout.BAR_RING_BYTES),
    ...each('requests', plan.requests, shards, plan.slotRingBytes, slotRing),
    ...each('forecasts', plan.forecasts, shards, plan.slotRingBytes, slotRing),
    ...each('journal', plan.journalRing, 1, 0, RING_DATA + journalBytes),
    ...each('gateway', plan.gatewayRing, 1, 0, RING_DATA + gatewayBytes),
    ...each('commands', plan.commandRing, 1, 0, RING_DATA + commandBytes),
    ...each('durable', plan.durable, 1, 0, 8),
    ...each('system', plan.riskSystem, 1, 0, layout.RISK_SYSTEM_BYTES),
    ...each('row', plan.riskRows, instruments, plan.riskRowBytes, rowBytes),
    ...each('history', plan.history, 1, 0, layout.SCENARIOS_PNL + 24 * scenarios),
    ...each('returns', plan.historyColumns, columns, columnBytes(scenarios, 4), 4 * scenarios),
    ...each('stress', plan.shocks, 1, 0, layout.SCENARIOS_PNL + 24 * stressScenarios),
    ...each('shocks', plan.shockColumns, columns, shockBytes, 8 * stressScenarios),
    ...each('order', plan.riskOrder, 1, 0, layout.ORDER_BYTES),
    ...each('covariance', plan.covariance, 1, 0, covariance),
    ...each('counters', plan.counters, 1, 0, COUNTERS.length * 8),
    ...each('histograms', plan.histograms, 1, 0, histograms),
    ...each('shard histograms', plan.shardHistograms, 1, 0, shards * histograms),
    ...each('scratch', plan.shardScratch, shards, plan.shardScratchBytes, scratch),
  ];
}

test('memory: no two regions overlap, each starts on a cache line, all fit the pages', () => {
  const power = (max: number) => fc.integer({ min: 6, max }).map((k) => 2 ** k);
  const capacities = fc.record({
    instruments: fc.integer({ min: 1, max: 70 }),
    levels: fc.integer({ min: 1, max: 900 }),
    shards: fc.integer({ min: 1, max: 4 }),
    portfolios: fc.integer({ min: 1, max: 3 }),
    strategies: fc.integer({ min: 1, max: 5 }),
    venues: fc.integer({ min: 1, max: 5 }),
    assets: fc.integer({ min: 1, max: 70 }),
    scenarios: fc.integer({ min: 1, max: 300 }),
    stressScenarios: fc.integer({ min: 0, max: 9 }),
    forecastSlots: power(10),
    journalBytes: power(16),
    gatewayBytes: power(16),
    commandBytes: power(12),
  });
  const check = (drawn: MemoryPlan['capacities']): void => {
    const plan = planMemory(drawn);
    const regions = regionsOf(plan).toSorted((a, b) => a[1] - b[1]);
    regions.forEach(([name, from, to], k) => {
      const next = regions[k + 1];
      if (next !== undefined) assert.ok(to <= next[1], `${name} runs into ${next[0]}`);
      assert.equal(from % 64, 0, `${name} is not on a cache line`);
      assert.ok(to <= plan.pages * 65536, `${name} is outside the memory`);
    });
  };
  fc.assert(fc.property(capacities, check), { seed: SEED, numRuns: 100 });
  check(DEFAULT_CAPACITIES);
  assert.throws(() => planMemory({ ...DEFAULT_CAPACITIES, forecastSlots: 1000 }), /power of two/);
});

test('grid: a multiple is found exactly up to 2^53, as the remainder says', () => {
  const whole = fc.oneof(safe, fc.integer({ min: 0, max: 1e6 }));
  const grid = fc.oneof(fc.integer({ min: 1, max: 1e6 }), safe.map(positive));
  const near = fc.integer({ min: -2, max: 2 });
  fc.assert(
    fc.property(whole, grid, near, (steps, size, off) => {
      const multiple = Math.round(steps / size) * size;
      for (const value of [steps, multiple, multiple + off, multiple + 0.5]) {
        const expected = Number.isSafeInteger(value) && value % size === 0;
        assert.equal(isOnGrid(value, size), expected, `${value} on ${size}`);
      }
    }),
    { seed: SEED, numRuns: 5000 },
  );
  for (const value of [Number.NaN, Infinity, -Infinity, 2 ** 53, 1.5]) {
    assert.equal(isOnGrid(value, 1), false, String(value));
  }
});

const positive = (value: number): number => Math.max(1, Math.abs(value));

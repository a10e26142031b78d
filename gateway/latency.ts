// Owns the reading of counters and stage timings that other threads keep in shared memory.
// Promise: reads only; a stage timed by several threads is shown as one distribution.

import type { StageWire } from '../dashboard/wire.ts';
import { createHistogram, type Histogram } from '../engine/memory/histogram.ts';
import type { MemoryPlan } from '../engine/memory/plan.ts';
import { type Counter, createTelemetry, STAGES, type Stage } from '../engine/memory/telemetry.ts';
import {
  HISTOGRAM_BYTES,
  HISTOGRAM_COUNT,
  HISTOGRAM_COUNTS,
  HISTOGRAM_MAX,
  HISTOGRAM_MIN,
  HISTOGRAM_SUM,
} from '../wasm/layout.ts';

export interface Readings {
  counter(counter: Counter): number;
  /** All threads' values of the stage. Valid until the next call for any stage. */
  stage(stage: Stage): Histogram;
}

const STAGE_BYTES = Math.ceil(HISTOGRAM_BYTES / 64) * 64;

export function createReadings(buffer: SharedArrayBuffer, plan: MemoryPlan): Readings {
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const sets = [plan.histograms];
  for (let shard = 0; shard < plan.capacities.shards; shard += 1) {
    sets.push(plan.shardHistograms + shard * STAGES.length * STAGE_BYTES);
  }
  const sum = new ArrayBuffer(STAGE_BYTES);
  const merged = createHistogram(sum, 0);
  return {
    counter: (counter) => telemetry.read(counter),
    stage(stage) {
      const index = STAGES.indexOf(stage);
      merged.reset();
      for (const set of sets) addHistogram(sum, buffer, set + index * STAGE_BYTES);
      return merged;
    },
  };
}

/** Adds the histogram at `offset` of shared memory to the one that fills `sum`. */
function addHistogram(sum: ArrayBuffer, buffer: SharedArrayBuffer, offset: number): void {
  const from = new Float64Array(buffer, offset, 4);
  const to = new Float64Array(sum, 0, 4);
  const at = (values: Float64Array, byte: number): number => values[byte / 8] ?? 0;
  const before = at(to, HISTOGRAM_COUNT);
  const count = at(from, HISTOGRAM_COUNT);
  if (count === 0) return;
  const least = at(from, HISTOGRAM_MIN);
  to[HISTOGRAM_MIN / 8] = before === 0 ? least : Math.min(at(to, HISTOGRAM_MIN), least);
  to[HISTOGRAM_MAX / 8] = Math.max(at(to, HISTOGRAM_MAX), at(from, HISTOGRAM_MAX));
  to[HISTOGRAM_SUM / 8] = at(to, HISTOGRAM_SUM) + at(from, HISTOGRAM_SUM);
  to[HISTOGRAM_COUNT / 8] = before + count;
  const buckets = (HISTOGRAM_BYTES - HISTOGRAM_COUNTS) / 4;
  const source = new Uint32Array(buffer, offset + HISTOGRAM_COUNTS, buckets);
  const target = new Uint32Array(sum, HISTOGRAM_COUNTS, buckets);
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    target[bucket] = (target[bucket] ?? 0) + (source[bucket] ?? 0);
  }
}

const roundUs = (ns: number): number => Math.round(ns / 10) / 100;

/** Stages that were timed at least once, in the order a tick passes them; microseconds. */
export function viewStages(readings: Readings): StageWire[] {
  const views: StageWire[] = [];
  for (const stage of STAGES) {
    const histogram = readings.stage(stage);
    if (histogram.count === 0) continue;
    views.push({
      stage,
      count: histogram.count,
      p50_us: roundUs(histogram.quantile(0.5)),
      p99_us: roundUs(histogram.quantile(0.99)),
      p999_us: roundUs(histogram.quantile(0.999)),
      max_us: roundUs(histogram.max),
    });
  }
  return views;
}

// Owns the numbers of /ws/metrics: stage timings, counters, and rates over the last interval.
// Promise: a rate is a difference of two readings of shared memory over the time between them.

import type { MetricsWire } from '../dashboard/wire.ts';
import { COUNTERS, type Counter } from '../engine/memory/telemetry.ts';
import { type Readings, viewStages } from './latency.ts';
import type { Replica } from './replica.ts';

type Counters = Readonly<Record<Counter, number>>;

/** What the gateway has missed, and whether a checkpoint has closed the hole. */
type Stream = Pick<Replica, 'lostRecords' | 'isWhole'>;

export interface PerformanceMeter {
  /** Reads everything and starts the next interval for the rates. */
  read(nowMs: number, stream: Stream): MetricsWire;
  /** The last reading, or a first one. */
  latest(nowMs: number, stream: Stream): MetricsWire;
}

export function createPerformanceMeter(readings: Readings): PerformanceMeter {
  let before: { readonly ms: number; readonly counters: Counters } | null = null;
  let last: MetricsWire | null = null;
  const read = (nowMs: number, stream: Stream): MetricsWire => {
    const counters = readCounters(readings);
    const seconds = before === null ? 0 : (nowMs - before.ms) / 1000;
    const rate = (counter: Counter): number =>
      before === null || seconds <= 0
        ? 0
        : Math.max(0, Math.round((10 * (counters[counter] - before.counters[counter])) / seconds)) /
          10;
    last = {
      stages: viewStages(readings),
      counters,
      rates: {
        frames_per_second: rate('frames'),
        signals_per_second: rate('signals'),
        orders_per_second: rate('orders'),
      },
      rss_mb: Math.round(process.memoryUsage.rss() / 1e5) / 10,
      uptime_seconds: Math.round(process.uptime()),
      lost_records: stream.lostRecords,
      is_healed: stream.isWhole,
    };
    before = { ms: nowMs, counters };
    return last;
  };
  return { read, latest: (nowMs, stream) => last ?? read(nowMs, stream) };
}

function readCounters(readings: Readings): Counters {
  const entries = COUNTERS.map((counter) => [counter, readings.counter(counter)] as const);
  return Object.fromEntries(entries) as Record<Counter, number>;
}

// Owns the names of what is counted and timed, and their places in shared memory.
// Promise: one writer each; any thread may read at any time, without locks.
import { HISTOGRAM_BYTES } from '../../wasm/layout.ts';
import { createHistogram, type Histogram } from './histogram.ts';

/** Stages of a tick in the order it passes them; each value is nanoseconds. */
export const STAGES = [
  'decode', // frame bytes -> event
  'book', // event -> book in shared memory
  'feature', // request taken -> feature row (signal worker)
  'inference', // feature row -> probability (signal worker)
  'forecast', // frame in -> forecast back in the engine
  'signal', // forecast -> intent
  'compliance',
  'riskCheck', // the WASM check, breaches read
  'send', // approved -> handed to the venue adapter
  'tickToOrder', // frame in -> order handed to the venue adapter
  'journal', // record made -> durable (journal worker)
  'apply', // any event, whole
] as const;
export type Stage = (typeof STAGES)[number];

export const COUNTERS = [
  'frames',
  'depthUpdates',
  'trades',
  'quotes',
  'gaps',
  'staleBooks',
  'forecasts',
  'forecastsRefused',
  'signals',
  'intents',
  'orders',
  'fills',
  'rejected',
  'cancelled',
  'unknownOrders',
  'anomalies', // reports that fit no order, or no law
  'journalRecords',
  'journalDurable',
  'gatewayDropped',
  'framesRefused',
  'openOrders',
  'equity',
  'exposure',
  'drawdown',
  'drawdownMax', // since the start of this run
  'softWarnings', // soft limits that approved orders went beyond
  'breakerTrips',
  'reductionOrders',
  'valueAtRisk',
  'doubtfulMarks', // instruments whose mark is not to be trusted now
  'engineLagSeconds', // how far the engine is behind the wall clock, itself to blame
  'engineLagSecondsMax', // since the start of this run
  'engineStalls', // how often it was behind by half a second or more
  'forecastsStale', // valid, and too old to act on
  'slowRiskChecks', // took longer than main.riskCheckTimeoutMs
] as const;
export type Counter = (typeof COUNTERS)[number];

export interface Telemetry {
  add(counter: Counter, amount: number): void;
  set(counter: Counter, value: number): void;
  read(counter: Counter): number;
  /** By name, looked up before a timer starts: a map lookup would be part of what is timed. */
  readonly stages: Readonly<Record<Stage, Histogram>>;
}

/** Views on the counters at `counters` and the histogram set at `histograms` (byte offsets). */
export function createTelemetry(
  buffer: SharedArrayBuffer,
  counters: number,
  histograms: number,
): Telemetry {
  const values = new Float64Array(buffer, counters, COUNTERS.length);
  const place = new Map<string, number>(COUNTERS.map((name, index) => [name, index]));
  const size = Math.ceil(HISTOGRAM_BYTES / 64) * 64;
  const entries = STAGES.map(
    (stage, index) => [stage, createHistogram(buffer, histograms + index * size)] as const,
  );
  const at = (counter: Counter): number => place.get(counter) ?? 0;
  return {
    add(counter, amount) {
      const index = at(counter);
      values[index] = (values[index] ?? 0) + amount;
    },
    set(counter, value) {
      values[at(counter)] = value;
    },
    read: (counter) => values[at(counter)] ?? 0,
    stages: Object.fromEntries(entries) as Record<Stage, Histogram>,
  };
}

// Owns how things are measured here: warm-up, repetitions, percentiles, a hash of the work done.
// Promise: a row is printed only for work whose result equals that of its rival.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createHistogram, type Histogram } from '../engine/memory/histogram.ts';
import { HISTOGRAM_BYTES } from '../wasm/layout.ts';

/** One way of doing a piece of work. `run(k)` does it for the k-th time. */
export interface Contestant {
  readonly run: (k: number) => void;
  /** The state after all runs: equal for both contestants, hashed into the row. */
  readonly result: () => Float64Array;
}

export interface BenchCase {
  readonly name: string;
  readonly kernel: Contestant;
  readonly plain: Contestant;
  /** Relative difference allowed between the two results; 0 = equal to the bit. */
  readonly tolerance: number;
  /** Calls between two looks at the clock; 1 = every call timed alone, clock included. */
  readonly callsPerSample: number;
  /** For work of milliseconds: how often, instead of what suits work of nanoseconds. */
  readonly effort?: Effort;
}

export interface Effort {
  readonly warmUpCalls: number;
  readonly samples: number;
}

export interface Timing {
  readonly p50: number; // nanoseconds of one call
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface BenchRow {
  readonly name: string;
  readonly calls: number;
  readonly timed: 'each call' | 'in batches';
  readonly kernelNs: Timing;
  readonly plainNs: Timing;
  readonly plainPerKernel: number; // ratio of the medians: above 1 the kernel is faster
  readonly workHash: string;
}

// Histograms count whole numbers below 2^36, so a call is counted in picoseconds: up to 68 ms.
const PS_PER_NS = 1000;

/** Runs both contestants the same number of times and asserts that they did the same work. */
export function measureCase(bench: BenchCase, effort: Effort): BenchRow {
  const calls = effort.warmUpCalls + effort.samples * bench.callsPerSample;
  const plain = measureContestant(bench.plain, bench.callsPerSample, effort);
  const kernel = measureContestant(bench.kernel, bench.callsPerSample, effort);
  const result = bench.kernel.result();
  assertClose(bench.name, result, bench.plain.result(), bench.tolerance);
  const kernelNs = timingOf(kernel);
  const plainNs = timingOf(plain);
  return {
    name: bench.name,
    calls,
    timed: bench.callsPerSample === 1 ? 'each call' : 'in batches',
    kernelNs,
    plainNs,
    plainPerKernel: round(plainNs.p50 / kernelNs.p50),
    workHash: hashOf(result),
  };
}

function measureContestant(who: Contestant, callsPerSample: number, effort: Effort): Histogram {
  const histogram = createHistogram(new SharedArrayBuffer(HISTOGRAM_BYTES), 0);
  let k = 0;
  for (; k < effort.warmUpCalls; k += 1) who.run(k);
  for (let sample = 0; sample < effort.samples; sample += 1) {
    const end = k + callsPerSample;
    const start = process.hrtime.bigint();
    for (; k < end; k += 1) who.run(k);
    const elapsedNs = Number(process.hrtime.bigint() - start);
    histogram.record((elapsedNs * PS_PER_NS) / callsPerSample);
  }
  return histogram;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function timingOf(histogram: Histogram): Timing {
  const at = (q: number): number => round(histogram.quantile(q) / PS_PER_NS);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

function assertClose(name: string, a: Float64Array, b: Float64Array, tolerance: number): void {
  assert.equal(a.length, b.length, `${name}: results differ in length`);
  a.forEach((value, k) => {
    const other = b[k] ?? Number.NaN;
    if (Object.is(value, other)) return;
    const distance = Math.abs(value - other);
    const isClose = distance <= tolerance * Math.max(Math.abs(value), Math.abs(other));
    assert.ok(isClose, `${name}: result ${k} is ${value} in WASM, ${other} in TypeScript`);
  });
}

/** First 16 hex digits of the SHA-256 of the bytes: the same work gives the same hash. */
export const hashOf = (values: Float64Array): string =>
  createHash('sha256').update(new Uint8Array(values.slice().buffer)).digest('hex').slice(0, 16);

/** One line a row, nanoseconds, for people. */
export function formatRows(rows: readonly BenchRow[]): string {
  const header = ['ns per call', 'p50', 'p99', 'p99.9', 'plain p50', 'plain/wasm', 'timed', 'work'];
  const body = rows.map((row) => [
    row.name,
    row.kernelNs.p50.toFixed(1),
    row.kernelNs.p99.toFixed(1),
    row.kernelNs.p999.toFixed(1),
    row.plainNs.p50.toFixed(1),
    row.plainPerKernel.toFixed(2),
    row.timed,
    row.workHash,
  ]);
  const table = [header, ...body];
  const widths = header.map((_, c) => Math.max(...table.map((cells) => cells[c]?.length ?? 0)));
  const isText = (c: number): boolean => c === 0 || c >= 6;
  return table
    .map((cells) =>
      cells
        .map((cell, c) => (isText(c) ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

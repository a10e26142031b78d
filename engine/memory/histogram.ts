// Owns HDR histograms of nanoseconds in shared memory: one writer, any reader, no allocation.
// Promise: a percentile is within 0.8 % of the true value; counts are never lost.
import {
  HISTOGRAM_COUNT,
  HISTOGRAM_COUNTS,
  HISTOGRAM_MAX,
  HISTOGRAM_MIN,
  HISTOGRAM_OCTAVES,
  HISTOGRAM_SUB_BITS,
  HISTOGRAM_SUM,
} from '../../wasm/layout.ts';

const SUB = 1 << HISTOGRAM_SUB_BITS;
const BUCKETS = HISTOGRAM_OCTAVES * SUB;
const VALUE_MAX = 2 ** (HISTOGRAM_OCTAVES - 1 + HISTOGRAM_SUB_BITS) - 1;

export interface Histogram {
  /** Adds one value; negative counts as 0, beyond 2^36 - 1 as that. */
  record(ns: number): void;
  /** Upper edge of the bucket that holds quantile q (0..1), ns; NaN while empty. */
  quantile(q: number): number;
  /** Values at or below `ns` (to bucket accuracy), for cumulative export. */
  countAtMost(ns: number): number;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  readonly min: number;
  reset(): void;
}

/** Log-linear buckets (Tene, HdrHistogram): exact below 128 ns, then 128 buckets an octave. */
export function createHistogram(buffer: ArrayBufferLike, offset: number): Histogram {
  const head = new Float64Array(buffer, offset, 4);
  const counts = new Uint32Array(buffer, offset + HISTOGRAM_COUNTS, BUCKETS);
  const read = (at: number): number => head[at / 8] ?? 0;
  return {
    record(ns) {
      const value = ns > 0 ? Math.min(Math.floor(ns), VALUE_MAX) : 0;
      const bucket = bucketOf(value);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      const count = read(HISTOGRAM_COUNT);
      if (count === 0 || value < read(HISTOGRAM_MIN)) head[HISTOGRAM_MIN / 8] = value;
      if (value > read(HISTOGRAM_MAX)) head[HISTOGRAM_MAX / 8] = value;
      head[HISTOGRAM_SUM / 8] = read(HISTOGRAM_SUM) + value;
      head[HISTOGRAM_COUNT / 8] = count + 1;
    },
    quantile(q) {
      const count = read(HISTOGRAM_COUNT);
      if (count === 0) return Number.NaN;
      const rank = Math.max(1, Math.ceil(q * count));
      let seen = 0;
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
        seen += counts[bucket] ?? 0;
        if (seen >= rank) return Math.min(upperEdge(bucket), read(HISTOGRAM_MAX));
      }
      return read(HISTOGRAM_MAX);
    },
    countAtMost(ns) {
      const last = bucketOf(Math.min(Math.max(0, Math.floor(ns)), VALUE_MAX));
      let seen = 0;
      for (let bucket = 0; bucket <= last; bucket += 1) seen += counts[bucket] ?? 0;
      return seen;
    },
    get count() {
      return read(HISTOGRAM_COUNT);
    },
    get sum() {
      return read(HISTOGRAM_SUM);
    },
    get max() {
      return read(HISTOGRAM_MAX);
    },
    get min() {
      return read(HISTOGRAM_MIN);
    },
    reset() {
      head.fill(0);
      counts.fill(0);
    },
  };
}

// Group 0 is exact; group j + 1 holds [SUB 2^j, SUB 2^(j+1)) in SUB buckets of 2^j each.
function bucketOf(value: number): number {
  if (value < SUB) return value;
  const octave = 31 - Math.clz32(Math.floor(value / SUB));
  return SUB * octave + Math.floor(value / 2 ** octave);
}

function upperEdge(bucket: number): number {
  if (bucket < SUB) return bucket;
  const octave = Math.floor(bucket / SUB) - 1;
  return (SUB + (bucket % SUB) + 1) * 2 ** octave - 1;
}

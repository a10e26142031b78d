// Owns what breakers remember of the last while: extremes, counts and latencies of many series.
// Promise: fixed memory, constant time; a window never reaches back beyond its length.
import type { EpochUs } from '../core/units.ts';

// A window is this many buckets, the current one among them: it reaches back between 15/16 of its
// length and the whole of it.
const BUCKETS = 16;

/** Lowest and highest value of each series within the window. */
export interface Extremes {
  /** No allocation. */
  add(series: number, value: number, nowUs: EpochUs): void;
  /** What is kept stands from now on `scale` times as far from `to` as it stood from `from`. */
  rebase(series: number, from: number, to: number, scale: number): void;
  /** NaN before the first value. */
  last(series: number): number;
  /** Infinity when nothing came within the window. */
  low(series: number, nowUs: EpochUs): number;
  /** -Infinity when nothing came within the window. */
  high(series: number, nowUs: EpochUs): number;
  /** As before the first value. */
  clear(series: number): void;
}

interface Columns {
  readonly lows: Float64Array; // by series and bucket
  readonly highs: Float64Array;
  readonly pastLow: Float64Array; // of full buckets, by series
  readonly pastHigh: Float64Array;
  readonly lasts: Float64Array;
}

const openColumns = (series: number): Columns => ({
  lows: new Float64Array(series * BUCKETS).fill(Number.POSITIVE_INFINITY),
  highs: new Float64Array(series * BUCKETS).fill(Number.NEGATIVE_INFINITY),
  pastLow: new Float64Array(series).fill(Number.POSITIVE_INFINITY),
  pastHigh: new Float64Array(series).fill(Number.NEGATIVE_INFINITY),
  lasts: new Float64Array(series).fill(Number.NaN),
});

function clearSeries({ lows, highs, pastLow, pastHigh, lasts }: Columns, one: number): void {
  lows.fill(Number.POSITIVE_INFINITY, one * BUCKETS, (one + 1) * BUCKETS);
  highs.fill(Number.NEGATIVE_INFINITY, one * BUCKETS, (one + 1) * BUCKETS);
  pastLow[one] = Number.POSITIVE_INFINITY;
  pastHigh[one] = Number.NEGATIVE_INFINITY;
  lasts[one] = Number.NaN;
}

export function createExtremes(series: number, windowUs: number): Extremes {
  const columns = openColumns(series);
  const { lows, highs, pastLow, pastHigh, lasts } = columns;
  const wheel = createWheel(series, windowUs, {
    empty(at) {
      lows[at] = Number.POSITIVE_INFINITY;
      highs[at] = Number.NEGATIVE_INFINITY;
    },
    turned(one) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let at = one * BUCKETS; at < (one + 1) * BUCKETS; at += 1) {
        low = Math.min(low, lows[at] ?? low);
        high = Math.max(high, highs[at] ?? high);
      }
      pastLow[one] = low;
      pastHigh[one] = high;
    },
  });
  return {
    add(one, value, nowUs) {
      const at = wheel(one, nowUs);
      lows[at] = Math.min(lows[at] ?? Number.NaN, value);
      highs[at] = Math.max(highs[at] ?? Number.NaN, value);
      lasts[one] = value;
    },
    clear: (one) => clearSeries(columns, one),
    rebase(one, from, to, scale) {
      for (const list of [lows, highs]) {
        moveFrom(list.subarray(one * BUCKETS, (one + 1) * BUCKETS), from, to, scale);
      }
      for (const list of [pastLow, pastHigh, lasts]) {
        moveFrom(list.subarray(one, one + 1), from, to, scale);
      }
    },
    last: (one) => lasts[one] ?? Number.NaN,
    low(one, nowUs) {
      const at = wheel(one, nowUs);
      return Math.min(pastLow[one] ?? Number.NaN, lows[at] ?? Number.NaN);
    },
    high(one, nowUs) {
      const at = wheel(one, nowUs);
      return Math.max(pastHigh[one] ?? Number.NaN, highs[at] ?? Number.NaN);
    },
  };
}

/** What is not finite is an empty place. */
function moveFrom(values: Float64Array, from: number, to: number, scale: number): void {
  for (const [at, value] of values.entries()) {
    if (Number.isFinite(value)) values[at] = to + (value - from) * scale;
  }
}

/** How often something happened within the window. */
export interface Tally {
  add(series: number, nowUs: EpochUs): void;
  total(series: number, nowUs: EpochUs): number;
  clear(series: number): void;
}

export function createTally(series: number, windowUs: number): Tally {
  const counts = new Float64Array(series * BUCKETS);
  const totals = new Float64Array(series);
  const sum = (one: number): void => {
    let total = 0;
    for (let at = one * BUCKETS; at < (one + 1) * BUCKETS; at += 1)
      total += counts[at] ?? Number.NaN;
    totals[one] = total;
  };
  const empty = (at: number): void => {
    counts[at] = 0;
  };
  const wheel = createWheel(series, windowUs, { empty, turned: sum });
  return {
    add(one, nowUs) {
      const at = wheel(one, nowUs);
      counts[at] = (counts[at] ?? Number.NaN) + 1;
      totals[one] = (totals[one] ?? Number.NaN) + 1;
    },
    total(one, nowUs) {
      wheel(one, nowUs);
      return totals[one] ?? Number.NaN;
    },
    clear(one) {
      counts.fill(0, one * BUCKETS, (one + 1) * BUCKETS);
      totals[one] = 0;
    },
  };
}

interface WheelWork {
  /** A bucket begins anew. */
  empty(at: number): void;
  /** Buckets of the series went out of the window; its sums have to be made again. */
  turned(series: number): void;
}

/** The bucket of now, after those between have been emptied; time never runs back. */
function createWheel(
  series: number,
  windowUs: number,
  work: WheelWork,
): (one: number, nowUs: EpochUs) => number {
  const bucketUs = windowUs / BUCKETS;
  const current = new Float64Array(series).fill(Number.NEGATIVE_INFINITY);
  return (one, nowUs) => {
    const before = current[one] ?? Number.NaN;
    const number = Math.max(before, Math.floor(nowUs / bucketUs));
    const base = one * BUCKETS;
    if (number !== before) {
      const steps = Math.min(number - before, BUCKETS);
      for (let k = 0; k < steps; k += 1) work.empty(base + ((number + BUCKETS - k) % BUCKETS));
      current[one] = number;
      work.turned(one);
    }
    return base + (number % BUCKETS);
  };
}

/** The last `kept` latencies of each series. */
export interface Latencies {
  add(series: number, latencyUs: number): void;
  count(series: number): number;
  /** 90th percentile by nearest rank; 0 when there are none. */
  percentile90(series: number): number;
  clear(series: number): void;
}

export function createLatencies(series: number, kept: number): Latencies {
  const values = new Float64Array(series * kept);
  const added = new Float64Array(series);
  const sorted = new Float64Array(kept);
  const count = (one: number): number => Math.min(added[one] ?? Number.NaN, kept);
  return {
    add(one, latencyUs) {
      const before = added[one] ?? Number.NaN;
      values[one * kept + (before % kept)] = latencyUs;
      added[one] = before + 1;
    },
    count,
    percentile90(one) {
      const n = count(one);
      if (n === 0) return 0;
      sorted.fill(Number.POSITIVE_INFINITY);
      for (let k = 0; k < n; k += 1) sorted[k] = values[one * kept + k] ?? Number.NaN;
      sorted.sort();
      return sorted[Math.ceil(0.9 * n) - 1] ?? Number.NaN;
    },
    clear(one) {
      added[one] = 0;
    },
  };
}

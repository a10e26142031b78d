// Owns honest judgement: walk-forward splits that cannot leak, and figures with their uncertainty.
// Promise: no training label reaches into a test block; intervals count overlapping labels once.
import type { Coverage } from './model.ts';

/** Row indices; rows are in time order. */
export interface Split {
  readonly train: Int32Array;
  readonly calibrate: Int32Array; // later than train, earlier than test
  readonly test: Int32Array;
}

export interface SplitOptions {
  readonly folds: number;
  readonly firstTrainShare: number; // of the time span, before the first test block
  readonly calibrateShare: number; // of the rows before a test block, the latest
  readonly embargoUs: number; // extra distance on top of the label's own reach
}

interface Times {
  readonly timeUs: Float64Array;
  readonly labelEndUs: Float64Array;
}

/** Anchored walk-forward with purging and embargo (Lopez de Prado 2018, chapter 7). */
export function splitWalkForward(data: Times, options: SplitOptions): Split[] {
  const firstUs = data.timeUs[0] ?? 0;
  const span = (data.timeUs.at(-1) ?? 0) - firstUs;
  const { folds, firstTrainShare } = options;
  const edge = (fold: number): number =>
    firstUs + span * (firstTrainShare + ((1 - firstTrainShare) * fold) / folds);
  return Array.from({ length: folds }, (_, fold) => {
    const untilUs = fold === folds - 1 ? Number.POSITIVE_INFINITY : edge(fold + 1);
    const test = rowsBetween(data, edge(fold), untilUs);
    return { ...splitCalibration(data, edge(fold), options), test };
  });
}

/** Everything before `beforeUs`, purged: the latest share calibrates, what is earlier trains. */
export function splitCalibration(
  data: Times,
  beforeUs: number,
  options: SplitOptions,
): Pick<Split, 'train' | 'calibrate'> {
  const past = endingBefore(data, rowsBetween(data, Number.NEGATIVE_INFINITY, beforeUs), {
    limitUs: beforeUs - options.embargoUs,
  });
  const cut = data.timeUs[past[Math.floor(past.length * (1 - options.calibrateShare))] ?? 0] ?? 0;
  return {
    train: endingBefore(data, past, { limitUs: cut - options.embargoUs }),
    calibrate: past.filter((row) => (data.timeUs[row] ?? 0) >= cut),
  };
}

function rowsBetween({ timeUs }: Times, fromUs: number, toUs: number): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < timeUs.length; row += 1) {
    const time = timeUs[row] ?? 0;
    if (time >= fromUs && time < toUs) rows.push(row);
  }
  return Int32Array.from(rows);
}

/** Purges rows whose label is not known strictly before the limit. */
const endingBefore = (
  { labelEndUs }: Times,
  rows: Int32Array,
  { limitUs }: { readonly limitUs: number },
): Int32Array => rows.filter((row) => (labelEndUs[row] ?? 0) < limitUs);

/** What a model said of rows, and what came. `block` groups rows that share their outcome. */
export interface Judged {
  readonly probability: readonly number[];
  readonly label: readonly number[];
  readonly block: readonly number[];
}

export const COVERAGES = [1, 0.5, 0.25, 0.1] as const;

/** Accuracy over all rows and over the most confident ones, with 95 % intervals. */
export function coverageOf(judged: Judged): Coverage[] {
  const order = judged.probability
    .map((probability, row) => ({ row, confidence: Math.abs(probability - 0.5) }))
    .sort((a, b) => b.confidence - a.confidence || a.row - b.row);
  return COVERAGES.map((coverage) => {
    const kept = order.slice(0, Math.round(order.length * coverage)).map(({ row }) => row);
    const hits = kept.map((row) => Number(isHit(judged, row)));
    const accuracy = meanOf(hits);
    const effectiveRows = countEffective(
      hits,
      kept.map((row) => judged.block[row] ?? 0),
    );
    const { low, high } = wilson(accuracy, effectiveRows);
    return { coverage, rows: kept.length, effectiveRows, accuracy, low, high };
  });
}

const isHit = ({ probability, label }: Judged, row: number): boolean =>
  (probability[row] ?? Number.NaN) > 0.5 === ((label[row] ?? 0) === 1);

const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length;

/**
 * Rows divided by the design effect of clusters (Kish 1965): the variance of the mean with
 * whole blocks as the unit, against the variance if rows were independent. At most the rows.
 */
export function countEffective(hits: readonly number[], blocks: readonly number[]): number {
  const mean = meanOf(hits);
  const sums = new Map<number, number>();
  for (const [row, hit] of hits.entries()) {
    const block = blocks[row] ?? 0;
    sums.set(block, (sums.get(block) ?? 0) + hit - mean);
  }
  const clusters = sums.size;
  if (clusters < 2) return Math.min(1, hits.length);
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  const variance = (squares * clusters) / (clusters - 1);
  const independent = hits.length * mean * (1 - mean);
  return (
    hits.length / Math.max(1, independent > 0 ? variance / independent : hits.length / clusters)
  );
}

/** Wilson (1927) score interval, 95 %. */
export function wilson(rate: number, n: number): { low: number; high: number } {
  if (n <= 0) return { low: 0, high: 1 };
  const z = 1.959963984540054;
  const centre = rate + (z * z) / (2 * n);
  const spread = z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return {
    low: Math.max(0, (centre - spread) / scale),
    high: Math.min(1, (centre + spread) / scale),
  };
}

const LOG_FLOOR = 1e-12;

/** Mean negative log likelihood (natural logarithm). */
export const logLossOf = ({ probability, label }: Judged): number =>
  meanOf(
    probability.map((p, row) => {
      const chance = label[row] === 1 ? p : 1 - p;
      return -Math.log(Math.max(LOG_FLOOR, chance));
    }),
  );

/** Brier (1950) score. */
export const brierOf = ({ probability, label }: Judged): number =>
  meanOf(probability.map((p, row) => (p - (label[row] ?? 0)) ** 2));

const BINS = 10;

/** Expected calibration error: |mean probability - frequency| over ten bins of equal width. */
export function calibrationErrorOf({ probability, label }: Judged): number {
  const bins = Array.from({ length: BINS }, () => ({ said: 0, came: 0 }));
  for (const [row, p] of probability.entries()) {
    const bin = bins[Math.min(BINS - 1, Math.floor(p * BINS))];
    if (bin === undefined) continue;
    bin.said += p;
    bin.came += label[row] ?? 0;
  }
  const total = bins.reduce((sum, { said, came }) => sum + Math.abs(said - came), 0);
  return probability.length === 0 ? 0 : total / probability.length;
}

// Owns the rings of past samples of the book's cumulative columns, one ring per instrument.
// Promise: at most one sample per 10 ms, the oldest overwritten, never a search beyond the ring.

/** Columns of a sample, in f64. */
export const SAMPLE = {
  timeUs: 0,
  ofi: 1, // quantity steps, cumulative; the next five are cumulative too
  bought: 2,
  sold: 3,
  trades: 4,
  moves: 5,
  squared: 6, // log returns of the mid, squared
  logMid: 7,
} as const;
export const SAMPLE_COLUMNS = 8;

const SAMPLES = 512; // x 10 ms: a little more than the longest window
const SPACING_US = 10e3;

export interface History {
  readonly samples: Float64Array;
  readonly counts: Float64Array; // samples ever added, by instrument
}

export const createHistory = (instruments: number): History => ({
  samples: new Float64Array(instruments * SAMPLES * SAMPLE_COLUMNS),
  counts: new Float64Array(instruments),
});

const countOf = (history: History, instrument: number): number => history.counts[instrument] ?? 0;

const placeOf = (instrument: number, sample: number): number =>
  (instrument * SAMPLES + (sample % SAMPLES)) * SAMPLE_COLUMNS;

const timeOf = (history: History, instrument: number, sample: number): number =>
  history.samples[placeOf(instrument, sample)] ?? Number.NaN;

/** f64 index of the newest sample at least `windowUs` old, else of the oldest; -1 when empty. */
export function findSample(
  history: History,
  instrument: number,
  nowUs: number,
  windowUs: number,
): number {
  const count = countOf(history, instrument);
  if (count === 0) return -1;
  let low = Math.max(0, count - SAMPLES);
  let high = count - 1;
  while (low < high) {
    const middle = Math.floor((low + high + 1) / 2);
    if (timeOf(history, instrument, middle) <= nowUs - windowUs) low = middle;
    else high = middle - 1;
  }
  return placeOf(instrument, low);
}

/** Age of the oldest sample; 0 while there is none. */
export function spanUs(history: History, instrument: number, nowUs: number): number {
  const count = countOf(history, instrument);
  return count === 0 ? 0 : nowUs - timeOf(history, instrument, Math.max(0, count - SAMPLES));
}

/** True when a cumulative column shrank or time went back: the book was rebuilt meanwhile. */
export function isBroken(history: History, instrument: number, now: Float64Array): boolean {
  const count = countOf(history, instrument);
  if (count === 0) return false;
  const last = placeOf(instrument, count - 1);
  for (let column = 0; column < SAMPLE.logMid; column += 1) {
    if (column === SAMPLE.ofi) continue; // signed: may shrink
    if ((now[column] ?? 0) < (history.samples[last + column] ?? 0)) return true;
  }
  return false;
}

/** Keeps a copy of `now` unless the newest sample is younger than 10 ms. */
export function addSample(history: History, instrument: number, now: Float64Array): void {
  const count = countOf(history, instrument);
  const nowUs = now[SAMPLE.timeUs] ?? 0;
  if (count > 0 && nowUs - timeOf(history, instrument, count - 1) < SPACING_US) return;
  history.samples.set(now, placeOf(instrument, count));
  history.counts[instrument] = count + 1;
}

export function forgetSamples(history: History, instrument: number): void {
  history.counts[instrument] = 0;
}

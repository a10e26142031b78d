// Owns training rows and their labels: which way the mid went over the horizon, after a delay.
// Promise: a label uses only mids strictly later than its row; rows without a move are left out.
import type { Sample } from './linear.ts';

/** Rows in time order with what is needed to label, split and judge them. */
export interface Dataset extends Sample {
  readonly rows: number;
  readonly timeUs: Float64Array;
  readonly labelEndUs: Float64Array; // last moment the label looked at
  readonly instrument: Int32Array;
}

export interface DatasetOptions {
  readonly columns: number;
  readonly instruments: number;
  readonly rowsMax: number; // further rows are counted as dropped
  readonly horizonUs: number;
  readonly delayUs: number;
}

export interface DatasetBuilder {
  /** One feature row; times must not go backwards. False when there is no room. */
  addRow(instrument: number, timeUs: number, features: Float32Array): boolean;
  /** The mid from `timeUs` on; NaN says that it is unknown from here (a gap). */
  addMid(instrument: number, timeUs: number, mid: number): void;
  /** Labels what can be labelled; the rest (no move, gap, end of data) is counted. */
  build(): { readonly dataset: Dataset; readonly left: LeftOut };
}

/** Rows that got no label, and why. */
export interface LeftOut {
  unmoved: number;
  unknown: number; // a gap or the end of the recording inside the label's span
  full: number;
}

interface Mids {
  readonly times: number[];
  readonly mids: number[];
}

interface Building {
  readonly options: DatasetOptions;
  readonly features: Float32Array;
  readonly times: Float64Array;
  readonly owners: Int32Array;
  readonly mids: readonly Mids[];
  rows: number;
  full: number;
}

export function createDataset(options: DatasetOptions): DatasetBuilder {
  const { columns, rowsMax, instruments } = options;
  const building: Building = {
    options,
    features: new Float32Array(new SharedArrayBuffer(rowsMax * columns * 4)),
    times: new Float64Array(rowsMax),
    owners: new Int32Array(rowsMax),
    mids: Array.from({ length: instruments }, () => ({ times: [], mids: [] })),
    rows: 0,
    full: 0,
  };
  return {
    addRow: (instrument, timeUs, features) => addRow(building, instrument, timeUs, features),
    addMid(instrument, timeUs, mid) {
      const series = building.mids[instrument];
      if (series === undefined || Object.is(series.mids.at(-1), mid)) return;
      series.times.push(timeUs);
      series.mids.push(mid);
    },
    build: () => buildDataset(building),
  };
}

function addRow(
  building: Building,
  instrument: number,
  timeUs: number,
  features: Float32Array,
): boolean {
  const { options, rows } = building;
  if (rows === options.rowsMax) {
    building.full += 1;
    return false;
  }
  building.features.set(features.subarray(0, options.columns), rows * options.columns);
  building.times[rows] = timeUs;
  building.owners[rows] = instrument;
  building.rows = rows + 1;
  return true;
}

/** Index of the newest entry at or before `timeUs`; -1 when there is none. */
function indexAt(times: readonly number[], timeUs: number): number {
  let low = -1;
  let high = times.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((times[middle] ?? Number.POSITIVE_INFINITY) <= timeUs) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** +1, -1 or 0 for the move between two moments; NaN when a gap or an end lies between them. */
function moveBetween(series: Mids, lastUs: number, fromUs: number, toUs: number): number {
  if (toUs > lastUs) return Number.NaN;
  const from = indexAt(series.times, fromUs);
  const to = indexAt(series.times, toUs);
  if (from < 0) return Number.NaN;
  for (let k = from; k <= to; k += 1) if (Number.isNaN(series.mids[k])) return Number.NaN;
  return Math.sign((series.mids[to] ?? Number.NaN) - (series.mids[from] ?? Number.NaN));
}

function buildDataset(building: Building): { dataset: Dataset; left: LeftOut } {
  const { options, features, times, owners, mids, rows } = building;
  const { columns, horizonUs, delayUs } = options;
  const left: LeftOut = { unmoved: 0, unknown: 0, full: building.full };
  const labels = new Uint8Array(new SharedArrayBuffer(rows));
  const lastUs = mids.map((series) => series.times.at(-1) ?? Number.NEGATIVE_INFINITY);
  let kept = 0;
  for (let row = 0; row < rows; row += 1) {
    const owner = owners[row] ?? 0;
    const series = mids[owner];
    const startUs = (times[row] ?? 0) + delayUs;
    const last = lastUs[owner] ?? 0;
    const move =
      series === undefined ? Number.NaN : moveBetween(series, last, startUs, startUs + horizonUs);
    if (Number.isNaN(move)) left.unknown += 1;
    else if (move === 0) left.unmoved += 1;
    else {
      labels[kept] = move > 0 ? 1 : 0;
      features.copyWithin(kept * columns, row * columns, (row + 1) * columns);
      times[kept] = times[row] ?? 0;
      owners[kept] = owner;
      kept += 1;
    }
  }
  const timeUs = times.slice(0, kept);
  return {
    dataset: {
      rows: kept,
      columns,
      features: features.subarray(0, kept * columns),
      labels: labels.subarray(0, kept),
      timeUs,
      labelEndUs: timeUs.map((time) => time + delayUs + horizonUs),
      instrument: owners.slice(0, kept),
    },
    left,
  };
}

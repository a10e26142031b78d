// Owns the flow features: order flow, trades and mid moves over the last 100 ms, 1 s and 5 s.
// Promise: differences of the book block's cumulative columns; nothing is lost between two looks.
import {
  BOOK_BUY_QTY,
  BOOK_LAST_MOVE,
  BOOK_LAST_MOVE_US,
  BOOK_MID_MOVES,
  BOOK_OFI,
  BOOK_SELL_QTY,
  BOOK_SQUARED_SUM,
  BOOK_TRADES,
  FEATURE_ASK_SIZE,
  FEATURE_BID_SIZE,
  FEATURE_MID,
} from '../../wasm/layout.ts';
import { createDecay, type Decay } from './decay.ts';
import {
  addSample,
  createHistory,
  findSample,
  forgetSamples,
  type History,
  isBroken,
  SAMPLE,
  SAMPLE_COLUMNS,
  spanUs,
} from './history.ts';
import type { Look } from './look.ts';

export const FLOW_FEATURES = [
  'ofi_100ms', // asinh(order-flow imbalance / usual best size); Cont, Kukanov & Stoikov 2014
  'ofi_1s',
  'ofi_5s',
  'trade_imbalance_100ms', // (bought - sold) / (bought + sold) by aggressors, 0 without trades
  'trade_imbalance_1s',
  'trade_imbalance_5s',
  'trade_flow_100ms', // asinh((bought - sold) / usual best size)
  'trade_flow_1s',
  'trade_flow_5s',
  'return_100ms', // log return of the mid / its usual size over such a window
  'return_1s',
  'return_5s',
  'volatility_100ms', // bps, root of the summed squared mid returns of the window
  'volatility_1s',
  'volatility_5s',
  'mid_moves_1s', // ln(1 + count)
  'trades_1s', // ln(1 + count)
  'last_move', // direction of the last change of the mid: +1, -1, 0
  'last_move_fresh', // the same, fading with its age: exp(-age / 1 s)
  'last_move_age', // ln(1 + age in ms), at most a minute
] as const;

const WINDOWS_US = [100e3, 1e6, 5e6] as const;
const WARM_US = 500e3; // with less history than this the features are NaN
const MEMORY_US = 30e6;
const AGE_US_MAX = 60e6;
const VOLATILITY_FLOOR = 1e-6; // log return per root second: 0.01 bp

export interface Flow {
  readonly numbers: Float64Array; // the shared memory
  readonly history: History;
  readonly sizes: Decay; // usual best size, real units
  readonly variances: Decay; // usual variance of the mid, per second
  readonly now: Float64Array;
}

export const createFlow = (buffer: SharedArrayBuffer, instruments: number): Flow => ({
  numbers: new Float64Array(buffer),
  history: createHistory(instruments),
  sizes: createDecay(instruments, MEMORY_US),
  variances: createDecay(instruments, MEMORY_US),
  now: new Float64Array(SAMPLE_COLUMNS),
});

/** Writes FLOW_FEATURES at `out[at]`; NaN while the history is shorter than half a second. */
export function writeFlow(flow: Flow, look: Look, out: Float32Array, at: number): void {
  const { history, now } = flow;
  const { instrument, nowUs } = look;
  readNow(flow, look);
  if (isBroken(history, instrument, now)) forgetSamples(history, instrument);
  updateUsual(flow, look);
  if (spanUs(history, instrument, nowUs) < WARM_US) {
    out.fill(Number.NaN, at, at + FLOW_FEATURES.length);
  } else {
    for (let k = 0; k < WINDOWS_US.length; k += 1) writeWindow(flow, look, k, out, at);
    writeCounts(flow, look, out, at + 15);
    writeLastMove(flow, look, out, at + 17);
  }
  addSample(history, instrument, now);
}

/** Forgets an instrument whose book broke off. */
export function resetFlow(flow: Flow, instrument: number): void {
  forgetSamples(flow.history, instrument);
  flow.sizes.reset(instrument);
  flow.variances.reset(instrument);
}

function readNow({ numbers, now }: Flow, { nowUs, copy, row, qtyUnit }: Look): void {
  const base = copy / 8;
  now[SAMPLE.timeUs] = nowUs;
  now[SAMPLE.ofi] = (numbers[base + BOOK_OFI / 8] ?? 0) * qtyUnit;
  now[SAMPLE.bought] = (numbers[base + BOOK_BUY_QTY / 8] ?? 0) * qtyUnit;
  now[SAMPLE.sold] = (numbers[base + BOOK_SELL_QTY / 8] ?? 0) * qtyUnit;
  now[SAMPLE.trades] = numbers[base + BOOK_TRADES / 8] ?? 0;
  now[SAMPLE.moves] = numbers[base + BOOK_MID_MOVES / 8] ?? 0;
  now[SAMPLE.squared] = numbers[base + BOOK_SQUARED_SUM / 8] ?? 0;
  now[SAMPLE.logMid] = Math.log(numbers[row + FEATURE_MID] ?? Number.NaN);
}

/** Change of a column since the sample at f64 index `from`. */
const changeOf = (flow: Flow, from: number, column: number): number =>
  (flow.now[column] ?? Number.NaN) - (flow.history.samples[from + column] ?? Number.NaN);

function updateUsual(flow: Flow, { instrument, nowUs, elapsedUs, row }: Look): void {
  const bid = flow.numbers[row + FEATURE_BID_SIZE] ?? 0;
  const ask = flow.numbers[row + FEATURE_ASK_SIZE] ?? 0;
  flow.sizes.update(instrument, elapsedUs, (bid + ask) / 2);
  if (spanUs(flow.history, instrument, nowUs) < WARM_US) return;
  const from = findSample(flow.history, instrument, nowUs, MEMORY_US);
  const seconds = changeOf(flow, from, SAMPLE.timeUs) / 1e6;
  flow.variances.update(instrument, elapsedUs, changeOf(flow, from, SAMPLE.squared) / seconds);
}

/** Part of a change over the found span that belongs to the window: a sparse past counts less. */
const shareOf = (windowUs: number, foundUs: number): number =>
  foundUs > windowUs ? windowUs / foundUs : 1;

function writeWindow(flow: Flow, look: Look, k: number, out: Float32Array, at: number): void {
  const { instrument, nowUs } = look;
  const windowUs = WINDOWS_US[k] ?? 0;
  const from = findSample(flow.history, instrument, nowUs, windowUs);
  const share = shareOf(windowUs, changeOf(flow, from, SAMPLE.timeUs));
  const bought = share * changeOf(flow, from, SAMPLE.bought);
  const sold = share * changeOf(flow, from, SAMPLE.sold);
  const squared = share * changeOf(flow, from, SAMPLE.squared);
  const size = flow.sizes.read(instrument);
  const usual = Math.max(VOLATILITY_FLOOR, Math.sqrt(flow.variances.read(instrument)));
  out[at + k] = Math.asinh((share * changeOf(flow, from, SAMPLE.ofi)) / size);
  out[at + 3 + k] = bought + sold > 0 ? (bought - sold) / (bought + sold) : 0;
  out[at + 6 + k] = Math.asinh((bought - sold) / size);
  const change = share * changeOf(flow, from, SAMPLE.logMid);
  out[at + 9 + k] = change / (usual * Math.sqrt(windowUs / 1e6));
  out[at + 12 + k] = Math.sqrt(Math.max(0, squared)) * 1e4;
}

function writeCounts(flow: Flow, look: Look, out: Float32Array, at: number): void {
  const from = findSample(flow.history, look.instrument, look.nowUs, 1e6);
  const share = shareOf(1e6, changeOf(flow, from, SAMPLE.timeUs));
  out[at] = Math.log1p(share * changeOf(flow, from, SAMPLE.moves));
  out[at + 1] = Math.log1p(share * changeOf(flow, from, SAMPLE.trades));
}

function writeLastMove(
  { numbers }: Flow,
  { nowUs, copy }: Look,
  out: Float32Array,
  at: number,
): void {
  const direction = numbers[(copy + BOOK_LAST_MOVE) / 8] ?? 0;
  const ageUs = Math.max(0, nowUs - (numbers[(copy + BOOK_LAST_MOVE_US) / 8] ?? 0));
  const bounded = direction === 0 ? AGE_US_MAX : Math.min(ageUs, AGE_US_MAX);
  out[at] = direction;
  out[at + 1] = direction * Math.exp(-bounded / 1e6);
  out[at + 2] = Math.log1p(bounded / 1e3);
}

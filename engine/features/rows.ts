// Owns the making of feature rows from shared memory, for one thread.
// Promise: a row is valid only if its book is in sequence and every model feature is finite.
import {
  BOOK_ASK_COUNT,
  BOOK_BAD_LEVEL,
  BOOK_BID_COUNT,
  BOOK_CROSSED,
  BOOK_FLAGS,
  BOOK_READY,
  BOOK_RECEIVE_US,
  BOOK_UPDATE_ID,
  FORECAST_NOT_FINITE,
  FORECAST_STALE_BOOK,
  FORECAST_VALID,
} from '../../wasm/layout.ts';
import type { Instrument } from '../core/instrument.ts';
import { powerOfTen } from '../core/units.ts';
import type { Kernels } from '../memory/kernels.ts';
import { bookAt, type MemoryPlan, scratchAt } from '../memory/plan.ts';
import { type BarIndicators, createBarIndicators } from './bar-indicators.ts';
import { createFlow, FLOW_FEATURES, type Flow, resetFlow, writeFlow } from './flow.ts';
import {
  createLiquidity,
  LIQUIDITY_FEATURES,
  type Liquidity,
  resetLiquidity,
  writeLiquidity,
} from './liquidity.ts';
import type { Look } from './look.ts';
import { ORDER_BOOK_FEATURES, writeOrderBook } from './order-book.ts';
import { FEATURES, MODEL_FEATURES } from './vector.ts';

export interface FeatureRowsOptions {
  readonly kernels: Kernels;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly shard: number; // whose scratch is used: one thread per shard
  readonly instruments: readonly Instrument[];
  readonly bookAgeUsMax?: number; // an older book is stale; default 10 s
}

export interface FeatureRows {
  /**
   * Writes FEATURES of `instrument` at `out[at]` and returns FORECAST_VALID, or the reason why the
   * row must not be used (then all of it is NaN when the book is stale).
   */
  compute(instrument: Instrument, nowUs: number, out: Float32Array, at: number): number;
  /** Another has its slot: nothing of whoever was there is left. */
  forget(instrument: Instrument): void;
  /** Venue's id of the book update the last row was made from, and its real mid. */
  readonly updateId: number;
  readonly mid: number;
}

const BOOK_TRUST = BOOK_READY | BOOK_CROSSED | BOOK_BAD_LEVEL;
const LIQUIDITY_AT = ORDER_BOOK_FEATURES.length;
const FLOW_AT = LIQUIDITY_AT + LIQUIDITY_FEATURES.length;
const AGE_AT = FLOW_AT + FLOW_FEATURES.length;

interface RowMaker {
  readonly options: FeatureRowsOptions;
  readonly copy: number; // byte offset of the private book copy
  readonly row: number; // f64 index of the kernel's columns
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly flow: Flow;
  readonly liquidity: Liquidity;
  readonly bars: BarIndicators;
  readonly lastUs: Float64Array; // of the last look, by instrument
  readonly look: Look;
}

/** A maker of rows on the scratch of `shard`. Only one thread may use a shard. */
export function createFeatureRows(options: FeatureRowsOptions): FeatureRows {
  const { buffer, plan, shard } = options;
  const { instruments, levels } = plan.capacities;
  const copy = scratchAt(plan, shard);
  const row = (copy + plan.bookBytes) / 8;
  const maker: RowMaker = {
    options,
    copy,
    row,
    numbers: new Float64Array(buffer),
    words: new Uint32Array(buffer),
    flow: createFlow(buffer, instruments),
    liquidity: createLiquidity(buffer, instruments, levels),
    bars: createBarIndicators(buffer, plan),
    lastUs: new Float64Array(instruments).fill(Number.NaN),
    look: { instrument: 0, nowUs: 0, elapsedUs: 0, copy, row, qtyUnit: 1 },
  };
  return {
    compute: (instrument, nowUs, out, at) => computeRow(maker, instrument, nowUs, out, at),
    forget({ index }) {
      forget(maker, index);
      maker.bars.forget(index);
    },
    get updateId() {
      return maker.numbers[(copy + BOOK_UPDATE_ID) / 8] ?? 0;
    },
    get mid() {
      return maker.numbers[row] ?? Number.NaN;
    },
  };
}

function computeRow(
  maker: RowMaker,
  instrument: Instrument,
  nowUs: number,
  out: Float32Array,
  at: number,
): number {
  const { options, copy, row, look } = maker;
  const { kernels, plan } = options;
  const isCopied = kernels.bookCopy(bookAt(plan, instrument.index), copy) === 1;
  const ageUs = nowUs - (maker.numbers[(copy + BOOK_RECEIVE_US) / 8] ?? 0);
  if (!isCopied || !isUsable(maker) || ageUs > (options.bookAgeUsMax ?? 10e6)) {
    forget(maker, instrument.index);
    out.fill(Number.NaN, at, at + FEATURES.length);
    return FORECAST_STALE_BOOK;
  }
  const priceUnit = 1 / powerOfTen(instrument.priceScale);
  look.qtyUnit = 1 / powerOfTen(instrument.qtyScale);
  const contractValue = instrument.kind === 'inverse' ? instrument.multiplier : 0;
  kernels.bookFeatures(copy, priceUnit, look.qtyUnit, row * 8, contractValue);
  const lastUs = maker.lastUs[instrument.index] ?? Number.NaN;
  look.instrument = instrument.index;
  look.nowUs = nowUs;
  look.elapsedUs = Number.isNaN(lastUs) ? 0 : Math.max(0, nowUs - lastUs);
  maker.lastUs[instrument.index] = nowUs;
  writeRow(maker, instrument.index, ageUs, out, at);
  return isComplete(out, at) ? FORECAST_VALID : FORECAST_NOT_FINITE;
}

function writeRow(
  maker: RowMaker,
  instrument: number,
  ageUs: number,
  out: Float32Array,
  at: number,
): void {
  writeOrderBook(maker.numbers, maker.row, out, at);
  writeLiquidity(maker.liquidity, maker.look, out, at + LIQUIDITY_AT);
  writeFlow(maker.flow, maker.look, out, at + FLOW_AT);
  out[at + AGE_AT] = Math.log1p(Math.max(0, ageUs) / 1e3);
  maker.bars.refresh(instrument);
  maker.bars.write(instrument, out, at + MODEL_FEATURES.length);
}

/** In sequence, nothing refused, not crossed, both sides present. */
function isUsable({ words, copy }: RowMaker): boolean {
  const flags = words[(copy + BOOK_FLAGS) / 4] ?? 0;
  const bids = words[(copy + BOOK_BID_COUNT) / 4] ?? 0;
  const asks = words[(copy + BOOK_ASK_COUNT) / 4] ?? 0;
  return (flags & BOOK_TRUST) === BOOK_READY && bids > 0 && asks > 0;
}

function forget(maker: RowMaker, instrument: number): void {
  resetFlow(maker.flow, instrument);
  resetLiquidity(maker.liquidity, instrument);
  maker.lastUs[instrument] = Number.NaN;
}

function isComplete(out: Float32Array, at: number): boolean {
  for (let k = at; k < at + MODEL_FEATURES.length; k += 1) {
    if (!Number.isFinite(out[k])) return false;
  }
  return true;
}

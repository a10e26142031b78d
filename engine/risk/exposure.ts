// Owns the engine's side of the risk tables: marks, positions, open orders, equity, their sums.
// Promise: the sums are what the rows say, always for the worst case; unknown orders are open.
import {
  COVARIANCE_WEIGHTS,
  RISK_ACTIVE,
  RISK_EQUITY,
  RISK_EQUITY_US,
  RISK_GROSS,
  RISK_HALTED,
  RISK_NET,
  RISK_OPEN_ORDERS,
  RISK_REDUCING,
  RISK_STATE,
  RISK_VAR_Z,
  RISK_VARIANCE,
  ROW_EXPOSURE,
  ROW_FLAGS,
  ROW_INVERSE,
  ROW_MARK,
  ROW_MARK_US,
  ROW_MULTIPLIER,
  ROW_OPEN_BUY,
  ROW_OPEN_SELL,
  ROW_POSITION,
  ROW_QUOTE_RATE,
  ROW_TRADABLE,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { TradingState } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Kernels } from '../core/kernels.ts';
import { type MemoryPlan, riskRowAt } from '../core/memory.ts';
import type { Order } from '../core/order.ts';
import { type EpochUs, powerOfTen } from '../core/units.ts';

export interface ExposureOptions {
  readonly kernels: Pick<Kernels, 'covarianceCommit'>;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly instruments: readonly Instrument[]; // instruments[i].index === i
  readonly quoteRate: (instrument: Instrument) => number; // Portfolio.quoteRate
}

export interface Exposure {
  /** A new reference price in the quote asset. No allocation. */
  onMark(instrument: Instrument, mid: number, nowUs: EpochUs): void;
  /** The signed position, real units (base asset or contracts). */
  onPosition(instrument: Instrument, qtyReal: number): void;
  /** The open quantity of an order changed by `deltaQty` steps: + placed, - filled or ended. */
  onOpenOrder(order: Order, deltaQty: number): void;
  /** Permitted and its book in sequence. Rows start as not tradable. */
  setTradable(instrument: Instrument, on: boolean): void;
  setState(state: TradingState): void;
  /** Base currency; NaN is taken, and then nothing is approved. */
  setEquity(equity: number, nowUs: EpochUs): void;
  /** Sum of worst-case notionals, base currency. */
  gross(): number;
  /** Signed sum of position notionals, base currency. */
  net(): number;
  /** Daily normal VaR of the worst case at the configured quantile, base currency. */
  valueAtRisk(): number;
  openOrders(): number;
}

interface Table {
  readonly options: ExposureOptions;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
  readonly openBuy: Float64Array; // steps, exact
  readonly openSell: Float64Array;
  readonly nets: Float64Array; // signed position notional by instrument
  readonly openByOrder: Map<string, number>; // steps; bounded by the order store
}

/**
 * Every row starts flat, unpriced and not tradable, the state halted. Until createCovariance has
 * run, a position makes the variance NaN, and the kernel then refuses what would add to it.
 */
export function createExposure(options: ExposureOptions): Exposure {
  const table = openTable(options);
  const { plan } = options;
  const { words, numbers } = table;
  const system = (at: number): number => numbers[(plan.riskSystem + at) / 8] ?? Number.NaN;
  return {
    onMark(instrument, mid, nowUs) {
      if (!(mid > 0 && mid < Number.MAX_VALUE)) return;
      const row = riskRowAt(plan, instrument.index) / 8;
      numbers[row + ROW_MARK / 8] = mid;
      numbers[row + ROW_MARK_US / 8] = nowUs;
      numbers[row + ROW_QUOTE_RATE / 8] = options.quoteRate(instrument);
      if (isHeld(table, row)) revalue(table, instrument.index);
    },
    onPosition(instrument, qtyReal) {
      numbers[(riskRowAt(plan, instrument.index) + ROW_POSITION) / 8] = qtyReal;
      revalue(table, instrument.index);
      resum(table);
    },
    onOpenOrder: (order, deltaQty) => changeOpen(table, order, deltaQty),
    setTradable(instrument, on) {
      const at = (riskRowAt(plan, instrument.index) + ROW_FLAGS) / 4;
      const flags = words[at] ?? 0;
      words[at] = on ? flags | ROW_TRADABLE : flags & ~ROW_TRADABLE;
    },
    setState(state) {
      words[(plan.riskSystem + RISK_STATE) / 4] = STATES[state];
    },
    setEquity(equity, nowUs) {
      numbers[(plan.riskSystem + RISK_EQUITY) / 8] = equity;
      numbers[(plan.riskSystem + RISK_EQUITY_US) / 8] = nowUs;
    },
    gross: () => system(RISK_GROSS),
    net: () => system(RISK_NET),
    valueAtRisk: () => system(RISK_VAR_Z) * Math.sqrt(Math.max(0, system(RISK_VARIANCE))),
    openOrders: () => table.openByOrder.size,
  };
}

const STATES = {
  active: RISK_ACTIVE,
  reducing: RISK_REDUCING,
  halted: RISK_HALTED,
} as const satisfies Record<TradingState, number>;

function openTable(options: ExposureOptions): Table {
  const { buffer, plan, instruments, quoteRate } = options;
  const words = new Uint32Array(buffer);
  const numbers = new Float64Array(buffer);
  for (const instrument of instruments) {
    const at = riskRowAt(plan, instrument.index);
    words[(at + ROW_FLAGS) / 4] = instrument.kind === 'inverse' ? ROW_INVERSE : 0;
    numbers[(at + ROW_MARK) / 8] = Number.NaN; // a price that is not there is never 0
    numbers[(at + ROW_MARK_US) / 8] = Number.NaN;
    numbers[(at + ROW_MULTIPLIER) / 8] = instrument.multiplier;
    numbers[(at + ROW_QUOTE_RATE) / 8] = quoteRate(instrument);
    for (const column of [ROW_POSITION, ROW_OPEN_BUY, ROW_OPEN_SELL, ROW_EXPOSURE]) {
      numbers[(at + column) / 8] = 0;
    }
  }
  words[(plan.riskSystem + RISK_STATE) / 4] = RISK_HALTED;
  words[(plan.riskSystem + RISK_OPEN_ORDERS) / 4] = 0;
  numbers[(plan.riskSystem + RISK_EQUITY) / 8] = Number.NaN;
  numbers[(plan.riskSystem + RISK_EQUITY_US) / 8] = Number.NaN;
  for (const sum of [RISK_GROSS, RISK_NET, RISK_VARIANCE]) {
    numbers[(plan.riskSystem + sum) / 8] = 0;
  }
  return {
    options,
    words,
    numbers,
    openBuy: new Float64Array(instruments.length),
    openSell: new Float64Array(instruments.length),
    nets: new Float64Array(instruments.length),
    openByOrder: new Map(),
  };
}

/** `row`: its place in f64s. */
function isHeld({ numbers }: Table, row: number): boolean {
  return (
    numbers[row + ROW_POSITION / 8] !== 0 ||
    numbers[row + ROW_OPEN_BUY / 8] !== 0 ||
    numbers[row + ROW_OPEN_SELL / 8] !== 0 ||
    numbers[row + ROW_EXPOSURE / 8] !== 0
  );
}

function changeOpen(table: Table, order: Order, deltaQty: number): void {
  const { index, qtyScale } = order.instrument;
  const before = table.openByOrder.get(order.id) ?? 0;
  const after = before + deltaQty;
  assert(after >= 0, `order ${order.id}: open quantity would fall below 0`);
  if (after === 0) table.openByOrder.delete(order.id);
  else table.openByOrder.set(order.id, after);
  const { plan } = table.options;
  table.words[(plan.riskSystem + RISK_OPEN_ORDERS) / 4] = table.openByOrder.size;
  const side = order.side === 'buy' ? table.openBuy : table.openSell;
  const steps = (side[index] ?? 0) + deltaQty;
  side[index] = steps;
  const column = order.side === 'buy' ? ROW_OPEN_BUY : ROW_OPEN_SELL;
  table.numbers[(riskRowAt(plan, index) + column) / 8] = steps / powerOfTen(qtyScale);
  revalue(table, index);
}

/**
 * Brings a row's worst case max(|position + buys|, |position - sells|) into the sums. The weight
 * of the instrument in the covariance is that same worst case with its sign, so that orders on
 * their way already count in VaR.
 */
function revalue(table: Table, index: number): void {
  const { numbers } = table;
  const { plan, kernels, instruments } = table.options;
  const row = riskRowAt(plan, index) / 8;
  const cell = (at: number): number => numbers[row + at / 8] ?? Number.NaN;
  const price = instruments[index]?.kind === 'inverse' ? 1 : cell(ROW_MARK);
  const position = cell(ROW_POSITION);
  const long = position + cell(ROW_OPEN_BUY);
  const short = position - cell(ROW_OPEN_SELL);
  const worst = Math.abs(long) >= Math.abs(short) ? long : short;
  const unit = cell(ROW_MULTIPLIER) * price * cell(ROW_QUOTE_RATE);
  const weight = worst === 0 ? 0 : worst * unit;
  const net = position === 0 ? 0 : position * unit;
  const system = plan.riskSystem / 8;
  const add = (at: number, change: number): void => {
    numbers[system + at / 8] = (numbers[system + at / 8] ?? 0) + change;
  };
  add(RISK_GROSS, Math.abs(weight) - cell(ROW_EXPOSURE));
  add(RISK_NET, net - (table.nets[index] ?? 0));
  numbers[row + ROW_EXPOSURE / 8] = Math.abs(weight);
  table.nets[index] = net;
  // NaN from a missing price, or a hair below 0: the kernel would refuse everything for ever.
  if (!((numbers[system + RISK_GROSS / 8] ?? Number.NaN) >= 0)) resum(table);
  const weightAt = (plan.covariance + COVARIANCE_WEIGHTS) / 8 + index;
  const delta = weight - (numbers[weightAt] ?? 0);
  if (delta === 0) return;
  const variance = kernels.covarianceCommit(plan.covariance, index, delta);
  numbers[system + RISK_VARIANCE / 8] = variance;
}

/** The sums from scratch: what many small additions have rounded away comes back. */
function resum({ options, numbers, nets }: Table): void {
  const { plan, instruments } = options;
  let gross = 0;
  let net = 0;
  for (const { index } of instruments) {
    gross += numbers[(riskRowAt(plan, index) + ROW_EXPOSURE) / 8] ?? Number.NaN;
    net += nets[index] ?? 0;
  }
  numbers[(plan.riskSystem + RISK_GROSS) / 8] = gross;
  numbers[(plan.riskSystem + RISK_NET) / 8] = net;
}

// Owns how the risk tables begin: where each lies, who stands in which row, and nothing held.
// Promise: whatever nobody has named is halted, and a price or margin nobody has told is NaN.
import {
  LEVEL_SYSTEM,
  NODE_BYTES,
  NODE_STATE,
  RISK_ACTIVE,
  RISK_ASSET_COUNT,
  RISK_ASSETS,
  RISK_COVARIANCE,
  RISK_EQUITY,
  RISK_EQUITY_US,
  RISK_HALTED,
  RISK_HISTORY,
  RISK_MARGIN_PLACES,
  RISK_MARGINS,
  RISK_NODES,
  RISK_PORTFOLIOS,
  RISK_ROW_COUNT,
  RISK_ROW_STRIDE,
  RISK_ROWS,
  RISK_SHOCKS,
  RISK_STRATEGIES,
  RISK_VARIANCE,
  RISK_VENUES,
  ROW_ASSET,
  ROW_BAND_ABOVE,
  ROW_BAND_BELOW,
  ROW_FLAGS,
  ROW_INVERSE,
  ROW_MARGIN,
  ROW_MARGIN_RATE,
  ROW_MARK,
  ROW_MARK_US,
  ROW_MARKET_QTY_MAX,
  ROW_MULTIPLIER,
  ROW_NOTIONAL_MIN,
  ROW_ORDER_QTY,
  ROW_OWN_ASK,
  ROW_PASSIVE_COLLAR,
  ROW_QTY_MAX,
  ROW_QUOTE_RATE,
  ROW_SPOT,
  ROW_STATE,
  ROW_VENUE,
} from '../../wasm/layout.ts';
import type { Config } from '../config/schema.ts';
import { assert, assertNever } from '../core/assert.ts';
import { type Instrument, type InstrumentKind, isOnGrid, qtyOf } from '../core/instrument.ts';
import type { Qty } from '../core/units.ts';
import { type MemoryPlan, nodeAt, riskRowAt } from '../memory/plan.ts';
import type { BookTable } from './book-table.ts';
import { layMargins } from './margins.ts';
import { scopeAt, scopesOf } from './places.ts';

/** Writes everything but limits, covariance and scenarios, which are laid by their own files. */
export function layTables(
  table: BookTable,
  initialMargin: Config['risk']['initialMargin'],
  quoteRate: (instrument: Instrument) => number,
): void {
  const { plan, words, numbers } = table;
  writePlaces(words, plan);
  numbers[(plan.riskSystem + RISK_EQUITY) / 8] = Number.NaN;
  numbers[(plan.riskSystem + RISK_EQUITY_US) / 8] = Number.NaN;
  numbers[(plan.riskSystem + RISK_VARIANCE) / 8] = 0;
  layNodes(table);
  const { instruments } = table.names;
  const slots = plan.capacities.instruments;
  for (let place = 0; place < slots; place += 1) layMargins(table, place);
  for (let slot = instruments.length; slot < slots; slot += 1) clearRow(table, slot);
  for (const instrument of instruments) {
    layRow(table, instrument, initialMargin[instrument.kind], quoteRate(instrument));
  }
}

// Counts are those there is memory for: they are the strides by which the kernel finds its way.
function writePlaces(words: Uint32Array, plan: MemoryPlan): void {
  const { portfolios, strategies, venues, instruments, assets } = plan.capacities;
  const places = [
    [RISK_NODES, plan.riskNodes],
    [RISK_PORTFOLIOS, portfolios],
    [RISK_STRATEGIES, strategies],
    [RISK_VENUES, venues],
    [RISK_ROWS, plan.riskRows],
    [RISK_ROW_COUNT, instruments],
    [RISK_ROW_STRIDE, plan.riskRowBytes],
    [RISK_ASSETS, plan.riskAssets],
    [RISK_MARGINS, plan.riskMargins],
    [RISK_MARGIN_PLACES, instruments],
    [RISK_ASSET_COUNT, assets],
    [RISK_COVARIANCE, plan.covariance],
    [RISK_HISTORY, plan.history],
    [RISK_SHOCKS, plan.shocks],
  ] as const;
  for (const [at, value] of places) words[(plan.riskSystem + at) / 4] = value;
}

function layNodes({ plan, names, places, words }: BookTable): void {
  const { portfolios, strategies, venues } = plan.capacities;
  for (let node = 0; node < 1 + portfolios + strategies + venues; node += 1) {
    words[(plan.riskNodes + node * NODE_BYTES + NODE_STATE) / 4] = RISK_HALTED;
  }
  for (const scope of scopesOf(names)) {
    const at = scopeAt(plan, places, scope);
    if (at !== null && !scope.startsWith('instrument:')) words[(at + NODE_STATE) / 4] = RISK_ACTIVE;
  }
  words[(nodeAt(plan, LEVEL_SYSTEM, 0) + NODE_STATE) / 4] = RISK_HALTED;
}

/** A row nobody has: halted, not tradable, nothing in it that a number could be made of. */
export function clearRow({ plan, words, numbers }: BookTable, slot: number): void {
  const at = riskRowAt(plan, slot);
  numbers.fill(0, at / 8, (at + plan.riskRowBytes) / 8);
  numbers.fill(Number.NaN, (at + ROW_ORDER_QTY) / 8, (at + ROW_PASSIVE_COLLAR + 16) / 8);
  words[(at + ROW_STATE) / 4] = RISK_HALTED;
  words[(at + ROW_VENUE) / 4] = NOBODY;
  words[(at + ROW_ASSET) / 4] = NOBODY;
  words[(at + ROW_MARGIN) / 4] = NOBODY;
  for (const column of [ROW_MARK, ROW_MARK_US, ROW_MULTIPLIER, ROW_QUOTE_RATE, ROW_MARGIN_RATE]) {
    numbers[(at + column) / 8] = Number.NaN;
  }
}

const NOBODY = 0xffff_ffff;

/** The row of an instrument that has taken its slot; its limits are laid by limits.ts. */
export function layRow(
  table: BookTable,
  instrument: Instrument,
  margin: number,
  rate: number,
): void {
  const { plan, words, numbers, places } = table;
  const { index } = instrument;
  const at = riskRowAt(plan, index);
  words[(at + ROW_FLAGS) / 4] = flagOf(instrument.kind);
  words[(at + ROW_STATE) / 4] = RISK_ACTIVE;
  words[(at + ROW_VENUE) / 4] = places.venues.get(instrument.venue) ?? NOBODY;
  words[(at + ROW_ASSET) / 4] = places.assets.get(instrument.base) ?? NOBODY;
  words[(at + ROW_MARGIN) / 4] = table.marginOf[index] ?? NOBODY;
  numbers[(at + ROW_MARK) / 8] = Number.NaN; // a price that is not there is never 0
  numbers[(at + ROW_MARK_US) / 8] = Number.NaN;
  numbers[(at + ROW_MULTIPLIER) / 8] = instrument.multiplier;
  numbers[(at + ROW_QUOTE_RATE) / 8] = rate;
  numbers[(at + ROW_MARGIN_RATE) / 8] = margin;
  numbers[(at + ROW_OWN_ASK) / 8] = Number.POSITIVE_INFINITY;
  layRules(numbers, at / 8, instrument);
}

function flagOf(kind: InstrumentKind): number {
  switch (kind) {
    case 'spot':
      return ROW_SPOT;
    case 'inverse':
      return ROW_INVERSE;
    case 'linear':
      return 0;
    default:
      return assertNever(kind);
  }
}

/** What the venue asks besides the grids, which the kernel does not see. */
function layRules(numbers: Float64Array, row: number, instrument: Instrument): void {
  assertRules(instrument);
  const { minNotional, maxQty, maxMarketQty, priceBand } = instrument.rules;
  const most = (qty: Qty | null): number =>
    qty === null ? Number.POSITIVE_INFINITY : qtyOf(instrument, qty);
  numbers[row + ROW_NOTIONAL_MIN / 8] = minNotional;
  numbers[row + ROW_QTY_MAX / 8] = most(maxQty);
  numbers[row + ROW_MARKET_QTY_MAX / 8] = most(maxMarketQty);
  const { low, high } = priceBand ?? {
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
  };
  numbers[row + ROW_BAND_BELOW / 8] = 1 - low;
  numbers[row + ROW_BAND_ABOVE / 8] = high - 1;
}

function assertRules({ key, lot, rules }: Instrument): void {
  const { minNotional, minQty, maxQty, maxMarketQty, marketLot, priceBand } = rules;
  const told = `${key}: its venue's rules ask for`;
  const isMoney = minNotional >= 0 && minNotional < Number.POSITIVE_INFINITY;
  assert(isMoney, `${told} a notional of ${minNotional}`);
  assert(isOnGrid(marketLot, lot) && marketLot > 0, `${told} a market lot of ${marketLot} steps`);
  assert(Number.isSafeInteger(minQty) && minQty > 0, `${told} at least ${minQty} steps`);
  for (const most of [maxQty, maxMarketQty]) {
    const isQty = most === null || (Number.isSafeInteger(most) && most >= minQty);
    assert(isQty, `${told} at most ${most} steps`);
  }
  if (priceBand === null) return;
  const { low, high } = priceBand;
  const isBand = low >= 0 && low <= 1 && high >= 1;
  assert(isBand, `${told} prices of ${low} to ${high} times the mark`);
}

// Owns how the risk tables begin: where each lies, who stands in which row, and nothing held.
// Promise: whatever nobody has named is halted, and a price or margin nobody has told is NaN.
import {
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  NODE_BYTES,
  NODE_MARGIN_BALANCE,
  NODE_MARGIN_US,
  NODE_STATE,
  RISK_ACTIVE,
  RISK_ASSET_COUNT,
  RISK_ASSETS,
  RISK_COVARIANCE,
  RISK_EQUITY,
  RISK_EQUITY_US,
  RISK_HALTED,
  RISK_HISTORY,
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
  ROW_FLAGS,
  ROW_INVERSE,
  ROW_MARGIN_RATE,
  ROW_MARK,
  ROW_MARK_US,
  ROW_MULTIPLIER,
  ROW_OWN_ASK,
  ROW_QUOTE_RATE,
  ROW_STATE,
  ROW_VENUE,
} from '../../wasm/layout.ts';
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';
import { type MemoryPlan, nodeAt, riskRowAt } from '../memory/plan.ts';
import type { BookTable } from './books.ts';
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
    [RISK_ASSET_COUNT, assets],
    [RISK_COVARIANCE, plan.covariance],
    [RISK_HISTORY, plan.history],
    [RISK_SHOCKS, plan.shocks],
  ] as const;
  for (const [at, value] of places) words[(plan.riskSystem + at) / 4] = value;
}

function layNodes({ plan, names, places, words, numbers }: BookTable): void {
  const { portfolios, strategies, venues } = plan.capacities;
  for (let node = 0; node < 1 + portfolios + strategies + venues; node += 1) {
    words[(plan.riskNodes + node * NODE_BYTES + NODE_STATE) / 4] = RISK_HALTED;
  }
  for (const scope of scopesOf(names)) {
    const at = scopeAt(plan, places, scope);
    if (at !== null && !scope.startsWith('instrument:')) words[(at + NODE_STATE) / 4] = RISK_ACTIVE;
  }
  words[(nodeAt(plan, LEVEL_SYSTEM, 0) + NODE_STATE) / 4] = RISK_HALTED;
  for (let venue = 0; venue < venues; venue += 1) {
    const node = nodeAt(plan, LEVEL_VENUE, venue) / 8;
    numbers[node + NODE_MARGIN_BALANCE / 8] = Number.NaN;
    numbers[node + NODE_MARGIN_US / 8] = Number.NaN;
  }
}

function layRow(table: BookTable, instrument: Instrument, margin: number, rate: number): void {
  const { plan, words, numbers, places } = table;
  const at = riskRowAt(plan, instrument.index);
  words[(at + ROW_FLAGS) / 4] = instrument.kind === 'inverse' ? ROW_INVERSE : 0;
  words[(at + ROW_STATE) / 4] = RISK_ACTIVE;
  words[(at + ROW_VENUE) / 4] = places.venues.get(instrument.venue) ?? 0xffff_ffff;
  words[(at + ROW_ASSET) / 4] = places.assets.get(instrument.base) ?? 0xffff_ffff;
  numbers[(at + ROW_MARK) / 8] = Number.NaN; // a price that is not there is never 0
  numbers[(at + ROW_MARK_US) / 8] = Number.NaN;
  numbers[(at + ROW_MULTIPLIER) / 8] = instrument.multiplier;
  numbers[(at + ROW_QUOTE_RATE) / 8] = rate;
  numbers[(at + ROW_MARGIN_RATE) / 8] = margin;
  numbers[(at + ROW_OWN_ASK) / 8] = Number.POSITIVE_INFINITY;
}

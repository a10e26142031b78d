// Owns what is read of shared memory before a check asks for it, so that the check finds it near.
// Promise: reads, waits for nothing, changes nothing; what the sums come to means nothing.
import {
  ASSET_BYTES,
  CACHE_LINE,
  CELL_BYTES,
  COVARIANCE_WEIGHTS,
  RECENT_BYTES,
  RECENT_KEPT,
  RISK_FLAGS,
  RISK_USES_HISTORY,
  ROW_ASSET,
  ROW_CELLS,
  ROW_RECENT,
  ROW_RING,
} from '../../wasm/layout.ts';
import type { Instrument } from '../core/instrument.ts';
import { columnBytes, HISTORY_WIDTH, type MemoryPlan, riskRowAt } from '../memory/plan.ts';

const LINE = CACHE_LINE / 8; // numbers of it
const CELL = CELL_BYTES / 8;

/**
 * A word of each line that a check of `index` reads or writes: its row, the place of the next order
 * in its ring, two cells, its asset, its Σw, its rules.
 */
export function readLines(
  numbers: Float64Array,
  words: Uint32Array,
  plan: MemoryPlan,
  asker: { readonly portfolioNumber: number; readonly strategyNumber: number },
  { index, rules }: Instrument,
): number {
  const { instruments, portfolios } = plan.capacities;
  const row = riskRowAt(plan, index) / 8;
  const cells = row + ROW_CELLS / 8;
  let sum: number = rules.minQty;
  for (let at = row; at < row + ROW_RING / 8; at += LINE) sum += numbers[at] ?? 0;
  const asset = words[(row * 8 + ROW_ASSET) / 4] ?? 0;
  const place = (words[(row * 8 + ROW_RECENT) / 4] ?? 0) % RECENT_KEPT;
  sum += numbers[row + (ROW_RING + place * RECENT_BYTES) / 8] ?? 0;
  sum += numbers[(plan.riskAssets + asset * ASSET_BYTES) / 8] ?? 0;
  sum += numbers[cells + asker.portfolioNumber * CELL] ?? 0;
  sum += numbers[cells + (portfolios + asker.strategyNumber) * CELL] ?? 0;
  return sum + (numbers[(plan.covariance + COVARIANCE_WEIGHTS) / 8 + instruments + index] ?? 0);
}

/** A word of the returns of `index`; 0 where orders are not asked about history. */
export function readReturn(
  numbers: Float64Array,
  words: Uint32Array,
  plan: MemoryPlan,
  { index }: Instrument,
): number {
  if (((words[(plan.riskSystem + RISK_FLAGS) / 4] ?? 0) & RISK_USES_HISTORY) === 0) return 0;
  const column = columnBytes(plan.capacities.scenarios, HISTORY_WIDTH) / 8;
  return numbers[plan.historyColumns / 8 + index * column] ?? 0;
}

// Owns the P&L of the book in each scenario (history, or stress) and its quantile after an order.
// Promise: the quantile is exact, as if every scenario had been sorted; NaN in, NaN out.
import {
  SCENARIOS_COUNT,
  SCENARIOS_GUIDE,
  SCENARIOS_N,
  SCENARIOS_PNL,
  SCENARIOS_RANK,
} from './layout';
import { scenarioPnl } from './matrix';
import { selectNth } from './statistics';

/**
 * pnl += delta x column of `index`, delta in base currency. An index outside the block, or a delta
 * that is not finite, changes nothing.
 */
export function scenarioCommit(block: u32, index: u32, delta: f64): void {
  if (index >= load<u32>(block, SCENARIOS_N) || !isFinite(delta)) return;
  const count = load<u32>(block, SCENARIOS_COUNT);
  const rank = load<u32>(block, SCENARIOS_RANK);
  const below = moveAll(block, block + SCENARIOS_PNL, index, delta);
  if (count > 0 && (below <= rank + rank / 2 || below > 3 * rank)) renewGuide(block);
}

/** pnl = sum of weights (n f64, base currency) x columns, from scratch; renews the guide. */
export function scenarioRefresh(block: u32, weights: u32): void {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const columns = columnOf(block, 0);
  const n = load<u32>(block, SCENARIOS_N);
  scenarioPnl(columns, count * 8, weights, n, count, block + SCENARIOS_PNL);
  renewGuide(block);
}

/**
 * Loss (positive = loss, base currency) at the block's rank with `delta` more of `index`: minus the
 * rank-th smallest of pnl + delta x column. NaN for an index or a rank outside, and where any
 * scenario is NaN. Writes the scratch of the block only.
 */
export function scenarioLossAfter(block: u32, index: u32, delta: f64): f64 {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const rank = load<u32>(block, SCENARIOS_RANK);
  if (rank >= count || index >= load<u32>(block, SCENARIOS_N)) return NaN;
  const scratch = block + SCENARIOS_PNL + count * 8;
  moveAll(block, scratch, index, delta);
  for (let k: u32 = 0; k < count; k++) {
    const value = load<f64>(scratch + k * 8);
    if (value != value) return NaN;
  }
  return 0 - selectNth(scratch, count, rank);
}

function columnOf(block: u32, index: u32): u32 {
  return block + SCENARIOS_PNL + (2 + index) * load<u32>(block, SCENARIOS_COUNT) * 8;
}

/** out = pnl + delta x column; returns how many of them are at or below the guide. */
function moveAll(block: u32, out: u32, index: u32, delta: f64): u32 {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const guide = load<f64>(block, SCENARIOS_GUIDE);
  const pnl = block + SCENARIOS_PNL;
  const column = columnOf(block, index);
  let below: u32 = 0;
  for (let k: u32 = 0; k < count; k++) {
    const value = load<f64>(pnl + k * 8) + delta * load<f64>(column + k * 8);
    store<f64>(out + k * 8, value);
    if (value <= guide) below++;
  }
  return below;
}

function renewGuide(block: u32): void {
  const count = load<u32>(block, SCENARIOS_COUNT);
  if (count == 0) return;
  const scratch = block + SCENARIOS_PNL + count * 8;
  memory.copy(scratch, block + SCENARIOS_PNL, count * 8);
  const place = min(count - 1, 2 * load<u32>(block, SCENARIOS_RANK) + 1);
  store<f64>(block, selectNth(scratch, count, place), SCENARIOS_GUIDE);
}

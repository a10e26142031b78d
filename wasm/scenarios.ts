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
 * that is not finite, changes nothing. The guide is renewed where it has come too close to the
 * quantile (an order would find too few below it) or too far from it (too many to select from).
 */
export function scenarioCommit(block: u32, index: u32, delta: f64): void {
  if (index >= load<u32>(block, SCENARIOS_N) || !isFinite(delta)) return;
  const count = load<u32>(block, SCENARIOS_COUNT);
  const rank = load<u32>(block, SCENARIOS_RANK);
  const pnl = block + SCENARIOS_PNL;
  const column = columnOf(block, index);
  const guide = load<f64>(block, SCENARIOS_GUIDE);
  const factor = f64x2.splat(delta);
  const limit = f64x2.splat(guide);
  let below = i64x2.splat(0); // minus the number at or below the guide
  let at: u32 = 0;
  for (const end = (count & ~1) * 8; at < end; at += 16) {
    const moved = f64x2.add(v128.load(pnl + at), f64x2.mul(factor, v128.load(column + at)));
    v128.store(pnl + at, moved);
    below = i64x2.add(below, f64x2.le(moved, limit));
  }
  let found = u32(0 - i64x2.extract_lane(below, 0) - i64x2.extract_lane(below, 1));
  if (count & 1) {
    const moved = load<f64>(pnl + at) + delta * load<f64>(column + at);
    store<f64>(pnl + at, moved);
    found += u32(moved <= guide);
  }
  if (2 * found <= 3 * rank || found > 4 * (rank + 1)) renewGuide(block);
}

/** pnl = sum of weights (n f64, base currency) x columns, from scratch; renews the guide. */
export function scenarioRefresh(block: u32, weights: u32): void {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const n = load<u32>(block, SCENARIOS_N);
  const columns = columnOf(block, 0);
  scenarioPnl(columns, count * 8, weights, n, count, block + SCENARIOS_PNL);
  renewGuide(block);
}

/**
 * Loss (positive = loss, base currency) at the block's rank with `delta` more of `index`: minus the
 * rank-th smallest of pnl + delta x column. NaN for an index or a rank outside, and where any
 * scenario is NaN. Writes the scratch of the block only.
 *
 * One pass keeps what is at or below the guide, about twice as many as the quantile needs, and the
 * quantile is selected among those. An order that moves the book so far that too few are left
 * costs a second pass over all. The guide decides how long it takes, never what is found.
 */
export function scenarioLossAfter(block: u32, index: u32, delta: f64): f64 {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const rank = load<u32>(block, SCENARIOS_RANK);
  if (rank >= count || index >= load<u32>(block, SCENARIOS_N)) return NaN;
  const pnl = block + SCENARIOS_PNL;
  const column = columnOf(block, index);
  if (rank == 0) return 0 - smallest(pnl, column, count, delta);
  const scratch = pnl + count * 8;
  const found = keepBelow(pnl, column, count, delta, load<f64>(block, SCENARIOS_GUIDE), scratch);
  if (found > rank) return 0 - selectKnown(scratch, found, rank);
  keepBelow(pnl, column, count, delta, Infinity, scratch);
  return 0 - selectKnown(scratch, count, rank);
}

function columnOf(block: u32, index: u32): u32 {
  return block + SCENARIOS_PNL + (2 + index) * load<u32>(block, SCENARIOS_COUNT) * 8;
}

/** The smallest of pnl + delta x column; NaN where any is. */
function smallest(pnl: u32, column: u32, count: u32, delta: f64): f64 {
  const factor = f64x2.splat(delta);
  let least = f64x2.splat(Infinity);
  let at: u32 = 0;
  for (const end = (count & ~1) * 8; at < end; at += 16) {
    const moved = f64x2.add(v128.load(pnl + at), f64x2.mul(factor, v128.load(column + at)));
    least = f64x2.min(least, moved);
  }
  const both = min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  if (!(count & 1)) return both;
  return min(both, load<f64>(pnl + at) + delta * load<f64>(column + at));
}

/**
 * Packs every pnl + delta x column that is not above `bound` into `out` (room for `count`) and
 * returns how many there are; NaN is not above anything. Without branches: each value is stored,
 * and the place moves on only where it counts.
 */
function keepBelow(pnl: u32, column: u32, count: u32, delta: f64, bound: f64, out: u32): u32 {
  const factor = f64x2.splat(delta);
  const limit = f64x2.splat(bound);
  const last = pnl + count * 8;
  let to = out;
  for (const end = pnl + (count & ~3) * 8; pnl < end; pnl += 32, column += 32) {
    const first = f64x2.add(v128.load(pnl), f64x2.mul(factor, v128.load(column)));
    const second = f64x2.add(v128.load(pnl, 16), f64x2.mul(factor, v128.load(column, 16)));
    const kept = i64x2.bitmask(f64x2.gt(first, limit)) ^ 3; // bit 0 the first lane, 1 the second
    v128.store64_lane(to, first, 0);
    v128.store64_lane(to + (kept & 1) * 8, first, 1);
    to += popcnt(kept) * 8;
    const more = i64x2.bitmask(f64x2.gt(second, limit)) ^ 3;
    v128.store64_lane(to, second, 0);
    v128.store64_lane(to + (more & 1) * 8, second, 1);
    to += popcnt(more) * 8;
  }
  for (; pnl < last; pnl += 8, column += 8) {
    const moved = load<f64>(pnl) + delta * load<f64>(column);
    store<f64>(to, moved);
    to += u32(!(moved > bound)) * 8;
  }
  return (to - out) >> 3;
}

/** The k-th smallest (0-based) of n values; NaN where any of them is. */
function selectKnown(values: u32, n: u32, k: u32): f64 {
  for (let at = values; at < values + n * 8; at += 8) {
    if (load<f64>(at) != load<f64>(at)) return NaN;
  }
  return selectNth(values, n, k);
}

/** Sets the guide to the P&L that about twice as many scenarios lie below as the quantile needs. */
function renewGuide(block: u32): void {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const rank = load<u32>(block, SCENARIOS_RANK);
  if (rank == 0 || count == 0) return; // the smallest needs no guide
  const scratch = block + SCENARIOS_PNL + count * 8;
  memory.copy(scratch, block + SCENARIOS_PNL, count * 8);
  store<f64>(block, selectNth(scratch, count, min(count - 1, 2 * rank + 1)), SCENARIOS_GUIDE);
}

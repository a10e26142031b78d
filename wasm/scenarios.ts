// Owns the P&L of the book in each scenario (history, or stress) and its quantile after an order.
// Promise: the quantile is exact, as if every scenario had been sorted; NaN in, NaN out.
import {
  SCENARIOS_CASH,
  SCENARIOS_COLUMNS,
  SCENARIOS_COUNT,
  SCENARIOS_GUIDE,
  SCENARIOS_N,
  SCENARIOS_PNL,
  SCENARIOS_RANK,
  SCENARIOS_STRIDE,
  SCENARIOS_WIDTH,
} from './layout';
import { selectNth } from './statistics';

/**
 * pnl += delta x column of `index`, delta in base currency. An index outside the block, or a delta
 * that is not finite, changes nothing. The guide is renewed where it has come too close to the
 * quantile (an order would find too few below it) or too far from it (too many to select from).
 */
export function scenarioCommit(block: u32, index: u32, delta: f64): void {
  if (index >= load<u32>(block, SCENARIOS_N) || !isFinite(delta)) return;
  addColumn(block, block + SCENARIOS_PNL, index, delta);
  watchGuide(block);
}

/**
 * Cash: pnl += delta x column of the asset that is number `asset` among those behind the
 * instruments, and what a refresh begins with likewise. Else as scenarioCommit.
 */
export function scenarioCash(block: u32, asset: u32, delta: f64): void {
  if (asset >= load<u32>(block, SCENARIOS_CASH) || !isFinite(delta)) return;
  const index = load<u32>(block, SCENARIOS_N) + asset;
  addColumn(block, cashOf(block), index, delta);
  addColumn(block, block + SCENARIOS_PNL, index, delta);
  watchGuide(block);
}

/**
 * pnl = cash + sum of weights (n f64, base currency) x columns, added with ascending index; renews
 * the guide. A return that is not finite makes its scenario not finite, whatever its weight.
 */
export function scenarioRefresh(block: u32, weights: u32): void {
  const pnl = block + SCENARIOS_PNL;
  memory.copy(pnl, cashOf(block), load<u32>(block, SCENARIOS_COUNT) * 8);
  const n = load<u32>(block, SCENARIOS_N);
  for (let index: u32 = 0; index < n; index++) {
    addColumn(block, pnl, index, load<f64>(weights + index * 8));
  }
  renewGuide(block);
}

/**
 * Loss (positive = loss, base currency) at the block's rank with `delta` more of `index`: minus the
 * rank-th smallest of pnl + delta x column. NaN for an index or a rank outside, and where any
 * scenario is NaN. Writes the scratch of the block only.
 *
 * One pass keeps what is at or below the guide, half as many again as the quantile needs, and the
 * quantile is selected among those. An order that moves the book so far that too few are left
 * costs a second pass over all. The guide decides how long it takes, never what is found.
 */
export function scenarioLossAfter(block: u32, index: u32, delta: f64): f64 {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const rank = load<u32>(block, SCENARIOS_RANK);
  if (rank >= count || index >= load<u32>(block, SCENARIOS_N)) return NaN;
  const column = columnOf(block, index);
  const pnl = block + SCENARIOS_PNL;
  const wide = isWide(block);
  if (rank == 0) {
    if (wide) return 0 - smallest<f64>(pnl, column, count, delta);
    return 0 - smallest<f32>(pnl, column, count, delta);
  }
  const scratch = pnl + count * 8;
  const guide = load<f64>(block, SCENARIOS_GUIDE);
  let found = keep(wide, pnl, column, count, delta, guide, scratch);
  if (found <= rank) found = keep(wide, pnl, column, count, delta, Infinity, scratch);
  return 0 - selectKnown(scratch, found, rank);
}

function isWide(block: u32): bool {
  return load<u32>(block, SCENARIOS_WIDTH) == 8;
}

function columnOf(block: u32, index: u32): u32 {
  return load<u32>(block, SCENARIOS_COLUMNS) + index * load<u32>(block, SCENARIOS_STRIDE);
}

/** Two returns of type T as f64. */
function twoReturns<T>(at: u32): v128 {
  if (sizeof<T>() == 8) return v128.load(at);
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Behind P&L and scratch. */
function cashOf(block: u32): u32 {
  return block + SCENARIOS_PNL + load<u32>(block, SCENARIOS_COUNT) * 16;
}

/** The numbers at `to` += factor x column of `index`. */
function addColumn(block: u32, to: u32, index: u32, factor: f64): void {
  const column = columnOf(block, index);
  const count = load<u32>(block, SCENARIOS_COUNT);
  if (isWide(block)) addReturns<f64>(to, column, count, factor);
  else addReturns<f32>(to, column, count, factor);
}

/** Renews the guide where it no longer leaves about half as many again as the quantile needs. */
function watchGuide(block: u32): void {
  const rank = load<u32>(block, SCENARIOS_RANK);
  const found = countBelow(block, load<f64>(block, SCENARIOS_GUIDE));
  if (5 * found <= 6 * rank || found > 2 * (rank + 1)) renewGuide(block);
}

function addReturns<T>(pnl: u32, column: u32, count: u32, factor: f64): void {
  const by = f64x2.splat(factor);
  const last = pnl + count * 8;
  for (const end = pnl + (count & ~1) * 8; pnl < end; pnl += 16, column += 2 * sizeof<T>()) {
    v128.store(pnl, f64x2.add(v128.load(pnl), f64x2.mul(by, twoReturns<T>(column))));
  }
  if (pnl < last) store<f64>(pnl, load<f64>(pnl) + factor * <f64>load<T>(column));
}

/** How many scenarios are at or below `bound`. */
function countBelow(block: u32, bound: f64): u32 {
  const values = block + SCENARIOS_PNL;
  const count = load<u32>(block, SCENARIOS_COUNT);
  const limit = f64x2.splat(bound);
  let below = i64x2.splat(0); // minus the number
  let at: u32 = 0;
  for (const end = (count & ~1) * 8; at < end; at += 16) {
    below = i64x2.add(below, f64x2.le(v128.load(values + at), limit));
  }
  const found = u32(0 - i64x2.extract_lane(below, 0) - i64x2.extract_lane(below, 1));
  return count & 1 ? found + u32(load<f64>(values + at) <= bound) : found;
}

/** The smallest of pnl + delta x column; NaN where any is. */
function smallest<T>(pnl: u32, column: u32, count: u32, delta: f64): f64 {
  const factor = f64x2.splat(delta);
  let least = f64x2.splat(Infinity);
  const last = pnl + count * 8;
  for (const end = pnl + (count & ~1) * 8; pnl < end; pnl += 16, column += 2 * sizeof<T>()) {
    const moved = f64x2.add(v128.load(pnl), f64x2.mul(factor, twoReturns<T>(column)));
    least = f64x2.min(least, moved);
  }
  const both = min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  return pnl < last ? min(both, load<f64>(pnl) + delta * <f64>load<T>(column)) : both;
}

function keep(
  wide: bool,
  pnl: u32,
  column: u32,
  count: u32,
  delta: f64,
  bound: f64,
  out: u32,
): u32 {
  if (wide) return keepBelow<f64>(pnl, column, count, delta, bound, out);
  return keepBelow<f32>(pnl, column, count, delta, bound, out);
}

/**
 * Packs every pnl + delta x column that is not above `bound` into `out` (room for `count`) and
 * returns how many there are; NaN is not above anything. Without branches: each value is stored,
 * and the place moves on only where it counts.
 */
function keepBelow<T>(pnl: u32, column: u32, count: u32, delta: f64, bound: f64, out: u32): u32 {
  const factor = f64x2.splat(delta);
  const limit = f64x2.splat(bound);
  const last = pnl + count * 8;
  let to = out;
  for (const end = pnl + (count & ~3) * 8; pnl < end; pnl += 32, column += 4 * sizeof<T>()) {
    const early = twoReturns<T>(column);
    const late = twoReturns<T>(column + 2 * sizeof<T>());
    const first = f64x2.add(v128.load(pnl), f64x2.mul(factor, early));
    const second = f64x2.add(v128.load(pnl, 16), f64x2.mul(factor, late));
    const kept = i64x2.bitmask(f64x2.gt(first, limit)) ^ 3; // bit 0 the first lane, 1 the second
    v128.store64_lane(to, first, 0);
    v128.store64_lane(to + (kept & 1) * 8, first, 1);
    to += popcnt(kept) * 8;
    const more = i64x2.bitmask(f64x2.gt(second, limit)) ^ 3;
    v128.store64_lane(to, second, 0);
    v128.store64_lane(to + (more & 1) * 8, second, 1);
    to += popcnt(more) * 8;
  }
  for (; pnl < last; pnl += 8, column += sizeof<T>()) {
    const moved = load<f64>(pnl) + delta * <f64>load<T>(column);
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

/** Sets the guide to the P&L that half as many scenarios again lie below as the quantile needs. */
function renewGuide(block: u32): void {
  const count = load<u32>(block, SCENARIOS_COUNT);
  const rank = load<u32>(block, SCENARIOS_RANK);
  if (rank == 0 || count == 0) return; // the smallest needs no guide
  const scratch = block + SCENARIOS_PNL + count * 8;
  memory.copy(scratch, block + SCENARIOS_PNL, count * 8);
  store<f64>(
    block,
    selectNth(scratch, count, min(count - 1, rank + (rank >> 1) + 1)),
    SCENARIOS_GUIDE,
  );
}

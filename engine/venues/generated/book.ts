// Owns the generated order book of one instrument: best quotes, deep levels, what changed.
// Promise: never crossed at the end of a step; every change is in the list of touched prices.
import type { Random } from '../../core/ports.ts';

export const GENERATED_LEVELS = 100; // deep levels of a side, besides the best
const RING = 512; // slots for deep levels, a power of two well above GENERATED_LEVELS

/** One side. Prices are in ticks, quantities in lots; deep levels lie on multiples of `grid`. */
export interface GeneratedSide {
  readonly isAsk: boolean;
  readonly grid: number;
  readonly quantities: Float64Array; // of deep levels, by (tick / grid) modulo RING
  best: number;
  bestQty: number;
  deepFrom: number; // the deep level next to the best, in grid units
  readonly touched: number[]; // ticks changed since the last frame, with repetitions
}

export const createSide = (isAsk: boolean, grid: number): GeneratedSide => ({
  isAsk,
  grid,
  quantities: new Float64Array(RING),
  best: 0,
  bestQty: 0,
  deepFrom: 0,
  touched: [],
});

/** Draws the size of a deep level that lies `distance` grid steps behind the best. */
export type DrawSize = (distance: number) => number;

const slotOf = (k: number): number => k & (RING - 1);

// The grid level strictly behind the best price.
const behind = (side: GeneratedSide, best: number): number =>
  side.isAsk ? Math.floor(best / side.grid) + 1 : Math.ceil(best / side.grid) - 1;

/** Distance of grid level k behind the deep level next to the best; negative = in front of it. */
const distanceOf = (side: GeneratedSide, k: number): number =>
  side.isAsk ? k - side.deepFrom : side.deepFrom - k;

/** Fills an empty side around its first best price. */
export function fillSide(side: GeneratedSide, best: number, qty: number, draw: DrawSize): void {
  side.best = best;
  side.bestQty = qty;
  side.deepFrom = behind(side, best);
  for (let distance = 0; distance < GENERATED_LEVELS; distance += 1) {
    const k = side.isAsk ? side.deepFrom + distance : side.deepFrom - distance;
    side.quantities[slotOf(k)] = draw(distance);
    side.touched.push(k * side.grid);
  }
  side.touched.push(best);
}

/** Moves the best price: levels in front of it go, new ones appear behind it and at the far end. */
export function moveBest(side: GeneratedSide, best: number, qty: number, draw: DrawSize): void {
  side.touched.push(side.best, best);
  side.best = best;
  side.bestQty = qty;
  const old = side.deepFrom;
  const next = behind(side, best);
  if (next === old) return;
  const shift = side.isAsk ? next - old : old - next; // positive: the side retreats
  const count = Math.min(Math.abs(shift), GENERATED_LEVELS);
  const forward = side.isAsk ? 1 : -1;
  const gone = shift > 0 ? old : old + forward * (GENERATED_LEVELS - count);
  const come = shift > 0 ? next + forward * (GENERATED_LEVELS - count) : next;
  side.deepFrom = next;
  for (let n = 0; n < count; n += 1) side.touched.push((gone + forward * n) * side.grid);
  for (let n = 0; n < count; n += 1) {
    const k = come + forward * n;
    side.quantities[slotOf(k)] = draw(distanceOf(side, k));
    side.touched.push(k * side.grid);
  }
}

export function setBestQty(side: GeneratedSide, qty: number): void {
  side.bestQty = qty;
  side.touched.push(side.best);
}

/** Gives one deep level, chosen nearer rather than farther, a new size. */
export function refreshDeep(side: GeneratedSide, random: Random, draw: DrawSize): void {
  const u = random.uniform();
  const distance = Math.floor(u * u * GENERATED_LEVELS);
  const k = side.isAsk ? side.deepFrom + distance : side.deepFrom - distance;
  side.quantities[slotOf(k)] = draw(distance);
  side.touched.push(k * side.grid);
}

/** Lots that now rest at a price, 0 where there is no level. */
export function qtyAt(side: GeneratedSide, tick: number): number {
  if (tick === side.best) return side.bestQty;
  const k = tick / side.grid;
  if (!Number.isInteger(k)) return 0;
  const distance = distanceOf(side, k);
  if (distance < 0 || distance >= GENERATED_LEVELS) return 0;
  return side.quantities[slotOf(k)] ?? 0;
}

/** All levels from the best outwards. */
export function* levelsOf(side: GeneratedSide): Generator<readonly [tick: number, lots: number]> {
  yield [side.best, side.bestQty];
  for (let distance = 0; distance < GENERATED_LEVELS; distance += 1) {
    const k = side.isAsk ? side.deepFrom + distance : side.deepFrom - distance;
    yield [k * side.grid, side.quantities[slotOf(k)] ?? 0];
  }
}

/** Changed prices once each, best first; empties the list. */
export function takeTouched(side: GeneratedSide): number[] {
  const ticks = [...new Set(side.touched)].sort((a, b) => (side.isAsk ? a - b : b - a));
  side.touched.length = 0;
  return ticks;
}

// Owns the liquidity features: resting walls, and spread and depth against their own recent past.
// Promise: reads a private book copy only; scans a bounded number of levels.
import {
  BOOK_ASK_COUNT,
  BOOK_BID_COUNT,
  BOOK_LEVELS,
  FEATURE_DEPTH_ASK,
  FEATURE_DEPTH_BID,
  FEATURE_SPREAD,
  LEVEL_BYTES,
} from '../../wasm/layout.ts';
import { createDecay, type Decay } from './decay.ts';
import type { Look } from './look.ts';

export const LIQUIDITY_FEATURES = [
  'wall_bid_bps', // distance of the largest wall from the mid; WALL_REACH_BPS when there is none
  'wall_ask_bps',
  'wall_bid_size', // ln(size / mean size of the scanned levels); 0 when there is none
  'wall_ask_size',
  'wall_pressure', // bid - ask, each size weighted by nearness
  'spread_resilience', // ln(spread / its 30 s average)
  'depth_resilience', // ln(size within 5 bps / its 30 s average)
] as const;

const SCANNED_LEVELS = 50;
const WALL_FACTOR = 5; // a wall is at least this many times the mean level
const WALL_REACH_BPS = 25;
const NEAR_BPS = 5; // nearness weight exp(-distance / 5 bps)
const MEMORY_US = 30e6;

interface Wall {
  distanceBps: number;
  size: number;
}

/** Finds the largest wall of one side of a book copy into `wall`; prices and sizes in steps. */
function findWall(
  numbers: Float64Array,
  side: number,
  count: number,
  mid: number,
  wall: Wall,
): void {
  const scanned = Math.min(count, SCANNED_LEVELS);
  let total = 0;
  let largest = 0;
  let price = 0;
  for (let level = 0; level < scanned; level += 1) {
    const at = side / 8 + 2 * (count - 1 - level); // best last
    const size = numbers[at + 1] ?? 0;
    total += size;
    if (size <= largest) continue;
    largest = size;
    price = numbers[at] ?? 0;
  }
  const mean = total / Math.max(1, scanned);
  const distance = (Math.abs(price - mid) / mid) * 1e4;
  const isWall = largest >= WALL_FACTOR * mean && distance <= WALL_REACH_BPS && mean > 0;
  wall.distanceBps = isWall ? distance : WALL_REACH_BPS;
  wall.size = isWall ? Math.log(largest / mean) : 0;
}

export interface Liquidity {
  readonly numbers: Float64Array; // the shared memory
  readonly words: Uint32Array;
  readonly levels: number; // capacity of one side
  readonly spreads: Decay;
  readonly depths: Decay;
  readonly bid: Wall;
  readonly ask: Wall;
}

/** `instruments` and `levels` (capacity of one side) as in the memory plan. */
export const createLiquidity = (
  buffer: SharedArrayBuffer,
  instruments: number,
  levels: number,
): Liquidity => ({
  numbers: new Float64Array(buffer),
  words: new Uint32Array(buffer),
  levels,
  spreads: createDecay(instruments, MEMORY_US),
  depths: createDecay(instruments, MEMORY_US),
  bid: { distanceBps: 0, size: 0 },
  ask: { distanceBps: 0, size: 0 },
});

/** Writes LIQUIDITY_FEATURES at `out[at]`. */
export function writeLiquidity(
  liquidity: Liquidity,
  look: Look,
  out: Float32Array,
  at: number,
): void {
  const { numbers, bid, ask, spreads, depths } = liquidity;
  const { instrument, elapsedUs, row } = look;
  findWalls(liquidity, look.copy);
  out[at] = bid.distanceBps;
  out[at + 1] = ask.distanceBps;
  out[at + 2] = bid.size;
  out[at + 3] = ask.size;
  out[at + 4] = nearnessOf(bid) - nearnessOf(ask);
  const spread = numbers[row + FEATURE_SPREAD] ?? Number.NaN;
  out[at + 5] = Math.log(spread / spreads.update(instrument, elapsedUs, spread));
  const within = 1; // second band: 5 bps
  const depth =
    (numbers[row + FEATURE_DEPTH_BID + within] ?? 0) +
    (numbers[row + FEATURE_DEPTH_ASK + within] ?? 0);
  const usual = depths.update(instrument, elapsedUs, depth);
  out[at + 6] = depth > 0 && usual > 0 ? Math.log(depth / usual) : 0;
}

export function resetLiquidity(liquidity: Liquidity, instrument: number): void {
  liquidity.spreads.reset(instrument);
  liquidity.depths.reset(instrument);
}

const nearnessOf = (wall: Wall): number => wall.size * Math.exp(-wall.distanceBps / NEAR_BPS);

function findWalls({ numbers, words, levels, bid, ask }: Liquidity, copy: number): void {
  const bids = words[(copy + BOOK_BID_COUNT) / 4] ?? 0;
  const asks = words[(copy + BOOK_ASK_COUNT) / 4] ?? 0;
  const bidSide = copy + BOOK_LEVELS;
  const askSide = bidSide + levels * LEVEL_BYTES;
  const bestBid = numbers[bidSide / 8 + 2 * (bids - 1)] ?? 0;
  const bestAsk = numbers[askSide / 8 + 2 * (asks - 1)] ?? 0;
  const mid = (bestBid + bestAsk) / 2;
  findWall(numbers, bidSide, bids, mid, bid);
  findWall(numbers, askSide, asks, mid, ask);
}

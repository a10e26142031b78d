// Owns one side of a book: price levels in a row, the best last, so that the busy end moves little.
// Promise: sorted, no price twice, never over its capacity; numbers that are no steps stay out.
import { BOOK_BAD_LEVEL, BOOK_TRUNCATED, LEVEL_BYTES } from './layout';

const STEPS_MAX: f64 = 9007199254740991; // 2^53 - 1: above it neighbouring integers are lost

/**
 * Sets (quantity > 0) or removes (0) `count` levels, in the order of the batch when `forward`.
 * `sign` is +1 for bids and -1 for asks: sign x price ascends along the side. A full side drops its
 * worst level for a better one and refuses a worse one. Returns BOOK_TRUNCATED | BOOK_BAD_LEVEL.
 */
export function putLevels(
  side: u32,
  countAt: u32,
  levelsMax: u32,
  sign: f64,
  batch: u32,
  count: u32,
  forward: bool,
): u32 {
  let flags: u32 = 0;
  for (let k: u32 = 0; k < count; k++) {
    const entry = batch + (forward ? k : count - 1 - k) * LEVEL_BYTES;
    const price = load<f64>(entry);
    const qty = load<f64>(entry, 8);
    if (price > 0 && isSteps(price) && isSteps(qty)) {
      flags |= putLevel(side, countAt, levelsMax, sign, price, qty);
    } else {
      flags |= BOOK_BAD_LEVEL;
    }
  }
  return flags;
}

/** True when the batch runs from the worst level of the side to the best (or holds one level). */
export function isWorstFirst(batch: u32, count: u32, sign: f64): bool {
  if (count < 2) return true;
  return sign * load<f64>(batch) <= sign * load<f64>(batch + (count - 1) * LEVEL_BYTES);
}

// NaN and infinities fail the comparisons.
function isSteps(value: f64): bool {
  return value >= 0 && value <= STEPS_MAX && trunc(value) == value;
}

function putLevel(side: u32, countAt: u32, levelsMax: u32, sign: f64, price: f64, qty: f64): u32 {
  const count = load<u32>(countAt);
  const place = findLevel(side, count, sign * price, sign);
  const level = side + place * LEVEL_BYTES;
  if (place < count && load<f64>(level) == price) {
    if (qty > 0) {
      store<f64>(level, qty, 8);
      return 0;
    }
    memory.copy(level, level + LEVEL_BYTES, (count - 1 - place) * LEVEL_BYTES);
    store<u32>(countAt, count - 1);
    return 0;
  }
  if (qty == 0) return 0;
  if (count < levelsMax) {
    memory.copy(level + LEVEL_BYTES, level, (count - place) * LEVEL_BYTES);
    store<u32>(countAt, count + 1);
    writeLevel(level, price, qty);
    return 0;
  }
  if (place > 0) {
    memory.copy(side, side + LEVEL_BYTES, (place - 1) * LEVEL_BYTES);
    writeLevel(level - LEVEL_BYTES, price, qty);
  }
  return BOOK_TRUNCATED;
}

function writeLevel(level: u32, price: f64, qty: f64): void {
  store<f64>(level, price);
  store<f64>(level, qty, 8);
}

/** First place whose sign x price is at or above `rank`: gallops from the best, then bisects. */
function findLevel(side: u32, count: u32, rank: f64, sign: f64): u32 {
  let high = count;
  let low: u32 = 0;
  let step: u32 = 1;
  while (step <= high) {
    const probe = high - step;
    if (sign * load<f64>(side + probe * LEVEL_BYTES) < rank) {
      low = probe + 1;
      break;
    }
    high = probe;
    step <<= 1;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sign * load<f64>(side + middle * LEVEL_BYTES) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

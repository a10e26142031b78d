// Owns the order-book features: the kernel's columns by name, and the scale-free ones.
// Promise: no unit of price or size is left, so one model can serve every instrument.
import {
  FEATURE_ASK_SIZE,
  FEATURE_BID_SIZE,
  FEATURE_DEPTH_ASK,
  FEATURE_DEPTH_BID,
  FEATURE_IMBALANCE,
  FEATURE_MICROPRICE,
  FEATURE_MID,
  FEATURE_SLOPE_ASK,
  FEATURE_SLOPE_BID,
  FEATURE_SPREAD_BPS,
} from '../../wasm/layout.ts';

export const ORDER_BOOK_FEATURES = [
  'spread_bps',
  'microprice_bps', // microprice against mid
  'imbalance_1', // (bid - ask) / (bid + ask) of the best n levels
  'imbalance_5',
  'imbalance_10',
  'imbalance_20',
  'depth_imbalance_1bps', // the same within X bps of the mid
  'depth_imbalance_5bps',
  'depth_imbalance_10bps',
  'depth_imbalance_25bps',
  'slope_imbalance', // of size per bps, best 20 levels
  'size_pressure_1', // ln(bid size / ask size), best n levels
  'size_pressure_5',
] as const;

/** (a - b) / (a + b), or 0 when there is nothing on either side. */
const balance = (a: number, b: number): number => (a + b > 0 ? (a - b) / (a + b) : 0);

/** Writes ORDER_BOOK_FEATURES to `out` from the kernel row at f64 index `row` of `numbers`. */
export function writeOrderBook(
  numbers: Float64Array,
  row: number,
  out: Float32Array,
  at: number,
): void {
  const read = (column: number): number => numbers[row + column] ?? Number.NaN;
  const mid = read(FEATURE_MID);
  out[at] = read(FEATURE_SPREAD_BPS);
  out[at + 1] = ((read(FEATURE_MICROPRICE) - mid) / mid) * 1e4;
  for (let k = 0; k < 4; k += 1) {
    out[at + 2 + k] = read(FEATURE_IMBALANCE + k);
    out[at + 6 + k] = balance(read(FEATURE_DEPTH_BID + k), read(FEATURE_DEPTH_ASK + k));
  }
  out[at + 10] = balance(read(FEATURE_SLOPE_BID), read(FEATURE_SLOPE_ASK));
  out[at + 11] = Math.log(read(FEATURE_BID_SIZE) / read(FEATURE_ASK_SIZE));
  out[at + 12] = Math.log(read(FEATURE_BID_SIZE + 1) / read(FEATURE_ASK_SIZE + 1));
}

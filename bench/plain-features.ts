// Owns the order-book features in plain TypeScript, the rival of the kernel in the benchmark.
// Promise: the same columns at the same places, by the same sums in the same order.
import * as layout from '../wasm/layout.ts';
import { best, type PlainBook, type PlainSide } from './plain-book.ts';

const SIZES = [1, 5, 10, 20];
const BANDS_BPS = [1, 5, 10, 25];
const NOTIONALS = [10_000, 250_000, 2_000_000];

/** Linear instruments only. Both sides must have a level. */
export function writePlainFeatures(
  book: PlainBook,
  priceUnit: number,
  qtyUnit: number,
  out: Float64Array,
): void {
  const { bids, asks } = book;
  const [bid, bidQty, ask, askQty] = [best(bids, 0), best(bids, 1), best(asks, 0), best(asks, 1)];
  const doubledMid = bid + ask;
  const mid = doubledMid * 0.5;
  out[layout.FEATURE_MID] = mid * priceUnit;
  const lean = ((ask - bid) * bidQty) / (bidQty + askQty);
  out[layout.FEATURE_MICROPRICE] = (bid + lean) * priceUnit;
  out[layout.FEATURE_SPREAD] = (ask - bid) * priceUnit;
  out[layout.FEATURE_SPREAD_BPS] = (1e4 * (ask - bid)) / mid;
  const { FEATURE_BID_SIZE, FEATURE_ASK_SIZE } = layout;
  writeSizes(bids, doubledMid, qtyUnit, out, FEATURE_BID_SIZE, layout.FEATURE_SLOPE_BID);
  writeSizes(asks, doubledMid, qtyUnit, out, FEATURE_ASK_SIZE, layout.FEATURE_SLOPE_ASK);
  for (let k = 0; k < 4; k += 1) {
    const b = out[FEATURE_BID_SIZE + k] ?? 0;
    const a = out[FEATURE_ASK_SIZE + k] ?? 0;
    out[layout.FEATURE_IMBALANCE + k] = (b - a) / (b + a);
  }
  const lot = priceUnit * qtyUnit;
  writeDepth(bids, doubledMid, qtyUnit, lot, out, layout.FEATURE_DEPTH_BID);
  writeDepth(asks, doubledMid, qtyUnit, lot, out, layout.FEATURE_DEPTH_ASK);
  writeCosts(asks, priceUnit, lot, mid * priceUnit, out, layout.FEATURE_VWAP_BUY, 1);
  writeCosts(bids, priceUnit, lot, mid * priceUnit, out, layout.FEATURE_VWAP_SELL, -1);
}

function writeSizes(
  side: PlainSide,
  doubledMid: number,
  qtyUnit: number,
  out: Float64Array,
  sizes: number,
  slope: number,
): void {
  let [total, products, squares, k] = [0, 0, 0, 0];
  for (let group = 0; group < 4; group += 1) {
    const end = Math.min(SIZES[group] ?? 0, side.count);
    for (; k < end; k += 1) {
      const at = 2 * (side.count - 1 - k);
      const bps = (1e4 * Math.abs(2 * (side.cells[at] ?? 0) - doubledMid)) / doubledMid;
      total += side.cells[at + 1] ?? 0;
      products += bps * total;
      squares += bps * bps;
    }
    out[sizes + group] = total * qtyUnit;
  }
  out[slope] = (products / squares) * qtyUnit;
}

function writeDepth(
  side: PlainSide,
  doubledMid: number,
  qtyUnit: number,
  lot: number,
  out: Float64Array,
  depth: number,
): void {
  const notionals = depth + layout.FEATURE_DEPTH_BID_NOTIONAL - layout.FEATURE_DEPTH_BID;
  let [size, notional, k] = [0, 0, 0];
  for (let band = 0; band < 4; band += 1) {
    const reach = Math.floor((doubledMid * (BANDS_BPS[band] ?? 0)) / 10_000);
    for (; k < side.count; k += 1) {
      const at = 2 * (side.count - 1 - k);
      const price = side.cells[at] ?? 0;
      if (Math.abs(2 * price - doubledMid) > reach) break;
      const qty = side.cells[at + 1] ?? 0;
      size += qty;
      notional += price * qty;
    }
    out[depth + band] = size * qtyUnit;
    out[notionals + band] = notional * lot;
  }
}

function writeCosts(
  side: PlainSide,
  priceUnit: number,
  lot: number,
  mid: number,
  out: Float64Array,
  vwaps: number,
  sign: 1 | -1,
): void {
  let [spent, bought, k] = [0, 0, 0];
  for (let group = 0; group < 3; group += 1) {
    const target = NOTIONALS[group] ?? 0;
    let base = Number.NaN;
    let levels = side.count;
    for (; k < side.count; k += 1) {
      const at = 2 * (side.count - 1 - k);
      const price = (side.cells[at] ?? 0) * priceUnit;
      const value = (side.cells[at] ?? 0) * lot * (side.cells[at + 1] ?? 0);
      if (spent + value >= target) {
        base = bought + (target - spent) / price;
        levels = k + 1;
        break;
      }
      spent += value;
      bought += value / price;
    }
    const vwap = target / base;
    out[vwaps + group] = vwap;
    const slippages = vwaps + layout.FEATURE_SLIPPAGE_BUY - layout.FEATURE_VWAP_BUY;
    out[slippages + group] = (sign * 1e4 * (vwap - mid)) / mid;
    out[vwaps + layout.FEATURE_LEVELS_BUY - layout.FEATURE_VWAP_BUY + group] = levels;
  }
}

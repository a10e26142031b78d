// Owns the order-book features of one book copy; wasm/layout.ts lists the columns and defines them.
// Promise: every column is written each time; what has no value is NaN, never a guess.
import {
  BOOK_ASK_COUNT,
  BOOK_BID_COUNT,
  BOOK_LEVELS,
  BOOK_LEVELS_MAX,
  FEATURE_ASK_SIZE,
  FEATURE_BID_SIZE,
  FEATURE_COLUMNS,
  FEATURE_DEPTH_ASK,
  FEATURE_DEPTH_ASK_NOTIONAL,
  FEATURE_DEPTH_BID,
  FEATURE_DEPTH_BID_NOTIONAL,
  FEATURE_IMBALANCE,
  FEATURE_LEVELS_BUY,
  FEATURE_LEVELS_SELL,
  FEATURE_MICROPRICE,
  FEATURE_MID,
  FEATURE_SLIPPAGE_BUY,
  FEATURE_SLIPPAGE_SELL,
  FEATURE_SLOPE_ASK,
  FEATURE_SLOPE_BID,
  FEATURE_SPREAD,
  FEATURE_SPREAD_BPS,
  FEATURE_VWAP_BUY,
  FEATURE_VWAP_SELL,
  LEVEL_BYTES,
} from './layout';

/**
 * `priceUnit`: quote asset per price step; `qtyUnit`: base units (inverse: contracts) per quantity
 * step; `contractValue`: quote value of one inverse contract, or not above 0 for a linear
 * instrument. `copy` is a private copy (bookCopy); a crossed book gives numbers nobody should use.
 */
export function bookFeatures(
  copy: u32,
  priceUnit: f64,
  qtyUnit: f64,
  out: u32,
  contractValue: f64,
): void {
  for (let k: u32 = 0; k < FEATURE_COLUMNS; k++) put(out, k, NaN);
  const bidCount = load<u32>(copy, BOOK_BID_COUNT);
  const askCount = load<u32>(copy, BOOK_ASK_COUNT);
  if (bidCount == 0 || askCount == 0) return;
  const asks = copy + BOOK_LEVELS + load<u32>(copy, BOOK_LEVELS_MAX) * LEVEL_BYTES;
  const bid = copy + BOOK_LEVELS + (bidCount - 1) * LEVEL_BYTES;
  const ask = asks + (askCount - 1) * LEVEL_BYTES;
  const doubledMid = load<f64>(bid) + load<f64>(ask);
  writeQuotes(bid, ask, priceUnit, out);
  writeSizes(bid, bidCount, doubledMid, qtyUnit, out, FEATURE_BID_SIZE, FEATURE_SLOPE_BID);
  writeSizes(ask, askCount, doubledMid, qtyUnit, out, FEATURE_ASK_SIZE, FEATURE_SLOPE_ASK);
  for (let k: u32 = 0; k < 4; k++) {
    const b = load<f64>(column(out, FEATURE_BID_SIZE + k));
    const a = load<f64>(column(out, FEATURE_ASK_SIZE + k));
    put(out, FEATURE_IMBALANCE + k, (b - a) / (b + a));
  }
  const lot = contractValue > 0 ? contractValue * qtyUnit : priceUnit * qtyUnit;
  const inverse = contractValue > 0;
  writeDepth(bid, bidCount, bid, ask, qtyUnit, lot, inverse, column(out, FEATURE_DEPTH_BID));
  writeDepth(ask, askCount, bid, ask, qtyUnit, lot, inverse, column(out, FEATURE_DEPTH_ASK));
  const mid = doubledMid * 0.5 * priceUnit;
  const buy = column(out, FEATURE_VWAP_BUY);
  const sell = column(out, FEATURE_VWAP_SELL);
  writeCosts(ask, askCount, priceUnit, lot, inverse, mid, buy, 1);
  writeCosts(bid, bidCount, priceUnit, lot, inverse, mid, sell, -1);
}

function column(out: u32, index: u32): u32 {
  return out + index * 8;
}

function put(out: u32, index: u32, value: f64): void {
  store<f64>(column(out, index), value);
}

/** Levels 1, 5, 10, 20 of the size columns, and bps 1, 5, 10, 25 of the bands, by column. */
function sizeLevels(k: u32): u32 {
  return k == 0 ? 1 : 5 << (k - 1);
}

function bandBps(k: u32): i64 {
  return k == 0 ? 1 : k == 1 ? 5 : k == 2 ? 10 : 25;
}

function notionalOf(k: u32): f64 {
  return k == 0 ? 10000 : k == 1 ? 250000 : 2000000;
}

function writeQuotes(bid: u32, ask: u32, priceUnit: f64, out: u32): void {
  const bidPrice = load<f64>(bid);
  const askPrice = load<f64>(ask);
  const bidQty = load<f64>(bid, 8);
  const askQty = load<f64>(ask, 8);
  const mid = (bidPrice + askPrice) * 0.5;
  // the distance from the bid, not the weighted sum of two large numbers: no digits are lost
  const lean = ((askPrice - bidPrice) * bidQty) / (bidQty + askQty);
  put(out, FEATURE_MID, mid * priceUnit);
  put(out, FEATURE_MICROPRICE, (bidPrice + lean) * priceUnit);
  put(out, FEATURE_SPREAD, (askPrice - bidPrice) * priceUnit);
  put(out, FEATURE_SPREAD_BPS, (1e4 * (askPrice - bidPrice)) / mid);
}

/** Sizes of the best 1, 5, 10, 20 levels and the slope over 20; `best` walks down to the worst. */
function writeSizes(
  best: u32,
  count: u32,
  doubledMid: f64,
  qtyUnit: f64,
  out: u32,
  sizes: u32,
  slope: u32,
): void {
  let total: f64 = 0;
  let products: f64 = 0;
  let squares: f64 = 0;
  let k: u32 = 0;
  for (let group: u32 = 0; group < 4; group++) {
    const end = min(sizeLevels(group), count);
    for (; k < end; k++) {
      const level = best - k * LEVEL_BYTES;
      const bps = (1e4 * abs(2 * load<f64>(level) - doubledMid)) / doubledMid;
      total += load<f64>(level, 8);
      products += bps * total;
      squares += bps * bps;
    }
    put(out, sizes + group, total * qtyUnit);
  }
  put(out, slope, (products / squares) * qtyUnit);
}

/**
 * Size and notional within 1, 5, 10, 25 bps of the mid. |p - mid| <= mid X / 1e4 holds exactly when
 * |2p - M| <= floor(M X / 1e4), M = bid + ask in steps: whole numbers below 2^60.
 */
function writeDepth(
  best: u32,
  count: u32,
  bid: u32,
  ask: u32,
  qtyUnit: f64,
  lot: f64,
  inverse: bool,
  depth: u32,
): void {
  const doubledMid = i64(load<f64>(bid)) + i64(load<f64>(ask));
  const notionals = depth + (FEATURE_DEPTH_BID_NOTIONAL - FEATURE_DEPTH_BID) * 8;
  let size: f64 = 0;
  let notional: f64 = 0;
  let k: u32 = 0;
  for (let band: u32 = 0; band < 4; band++) {
    const reach = (doubledMid * bandBps(band)) / 10000;
    for (; k < count; k++) {
      const level = best - k * LEVEL_BYTES;
      const price = load<f64>(level);
      if (abs(2 * i64(price) - doubledMid) > reach) break;
      const qty = load<f64>(level, 8);
      size += qty;
      notional += inverse ? qty : price * qty;
    }
    store<f64>(depth + band * 8, size * qtyUnit);
    store<f64>(notionals + band * 8, notional * lot);
  }
}

/**
 * Average price, slippage and levels touched when 10 000, 250 000 and 2 000 000 of the quote asset
 * are taken at once from this side; the last level in part. `lot`: quote value of one step of
 * quantity (inverse), or of one price step times one quantity step (linear).
 */
function writeCosts(
  best: u32,
  count: u32,
  priceUnit: f64,
  lot: f64,
  inverse: bool,
  mid: f64,
  vwaps: u32,
  sign: f64,
): void {
  const slippages = vwaps + (FEATURE_SLIPPAGE_BUY - FEATURE_VWAP_BUY) * 8;
  const touched = vwaps + (FEATURE_LEVELS_BUY - FEATURE_VWAP_BUY) * 8;
  let spent: f64 = 0; // quote asset in whole levels so far
  let bought: f64 = 0; // base asset in them
  let k: u32 = 0;
  for (let group: u32 = 0; group < 3; group++) {
    const target = notionalOf(group);
    let base: f64 = NaN;
    let levels = count;
    for (; k < count; k++) {
      const level = best - k * LEVEL_BYTES;
      const price = load<f64>(level) * priceUnit;
      const value = (inverse ? lot : load<f64>(level) * lot) * load<f64>(level, 8);
      if (spent + value >= target) {
        base = bought + (target - spent) / price;
        levels = k + 1;
        break;
      }
      spent += value;
      bought += value / price;
    }
    const vwap = target / base;
    store<f64>(vwaps + group * 8, vwap);
    store<f64>(slippages + group * 8, (sign * 1e4 * (vwap - mid)) / mid);
    store<f64>(touched + group * 8, f64(levels));
  }
}

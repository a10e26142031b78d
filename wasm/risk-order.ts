// Owns the checks of an order against its instrument: input, state, price, size, duplicates.
// Promise: what cannot be read or valued is NaN from here on, and NaN is refused everywhere.
import {
  CHECK_BALANCE,
  CHECK_COLLAR,
  CHECK_DUPLICATE,
  CHECK_EQUITY_AGE,
  CHECK_INPUT,
  CHECK_MARK_AGE,
  CHECK_NOTIONAL_MIN,
  CHECK_ORDER_NOTIONAL,
  CHECK_ORDER_QTY,
  CHECK_PASSIVE_COLLAR,
  CHECK_POSITION,
  CHECK_PRICE_BAND,
  CHECK_QTY_MAX,
  CHECK_REDUCE_ONLY,
  CHECK_SELF_TRADE,
  CHECK_STATE,
  CHECK_TRADABLE,
  ORDER_AVAILABLE,
  ORDER_CARRIED,
  ORDER_CLOSABLE,
  ORDER_FLAGS,
  ORDER_LIQUIDATION,
  ORDER_MARKET,
  ORDER_NOW_US,
  ORDER_PORTFOLIO,
  ORDER_PRICE,
  ORDER_QTY,
  ORDER_REDUCE_ONLY,
  ORDER_RESULTS,
  ORDER_SIDE,
  ORDER_SPENDS,
  ORDER_STRATEGY,
  ORDER_VALUE,
  RECENT_BYTES,
  RECENT_KEPT,
  RECENT_PRICE,
  RECENT_SIDE,
  RECENT_STRATEGY,
  RECENT_US,
  RISK_DUPLICATE_US,
  RISK_EQUITY_AGE_US_MAX,
  RISK_EQUITY_US,
  RISK_MARK_AGE_US_MAX,
  ROW_BAND_BELOW,
  ROW_COLLAR,
  ROW_FLAGS,
  ROW_INVERSE,
  ROW_MARK,
  ROW_MARK_US,
  ROW_MAX_POSITION,
  ROW_MULTIPLIER,
  ROW_NOTIONAL_MIN,
  ROW_ORDER_NOTIONAL,
  ROW_ORDER_QTY,
  ROW_OWN_ASK,
  ROW_OWN_BID,
  ROW_PASSIVE_COLLAR,
  ROW_PROBES,
  ROW_PROBE_NOTIONAL,
  ROW_QTY_MAX,
  ROW_QUOTE_RATE,
  ROW_RECENT,
  ROW_RECENT_US,
  ROW_RING,
  ROW_STATE,
  ROW_TRADABLE,
} from './layout';
import { endOf } from './risk-book';
import { answerFact, answerLimit, KEPT } from './risk-limit';
import { highestState } from './risk-node';

const QTY_MAX: f64 = 9007199254740991; // 2^53 - 1
const QUOTIENT_SLACK: f64 = 1e-15;

/** NaN unless 0 < qty < 2^53. */
export function validQty(order: u32): f64 {
  const qty = load<f64>(order, ORDER_QTY);
  return qty > 0 && qty <= QTY_MAX ? qty : NaN;
}

/** The mark, or NaN unless above 0 and finite. */
export function validMark(row: u32): f64 {
  const mark = load<f64>(row, ROW_MARK);
  return mark > 0 && mark < Infinity ? mark : NaN;
}

/** The worst price the order may fill at; NaN unless above 0 and finite. */
export function validPrice(order: u32): f64 {
  const price = load<f64>(order, ORDER_PRICE);
  return price > 0 && price < Infinity ? price : NaN;
}

/** The price its notional is told at; NaN unless above 0 and finite. */
export function validValue(order: u32): f64 {
  const value = load<f64>(order, ORDER_VALUE);
  return value > 0 && value < Infinity ? value : NaN;
}

/** Base currency per unit of quantity at `price`; NaN unless every factor is above 0 and finite. */
export function unitValue(row: u32, price: f64): f64 {
  const multiplier = load<f64>(row, ROW_MULTIPLIER);
  const rate = load<f64>(row, ROW_QUOTE_RATE);
  const inverse = (load<u32>(row, ROW_FLAGS) & ROW_INVERSE) != 0;
  const value = multiplier * (inverse ? 1 : price) * rate;
  return multiplier > 0 && rate > 0 && value < Infinity ? value : NaN;
}

/**
 * The checks from CHECK_INPUT to CHECK_SELF_TRADE. `known`: every number in the order names
 * something; `ends`: of the row's book after the order, in money at the mark, which is what the
 * position is worth whatever was paid for it.
 */
export function askOrder(
  system: u32,
  order: u32,
  row: u32,
  known: bool,
  side: u32,
  qty: f64,
  price: f64,
  unit: f64,
  notional: f64,
  ends: v128,
  shrinks: bool,
  liquidation: bool,
): v128 {
  let answers = askInput(order, price, unit, notional);
  answers = v128.and(answers, askState(order, row, known, notional, shrinks, liquidation));
  answers = v128.and(answers, askAges(system, order, row, known));
  answers = v128.and(answers, askPrice(order, row, side, price));
  answers = v128.and(answers, askSize(order, row, qty, notional));
  answers = v128.and(answers, askPosition(order, row, side, qty, ends));
  answers = v128.and(answers, askDuplicate(system, order, row));
  return v128.and(answers, askSelfTrade(order, row, side, price));
}

/**
 * Whether `qty` is no more than the account can close with this order where it is placed: the
 * coins that are free, or its own position less what is on its way. Rows and cells count exposure,
 * in which accounts stand against each other and coins stand on one pair for all.
 */
export function isClosing(order: u32, qty: f64): bool {
  const closable = load<f64>(order, ORDER_CLOSABLE);
  return closable > 0 && qty * KEPT <= closable;
}

/** Whether the order must not grow or flip the position of its account. */
export function mustClose(order: u32): bool {
  return (load<u32>(order, ORDER_FLAGS) & (ORDER_REDUCE_ONLY | ORDER_LIQUIDATION)) != 0;
}

/** Asked 1 = order and position can be read and valued, and its clock is a time; allowed 1. */
function askInput(order: u32, price: f64, unit: f64, notional: f64): v128 {
  const now = load<f64>(order, ORDER_NOW_US);
  const value = validValue(order); // a contract's money does not depend on it
  const valued = price == price && value == value && unit == unit && notional < Infinity;
  const sound = valued && now >= 0 && now < Infinity;
  return answerFact(order + ORDER_RESULTS, CHECK_INPUT, sound ? 1 : NaN, 1);
}

/** Permission; trading state (allowed: the highest that lets this order out). */
function askState(
  order: u32,
  row: u32,
  known: bool,
  notional: f64,
  shrinks: bool,
  liquidation: bool,
): v128 {
  const results = order + ORDER_RESULTS;
  const tradable = known && (load<u32>(row, ROW_FLAGS) & ROW_TRADABLE) != 0;
  const state = load<u32>(row, ROW_STATE);
  const probes = load<f64>(row, ROW_PROBES);
  const probeNotional = load<f64>(row, ROW_PROBE_NOTIONAL);
  const highest = highestState(state, probes, probeNotional, notional, shrinks, liquidation);
  return v128.and(
    answerFact(results, CHECK_TRADABLE, 1, tradable ? 1 : 0),
    answerFact(results, CHECK_STATE, f64(state), highest),
  );
}

/** Ages in us; a time ahead of the order's by more than that is as wrong as an old one. */
function askAges(system: u32, order: u32, row: u32, known: bool): v128 {
  const results = order + ORDER_RESULTS;
  const now = load<f64>(order, ORDER_NOW_US);
  const markAge = known ? abs(now - load<f64>(row, ROW_MARK_US)) : NaN;
  const equityAge = abs(now - load<f64>(system, RISK_EQUITY_US));
  return v128.and(
    answerFact(results, CHECK_MARK_AGE, markAge, load<f64>(system, RISK_MARK_AGE_US_MAX)),
    answerFact(results, CHECK_EQUITY_AGE, equityAge, load<f64>(system, RISK_EQUITY_AGE_US_MAX)),
  );
}

/**
 * How far the price is from the mark, less the rounding of a quotient near 1: towards the other
 * side, where it would pay too much; away from it, where it would only rest; and in the band of the
 * venue, which is of its own width below and above. A market order leaves at the collar itself:
 * within it, what is told is how far the price is that it is valued at, as far as the book goes.
 */
function askPrice(order: u32, row: u32, side: u32, price: f64): v128 {
  const results = order + ORDER_RESULTS;
  const mark = validMark(row);
  const sign: f64 = 1 - 2 * f64(side);
  const above = price / mark - 1;
  const towards = above * sign;
  const worst = max(0, towards - QUOTIENT_SLACK);
  const told = max(0, (validValue(order) / mark - 1) * sign - QUOTIENT_SLACK);
  const isKept = isMarket(order) != 0 && worst <= load<f64>(row, ROW_COLLAR);
  const collar = isKept ? told : worst;
  const passive = max(0, 0 - towards - QUOTIENT_SLACK);
  const distance = max(0, abs(above) - QUOTIENT_SLACK);
  const band = load<f64>(row + u32(above > 0) * 8, ROW_BAND_BELOW); // below and above side by side
  let answers = answerLimit(results, CHECK_COLLAR, collar, row + ROW_COLLAR);
  const limit = row + ROW_PASSIVE_COLLAR;
  answers = v128.and(answers, answerLimit(results, CHECK_PASSIVE_COLLAR, passive, limit));
  return v128.and(answers, answerFact(results, CHECK_PRICE_BAND, distance, band));
}

/**
 * Quantity against limit and venue; notional likewise, where the venue asks for at least that much;
 * the asset that is spent against what is free of it.
 */
function askSize(order: u32, row: u32, qty: f64, notional: f64): v128 {
  const results = order + ORDER_RESULTS;
  const most = load<f64>(row + isMarket(order) * 8, ROW_QTY_MAX); // limit and market side by side
  const least = load<f64>(row, ROW_NOTIONAL_MIN) * load<f64>(row, ROW_QUOTE_RATE);
  const spends = load<f64>(order, ORDER_SPENDS);
  const available = load<f64>(order, ORDER_AVAILABLE);
  let answers = answerLimit(results, CHECK_ORDER_QTY, qty, row + ROW_ORDER_QTY);
  answers = v128.and(answers, answerFact(results, CHECK_QTY_MAX, qty, most));
  const limit = row + ROW_ORDER_NOTIONAL;
  answers = v128.and(answers, answerLimit(results, CHECK_ORDER_NOTIONAL, notional, limit));
  answers = v128.and(answers, answerFact(results, CHECK_NOTIONAL_MIN, least, notional));
  return v128.and(answers, answerFact(results, CHECK_BALANCE, spends, available));
}

function isMarket(order: u32): u32 {
  return u32((load<u32>(order, ORDER_FLAGS) & ORDER_MARKET) != 0);
}

/** The price that was asked for, as the recent ring keeps it: 0 for a market order. */
export function askedPrice(order: u32): f64 {
  return isMarket(order) ? 0 : load<f64>(order, ORDER_PRICE);
}

/**
 * Position: |position + open orders of this side + qty| at the mark; of a coin over all its pairs
 * at the venue, since the position stands on one of them. Reduce-only: quantity asked beside the
 * quantity that would only close; never refuses by itself (see mustClose).
 */
function askPosition(order: u32, row: u32, side: u32, qty: f64, ends: v128): v128 {
  const results = order + ORDER_RESULTS;
  const end = endOf(ends, side) + load<f64>(order, ORDER_CARRIED);
  answerFact(results, CHECK_REDUCE_ONLY, qty, load<f64>(order, ORDER_CLOSABLE));
  return answerLimit(results, CHECK_POSITION, abs(end), row + ROW_MAX_POSITION);
}

/**
 * How many of the last approved orders of the instrument are this one again and not older than the
 * window; a time ahead of the order's counts as within. The ring lies in cache lines of its own:
 * it is looked at only where the latest of its times is within.
 */
function askDuplicate(system: u32, order: u32, row: u32): v128 {
  const window = load<f64>(system, RISK_DUPLICATE_US);
  let equal: f64 = window >= 0 ? 0 : NaN;
  if (window > 0 && !(load<f64>(order, ORDER_NOW_US) - load<f64>(row, ROW_RECENT_US) >= window)) {
    const both = v128.load(order, ORDER_PRICE); // price and quantity
    const wanted = f64x2.replace_lane(both, 0, askedPrice(order));
    const recent = row + ROW_RING;
    const end = recent + min(load<u32>(row, ROW_RECENT), RECENT_KEPT) * RECENT_BYTES;
    for (let at = recent; at < end; at += RECENT_BYTES) {
      if (!i64x2.all_true(f64x2.eq(v128.load(at, RECENT_PRICE), wanted))) continue;
      if (isAgain(order, at, window)) equal += 1;
    }
  }
  return answerFact(order + ORDER_RESULTS, CHECK_DUPLICATE, equal, 0);
}

/** Side and account of the order, as the recent ring keeps them. */
export function sideAndPortfolio(order: u32): u32 {
  return load<u32>(order, ORDER_SIDE) + 2 * load<u32>(order, ORDER_PORTFOLIO);
}

function isAgain(order: u32, recent: u32, window: f64): bool {
  return (
    load<u32>(recent, RECENT_SIDE) == sideAndPortfolio(order) &&
    load<u32>(recent, RECENT_STRATEGY) == load<u32>(order, ORDER_STRATEGY) &&
    !(load<f64>(order, ORDER_NOW_US) - load<f64>(recent, RECENT_US) >= window)
  );
}

/** Asked 1 = the order would meet a resting order of our own, NaN = not known; allowed 0. */
function askSelfTrade(order: u32, row: u32, side: u32, price: f64): v128 {
  const bid = load<f64>(row, ROW_OWN_BID);
  const ask = load<f64>(row, ROW_OWN_ASK);
  const meets = (u32(price >= ask) & (1 - side)) | (u32(price <= bid) & side);
  const read = bid == bid && ask == ask && price == price;
  return answerFact(order + ORDER_RESULTS, CHECK_SELF_TRADE, read ? f64(meets) : NaN, 0);
}

// Owns the pre-trade check: one order against every limit, in the order of the CHECK_* list.
// Promise: every check runs; NaN, an unknown instrument or missing equity never lets an order out.
import {
  CHECK_COLLAR,
  CHECK_EQUITY_AGE,
  CHECK_EXPOSURE,
  CHECK_HALT,
  CHECK_INPUT,
  CHECK_LEVERAGE,
  CHECK_MARK_AGE,
  CHECK_OPEN_ORDERS,
  CHECK_ORDER_NOTIONAL,
  CHECK_ORDER_QTY,
  CHECK_POSITION,
  CHECK_RATE,
  CHECK_REDUCE_ONLY,
  CHECK_TRADABLE,
  CHECK_VAR,
  COVARIANCE_N,
  COVARIANCE_WEIGHTS,
  ORDER_BREACHES,
  ORDER_EXPOSURE_AFTER,
  ORDER_FLAGS,
  ORDER_INSTRUMENT,
  ORDER_NOTIONAL,
  ORDER_NOW_US,
  ORDER_PRICE,
  ORDER_QTY,
  ORDER_REDUCE_ONLY,
  ORDER_RESULTS,
  ORDER_SIDE,
  ORDER_VAR_AFTER,
  RISK_ACTIVE,
  RISK_EQUITY,
  RISK_EQUITY_AGE_US_MAX,
  RISK_EQUITY_US,
  RISK_GROSS,
  RISK_MARK_AGE_US_MAX,
  RISK_MAX_EXPOSURE,
  RISK_MAX_LEVERAGE,
  RISK_MAX_OPEN_ORDERS,
  RISK_MAX_ORDER_NOTIONAL,
  RISK_OPEN_ORDERS,
  RISK_RATE_BURST,
  RISK_RATE_PER_SECOND,
  RISK_REDUCING,
  RISK_ROW_BYTES,
  RISK_STATE,
  RISK_TOKENS,
  RISK_TOKENS_US,
  RISK_VAR_LIMIT,
  RISK_VAR_Z,
  RISK_VARIANCE,
  ROW_COLLAR,
  ROW_EXPOSURE,
  ROW_FLAGS,
  ROW_INVERSE,
  ROW_MARK,
  ROW_MARK_US,
  ROW_MAX_ORDER_QTY,
  ROW_MAX_POSITION,
  ROW_MULTIPLIER,
  ROW_OPEN_BUY,
  ROW_OPEN_SELL,
  ROW_POSITION,
  ROW_QUOTE_RATE,
  ROW_TRADABLE,
} from './layout';

// Rounding of a handful of products and sums, as a share of the numbers that went in: an order at a
// limit in decimals passes although 0.1 + 0.2 > 0.3 in doubles. No lot is that small.
const SLACK: f64 = 1e-15;
const TOKEN_SLACK: f64 = 1e-9; // refills add up rate x time; a billionth of one message
const QTY_MAX: f64 = 9007199254740991; // 2^53 - 1

/**
 * Answers `order` (layout ORDER_*) against `system`, its row in `rows` (of `rowCount`) and the
 * covariance block; fills the answer half and returns the mask, bit i = CHECK i said no. Only an
 * order that passes everything spends a message token; nothing else outside the order is written.
 */
export function riskCheck(system: u32, rows: u32, rowCount: u32, covariance: u32, order: u32): u32 {
  const instrument = load<u32>(order, ORDER_INSTRUMENT);
  const known = instrument < rowCount;
  const row = rows + (known ? instrument : 0) * RISK_ROW_BYTES;
  const sign = signOf(order);
  const qty = known && sign != 0 ? validQty(order) : NaN;
  const price = known ? validPrice(order, row) : NaN;
  const unit = unitValue(row, load<f64>(row, ROW_MARK)); // of one unit of quantity, at the mark
  const notional = qty * unitValue(row, price);
  const closable = closableQty(row, sign);
  const shrinks = qty <= closable + SLACK * (qty + heldQty(row));

  let mask = checkInput(order, price, qty, notional);
  mask |= checkState(system, order, known ? row : 0, shrinks);
  mask |= checkAges(system, order, known ? row : 0);
  mask |= checkSize(system, order, row, price, qty, notional);
  mask |= checkExposure(system, order, row, qty, sign, unit, shrinks);
  mask |= checkRate(system, order);
  mask |= checkReduceOnly(order, qty, closable, shrinks);
  mask |= checkVar(system, covariance, order, instrument, sign * notional, shrinks);
  if (mask == 0) spendToken(system, order);
  store<f64>(order, notional, ORDER_NOTIONAL);
  store<u32>(order, mask, ORDER_BREACHES);
  return mask;
}

/** Writes the pair and answers; NaN, infinite or negative `asked` and NaN `allowed` are refused. */
function answer(order: u32, check: u32, asked: f64, allowed: f64, slack: f64): u32 {
  const pair = order + ORDER_RESULTS + check * 16;
  store<f64>(pair, asked);
  store<f64>(pair, allowed, 8);
  const passes = asked >= 0 && asked < Infinity && asked <= allowed + slack;
  return passes ? 0 : 1 << check;
}

/** The same, but an exempt order (it only shrinks its position) passes over it, never past NaN. */
function answerUnless(
  exempt: bool,
  order: u32,
  check: u32,
  asked: f64,
  allowed: f64,
  slack: f64,
): u32 {
  const breach = answer(order, check, asked, allowed, slack);
  return exempt && asked == asked && allowed == allowed ? 0 : breach;
}

/** +1 buy, -1 sell, 0 neither. */
function signOf(order: u32): f64 {
  const side = load<u32>(order, ORDER_SIDE);
  return side == 0 ? 1 : side == 1 ? -1 : 0;
}

/** NaN unless 0 < qty < 2^53. */
function validQty(order: u32): f64 {
  const qty = load<f64>(order, ORDER_QTY);
  return qty > 0 && qty <= QTY_MAX ? qty : NaN;
}

/** The limit price, or the mark for 0; NaN where it is neither (-0 is a sign lost on the way). */
function validPrice(order: u32, row: u32): f64 {
  const price = load<f64>(order, ORDER_PRICE);
  if (price > 0 && price < Infinity) return price;
  const mark = load<f64>(row, ROW_MARK);
  return reinterpret<u64>(price) == 0 && mark > 0 && mark < Infinity ? mark : NaN;
}

/** Base currency per unit of quantity at `price`; NaN unless every factor is above 0 and finite. */
function unitValue(row: u32, price: f64): f64 {
  const multiplier = load<f64>(row, ROW_MULTIPLIER);
  const rate = load<f64>(row, ROW_QUOTE_RATE);
  const inverse = (load<u32>(row, ROW_FLAGS) & ROW_INVERSE) != 0;
  const value = multiplier * (inverse ? 1 : price) * rate;
  return multiplier > 0 && rate > 0 && price > 0 && value < Infinity ? value : NaN;
}

/** Quantity that brings the position to 0 at most, counting the open orders of that side. */
function closableQty(row: u32, sign: f64): f64 {
  const open = openQty(row, sign > 0 ? ROW_OPEN_BUY : ROW_OPEN_SELL);
  return max(0, -sign * load<f64>(row, ROW_POSITION) - open);
}

/** NaN unless 0 or more: open orders below zero would hide a position. */
function openQty(row: u32, column: u32): f64 {
  const open = load<f64>(row + column);
  return open >= 0 ? open : NaN;
}

function heldQty(row: u32): f64 {
  return (
    abs(load<f64>(row, ROW_POSITION)) + openQty(row, ROW_OPEN_BUY) + openQty(row, ROW_OPEN_SELL)
  );
}

/** Asked 1 = the order can be read and valued, and its clock is a time; allowed 1. */
function checkInput(order: u32, price: f64, qty: f64, notional: f64): u32 {
  const now = load<f64>(order, ORDER_NOW_US);
  const sound = price > 0 && qty > 0 && notional < Infinity && now >= 0 && now < Infinity;
  return answer(order, CHECK_INPUT, sound ? 1 : NaN, 1, 0);
}

/** Trading state (asked: the state, allowed: the highest that lets this order out), permission. */
function checkState(system: u32, order: u32, row: u32, shrinks: bool): u32 {
  const state = load<u32>(system, RISK_STATE);
  const highest = shrinks ? RISK_REDUCING : RISK_ACTIVE;
  const flags = row == 0 ? 0 : load<u32>(row, ROW_FLAGS);
  const tradable = (flags & ROW_TRADABLE) != 0;
  return (
    answer(order, CHECK_HALT, f64(state), f64(highest), 0) |
    answer(order, CHECK_TRADABLE, 1, tradable ? 1 : 0, 0)
  );
}

/** Ages in us; a time ahead of the order's by more than that is as wrong as an old one. */
function checkAges(system: u32, order: u32, row: u32): u32 {
  const now = load<f64>(order, ORDER_NOW_US);
  const markAge = row == 0 ? NaN : abs(now - load<f64>(row, ROW_MARK_US));
  const equityAge = abs(now - load<f64>(system, RISK_EQUITY_US));
  const markMax = load<f64>(system, RISK_MARK_AGE_US_MAX);
  const equityMax = load<f64>(system, RISK_EQUITY_AGE_US_MAX);
  return (
    answer(order, CHECK_MARK_AGE, markAge, markMax, 0) |
    answer(order, CHECK_EQUITY_AGE, equityAge, equityMax, 0)
  );
}

/** Price against the mark on both sides; quantity; notional at the order's own price. */
function checkSize(system: u32, order: u32, row: u32, price: f64, qty: f64, notional: f64): u32 {
  const distance = abs(price / load<f64>(row, ROW_MARK) - 1);
  const notionalMax = load<f64>(system, RISK_MAX_ORDER_NOTIONAL);
  return (
    answer(order, CHECK_COLLAR, distance, load<f64>(row, ROW_COLLAR), SLACK) |
    answer(order, CHECK_ORDER_QTY, qty, load<f64>(row, ROW_MAX_ORDER_QTY), 0) |
    answer(order, CHECK_ORDER_NOTIONAL, notional, notionalMax, SLACK * notional)
  );
}

/**
 * Position: |position + open orders of this side + qty| at the mark. Exposure (money) and leverage
 * (share of equity): gross with this row's worst case max(|position + buys|, |position - sells|) in
 * place of the old one. Without equity only an order that shrinks its position passes.
 */
function checkExposure(
  system: u32,
  order: u32,
  row: u32,
  qty: f64,
  sign: f64,
  unit: f64,
  shrinks: bool,
): u32 {
  const position = load<f64>(row, ROW_POSITION);
  const long = abs(position + openQty(row, ROW_OPEN_BUY) + (sign > 0 ? qty : 0));
  const short = abs(position - openQty(row, ROW_OPEN_SELL) - (sign > 0 ? 0 : qty));
  const after = (sign > 0 ? long : short) * unit;
  const held = load<f64>(row, ROW_EXPOSURE);
  const worst = max(long, short) * unit;
  const gross = load<f64>(system, RISK_GROSS);
  const grossAfter = gross >= 0 ? max(0, gross - held + worst) : NaN;
  const equity = load<f64>(system, RISK_EQUITY);
  const exempt = shrinks && grossAfter < Infinity && abs(equity) < Infinity;
  const slack = SLACK * (gross + held + worst);
  const positionSlack = SLACK * (heldQty(row) + qty) * unit;
  const positionMax = load<f64>(row, ROW_MAX_POSITION);
  const room = equity > 0 || exempt ? load<f64>(system, RISK_MAX_EXPOSURE) * equity : NaN;
  const leverage = equity > 0 ? grossAfter / equity : Infinity;
  const leverageMax = load<f64>(system, RISK_MAX_LEVERAGE);
  const leverageSlack = slack / equity + SLACK * leverageMax;
  store<f64>(order, grossAfter, ORDER_EXPOSURE_AFTER);
  return (
    answerUnless(exempt, order, CHECK_POSITION, after, positionMax, positionSlack) |
    answerUnless(exempt, order, CHECK_EXPOSURE, grossAfter, room, slack) |
    answerUnless(exempt, order, CHECK_LEVERAGE, leverage, leverageMax, leverageSlack)
  );
}

/** Open orders with this one; message tokens: asks for one. */
function checkRate(system: u32, order: u32): u32 {
  const open = f64(load<u32>(system, RISK_OPEN_ORDERS)) + 1;
  const tokens = tokensAt(system, load<f64>(order, ORDER_NOW_US));
  return (
    answer(order, CHECK_OPEN_ORDERS, open, load<f64>(system, RISK_MAX_OPEN_ORDERS), 0) |
    answer(order, CHECK_RATE, 1, tokens, TOKEN_SLACK)
  );
}

/** Token bucket: refilled by the time since it was last spent from; time running back adds 0. */
function tokensAt(system: u32, now: f64): f64 {
  const elapsedUs = max(0, now - load<f64>(system, RISK_TOKENS_US));
  const refill = (elapsedUs * load<f64>(system, RISK_RATE_PER_SECOND)) / 1e6;
  return min(load<f64>(system, RISK_RATE_BURST), load<f64>(system, RISK_TOKENS) + refill);
}

function spendToken(system: u32, order: u32): void {
  const now = load<f64>(order, ORDER_NOW_US);
  store<f64>(system, max(0, tokensAt(system, now) - 1), RISK_TOKENS);
  store<f64>(system, max(now, load<f64>(system, RISK_TOKENS_US)), RISK_TOKENS_US);
}

/** Without the flag the pair is for information: quantity asked, quantity that would only close. */
function checkReduceOnly(order: u32, qty: f64, closable: f64, shrinks: bool): u32 {
  const breach = answer(order, CHECK_REDUCE_ONLY, qty, closable, 0);
  const asked = (load<u32>(order, ORDER_FLAGS) & ORDER_REDUCE_ONLY) != 0;
  return asked && !shrinks ? breach | (1 << CHECK_REDUCE_ONLY) : 0;
}

/**
 * Daily normal VaR after the order: z sqrt(w'Sw + 2 d (Sw)_i + d^2 S_ii), d the signed notional
 * (RiskMetrics Technical Document 1996); allowed: a fraction of equity.
 */
function checkVar(
  system: u32,
  covariance: u32,
  order: u32,
  instrument: u32,
  delta: f64,
  shrinks: bool,
): u32 {
  const n = load<u32>(covariance, COVARIANCE_N);
  let after: f64 = NaN;
  if (instrument < n) {
    const sigma = covariance + COVARIANCE_WEIGHTS + (n + instrument) * 8;
    const diagonal = covariance + COVARIANCE_WEIGHTS + (3 * n + instrument * (n + 1)) * 8;
    const own = load<f64>(diagonal);
    const change = 2 * delta * load<f64>(sigma) + delta * delta * own;
    const variance = load<f64>(system, RISK_VARIANCE) + change;
    if (own >= 0) after = load<f64>(system, RISK_VAR_Z) * sqrt(max(0, variance));
  }
  const equity = load<f64>(system, RISK_EQUITY);
  const exempt = shrinks && after < Infinity && abs(equity) < Infinity;
  const allowed = equity > 0 || exempt ? load<f64>(system, RISK_VAR_LIMIT) * equity : NaN;
  store<f64>(order, after, ORDER_VAR_AFTER);
  return answerUnless(exempt, order, CHECK_VAR, after, allowed, SLACK * after);
}

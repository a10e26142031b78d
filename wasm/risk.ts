// Owns the pre-trade check: one order against its instrument, its book and every node above it.
// Promise: every check runs; NaN, an unknown name or missing equity never lets an order out.
import {
  CHECK_BALANCE,
  CHECK_COLLAR,
  CHECK_CONCENTRATION,
  CHECK_HISTORICAL_VAR,
  CHECK_INPUT,
  CHECK_MARGIN,
  CHECK_MARK_AGE,
  CHECK_NODES,
  CHECK_NOTIONAL_MIN,
  CHECK_ORDER_NOTIONAL,
  CHECK_ORDER_QTY,
  CHECK_PASSIVE_COLLAR,
  CHECK_POSITION,
  CHECK_PRICE_BAND,
  CHECK_QTY_MAX,
  CHECK_REDUCE_ONLY,
  CHECK_STRESS,
  CHECK_TRADABLE,
  CHECK_VAR,
  LEVELS,
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  NODE_CHECKS,
  NODE_CHECK_GROSS,
  NODE_STATE,
  ORDER_EXPOSURE_AFTER,
  ORDER_FLAGS,
  ORDER_HARD,
  ORDER_LIQUIDATION,
  ORDER_NOTIONAL,
  ORDER_NOW_US,
  ORDER_PREVIEW,
  ORDER_RESULTS,
  ORDER_RESULT_BYTES,
  ORDER_SIDE,
  ORDER_SOFT,
  ORDER_SPARE,
  ORDER_STRATEGY,
  RECENT_BYTES,
  RECENT_KEPT,
  RECENT_PRICE,
  RECENT_QTY,
  RECENT_SIDE,
  RECENT_STRATEGY,
  RECENT_US,
  RISK_EQUITY,
  RISK_PROBING,
  ROW_FLAGS,
  ROW_POSITION,
  ROW_PROBES,
  ROW_RECENT,
  ROW_RECENT_US,
  ROW_RING,
  ROW_SPOT,
  ROW_STATE,
} from './layout';
import { endsOf, isShrinking, sidesOf } from './risk-book';
import { isWithin, judge, perEquity, REFUSED } from './risk-limit';
import { checkNode, spendNode } from './risk-node';
import {
  askedPrice,
  askOrder,
  isClosing,
  mustClose,
  sideAndPortfolio,
  unitValue,
  validMark,
  validPrice,
  validQty,
  validValue,
} from './risk-order';
import { bookOf, isKnown, nodeOf, rowOf } from './risk-place';
import { askPortfolio, usesHistory } from './risk-portfolio';

// A liquidation answers to these alone: getting out must be possible when equity, margin or history
// are not known and when every limit is broken. What its venue would refuse it does not get out of:
// more than it takes, a price outside its band, coins that are not there.
const OF_LIQUIDATION: u32 =
  (1 << CHECK_INPUT) |
  (1 << CHECK_TRADABLE) |
  (1 << CHECK_MARK_AGE) |
  (1 << CHECK_COLLAR) |
  (1 << CHECK_PASSIVE_COLLAR) |
  (1 << CHECK_PRICE_BAND) |
  (1 << CHECK_ORDER_QTY) |
  (1 << CHECK_QTY_MAX) |
  (1 << CHECK_ORDER_NOTIONAL) |
  (1 << CHECK_NOTIONAL_MIN) |
  (1 << CHECK_BALANCE);
// What an order that shrinks the position passes over; NaN it does not, but for the margin's.
const OF_SHRINKING: u32 =
  (1 << CHECK_POSITION) |
  (1 << CHECK_CONCENTRATION) |
  (1 << CHECK_VAR) |
  (1 << CHECK_HISTORICAL_VAR) |
  (1 << CHECK_STRESS);
const OF_HISTORY: u32 = (1 << CHECK_HISTORICAL_VAR) | (1 << CHECK_STRESS);
const OF_ORDER: u32 = ((1 << CHECK_NODES) - 1) & ~(1 << CHECK_REDUCE_ONLY);

/**
 * Answers `order` (layout ORDER_*) against the tables `system` points to; fills the answer half and
 * returns the number of hard limits it breaks: 0 = approved. Only an approved order that is no
 * preview spends tokens and probes and enters the recent ring; nothing else is written but the
 * order's own record.
 */
export function riskCheck(system: u32, order: u32): u32 {
  const known = isKnown(system, order);
  const row = rowOf(system, order);
  const book = row + ROW_POSITION;
  const side = load<u32>(order, ORDER_SIDE) & 1; // a third side is not known
  const qty = known ? validQty(order) : NaN;
  const mark = validMark(row);
  const price = known ? validPrice(order) : NaN;
  const unit = unitValue(row, mark); // of one unit of quantity, at the mark
  const notional = qty * unitValue(row, validValue(order));
  const ends = f64x2.mul(endsOf(book, sidesOf(side, qty)), f64x2.splat(unit));
  const closes = isClosing(order, qty);
  // Coins that are there and sold shrink what is held, on whichever pair it is counted.
  const coins = closes && (load<u32>(row, ROW_FLAGS) & ROW_SPOT) != 0;
  const shrinks = coins || isShrinking(book, side, qty);
  const flags = load<u32>(order, ORDER_FLAGS);
  const liquidation = closes && (flags & ORDER_LIQUIDATION) != 0;
  const equity = load<f64>(system, RISK_EQUITY);
  const per = perEquity(equity);

  let answers = askOrder(
    system,
    order,
    row,
    known,
    side,
    qty,
    price,
    unit,
    notional,
    ends,
    shrinks,
    liquidation,
  );
  answers = v128.and(answers, askPortfolio(system, order, row, side, qty, unit, ends, equity));
  let verdict: u64 = 0;
  if (!isWithin(answers)) {
    verdict = judgeOrder(system, order, row, side, qty, coins, shrinks, liquidation);
  }
  if (mustClose(order) && !closes) verdict |= REFUSED << CHECK_REDUCE_ONLY;
  store<u64>(order, verdict & 0xffffffff, ORDER_HARD);
  store<u64>(order, verdict >> 32, ORDER_SOFT);
  checkNodes(system, order, row, side, qty, unit, notional, per, coins, liquidation);
  store<f64>(order, notional, ORDER_NOTIONAL);
  store<f64>(order, grossOf(order), ORDER_EXPOSURE_AFTER);
  const hard = load<u64>(order, ORDER_HARD);
  const preview = (flags & ORDER_PREVIEW) != 0;
  spend(system, order, row, side, qty, coins, liquidation, hard == 0 && !preview);
  return <u32>popcnt(hard);
}

/** The nodes from system to venue, each with its own book; adds what they say to the verdict. */
function checkNodes(
  system: u32,
  order: u32,
  row: u32,
  side: u32,
  qty: f64,
  unit: f64,
  notional: f64,
  per: f64,
  coins: bool,
  liquidation: bool,
): void {
  const now = load<f64>(order, ORDER_NOW_US);
  for (let level: u32 = LEVEL_SYSTEM; level < LEVELS; level++) {
    const first = CHECK_NODES + level * NODE_CHECKS;
    const results = order + ORDER_RESULTS + first * ORDER_RESULT_BYTES;
    const node = nodeOf(system, order, row, level);
    const book = bookOf(system, order, row, level);
    const shrinks = shrinksAt(level, book, side, qty, coins);
    const said = checkNode(
      results,
      node,
      book,
      side,
      qty,
      unit,
      notional,
      per,
      now,
      shrinks,
      liquidation,
    );
    if (said == 0) continue;
    store<u64>(order, load<u64>(order, ORDER_HARD) | ((said & 0xffffffff) << first), ORDER_HARD);
    store<u64>(order, load<u64>(order, ORDER_SOFT) | ((said >> 32) << first), ORDER_SOFT);
  }
}

/**
 * Whether the order shrinks the book of a level. Of coins a strategy's cell says it alone: another
 * than the one that bought them may sell them, and is short of them then.
 */
function shrinksAt(level: u32, book: u32, side: u32, qty: f64, coins: bool): bool {
  return (coins && level != LEVEL_STRATEGY) || isShrinking(book, side, qty);
}

/** The verdict of the order's own checks, where not all of them are plainly within. */
function judgeOrder(
  system: u32,
  order: u32,
  row: u32,
  side: u32,
  qty: f64,
  coins: bool,
  shrinks: bool,
  liquidation: bool,
): u64 {
  let judged = OF_ORDER;
  const own = bookOf(system, order, row, LEVEL_PORTFOLIO);
  if (shrinksAt(LEVEL_PORTFOLIO, own, side, qty, coins)) judged &= ~(1 << CHECK_MARGIN);
  // Venues take the rest of a contract's position however small it is; the rest of a coin they do
  // not.
  const spot = (load<u32>(row, ROW_FLAGS) & ROW_SPOT) != 0;
  if (!spot && mustClose(order)) judged &= ~(1 << CHECK_NOTIONAL_MIN);
  if (!usesHistory(system)) judged &= ~OF_HISTORY;
  if (liquidation) judged &= OF_LIQUIDATION;
  return judge(order + ORDER_RESULTS, judged, shrinks ? OF_SHRINKING : 0);
}

/** The system's gross after the order, as its node answered. */
function grossOf(order: u32): f64 {
  const check = CHECK_NODES + LEVEL_SYSTEM * NODE_CHECKS + NODE_CHECK_GROSS;
  return load<f64>(order + ORDER_RESULTS + check * ORDER_RESULT_BYTES);
}

/**
 * What an approved order takes at each node and of its row; it enters the recent ring. Any other
 * order does all of it to the spare of its record: a preview has then been everywhere an order
 * goes, and the code is in the processor's cache when one comes.
 */
function spend(
  system: u32,
  order: u32,
  row: u32,
  side: u32,
  qty: f64,
  coins: bool,
  liquidation: bool,
  approved: bool,
): void {
  const spare = order + ORDER_SPARE;
  const now = load<f64>(order, ORDER_NOW_US);
  for (let level: u32 = LEVEL_SYSTEM; level < LEVELS; level++) {
    const node = nodeOf(system, order, row, level);
    const book = bookOf(system, order, row, level);
    const probing = !liquidation && load<u32>(node, NODE_STATE) == RISK_PROBING;
    const probes = probing && !shrinksAt(level, book, side, qty, coins);
    spendNode(node, approved ? node : spare, now, probes);
  }
  const to = approved ? row : spare;
  const probing = load<u32>(row, ROW_STATE) == RISK_PROBING;
  if (probing && !shrinksAt(LEVEL_SYSTEM, row + ROW_POSITION, side, qty, coins)) {
    store<f64>(to, load<f64>(row, ROW_PROBES) - 1, ROW_PROBES);
  }
  const written = load<u32>(row, ROW_RECENT);
  const recent = row + ROW_RING + (written % RECENT_KEPT) * RECENT_BYTES;
  const slot = approved ? recent : spare;
  store<f64>(slot, now, RECENT_US);
  store<f64>(slot, askedPrice(order), RECENT_PRICE);
  store<f64>(slot, qty, RECENT_QTY);
  store<u32>(slot, sideAndPortfolio(order), RECENT_SIDE);
  store<u32>(slot, load<u32>(order, ORDER_STRATEGY), RECENT_STRATEGY);
  store<u32>(to, written + 1, ROW_RECENT);
  store<f64>(to, max(now, load<f64>(row, ROW_RECENT_US)), ROW_RECENT_US);
}

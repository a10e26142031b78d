// Owns the pre-trade check: one order against its instrument, its book and every node above it.
// Promise: every check runs; NaN, an unknown name or missing equity never lets an order out.
import {
  ASSET_BYTES,
  CELL_BYTES,
  CHECK_COLLAR,
  CHECK_CONCENTRATION,
  CHECK_HISTORICAL_VAR,
  CHECK_INPUT,
  CHECK_MARGIN,
  CHECK_MARK_AGE,
  CHECK_NODES,
  CHECK_ORDER_NOTIONAL,
  CHECK_ORDER_QTY,
  CHECK_POSITION,
  CHECK_REDUCE_ONLY,
  CHECK_STRESS,
  CHECK_TRADABLE,
  CHECK_VAR,
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  LEVELS,
  NODE_BYTES,
  NODE_CHECK_GROSS,
  NODE_CHECKS,
  ORDER_EXPOSURE_AFTER,
  ORDER_FLAGS,
  ORDER_HARD,
  ORDER_INSTRUMENT,
  ORDER_LIQUIDATION,
  ORDER_NOTIONAL,
  ORDER_NOW_US,
  ORDER_PORTFOLIO,
  ORDER_PREVIEW,
  ORDER_PRICE,
  ORDER_RESULT_BYTES,
  ORDER_RESULTS,
  ORDER_SIDE,
  ORDER_SOFT,
  ORDER_STRATEGY,
  RECENT_BYTES,
  RECENT_KEPT,
  RECENT_PRICE,
  RECENT_QTY,
  RECENT_SIDE,
  RECENT_STRATEGY,
  RECENT_US,
  RISK_ASSET_COUNT,
  RISK_ASSETS,
  RISK_CELLS,
  RISK_EQUITY,
  RISK_NODES,
  RISK_PORTFOLIOS,
  RISK_PROBING,
  RISK_RECENT,
  RISK_ROW_BYTES,
  RISK_ROW_COUNT,
  RISK_ROWS,
  RISK_STRATEGIES,
  RISK_VENUES,
  ROW_ASSET,
  ROW_POSITION,
  ROW_PROBES,
  ROW_RECENT,
  ROW_STATE,
  ROW_VENUE,
} from './layout';
import { endsOf, isShrinking, sidesOf } from './risk-book';
import { isWithin, judge, perEquity, REFUSED } from './risk-limit';
import { checkNode, spendNode } from './risk-node';
import { askOrder, mustClose, unitValue, validMark, validPrice, validQty } from './risk-order';
import { askConcentration, askMargin, askScenarios, askVar, usesHistory } from './risk-portfolio';

// A liquidation answers to these alone: getting out must be possible when equity, margin or history
// are not known and when every limit is broken.
const OF_LIQUIDATION: u32 =
  (1 << CHECK_INPUT) |
  (1 << CHECK_TRADABLE) |
  (1 << CHECK_MARK_AGE) |
  (1 << CHECK_COLLAR) |
  (1 << CHECK_ORDER_QTY) |
  (1 << CHECK_ORDER_NOTIONAL);
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
 * preview spends tokens and probes and enters the recent ring; nothing else is written.
 */
export function riskCheck(system: u32, order: u32): u32 {
  const known = isKnown(system, order);
  const row = rowOf(system, order);
  const book = row + ROW_POSITION;
  const side = load<u32>(order, ORDER_SIDE) & 1; // a third side is not known
  const qty = known ? validQty(order) : NaN;
  const mark = validMark(row);
  const price = known ? validPrice(order, mark) : NaN;
  const unit = unitValue(row, mark); // of one unit of quantity, at the mark
  const notional = qty * unitValue(row, price);
  const ends = f64x2.mul(endsOf(book, sidesOf(side, qty)), f64x2.splat(unit));
  const delta = notional * (1 - 2 * f64(side));
  const shrinks = isShrinking(book, side, qty);
  const liquidation = shrinks && (load<u32>(order, ORDER_FLAGS) & ORDER_LIQUIDATION) != 0;
  const equity = load<f64>(system, RISK_EQUITY);
  const per = perEquity(equity);
  const recent = recentOf(system, order);
  const venue = nodeOf(system, order, row, LEVEL_VENUE);

  let answers = askOrder(
    system,
    order,
    row,
    recent,
    known,
    side,
    qty,
    price,
    mark,
    notional,
    ends,
    shrinks,
  );
  const asset = assetOf(system, row);
  answers = v128.and(answers, askConcentration(system, order, asset, book, ends, per));
  answers = v128.and(answers, askMargin(system, order, row, venue, ends));
  answers = v128.and(answers, askVar(system, order, delta, equity));
  answers = v128.and(answers, askScenarios(system, order, delta, equity));
  let verdict: u64 = 0;
  if (!isWithin(answers)) verdict = judgeOrder(system, order, shrinks, liquidation);
  if (mustClose(order) && !shrinks) verdict |= REFUSED << CHECK_REDUCE_ONLY;
  let hard = verdict & 0xffffffff;
  let soft = verdict >> 32;
  for (let level: u32 = LEVEL_SYSTEM; level < LEVELS; level++) {
    const first = CHECK_NODES + level * NODE_CHECKS;
    const results = order + ORDER_RESULTS + first * ORDER_RESULT_BYTES;
    const node = nodeOf(system, order, row, level);
    const own = bookOf(system, order, row, level);
    const now = load<f64>(order, ORDER_NOW_US);
    const said = checkNode(results, node, own, side, qty, unit, notional, per, now, liquidation);
    hard |= (said & 0xffffffff) << first;
    soft |= (said >> 32) << first;
  }
  store<f64>(order, notional, ORDER_NOTIONAL);
  store<u64>(order, hard, ORDER_HARD);
  store<u64>(order, soft, ORDER_SOFT);
  store<f64>(order, grossOf(order), ORDER_EXPOSURE_AFTER);
  const preview = (load<u32>(order, ORDER_FLAGS) & ORDER_PREVIEW) != 0;
  if (hard == 0 && !preview) spend(system, order, row, recent, side, qty, liquidation);
  return <u32>popcnt(hard);
}

/** The verdict of the order's own checks, where not all of them are plainly within. */
function judgeOrder(system: u32, order: u32, shrinks: bool, liquidation: bool): u64 {
  let judged = OF_ORDER;
  if (shrinks) judged &= ~(1 << CHECK_MARGIN);
  if (!usesHistory(system)) judged &= ~OF_HISTORY;
  if (liquidation) judged &= OF_LIQUIDATION;
  return judge(order + ORDER_RESULTS, CHECK_NODES, judged, shrinks ? OF_SHRINKING : 0);
}

/** The system's gross after the order, as its node answered. */
function grossOf(order: u32): f64 {
  const check = CHECK_NODES + LEVEL_SYSTEM * NODE_CHECKS + NODE_CHECK_GROSS;
  return load<f64>(order + ORDER_RESULTS + check * ORDER_RESULT_BYTES);
}

/** Whether the side is one and every number in the order and its row names something. */
function isKnown(system: u32, order: u32): bool {
  const row = rowOf(system, order);
  return (
    load<u32>(order, ORDER_SIDE) <= 1 &&
    load<u32>(order, ORDER_INSTRUMENT) < load<u32>(system, RISK_ROW_COUNT) &&
    load<u32>(order, ORDER_PORTFOLIO) < load<u32>(system, RISK_PORTFOLIOS) &&
    load<u32>(order, ORDER_STRATEGY) < load<u32>(system, RISK_STRATEGIES) &&
    load<u32>(row, ROW_VENUE) < load<u32>(system, RISK_VENUES) &&
    load<u32>(row, ROW_ASSET) < load<u32>(system, RISK_ASSET_COUNT)
  );
}

// What is not known is answered with the first of its kind, so that nothing is read outside a
// table; its quantity and price are NaN, so that nothing is let out.
function within(number: u32, count: u32): u32 {
  return number < count ? number : 0;
}

function instrumentOf(system: u32, order: u32): u32 {
  return within(load<u32>(order, ORDER_INSTRUMENT), load<u32>(system, RISK_ROW_COUNT));
}

function rowOf(system: u32, order: u32): u32 {
  return load<u32>(system, RISK_ROWS) + instrumentOf(system, order) * RISK_ROW_BYTES;
}

function recentOf(system: u32, order: u32): u32 {
  const bytes = RECENT_KEPT * RECENT_BYTES;
  return load<u32>(system, RISK_RECENT) + instrumentOf(system, order) * bytes;
}

function assetOf(system: u32, row: u32): u32 {
  const asset = within(load<u32>(row, ROW_ASSET), load<u32>(system, RISK_ASSET_COUNT));
  return load<u32>(system, RISK_ASSETS) + asset * ASSET_BYTES;
}

/** The node of the order at `level`: nodes lie as system, portfolios, strategies, venues. */
function nodeOf(system: u32, order: u32, row: u32, level: u32): u32 {
  const portfolios = load<u32>(system, RISK_PORTFOLIOS);
  const strategies = load<u32>(system, RISK_STRATEGIES);
  let number: u32 = 0;
  if (level == LEVEL_PORTFOLIO) {
    number = 1 + within(load<u32>(order, ORDER_PORTFOLIO), portfolios);
  } else if (level == LEVEL_STRATEGY) {
    number = 1 + portfolios + within(load<u32>(order, ORDER_STRATEGY), strategies);
  } else if (level == LEVEL_VENUE) {
    const venue = within(load<u32>(row, ROW_VENUE), load<u32>(system, RISK_VENUES));
    number = 1 + portfolios + strategies + venue;
  }
  return load<u32>(system, RISK_NODES) + number * NODE_BYTES;
}

/** The book a node looks at: the row for system and venue, else the cell of its own. */
function bookOf(system: u32, order: u32, row: u32, level: u32): u32 {
  const portfolios = load<u32>(system, RISK_PORTFOLIOS);
  let book: u32 = 0;
  if (level == LEVEL_PORTFOLIO) {
    book = within(load<u32>(order, ORDER_PORTFOLIO), portfolios);
  } else if (level == LEVEL_STRATEGY) {
    const strategy = load<u32>(order, ORDER_STRATEGY);
    book = portfolios + within(strategy, load<u32>(system, RISK_STRATEGIES));
  } else {
    return row + ROW_POSITION;
  }
  const cell = book * load<u32>(system, RISK_ROW_COUNT) + instrumentOf(system, order);
  return load<u32>(system, RISK_CELLS) + cell * CELL_BYTES;
}

/** What an approved order takes at each node and of its row; it enters the recent ring. */
function spend(
  system: u32,
  order: u32,
  row: u32,
  recent: u32,
  side: u32,
  qty: f64,
  liquidation: bool,
): void {
  const now = load<f64>(order, ORDER_NOW_US);
  for (let level: u32 = LEVEL_SYSTEM; level < LEVELS; level++) {
    const book = bookOf(system, order, row, level);
    spendNode(nodeOf(system, order, row, level), book, side, qty, now, !liquidation);
  }
  const probing = load<u32>(row, ROW_STATE) == RISK_PROBING;
  if (probing && !isShrinking(row + ROW_POSITION, side, qty)) {
    store<f64>(row, load<f64>(row, ROW_PROBES) - 1, ROW_PROBES);
  }
  const written = load<u32>(row, ROW_RECENT);
  const slot = recent + (written % RECENT_KEPT) * RECENT_BYTES;
  store<f64>(slot, now, RECENT_US);
  store<f64>(slot, load<f64>(order, ORDER_PRICE), RECENT_PRICE);
  store<f64>(slot, qty, RECENT_QTY);
  store<u32>(slot, load<u32>(order, ORDER_SIDE), RECENT_SIDE);
  store<u32>(slot, load<u32>(order, ORDER_STRATEGY), RECENT_STRATEGY);
  store<u32>(row, written + 1, ROW_RECENT);
}

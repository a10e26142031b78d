// Owns what each node on an order's way up the limit tree is asked, and what an approval takes.
// Promise: a node writes nothing but its own results; only an approved order spends.
import {
  CELL_EXPOSURE,
  NODE_BYTES,
  NODE_CHECK_EXPOSURE,
  NODE_CHECK_GROSS,
  NODE_CHECK_LEVERAGE,
  NODE_CHECK_NET,
  NODE_CHECK_OPEN_ORDERS,
  NODE_CHECK_ORDER_NOTIONAL,
  NODE_CHECK_ORDER_TO_TRADE,
  NODE_CHECK_RATE,
  NODE_CHECK_STATE,
  NODE_GROSS,
  NODE_LIMITS,
  NODE_LONG,
  NODE_MESSAGES,
  NODE_OPEN_ORDERS,
  NODE_PROBE_NOTIONAL,
  NODE_PROBES,
  NODE_RATE_PER_SECOND,
  NODE_STATE,
  NODE_TOKENS,
  NODE_TOKENS_US,
  NODE_TRADES,
  NODE_TRADES_FLOOR,
  RISK_ACTIVE,
  RISK_HALTED,
  RISK_PROBING,
  RISK_REDUCING,
} from './layout';
import { isShrinking, longEnd, netAfter, netSlack, shortEnd } from './risk-book';
import { answerFact, answerLimit, SLACK, shareOf } from './risk-limit';

/**
 * The NODE_CHECKS of `node` for an order of `qty` (signed by `sign`) worth `notional`, in `book`;
 * `unit`: money per unit at the mark, `per`: 1 / equity. Bit i of either word = NODE_CHECK i.
 */
export function checkNode(
  results: u32,
  node: u32,
  book: u32,
  sign: f64,
  qty: f64,
  unit: f64,
  notional: f64,
  per: f64,
  now: f64,
  liquidation: bool,
): u64 {
  const shrinks = isShrinking(book, sign, qty);
  const highest = highestState(
    load<u32>(node, NODE_STATE),
    load<f64>(node, NODE_PROBES),
    load<f64>(node, NODE_PROBE_NOTIONAL),
    notional,
    shrinks,
    liquidation,
  );
  const state = f64(load<u32>(node, NODE_STATE));
  const size = limitOf(node, NODE_CHECK_ORDER_NOTIONAL);
  return (
    answerFact(results, NODE_CHECK_STATE, state, highest, 0) |
    answerLimit(results, NODE_CHECK_ORDER_NOTIONAL, notional, size, SLACK * notional, false) |
    checkGross(results, node, book, sign, qty, unit, per, shrinks) |
    checkFlow(results, node, now)
  );
}

/** The highest trading state that lets an order out. */
export function highestState(
  state: u32,
  probes: f64,
  probeNotional: f64,
  notional: f64,
  shrinks: bool,
  liquidation: bool,
): f64 {
  if (liquidation) return RISK_HALTED;
  if (shrinks) return RISK_REDUCING;
  const fits = probes >= 1 && notional <= probeNotional + SLACK * notional;
  return state == RISK_PROBING && fits ? RISK_PROBING : RISK_ACTIVE;
}

/** What an approved order takes: a token, a message, and a probe where it went out as one. */
export function spendNode(node: u32, book: u32, sign: f64, qty: f64, now: f64, probes: bool): void {
  if (load<f64>(limitOf(node, NODE_CHECK_RATE)) < Infinity) {
    store<f64>(node, max(0, tokensAt(node, now) - 1), NODE_TOKENS);
    store<f64>(node, max(now, load<f64>(node, NODE_TOKENS_US)), NODE_TOKENS_US);
  }
  store<f64>(node, load<f64>(node, NODE_MESSAGES) + 1, NODE_MESSAGES);
  if (probes && load<u32>(node, NODE_STATE) == RISK_PROBING && !isShrinking(book, sign, qty)) {
    store<f64>(node, load<f64>(node, NODE_PROBES) - 1, NODE_PROBES);
  }
}

/** Gross and net after the order, in money; gross as a share of equity and as leverage. */
function checkGross(
  results: u32,
  node: u32,
  book: u32,
  sign: f64,
  qty: f64,
  unit: f64,
  per: f64,
  shrinks: bool,
): u64 {
  const long = longEnd(book, sign, qty) * unit;
  const short = shortEnd(book, sign, qty) * unit;
  const worst = max(abs(long), abs(short));
  const held = load<f64>(book, CELL_EXPOSURE);
  const sum = load<f64>(node, NODE_GROSS);
  const gross = sum - held + worst;
  const slack = SLACK * (abs(sum) + abs(held) + worst);
  const net = netAfter(node + NODE_LONG, book, long, short);
  const netRounding = netSlack(node + NODE_LONG, book, long, short);
  const share = shareOf(gross, per);
  const shareSlack = (slack + SLACK * gross) * per;
  const exposure = limitOf(node, NODE_CHECK_EXPOSURE);
  const leverage = limitOf(node, NODE_CHECK_LEVERAGE);
  return (
    answerLimit(results, NODE_CHECK_GROSS, gross, limitOf(node, NODE_CHECK_GROSS), slack, shrinks) |
    answerLimit(results, NODE_CHECK_NET, net, limitOf(node, NODE_CHECK_NET), netRounding, shrinks) |
    answerLimit(results, NODE_CHECK_EXPOSURE, share, exposure, shareSlack, shrinks) |
    answerLimit(results, NODE_CHECK_LEVERAGE, share, leverage, shareSlack, shrinks)
  );
}

/** Open orders with this one; tokens used with this one's; messages a trade with this one. */
function checkFlow(results: u32, node: u32, now: f64): u64 {
  const open = f64(load<u32>(node, NODE_OPEN_ORDERS)) + 1;
  const burst = load<f64>(limitOf(node, NODE_CHECK_RATE));
  const tokens = tokensAt(node, now);
  const used = burst == Infinity ? 0 : burst - tokens + 1;
  const messages = load<f64>(node, NODE_MESSAGES) + 1;
  const trades = max(load<f64>(node, NODE_TRADES), load<f64>(node, NODE_TRADES_FLOOR));
  const ratio = messages / trades;
  const rate = limitOf(node, NODE_CHECK_RATE);
  const perTrade = limitOf(node, NODE_CHECK_ORDER_TO_TRADE);
  return (
    answerLimit(
      results,
      NODE_CHECK_OPEN_ORDERS,
      open,
      limitOf(node, NODE_CHECK_OPEN_ORDERS),
      0,
      false,
    ) |
    answerLimit(results, NODE_CHECK_RATE, used, rate, SLACK * used, false) |
    answerLimit(results, NODE_CHECK_ORDER_TO_TRADE, ratio, perTrade, SLACK * ratio, false)
  );
}

/** Token bucket: refilled by the time since it was last spent from; time running back adds 0. */
function tokensAt(node: u32, now: f64): f64 {
  const elapsedUs = max(0, now - load<f64>(node, NODE_TOKENS_US));
  const refill = elapsedUs * load<f64>(node, NODE_RATE_PER_SECOND) * 1e-6;
  return min(load<f64>(limitOf(node, NODE_CHECK_RATE)), load<f64>(node, NODE_TOKENS) + refill);
}

function limitOf(node: u32, check: u32): u32 {
  return node + NODE_LIMITS + check * 16;
}

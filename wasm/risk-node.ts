// Owns what each node on an order's way up the limit tree is asked, and what an approval takes.
// Promise: a node writes nothing but its own results; only an approved order spends.
import {
  CELL_EXPOSURE,
  NODE_CHECKS,
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
  NODE_PROBES,
  NODE_PROBE_NOTIONAL,
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
import { endsOf, netAfter, sidesOf, worstOf } from './risk-book';
import { answerFact, answerLimit, isWithin, judge, KEPT } from './risk-limit';

// What an order that shrinks the book of a node passes over.
const OF_SHRINKING: u32 =
  (1 << NODE_CHECK_GROSS) |
  (1 << NODE_CHECK_NET) |
  (1 << NODE_CHECK_EXPOSURE) |
  (1 << NODE_CHECK_LEVERAGE);
const EVERY: u32 = (1 << NODE_CHECKS) - 1;

/**
 * The NODE_CHECKS of `node` for an order of `qty` worth `notional`, in `book`;
 * `unit`: money per unit at the mark, `per`: 1 / equity, `shrinks`: whether it shrinks the book.
 * Bit i of either word = NODE_CHECK i; a liquidation is answered but not judged.
 */
export function checkNode(
  results: u32,
  node: u32,
  book: u32,
  side: u32,
  qty: f64,
  unit: f64,
  notional: f64,
  per: f64,
  now: f64,
  shrinks: bool,
  liquidation: bool,
): u64 {
  const state = load<u32>(node, NODE_STATE);
  const probes = load<f64>(node, NODE_PROBES);
  const probeNotional = load<f64>(node, NODE_PROBE_NOTIONAL);
  const highest = highestState(state, probes, probeNotional, notional, shrinks, liquidation);
  const ends = f64x2.mul(endsOf(book, sidesOf(side, qty)), f64x2.splat(unit));
  let answers = answerFact(results, NODE_CHECK_STATE, f64(state), highest);
  answers = v128.and(answers, ask(results, node, NODE_CHECK_ORDER_NOTIONAL, notional));
  answers = v128.and(answers, askGross(results, node, book, ends, per));
  answers = v128.and(answers, askFlow(results, node, now));
  if (liquidation || isWithin(answers)) return 0;
  return judge(results, EVERY, shrinks ? OF_SHRINKING : 0);
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
  return state == RISK_PROBING && probes >= 1 && notional * KEPT <= probeNotional
    ? RISK_PROBING
    : RISK_ACTIVE;
}

/**
 * What an approved order takes of `node`, written to `to`: a token, a message, and a probe where it
 * goes out as one.
 */
export function spendNode(node: u32, to: u32, now: f64, probes: bool): void {
  if (abs(load<f64>(limitOf(node, NODE_CHECK_RATE))) < Infinity) {
    store<f64>(to, max(0, tokensAt(node, now) - 1), NODE_TOKENS);
    store<f64>(to, max(now, load<f64>(node, NODE_TOKENS_US)), NODE_TOKENS_US);
  }
  store<f64>(to, load<f64>(node, NODE_MESSAGES) + 1, NODE_MESSAGES);
  if (probes) store<f64>(to, load<f64>(node, NODE_PROBES) - 1, NODE_PROBES);
}

/** Gross and net after the order, in money; gross as a share of equity and as leverage. */
function askGross(results: u32, node: u32, book: u32, ends: v128, per: f64): v128 {
  const held = load<f64>(book, CELL_EXPOSURE);
  const gross = load<f64>(node, NODE_GROSS) - held + worstOf(ends);
  const share = gross * per;
  let answers = ask(results, node, NODE_CHECK_GROSS, gross);
  const net = netAfter(node + NODE_LONG, book, ends);
  answers = v128.and(answers, ask(results, node, NODE_CHECK_NET, net));
  answers = v128.and(answers, ask(results, node, NODE_CHECK_EXPOSURE, share));
  return v128.and(answers, ask(results, node, NODE_CHECK_LEVERAGE, share));
}

/** Open orders with this one; tokens used with this one's; messages a trade with this one. */
function askFlow(results: u32, node: u32, now: f64): v128 {
  const open = f64(load<u32>(node, NODE_OPEN_ORDERS)) + 1;
  const burst = load<f64>(limitOf(node, NODE_CHECK_RATE));
  const used = burst == Infinity ? 0 : burst - tokensAt(node, now) + 1;
  const messages = load<f64>(node, NODE_MESSAGES) + 1;
  const trades = max(load<f64>(node, NODE_TRADES), load<f64>(node, NODE_TRADES_FLOOR));
  let answers = ask(results, node, NODE_CHECK_OPEN_ORDERS, open);
  answers = v128.and(answers, ask(results, node, NODE_CHECK_RATE, used));
  return v128.and(answers, ask(results, node, NODE_CHECK_ORDER_TO_TRADE, messages / trades));
}

/** Token bucket: refilled by the time since it was last spent from; time running back adds 0. */
function tokensAt(node: u32, now: f64): f64 {
  const elapsedUs = max(0, now - load<f64>(node, NODE_TOKENS_US));
  const refill = elapsedUs * load<f64>(node, NODE_RATE_PER_SECOND) * 1e-6;
  return min(load<f64>(limitOf(node, NODE_CHECK_RATE)), load<f64>(node, NODE_TOKENS) + refill);
}

function ask(results: u32, node: u32, check: u32, asked: f64): v128 {
  return answerLimit(results, check, asked, limitOf(node, check));
}

function limitOf(node: u32, check: u32): u32 {
  return node + NODE_LIMITS + check * 16;
}

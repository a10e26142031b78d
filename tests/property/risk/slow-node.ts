// Owns the nine checks that every node on an order's way up the tree makes.
// Promise: exact; the same rules at every level, each with the book that level counts in.
import {
  NODE_CHECK_EXPOSURE,
  NODE_CHECK_GROSS,
  NODE_CHECK_LEVERAGE,
  NODE_CHECK_NET,
  NODE_CHECK_OPEN_ORDERS,
  NODE_CHECK_ORDER_NOTIONAL,
  NODE_CHECK_ORDER_TO_TRADE,
  NODE_CHECK_RATE,
} from '../../../wasm/layout.ts';
import type { Node } from './desk.ts';
import {
  abs,
  add,
  compare,
  type Exact,
  exact,
  larger,
  mul,
  neg,
  ONE,
  size,
  smaller,
  sub,
  sum,
  ZERO,
} from './exact.ts';
import { bookScale, endsAfter, type Facts, limitOf, type Place } from './facts.ts';
import { type Finding, isHuge, judge, judgeHuge, judgeShare, skipIf } from './finding.ts';
import { judgeState } from './slow-state.ts';

type NodeRule = (facts: Facts, place: Place) => Finding;

const limitAt = ({ node }: Place, check: number): { hard: Exact; soft: Exact } =>
  limitOf(node.limits[check]!);

const state: NodeRule = (facts, place) => judgeState(facts, place.node, place.shrinks);

const orderNotional: NodeRule = ({ notional }, place) =>
  judge({
    asked: notional,
    scale: notional,
    ...limitAt(place, NODE_CHECK_ORDER_NOTIONAL),
    exempt: 'no',
  });

const gross: NodeRule = (_, place) =>
  judge({ ...place.gross, ...limitAt(place, NODE_CHECK_GROSS), exempt: place.shrinks });

const net: NodeRule = (facts, place) => {
  const { node, book } = place;
  const { long, short } = endsAfter(facts, book);
  const heldLong = [exact(node.long), exact(-book.long)];
  const heldShort = [exact(node.short), exact(-book.short)];
  const longAfter = sum(...heldLong, mul(long, facts.unitMark));
  const shortAfter = sum(...heldShort, mul(short, facts.unitMark));
  return judge({
    asked: larger(abs(longAfter), abs(shortAfter)),
    scale: add(size(...heldLong, ...heldShort), bookScale(facts, book)),
    ...limitAt(place, NODE_CHECK_NET),
    exempt: place.shrinks,
  });
};

const grossShare =
  (check: number): NodeRule =>
  ({ desk }, place) => {
    const question = { ...place.gross, ...limitAt(place, check), exempt: place.shrinks };
    return judgeShare(question, exact(desk.equity));
  };

const openOrders: NodeRule = (_, place) => {
  const asked = add(exact(place.node.openOrders), ONE);
  return judge({ asked, scale: ZERO, ...limitAt(place, NODE_CHECK_OPEN_ORDERS), exempt: 'no' });
};

const MILLION = exact(1e6);

/** Tokens there now, in millionths; the bucket never holds more than its burst. */
export function millionthsNow(node: Node, nowUs: number): { tokens: Exact; scale: Exact } {
  const burst = mul(exact(node.limits[NODE_CHECK_RATE]!.hard), MILLION);
  const elapsedUs = larger(ZERO, sub(exact(nowUs), exact(node.tokensUs)));
  const refill = mul(elapsedUs, exact(node.ratePerSecond));
  const kept = mul(exact(node.tokens), MILLION);
  const there = add(kept, refill);
  const isFull = compare(there, burst) > 0; // what is cut off adds no error
  return { tokens: smaller(burst, there), scale: isFull ? abs(burst) : size(burst, kept, refill) };
}

// asked: burst - tokens + 1, allowed: burst; so it passes when one token is there.
const rate: NodeRule = ({ order }, place) => {
  const { hard, soft } = limitAt(place, NODE_CHECK_RATE);
  if (hard === Infinity) {
    return judge({ asked: ZERO, scale: ZERO, hard, soft, exempt: 'no' });
  }
  if (isHuge(hard)) return judgeHuge({ asked: ZERO, scale: ZERO, hard, soft, exempt: 'no' });
  const { tokens, scale } = millionthsNow(place.node, order.nowUs);
  const asked = sum(mul(hard, MILLION), neg(tokens), MILLION);
  const question = { asked, scale: add(scale, MILLION), hard, soft, exempt: 'no' } as const;
  return judgeShare(question, MILLION);
};

const orderToTrade: NodeRule = (_, place) => {
  const { node } = place;
  const asked = add(exact(node.messages), ONE);
  const trades = larger(exact(node.trades), exact(node.tradesFloor));
  const limits = limitAt(place, NODE_CHECK_ORDER_TO_TRADE);
  if (trades === Infinity) return judge({ asked: ZERO, scale: ZERO, ...limits, exempt: 'no' });
  return judgeShare({ asked, scale: abs(asked), ...limits, exempt: 'no' }, trades);
};

const skipped =
  (rule: NodeRule): NodeRule =>
  (facts, place) =>
    skipIf(facts.isLiquidation, rule(facts, place));

/** In the order of NODE_CHECK_*. */
export const NODE_RULES: readonly NodeRule[] = [
  state,
  orderNotional,
  gross,
  net,
  grossShare(NODE_CHECK_EXPOSURE),
  grossShare(NODE_CHECK_LEVERAGE),
  openOrders,
  rate,
  orderToTrade,
].map(skipped);

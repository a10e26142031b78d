// Owns what an approved order leaves behind on the desk: tokens, messages, probes, the recent ring.
// Promise: nothing else changes; where the model cannot tell (`either`) it says so.
import {
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  NODE_CHECK_RATE,
  RECENT_KEPT,
} from '../../../wasm/layout.ts';
import type { Node } from './desk.ts';
import { and, not, type Truth, toDouble, truth } from './exact.ts';
import { type Facts, placeOf } from './facts.ts';
import { millionthsNow } from './slow-node.ts';

/** Where the bytes may differ from what was written, and what they may be. */
export interface Leeway {
  readonly what: string;
  readonly holder: { probes: number } | Node;
  readonly key: 'probes' | 'tokens';
  readonly among: readonly number[];
  readonly within: number;
}

/** Spends on the desk what an approved order that is no preview spends. */
export function spend(facts: Facts): readonly Leeway[] {
  const { order, row } = facts;
  const leeways: Leeway[] = [];
  const leave = (leeway: Leeway | null): void => {
    if (leeway !== null) leeways.push(leeway);
  };
  leave(takeProbe(facts, 'row', row, facts.shrinksRow));
  for (const level of [LEVEL_SYSTEM, LEVEL_PORTFOLIO, LEVEL_STRATEGY, LEVEL_VENUE]) {
    const place = placeOf(facts, level);
    leave(takeProbe(facts, `level ${level}`, place.node, place.shrinks));
    leave(takeToken(facts, `level ${level}`, place.node));
    place.node.messages += 1;
  }
  const { nowUs: us, qty, side, portfolio, strategy } = order;
  const price = order.isMarket ? 0 : order.price; // as it was asked for
  row.recent[row.recentCount % RECENT_KEPT] = { us, price, qty, side, portfolio, strategy };
  row.recentCount += 1;
  row.recentUs = Math.max(us, row.recentUs);
  return leeways;
}

function takeProbe(
  { isLiquidation }: Facts,
  where: string,
  holder: { state: number; probes: number },
  shrinking: Truth,
): Leeway | null {
  const isProbe = and(truth(holder.state === 1), and(not(shrinking), not(isLiquidation)));
  if (isProbe === 'no') return null;
  const before = holder.probes;
  holder.probes = before - 1;
  if (isProbe === 'yes') return null;
  return { what: `${where} probes`, holder, key: 'probes', among: [before, before - 1], within: 0 };
}

// A liquidation may find the bucket empty, and leave it so or deeper.
function takeToken({ order, isLiquidation }: Facts, where: string, node: Node): Leeway | null {
  if (!Number.isFinite(node.limits[NODE_CHECK_RATE]!.hard)) return null;
  const { tokens, scale } = millionthsNow(node, order.nowUs);
  const left = toDouble(tokens) / 1e6 - 1;
  node.tokens = left;
  node.tokensUs = Math.max(node.tokensUs, order.nowUs);
  return {
    what: `${where} tokens`,
    holder: node,
    key: 'tokens',
    among: isLiquidation === 'no' ? [left] : [left, Math.max(0, left)],
    within: (Math.min(toDouble(scale), 1e15) / 1e6) * 2 ** -40,
  };
}

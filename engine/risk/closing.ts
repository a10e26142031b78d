// Owns what the pre-trade check is told of positions: what an order can close, what lies beside it.
// Promise: of the account itself, never of exposure; what is not known is NaN, which refuses.
import { CELL_OPEN_BUY, CELL_OPEN_SELL, ROW_LONG, ROW_SHORT } from '../../wasm/layout.ts';
import { qtyOf } from '../core/instrument.ts';
import type { OrderIntent } from '../core/order.ts';
import { asQty, powerOfTen } from '../core/units.ts';
import { cellAt, type MemoryPlan, riskRowAt } from '../memory/plan.ts';
import type { Funds } from './funds.ts';

interface Ground {
  readonly plan: MemoryPlan;
  readonly numbers: Float64Array;
  readonly funds: Funds;
}

/**
 * Real units that the order's account can close with it: of a coin `available`, what is free of it;
 * of a contract, where the order has to close, its own position less what is on its way on that
 * side. Risk's own counts what its strategy has on its way: what others quote there is theirs, and
 * must not keep a position open.
 */
export function closableBy(
  { plan, numbers, funds }: Ground,
  intent: OrderIntent,
  of: { readonly portfolioNumber: number; readonly strategyNumber: number },
  available: number,
  isPreview: boolean,
): number {
  const { instrument, side, reduceOnly, origin } = intent;
  if (instrument.kind === 'spot') return side === 'sell' ? available : 0;
  const leaves = origin.kind === 'risk';
  // Nobody asks. Who warms does, so that the next order that closes finds this code near.
  if (!reduceOnly && !leaves && !isPreview) return 0;
  const book = leaves ? plan.capacities.portfolios + of.strategyNumber : of.portfolioNumber;
  const column = side === 'buy' ? CELL_OPEN_BUY : CELL_OPEN_SELL;
  const open = numbers[(cellAt(plan, book, instrument.index) + column) / 8] ?? Number.NaN;
  const left = funds.held(intent) * (side === 'buy' ? -1 : 1) - open;
  // Whole steps again: the difference of two doubles is a hair off.
  const steps = Math.round(left * powerOfTen(instrument.qtyScale));
  return qtyOf(instrument, asQty(Math.max(0, steps)));
}

/** Money of that side's end on the other pairs of the coin: its position stands on one of them. */
export function carriedBeside(
  { plan, numbers, funds }: Ground,
  { instrument, side }: OrderIntent,
): number {
  const end = side === 'buy' ? ROW_LONG : ROW_SHORT;
  let sum = 0;
  for (const slot of funds.siblings(instrument)) {
    sum += numbers[(riskRowAt(plan, slot) + end) / 8] ?? Number.NaN;
  }
  return sum;
}

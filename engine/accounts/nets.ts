// Owns quantity, cost and banked profit of instruments as doubles: of all, an account, a strategy.
// Promise: a change touches its own sums and no other; sums are exact before they become doubles.
import type { Instrument } from '../core/instrument.ts';
import { type Amount, toNumber } from './amount.ts';
import { FLAT, type Position } from './position.ts';

/** One instrument in the hands of one owner, or of several together. */
export interface Net {
  readonly instrument: Instrument;
  readonly baseIndex: number; // in the rates
  readonly settleIndex: number;
  readonly parts: Map<string, Position>; // what it was last told of each owner
  qty: number; // base asset or contracts, signed
  cost: number; // settle asset, signed like qty
  banked: number; // realised - fees + funding, settle asset
  sum: { readonly qty: Amount; readonly cost: Amount; readonly banked: Amount };
  denseAt: number; // in the list of open contracts
}

export interface AssetIndex {
  indexOf(asset: string): number;
}

export const createNet = (instrument: Instrument, rates: AssetIndex): Net => ({
  instrument,
  baseIndex: rates.indexOf(instrument.base),
  settleIndex: rates.indexOf(instrument.settle),
  parts: new Map(),
  qty: 0,
  cost: 0,
  banked: 0,
  sum: { qty: 0n, cost: 0n, banked: 0n },
  denseAt: -1,
});

export const bankedOf = ({ realised, fees, funding }: Position): Amount =>
  realised - fees + funding;

/** `owner` holds this now; answers what it was told to hold before. */
export function setPart(net: Net, owner: string, now: Position): Position {
  const before = net.parts.get(owner) ?? FLAT;
  net.parts.set(owner, now);
  const qty = net.sum.qty + now.qty - before.qty;
  const cost = net.sum.cost + now.cost - before.cost;
  const banked = net.sum.banked + bankedOf(now) - bankedOf(before);
  net.sum = { qty, cost, banked };
  net.qty = toNumber(qty);
  net.cost = toNumber(cost);
  net.banked = toNumber(banked);
  return before;
}

/**
 * Profit of open contracts at a mark, settle asset; NaN without one. What several owners hold may
 * net to nothing: then its cost is what one has won of the others, at any mark.
 */
export function contractProfit(
  { kind, multiplier }: Instrument,
  qty: number,
  cost: number,
  mark: number,
): number {
  if (qty === 0) return kind === 'inverse' ? cost : 0 - cost;
  const units = qty * multiplier;
  return kind === 'inverse' ? cost - units / mark : units * mark - cost;
}

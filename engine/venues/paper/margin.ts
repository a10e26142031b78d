// Owns what contracts need at the simulated venue: initial and maintenance margin, funding.
// Promise: collateral of one account at one venue in one asset; never lent to another.
import { type Instrument, notionalOf, qtyOf } from '../../core/instrument.ts';
import { asQty } from '../../core/units.ts';
import type { MarginGroup, Position } from './accounts.ts';
import type { Marks } from './marks.ts';
import { type Money, moneyOf, realOf } from './money.ts';

/** Settle assets of a number of contracts at a mark: worth, or coins for inverse ones. */
export function settleNotional(instrument: Instrument, mark: number, steps: number): number {
  const notional = notionalOf(instrument, mark, qtyOf(instrument, asQty(steps)));
  return instrument.kind === 'inverse' ? notional / mark : notional;
}

// A position whose market has no mark yet stands at what it cost: no profit, no loss.
function notionalAt({ instrument, qty, cost }: Position, marks: Marks, steps: number): number {
  const mark = marks.mark(instrument);
  if (!Number.isNaN(mark)) return settleNotional(instrument, mark, steps);
  return qty === 0 ? 0 : Math.abs(realOf(cost) * (steps / qty));
}

function unrealisedOf(position: Position, marks: Marks): number {
  const { instrument, qty, cost } = position;
  if (qty === 0 || Number.isNaN(marks.mark(instrument))) return 0;
  const worth = Math.sign(qty) * notionalAt(position, marks, qty);
  return instrument.kind === 'inverse' ? realOf(cost) - worth : worth - realOf(cost);
}

/** Balance and unrealised profit: what stands behind the positions. */
export function marginBalance({ balance, positions }: MarginGroup, marks: Marks): number {
  let sum = realOf(balance.amount);
  for (const position of positions) sum += unrealisedOf(position, marks);
  return sum;
}

export interface Adding {
  readonly instrument: Instrument;
  readonly buys: number; // steps
  readonly sells: number;
}

/** Initial margin of positions and open orders, each at its worse side, with `adding` on top. */
export function initialMargin(
  { positions }: MarginGroup,
  marks: Marks,
  leverage: (instrument: Instrument) => number,
  adding: Adding | null,
): number {
  let sum = 0;
  for (const position of positions) {
    const { instrument } = position;
    const isIt = adding !== null && adding.instrument.key === instrument.key;
    const buys = position.openBuys + (isIt ? adding.buys : 0);
    const sells = position.openSells + (isIt ? adding.sells : 0);
    const worst = Math.max(Math.abs(position.qty + buys), Math.abs(position.qty - sells));
    if (worst > 0) sum += notionalAt(position, marks, worst) / leverage(instrument);
  }
  return sum;
}

export const maintenanceOf = (position: Position, marks: Marks): number =>
  position.qty === 0
    ? 0
    : notionalAt(position, marks, position.qty) * position.instrument.rules.maintenanceMargin;

export function maintenanceMargin({ positions }: MarginGroup, marks: Marks): number {
  let sum = 0;
  for (const position of positions) sum += maintenanceOf(position, marks);
  return sum;
}

export const FUNDING_US = 8 * 3600 * 1_000_000; // at 00, 08 and 16 o'clock UTC

export const nextFundingUs = (nowUs: number): number =>
  (Math.floor(nowUs / FUNDING_US) + 1) * FUNDING_US;

/** What a position receives (+) at this rate: longs pay a positive one. 0 for dated contracts. */
export function fundingOf(position: Position, marks: Marks, rate: number): Money {
  const { instrument, qty } = position;
  if (qty === 0 || instrument.expiry !== undefined) return 0n;
  const paid = Math.sign(qty) * notionalAt(position, marks, qty) * rate;
  // A mark is an estimate, but the movement is exact from here on: eight places, as venues book.
  return moneyOf((-paid).toFixed(8)) ?? 0n;
}

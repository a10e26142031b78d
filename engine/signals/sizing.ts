// Owns how much to trade on a signal: a target position, and the order that leads there.
// Promise: pure; the position it aims at stays inside the position limit and the equity.
import type { Signal } from '../core/event.ts';
import { floorToLot, type Instrument, notionalOf } from '../core/instrument.ts';
import type { Side } from '../core/order.ts';
import { asQty, type Qty } from '../core/units.ts';

export interface SizingInput {
  readonly signal: Signal;
  readonly instrument: Instrument;
  readonly positionQty: number; // signed steps
  readonly openQty: number; // signed steps that open orders would still add
  readonly mid: number; // quote asset
  readonly defaultNotional: number; // base currency, at full strength
  readonly maxPosition: number; // notional, base currency
  readonly quoteRate: number; // base currency per unit of the quote asset
  readonly equity: number; // base currency
}

export interface Sizing {
  readonly side: Side;
  readonly qty: Qty;
}

/** Room kept below the position limit, since marks move between sizing and the check. */
const HEADROOM = 0.98;
/** Changes below this share of the default order are not worth their fee. */
const DUST = 0.05;

/**
 * Target = sign x default notional x (1 + |strength|) / 2, inside the position limit and the
 * equity; the order is the way from the position (open orders counted) to it, in whole lots.
 * Spot is never sold short. Null: nothing worth doing, or an input that is not a number.
 */
export function sizeOrder(input: SizingInput): Sizing | null {
  const { signal, instrument, positionQty, openQty, mid, quoteRate, equity } = input;
  const unit = notionalOf(instrument, mid, 1) * quoteRate; // base currency of one unit
  if (signal.direction === 'flat' || !(unit > 0) || !(equity > 0)) return null;
  const wanted = (input.defaultNotional * (1 + Math.min(1, Math.abs(signal.strength)))) / 2;
  const notional = Math.min(wanted, input.maxPosition * HEADROOM, equity);
  const aim = floorToLot(instrument, notional / unit);
  const target = signal.direction === 'up' ? aim : instrument.kind === 'spot' ? 0 : -aim;
  const held = positionQty + openQty;
  const way = target - held;
  // A full turn is two orders: the first closes, the next signal opens.
  const turns = held !== 0 && Math.sign(target) === -Math.sign(held);
  const steps = turns ? Math.abs(held) : Math.abs(way);
  const lots = asQty(Math.floor(steps / instrument.lot) * instrument.lot);
  const dust = floorToLot(instrument, (input.defaultNotional * DUST) / unit);
  if (lots <= 0 || (lots < dust && target !== 0 && !turns)) return null;
  return { side: way > 0 ? 'buy' : 'sell', qty: lots };
}

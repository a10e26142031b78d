// Owns the words of what a spot order pays with, and of what an order can close.
// Promise: what is not known is NaN, which refuses.
import type { Instrument } from '../core/instrument.ts';
import type { OrderIntent } from '../core/order.ts';

/** The figures are those of the accounts (engine/surroundings/money.ts). */
export interface Funds {
  /**
   * Asked of every spot order, in units of the asset it spends: the quote asset of a buy, the base
   * asset of a sale. Of contracts nobody asks: margin answers for them.
   */
  /** `price`: the worst the order may fill at, real units; with the fee where it comes on top. */
  spends(intent: OrderIntent, price: number): number;
  /** What is free at the order's venue and account: less fees and what open orders may spend. */
  available(intent: OrderIntent): number;
  /** Contracts that the order's account holds of its instrument, signed. */
  held(intent: OrderIntent): number;
  /** Slots of the other pairs that trade the coin of a spot pair at its venue. */
  siblings(instrument: Instrument): readonly number[];
}

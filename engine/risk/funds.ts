// Owns the words of what a spot order pays with; engine/surroundings/money.ts has the figures.
// Promise: what is not known is NaN, which refuses.
import type { OrderIntent } from '../core/order.ts';

/**
 * Asked of every spot order, in units of the asset it spends: the quote asset of a buy, the base
 * asset of a sale. Of contracts nobody asks: margin answers for them.
 */
export interface Funds {
  /** `price`: the worst the order may fill at, real units; with the fee where it comes on top. */
  spends(intent: OrderIntent, price: number): number;
  /** What is free at the order's venue and account: less fees and what open orders may spend. */
  available(intent: OrderIntent): number;
}

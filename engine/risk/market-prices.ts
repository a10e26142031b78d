// Owns what a market order may cost: the limit under which it leaves, and what it would get.
// Promise: never better than the book shows; what the book does not have is valued at the limit.
import { ROW_COLLAR, ROW_MARK } from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { priceOf } from '../core/instrument.ts';
import type { OrderIntent } from '../core/order.ts';
import type { BookReader } from '../core/ports.ts';
import { asPrice, type Price, powerOfTen } from '../core/units.ts';
import { type MemoryPlan, riskRowAt } from '../memory/plan.ts';
import { createBookWalk, protectedPrice, walkBook } from '../orders/protect.ts';

/** Real prices of a market order; NaN where there is no mark, which refuses. */
export interface MarketPrices {
  /** The worst it may fill at: the last tick within the instrument's price collar and band. */
  worst(intent: OrderIntent): number;
  /** The same in steps, for its venue; asserts that there is one, as its approval says. */
  limit(intent: OrderIntent): Price;
  /** Average of walking the book for the whole quantity up to `worst`, what is left at `worst`. */
  average(intent: OrderIntent, worst: number): number;
}

export function createMarketPrices(
  books: BookReader,
  buffer: SharedArrayBuffer,
  plan: MemoryPlan,
): MarketPrices {
  const numbers = new Float64Array(buffer);
  const walk = createBookWalk();
  const limitOf = ({ instrument, side }: OrderIntent): Price | null => {
    const row = riskRowAt(plan, instrument.index) / 8;
    const mark = numbers[row + ROW_MARK / 8] ?? Number.NaN;
    return protectedPrice(instrument, side, mark, numbers[row + ROW_COLLAR / 8] ?? Number.NaN);
  };
  return {
    worst(intent) {
      const limit = limitOf(intent);
      return limit === null ? Number.NaN : priceOf(intent.instrument, limit);
    },
    limit(intent) {
      const limit = limitOf(intent);
      assert(limit !== null, `${intent.instrument.key}: a market order was approved unpriced`);
      return limit;
    },
    average({ instrument, side, qty }, worst) {
      const limit = asPrice(Math.round(worst * powerOfTen(instrument.priceScale)));
      return walkBook(books, instrument, side, qty, limit, walk).price;
    },
  };
}

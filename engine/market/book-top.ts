// Owns a look at the best bid and ask of a book in shared memory, on the engine's own thread.
// Promise: no allocation; the fields hold the last book read.
import { BOOK_ASK_COUNT, BOOK_BID_COUNT, BOOK_LEVELS, LEVEL_BYTES } from '../../wasm/layout.ts';
import type { MemoryPlan } from '../memory/plan.ts';

export interface BookTop {
  /** Reads the top of the book at byte `book` into the fields; false when a side is empty. */
  read(book: number): boolean;
  bid: number; // price steps
  bidQty: number; // quantity steps
  ask: number;
  askQty: number;
}

/** Best levels are LAST in memory (wasm/layout.ts). */
export function createBookTop(buffer: SharedArrayBuffer, plan: MemoryPlan): BookTop {
  const words = new Uint32Array(buffer);
  const numbers = new Float64Array(buffer);
  const sideBytes = plan.capacities.levels * LEVEL_BYTES;
  const top: BookTop = {
    bid: Number.NaN,
    bidQty: Number.NaN,
    ask: Number.NaN,
    askQty: Number.NaN,
    read(book) {
      const bids = words[(book + BOOK_BID_COUNT) / 4] ?? 0;
      const asks = words[(book + BOOK_ASK_COUNT) / 4] ?? 0;
      if (bids === 0 || asks === 0) return false;
      const bid = (book + BOOK_LEVELS + (bids - 1) * LEVEL_BYTES) / 8;
      const ask = (book + BOOK_LEVELS + sideBytes + (asks - 1) * LEVEL_BYTES) / 8;
      top.bid = numbers[bid] ?? 0;
      top.bidQty = numbers[bid + 1] ?? 0;
      top.ask = numbers[ask] ?? 0;
      top.askQty = numbers[ask + 1] ?? 0;
      return true;
    },
  };
  return top;
}

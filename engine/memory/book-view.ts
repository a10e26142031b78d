// Owns the read side of the books for the thread that writes them (engine) and for copies.
// Promise: level 0 is the best level, although memory keeps the best last.
import {
  BOOK_ASK_COUNT,
  BOOK_BID_COUNT,
  BOOK_FLAGS,
  BOOK_LEVELS,
  BOOK_READY,
  BOOK_RECEIVE_US,
  BOOK_UPDATE_ID,
} from '../../wasm/layout.ts';
import type { Instrument } from '../core/instrument.ts';
import type { BookReader } from '../core/ports.ts';
import { asPrice, asQty } from '../core/units.ts';
import { bookAt, type MemoryPlan } from './plan.ts';

/** No seqlock here: only for the engine's own thread, between two events. */
export function createBookView(buffer: SharedArrayBuffer, plan: MemoryPlan): BookReader {
  const words = new Uint32Array(buffer);
  const numbers = new Float64Array(buffer);
  const word = (instrument: Instrument, at: number): number =>
    words[(bookAt(plan, instrument.index) + at) / 4] ?? 0;
  const sideBytes = plan.capacities.levels * 16;
  const cell = (instrument: Instrument, ask: boolean, level: number, column: 0 | 1): number => {
    const count = word(instrument, ask ? BOOK_ASK_COUNT : BOOK_BID_COUNT);
    if (level < 0 || level >= count) return Number.NaN;
    const side = bookAt(plan, instrument.index) + BOOK_LEVELS + (ask ? sideBytes : 0);
    return numbers[(side + (count - 1 - level) * 16) / 8 + column] ?? Number.NaN;
  };
  return {
    isReady: (instrument) => (word(instrument, BOOK_FLAGS) & BOOK_READY) !== 0,
    updateId: (instrument) => numbers[(bookAt(plan, instrument.index) + BOOK_UPDATE_ID) / 8] ?? 0,
    receiveUs: (instrument) => numbers[(bookAt(plan, instrument.index) + BOOK_RECEIVE_US) / 8] ?? 0,
    bidCount: (instrument) => word(instrument, BOOK_BID_COUNT),
    askCount: (instrument) => word(instrument, BOOK_ASK_COUNT),
    bidPrice: (instrument, level) => asPrice(cell(instrument, false, level, 0)),
    bidQty: (instrument, level) => asQty(cell(instrument, false, level, 1)),
    askPrice: (instrument, level) => asPrice(cell(instrument, true, level, 0)),
    askQty: (instrument, level) => asQty(cell(instrument, true, level, 1)),
  };
}

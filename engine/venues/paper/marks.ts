// Owns the simulated venue's mark prices: the mid of a book that is narrow, else the last good one.
// Promise: a book with a hole in one side moves no mark; NaN until there was a good one.
import { type Instrument, priceOf } from '../../core/instrument.ts';
import type { BookReader } from '../../core/ports.ts';
import { asPrice } from '../../core/units.ts';

/** A book wider than this share of its mid says nothing: no mark hangs on one thin side. */
const SPREAD_MAX = 0.005;

export interface Marks {
  onBook(instrument: Instrument): void;
  /** Another has its slot, or it has come: nothing is known of its price. */
  forget(instrument: Instrument): void;
  /** Real price, quote asset per base. */
  mark(instrument: Instrument): number;
}

/** `given`: marks from somewhere else (the venue's own stream), NaN where it has none. */
export function createMarks(
  books: BookReader,
  given: ((instrument: Instrument) => number) | undefined,
): Marks {
  const last: number[] = []; // by slot; one instrument after another may have it
  const look = (instrument: Instrument): void => {
    if (!books.isReady(instrument)) return;
    const bid = books.bidPrice(instrument, 0);
    const ask = books.askPrice(instrument, 0);
    const mid = (bid + ask) / 2;
    if (ask - bid <= SPREAD_MAX * mid) last[instrument.index] = mid; // false where a side is empty
  };
  return {
    onBook: look,
    forget({ index }) {
      last[index] = Number.NaN;
    },
    mark(instrument) {
      const told = given?.(instrument);
      if (told !== undefined && told > 0) return told;
      const steps = last[instrument.index] ?? Number.NaN;
      if (!Number.isNaN(steps)) return priceOf(instrument, asPrice(steps));
      look(instrument);
      return priceOf(instrument, asPrice(last[instrument.index] ?? Number.NaN));
    },
  };
}

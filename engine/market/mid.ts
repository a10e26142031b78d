// Owns the mid of a book: the one place that says when there is none.
// Promise: NaN for a book out of sequence, one-sided or crossed.
import { type Instrument, priceOf } from '../core/instrument.ts';
import type { BookReader } from '../core/ports.ts';

/** Half way between the best bid and ask, real units. */
export function midOf(books: BookReader, instrument: Instrument): number {
  if (!books.isReady(instrument)) return Number.NaN;
  const bid = books.bidPrice(instrument, 0);
  const ask = books.askPrice(instrument, 0);
  if (!(bid > 0 && bid < ask)) return Number.NaN;
  return (priceOf(instrument, bid) + priceOf(instrument, ask)) / 2;
}

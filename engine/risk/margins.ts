// Owns the initial margin of an account at a venue, as its books move.
// Promise: the sum of its own worst cases there; what another account holds neither adds nor nets.
import { MARGIN_USED, ROW_MARGIN_RATE } from '../../wasm/layout.ts';
import { marginAt, riskRowAt } from '../memory/plan.ts';
import { type BookTable, GROSS } from './book-table.ts';

type MarginTable = Pick<BookTable, 'plan' | 'names' | 'numbers' | 'moves' | 'venueOf'>;

// Books of an instrument: 0 its row, then the portfolios.
const isPortfolio = ({ names }: MarginTable, book: number): boolean =>
  book >= 1 && book <= names.portfolios.length;

/** Adds what a portfolio's book has moved; a row or a strategy has no margin. */
export function addToMargin(table: MarginTable, index: number, book: number): void {
  if (!isPortfolio(table, book)) return;
  const { plan, numbers, moves, venueOf } = table;
  const at = (marginAt(plan, book - 1, venueOf[index] ?? 0) + MARGIN_USED) / 8;
  const rate = numbers[(riskRowAt(plan, index) + ROW_MARGIN_RATE) / 8] ?? Number.NaN;
  numbers[at] = (numbers[at] ?? Number.NaN) + (moves[GROSS] ?? Number.NaN) * rate;
}

/** Before the books of a portfolio are summed up anew. */
export function clearMargins(table: MarginTable, book: number): void {
  if (!isPortfolio(table, book)) return;
  const { plan, names, numbers } = table;
  for (let venue = 0; venue < names.venues.length; venue += 1) {
    numbers[(marginAt(plan, book - 1, venue) + MARGIN_USED) / 8] = 0;
  }
}

// Owns the initial margin of an account at a margin place, as its books move.
// Promise: the sum of its own worst cases there; what another account holds neither adds nor nets.
import { MARGIN_BALANCE, MARGIN_US, MARGIN_USED, ROW_MARGIN_RATE } from '../../wasm/layout.ts';
import { marginAt, riskRowAt } from '../memory/plan.ts';
import { type BookTable, GROSS } from './book-table.ts';

type MarginTable = Pick<BookTable, 'plan' | 'names' | 'numbers' | 'moves' | 'marginOf' | 'places'>;

// Books of an instrument: 0 its row, then the portfolios.
const isPortfolio = ({ names }: MarginTable, book: number): boolean =>
  book >= 1 && book <= names.portfolios.length;

/** Adds what a portfolio's book has moved; a row or a strategy has no margin. */
export function addToMargin(table: MarginTable, index: number, book: number): void {
  if (!isPortfolio(table, book)) return;
  const { plan, numbers, moves, marginOf } = table;
  const at = (marginAt(plan, book - 1, marginOf[index] ?? 0) + MARGIN_USED) / 8;
  const rate = numbers[(riskRowAt(plan, index) + ROW_MARGIN_RATE) / 8] ?? Number.NaN;
  numbers[at] = (numbers[at] ?? Number.NaN) + (moves[GROSS] ?? Number.NaN) * rate;
}

/** Before the books of a portfolio are summed up anew. */
export function clearMargins(table: MarginTable, book: number): void {
  if (!isPortfolio(table, book)) return;
  const { plan, places, numbers } = table;
  for (let place = 0; place < places.marginPlaces.length; place += 1) {
    numbers[(marginAt(plan, book - 1, place) + MARGIN_USED) / 8] = 0;
  }
}

/** A place nothing stood at before: nothing is used there, and nobody has told its collateral. */
export function layMargins(
  { plan, numbers }: Pick<BookTable, 'plan' | 'numbers'>,
  place: number,
): void {
  for (let portfolio = 0; portfolio < plan.capacities.portfolios; portfolio += 1) {
    const at = marginAt(plan, portfolio, place) / 8;
    numbers[at + MARGIN_USED / 8] = 0;
    numbers[at + MARGIN_BALANCE / 8] = Number.NaN;
    numbers[at + MARGIN_US / 8] = Number.NaN;
  }
}

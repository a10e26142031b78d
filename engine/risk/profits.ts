// Owns the running profit of each strategy: the money its fills moved, and what it holds at marks.
// Promise: profit counts from the start of this run, fees included; without a price it is NaN.
import { ROW_MARK, ROW_QUOTE_RATE } from '../../wasm/layout.ts';
import type { Instrument } from '../core/instrument.ts';
import { riskRowAt } from '../memory/plan.ts';
import { type BookTable, bookOfStrategy, positionIn } from './books.ts';

export interface Profits {
  /** A fill: signed real quantity, real price, fee as a fraction of the notional. */
  onFill(instrument: Instrument, strategy: number, qty: number, price: number, fee: number): void;
  /** Not from a fill: its profit counts from the mark, or from the first one there will be. */
  onOpening(instrument: Instrument, strategy: number, qty: number): void;
  /** Base currency, by number of the strategy; NaN while something that is held has no price. */
  read(out: Float64Array): Float64Array;
}

interface Cells {
  readonly table: BookTable;
  // By strategy and instrument. Cash is in the quote asset; of inverse contracts in the base asset.
  readonly cash: Float64Array;
  readonly opening: Float64Array; // real quantity not yet priced
  readonly isUsed: Uint8Array;
}

export function createProfits(table: BookTable): Profits {
  const count = table.names.strategies.length * table.names.instruments.length;
  const cells: Cells = {
    table,
    cash: new Float64Array(count),
    opening: new Float64Array(count),
    isUsed: new Uint8Array(count),
  };
  const cellOf = (strategy: number, index: number): number =>
    strategy * table.names.instruments.length + index;
  return {
    onFill({ index, multiplier }, strategy, qty, price, fee) {
      const cell = cellOf(strategy, index);
      cells.isUsed[cell] = 1;
      const isInverse = table.isInverse[index] === 1;
      const value = isInverse ? (qty * multiplier) / price : -qty * multiplier * price;
      cells.cash[cell] = (cells.cash[cell] ?? 0) + value - fee * Math.abs(value);
    },
    onOpening(instrument, strategy, qty) {
      const cell = cellOf(strategy, instrument.index);
      cells.isUsed[cell] = 1;
      cells.opening[cell] = (cells.opening[cell] ?? 0) + qty;
      priceOpening(cells, cell, instrument);
    },
    read(out) {
      for (let strategy = 0; strategy < table.names.strategies.length; strategy += 1) {
        let sum = 0;
        for (const instrument of table.names.instruments) {
          const cell = cellOf(strategy, instrument.index);
          if (cells.isUsed[cell] === 1) sum += profitOf(cells, cell, instrument, strategy);
        }
        out[strategy] = sum;
      }
      return out;
    },
  };
}

/**
 * Linear and spot: cash + quantity x multiplier x mark. Inverse: a contract is worth
 * multiplier x (1 / entry - 1 / mark) of the base asset, as its venue settles it.
 */
function profitOf(cells: Cells, cell: number, instrument: Instrument, strategy: number): number {
  const { table, cash, opening } = cells;
  const { index, multiplier } = instrument;
  const row = riskRowAt(table.plan, index) / 8;
  const mark = table.numbers[row + ROW_MARK / 8] ?? Number.NaN;
  const rate = table.numbers[row + ROW_QUOTE_RATE / 8] ?? Number.NaN;
  const isInverse = table.isInverse[index] === 1;
  priceOpening(cells, cell, instrument);
  const priced = positionIn(table, index, bookOfStrategy(table, strategy)) - (opening[cell] ?? 0);
  const money = cash[cell] ?? 0;
  if (priced === 0 && money === 0) return 0;
  const worth = priced * multiplier;
  return (isInverse ? money * mark - worth : money + worth * mark) * rate;
}

function priceOpening({ table, cash, opening }: Cells, cell: number, instrument: Instrument): void {
  const { index, multiplier } = instrument;
  const mark = table.numbers[(riskRowAt(table.plan, index) + ROW_MARK) / 8] ?? Number.NaN;
  const waiting = opening[cell] ?? 0;
  if (!(mark > 0) || waiting === 0) return;
  const isInverse = table.isInverse[index] === 1;
  const value = isInverse ? (waiting * multiplier) / mark : -waiting * multiplier * mark;
  cash[cell] = (cash[cell] ?? 0) + value;
  opening[cell] = 0;
}

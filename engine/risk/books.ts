// Owns what the books of risk hold: quantities, worst cases, weights of covariance and scenarios.
// Promise: every sum is what its rows or cells say; what has no price makes its sums NaN.
import {
  COVARIANCE_WEIGHTS,
  NODE_GROSS,
  RISK_VARIANCE,
  ROW_MARK,
  ROW_MULTIPLIER,
  ROW_QUOTE_RATE,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { riskRowAt } from '../memory/plan.ts';
import {
  type BookTable,
  EXPOSURE,
  GROSS,
  LONG,
  LONGS,
  OPEN_BUY,
  OPEN_SELL,
  POSITION,
  placeOf,
  SHORT,
  SHORTS,
} from './book-table.ts';
import { addMoves, countMember, resumCells, resumRows } from './sums.ts';

/** Writes one of a book's three quantities (real units) and brings it into all sums. */
export function setPosition(table: BookTable, index: number, book: number, qty: number): void {
  assert(index >= 0, 'a position of an instrument that has no row in the tables');
  setQuantity(table, index, book, POSITION, qty);
}
export function setOpen(
  table: BookTable,
  index: number,
  book: number,
  isBuy: boolean,
  qty: number,
): void {
  setQuantity(table, index, book, isBuy ? OPEN_BUY : OPEN_SELL, qty);
}

function setQuantity(
  table: BookTable,
  index: number,
  book: number,
  column: number,
  qty: number,
): void {
  const at = placeOf(table, index, book);
  table.numbers[at + column] = qty;
  noteHeld(table, index, book, at);
  revalue(table, index, book, true);
}

function noteHeld(table: BookTable, index: number, book: number, at: number): void {
  const { numbers, held, heldCount, slots, booksPerInstrument } = table;
  const first = index * booksPerInstrument;
  const slot = slots[first + book] ?? 0;
  const count = heldCount[index] ?? 0;
  const isHeld =
    numbers[at + POSITION] !== 0 || numbers[at + OPEN_BUY] !== 0 || numbers[at + OPEN_SELL] !== 0;
  if (isHeld === slot > 0) return;
  if (isHeld) {
    held[first + count] = book;
    slots[first + book] = count + 1;
    heldCount[index] = count + 1;
    return;
  }
  const last = held[first + count - 1] ?? 0; // takes the place of the one that leaves
  held[first + slot - 1] = last;
  slots[first + last] = slot;
  slots[first + book] = 0;
  heldCount[index] = count - 1;
}

/** A new mark or quote rate of the instrument: every book that holds some of it. No allocation. */
export function revalueHeld(table: BookTable, index: number): void {
  const first = index * table.booksPerInstrument;
  const count = table.heldCount[index] ?? 0;
  for (let k = 0; k < count; k += 1) revalue(table, index, table.held[first + k] ?? 0, false);
}

/** Every book, weight and sum anew. */
export function renewAll(table: BookTable): void {
  for (const { index } of table.names.instruments) revalue(table, index, 0, true);
  settleWeights(table);
  resumRows(table);
  for (let book = 1; book < table.booksPerInstrument; book += 1) resumCells(table, book);
  const weights = (table.plan.covariance + COVARIANCE_WEIGHTS) / 8;
  for (const { index } of table.names.instruments) {
    table.numbers[weights + index] = weightOf(table, index); // without what its moves rounded
  }
  refreshWeights(table);
}

/** Base currency per unit of quantity at the mark; NaN without one. */
export function unitOf({ plan, numbers, isInverse }: BookTable, index: number): number {
  const row = riskRowAt(plan, index) / 8;
  const price = isInverse[index] === 1 ? 1 : (numbers[row + ROW_MARK / 8] ?? Number.NaN);
  const multiplier = numbers[row + ROW_MULTIPLIER / 8] ?? Number.NaN;
  return multiplier * price * (numbers[row + ROW_QUOTE_RATE / 8] ?? Number.NaN);
}

// Nothing is worth nothing, priced or not.
const worth = (qty: number, unit: number): number => (qty === 0 ? 0 : qty * unit);

/**
 * Brings a book's two ends, position + open buys and position - open sells, and the larger of
 * them, its worst case, into the sums above it. `isExact`: see moveWeight.
 */
function revalue(table: BookTable, index: number, book: number, isExact: boolean): void {
  const { numbers, moves } = table;
  const at = placeOf(table, index, book);
  const unit = unitOf(table, index);
  const before = numbers[at + EXPOSURE] ?? Number.NaN;
  const position = numbers[at + POSITION] ?? Number.NaN;
  const long = worth(position + (numbers[at + OPEN_BUY] ?? Number.NaN), unit);
  const short = worth(position - (numbers[at + OPEN_SELL] ?? Number.NaN), unit);
  const exposure = Math.max(Math.abs(long), Math.abs(short));
  const more = exposure - before;
  moves[GROSS] = more;
  moves[LONGS] = long - (numbers[at + LONG] ?? Number.NaN);
  moves[SHORTS] = short - (numbers[at + SHORT] ?? Number.NaN);
  numbers[at + LONG] = long;
  numbers[at + SHORT] = short;
  numbers[at + EXPOSURE] = exposure;
  addMoves(table, index, book);
  if ((before !== 0) !== (exposure !== 0)) countMember(table, index, book, before === 0 ? 1 : -1);
  if (book === 0) moveWeight(table, index, isExact);
  // NaN that may have gone with this price, or a hair below 0 that the kernel would refuse for.
  const node = table.nodes[book] ?? 0;
  const above = book === 0 ? (table.venueNodes[index] ?? 0) : node;
  const lowest = Math.min(
    numbers[node + NODE_GROSS / 8] ?? 0,
    numbers[above + NODE_GROSS / 8] ?? 0,
  );
  if (!Number.isNaN(more) && !(lowest < 0)) return;
  if (book === 0) resumRows(table);
  else resumCells(table, book);
}

// ---- Weights of the covariance and the scenarios ----------------------------------------------

const WEIGHT_MOVE = 1e-4; // of itself

/**
 * The signed worst case of an instrument as its weight in the covariance and in both scenario
 * blocks, so that orders on their way count in VaR. A commit reads a row of the covariance and a
 * column of each block, as much as all the rest of a fill: a change of quantity (`isExact`) leaves
 * it to settleWeights, which whoever asks about an order or a loss calls first. A mark commits once
 * the weight has moved by more than 1e-4 of itself since the last commit: VaR and scenario losses
 * then lag the marks by at most that share, and a tick costs no pass over them.
 */
function moveWeight(table: BookTable, index: number, isExact: boolean): void {
  const { numbers, plan, waiting } = table;
  if (isExact) {
    if (waiting.isIn[index] === 1) return;
    waiting.isIn[index] = 1;
    waiting.list[waiting.count] = index;
    waiting.count += 1;
    return;
  }
  const before = numbers[(plan.covariance + COVARIANCE_WEIGHTS) / 8 + index] ?? Number.NaN;
  if (Math.abs(weightOf(table, index) - before) <= WEIGHT_MOVE * Math.abs(before)) return;
  commitWeight(table, index);
}

/** Brings every weight that waits into the covariance and the scenarios. No allocation. */
export function settleWeights(table: BookTable): void {
  const { waiting } = table;
  for (let k = 0; k < waiting.count; k += 1) {
    const index = waiting.list[k] ?? 0;
    waiting.isIn[index] = 0;
    commitWeight(table, index);
  }
  waiting.count = 0;
}

function weightOf(table: BookTable, index: number): number {
  const row = placeOf(table, index, 0);
  const long = table.numbers[row + LONG] ?? Number.NaN;
  const short = table.numbers[row + SHORT] ?? Number.NaN;
  return Math.abs(long) >= Math.abs(short) ? long : short;
}

function commitWeight(table: BookTable, index: number): void {
  const { numbers, plan, kernels } = table;
  const weight = weightOf(table, index);
  const at = (plan.covariance + COVARIANCE_WEIGHTS) / 8 + index;
  const before = numbers[at] ?? Number.NaN;
  const delta = weight - before;
  if (delta === 0) return;
  if (!Number.isNaN(delta)) {
    const variance = kernels.covarianceCommit(plan.covariance, index, delta);
    numbers[(plan.riskSystem + RISK_VARIANCE) / 8] = variance;
    kernels.scenarioCommit(plan.history, index, delta);
    kernels.scenarioCommit(plan.shocks, index, delta);
  } else if (!(Number.isNaN(weight) && Number.isNaN(before))) {
    numbers[at] = weight; // a price came or went: NaN cannot be added or taken away
    refreshWeights(table);
  }
}

/** Variance and both scenario blocks from the weights, from scratch. */
export function refreshWeights({ kernels, plan, numbers }: BookTable): void {
  const weights = plan.covariance + COVARIANCE_WEIGHTS;
  const variance = kernels.covarianceRefresh(plan.covariance);
  numbers[(plan.riskSystem + RISK_VARIANCE) / 8] = variance;
  kernels.scenarioRefresh(plan.history, weights);
  kernels.scenarioRefresh(plan.shocks, weights);
}

// Owns the sums over the books of risk: of nodes, venues, base assets and margin.
// Promise: a change costs the same however many instruments there are; of nothing a sum is 0.
import {
  ASSET_BYTES,
  ASSET_LONG,
  ASSET_SHORT,
  LEVEL_VENUE,
  NODE_GROSS,
  NODE_LONG,
  NODE_SHORT,
} from '../../wasm/layout.ts';
import { nodeAt } from '../memory/plan.ts';
import {
  type BookTable,
  EXPOSURE,
  GROSS,
  LONG,
  LONGS,
  placeOf,
  SHORT,
  SHORTS,
} from './book-table.ts';
import { addToMargin, clearMargins } from './margins.ts';

// A sum is moved by what a book moves. Each addition rounds in the 16th digit, so sums are made
// anew in turns, one book a clock event (renewNext), all of them when the day turns (renewAll), and
// at once where a price came or went: NaN cannot be taken away.

/** Adds `moves` to every sum the book is part of. */
export function addMoves(table: BookTable, index: number, book: number): void {
  addToNode(table, table.nodes[book] ?? 0);
  if (book === 0) addToVenue(table, index);
  else addToMargin(table, index, book);
}

function addToNode({ numbers, moves }: BookTable, node: number): void {
  add(numbers, node + NODE_GROSS / 8, moves[GROSS]);
  add(numbers, node + NODE_LONG / 8, moves[LONGS]);
  add(numbers, node + NODE_SHORT / 8, moves[SHORTS]);
}

/** Adds `moves` to the instrument's venue and its base asset. */
function addToVenue(table: BookTable, index: number): void {
  const { numbers, moves } = table;
  addToNode(table, table.venueNodes[index] ?? 0);
  const asset = table.assetCells[index] ?? 0;
  add(numbers, asset + ASSET_LONG / 8, moves[LONGS]);
  add(numbers, asset + ASSET_SHORT / 8, moves[SHORTS]);
}

function add(numbers: Float64Array, at: number, change = Number.NaN): void {
  numbers[at] = (numbers[at] ?? Number.NaN) + change;
}

/** A book came to have an exposure (+1), or has none any more (-1): sums of nothing are 0. */
export function countMember(table: BookTable, index: number, book: number, change: number): void {
  const { numbers, members, assetCells } = table;
  if (countIn(members.books, book, change) === 0) clearBook(table, book);
  if (book !== 0) return;
  const venue = table.venueOf[index] ?? 0;
  if (countIn(members.venues, venue, change) === 0) {
    clearNode(numbers, table.venueNodes[index] ?? 0);
  }
  if (countIn(members.assets, table.assetOf[index] ?? 0, change) > 0) return;
  const asset = assetCells[index] ?? 0;
  numbers[asset + ASSET_LONG / 8] = 0;
  numbers[asset + ASSET_SHORT / 8] = 0;
}

function countIn(counts: Int32Array, at: number, change: number): number {
  const count = (counts[at] ?? 0) + change;
  counts[at] = count;
  return count;
}

function clearNode(numbers: Float64Array, node: number): void {
  numbers[node + NODE_GROSS / 8] = 0;
  numbers[node + NODE_LONG / 8] = 0;
  numbers[node + NODE_SHORT / 8] = 0;
}

function clearBook(table: BookTable, book: number): void {
  clearNode(table.numbers, table.nodes[book] ?? 0);
  clearMargins(table, book);
}

// ---- From scratch -----------------------------------------------------------------------------

/** The sums of the first book from `from` on that has an exposure; answers where to go on. */
export function renewNext(table: BookTable, from: number): number {
  const { booksPerInstrument, members } = table;
  for (let k = 0; k < booksPerInstrument; k += 1) {
    const book = (from + k) % booksPerInstrument;
    if (members.books[book] === 0) continue;
    if (book === 0) resumRows(table);
    else resumCells(table, book);
    return book + 1;
  }
  return 0;
}

/** All sums over rows: system, venues, assets. */
export function resumRows(table: BookTable): void {
  const { numbers, names, plan } = table;
  const system = table.nodes[0] ?? 0;
  clearNode(numbers, system);
  for (let venue = 0; venue < names.venues.length; venue += 1) {
    clearNode(numbers, nodeAt(plan, LEVEL_VENUE, venue) / 8);
  }
  const assets = plan.riskAssets / 8;
  numbers.fill(0, assets, assets + (plan.capacities.assets * ASSET_BYTES) / 8);
  for (let index = 0; index < names.instruments.length; index += 1) {
    takeHeld(table, index, 0);
    addMoves(table, index, 0);
  }
}

/** The sums of one portfolio or strategy over its cells, a portfolio's margins as well. */
export function resumCells(table: BookTable, book: number): void {
  clearBook(table, book);
  for (let index = 0; index < table.names.instruments.length; index += 1) {
    takeHeld(table, index, book);
    addMoves(table, index, book);
  }
}

/** Into `moves`: what a book holds in the sums. */
function takeHeld(table: BookTable, index: number, book: number): void {
  const { numbers, moves } = table;
  const at = placeOf(table, index, book);
  moves[GROSS] = numbers[at + EXPOSURE] ?? Number.NaN;
  moves[LONGS] = numbers[at + LONG] ?? Number.NaN;
  moves[SHORTS] = numbers[at + SHORT] ?? Number.NaN;
}

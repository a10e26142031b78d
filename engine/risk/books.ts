// Owns the books of risk in shared memory: rows and cells, their worst cases, the sums over them.
// Promise: every sum is what its rows or cells say; what has no price makes its sums NaN.
import {
  ASSET_BYTES,
  ASSET_LONG,
  ASSET_SHORT,
  CELL_EXPOSURE,
  CELL_LONG,
  CELL_OPEN_BUY,
  CELL_OPEN_SELL,
  CELL_POSITION,
  CELL_SHORT,
  COVARIANCE_WEIGHTS,
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  NODE_GROSS,
  NODE_LONG,
  NODE_MARGIN_USED,
  NODE_SHORT,
  RISK_VARIANCE,
  ROW_EXPOSURE,
  ROW_LONG,
  ROW_MARGIN_RATE,
  ROW_MARK,
  ROW_MULTIPLIER,
  ROW_OPEN_BUY,
  ROW_OPEN_SELL,
  ROW_POSITION,
  ROW_QUOTE_RATE,
  ROW_SHORT,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { Kernels } from '../memory/kernels.ts';
import { cellAt, type MemoryPlan, nodeAt, riskRowAt } from '../memory/plan.ts';
import { type Places, placesOf, type RiskNames } from './places.ts';

export type BookKernels = Pick<
  Kernels,
  'covarianceCommit' | 'covarianceRefresh' | 'scenarioCommit' | 'scenarioRefresh'
>;

/**
 * A book is the row of an instrument (system-wide) or one of its cells (one portfolio's, one
 * strategy's). Books of an instrument are numbered: 0 the row, then portfolios, then strategies.
 */
export interface BookTable {
  readonly kernels: BookKernels;
  readonly plan: MemoryPlan;
  readonly names: RiskNames;
  readonly places: Places;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
  readonly booksPerInstrument: number;
  readonly isInverse: Uint8Array; // by instrument
  readonly venueNodes: Int32Array; // by instrument, in f64s
  readonly assetCells: Int32Array; // by instrument, in f64s
  readonly nodes: Int32Array; // by book, in f64s: the node that adds it up
  readonly firsts: Int32Array; // by book, in f64s: where that of instrument 0 lies
  readonly stride: number; // numbers from an instrument's row, or cell, to the next one's
  // The books of each instrument that hold something, packed; slots: 1 + place in it, 0 = not in.
  readonly held: Int32Array;
  readonly heldCount: Int32Array;
  readonly slots: Int32Array;
  // What a book adds to sums: gross, longs, shorts. Doubles handed from one function to the next
  // would be allocated, each one, on every tick.
  readonly moves: Float64Array;
}

const GROSS = 0;
const LONGS = 1;
const SHORTS = 2;

// A row and a cell hold the same six numbers in the same order, so one code serves both.
const POSITION = 0;
const OPEN_BUY = 1;
const OPEN_SELL = 2;
const EXPOSURE = 3;
const LONG = 4;
const SHORT = 5;
const ROW_LAYOUT = [
  ROW_POSITION,
  ROW_OPEN_BUY,
  ROW_OPEN_SELL,
  ROW_EXPOSURE,
  ROW_LONG,
  ROW_SHORT,
] as const;
const CELL_LAYOUT = [
  CELL_POSITION,
  CELL_OPEN_BUY,
  CELL_OPEN_SELL,
  CELL_EXPOSURE,
  CELL_LONG,
  CELL_SHORT,
] as const;

export function openBooks(
  kernels: BookKernels,
  buffer: SharedArrayBuffer,
  plan: MemoryPlan,
  names: RiskNames,
): BookTable {
  assertCapacity(plan, names);
  for (const [k, at] of ROW_LAYOUT.entries()) assert(at === ROW_POSITION + 8 * k, 'row layout');
  for (const [k, at] of CELL_LAYOUT.entries()) assert(at === CELL_POSITION + 8 * k, 'cell layout');
  const places = placesOf(names);
  const { instruments } = names;
  const booksPerInstrument = 1 + names.portfolios.length + names.strategies.length;
  const venueNodes = instruments.map(({ key, venue }) => {
    const number = places.venues.get(venue);
    assert(number !== undefined, `${key}: nobody has named the venue ${venue}`);
    return nodeAt(plan, LEVEL_VENUE, number) / 8;
  });
  const assetCells = instruments.map(
    ({ base }) => (plan.riskAssets + (places.assets.get(base) ?? 0) * ASSET_BYTES) / 8,
  );
  return {
    kernels,
    plan,
    names,
    places,
    words: new Uint32Array(buffer),
    numbers: new Float64Array(buffer),
    booksPerInstrument,
    isInverse: Uint8Array.from(instruments, ({ kind }) => (kind === 'inverse' ? 1 : 0)),
    venueNodes: Int32Array.from(venueNodes),
    assetCells: Int32Array.from(assetCells),
    ...addressBooks(plan, names),
    held: new Int32Array(instruments.length * booksPerInstrument),
    heldCount: new Int32Array(instruments.length),
    slots: new Int32Array(instruments.length * booksPerInstrument),
    moves: new Float64Array(3),
  };
}

function assertCapacity({ capacities }: MemoryPlan, names: RiskNames): void {
  const assets = new Set(names.instruments.map(({ base }) => base)).size;
  const counts = { ...names, assets } as const;
  for (const what of ['portfolios', 'strategies', 'venues', 'instruments', 'assets'] as const) {
    const list = counts[what];
    const count = typeof list === 'number' ? list : list.length;
    assert(count <= capacities[what], `${count} ${what}, and memory for ${capacities[what]}`);
  }
}

export const bookOfPortfolio = (number: number): number => 1 + number;
export const bookOfStrategy = ({ names }: BookTable, number: number): number =>
  1 + names.portfolios.length + number;

// Of each instrument, cells of all the portfolios there is room for lie before the strategies'.
function addressBooks(
  plan: MemoryPlan,
  { portfolios, strategies }: RiskNames,
): Pick<BookTable, 'nodes' | 'firsts' | 'stride'> {
  const nodes = [nodeAt(plan, LEVEL_SYSTEM, 0)];
  const firsts = [riskRowAt(plan, 0) + ROW_POSITION];
  for (let k = 0; k < portfolios.length; k += 1) {
    nodes.push(nodeAt(plan, LEVEL_PORTFOLIO, k));
    firsts.push(cellAt(plan, k, 0) + CELL_POSITION);
  }
  for (let k = 0; k < strategies.length; k += 1) {
    nodes.push(nodeAt(plan, LEVEL_STRATEGY, k));
    firsts.push(cellAt(plan, plan.capacities.portfolios + k, 0) + CELL_POSITION);
  }
  const inNumbers = (places: number[]): Int32Array => Int32Array.from(places, (at) => at / 8);
  return { nodes: inNumbers(nodes), firsts: inNumbers(firsts), stride: plan.riskRowBytes / 8 };
}

const placeOf = ({ firsts, stride }: BookTable, index: number, book: number): number =>
  (firsts[book] ?? 0) + index * stride;

export const positionIn = (table: BookTable, index: number, book: number): number =>
  table.numbers[placeOf(table, index, book) + POSITION] ?? Number.NaN;

/** Writes one of a book's three quantities (real units) and brings it into all sums. */
export function setPosition(table: BookTable, index: number, book: number, qty: number): void {
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

/** Every book, weight and sum anew: what many small additions have rounded away comes back. */
export function renewAll(table: BookTable): void {
  for (const { index } of table.names.instruments) revalue(table, index, 0, true);
  resumRows(table);
  for (let book = 1; book < table.booksPerInstrument; book += 1) resumCells(table, book);
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
 * them, its worst case, into the sums above it. `isExact`: see commitWeight.
 */
function revalue(table: BookTable, index: number, book: number, isExact: boolean): void {
  const { numbers, moves } = table;
  const at = placeOf(table, index, book);
  const unit = unitOf(table, index);
  const position = numbers[at + POSITION] ?? Number.NaN;
  const long = worth(position + (numbers[at + OPEN_BUY] ?? Number.NaN), unit);
  const short = worth(position - (numbers[at + OPEN_SELL] ?? Number.NaN), unit);
  const exposure = Math.max(Math.abs(long), Math.abs(short));
  const more = exposure - (numbers[at + EXPOSURE] ?? Number.NaN);
  moves[GROSS] = more;
  moves[LONGS] = long - (numbers[at + LONG] ?? Number.NaN);
  moves[SHORTS] = short - (numbers[at + SHORT] ?? Number.NaN);
  numbers[at + LONG] = long;
  numbers[at + SHORT] = short;
  numbers[at + EXPOSURE] = exposure;
  const node = table.nodes[book] ?? 0;
  addToNode(table, node);
  if (book === 0) {
    addToVenue(table, index);
    commitWeight(table, index, isExact);
  }
  // NaN that may have gone with this price, or a hair below 0 that the kernel would refuse for.
  const above = book === 0 ? (table.venueNodes[index] ?? 0) : node;
  const lowest = Math.min(
    numbers[node + NODE_GROSS / 8] ?? 0,
    numbers[above + NODE_GROSS / 8] ?? 0,
  );
  if (!Number.isNaN(more) && !(lowest < 0)) return;
  if (book === 0) resumRows(table);
  else resumCells(table, book);
}

/** Adds `moves` to the sums of a node. */
function addToNode({ numbers, moves }: BookTable, node: number): void {
  add(numbers, node + NODE_GROSS / 8, moves[GROSS]);
  add(numbers, node + NODE_LONG / 8, moves[LONGS]);
  add(numbers, node + NODE_SHORT / 8, moves[SHORTS]);
}

/** Adds `moves` to the instrument's venue, its margin and its base asset. */
function addToVenue(table: BookTable, index: number): void {
  const { plan, numbers, moves } = table;
  const node = table.venueNodes[index] ?? 0;
  addToNode(table, node);
  const rate = numbers[(riskRowAt(plan, index) + ROW_MARGIN_RATE) / 8] ?? Number.NaN;
  add(numbers, node + NODE_MARGIN_USED / 8, (moves[GROSS] ?? Number.NaN) * rate);
  const asset = table.assetCells[index] ?? 0;
  add(numbers, asset + ASSET_LONG / 8, moves[LONGS]);
  add(numbers, asset + ASSET_SHORT / 8, moves[SHORTS]);
}

function add(numbers: Float64Array, at: number, change = Number.NaN): void {
  numbers[at] = (numbers[at] ?? Number.NaN) + change;
}

// ---- Weights of the covariance and the scenarios ----------------------------------------------

const WEIGHT_MOVE = 1e-4; // of itself

/**
 * The signed worst case of an instrument as its weight in the covariance and in both scenario
 * blocks, so that orders on their way count in VaR. A change of quantity always commits
 * (`isExact`); a mark commits once the weight has moved by more than 1e-4 of itself since the last
 * commit: VaR and scenario losses then lag the marks by at most that share, and a tick costs no
 * pass over them.
 */
function commitWeight(table: BookTable, index: number, isExact: boolean): void {
  const { numbers, plan, kernels } = table;
  const row = placeOf(table, index, 0);
  const long = numbers[row + LONG] ?? Number.NaN;
  const short = numbers[row + SHORT] ?? Number.NaN;
  const weight = Math.abs(long) >= Math.abs(short) ? long : short;
  const at = (plan.covariance + COVARIANCE_WEIGHTS) / 8 + index;
  const before = numbers[at] ?? Number.NaN;
  const delta = weight - before;
  if (delta === 0 || (!isExact && Math.abs(delta) <= WEIGHT_MOVE * Math.abs(before))) return;
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

// ---- Sums from scratch ------------------------------------------------------------------------

/** All sums over rows: system, venues, assets, margin. */
export function resumRows(table: BookTable): void {
  const { numbers, names, venueNodes, places, plan } = table;
  const system = table.nodes[0] ?? 0;
  clearNode(numbers, system);
  for (let venue = 0; venue < names.venues.length; venue += 1) {
    const node = nodeAt(plan, LEVEL_VENUE, venue) / 8;
    clearNode(numbers, node);
    numbers[node + NODE_MARGIN_USED / 8] = 0;
  }
  const assets = plan.riskAssets / 8;
  numbers.fill(0, assets, assets + (places.assets.size * ASSET_BYTES) / 8);
  for (let index = 0; index < venueNodes.length; index += 1) {
    takeHeld(table, index, 0);
    addToNode(table, system);
    addToVenue(table, index);
  }
}

/** The sums of one portfolio or strategy over its cells. */
export function resumCells(table: BookTable, book: number): void {
  const node = table.nodes[book] ?? 0;
  clearNode(table.numbers, node);
  for (let index = 0; index < table.names.instruments.length; index += 1) {
    takeHeld(table, index, book);
    addToNode(table, node);
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

function clearNode(numbers: Float64Array, node: number): void {
  numbers[node + NODE_GROSS / 8] = 0;
  numbers[node + NODE_LONG / 8] = 0;
  numbers[node + NODE_SHORT / 8] = 0;
}

// Owns the table of the books of risk: which book stands where, and which sums it is part of.
// Promise: everything a change has to look up is looked up once, at the start.
import {
  ASSET_BYTES,
  CELL_EXPOSURE,
  CELL_LONG,
  CELL_OPEN_BUY,
  CELL_OPEN_SELL,
  CELL_POSITION,
  CELL_SHORT,
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  ROW_EXPOSURE,
  ROW_LONG,
  ROW_OPEN_BUY,
  ROW_OPEN_SELL,
  ROW_POSITION,
  ROW_SHORT,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { type Instrument, marginPlaceOf } from '../core/instrument.ts';
import type { Kernels } from '../memory/kernels.ts';
import { cellAt, type MemoryPlan, nodeAt, riskRowAt } from '../memory/plan.ts';
import { nameOfPlace, type Places, placesOf, type RiskNames } from './places.ts';

export type BookKernels = Pick<
  Kernels,
  'covarianceCommit' | 'covarianceRefresh' | 'scenarioCash' | 'scenarioCommit' | 'scenarioRefresh'
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
  readonly venueOf: Int32Array; // by instrument: the number of its venue
  readonly venueNodes: Int32Array; // by instrument, in f64s
  readonly assetOf: Int32Array; // by instrument: the number of its base asset
  readonly assetCells: Int32Array; // by instrument, in f64s
  readonly marginOf: Int32Array; // by instrument: the number of its margin place
  readonly nodes: Int32Array; // by book, in f64s: the node that adds it up
  readonly firsts: Int32Array; // by book, in f64s: where that of instrument 0 lies
  readonly stride: number; // numbers from an instrument's row, or cell, to the next one's
  // The books of each instrument that hold something, packed; slots: 1 + place in it, 0 = not in.
  readonly held: Int32Array;
  readonly heldCount: Int32Array;
  readonly slots: Int32Array;
  readonly members: Members;
  readonly waiting: Waiting;
  // What a book adds to sums: gross, longs, shorts. Doubles handed from one function to the next
  // would be allocated, each one, on every tick.
  readonly moves: Float64Array;
}

/** Instruments whose weight has moved and is not in the covariance and the scenarios yet. */
export interface Waiting {
  readonly list: Int32Array; // the first `count` are waiting
  readonly isIn: Uint8Array; // by instrument
  count: number;
}

/** How many books with an exposure each sum is of: with the last one it is 0 again, exactly. */
export interface Members {
  readonly books: Int32Array; // by book: instruments in which it has one
  readonly venues: Int32Array;
  readonly assets: Int32Array;
}

// Places in `moves`.
export const GROSS = 0;
export const LONGS = 1;
export const SHORTS = 2;

// A row and a cell hold the same six numbers in the same order, so one code serves both.
export const POSITION = 0;
export const OPEN_BUY = 1;
export const OPEN_SELL = 2;
export const EXPOSURE = 3;
export const LONG = 4;
export const SHORT = 5;
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
  const slots = plan.capacities.instruments;
  const booksPerInstrument = 1 + names.portfolios.length + names.strategies.length;
  const table: BookTable = {
    kernels,
    plan,
    names,
    places,
    words: new Uint32Array(buffer),
    numbers: new Float64Array(buffer),
    booksPerInstrument,
    isInverse: new Uint8Array(slots),
    venueOf: new Int32Array(slots),
    venueNodes: new Int32Array(slots),
    assetOf: new Int32Array(slots),
    assetCells: new Int32Array(slots),
    marginOf: new Int32Array(slots),
    ...addressBooks(plan, names),
    held: new Int32Array(slots * booksPerInstrument),
    heldCount: new Int32Array(slots),
    slots: new Int32Array(slots * booksPerInstrument),
    members: {
      books: new Int32Array(booksPerInstrument),
      venues: new Int32Array(names.venues.length),
      assets: new Int32Array(plan.capacities.assets),
    },
    waiting: {
      list: new Int32Array(slots),
      isIn: new Uint8Array(slots),
      count: 0,
    },
    moves: new Float64Array(3),
  };
  for (const instrument of names.instruments) setSlot(table, instrument);
  return table;
}

/** Whose slot it is: venue, asset, margin and kind. Asserts that it has its places by name. */
export function setSlot(table: BookTable, instrument: Instrument): void {
  const { index, key, kind, venue, base } = instrument;
  const { plan, places } = table;
  const number = places.venues.get(venue);
  const asset = places.assets.get(base);
  assert(number !== undefined, `${key}: nobody has named the venue ${venue}`);
  assert(asset !== undefined, `${key}: ${base} has no number among the assets`);
  const margin = places.margins.get(nameOfPlace(marginPlaceOf(instrument)));
  assert(margin !== undefined, `${key} has no margin place`);
  table.isInverse[index] = kind === 'inverse' ? 1 : 0;
  table.venueOf[index] = number;
  table.venueNodes[index] = nodeAt(plan, LEVEL_VENUE, number) / 8;
  table.assetOf[index] = asset;
  table.assetCells[index] = (plan.riskAssets + asset * ASSET_BYTES) / 8;
  table.marginOf[index] = margin;
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

export const placeOf = ({ firsts, stride }: BookTable, index: number, book: number): number =>
  (firsts[book] ?? 0) + index * stride;

export const positionIn = (table: BookTable, index: number, book: number): number =>
  table.numbers[placeOf(table, index, book) + POSITION] ?? Number.NaN;

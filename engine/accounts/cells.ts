// Owns balances as doubles beside the exact ones: by account, by venue and asset, by asset.
// Promise: a change touches its own sums and no other; sums are exact before they become doubles.
import { type Amount, toNumber } from './amount.ts';
import type { Carrier } from './carriers.ts';
import { createDense, type Dense } from './dense.ts';
import type { Net } from './nets.ts';

/** What one account holds of an asset at a venue. */
export interface Row {
  readonly account: string;
  readonly cell: Cell;
  exact: Amount;
  real: number;
}

/** What all accounts hold of an asset at a venue. */
export interface Cell {
  readonly venue: string;
  readonly asset: string;
  readonly assetIndex: number; // in the rates
  readonly rows: Row[];
  readonly settled: Net[]; // contracts of the venue that pay their profit in this asset
  carrier: Carrier | null;
  exact: Amount;
  real: number;
  denseAt: number; // in the list of cells that hold something
}

export interface Cells {
  /** Made when it is new; `carrier` is looked for then. */
  cell(venue: string, asset: string): Cell;
  set(account: string, venue: string, asset: string, amount: Amount): void;
  readonly all: readonly Cell[];
  /** Those that do not come to zero. */
  readonly held: readonly Cell[];
  readonly rows: readonly Row[];
  /** Cells whose coins this instrument carries. */
  carriedBy(instrument: string): readonly Cell[];
  /** Looks for every carrier again. */
  renewCarriers(): void;
  clear(): void;
}

interface State {
  readonly assetIndexOf: (asset: string) => number;
  readonly carrierOf: (asset: string, venue: string) => Carrier | null;
  readonly cells: Map<string, Cell>; // by venue and asset
  readonly places: Map<string, Row>; // by account, venue and asset
  readonly all: Cell[];
  readonly held: Dense<Cell>;
  readonly rows: Row[];
  readonly carried: Map<string, Cell[]>; // by instrument
}

export function createCells(
  assetIndexOf: (asset: string) => number,
  carrierOf: (asset: string, venue: string) => Carrier | null,
): Cells {
  const state: State = {
    assetIndexOf,
    carrierOf,
    cells: new Map(),
    places: new Map(),
    all: [],
    held: createDense(),
    rows: [],
    carried: new Map(),
  };
  const { cells, places, all, held, rows, carried } = state;
  return {
    cell: (venue, asset) => cellAt(state, venue, asset),
    set: (account, venue, asset, amount) => setRow(state, account, venue, asset, amount),
    all,
    held: held.items,
    rows,
    carriedBy: (instrument) => carried.get(instrument) ?? [],
    renewCarriers() {
      carried.clear();
      for (const cell of all) giveCarrier(state, cell);
    },
    clear() {
      for (const map of [cells, places, carried]) map.clear();
      held.clear();
      all.length = 0;
      rows.length = 0;
    },
  };
}

function cellAt(state: State, venue: string, asset: string): Cell {
  const key = `${venue}\0${asset}`;
  const known = state.cells.get(key);
  if (known !== undefined) return known;
  const assetIndex = state.assetIndexOf(asset);
  const parts = { venue, asset, assetIndex, carrier: null, exact: 0n, real: 0 };
  const cell: Cell = { ...parts, rows: [], settled: [], denseAt: -1 };
  state.cells.set(key, cell);
  state.all.push(cell);
  giveCarrier(state, cell);
  return cell;
}

function giveCarrier({ carrierOf, carried }: State, cell: Cell): void {
  cell.carrier = carrierOf(cell.asset, cell.venue);
  if (cell.carrier === null) return;
  const { key } = cell.carrier.instrument;
  carried.set(key, [...(carried.get(key) ?? []), cell]);
}

function setRow(state: State, account: string, venue: string, asset: string, amount: Amount): void {
  const key = `${account}\0${venue}\0${asset}`;
  const cell = cellAt(state, venue, asset);
  let row = state.places.get(key);
  if (row === undefined) {
    row = { account, cell, exact: 0n, real: 0 };
    state.places.set(key, row);
    state.rows.push(row);
    cell.rows.push(row);
  }
  cell.exact += amount - row.exact;
  cell.real = toNumber(cell.exact);
  state.held.set(cell, cell.exact !== 0n);
  row.exact = amount;
  row.real = toNumber(amount);
}

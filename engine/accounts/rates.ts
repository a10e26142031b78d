// Owns what one unit of an asset is worth, over all pairs of a run, and how old that is.
// Promise: a mark is a few stores, a look allocates nothing; unknown is NaN, never a dollar.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { EpochUs } from '../core/units.ts';
import { BASE_CURRENCY, isDollarLike, isPegged } from './dollars.ts';
import type { RateReader } from './fill.ts';
import { graphOf, LEGS_MAX, PATHS_MAX, pathsOf } from './rate-paths.ts';

export interface RatesOptions {
  readonly instruments: number; // slots
  readonly assets: number; // those of the instruments, of deposits and of fees together
  /** A path with an older mark gives way to the next one. */
  readonly freshUs: number;
}

export interface Rates extends RateReader {
  /** Ask before add: its slot is one, and its assets fit. Assets stay when instruments retire. */
  hasRoom(instrument: Instrument): boolean;
  /** Slots may be filled and emptied while running; every path is looked for again. */
  add(instrument: Instrument): void;
  retire(instrument: Instrument): void;
  /** Registers the asset when it is new; throws InvariantError beyond capacity. */
  indexOf(asset: string): number;
  assets(): readonly string[];
  /**
   * A mark in the quote asset and the time of what it rests on; ignored unless finite and positive.
   * One that is doubtful prices nothing while another path is fresh.
   */
  mark(instrument: Instrument, price: number, markUs: EpochUs, isDoubtful: boolean): void;
  /** What a long is worth and what a short costs, where that is not the mark: while it is wide. */
  markSides(instrument: Instrument, long: number, short: number): void;
  /** What a contract position of this sign is valued at: the mark, or its worse side. */
  markFor(instrument: Instrument, qty: number): number;
  /** NaN before the first, and for an instrument that has no slot. */
  markOf(instrument: Instrument): number;
  markUsOf(instrument: Instrument): number; // 0 where there is none
  /** Time passes; freshness is measured against the latest that was told here or by a mark. */
  advance(nowUs: EpochUs): void;
  nowUs(): number;
  /** Base currency per unit; NaN until it can be told. */
  rate(asset: number): number;
  rateOf(asset: string): number;
  /** Of the quote asset of an instrument in its slot: asked on every tick. */
  quoteRate(instrument: Instrument): number;
  /** Oldest mark behind the rate just now; Infinity for a dollar by definition, 0 for unknown. */
  rateUs(asset: number): number;
  /** Whether the price of the asset just now goes over a pair that `isIn`. */
  goesOver(asset: number, isIn: (instrument: Instrument) => boolean): boolean;
  instruments(): Iterable<Instrument>;
  isPriceable(asset: string): boolean;
}

interface Tables {
  readonly options: RatesOptions;
  readonly slots: (Instrument | null)[];
  instruments: readonly Instrument[]; // those in the slots
  readonly assets: string[];
  readonly places: Map<string, number>;
  readonly marks: Float64Array; // by slot
  readonly longs: Float64Array; // NaN: as the mark
  readonly shorts: Float64Array;
  readonly markUs: Float64Array; // 0: none
  readonly doubtful: Uint8Array;
  readonly quotes: Int32Array; // asset
  readonly pegged: Uint8Array; // by asset
  readonly legs: Int32Array; // by asset, path and leg; 0 ends a path
  nowUs: number;
  // What the last look at a path found.
  rate: number;
  us: number;
  first: number; // place of its first leg; -1: there is none
}

/** A stand-in for the base is taken from contracts only where no path over spot pairs is fresh. */
export function createRates(options: RatesOptions, instruments: Iterable<Instrument>): Rates {
  const tables = openTables(options);
  for (const instrument of instruments) place(tables, instrument);
  layPaths(tables);
  const { slots, assets, places } = tables;
  const rate = (asset: number): number => look(tables, asset).rate;
  return {
    hasRoom({ index, base, quote, settle }) {
      const added = [...new Set([base, quote, settle])].filter((each) => !places.has(each));
      return index < slots.length && assets.length + added.length <= options.assets;
    },
    add(instrument) {
      place(tables, instrument);
      layPaths(tables);
    },
    retire(instrument) {
      tables.slots[instrument.index] = null;
      tables.quotes[instrument.index] = -1;
      clearMark(tables, instrument.index);
      layPaths(tables);
    },
    indexOf: (asset) => register(tables, asset),
    assets: () => assets,
    mark: (instrument, price, us, isDoubtful) =>
      mark(tables, instrument.index, price, us, isDoubtful),
    ...markReaders(tables),
    advance(nowUs) {
      if (nowUs > tables.nowUs) tables.nowUs = nowUs;
    },
    nowUs: () => tables.nowUs,
    rate,
    rateOf(asset) {
      const index = places.get(asset);
      return index === undefined ? Number.NaN : rate(index);
    },
    quoteRate: ({ index }) => rate(tables.quotes[index] ?? -1),
    rateUs: (asset) => look(tables, asset).us,
    goesOver: (asset, isIn) => goesOver(tables, asset, isIn),
    ...readers(tables),
  };
}

function markReaders(tables: Tables): Pick<Rates, 'markSides' | 'markFor' | 'markOf' | 'markUsOf'> {
  const { slots, marks, markUs, longs, shorts } = tables;
  return {
    markSides({ index }, long, short) {
      longs[index] = long;
      shorts[index] = short;
    },
    markFor({ index, key }, qty) {
      if (slots[index]?.key !== key) return Number.NaN;
      const mark = marks[index] ?? Number.NaN;
      const side = (qty > 0 ? longs : shorts)[index] ?? Number.NaN;
      return side > 0 && !Number.isNaN(mark) ? side : mark;
    },
    markOf: ({ index, key }) =>
      slots[index]?.key === key ? (marks[index] ?? Number.NaN) : Number.NaN,
    markUsOf: ({ index, key }) => (slots[index]?.key === key ? (markUs[index] ?? 0) : 0),
  };
}

type Readers = Pick<Rates, 'instruments' | 'isPriceable'>;

const readers = (tables: Tables): Readers => ({
  instruments: () => tables.instruments,
  isPriceable(asset) {
    const index = tables.places.get(asset);
    return index === undefined ? isPegged(asset, tables.instruments) : isReachable(tables, index);
  },
});

function openTables(options: RatesOptions): Tables {
  const { instruments, assets, freshUs } = options;
  assert(freshUs > 0, 'rates: the age up to which a mark is fresh must be positive');
  const tables: Tables = {
    options,
    slots: new Array<Instrument | null>(instruments).fill(null),
    instruments: [],
    assets: [],
    places: new Map(),
    marks: new Float64Array(instruments).fill(Number.NaN),
    longs: new Float64Array(instruments).fill(Number.NaN),
    shorts: new Float64Array(instruments).fill(Number.NaN),
    markUs: new Float64Array(instruments),
    doubtful: new Uint8Array(instruments),
    quotes: new Int32Array(instruments).fill(-1),
    pegged: new Uint8Array(assets),
    legs: new Int32Array(assets * PATHS_MAX * LEGS_MAX),
    nowUs: 0,
    rate: Number.NaN,
    us: 0,
    first: -1,
  };
  register(tables, BASE_CURRENCY);
  return tables;
}

function register(tables: Tables, asset: string): number {
  const { places, assets, options, pegged } = tables;
  const known = places.get(asset);
  if (known !== undefined) return known;
  const index = assets.length;
  assert(index < options.assets, `rates: no room for asset ${asset}, ${options.assets} are taken`);
  assets.push(asset);
  places.set(asset, index);
  if (isDollarLike(asset)) pegged[index] = isPegged(asset, tables.instruments) ? 1 : 0;
  return index;
}

function place(tables: Tables, instrument: Instrument): void {
  const { index, key, base, quote, settle } = instrument;
  const { slots } = tables;
  assert(index >= 0 && index < slots.length, `rates: ${key} has slot ${index} of ${slots.length}`);
  slots[index] = instrument;
  clearMark(tables, index);
  for (const asset of [base, quote, settle]) register(tables, asset);
  tables.quotes[index] = register(tables, quote);
}

function clearMark(tables: Tables, slot: number): void {
  tables.marks[slot] = Number.NaN;
  tables.longs[slot] = Number.NaN;
  tables.shorts[slot] = Number.NaN;
  tables.markUs[slot] = 0;
  tables.doubtful[slot] = 0;
}

function layPaths(tables: Tables): void {
  const { assets, places, pegged, legs } = tables;
  const instruments = tables.slots.filter((slot) => slot !== null);
  tables.instruments = instruments;
  assets.forEach((asset, index) => {
    pegged[index] = isPegged(asset, instruments) ? 1 : 0;
  });
  const graph = graphOf(instruments, assets, (asset) => places.get(asset) ?? -1);
  legs.fill(0);
  for (const asset of assets.keys()) {
    if (pegged[asset] === 1) continue;
    const paths = pathsOf(graph, (end) => pegged[end] === 1, asset);
    for (const [row, path] of paths.entries()) {
      legs.set(path, (asset * PATHS_MAX + row) * LEGS_MAX);
    }
  }
}

function mark(t: Tables, slot: number, price: number, us: number, isDoubtful: boolean): void {
  if (!(price > 0 && price < Number.MAX_VALUE && us > 0)) return;
  t.marks[slot] = price;
  t.markUs[slot] = us;
  t.doubtful[slot] = isDoubtful ? 1 : 0;
  if (us > t.nowUs) t.nowUs = us;
}

const isReachable = ({ pegged, legs }: Tables, asset: number): boolean =>
  pegged[asset] === 1 || legs[asset * PATHS_MAX * LEGS_MAX] !== 0;

/** The first path whose marks are all fresh; where there is none, the one that is least old. */
function look(t: Tables, asset: number): Readonly<Pick<Tables, 'rate' | 'us' | 'first'>> {
  t.rate = Number.NaN;
  t.us = 0;
  t.first = -1;
  if (!(asset >= 0 && asset < t.assets.length)) return t; // of no slot, or nobody's
  if (t.pegged[asset] === 1) {
    t.rate = 1;
    t.us = Number.POSITIVE_INFINITY;
    return t;
  }
  for (let path = 0; path < PATHS_MAX; path += 1) {
    const first = (asset * PATHS_MAX + path) * LEGS_MAX;
    if (t.legs[first] === 0 || follow(t, first)) return t;
  }
  return t;
}

/** Takes the path when it is better than what was found; true when all its marks are fresh. */
function follow(t: Tables, first: number): boolean {
  let rate = 1;
  let us = Number.POSITIVE_INFINITY;
  let isFresh = true;
  for (let k = first; k < first + LEGS_MAX; k += 1) {
    const leg = t.legs[k] ?? 0;
    if (leg === 0) break;
    const slot = Math.abs(leg) - 1;
    const markUs = t.markUs[slot] ?? 0;
    if (markUs === 0) return false;
    const price = t.marks[slot] ?? Number.NaN;
    rate = leg > 0 ? rate * price : rate / price;
    if (markUs < us) us = markUs;
    if (t.doubtful[slot] === 1) isFresh = false;
  }
  if (us < t.nowUs - t.options.freshUs) isFresh = false;
  if (isFresh || us > t.us) {
    t.rate = rate;
    t.us = us;
    t.first = first;
  }
  return isFresh;
}

function goesOver(t: Tables, asset: number, isIn: (instrument: Instrument) => boolean): boolean {
  const { first } = look(t, asset);
  if (first < 0) return false;
  for (let k = first; k < first + LEGS_MAX; k += 1) {
    const leg = t.legs[k] ?? 0;
    const pair = leg === 0 ? null : t.slots[Math.abs(leg) - 1];
    if (pair != null && isIn(pair)) return true;
  }
  return false;
}

// Owns seeded random desks that live: orders rest, fill, are cancelled, become unknown.
// Promise: pure; sums follow from the books; limits are wide, so that what breaks was aimed at.
import type { Random } from '../../../engine/core/ports.ts';
import * as layout from '../../../wasm/layout.ts';
import type { Asset, Book, Desk, DeskOrder, Limit, Node, Row, Scenarios } from './desk.ts';
import { DESK_MOST } from './desk-memory.ts';

/** An order that was approved and has not ended; an unknown one simply stays. */
interface Live {
  readonly order: DeskOrder;
  readonly lots: number;
}

export interface RandomDesk {
  readonly desk: Desk;
  readonly lots: readonly number[]; // units = lots / lots a unit, by instrument
  readonly isDyadic: boolean; // every number a short binary fraction: no rounding anywhere
  readonly live: Live[];
  readonly held: { portfolios: number[][]; strategies: number[][] }; // in lots
  nowUs: number;
}

const START_US = 1_700_000_000_000_000;

/** A number in [from, to). */
export const between = (random: Random, from: number, to: number): number =>
  from + (to - from) * random.uniform();
export const pick = <T>(random: Random, items: readonly T[]): T =>
  items[random.integer(items.length)]!;
const list = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

// Far off, and just off by what a double can surely tell; exactly at the limit where the numbers
// are short binary fractions, and rarely where doubles round.
const FAR = [0.5, 0.1, 1e-3];
const JUST = [1e-6, 1e-9, 4e-10, 1e-10, 3e-11, 1e-11];

/** A limit for what is asked; `scale`: the magnitudes that go into it. */
export function nearby(random: Random, asked: number, scale: number, isExact: boolean): number {
  if (random.integer(isExact ? 3 : 4000) === 0) return asked;
  const sign = pick(random, [1, -1]);
  if (random.integer(4000) === 0) return asked * (1 + sign * 2 ** -52);
  if (random.integer(4) === 0) return asked * (1 + sign * pick(random, FAR));
  return asked + Math.max(asked, scale) * sign * pick(random, JUST);
}

export function drawDesk(random: Random): RandomDesk {
  const isDyadic = random.integer(2) === 0;
  const count = 1 + random.integer(DESK_MOST.rows);
  const portfolios = 1 + random.integer(DESK_MOST.portfolios);
  const strategies = 1 + random.integer(DESK_MOST.strategies);
  const venues = 1 + random.integer(DESK_MOST.venues);
  const assets = 1 + random.integer(count);
  const places = 1 + random.integer(DESK_MOST.places);
  const of = { venues, places, assets };
  const rows = list(count, () => drawRow(random, isDyadic, of));
  const desk: Desk = {
    ...drawSystem(random, isDyadic),
    system: drawNode(random, isDyadic),
    portfolios: list(portfolios, () => drawNode(random, isDyadic)),
    strategies: list(strategies, () => drawNode(random, isDyadic)),
    venues: list(venues, () => drawNode(random, isDyadic)),
    rows,
    portfolioCells: list(portfolios, () => list(count, emptyBook)),
    strategyCells: list(strategies, () => list(count, emptyBook)),
    assets: list(assets, () => ({ long: 0, short: 0 })),
    margins: list(portfolios, () =>
      list(places, () => ({ used: 0, balance: 2 ** 40, us: START_US })),
    ),
    covariance: {
      n: count,
      sigmaW: list(count, () => 0),
      matrix: drawMatrix(random, count),
    },
    history: drawScenarios(random, count, 1 + random.integer(DESK_MOST.scenarios), Math.fround),
    shocks: { ...drawScenarios(random, count, 1 + random.integer(8), Number), rank: 0 },
  };
  const base = isDyadic ? pick(random, [1, 8, 256]) : pick(random, [1, 10, 1000]);
  const lots = list(count, () => base);
  const zeros = (books: number): number[][] => list(books, () => list(count, () => 0));
  const held = { portfolios: zeros(portfolios), strategies: zeros(strategies) };
  const drawn = { desk, lots, isDyadic, live: [], held, nowUs: START_US };
  rows.forEach((_, instrument) => {
    takePositions(random, drawn, instrument);
  });
  return drawn;
}

// ---- How the desk begins ------------------------------------------------------------------------

export const emptyBook = (): Book => ({
  position: 0,
  openBuy: 0,
  openSell: 0,
  exposure: 0,
  long: 0,
  short: 0,
});

/** Wide: nothing on a calm desk comes near; sometimes no limit at all. */
const wide = (random: Random, hard: number): Limit =>
  random.integer(8) === 0 ? { hard: Infinity, soft: Infinity } : { hard, soft: hard / 2 };

function drawSystem(random: Random, isDyadic: boolean) {
  return {
    equity: isDyadic ? 2 ** 24 : between(random, 1e6, 3e7),
    equityUs: START_US,
    variance: 0,
    markAgeUsMax: 60_000_000,
    equityAgeUsMax: 60_000_000,
    marginAgeUsMax: 60_000_000,
    duplicateUs: pick(random, [0, 10_000, 50_000, 1_000_000]),
    varZ: 1.6448536269514722,
    concentration: wide(random, 64),
    normalVar: wide(random, 64),
    historicalVar: wide(random, 64),
    stress: wide(random, 64),
    usesHistory: random.integer(4) > 0,
  };
}

type Counts = Readonly<Record<'venues' | 'places' | 'assets', number>>;

function drawRow(random: Random, isDyadic: boolean, of: Counts): Row {
  const mark = isDyadic
    ? (1 + random.integer(4000)) / pick(random, [1, 8])
    : (1 + random.integer(600_000)) / pick(random, [10, 1000]);
  return {
    ...emptyBook(),
    isTradable: true,
    isInverse: random.integer(4) === 0,
    state: layout.RISK_ACTIVE,
    mark,
    markUs: START_US,
    multiplier: pick(random, isDyadic ? [1, 0.5, 8] : [1, 0.001, 10]),
    quoteRate: isDyadic || random.integer(2) === 0 ? 1 : between(random, 0.9, 1.2),
    ownBid: 0,
    ownAsk: Infinity,
    marginRate: pick(random, isDyadic ? [0.125, 1] : [0.1, 0.05, 1]),
    venue: random.integer(of.venues),
    margin: random.integer(of.places),
    asset: random.integer(of.assets),
    probes: 1 + random.integer(3),
    probeNotional: Infinity,
    orderQty: wide(random, 2 ** 30),
    orderNotional: wide(random, 2 ** 40),
    maxPosition: wide(random, 2 ** 40),
    collar: wide(random, 2),
    passiveCollar: wide(random, 2),
    isSpot: random.integer(3) === 0,
    notionalMin: 0,
    qtyMax: pick(random, [Infinity, 2 ** 30]),
    marketQtyMax: pick(random, [Infinity, 2 ** 30]),
    bandBelow: pick(random, [Infinity, 2]),
    bandAbove: pick(random, [Infinity, 2]),
    recentCount: 0,
    recentUs: 0,
    recent: [],
  };
}

function drawNode(random: Random, isDyadic: boolean): Node {
  const limits = list(layout.NODE_CHECKS, () => wide(random, 2 ** 40));
  limits[layout.NODE_CHECK_EXPOSURE] = wide(random, 2 ** 16);
  limits[layout.NODE_CHECK_LEVERAGE] = wide(random, 2 ** 16);
  limits[layout.NODE_CHECK_RATE] = wide(random, 64);
  return {
    state: layout.RISK_ACTIVE,
    openOrders: 0,
    gross: 0,
    long: 0,
    short: 0,
    tokens: 64,
    tokensUs: START_US,
    ratePerSecond: isDyadic ? 15_625 * 2 ** random.integer(3) : 20_000,
    messages: random.integer(1000),
    trades: random.integer(200),
    tradesFloor: pick(random, [1, 64, 100]),
    probes: 1 + random.integer(3),
    probeNotional: Infinity,
    limits,
  };
}

function drawMatrix(random: Random, n: number): number[][] {
  const factor = list(n, () => between(random, -0.02, 0.05));
  const own = list(n, () => between(random, 1e-5, 1e-3));
  return list(n, (i) => list(n, (j) => factor[i]! * factor[j]! + (i === j ? own[i]! : 0)));
}

/** `kept`: what memory keeps of a return. */
function drawScenarios(
  random: Random,
  n: number,
  count: number,
  kept: (value: number) => number,
): Scenarios {
  const isTied = random.integer(4) === 0;
  const draw = (): number =>
    kept(isTied ? (random.integer(5) - 2) / 64 : Math.expm1(0.05 * random.normal()));
  return {
    rank: Math.floor((count - 1) * pick(random, [0, 0.05, 0.5, 1])),
    n,
    pnl: list(count, () => 0),
    columns: list(n, () => list(count, draw)),
  };
}

function takePositions(random: Random, drawn: RandomDesk, instrument: number): void {
  for (const books of [drawn.held.portfolios, drawn.held.strategies]) {
    for (const book of books) {
      if (random.integer(3) > 0) book[instrument] = random.integer(2001) - 1000;
    }
  }
}

// ---- How it lives -------------------------------------------------------------------------------

/** An approved order rests: it counts as open from now on. */
export function rest(drawn: RandomDesk, order: DeskOrder): void {
  const lots = Math.round(order.qty * drawn.lots[order.instrument]!);
  if (lots > 0 && drawn.live.length < 12) drawn.live.push({ order: { ...order }, lots });
}

/** Some orders end: filled, in part or whole, or cancelled. Clocks move and marks walk. */
export function advance(random: Random, drawn: RandomDesk): void {
  const { desk, live } = drawn;
  for (let n = random.integer(4); n > 0 && live.length > 0; n -= 1) {
    const [ended] = live.splice(random.integer(live.length), 1);
    if (ended !== undefined && random.integer(3) > 0) fill(drawn, ended, random);
  }
  desk.equityUs = drawn.nowUs - random.integer(1000);
  for (const row of desk.rows) {
    row.markUs = drawn.nowUs - random.integer(1000);
    if (!drawn.isDyadic) row.mark *= 1 + 0.001 * random.normal();
    row.ownBid = 0;
    row.ownAsk = Infinity;
  }
  for (const margin of desk.margins.flat()) margin.us = drawn.nowUs - random.integer(1000);
}

function fill({ desk, held, live }: RandomDesk, one: Live, random: Random): void {
  const lots = random.integer(3) === 0 ? Math.ceil(one.lots / 2) : one.lots;
  const { instrument, portfolio, strategy, side } = one.order;
  const signed = side === 0 ? lots : -lots;
  held.portfolios[portfolio]![instrument]! += signed;
  held.strategies[strategy]![instrument]! += signed;
  desk.system.trades += 1;
  if (lots < one.lots) live.push({ order: one.order, lots: one.lots - lots });
}

/** Every book and every sum from what is held and open; the weights of covariance and scenarios. */
export function sumUp(drawn: RandomDesk): readonly number[] {
  const { desk, held, live } = drawn;
  desk.rows.forEach((row, i) => {
    const total = held.portfolios.reduce((lots, book) => lots + book[i]!, 0);
    const own = live.filter(({ order }) => order.instrument === i);
    setBook(drawn, i, row, total, own);
    desk.portfolioCells.forEach((cells, p) => {
      const open = own.filter(({ order }) => order.portfolio === p);
      setBook(drawn, i, cells[i]!, held.portfolios[p]![i]!, open);
    });
    desk.strategyCells.forEach((cells, s) => {
      const open = own.filter(({ order }) => order.strategy === s);
      setBook(drawn, i, cells[i]!, held.strategies[s]![i]!, open);
    });
  });
  setNode(desk.system, desk.rows, live.length);
  desk.portfolios.forEach((node, p) => {
    const open = live.filter(({ order }) => order.portfolio === p);
    setNode(node, desk.portfolioCells[p]!, open.length);
  });
  desk.strategies.forEach((node, s) => {
    const open = live.filter(({ order }) => order.strategy === s);
    setNode(node, desk.strategyCells[s]!, open.length);
  });
  desk.venues.forEach((node, v) => {
    const rows = desk.rows.filter(({ venue }) => venue === v);
    const open = live.filter(({ order }) => desk.rows[order.instrument]!.venue === v);
    setNode(node, rows, open.length);
  });
  desk.margins.forEach((margins, p) => {
    margins.forEach((margin, m) => {
      margin.used = desk.rows.reduce((used, row, i) => {
        const { exposure } = desk.portfolioCells[p]![i]!;
        return row.margin === m ? used + exposure * row.marginRate : used;
      }, 0);
    });
  });
  desk.assets.forEach((asset, a) => {
    sumAsset(
      asset,
      desk.rows.filter((row) => row.asset === a),
    );
  });
  return desk.rows.map(({ long, short }) => (Math.abs(long) >= Math.abs(short) ? long : short));
}

function setBook(
  { desk, lots }: RandomDesk,
  instrument: number,
  book: Book,
  held: number,
  open: readonly Live[],
): void {
  const row = desk.rows[instrument]!;
  const unit = lots[instrument]!;
  const openOf = (side: number): number =>
    open.reduce((total, one) => total + (one.order.side === side ? one.lots : 0), 0) / unit;
  const money = row.multiplier * (row.isInverse ? 1 : row.mark) * row.quoteRate;
  book.position = held / unit;
  book.openBuy = openOf(0);
  book.openSell = openOf(1);
  book.long = (book.position + book.openBuy) * money;
  book.short = (book.position - book.openSell) * money;
  book.exposure = Math.max(Math.abs(book.long), Math.abs(book.short));
}

function setNode(node: Node, books: readonly Book[], openOrders: number): void {
  node.gross = books.reduce((total, { exposure }) => total + exposure, 0);
  node.long = books.reduce((total, { long }) => total + long, 0);
  node.short = books.reduce((total, { short }) => total + short, 0);
  node.openOrders = openOrders;
}

function sumAsset(asset: Asset, rows: readonly Row[]): void {
  asset.long = rows.reduce((total, { long }) => total + long, 0);
  asset.short = rows.reduce((total, { short }) => total + short, 0);
}

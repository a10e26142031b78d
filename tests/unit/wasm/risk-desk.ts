// Owns a risk state in shared memory that lets an ordinary order out, for the tests of the check.
// Promise: no limit is set until a test sets it by name; every table has more than one entry.
import * as layout from '../../../wasm/layout.ts';
import { type Arena, createArena } from './arena.ts';

export const NOW_US = 1_700_000_000_000_000;
export const ROWS = 4;
export const PORTFOLIOS = 2;
export const STRATEGIES = 3;
export const VENUES = 2;
export const MARGIN_PLACES = 3;
export const ASSETS = 3;
export const SCENARIOS = 5;

export interface RiskOrder {
  readonly instrument: number;
  readonly side: number;
  readonly flags: number;
  readonly portfolio: number;
  readonly strategy: number;
  readonly price: number;
  readonly value: number; // 0: as its price
  readonly qty: number;
  readonly spends: number;
  readonly available: number;
  readonly closable: number;
  readonly carried: number;
  readonly nowUs: number;
}

/** Portfolio 1, strategy 2, venue 1, asset 2: none of them the first of its table. */
export const DEFAULT_ORDER: RiskOrder = {
  instrument: 1,
  side: 0,
  flags: 0,
  portfolio: 1,
  strategy: 2,
  price: 100,
  value: 0,
  qty: 10,
  spends: 0,
  available: 0,
  closable: 10,
  carried: 0,
  nowUs: NOW_US,
};

export const ORDER_CHECKS = [
  'input',
  'tradable',
  'state',
  'markAge',
  'equityAge',
  'collar',
  'passiveCollar',
  'priceBand',
  'orderQty',
  'qtyMax',
  'orderNotional',
  'notionalMin',
  'balance',
  'position',
  'reduceOnly',
  'duplicate',
  'selfTrade',
  'concentration',
  'margin',
  'var',
  'historicalVar',
  'stress',
] as const;
export const NODE_CHECKS = [
  'state',
  'orderNotional',
  'gross',
  'net',
  'exposure',
  'leverage',
  'openOrders',
  'rate',
  'orderToTrade',
] as const;
export const LEVELS = ['system', 'portfolio', 'strategy', 'venue'] as const;
export type Level = (typeof LEVELS)[number];
export type NodeCheck = (typeof NODE_CHECKS)[number];
export type CheckName = (typeof ORDER_CHECKS)[number] | `${Level}.${NodeCheck}`;

/** By number: the order's checks, then those of each level. */
export const CHECK_NAMES: readonly CheckName[] = [
  ...ORDER_CHECKS,
  ...LEVELS.flatMap((level) => NODE_CHECKS.map((check) => `${level}.${check}` as const)),
];

/** What the answer half says of one check. */
export interface Answer {
  readonly asked: number;
  readonly hard: number;
  readonly soft: number;
}

export interface RiskDesk {
  readonly arena: Arena;
  readonly system: number;
  readonly order: number;
  readonly row: number; // of the ordinary order, as are the places below
  readonly covariance: number;
  readonly history: number;
  readonly shocks: number;
  readonly asset: number;
  readonly margins: number;
  readonly margin: number;
  readonly recent: number;
  rowOf(instrument: number): number;
  node(level: Level): number;
  cell(level: 'portfolio' | 'strategy'): number;
  /** Where the book lies that a level looks at: position, open buys, open sells and so on. */
  book(level: Level): number;
  /** Names of the hard limits the order breaks, in the order of the checks. */
  check(order?: Partial<RiskOrder>): CheckName[];
  /** Names of the soft limits the last order went beyond. */
  warnings(): CheckName[];
  answer(check: CheckName): Answer;
  setNumber(at: number, value: number): void;
  setWord(at: number, value: number): void;
  readNumber(at: number): number;
  readWord(at: number): number;
  setLimit(at: number, hard: number, soft?: number): void;
  setNodeLimit(level: Level, check: NodeCheck, hard: number, soft?: number): void;
  setBook(at: number, position: number, openBuy: number, openSell: number): void;
}

const SYSTEM: readonly (readonly [number, number])[] = [
  [layout.RISK_EQUITY, 1_000_000],
  [layout.RISK_EQUITY_US, NOW_US],
  [layout.RISK_MARK_AGE_US_MAX, 5_000_000],
  [layout.RISK_EQUITY_AGE_US_MAX, 60_000_000],
  [layout.RISK_MARGIN_AGE_US_MAX, 60_000_000],
  [layout.RISK_VAR_Z, 1.6448536269514722],
];
export const SYSTEM_LIMITS = [
  layout.RISK_CONCENTRATION,
  layout.RISK_VAR,
  layout.RISK_HISTORICAL_VAR,
  layout.RISK_STRESS,
] as const;
const ROW: readonly (readonly [number, number])[] = [
  [layout.ROW_MARK, 100],
  [layout.ROW_MARK_US, NOW_US],
  [layout.ROW_MULTIPLIER, 1],
  [layout.ROW_QUOTE_RATE, 1],
  [layout.ROW_OWN_ASK, Number.POSITIVE_INFINITY],
  [layout.ROW_MARGIN_RATE, 0.1],
  [layout.ROW_QTY_MAX, Number.POSITIVE_INFINITY],
  [layout.ROW_MARKET_QTY_MAX, Number.POSITIVE_INFINITY],
  [layout.ROW_BAND_BELOW, Number.POSITIVE_INFINITY],
  [layout.ROW_BAND_ABOVE, Number.POSITIVE_INFINITY],
];
export const ROW_LIMITS = [
  layout.ROW_ORDER_QTY,
  layout.ROW_ORDER_NOTIONAL,
  layout.ROW_MAX_POSITION,
  layout.ROW_COLLAR,
  layout.ROW_PASSIVE_COLLAR,
] as const;
const BOOK_COUNT = PORTFOLIOS + STRATEGIES;
export const ROW_BYTES = layout.ROW_CELLS + BOOK_COUNT * layout.CELL_BYTES;
const NODE_COUNT = 1 + BOOK_COUNT + VENUES;
const SCENARIO_HEAD = layout.SCENARIOS_PNL + layout.SCENARIOS_BYTES_EACH * SCENARIOS;
const scenarioBytes = SCENARIO_HEAD + 8 * SCENARIOS * ROWS;

interface Tables {
  readonly system: number;
  readonly nodes: number;
  readonly rows: number;
  readonly assets: number;
  readonly margins: number;
  readonly covariance: number;
  readonly history: number;
  readonly shocks: number;
  readonly order: number;
}

function takeTables({ take }: Arena): Tables {
  return {
    system: take(layout.RISK_SYSTEM_BYTES),
    nodes: take(NODE_COUNT * layout.NODE_BYTES),
    rows: take(ROWS * ROW_BYTES),
    assets: take(ASSETS * layout.ASSET_BYTES),
    margins: take(PORTFOLIOS * MARGIN_PLACES * layout.MARGIN_BYTES),
    covariance: take(layout.COVARIANCE_WEIGHTS + 8 * (3 * ROWS + ROWS * ROWS)),
    history: take(scenarioBytes),
    shocks: take(scenarioBytes),
    order: take(layout.ORDER_BYTES),
  };
}

function fillSystem({ writeF64, writeU32 }: Arena, tables: Tables): void {
  for (const [column, value] of SYSTEM) writeF64(tables.system + column, value);
  const words: readonly (readonly [number, number])[] = [
    [layout.RISK_NODES, tables.nodes],
    [layout.RISK_PORTFOLIOS, PORTFOLIOS],
    [layout.RISK_STRATEGIES, STRATEGIES],
    [layout.RISK_VENUES, VENUES],
    [layout.RISK_ROWS, tables.rows],
    [layout.RISK_ROW_COUNT, ROWS],
    [layout.RISK_ROW_STRIDE, ROW_BYTES],
    [layout.RISK_ASSETS, tables.assets],
    [layout.RISK_ASSET_COUNT, ASSETS],
    [layout.RISK_MARGINS, tables.margins],
    [layout.RISK_MARGIN_PLACES, MARGIN_PLACES],
    [layout.RISK_COVARIANCE, tables.covariance],
    [layout.RISK_HISTORY, tables.history],
    [layout.RISK_SHOCKS, tables.shocks],
    [layout.RISK_FLAGS, layout.RISK_USES_HISTORY],
  ];
  for (const [column, value] of words) writeU32(tables.system + column, value);
  writeU32(tables.covariance + layout.COVARIANCE_N, ROWS);
  for (const block of [tables.history, tables.shocks]) {
    writeU32(block + layout.SCENARIOS_COUNT, SCENARIOS);
    writeU32(block + layout.SCENARIOS_N, ROWS);
    writeU32(block + layout.SCENARIOS_COLUMNS, block + SCENARIO_HEAD);
    const width = block === tables.history ? 4 : 8;
    writeU32(block + layout.SCENARIOS_STRIDE, width * SCENARIOS);
    writeU32(block + layout.SCENARIOS_WIDTH, width);
  }
}

function writeOrder(arena: Arena, at: number, order: RiskOrder): void {
  arena.writeU32(at + layout.ORDER_INSTRUMENT, order.instrument);
  arena.writeU32(at + layout.ORDER_SIDE, order.side);
  arena.writeU32(at + layout.ORDER_FLAGS, order.flags);
  arena.writeU32(at + layout.ORDER_PORTFOLIO, order.portfolio);
  arena.writeU32(at + layout.ORDER_STRATEGY, order.strategy);
  arena.writeF64(at + layout.ORDER_PRICE, order.price);
  arena.writeF64(at + layout.ORDER_QTY, order.qty);
  arena.writeF64(at + layout.ORDER_VALUE, order.value === 0 ? order.price : order.value);
  arena.writeF64(at + layout.ORDER_SPENDS, order.spends);
  arena.writeF64(at + layout.ORDER_AVAILABLE, order.available);
  arena.writeF64(at + layout.ORDER_CLOSABLE, order.closable);
  arena.writeF64(at + layout.ORDER_CARRIED, order.carried);
  arena.writeF64(at + layout.ORDER_NOW_US, order.nowUs);
}

const namesAt = ({ readU32 }: Arena, at: number): CheckName[] =>
  CHECK_NAMES.filter((_, bit) => {
    const word = readU32(at + (bit < 32 ? 0 : 4));
    return (word & (1 << (bit % 32))) !== 0;
  });

const NODE_OF: Record<Level, number> = {
  system: 0,
  portfolio: 1 + DEFAULT_ORDER.portfolio,
  strategy: 1 + PORTFOLIOS + DEFAULT_ORDER.strategy,
  venue: 1 + BOOK_COUNT + 1,
};
const BOOK_OF = {
  portfolio: DEFAULT_ORDER.portfolio,
  strategy: PORTFOLIOS + DEFAULT_ORDER.strategy,
};

export function createRiskDesk(): RiskDesk {
  const arena = createArena(1 << 17);
  const tables = takeTables(arena);
  fillSystem(arena, tables);
  const { order } = tables;
  const desk: RiskDesk = {
    ...placesOf(tables),
    ...writersOf(arena, tables),
    check(changes = {}) {
      writeOrder(arena, order, { ...DEFAULT_ORDER, ...changes });
      const count = arena.kernels.riskCheck(tables.system, order);
      const names = namesAt(arena, order + layout.ORDER_HARD);
      if (names.length !== count) throw new Error(`${count} said, but ${names.length} bits set`);
      return names;
    },
    warnings: () => namesAt(arena, order + layout.ORDER_SOFT),
    answer(check) {
      const number = CHECK_NAMES.indexOf(check);
      const at = order + layout.ORDER_RESULTS + number * layout.ORDER_RESULT_BYTES;
      const [asked, hard, soft] = [at, at + 8, at + 16].map(arena.readF64);
      return { asked: asked!, hard: hard!, soft: soft! };
    },
  };
  openEveryLimit(desk);
  return desk;
}

const rowAt = ({ rows }: Tables, instrument: number): number => rows + instrument * ROW_BYTES;
const nodeAt = ({ nodes }: Tables, level: Level): number =>
  nodes + NODE_OF[level] * layout.NODE_BYTES;

/** Where things lie that the ordinary order looks at. */
function placesOf(tables: Tables) {
  const { instrument } = DEFAULT_ORDER;
  const row = rowAt(tables, instrument);
  const cell = (level: 'portfolio' | 'strategy'): number =>
    row + layout.ROW_CELLS + BOOK_OF[level] * layout.CELL_BYTES;
  return {
    ...tables,
    row,
    asset: tables.assets + 2 * layout.ASSET_BYTES,
    margin: tables.margins + (DEFAULT_ORDER.portfolio * MARGIN_PLACES + 2) * layout.MARGIN_BYTES,
    recent: row + layout.ROW_RING,
    rowOf: (other: number): number => rowAt(tables, other),
    node: (level: Level): number => nodeAt(tables, level),
    cell,
    book: (level: Level): number =>
      level === 'portfolio' || level === 'strategy' ? cell(level) : row + layout.ROW_POSITION,
  };
}

function writersOf(arena: Arena, tables: Tables) {
  const { readF64, readU32, writeF64, writeU32 } = arena;
  const setLimit = (at: number, hard: number, soft = Number.POSITIVE_INFINITY): void => {
    writeF64(at, hard);
    writeF64(at + 8, soft);
  };
  return {
    arena,
    setNumber: writeF64,
    setWord: writeU32,
    readNumber: readF64,
    readWord: readU32,
    setLimit,
    setNodeLimit(level: Level, check: NodeCheck, hard: number, soft?: number): void {
      const limits = nodeAt(tables, level) + layout.NODE_LIMITS;
      setLimit(limits + NODE_CHECKS.indexOf(check) * 16, hard, soft);
    },
    setBook(at: number, position: number, openBuy: number, openSell: number): void {
      writeF64(at + layout.CELL_POSITION, position);
      writeF64(at + layout.CELL_OPEN_BUY, openBuy);
      writeF64(at + layout.CELL_OPEN_SELL, openSell);
    },
  };
}

function openEveryLimit(desk: RiskDesk): void {
  const none = Number.POSITIVE_INFINITY;
  for (const column of SYSTEM_LIMITS) desk.setLimit(desk.system + column, none);
  for (let k = 0; k < ROWS; k += 1) {
    const row = desk.rowOf(k);
    desk.setWord(row + layout.ROW_FLAGS, layout.ROW_TRADABLE);
    desk.setWord(row + layout.ROW_VENUE, k % VENUES);
    desk.setWord(row + layout.ROW_MARGIN, (k + 1) % MARGIN_PLACES);
    desk.setWord(row + layout.ROW_ASSET, (k + 1) % ASSETS);
    for (const [column, value] of ROW) desk.setNumber(row + column, value);
    for (const column of ROW_LIMITS) desk.setLimit(row + column, none);
  }
  for (let k = 0; k < PORTFOLIOS * MARGIN_PLACES; k += 1) {
    const margin = desk.margins + k * layout.MARGIN_BYTES;
    desk.setNumber(margin + layout.MARGIN_BALANCE, none);
    desk.setNumber(margin + layout.MARGIN_US, NOW_US);
  }
  for (let k = 0; k < NODE_COUNT; k += 1) {
    const node = desk.node('system') + k * layout.NODE_BYTES;
    desk.setNumber(node + layout.NODE_TRADES_FLOOR, 1);
    desk.setNumber(node + layout.NODE_TOKENS_US, NOW_US);
    for (let check = 0; check < layout.NODE_CHECKS; check += 1) {
      desk.setLimit(node + layout.NODE_LIMITS + check * 16, none);
    }
  }
}

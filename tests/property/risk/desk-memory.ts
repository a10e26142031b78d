// Owns the way of a desk into the kernel's bytes and of its answer back, after wasm/layout.ts.
// Promise: writes every byte the check may read; a shadow of the same bytes shows what it wrote.
import { KERNEL_BASE } from '../../../engine/memory/plan.ts';
import * as layout from '../../../wasm/layout.ts';
import { type Arena, createArena } from '../../unit/wasm/arena.ts';
import type { Book, Desk, DeskOrder, Limit, Node, Row, Scenarios } from './desk.ts';

interface Bytes {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
}

export interface Reply {
  readonly count: number; // what riskCheck returned
  readonly hard: bigint;
  readonly soft: bigint;
  readonly notional: number;
  readonly exposureAfter: number;
  asked(check: number): number;
}

/** Room for the largest desk that is ever drawn. */
export const DESK_MOST = {
  rows: 6,
  portfolios: 3,
  strategies: 4,
  venues: 3,
  places: 4,
  scenarios: 40,
};

const ROOM = {
  nodes: (1 + DESK_MOST.portfolios + DESK_MOST.strategies + DESK_MOST.venues) * layout.NODE_BYTES,
  scenarios: layout.SCENARIOS_PNL + 24 * DESK_MOST.scenarios,
  columns: 8 * DESK_MOST.scenarios * DESK_MOST.rows,
  covariance: layout.COVARIANCE_WEIGHTS + 8 * (3 * DESK_MOST.rows + DESK_MOST.rows ** 2),
};

// From a row to the next; a line longer than it needs to be.
const ROW_STRIDE =
  layout.ROW_CELLS + (1 + DESK_MOST.portfolios + DESK_MOST.strategies) * layout.CELL_BYTES;

export type DeskMemory = ReturnType<typeof createDeskMemory>;

/** One desk's tables on a memory of their own, with the compiled kernels. */
export function createDeskMemory() {
  const arena = createArena(1 << 16);
  const at = takePlaces(arena);
  const { numbers, words, floats } = arena;
  const shadow: Bytes = shadowOf(arena);
  return {
    /** Has the engine's own kernels sum up the block of every scenario and the variance. */
    refresh(desk: Desk, weights: readonly number[]): void {
      writeDesk({ numbers, words, floats }, at, desk);
      writeStill({ numbers, words, floats }, at, desk);
      sumUpBlocks(arena, at, desk, weights);
      shadow.words.set(words);
    },
    ask(desk: Desk, order: DeskOrder): Reply {
      writeDesk({ numbers, words, floats }, at, desk);
      writeOrder({ numbers, words, floats }, at.order, order);
      const count = arena.kernels.riskCheck(at.system, at.order);
      return replyOf({ numbers, words, floats }, at.order, count);
    },
    /** Byte offsets, from the first region, where memory is not what `desk` says; [] = equal. */
    differences(desk: Desk): readonly string[] {
      writeDesk(shadow, at, desk);
      return differ(words, shadow.words, at, desk);
    },
    /** The bytes' own probes or tokens of a node, or probes of a row. */
    readBack(desk: Desk, holder: object, key: 'probes' | 'tokens'): number {
      const node = nodesOf(desk).indexOf(holder as Node);
      const row = desk.rows.indexOf(holder as Row);
      const from = node >= 0 ? at.nodes + node * layout.NODE_BYTES : at.rows + row * ROW_STRIDE;
      const inNode = key === 'probes' ? layout.NODE_PROBES : layout.NODE_TOKENS;
      return numbers[(from + (node >= 0 ? inNode : layout.ROW_PROBES)) / 8]!;
    },
  };
}

const takePlaces = (arena: Arena): Places => ({
  system: arena.take(layout.RISK_SYSTEM_BYTES),
  nodes: arena.take(ROOM.nodes),
  rows: arena.take(DESK_MOST.rows * ROW_STRIDE),
  assets: arena.take(DESK_MOST.rows * layout.ASSET_BYTES),
  margins: arena.take(DESK_MOST.portfolios * DESK_MOST.places * layout.MARGIN_BYTES),
  covariance: arena.take(ROOM.covariance),
  history: arena.take(ROOM.scenarios),
  historyColumns: arena.take(ROOM.columns),
  shocks: arena.take(ROOM.scenarios),
  shockColumns: arena.take(ROOM.columns),
  weights: arena.take(8 * DESK_MOST.rows),
  order: arena.take(layout.ORDER_BYTES), // the last: what lies before it is compared
});

function sumUpBlocks(arena: Arena, at: Places, desk: Desk, weights: readonly number[]): void {
  const { numbers, kernels } = arena;
  numbers.set(weights, at.weights / 8);
  numbers.set(weights, (at.covariance + layout.COVARIANCE_WEIGHTS) / 8);
  desk.variance = kernels.covarianceRefresh(at.covariance);
  const sigmaW = (at.covariance + layout.COVARIANCE_WEIGHTS) / 8 + desk.rows.length;
  desk.covariance.sigmaW = desk.rows.map((_, i) => numbers[sigmaW + i]!);
  for (const [block, to] of [
    [desk.history, at.history],
    [desk.shocks, at.shocks],
  ] as const) {
    kernels.scenarioRefresh(to, at.weights);
    block.pnl = block.pnl.map((_, t) => numbers[(to + layout.SCENARIOS_PNL) / 8 + t]!);
  }
}

interface Places {
  readonly system: number;
  readonly nodes: number;
  readonly rows: number;
  readonly assets: number;
  readonly margins: number;
  readonly covariance: number;
  readonly history: number;
  readonly historyColumns: number;
  readonly shocks: number;
  readonly shockColumns: number;
  readonly weights: number;
  readonly order: number;
}

function shadowOf(arena: Arena): Bytes {
  const bytes = new ArrayBuffer(arena.buffer.byteLength);
  return {
    numbers: new Float64Array(bytes),
    words: new Uint32Array(bytes),
    floats: new Float32Array(bytes),
  };
}

export const nodesOf = (desk: Desk): readonly Node[] => [
  desk.system,
  ...desk.portfolios,
  ...desk.strategies,
  ...desk.venues,
];

// The scratch of a scenario block and the order itself are the kernel's to write.
function differ(now: Uint32Array, then: Uint32Array, at: Places, desk: Desk): readonly string[] {
  const found: string[] = [];
  const isScratch = (offset: number): boolean =>
    isWithin(offset, at.history, desk.history) || isWithin(offset, at.shocks, desk.shocks);
  for (let k = KERNEL_BASE / 4; k < at.order / 4; k += 1) {
    if (now[k] === then[k] || isScratch(k * 4)) continue;
    const name = Object.entries(at).findLast(([, from]) => from <= k * 4);
    found.push(`${name?.[0] ?? '?'}+${k * 4 - (name?.[1] ?? 0)}`);
  }
  return found;
}

function isWithin(offset: number, block: number, { pnl }: Scenarios): boolean {
  const from = block + layout.SCENARIOS_PNL + 8 * pnl.length;
  return offset >= from && offset < from + 8 * pnl.length;
}

function writeDesk(bytes: Bytes, at: Places, desk: Desk): void {
  writeSystem(bytes, at, desk);
  nodesOf(desk).forEach((node, k) => {
    writeNode(bytes, at.nodes + k * layout.NODE_BYTES, node);
  });
  desk.rows.forEach((row, k) => {
    writeRow(bytes, at.rows + k * ROW_STRIDE, row);
    writeRecent(bytes, at.rows + k * ROW_STRIDE + layout.ROW_RING, row);
  });
  const books = [...desk.portfolioCells, ...desk.strategyCells];
  books.forEach((cells, book) => {
    cells.forEach((cell, k) => {
      const cells = at.rows + k * ROW_STRIDE + layout.ROW_CELLS;
      writeCell(bytes, cells + book * layout.CELL_BYTES, cell);
    });
  });
  desk.assets.forEach((asset, k) => {
    const to = (at.assets + k * layout.ASSET_BYTES) / 8;
    bytes.numbers.set([asset.long, asset.short], to);
  });
  desk.margins.flat().forEach(({ used, balance, us }, k) => {
    bytes.numbers.set([used, balance, us], (at.margins + k * layout.MARGIN_BYTES) / 8);
  });
  bytes.words[(at.covariance + layout.COVARIANCE_N) / 4] = desk.covariance.n;
  const sigmaW = at.covariance + layout.COVARIANCE_WEIGHTS + 8 * desk.rows.length;
  bytes.numbers.set(desk.covariance.sigmaW, sigmaW / 8);
  writeScenarios(bytes, at.history, at.historyColumns, 4, desk.history);
  writeScenarios(bytes, at.shocks, at.shockColumns, 8, desk.shocks);
}

// What no order and no odd value ever changes: returns, and the covariance matrix with what rows
// have of it.
function writeStill(bytes: Bytes, at: Places, desk: Desk): void {
  const n = desk.rows.length;
  const matrix = (at.covariance + layout.COVARIANCE_WEIGHTS) / 8 + 3 * n;
  desk.covariance.matrix.forEach((line, i) => {
    bytes.numbers.set(line, matrix + i * n);
    const own = at.rows + i * ROW_STRIDE + layout.ROW_VARIANCE;
    bytes.numbers[own / 8] = line[i]!;
  });
  const { length } = desk.history.pnl;
  desk.history.columns.forEach((column, i) => {
    bytes.floats.set(column, at.historyColumns / 4 + i * length);
  });
  desk.shocks.columns.forEach((column, i) => {
    bytes.numbers.set(column, at.shockColumns / 8 + i * desk.shocks.pnl.length);
  });
}

function writeScenarios(
  { numbers, words }: Bytes,
  at: number,
  columns: number,
  width: number,
  block: Scenarios,
): void {
  words[(at + layout.SCENARIOS_COLUMNS) / 4] = columns;
  words[(at + layout.SCENARIOS_STRIDE) / 4] = width * block.pnl.length;
  words[(at + layout.SCENARIOS_WIDTH) / 4] = width;
  words[(at + layout.SCENARIOS_COUNT) / 4] = block.pnl.length;
  words[(at + layout.SCENARIOS_N) / 4] = block.n;
  words[(at + layout.SCENARIOS_RANK) / 4] = block.rank;
  numbers.set(block.pnl, (at + layout.SCENARIOS_PNL) / 8);
}

function writeLimit(numbers: Float64Array, at: number, { hard, soft }: Limit): void {
  numbers[at / 8] = hard;
  numbers[at / 8 + 1] = soft;
}

function writeSystem({ numbers, words }: Bytes, at: Places, desk: Desk): void {
  const put = (offset: number, value: number): void => {
    numbers[(at.system + offset) / 8] = value;
  };
  put(layout.RISK_EQUITY, desk.equity);
  put(layout.RISK_EQUITY_US, desk.equityUs);
  put(layout.RISK_VARIANCE, desk.variance);
  put(layout.RISK_MARK_AGE_US_MAX, desk.markAgeUsMax);
  put(layout.RISK_EQUITY_AGE_US_MAX, desk.equityAgeUsMax);
  put(layout.RISK_MARGIN_AGE_US_MAX, desk.marginAgeUsMax);
  put(layout.RISK_DUPLICATE_US, desk.duplicateUs);
  put(layout.RISK_VAR_Z, desk.varZ);
  writeLimit(numbers, at.system + layout.RISK_CONCENTRATION, desk.concentration);
  writeLimit(numbers, at.system + layout.RISK_VAR, desk.normalVar);
  writeLimit(numbers, at.system + layout.RISK_HISTORICAL_VAR, desk.historicalVar);
  writeLimit(numbers, at.system + layout.RISK_STRESS, desk.stress);
  const link = (offset: number, value: number): void => {
    words[(at.system + offset) / 4] = value;
  };
  link(layout.RISK_NODES, at.nodes);
  link(layout.RISK_PORTFOLIOS, desk.portfolios.length);
  link(layout.RISK_STRATEGIES, desk.strategies.length);
  link(layout.RISK_VENUES, desk.venues.length);
  link(layout.RISK_ROWS, at.rows);
  link(layout.RISK_ROW_COUNT, desk.rows.length);
  link(layout.RISK_ROW_STRIDE, ROW_STRIDE);
  link(layout.RISK_ASSETS, at.assets);
  link(layout.RISK_ASSET_COUNT, desk.assets.length);
  link(layout.RISK_MARGINS, at.margins);
  link(layout.RISK_MARGIN_PLACES, desk.margins[0]?.length ?? 0);
  link(layout.RISK_COVARIANCE, at.covariance);
  link(layout.RISK_HISTORY, at.history);
  link(layout.RISK_SHOCKS, at.shocks);
  link(layout.RISK_FLAGS, desk.usesHistory ? layout.RISK_USES_HISTORY : 0);
}

function writeNode({ numbers, words }: Bytes, at: number, node: Node): void {
  const put = (offset: number, value: number): void => {
    numbers[(at + offset) / 8] = value;
  };
  words[(at + layout.NODE_STATE) / 4] = node.state;
  words[(at + layout.NODE_OPEN_ORDERS) / 4] = node.openOrders;
  put(layout.NODE_GROSS, node.gross);
  put(layout.NODE_LONG, node.long);
  put(layout.NODE_SHORT, node.short);
  put(layout.NODE_TOKENS, node.tokens);
  put(layout.NODE_TOKENS_US, node.tokensUs);
  put(layout.NODE_RATE_PER_SECOND, node.ratePerSecond);
  put(layout.NODE_MESSAGES, node.messages);
  put(layout.NODE_TRADES, node.trades);
  put(layout.NODE_TRADES_FLOOR, node.tradesFloor);
  put(layout.NODE_PROBES, node.probes);
  put(layout.NODE_PROBE_NOTIONAL, node.probeNotional);
  node.limits.forEach((limit, check) => {
    writeLimit(numbers, at + layout.NODE_LIMITS + 16 * check, limit);
  });
}

function writeRow({ numbers, words }: Bytes, at: number, row: Row): void {
  const put = (offset: number, value: number): void => {
    numbers[(at + offset) / 8] = value;
  };
  words[(at + layout.ROW_FLAGS) / 4] =
    (row.isTradable ? layout.ROW_TRADABLE : 0) |
    (row.isInverse ? layout.ROW_INVERSE : 0) |
    (row.isSpot ? layout.ROW_SPOT : 0);
  words[(at + layout.ROW_STATE) / 4] = row.state;
  words[(at + layout.ROW_VENUE) / 4] = row.venue;
  words[(at + layout.ROW_MARGIN) / 4] = row.margin;
  words[(at + layout.ROW_ASSET) / 4] = row.asset;
  words[(at + layout.ROW_RECENT) / 4] = row.recentCount;
  put(layout.ROW_RECENT_US, row.recentUs);
  put(layout.ROW_MARK, row.mark);
  put(layout.ROW_MARK_US, row.markUs);
  put(layout.ROW_MULTIPLIER, row.multiplier);
  put(layout.ROW_QUOTE_RATE, row.quoteRate);
  put(layout.ROW_POSITION, row.position);
  put(layout.ROW_OPEN_BUY, row.openBuy);
  put(layout.ROW_OPEN_SELL, row.openSell);
  put(layout.ROW_EXPOSURE, row.exposure);
  put(layout.ROW_LONG, row.long);
  put(layout.ROW_SHORT, row.short);
  put(layout.ROW_OWN_BID, row.ownBid);
  put(layout.ROW_OWN_ASK, row.ownAsk);
  put(layout.ROW_MARGIN_RATE, row.marginRate);
  put(layout.ROW_PROBES, row.probes);
  put(layout.ROW_PROBE_NOTIONAL, row.probeNotional);
  writeLimit(numbers, at + layout.ROW_ORDER_QTY, row.orderQty);
  writeLimit(numbers, at + layout.ROW_ORDER_NOTIONAL, row.orderNotional);
  writeLimit(numbers, at + layout.ROW_MAX_POSITION, row.maxPosition);
  writeLimit(numbers, at + layout.ROW_COLLAR, row.collar);
  writeLimit(numbers, at + layout.ROW_PASSIVE_COLLAR, row.passiveCollar);
  put(layout.ROW_NOTIONAL_MIN, row.notionalMin);
  put(layout.ROW_QTY_MAX, row.qtyMax);
  put(layout.ROW_MARKET_QTY_MAX, row.marketQtyMax);
  put(layout.ROW_BAND_BELOW, row.bandBelow);
  put(layout.ROW_BAND_ABOVE, row.bandAbove);
}

function writeCell({ numbers }: Bytes, at: number, cell: Book): void {
  const { position, openBuy, openSell, exposure, long, short } = cell;
  numbers[(at + layout.CELL_POSITION) / 8] = position;
  numbers[(at + layout.CELL_OPEN_BUY) / 8] = openBuy;
  numbers[(at + layout.CELL_OPEN_SELL) / 8] = openSell;
  numbers[(at + layout.CELL_EXPOSURE) / 8] = exposure;
  numbers[(at + layout.CELL_LONG) / 8] = long;
  numbers[(at + layout.CELL_SHORT) / 8] = short;
}

// A ring that was never written holds zeros: they are no orders.
function writeRecent({ numbers, words }: Bytes, at: number, row: Row): void {
  for (let slot = 0; slot < layout.RECENT_KEPT; slot += 1) {
    const to = at + slot * layout.RECENT_BYTES;
    const one = row.recent[slot];
    numbers[(to + layout.RECENT_US) / 8] = one?.us ?? 0;
    numbers[(to + layout.RECENT_PRICE) / 8] = one?.price ?? 0;
    numbers[(to + layout.RECENT_QTY) / 8] = one?.qty ?? 0;
    words[(to + layout.RECENT_SIDE) / 4] = one === undefined ? 0 : one.side + 2 * one.portfolio;
    words[(to + layout.RECENT_STRATEGY) / 4] = one?.strategy ?? 0;
  }
}

function writeOrder({ numbers, words }: Bytes, at: number, order: DeskOrder): void {
  words[(at + layout.ORDER_INSTRUMENT) / 4] = order.instrument;
  words[(at + layout.ORDER_SIDE) / 4] = order.side;
  words[(at + layout.ORDER_FLAGS) / 4] =
    (order.isReduceOnly ? layout.ORDER_REDUCE_ONLY : 0) |
    (order.isLiquidation ? layout.ORDER_LIQUIDATION : 0) |
    (order.isPreview ? layout.ORDER_PREVIEW : 0) |
    (order.isMarket ? layout.ORDER_MARKET : 0);
  words[(at + layout.ORDER_PORTFOLIO) / 4] = order.portfolio;
  words[(at + layout.ORDER_STRATEGY) / 4] = order.strategy;
  numbers[(at + layout.ORDER_PRICE) / 8] = order.price;
  numbers[(at + layout.ORDER_QTY) / 8] = order.qty;
  numbers[(at + layout.ORDER_VALUE) / 8] = order.value;
  numbers[(at + layout.ORDER_SPENDS) / 8] = order.spends;
  numbers[(at + layout.ORDER_AVAILABLE) / 8] = order.available;
  numbers[(at + layout.ORDER_CLOSABLE) / 8] = order.closable;
  numbers[(at + layout.ORDER_CARRIED) / 8] = order.carried;
  numbers[(at + layout.ORDER_NOW_US) / 8] = order.nowUs;
}

function replyOf({ numbers, words }: Bytes, at: number, count: number): Reply {
  const mask = (offset: number): bigint =>
    BigInt(words[(at + offset) / 4]!) | (BigInt(words[(at + offset) / 4 + 1]!) << 32n);
  return {
    count,
    hard: mask(layout.ORDER_HARD),
    soft: mask(layout.ORDER_SOFT),
    notional: numbers[(at + layout.ORDER_NOTIONAL) / 8]!,
    exposureAfter: numbers[(at + layout.ORDER_EXPOSURE_AFTER) / 8]!,
    asked: (check) => numbers[(at + layout.ORDER_RESULTS + check * layout.ORDER_RESULT_BYTES) / 8]!,
  };
}

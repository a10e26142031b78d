// Owns the risk tables of the kernel benchmark: a portfolio of many assets under a tree of limits.
// Promise: seeded; the sums say what the rows and cells say; most orders pass, some break a limit.

import { createRandom } from '../engine/core/random.ts';
import { columnBytes, HISTORY_WIDTH, SHOCK_WIDTH, scenarioBytes } from '../engine/memory/plan.ts';
import * as layout from '../wasm/layout.ts';
import { createKernelState, type KernelState } from './kernel-state.ts';

export interface RiskSizes {
  readonly instruments: number;
  readonly held: number; // instruments with a position
  readonly scenarios: number; // of history
  readonly shocks: number; // stress scenarios
}

/** Byte offsets of the tables; what the kernel finds through the system block. */
export interface RiskState {
  readonly state: KernelState;
  readonly sizes: RiskSizes;
  readonly system: number;
  readonly order: number;
  readonly nodes: number;
  readonly rows: number;
  readonly assets: number;
  readonly margins: number;
  readonly covariance: number;
  readonly history: number;
  readonly historyColumns: number;
  readonly shocks: number;
  readonly shockColumns: number;
}

export const NOW_US = 1_700_000_000_000_000;
export const PORTFOLIOS = 2;
export const STRATEGIES = 4;
export const VENUES = 3;
export const MARGIN_PLACES = 4;
const NODES = 1 + PORTFOLIOS + STRATEGIES + VENUES;
const BOOKS = PORTFOLIOS + STRATEGIES;
export const ROW_BYTES = layout.ROW_CELLS + BOOKS * layout.CELL_BYTES;
const PRICE = 100;

export function createRiskState(sizes: RiskSizes, usesHistory: boolean): RiskState {
  const { instruments, scenarios, shocks } = sizes;
  const bytes = {
    nodes: NODES * layout.NODE_BYTES,
    rows: instruments * ROW_BYTES,
    assets: instruments * layout.ASSET_BYTES,
    margins: PORTFOLIOS * MARGIN_PLACES * layout.MARGIN_BYTES,
    covariance: layout.COVARIANCE_WEIGHTS + 8 * (3 * instruments + instruments ** 2),
    history: scenarioBytes(scenarios),
    historyColumns: instruments * columnBytes(scenarios, HISTORY_WIDTH),
    shocks: scenarioBytes(shocks),
    shockColumns: instruments * columnBytes(shocks, SHOCK_WIDTH),
  };
  const total = Object.values(bytes).reduce((sum, one) => sum + one + 64, 4096);
  const state = createKernelState(total);
  const risk: RiskState = {
    state,
    sizes,
    system: state.take(layout.RISK_SYSTEM_BYTES),
    order: state.take(layout.ORDER_BYTES),
    nodes: state.take(bytes.nodes),
    rows: state.take(bytes.rows),
    assets: state.take(bytes.assets),
    margins: state.take(bytes.margins),
    covariance: state.take(bytes.covariance),
    history: state.take(bytes.history),
    historyColumns: state.take(bytes.historyColumns),
    shocks: state.take(bytes.shocks),
    shockColumns: state.take(bytes.shockColumns),
  };
  fillSystem(risk, usesHistory);
  fillNodes(risk);
  fillMargins(risk);
  fillRows(risk);
  fillReturns(risk);
  return risk;
}

type Columns = readonly (readonly [column: number, value: number])[];

function writeNumbers({ state }: RiskState, at: number, columns: Columns): void {
  for (const [column, value] of columns) state.numbers[(at + column) / 8] = value;
}

function writeWords({ state }: RiskState, at: number, columns: Columns): void {
  for (const [column, value] of columns) state.words[(at + column) / 4] = value;
}

/** `soft` is four fifths of `hard`. */
function writeLimit(risk: RiskState, at: number, hard: number): void {
  writeNumbers(risk, at, [
    [0, hard],
    [8, 0.8 * hard],
  ]);
}

function fillSystem(risk: RiskState, usesHistory: boolean): void {
  const { system, sizes } = risk;
  writeNumbers(risk, system, [
    [layout.RISK_EQUITY, 1_000_000],
    [layout.RISK_EQUITY_US, NOW_US],
    [layout.RISK_MARK_AGE_US_MAX, 1e15],
    [layout.RISK_EQUITY_AGE_US_MAX, 1e15],
    [layout.RISK_MARGIN_AGE_US_MAX, 1e15],
    [layout.RISK_DUPLICATE_US, 1000],
    [layout.RISK_VAR_Z, 1.6448536269514722],
  ]);
  writeWords(risk, system, [
    [layout.RISK_NODES, risk.nodes],
    [layout.RISK_PORTFOLIOS, PORTFOLIOS],
    [layout.RISK_STRATEGIES, STRATEGIES],
    [layout.RISK_VENUES, VENUES],
    [layout.RISK_ROWS, risk.rows],
    [layout.RISK_ROW_COUNT, sizes.instruments],
    [layout.RISK_ROW_STRIDE, ROW_BYTES],
    [layout.RISK_ASSETS, risk.assets],
    [layout.RISK_ASSET_COUNT, sizes.instruments],
    [layout.RISK_MARGINS, risk.margins],
    [layout.RISK_MARGIN_PLACES, MARGIN_PLACES],
    [layout.RISK_COVARIANCE, risk.covariance],
    [layout.RISK_HISTORY, risk.history],
    [layout.RISK_SHOCKS, risk.shocks],
    [layout.RISK_FLAGS, usesHistory ? layout.RISK_USES_HISTORY : 0],
  ]);
  writeLimit(risk, system + layout.RISK_CONCENTRATION, 0.02);
  writeLimit(risk, system + layout.RISK_VAR, 0.05);
  writeLimit(risk, system + layout.RISK_HISTORICAL_VAR, 0.05);
  writeLimit(risk, system + layout.RISK_STRESS, 0.5);
}

function fillNodes(risk: RiskState): void {
  for (let k = 0; k < NODES; k += 1) {
    const node = risk.nodes + k * layout.NODE_BYTES;
    writeNumbers(risk, node, [
      [layout.NODE_TOKENS, 1000],
      [layout.NODE_TOKENS_US, NOW_US],
      [layout.NODE_RATE_PER_SECOND, 10_000],
      [layout.NODE_TRADES, 1000],
      [layout.NODE_TRADES_FLOOR, 10],
    ]);
    const limits = [0, 9000, 3e6, 2e6, 3, 3, 100, 1000, 1e9];
    limits.forEach((hard, check) => {
      writeLimit(risk, node + layout.NODE_LIMITS + check * 16, hard);
    });
  }
}

function fillMargins(risk: RiskState): void {
  for (let k = 0; k < PORTFOLIOS * MARGIN_PLACES; k += 1) {
    writeNumbers(risk, risk.margins + k * layout.MARGIN_BYTES, [
      [layout.MARGIN_BALANCE, 1e6],
      [layout.MARGIN_US, NOW_US],
    ]);
  }
}

function fillRows(risk: RiskState): void {
  const random = createRandom('bench rows');
  const { instruments, held } = risk.sizes;
  const apart = Math.max(1, Math.floor(instruments / held));
  for (let k = 0; k < instruments; k += 1) {
    const row = risk.rows + k * ROW_BYTES;
    const isInverse = k % 8 === 0;
    writeWords(risk, row, [
      [layout.ROW_FLAGS, layout.ROW_TRADABLE | flagOf(k)],
      [layout.ROW_VENUE, k % VENUES],
      [layout.ROW_MARGIN, k % MARGIN_PLACES],
      [layout.ROW_ASSET, k],
    ]);
    writeNumbers(risk, row, [
      [layout.ROW_MARK, PRICE],
      [layout.ROW_MARK_US, NOW_US],
      [layout.ROW_MULTIPLIER, isInverse ? PRICE : 1],
      [layout.ROW_QUOTE_RATE, 1],
      [layout.ROW_OWN_BID, k % 5 === 0 ? 95 : 0],
      [layout.ROW_OWN_ASK, Number.POSITIVE_INFINITY],
      [layout.ROW_MARGIN_RATE, 0.1],
    ]);
    writeLimit(risk, row + layout.ROW_ORDER_QTY, 90);
    writeLimit(risk, row + layout.ROW_ORDER_NOTIONAL, 9500);
    writeLimit(risk, row + layout.ROW_MAX_POSITION, 18_000);
    writeLimit(risk, row + layout.ROW_COLLAR, 0.05);
    writeLimit(risk, row + layout.ROW_PASSIVE_COLLAR, 0.04);
    writeNumbers(risk, row, [
      [layout.ROW_NOTIONAL_MIN, 150],
      [layout.ROW_QTY_MAX, 95],
      [layout.ROW_MARKET_QTY_MAX, 85],
      [layout.ROW_BAND_BELOW, 0.05],
      [layout.ROW_BAND_ABOVE, 0.045],
    ]);
    if (k % apart === 0) hold(risk, k, random.integer(200) - 100, random.integer(20));
  }
}

/** An inverse contract, seven others, of which every second is a coin. */
function flagOf(instrument: number): number {
  if (instrument % 8 === 0) return layout.ROW_INVERSE;
  return instrument % 2 === 0 ? layout.ROW_SPOT : 0;
}

/** The position of one instrument, all of it in one portfolio and one strategy, in every sum. */
function hold(risk: RiskState, instrument: number, position: number, open: number): void {
  const { numbers } = risk.state;
  const long = (position + open) * PRICE;
  const short = (position - open) * PRICE;
  const exposure = Math.max(Math.abs(long), Math.abs(short));
  const row = risk.rows + instrument * ROW_BYTES + layout.ROW_POSITION;
  const cellOf = (book: number): number =>
    risk.rows + instrument * ROW_BYTES + layout.ROW_CELLS + book * layout.CELL_BYTES;
  const [portfolio, strategy] = [instrument % PORTFOLIOS, instrument % STRATEGIES];
  for (const book of [row, cellOf(portfolio), cellOf(PORTFOLIOS + strategy)]) {
    numbers.set([position, open, open, exposure, long, short], book / 8);
  }
  numbers.set([long, short], (risk.assets + instrument * layout.ASSET_BYTES) / 8);
  const venue = 1 + PORTFOLIOS + STRATEGIES + (instrument % VENUES);
  for (const node of [0, 1 + portfolio, 1 + PORTFOLIOS + strategy, venue]) {
    const at = (risk.nodes + node * layout.NODE_BYTES + layout.NODE_GROSS) / 8;
    [exposure, long, short].forEach((value, k) => {
      numbers[at + k] = (numbers[at + k] ?? 0) + value;
    });
  }
  const place = portfolio * MARGIN_PLACES + (instrument % MARGIN_PLACES);
  const margin = (risk.margins + place * layout.MARGIN_BYTES + layout.MARGIN_USED) / 8;
  numbers[margin] = (numbers[margin] ?? 0) + 0.1 * exposure;
  const weight = (risk.covariance + layout.COVARIANCE_WEIGHTS) / 8 + instrument;
  numbers[weight] = Math.abs(long) >= Math.abs(short) ? long : short;
}

/** A diagonal covariance of 2 % a day, returns of that size, shocks around a fall by a third. */
function fillReturns(risk: RiskState): void {
  const { state, sizes, covariance } = risk;
  const { instruments } = sizes;
  const random = createRandom('bench returns');
  state.words[covariance / 4] = instruments;
  const base = (covariance + layout.COVARIANCE_WEIGHTS) / 8;
  for (let k = 0; k < instruments; k += 1) {
    const own = 4e-4 * (1 + random.uniform());
    state.numbers[base + 3 * instruments + k * (instruments + 1)] = own;
    const row = risk.rows + k * ROW_BYTES;
    state.numbers[(row + layout.ROW_VARIANCE) / 8] = own;
  }
  const variance = state.kernels.covarianceRefresh(covariance);
  state.numbers[(risk.system + layout.RISK_VARIANCE) / 8] = variance;
  const fill = (block: number, at: number, width: number, draw: () => number): void => {
    const count = width === HISTORY_WIDTH ? sizes.scenarios : sizes.shocks;
    const stride = columnBytes(count, width);
    const returns = width === HISTORY_WIDTH ? state.floats : state.numbers;
    writeWords(risk, block, [
      [layout.SCENARIOS_COUNT, count],
      [layout.SCENARIOS_N, instruments],
      [layout.SCENARIOS_COLUMNS, at],
      [layout.SCENARIOS_STRIDE, stride],
      [layout.SCENARIOS_WIDTH, width],
    ]);
    for (let k = 0; k < instruments; k += 1) {
      const column = (at + k * stride) / width;
      for (let row = 0; row < count; row += 1) returns[column + row] = draw();
    }
    state.kernels.scenarioRefresh(block, covariance + layout.COVARIANCE_WEIGHTS);
  };
  const rank = Math.floor((sizes.scenarios - 1) * 0.05);
  state.words[(risk.history + layout.SCENARIOS_RANK) / 4] = rank;
  fill(risk.history, risk.historyColumns, HISTORY_WIDTH, () => 0.02 * random.normal());
  fill(risk.shocks, risk.shockColumns, SHOCK_WIDTH, () => -0.33 + 0.1 * random.normal());
}

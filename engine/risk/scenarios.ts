// Owns the scenario blocks of shared memory: daily returns of history, and stress shocks.
// Promise: every instrument has a return in every scenario, and where it came from is said.
import {
  CASH_ASSETS_MAX,
  COVARIANCE_WEIGHTS,
  SCENARIOS_BYTES_EACH,
  SCENARIOS_CASH,
  SCENARIOS_COLUMNS,
  SCENARIOS_COUNT,
  SCENARIOS_N,
  SCENARIOS_PNL,
  SCENARIOS_RANK,
  SCENARIOS_STRIDE,
  SCENARIOS_WIDTH,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import { createRandom } from '../core/random.ts';
import type { Kernels } from '../memory/kernels.ts';
import { columnBytes, HISTORY_WIDTH, type MemoryPlan, SHOCK_WIDTH } from '../memory/plan.ts';
import { PRIOR_BASE, PRIOR_DAILY_VOLATILITY, PRIOR_MARKET } from './covariance.ts';

/** A return of each instrument in each scenario: columns[instrument][scenario], simple, 1 day. */
export type Columns = readonly Float64Array[];

export interface ScenariosOptions {
  readonly kernels: Pick<Kernels, 'scenarioRefresh'>;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly instruments: readonly Instrument[];
  readonly history: Columns;
  readonly shocks: Columns;
  /** The same of each asset of cashAssetsOf(instruments), in its order; left out: at rest. */
  readonly cashHistory?: Columns;
  readonly cashShocks?: Columns;
}

/**
 * What is held as money alone: quote and settlement assets that are the base of no instrument. A
 * coin that an instrument trades is a position there.
 */
export function cashAssetsOf(instruments: readonly Instrument[]): readonly string[] {
  const coins = new Set(instruments.map(({ base }) => base));
  const money = new Set(instruments.flatMap(({ quote, settle }) => [quote, settle]));
  return [...money].filter((asset) => !coins.has(asset));
}

export interface ScenarioColumns {
  readonly history: Float64Array | null; // null: nobody knows it
  readonly shocks: Float64Array;
}

export interface Scenarios {
  /**
   * The columns of an instrument that has taken its slot and holds nothing. Without a history it
   * gets that of another of its base asset, else 1.5 times the mean of all, at worst -1.
   */
  add(instrument: Instrument, columns: ScenarioColumns): void;
  /** Those of an asset held as money alone, by its place; without a history it is at rest. */
  addAsset(place: number, asset: string, columns: ScenarioColumns): void;
}

const TAIL = 0.05; // 95 % VaR

/**
 * Writes both blocks and the P&L of the weights the covariance block holds now. The VaR of S
 * scenarios is the loss at the 0-based rank floor((S - 1) x 0.05) from the worst, the lower of the
 * two order statistics; stress is the worst. Asserts columns of one length within the capacity,
 * of finite returns that lose no more than everything. No cash is held at first: Exposure.setCash.
 */
export function createScenarios(options: ScenariosOptions): Scenarios {
  const { plan, history, shocks } = options;
  const { scenarios, stressScenarios } = plan.capacities;
  const rank = Math.floor(((history[0]?.length ?? 0) - 1) * TAIL);
  const past = {
    block: plan.history,
    at: plan.historyColumns,
    width: HISTORY_WIDTH,
    countMax: scenarios,
  };
  const stress = {
    block: plan.shocks,
    at: plan.shockColumns,
    width: SHOCK_WIDTH,
    countMax: stressScenarios,
  };
  const assets = cashAssetsOf(options.instruments);
  assert(
    assets.length <= CASH_ASSETS_MAX,
    `${assets.length} assets are held as money alone, and memory for ${CASH_ASSETS_MAX}`,
  );
  const { cashHistory = atRest(assets, history), cashShocks = atRest(assets, shocks) } = options;
  for (const columns of [cashHistory, cashShocks]) {
    const isWhole = columns.length === assets.length;
    assert(isWhole, `${columns.length} columns for ${assets.length} assets of cash`);
  }
  const { buffer } = options;
  const slots = plan.capacities.instruments;
  const write = (place: number, name: string, own: Float64Array, shock: Float64Array): void => {
    writeColumn(buffer, past, place, name, own);
    writeColumn(buffer, stress, place, name, shock);
  };
  const count = history[0]?.length ?? 0;
  const addAsset: Scenarios['addAsset'] = (place, asset, columns) =>
    write(slots + place, asset, columns.history ?? new Float64Array(count), columns.shocks);
  writeBlock(options, past, history, Math.max(0, rank));
  writeBlock(options, stress, shocks, 0);
  for (const [place, asset] of assets.entries()) {
    const own = cashHistory[place] ?? null;
    addAsset(place, asset, { history: own, shocks: cashShocks[place] ?? new Float64Array(0) });
  }
  return {
    add({ index, key, base }, columns) {
      write(index, key, columns.history ?? fillIn(options, index, base, count), columns.shocks);
    },
    addAsset,
  };
}

const atRest = (assets: readonly string[], columns: Columns): Columns =>
  assets.map(() => new Float64Array(columns[0]?.length ?? 0));

interface BlockPlace {
  readonly block: number;
  readonly at: number; // of the columns
  readonly width: number; // of a return, bytes
  readonly countMax: number;
}

function writeBlock(
  { kernels, buffer, plan, instruments }: ScenariosOptions,
  { block, at, width, countMax }: BlockPlace,
  columns: Columns,
  rank: number,
): void {
  const { length } = instruments;
  const count = columns[0]?.length ?? 0;
  const isWhole = columns.length === length;
  assert(isWhole, `${columns.length} columns of scenarios for ${length} instruments`);
  assert(count <= countMax, `${count} scenarios, and memory for ${countMax}`);
  const words = new Uint32Array(buffer);
  words[(block + SCENARIOS_COUNT) / 4] = count;
  words[(block + SCENARIOS_N) / 4] = plan.capacities.instruments;
  words[(block + SCENARIOS_CASH) / 4] = CASH_ASSETS_MAX;
  words[(block + SCENARIOS_RANK) / 4] = rank;
  words[(block + SCENARIOS_COLUMNS) / 4] = at;
  const stride = columnBytes(count, width);
  words[(block + SCENARIOS_STRIDE) / 4] = stride;
  words[(block + SCENARIOS_WIDTH) / 4] = width;
  for (const [index, column] of columns.entries()) {
    const instrument = instruments[index];
    if (instrument === undefined) continue;
    writeColumn(buffer, { block, at, width, countMax }, instrument.index, instrument.key, column);
  }
  const end = block + SCENARIOS_PNL + SCENARIOS_BYTES_EACH * count;
  new Float64Array(buffer).fill(0, (block + SCENARIOS_PNL) / 8, end / 8); // no cash
  kernels.scenarioRefresh(block, plan.covariance + COVARIANCE_WEIGHTS);
}

/** A column of the block: of the instrument in a slot, or behind all slots of an asset. */
function writeColumn(
  buffer: SharedArrayBuffer,
  { block, at, width }: BlockPlace,
  place: number,
  name: string,
  column: Float64Array,
): void {
  const count = new Uint32Array(buffer)[(block + SCENARIOS_COUNT) / 4] ?? 0;
  assert(column.length === count, `${name}: ${column.length} of ${count} scenarios`);
  const returns = returnsAt(buffer, at + place * columnBytes(count, width), count, width);
  returns.set(column);
  assert(returns.every(isReturn), `${name}: a scenario is no return of -1 or above`);
}

/** What is not known of an instrument that comes: another of its asset, or more than the mean. */
function fillIn(
  { buffer, plan, instruments }: ScenariosOptions,
  index: number,
  base: string,
  count: number,
): Float64Array {
  const stride = columnBytes(count, HISTORY_WIDTH);
  const others = instruments.filter((one) => one.index !== index);
  const columnAt = (one: Instrument): Float64Array =>
    Float64Array.from(
      returnsAt(buffer, plan.historyColumns + one.index * stride, count, HISTORY_WIDTH),
    );
  const twin = others.find((one) => one.base === base);
  if (twin !== undefined) return columnAt(twin);
  if (others.length === 0) return new Float64Array(count);
  return meanOf(others.map(columnAt)).map((mean) => Math.max(-1, FILL * mean));
}

/** A column of shared memory, as wide as its returns are. */
const returnsAt = (
  buffer: SharedArrayBuffer,
  at: number,
  count: number,
  width: number,
): Float32Array | Float64Array =>
  width === HISTORY_WIDTH
    ? new Float32Array(buffer, at, count)
    : new Float64Array(buffer, at, count);

const isReturn = (value: number): boolean => value >= -1 && value < Number.POSITIVE_INFINITY;

/** Daily log returns by symbol, oldest first; what analysis/returns.ts reads. */
export interface HistoryTable {
  readonly symbols: readonly string[]; // 'BTC/USD', or the asset alone
  readonly columns: readonly Float64Array[];
}

export interface History {
  readonly columns: Columns;
  readonly cash: Columns; // of cashAssetsOf(instruments): their own, or at rest
  readonly source: string; // for people: where the scenarios come from
}

/**
 * The newest `count` rows of `table` as simple returns, by base asset. An instrument whose asset
 * has no column gets 1.5 times the mean of all columns, at worst -1. Without a table: draws of a
 * multivariate Student t with 4 degrees of freedom and the prior covariance, always the same for
 * one `seed`. `source` says which, and names what was filled in.
 */
export function historyOf(
  table: HistoryTable | null,
  instruments: readonly Instrument[],
  count: number,
  seed: string,
  dailyVolatility = PRIOR_DAILY_VOLATILITY,
): History {
  assert(Number.isSafeInteger(count) && count > 0, `${count} is no number of scenarios`);
  return table === null || table.symbols.length === 0
    ? drawHistory(instruments, count, seed, dailyVolatility)
    : takeHistory(table, instruments, count);
}

// ---- From a table -----------------------------------------------------------------------------

const FILL = 1.5; // an asset nobody has data of moves more than the average one
const NAMED_MAX = 10;

function takeHistory(
  { symbols, columns }: HistoryTable,
  instruments: readonly Instrument[],
  count: number,
): History {
  const rows = Math.min(count, columns[0]?.length ?? 0);
  const simple = columns.map((column) => column.slice(column.length - rows).map(Math.expm1));
  const byAsset = new Map<string, Float64Array>();
  for (const [k, symbol] of symbols.entries()) {
    const asset = (symbol.split('/')[0] ?? symbol).toUpperCase();
    const column = simple[k];
    if (column !== undefined && !byAsset.has(asset)) byAsset.set(asset, column);
  }
  const fill = meanOf(simple).map((mean) => Math.max(-1, FILL * mean));
  const filled = instruments.filter(({ base }) => !byAsset.has(base)).map(({ key }) => key);
  const known = `the newest ${rows} rows of ${symbols.length} symbols`;
  return {
    columns: instruments.map(({ base }) => byAsset.get(base) ?? fill),
    cash: cashAssetsOf(instruments).map((asset) => byAsset.get(asset) ?? new Float64Array(rows)),
    source: filled.length === 0 ? known : `${known}; ${FILL} x their mean for ${listed(filled)}`,
  };
}

function meanOf(columns: Columns): Float64Array {
  const sums = new Float64Array(columns[0]?.length ?? 0);
  for (const column of columns) {
    for (const [row, value] of column.entries()) sums[row] = (sums[row] ?? 0) + value;
  }
  return sums.map((sum) => sum / columns.length);
}

function listed(keys: readonly string[]): string {
  const named = keys.slice(0, NAMED_MAX).join(', ');
  return keys.length > NAMED_MAX ? `${named} and ${keys.length - NAMED_MAX} more` : named;
}

// ---- Without one ------------------------------------------------------------------------------

const DEGREES = 4; // of freedom: about the tails of daily crypto returns

/**
 * x = sigma sqrt((v - 2) / chi2_v) (sqrt(0.6) market + sqrt(0.38) asset + sqrt(0.02) own): the
 * nested factors have the correlations of the prior exactly, and each x has variance sigma^2.
 */
function drawHistory(
  instruments: readonly Instrument[],
  count: number,
  seed: string,
  dailyVolatility: number,
): History {
  const random = createRandom(`${seed}/risk-history`);
  const assets = [...new Set(instruments.map(({ base }) => base))];
  const columns = instruments.map(() => new Float64Array(count));
  const market = Math.sqrt(PRIOR_MARKET);
  const ofAsset = Math.sqrt(PRIOR_BASE - PRIOR_MARKET);
  const own = Math.sqrt(1 - PRIOR_BASE);
  for (let row = 0; row < count; row += 1) {
    let chi2 = 0;
    for (let k = 0; k < DEGREES; k += 1) chi2 += random.normal() ** 2;
    const scale = dailyVolatility * Math.sqrt((DEGREES - 2) / chi2);
    const shared = market * random.normal();
    const moves = new Map(assets.map((asset) => [asset, shared + ofAsset * random.normal()]));
    for (const [k, { base }] of instruments.entries()) {
      const move = (moves.get(base) ?? 0) + own * random.normal();
      const column = columns[k];
      if (column !== undefined) column[row] = Math.expm1(scale * move);
    }
  }
  const volatility = (100 * dailyVolatility).toFixed(1);
  const source =
    `synthetic: ${count} draws of Student t(${DEGREES}), ${volatility} % a day, ` +
    `correlation ${PRIOR_MARKET} (${PRIOR_BASE} within an asset), seed ${seed}`;
  const cash = cashAssetsOf(instruments).map(() => new Float64Array(count)); // pegs hold
  return { columns, cash, source };
}

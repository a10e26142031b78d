// Owns the scenario blocks of shared memory: daily returns of history, and stress shocks.
// Promise: every instrument has a return in every scenario, and where it came from is said.
import {
  COVARIANCE_WEIGHTS,
  SCENARIOS_COLUMNS,
  SCENARIOS_COUNT,
  SCENARIOS_N,
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
}

const TAIL = 0.05; // 95 % VaR

/**
 * Writes both blocks and the P&L of the weights the covariance block holds now. The VaR of S
 * scenarios is the loss at the 0-based rank floor((S - 1) x 0.05) from the worst, the lower of the
 * two order statistics; stress is the worst. Asserts columns of one length within the capacity,
 * of finite returns that lose no more than everything.
 */
export function createScenarios(options: ScenariosOptions): void {
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
  writeBlock(options, past, history, Math.max(0, rank));
  writeBlock(options, stress, shocks, 0);
}

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
  const n = instruments.length;
  const count = columns[0]?.length ?? 0;
  assert(columns.length === n, `${columns.length} columns of scenarios for ${n} instruments`);
  assert(count <= countMax, `${count} scenarios, and memory for ${countMax}`);
  const words = new Uint32Array(buffer);
  words[(block + SCENARIOS_COUNT) / 4] = count;
  words[(block + SCENARIOS_N) / 4] = n;
  words[(block + SCENARIOS_RANK) / 4] = rank;
  words[(block + SCENARIOS_COLUMNS) / 4] = at;
  const stride = columnBytes(count, width);
  words[(block + SCENARIOS_STRIDE) / 4] = stride;
  words[(block + SCENARIOS_WIDTH) / 4] = width;
  for (const [index, column] of columns.entries()) {
    const { key } = instruments[index] ?? { key: index };
    assert(column.length === count, `${key}: ${column.length} of ${count} scenarios`);
    const returns = returnsAt(buffer, at + index * stride, count, width);
    returns.set(column);
    assert(returns.every(isReturn), `${key}: a scenario is no return of -1 or above`);
  }
  kernels.scenarioRefresh(block, plan.covariance + COVARIANCE_WEIGHTS);
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
  return { columns, source };
}

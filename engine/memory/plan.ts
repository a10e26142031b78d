// Owns the map of the one shared WebAssembly.Memory: which region lies where, for every thread.
// Promise: regions never overlap, are cache-line aligned, and never move; memory never grows.
import * as layout from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { COUNTERS, STAGES } from './telemetry.ts';

const PAGE = 65536;
export const KERNEL_BASE = 2 * PAGE; // below it: the module's own data (asconfig memoryBase)
export const TIME_FRAMES_US = [60, 300, 900, 3600, 14400, 86400].map((s) => s * 1e6);
export const TIME_FRAME_NAMES = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;

/** Everything that is sized once, at start, from the configuration. */
export interface Capacities {
  readonly instruments: number;
  readonly levels: number; // of one side of one book
  readonly shards: number; // signal workers
  readonly portfolios: number; // accounts
  readonly strategies: number;
  readonly venues: number;
  readonly assets: number; // base assets of the instruments
  readonly scenarios: number; // of history, for the VaR of an order
  readonly stressScenarios: number;
  readonly forecastSlots: number; // of each ring of a shard, a power of two
  readonly journalBytes: number; // ring to the journal worker, a power of two
  readonly gatewayBytes: number; // ring to the gateway, a power of two
  readonly commandBytes: number; // ring from the gateway, a power of two
}

export const DEFAULT_CAPACITIES: Capacities = {
  instruments: 64,
  levels: 8192,
  shards: 1,
  portfolios: 1,
  strategies: 4,
  venues: 8,
  assets: 64,
  scenarios: 1000,
  stressScenarios: 32,
  forecastSlots: 1024,
  journalBytes: 1 << 22,
  gatewayBytes: 1 << 22,
  commandBytes: 1 << 18,
};

/** Byte offsets of every region; a plain object, so it can be handed to a worker. */
export interface MemoryPlan {
  readonly capacities: Capacities;
  readonly bookBytes: number;
  readonly books: number;
  readonly batch: number; // level batch of the decoder
  readonly bars: number;
  readonly requests: number; // forecast requests, one ring per shard
  readonly forecasts: number; // forecasts, one ring per shard
  readonly slotRingBytes: number;
  readonly journalRing: number;
  readonly gatewayRing: number;
  readonly commandRing: number;
  readonly durable: number; // f64 sequence the journal worker has made durable
  readonly riskSystem: number;
  readonly riskNodes: number; // system, portfolios, strategies, venues
  readonly riskRows: number; // row, ring and cells of each instrument
  readonly riskRowBytes: number; // of all three
  readonly riskAssets: number;
  readonly riskMargins: number; // one a portfolio and margin place: each slot may have its own
  readonly riskOrder: number;
  readonly history: number; // scenario block
  readonly historyColumns: number; // its returns
  readonly shocks: number; // scenario block
  readonly shockColumns: number;
  readonly cash: number; // f64 each: worth of what is held as money alone, base currency
  readonly analysis: number; // scratch of the analysis worker
  readonly analysisBytes: number;
  readonly covariance: number;
  readonly counters: number; // f64 each, written by the engine
  readonly histograms: number; // written by the engine
  readonly shardHistograms: number; // the same set again for each shard's own stages
  readonly shardScratch: number; // private to a shard: book copy and feature rows
  readonly shardScratchBytes: number;
  readonly pages: number;
}

const LINE = 64; // of a processor's cache
const OS_PAGE = 4096;
const alignTo = (boundary: number, bytes: number): number => Math.ceil(bytes / boundary) * boundary;
const align = (bytes: number): number => alignTo(LINE, bytes);

export function planMemory(capacities: Capacities): MemoryPlan {
  const { instruments, levels, shards, forecastSlots } = capacities;
  assert(Number.isInteger(Math.log2(forecastSlots)), 'forecastSlots must be a power of two');
  const bookBytes = align(layout.BOOK_LEVELS + 2 * levels * layout.LEVEL_BYTES);
  const slotRingBytes = align(layout.RING_DATA + forecastSlots * layout.FORECAST_BYTES);
  const histogramSet = STAGES.length * align(layout.HISTOGRAM_BYTES);
  const shardScratchBytes = bookBytes + align(65536);
  const analysisBytes = analysisRoom(capacities);
  let next = KERNEL_BASE;
  const take: Take = (bytes, boundary = LINE) => {
    const at = alignTo(boundary, next);
    next = align(at + bytes);
    return at;
  };
  const plan = {
    capacities,
    bookBytes,
    books: take(instruments * bookBytes),
    batch: take(layout.BATCH_LEVELS_MAX * layout.LEVEL_BYTES),
    bars: take(instruments * TIME_FRAMES_US.length * layout.BAR_RING_BYTES),
    requests: take(shards * slotRingBytes),
    forecasts: take(shards * slotRingBytes),
    slotRingBytes,
    journalRing: take(layout.RING_DATA + capacities.journalBytes),
    gatewayRing: take(layout.RING_DATA + capacities.gatewayBytes),
    commandRing: take(layout.RING_DATA + capacities.commandBytes),
    durable: take(64),
    ...planRisk(capacities, take),
    analysis: take(analysisBytes),
    analysisBytes,
    covariance: take(layout.COVARIANCE_WEIGHTS + 8 * (3 * instruments + instruments ** 2)),
    counters: take(COUNTERS.length * 8),
    histograms: take(histogramSet),
    shardHistograms: take(shards * histogramSet),
    shardScratch: take(shards * shardScratchBytes),
    shardScratchBytes,
  };
  return { ...plan, pages: Math.ceil(next / PAGE) };
}

/** Takes a region that starts on a cache line, or on `boundary`. */
type Take = (bytes: number, boundary?: number) => number;

/** What an order is checked against. */
function planRisk(capacities: Capacities, take: Take) {
  const { instruments, scenarios, stressScenarios } = capacities;
  const riskRowBytes = layout.ROW_CELLS + booksOf(capacities) * layout.CELL_BYTES;
  const columns = instruments + layout.CASH_ASSETS_MAX; // of a scenario block
  return {
    riskSystem: take(layout.RISK_SYSTEM_BYTES),
    riskNodes: take(nodeCount(capacities) * layout.NODE_BYTES),
    riskRows: take(instruments * riskRowBytes),
    riskRowBytes,
    riskAssets: take(capacities.assets * layout.ASSET_BYTES),
    riskMargins: take(capacities.portfolios * instruments * layout.MARGIN_BYTES),
    riskOrder: take(layout.ORDER_BYTES),
    history: take(scenarioBytes(scenarios)),
    historyColumns: take(columns * columnBytes(scenarios, HISTORY_WIDTH), OS_PAGE),
    shocks: take(scenarioBytes(stressScenarios)),
    shockColumns: take(columns * columnBytes(stressScenarios, SHOCK_WIDTH), OS_PAGE),
    cash: take(layout.CASH_ASSETS_MAX * 8),
  };
}

const nodeCount = ({ portfolios, strategies, venues }: Capacities): number =>
  1 + portfolios + strategies + venues;

/** Bytes of a scenario block: header, P&L, scratch and cash. */
export const scenarioBytes = (scenarios: number): number =>
  layout.SCENARIOS_PNL + layout.SCENARIOS_BYTES_EACH * scenarios;

export const HISTORY_WIDTH = 4; // bytes of a return: measured, f32
export const SHOCK_WIDTH = 8; // what somebody wrote, f64

/**
 * From one column of returns to the next: whole pages from half a page on, so that an order touches
 * as few of them as it can.
 */
export function columnBytes(scenarios: number, width: number): number {
  const bytes = scenarios * width;
  return alignTo(2 * bytes >= OS_PAGE ? OS_PAGE : LINE, bytes);
}

const MONTE_CARLO_PATHS = 100_000;
const SCREEN_COLUMNS = 64; // more correlations than a heat map shows are not asked for

/** Room for a report: simulated paths and tables, factors, columns, a few matrices. */
function analysisRoom({ instruments, scenarios }: Capacities): number {
  const columns = Math.min(instruments, SCREEN_COLUMNS);
  const matrices = 4 * instruments ** 2;
  return align(8 * (MONTE_CARLO_PATHS + matrices + (columns + 8) * scenarios) + 65_536);
}

const LEVELS_MIN = 64; // what the deepest features look at lies within

/**
 * Levels of a side that every book can have within `bytesMax`, at most `levelsMax`, in steps of 64;
 * null where that is not even 64.
 */
export function levelsWithin(
  bytesMax: number,
  instruments: number,
  levelsMax: number,
): number | null {
  const sideBytes = (bytesMax / instruments - layout.BOOK_LEVELS) / 2;
  const levels = Math.floor(sideBytes / layout.LEVEL_BYTES / LEVELS_MIN) * LEVELS_MIN;
  return levels < LEVELS_MIN ? null : Math.min(levels, levelsMax);
}

/** The memory every thread shares. Throws where the machine cannot give that much. */
export function createMemory(plan: MemoryPlan): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: plan.pages, maximum: plan.pages, shared: true });
}

export const bookAt = (plan: MemoryPlan, instrument: number): number =>
  plan.books + instrument * plan.bookBytes;
export const barsAt = (plan: MemoryPlan, instrument: number, frame: number): number =>
  plan.bars + (instrument * TIME_FRAMES_US.length + frame) * layout.BAR_RING_BYTES;
export const riskRowAt = (plan: MemoryPlan, instrument: number): number =>
  plan.riskRows + instrument * plan.riskRowBytes;
/** `number` counts within its level: portfolio 0, 1 …, strategy 0, 1 …; the system has one node. */
export function nodeAt(plan: MemoryPlan, level: number, number: number): number {
  const { portfolios, strategies } = plan.capacities;
  const before = [0, 1, 1 + portfolios, 1 + portfolios + strategies][level];
  assert(before !== undefined, `a tree of limits has no level ${level}`);
  return plan.riskNodes + (before + number) * layout.NODE_BYTES;
}
export const marginAt = (plan: MemoryPlan, portfolio: number, place: number): number =>
  plan.riskMargins + (portfolio * plan.capacities.instruments + place) * layout.MARGIN_BYTES;
/** Portfolios and strategies: each has a cell an instrument. */
export const booksOf = ({ portfolios, strategies }: Capacities): number => portfolios + strategies;
/** `book` counts all portfolios first, then all strategies. */
export const cellAt = (plan: MemoryPlan, book: number, instrument: number): number =>
  riskRowAt(plan, instrument) + layout.ROW_CELLS + book * layout.CELL_BYTES;
export const requestsAt = (plan: MemoryPlan, shard: number): number =>
  plan.requests + shard * plan.slotRingBytes;
export const forecastsAt = (plan: MemoryPlan, shard: number): number =>
  plan.forecasts + shard * plan.slotRingBytes;
export const scratchAt = (plan: MemoryPlan, shard: number): number =>
  plan.shardScratch + shard * plan.shardScratchBytes;

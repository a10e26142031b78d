// Owns the analysis worker: a Piscina task that reports on the book as shared memory shows it.
// Promise: reads the engine's tables, writes its own scratch region only; lowest priority.

import { type BookReport, reportBook } from '../engine/analysis/book-report.ts';
import type { BreakdownLevel } from '../engine/analysis/correlation.ts';
import { createMathSpace } from '../engine/analysis/math-space.ts';
import type { Scenario } from '../engine/analysis/scenario.ts';
import type { CashBalance, StressInstrument, StressPosition } from '../engine/analysis/stress.ts';
import type { RiskSummary } from '../engine/core/event.ts';
import { asEpochUs } from '../engine/core/units.ts';
import { instantiateKernels } from '../engine/memory/kernels.ts';
import { columnBytes, HISTORY_WIDTH, type MemoryPlan, riskRowAt } from '../engine/memory/plan.ts';
import {
  COVARIANCE_WEIGHTS,
  ROW_FLAGS,
  ROW_INVERSE,
  ROW_MARK,
  ROW_MULTIPLIER,
  ROW_POSITION,
  ROW_QUOTE_RATE,
  SCENARIOS_COUNT,
} from '../wasm/layout.ts';
import { lowerPriority } from './priority.ts';

export interface AnalysisTask {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly plan: MemoryPlan;
  readonly instruments: readonly StressInstrument[];
  readonly slots: readonly number[]; // of each of them
  readonly cashAssets: readonly string[]; // of the places in plan.cash
  readonly scenarios: readonly Scenario[];
  readonly source: string;
  readonly seed: string;
  readonly timeUs: number;
  readonly equity: number;
  readonly peakEquity: number;
  readonly drawdownHard: number;
  readonly previous: BreakdownLevel;
}

export interface Analysed {
  readonly report: BookReport;
  readonly summary: RiskSummary;
}

export function run(task: AnalysisTask): Analysed {
  lowerPriority('analysis');
  const startMs = performance.now();
  const { memory, module, plan, ...facts } = task;
  const { buffer } = memory;
  if (!(buffer instanceof SharedArrayBuffer)) throw new Error('analysis needs the shared memory');
  const kernels = instantiateKernels(module, memory);
  const end = plan.analysis + plan.analysisBytes;
  const space = createMathSpace(kernels, buffer, plan.analysis, end);
  const body = reportBook(space, {
    ...facts,
    positions: positionsOf(buffer, task),
    cash: cashOf(buffer, task),
    columns: columnsOf(buffer, task),
    covariance: covarianceOf(buffer, task),
  });
  const elapsedMs = performance.now() - startMs;
  const report = { ...body, elapsedMs };
  return { report, summary: summarise(report) };
}

/** Signed notionals at the marks; an instrument that has never had a mark holds nothing. */
function positionsOf(buffer: SharedArrayBuffer, task: AnalysisTask): readonly StressPosition[] {
  const numbers = new Float64Array(buffer);
  const words = new Uint32Array(buffer);
  return task.instruments.map((instrument, k) => {
    const row = riskRowAt(task.plan, task.slots[k] ?? -1);
    const read = (at: number): number => numbers[(row + at) / 8] ?? Number.NaN;
    const isInverse = ((words[(row + ROW_FLAGS) / 4] ?? 0) & ROW_INVERSE) !== 0;
    const price = isInverse ? 1 : read(ROW_MARK);
    const notional = read(ROW_POSITION) * read(ROW_MULTIPLIER) * price * read(ROW_QUOTE_RATE);
    return { ...instrument, notional: Number.isFinite(notional) ? notional : 0 };
  });
}

/** What nobody can price is no number: the pre-trade check refuses for it, reports leave it out. */
function cashOf(buffer: SharedArrayBuffer, { plan, cashAssets }: AnalysisTask): CashBalance[] {
  const worths = new Float64Array(buffer, plan.cash, cashAssets.length);
  return cashAssets.flatMap((asset, k) => {
    const worth = worths[k] ?? Number.NaN;
    return Number.isFinite(worth) ? [{ asset, worth }] : [];
  });
}

function columnsOf(buffer: SharedArrayBuffer, { plan, slots }: AnalysisTask): Float64Array[] {
  const count = new Uint32Array(buffer)[(plan.history + SCENARIOS_COUNT) / 4] ?? 0;
  return slots.map((slot) => {
    const at = plan.historyColumns + slot * columnBytes(count, HISTORY_WIDTH);
    return Float64Array.from(new Float32Array(buffer, at, count));
  });
}

/** A copy of what is traded: the engine goes on writing while the report is made. */
function covarianceOf(buffer: SharedArrayBuffer, { plan, slots }: AnalysisTask): Float64Array {
  const width = plan.capacities.instruments;
  const from = plan.covariance + COVARIANCE_WEIGHTS + 24 * width;
  const matrix = new Float64Array(buffer, from, width * width);
  const n = slots.length;
  const copy = new Float64Array(n * n);
  for (const [i, a] of slots.entries()) {
    for (const [j, b] of slots.entries()) copy[i * n + j] = matrix[a * width + b] ?? Number.NaN;
  }
  return copy;
}

/** What the journal keeps: one day, three levels, the methods people ask for first. */
function summarise({ timeUs, equity, elapsedMs, var: risk, stress }: BookReport): RiskSummary {
  const valueAtRisk: Record<string, number> = {};
  const expectedShortfall: Record<string, number> = {};
  const put = (name: string, worth: number | null, shortfall: number | null): void => {
    valueAtRisk[name] = worth ?? 0;
    expectedShortfall[name] = shortfall ?? 0;
  };
  for (const [level, { historical, normal_zero_mean, student_t_mle }] of Object.entries(
    risk.levels,
  )) {
    put(`historical ${level}`, historical.var_lower, historical.es_acerbi_tasche);
    put(`normal ${level}`, normal_zero_mean.var, normal_zero_mean.es);
    put(`student ${level}`, student_t_mle.var, student_t_mle.es);
  }
  const [worst] = stress.scenarios;
  return {
    timeUs: asEpochUs(timeUs),
    equity,
    valueAtRisk,
    expectedShortfall,
    worstStress: { scenario: worst?.scenario ?? 'none', loss: worst?.loss ?? 0 },
    elapsedMs,
  };
}

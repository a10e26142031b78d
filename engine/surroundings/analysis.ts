// Owns the risk reports of a running system: when one is made, by whom, and where it goes.
// Promise: one at a time, off the engine's thread; a report that fails is told and stops nothing.
import { Piscina } from 'piscina';
import type { Analysed, AnalysisTask } from '../../workers/analysis.ts';
import { workerUrl } from '../../workers/start.ts';
import type { BreakdownLevel } from '../analysis/correlation.ts';
import type { Scenario } from '../analysis/scenario.ts';
import type { AnalysisEvent } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { EpochUs } from '../core/units.ts';
import type { AnalysisReport } from '../facts/gateway-message.ts';
import type { Ground } from './ground.ts';

export interface AnalysisOptions {
  readonly ground: Ground;
  readonly traded: () => readonly Instrument[];
  readonly cashAssets: readonly string[]; // by place, as exposure has them
  readonly scenarios: readonly Scenario[];
  readonly source: string; // of the history block
  readonly seed: string;
  readonly drawdownHard: number;
  readonly intervalUs: number;
  readonly onReport: (event: AnalysisEvent, report: AnalysisReport) => void;
  readonly onTrouble: (reason: string) => void;
}

export interface Analysis {
  /** Call often: starts a report when one is due and none is on its way. */
  advance(nowUs: EpochUs, equity: number, peakEquity: () => number): void;
  /** Ends at once: a report on its way is not waited for, since an end has orders to cancel. */
  close(): Promise<void>;
}

export function startAnalysis(options: AnalysisOptions): Analysis {
  const { onReport, onTrouble } = options;
  const pool = new Piscina({
    filename: workerUrl('analysis').href,
    name: 'run',
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: 60_000,
  });
  let previous: BreakdownLevel = 'calm';
  let dueUs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | null = null;
  let isClosed = false;
  const make = async (task: AnalysisTask): Promise<void> => {
    const { report, summary } = (await pool.run(task)) as Analysed;
    previous = report.correlation.alarm.level;
    if (!isClosed) onReport({ kind: 'analysis', summary }, report);
  };
  return {
    advance(nowUs, equity, peakOf) {
      if (isClosed || running !== null || nowUs < dueUs || !Number.isFinite(equity)) return;
      dueUs = nowUs + options.intervalUs;
      const task = { ...taskOf(options), previous, timeUs: nowUs, equity, peakEquity: peakOf() };
      running = make(task)
        .catch((error: unknown) => {
          if (!isClosed) onTrouble(`no risk report: ${String(error)}`);
        })
        .finally(() => {
          running = null;
        });
    },
    async close() {
      isClosed = true;
      await pool.destroy();
      await running;
    },
  };
}

/** What does not change from task to task but for the instruments, which come and go. */
function taskOf(
  options: AnalysisOptions,
): Omit<AnalysisTask, 'previous' | 'timeUs' | 'equity' | 'peakEquity'> {
  const { ground, cashAssets, scenarios, source, seed, drawdownHard } = options;
  const instruments = options.traded();
  const { memory, module, plan } = ground;
  const stressed = instruments.map(({ key, base, quote, kind }) => {
    return { symbol: key, base, quote, kind };
  });
  const slots = instruments.map(({ index }) => index);
  const what = { instruments: stressed, slots, cashAssets, scenarios, source };
  return { memory, module, plan, ...what, seed, drawdownHard };
}

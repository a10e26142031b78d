// Owns the engine's process of the risk benchmark: the whole system and its 1,000 books.
// Promise: orders pass the product's own code; what it is asked over IPC never runs beside a check.
import { rmSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../engine/core/ports.ts';
import { heldBy } from '../engine/execution/owners.ts';
import type { Histogram } from '../engine/memory/histogram.ts';
import type { System } from '../engine/surroundings/system.ts';
import { type Allocation, measureAllocation } from './risk-allocation.ts';
import { makeInstruments } from './risk-frames.ts';
import { configOf, openWiredEngine } from './wired-engine.ts';

/** What the parent process hands over, as JSON in argv. */
export interface RiskTask {
  readonly url: string;
  readonly stateDir: string;
  readonly instruments: number;
  readonly scenarios: number;
  readonly usesHistory: boolean; // historical VaR and stress on every order
}

export type RiskRequest = 'begin' | 'read' | 'stop';

export interface StageUs {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What happened since 'begin'. */
export interface RiskWindow {
  readonly seconds: number;
  readonly frames: number; // depth updates applied to their books
  readonly gaps: number;
  readonly orders: number;
  readonly refused: number;
  readonly fills: number;
  readonly riskCheckUs: StageUs;
  readonly slowShare: number; // of the checks above SLOW_US
  readonly tickToOrderUs: StageUs;
  readonly applyUs: StageUs;
  readonly collections: number; // of garbage
  readonly collectionMsMax: number;
  readonly heapMbBefore: number;
  readonly heapMbAfter: number;
  readonly rssMb: number;
  readonly cpuShare: number; // of one core, all threads of the process together
  readonly assetsHeld: number;
}

export interface RiskEnding {
  readonly allocation: Allocation;
  readonly restrained: readonly string[]; // scopes that did not trade freely, and why
}

// What a load of 20,000 frames/s and hundreds of orders a second needs; all else is the default.
const SETTINGS = [
  'execution.strategy=imbalance-taker',
  'main.defaultOrderNotionalUsd=1000',
  'main.signalIntervalMs=1000000',
  'ai.forecastIntervalMs=1000000',
  'capacity.levels=64',
  'risk.ordersPerSecond=100000',
  'risk.ordersBurst=100000',
  'risk.maxOpenOrders=10000',
];

const settingsOf = ({ instruments, scenarios, usesHistory }: RiskTask): string[] => [
  ...SETTINGS,
  `capacity.instruments=${instruments}`,
  `risk.scenarios=${scenarios}`,
  `risk.historicalVarOnOrders=${usesHistory}`,
];

async function main(task: RiskTask): Promise<void> {
  const { url, stateDir } = task;
  const { system, clock, disconnect } = await openWiredEngine({
    url,
    stateDir,
    config: configOf(settingsOf(task)),
    instruments: makeInstruments(task.instruments),
    modelDir: null,
    askBooks: '{"id":"s","method":"snapshots","params":{}}',
    asksAgain: false, // all of them at once, once
  });
  const watch = createWatch(system, clock);
  process.once('disconnect', () => process.exit(1)); // the load is gone: nobody will say stop
  process.on('message', async (request: RiskRequest) => {
    if (request === 'begin') process.send?.(watch.begin());
    else if (request === 'read') process.send?.(watch.read());
    else {
      disconnect();
      const restrained = restraintsOf(system);
      const allocation = measureAllocation(system, clock.nowUs());
      await system.stop('the benchmark ended');
      rmSync(stateDir, { recursive: true, force: true });
      const ending: RiskEnding = { allocation, restrained };
      process.removeAllListeners('disconnect');
      process.send?.(ending, () => process.disconnect());
    }
  });
}

// ---- What is told ---------------------------------------------------------------------------

const COUNTED = ['depthUpdates', 'gaps', 'orders', 'rejected', 'fills'] as const;

interface Watch {
  begin(): null;
  read(): RiskWindow;
}

function createWatch(system: System, clock: Clock): Watch {
  const { telemetry } = system.ground;
  const { stages } = telemetry;
  const counts = (): number[] => COUNTED.map((name) => telemetry.read(name));
  const collections = watchCollections();
  const start = { ns: 0, counts: counts(), heapMb: 0, cpu: process.cpuUsage() };
  return {
    begin() {
      for (const stage of [stages.riskCheck, stages.tickToOrder, stages.apply]) stage.reset();
      Object.assign(collections, { count: 0, msMax: 0 });
      Object.assign(start, {
        ns: clock.nowNs(),
        counts: counts(),
        heapMb: heapMb(),
        cpu: process.cpuUsage(),
      });
      return null;
    },
    read() {
      const seconds = (clock.nowNs() - start.ns) / 1e9;
      const [frames = 0, gaps = 0, orders = 0, refused = 0, fills = 0] = counts().map(
        (count, k) => count - (start.counts[k] ?? 0),
      );
      const { user, system: kernel } = process.cpuUsage(start.cpu);
      return {
        seconds,
        frames,
        gaps,
        orders,
        refused,
        fills,
        riskCheckUs: toUs(stages.riskCheck),
        slowShare: slowShareOf(stages.riskCheck),
        tickToOrderUs: toUs(stages.tickToOrder),
        applyUs: toUs(stages.apply),
        collections: collections.count,
        collectionMsMax: Math.round(100 * collections.msMax) / 100,
        heapMbBefore: start.heapMb,
        heapMbAfter: heapMb(),
        rssMb: Math.round(process.memoryUsage.rss() / 1048576),
        cpuShare: Math.round((user + kernel) / seconds / 1e4) / 100,
        assetsHeld: assetsHeld(system),
      };
    },
  };
}

/** Counts collections of garbage from now on; the holder may set both back to 0. */
function watchCollections(): { count: number; msMax: number } {
  const collections = { count: 0, msMax: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections.count += 1;
      collections.msMax = Math.max(collections.msMax, duration);
    }
  }).observe({ entryTypes: ['gc'] });
  return collections;
}

const heapMb = (): number => Math.round(getHeapStatistics().used_heap_size / 104_857.6) / 10;

const assetsHeld = ({ rooms }: System): number =>
  rooms.instruments.filter((instrument) => heldBy(rooms.holders, instrument, null) !== 0).length;

const restraintsOf = ({ rooms }: System): string[] =>
  rooms.guard
    .view()
    .states.filter(({ state }) => state !== 'active')
    .map(({ scope, state, reasons }) => `${scope} ${state}: ${reasons.join(', ')}`);

/** Beyond this a check has not computed, it has waited: for memory, or for a processor. */
const SLOW_US = 20;

const slowShareOf = (checks: Histogram): number =>
  checks.count === 0 ? 0 : 1 - checks.countAtMost(SLOW_US * 1000) / checks.count;

function toUs(histogram: Histogram): StageUs {
  const us = (ns: number): number => Math.round(ns / 10) / 100;
  return {
    count: histogram.count,
    p50: us(histogram.quantile(0.5)),
    p99: us(histogram.quantile(0.99)),
    p999: us(histogram.quantile(0.999)),
    max: us(histogram.max),
  };
}

await main(JSON.parse(process.argv[2] ?? '{}') as RiskTask);

// Owns the engine's process of the risk benchmark: the whole system and its 1,000 books.
// Promise: orders pass the product's own code; what it is asked over IPC never runs beside a check.
import { rmSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { readKernels } from '../cli/invocation.ts';
import { resolveConfig } from '../engine/config/resolve.ts';
import type { Config } from '../engine/config/schema.ts';
import { createRealClock } from '../engine/core/clock.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { Clock } from '../engine/core/ports.ts';
import { asEpochUs } from '../engine/core/units.ts';
import type { Histogram } from '../engine/memory/histogram.ts';
import { openSystem } from '../engine/surroundings/compose.ts';
import { startForecastWorkers } from '../engine/surroundings/forecasts.ts';
import type { System } from '../engine/surroundings/system.ts';
import { createBinanceDecoder, isDecodeProblem } from '../engine/venues/binance/decode.ts';
import { openSocket, type VenueSocket } from '../engine/venues/socket.ts';
import { openWireVenue, type WireVenue } from './pipeline-wire.ts';
import { type Allocation, measureAllocation } from './risk-allocation.ts';
import { makeInstruments } from './risk-frames.ts';

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

const TICK_MS = 100;
const CREDENTIALS = { apiKey: 'benchmark', secret: 'not a secret: loopback only' };

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

function configOf(task: RiskTask): Config {
  const settings = [
    ...SETTINGS,
    `capacity.instruments=${task.instruments}`,
    `risk.scenarios=${task.scenarios}`,
    `risk.historicalVarOnOrders=${task.usesHistory}`,
  ];
  const result = resolveConfig({ file: undefined, environment: {}, settings });
  if (result.kind === 'resolved') return result.config;
  throw new Error(`benchmark configuration: ${JSON.stringify(result.problems)}`);
}

// What the socket's callbacks reach; filled in as each part is there.
interface Link {
  socket: VenueSocket | null;
  venue: WireVenue | null;
}

async function main(task: RiskTask): Promise<void> {
  const instruments = makeInstruments(task.instruments);
  const clock = createRealClock(Date.now(), () => performance.now() * 1e6);
  const link: Link = { socket: null, venue: null };
  const system = await openEngine(task, instruments, clock, link);
  link.socket = openSocket({
    url: task.url,
    onFrame: createReceiver(link, system, instruments, clock),
    onUp: () => link.socket?.send('{"id":"s","method":"snapshots","params":{}}'),
    onDown: () => undefined,
    silenceMsMax: 60_000,
    backoffMsMax: 1000,
  });
  const timer = setInterval(() => system.tick(clock.nowUs()), TICK_MS);
  const watch = createWatch(system, clock);
  process.once('disconnect', () => process.exit(1)); // the load is gone: nobody will say stop
  process.on('message', async (request: RiskRequest) => {
    if (request === 'begin') process.send?.(watch.begin());
    else if (request === 'read') process.send?.(watch.read());
    else {
      clearInterval(timer);
      link.socket?.close();
      const restrained = restraintsOf(system);
      const allocation = measureAllocation(system, clock.nowUs());
      await system.stop('the benchmark ended');
      rmSync(task.stateDir, { recursive: true, force: true });
      const ending: RiskEnding = { allocation, restrained };
      process.removeAllListeners('disconnect');
      process.send?.(ending, () => process.disconnect());
    }
  });
}

async function openEngine(
  task: RiskTask,
  instruments: readonly Instrument[],
  clock: Clock,
  link: Link,
): Promise<System> {
  const onFault = (reason: string): never => {
    throw new Error(reason);
  };
  const opening = await openSystem({
    config: configOf(task),
    mode: 'bench',
    version: 'bench',
    seed: 'bench',
    model: 'none',
    instruments,
    stateDir: task.stateDir,
    kernels: readKernels(),
    clock,
    startUs: asEpochUs(clock.nowUs()),
    isReplay: false,
    gateway: null,
    openVenue(house) {
      const send = (text: string): boolean => link.socket?.send(text) ?? false;
      link.venue = openWireVenue(house, { send }, CREDENTIALS);
      return link.venue;
    },
    openForecasts: (house) =>
      startForecastWorkers({
        ...house,
        nowNs: clock.nowNs,
        modelDir: null,
        modelVersion: 'none',
        onFault,
      }),
    requestSnapshot: () => undefined, // the venue sends every book when it is asked, once
    onFault,
  });
  if (opening.kind === 'open') return opening.system;
  throw new Error(opening.message);
}

const MARKET_FRAME = 's'.charCodeAt(0); // {"stream": a diff, {"symbol": a book; the rest: orders

function createReceiver(
  link: Link,
  system: System,
  instruments: readonly Instrument[],
  clock: Clock,
): (bytes: Buffer) => void {
  const { buffer, plan, telemetry } = system.ground;
  const bySymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
  const resolve = (symbol: string): Instrument | null => bySymbol.get(symbol) ?? null;
  const decoder = createBinanceDecoder({ buffer, plan, resolve });
  return (bytes) => {
    const tickNs = clock.nowNs();
    const nowUs = clock.nowUs();
    if (bytes[2] !== MARKET_FRAME) {
      link.venue?.receive(bytes, nowUs);
      system.settleReports();
      return;
    }
    const event = decoder.decode(bytes, 0, bytes.length, nowUs, tickNs);
    telemetry.stages.decode.record(clock.nowNs() - tickNs);
    telemetry.add('frames', 1);
    if (isDecodeProblem(event)) throw new Error(`the benchmark's own frame: ${event.what}`);
    system.apply(event);
  };
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
  rooms.instruments.filter((instrument) => rooms.portfolio.position(instrument).qty !== 0).length;

const restraintsOf = ({ rooms }: System): string[] =>
  rooms.guard
    .view()
    .states.filter(({ state }) => state !== 'active')
    .map(({ scope, state, reasons }) => `${scope} ${state}: ${reasons.join(', ')}`);

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

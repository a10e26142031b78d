// Owns the engine's process of the pipeline benchmark: the whole system on two real sockets.
// Promise: a tick passes the product's own code; only limits are opened, so nothing is refused.
import { rmSync } from 'node:fs';
import { housePath, readKernels } from '../cli/invocation.ts';
import { makeReport } from '../cli/trade/report.ts';
import { resolveConfig } from '../engine/config/resolve.ts';
import type { Config } from '../engine/config/schema.ts';
import { createRealClock } from '../engine/core/clock.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { Clock } from '../engine/core/ports.ts';
import { asEpochUs } from '../engine/core/units.ts';
import { knownInstrument, listInstruments } from '../engine/market/catalogue.ts';
import { openSystem } from '../engine/surroundings/compose.ts';
import { startForecastWorkers } from '../engine/surroundings/forecasts.ts';
import type { System } from '../engine/surroundings/system.ts';
import { createBinanceDecoder, isDecodeProblem } from '../engine/venues/binance/decode.ts';
import { openSocket, type VenueSocket } from '../engine/venues/socket.ts';
import { openWireVenue, type WireVenue } from './pipeline-wire.ts';

/** What the parent process hands over, as JSON in argv. */
export interface PipelineTask {
  readonly url: string;
  readonly variant: 'direct' | 'model';
  readonly stateDir: string;
}

const TICK_MS = 100;
const CREDENTIALS = { apiKey: 'benchmark', secret: 'not a secret: loopback only' };

const OPEN_LIMITS = [
  'risk.ordersPerSecond=1000000',
  'risk.ordersBurst=1000000',
  'risk.maxPositionUsd=1000000000',
  'risk.maxOrderNotionalUsd=1000000000',
  'risk.maxPortfolioExposure=1',
  'risk.varLimit95OneDay=1',
  'risk.maxOpenOrders=100000',
  'main.defaultOrderNotionalUsd=1000',
];
const VARIANTS = {
  direct: ['execution.strategy=imbalance-taker', 'ai.forecastIntervalMs=1000000'],
  model: [
    'execution.strategy=signal-follower',
    'ai.forecastIntervalMs=0',
    'ai.confidenceThreshold=0.01',
    'ai.strongConfidence=0.01',
    'ai.signalSpacingMsMin=0',
    'main.signalIntervalMs=10',
  ],
} as const;

function configOf(variant: PipelineTask['variant']): Config {
  const settings = [...OPEN_LIMITS, ...VARIANTS[variant]];
  const result = resolveConfig({ file: undefined, environment: {}, settings });
  if (result.kind === 'resolved') return result.config;
  throw new Error(`benchmark configuration: ${JSON.stringify(result.problems)}`);
}

async function main(task: PipelineTask): Promise<void> {
  const config = configOf(task.variant);
  const spec = knownInstrument('binance-usdm', 'BTCUSDT');
  if (spec === null) throw new Error('the catalogue does not know BTCUSDT');
  const instruments = listInstruments([spec]);
  const clock = createRealClock(Date.now(), () => performance.now() * 1e6);
  const link: Link = { socket: null, venue: null, system: null };
  const system = await openEngine(task, config, instruments, clock, link);
  link.system = system;
  link.socket = openSocket({
    url: task.url,
    onFrame: createReceiver(link, system, clock),
    onUp: () => link.socket?.send('{"id":"s","method":"snapshot","params":{}}'),
    onDown: () => undefined,
    silenceMsMax: 60_000,
    backoffMsMax: 1000,
  });
  const timer = setInterval(() => system.tick(clock.nowUs()), TICK_MS);
  process.once('message', async () => {
    clearInterval(timer);
    link.socket?.close();
    const ending = await system.stop('the benchmark ended');
    const report = await makeReport(system, ending, 'bench', task.stateDir, 0);
    rmSync(task.stateDir, { recursive: true, force: true });
    process.send?.(report, () => process.disconnect());
  });
}

// What the socket's callbacks reach; filled in as each part is there.
interface Link {
  socket: VenueSocket | null;
  venue: WireVenue | null;
  system: System | null;
}

async function openEngine(
  task: PipelineTask,
  config: Config,
  instruments: readonly Instrument[],
  clock: Clock,
  link: Link,
): Promise<System> {
  const onFault = (reason: string): never => {
    throw new Error(reason);
  };
  const modelDir = task.variant === 'model' ? housePath(config.ai.modelDir) : null;
  const opening = await openSystem({
    config,
    mode: 'bench',
    version: 'bench',
    seed: 'bench',
    model: modelDir ?? 'none',
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
        modelDir,
        modelVersion: 'bench',
        onFault,
      }),
    requestSnapshot: () => link.socket?.send('{"id":"s","method":"snapshot","params":{}}'),
    onFault,
  });
  if (opening.kind === 'open') return opening.system;
  throw new Error(opening.message);
}

const ANSWER = Buffer.from('{"id"');

function createReceiver(link: Link, system: System, clock: Clock): (bytes: Buffer) => void {
  const { buffer, plan, telemetry } = system.ground;
  const [instrument] = system.rooms.instruments;
  const decoder = createBinanceDecoder({ buffer, plan, resolve: () => instrument ?? null });
  decoder.setSource(instrument ?? null);
  return (bytes) => {
    const tickNs = clock.nowNs();
    const nowUs = clock.nowUs();
    if (bytes.subarray(0, ANSWER.length).equals(ANSWER)) {
      link.venue?.receive(bytes, nowUs);
      system.settleReports();
      return;
    }
    const event = decoder.decode(bytes, 0, bytes.length, nowUs, tickNs);
    telemetry.stages.decode.record(clock.nowNs() - tickNs);
    telemetry.add('frames', 1);
    if (isDecodeProblem(event)) telemetry.add('framesRefused', 1);
    else system.apply(event);
  };
}

await main(JSON.parse(process.argv[2] ?? '{}') as PipelineTask);

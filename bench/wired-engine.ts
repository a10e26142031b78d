// Owns the engine of a benchmark's process: the whole system, driven by one socket to its venue.
// Promise: frames and orders pass the product's own code; a frame that does not decode ends it.
import { readKernels } from '../cli/invocation.ts';
import { resolveConfig } from '../engine/config/resolve.ts';
import type { Config } from '../engine/config/schema.ts';
import { createRealClock } from '../engine/core/clock.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { Clock } from '../engine/core/ports.ts';
import { asEpochUs, type EpochUs } from '../engine/core/units.ts';
import { openSystem } from '../engine/surroundings/compose.ts';
import { driveLive } from '../engine/surroundings/driver.ts';
import { startForecastWorkers } from '../engine/surroundings/forecasts.ts';
import type { MarketSource } from '../engine/surroundings/house.ts';
import type { System } from '../engine/surroundings/system.ts';
import { openSocket, type VenueSocket } from '../engine/venues/socket.ts';
import { openWireVenue, type WireVenue } from './pipeline-wire.ts';

export interface WiredEngineOptions {
  readonly url: string;
  readonly stateDir: string;
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly modelDir: string | null;
  /** Sent once the connection is up: the venue answers with its books. */
  readonly askBooks: string;
  readonly asksAgain: boolean; // also when a book has to begin anew
}

export interface WiredEngine {
  readonly system: System;
  readonly clock: Clock;
  /** No frame and no time any more; the system still stands. */
  disconnect(): void;
}

const BEAT_MS = 10;
const CREDENTIALS = { apiKey: 'benchmark', secret: 'not a secret: loopback only' };

export function configOf(settings: readonly string[]): Config {
  const result = resolveConfig({ file: undefined, environment: {}, settings });
  if (result.kind === 'resolved') return result.config;
  throw new Error(`benchmark configuration: ${JSON.stringify(result.problems)}`);
}

export async function openWiredEngine(options: WiredEngineOptions): Promise<WiredEngine> {
  const clock = createRealClock(Date.now(), () => performance.now() * 1e6);
  const wire: Wire = { socket: null, venue: null, system: null };
  const source = createSocketMarket(options, wire, clock);
  const system = await openEngine(options, wire, source, clock);
  wire.system = system;
  const stopDrive = driveLive({
    source,
    driven: system,
    clock,
    beatMs: BEAT_MS,
    onStall: () => undefined, // the load measures how late an order is
    onClockStep: () => undefined,
  });
  return {
    system,
    clock,
    disconnect() {
      stopDrive();
      wire.socket?.close();
    },
  };
}

// What the socket's callbacks reach; filled in as each part is there.
interface Wire {
  socket: VenueSocket | null;
  venue: WireVenue | null;
  system: System | null;
}

// {"stream": a diff, {"symbol" and {"lastUpdateId": a book; the rest is of orders.
const MARKET = new Set(Buffer.from('sl'));

/** Both connections of a venue in one: each frame is handed on in the turn in which it comes. */
function createSocketMarket(
  { url, instruments, askBooks, asksAgain }: WiredEngineOptions,
  wire: Wire,
  clock: Clock,
): MarketSource {
  return {
    connect(openLine) {
      const line = openLine(instruments);
      const [first = null, ...others] = instruments;
      if (others.length === 0) line.setSource(first);
      const onFrame = (bytes: Buffer): void => {
        const nowUs = clock.nowUs();
        if (!MARKET.has(bytes[2] ?? 0)) return answer(wire, bytes, nowUs);
        const problem = line.take(bytes, 0, bytes.length, nowUs);
        if (problem !== null) throw new Error(`the benchmark's own frame: ${problem.what}`);
      };
      wire.socket = openSocket({
        url,
        onFrame,
        onUp: () => wire.socket?.send(askBooks),
        onDown: () => undefined,
        silenceMsMax: 60_000,
        backoffMsMax: 1000,
      });
    },
    nextUs: () => Number.POSITIVE_INFINITY,
    step: () => undefined,
    requestSnapshot: () => asksAgain && wire.socket?.send(askBooks),
    list: () => undefined,
    unlist: () => undefined,
  };
}

function answer({ venue, system }: Wire, bytes: Buffer, nowUs: EpochUs): void {
  venue?.receive(bytes, nowUs);
  system?.settleReports();
}

async function openEngine(
  { config, instruments, stateDir, modelDir }: WiredEngineOptions,
  wire: Wire,
  market: MarketSource,
  clock: Clock,
): Promise<System> {
  const onFault = (reason: string): never => {
    throw new Error(reason);
  };
  const opening = await openSystem({
    config,
    mode: 'bench',
    version: 'bench',
    seed: 'bench',
    model: modelDir ?? 'none',
    instruments,
    stateDir,
    kernels: readKernels(),
    clock,
    startUs: asEpochUs(clock.nowUs()),
    isReplay: false,
    gateway: null,
    openVenue(house) {
      const send = (text: string): boolean => wire.socket?.send(text) ?? false;
      wire.venue = openWireVenue(house, { send }, CREDENTIALS);
      return wire.venue;
    },
    openForecasts: (house) =>
      startForecastWorkers({
        ...house,
        nowNs: clock.nowNs,
        modelDir,
        modelVersion: 'bench',
        inFlightMax: config.main.concurrentSignalsMax,
        onFault,
      }),
    market,
    onFault,
  });
  if (opening.kind === 'open') return opening.system;
  throw new Error(opening.message);
}

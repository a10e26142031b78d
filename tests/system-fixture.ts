// Owns a whole engine for tests: state folder, journal thread, paper venue, a generated market.
// Promise: frames and time come from the seed alone; a fault of the engine is collected, not lost.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { housePath, readKernels } from '../cli/invocation.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import { asEpochUs } from '../engine/core/units.ts';
import { listInstruments } from '../engine/market/catalogue.ts';
import { createGenerator, type Generator } from '../engine/market/generator.ts';
import type { Scenario } from '../engine/market/generator-world.ts';
import { testInstruments } from '../engine/market/test-instruments.ts';
import type { Model } from '../engine/models/model.ts';
import { openModel } from '../engine/models/session.ts';
import { type Opening, openSystem } from '../engine/surroundings/compose.ts';
import { createInlineForecasts } from '../engine/surroundings/forecasts.ts';
import type { VenueHouse, VenueLink } from '../engine/surroundings/house.ts';
import type { System } from '../engine/surroundings/system.ts';
import { openPaperVenue } from '../engine/surroundings/venue-paper.ts';
import {
  type BinanceDecoder,
  createBinanceDecoder,
  isDecodeProblem,
} from '../engine/venues/binance/decode.ts';
import { configOf, START_US } from './engine-fixture.ts';

const TICK_US = 100_000; // between two clock events, as `colin run` does it
const FRAME_BYTES_MAX = 1 << 20;

// Systems that were not stopped yet, by state folder: a thread left over would hang a failed test.
const running = new Map<string, System>();

/** A state folder that ends with the test, and with it the system that still runs on it. */
export function temporaryFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'colin-system-'));
  t.after(async () => {
    await running.get(dir)?.stop('the test failed');
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

export interface SystemRun {
  readonly stateDir: string;
  readonly seed?: string;
  readonly instruments?: readonly Instrument[]; // default: USD-M and spot BTC
  readonly startUs?: number;
  readonly settings?: readonly string[];
  readonly model?: 'demo' | 'none'; // default none: no forecast, no model file
  readonly wrapVenue?: (link: VenueLink, house: VenueHouse) => VenueLink;
}

export interface RunningSystem {
  readonly system: System;
  readonly instruments: readonly Instrument[];
  readonly faults: string[];
  readonly wanted: Set<Instrument>; // snapshots the engine asked for
}

export type SystemOpening =
  | ({ readonly kind: 'open' } & RunningSystem)
  | Extract<Opening, { kind: 'refused' }>;

/** Opens a system in replay mode: inline forecasts, virtual time, nothing of this machine. */
export async function openRun(run: SystemRun): Promise<SystemOpening> {
  const { seed = 'test', startUs = START_US, settings = [] } = run;
  const { instruments = listInstruments(testInstruments(2)) } = run;
  const config = configOf(['capacity.levels=2048', `main.seed="${seed}"`, ...settings]);
  const model = run.model === 'demo' ? await openDemo() : null;
  const nowNs = (): number => performance.now() * 1e6;
  const faults: string[] = [];
  const wanted = new Set<Instrument>();
  const opening = await openSystem({
    config,
    mode: 'replay',
    version: 'test',
    seed,
    model: run.model ?? 'none',
    instruments,
    stateDir: run.stateDir,
    kernels: readKernels(),
    clock: { nowUs: () => asEpochUs(startUs), nowNs },
    startUs: asEpochUs(startUs),
    isReplay: true,
    openVenue(house) {
      const link = openPaperVenue(house, config.execution.paperLatencyMs, seed);
      return run.wrapVenue?.(link, house) ?? link;
    },
    openForecasts: async (house) => createInlineForecasts({ ...house, nowNs }, model, undefined),
    gateway: null,
    requestSnapshot: (instrument) => wanted.add(instrument),
    onFault: (reason) => faults.push(reason),
  });
  if (opening.kind === 'refused') return opening;
  const system = watchEnd(opening.system, run.stateDir);
  return { kind: 'open', system, instruments, faults, wanted };
}

function watchEnd(system: System, stateDir: string): System {
  const watched: System = {
    ...system,
    stop(reason) {
      running.delete(stateDir);
      return system.stop(reason);
    },
  };
  running.set(stateDir, watched);
  return watched;
}

async function openDemo(): Promise<Model> {
  const model = await openModel(housePath('models/demo'));
  if (model.kind === 'model') return model;
  throw new Error(model.message);
}

/** The system of an opening that must succeed. */
export async function openOrThrow(run: SystemRun): Promise<RunningSystem> {
  const opening = await openRun(run);
  if (opening.kind === 'open') return opening;
  throw new Error(opening.message);
}

export interface Feed {
  /** One frame at `us`, decoded as its venue's; a frame that does not decode throws. */
  frame(text: string, instrument: Instrument, us: number): void;
  /** Delivers the forecasts asked for, if there are any. */
  settle(): Promise<void>;
}

export function createFeed({ system, instruments }: RunningSystem): Feed {
  const decoders = new Map<string, BinanceDecoder>();
  for (const { venue } of instruments) {
    const resolve = (symbol: string): Instrument | null =>
      instruments.find((one) => one.symbol === symbol && one.venue === venue) ?? null;
    decoders.set(venue, createBinanceDecoder({ ...system.ground, resolve }));
  }
  const bytes = Buffer.alloc(FRAME_BYTES_MAX);
  return {
    frame(text, instrument, us) {
      const decoder = decoders.get(instrument.venue);
      if (decoder === undefined) throw new Error(`${instrument.venue} is not fed`);
      const length = bytes.write(text, 0, 'latin1');
      decoder.setSource(instrument);
      const event = decoder.decode(bytes, 0, length, us, 0);
      if (isDecodeProblem(event)) throw new Error(`${event.kind}: ${event.what}: ${text}`);
      system.apply(event);
    },
    async settle() {
      if (system.forecasts.isPending()) await system.forecasts.settle();
    },
  };
}

/** Feeds the generated market up to `to`: snapshots answered at once, clocks every 100 ms. */
export async function trade(
  run: RunningSystem,
  generator: Generator,
  from: number,
  to: number,
): Promise<void> {
  const feed = createFeed(run);
  const { system, wanted } = run;
  for (let us = from; us <= to; us += TICK_US) {
    generator.advance(us, (receiveUs, text, instrument) => {
      feed.frame(text, instrument, receiveUs);
      for (const one of wanted) {
        wanted.delete(one);
        feed.frame(generator.snapshot(one), one, receiveUs);
      }
    });
    system.tick(asEpochUs(us));
    await feed.settle();
  }
}

/** A generated market of the run's instruments that begins at `startUs`. */
export const marketOf = (
  run: RunningSystem,
  seed: string,
  startUs = START_US,
  scenario: Scenario = 'mixed',
): Generator => createGenerator({ seed, instruments: run.instruments, startUs, scenario });

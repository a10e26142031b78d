// Owns `colin replay`: recorded frames through the whole system, in the order they were received.
// Promise: time is the recording's own, so the same input gives the same state and journal.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instrument } from '../../engine/core/instrument.ts';
import { asEpochUs } from '../../engine/core/units.ts';
import { inferInstrument, listInstruments } from '../../engine/market/catalogue.ts';
import type { Model } from '../../engine/models/model.ts';
import {
  type CaptureFile,
  expandCapturePaths,
  inspectCaptures,
} from '../../engine/storage/capture-inspect.ts';
import { type CaptureBatch, readCaptures } from '../../engine/storage/capture-reader.ts';
import { openSystem } from '../../engine/surroundings/compose.ts';
import { createInlineForecasts } from '../../engine/surroundings/forecasts.ts';
import type { SystemOptions } from '../../engine/surroundings/house.ts';
import type { System } from '../../engine/surroundings/system.ts';
import { openPaperVenue } from '../../engine/surroundings/venue-paper.ts';
import {
  type BinanceDecoder,
  createBinanceDecoder,
  isDecodeProblem,
} from '../../engine/venues/binance/decode.ts';
import {
  flagOption,
  listOption,
  type Options,
  ROOT,
  readKernels,
  readOptions,
  readSetup,
  type Setup,
  textOption,
  userPath,
} from '../invocation.ts';
import {
  complain,
  EXIT,
  endProgress,
  printDocument,
  printText,
  progress,
  say,
} from '../terminal.ts';
import { type FeatureFile, openFeatureFile } from '../train/feature-file.ts';
import { readVersion } from '../version.ts';
import { createFrameFaults, type FrameFaults } from './frame-faults.ts';
import { openModelFor } from './model-option.ts';
import { formatReport, makeReport } from './report.ts';

const TICK_US = 100_000; // of recorded time between two clock events
const QUIET_US = 60_000_000; // a longer silence is skipped, not ticked through
const OPTIONS = {
  data: { type: 'string', multiple: true, default: [] as string[] },
  features: { type: 'string' },
  speed: { type: 'string', default: 'max' },
  model: { type: 'string' },
} as const;

interface Plan {
  readonly setup: Setup;
  readonly paths: readonly string[];
  readonly files: readonly CaptureFile[];
  readonly instruments: readonly Instrument[];
  readonly speed: number; // times real time; Infinity = as fast as possible
  readonly featurePath: string | null;
  readonly model: Model | null;
  readonly faults: FrameFaults;
}

export async function runReplay(args: string[]): Promise<number> {
  const startMs = performance.now();
  const options = readOptions('replay', args, OPTIONS);
  if (options === null) return EXIT.usage;
  const plan = await makePlan(options);
  if (typeof plan === 'number') return plan;
  return await replay(plan, startMs, flagOption(options, 'json'));
}

/** What will be done, or the exit code after a complaint. */
async function makePlan(options: Options): Promise<Plan | number> {
  const speed = readSpeed(textOption(options, 'speed') ?? 'max');
  if (speed === null) {
    complain('--speed wants max or a number above 0, e.g. --speed 10.');
    return EXIT.usage;
  }
  const paths = await readPaths(options);
  if (paths === null) return EXIT.usage;
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  const inventory = await inspectCaptures(paths, () => undefined); // told when they are read
  const instruments = listInstruments(
    inventory.instruments.map(({ venue, symbol, priceScale, qtyScale }) =>
      inferInstrument(venue, symbol, priceScale, qtyScale),
    ),
  );
  if (instruments.length === 0) {
    complain(`${paths.join(', ')}: no frame of a known venue was found.`);
    return EXIT.checkFailed;
  }
  const model = await openModelFor(textOption(options, 'model') ?? setup.config.ai.modelDir);
  if (model === 'refused') return EXIT.configuration;
  const feature = textOption(options, 'features');
  return {
    setup: { ...setup, stateDir: replayFolder(setup, textOption(options, 'state')) },
    paths,
    files: inventory.files,
    instruments,
    speed,
    featurePath: feature === undefined ? null : userPath(feature),
    model,
    faults: createFrameFaults(),
  };
}

async function readPaths(options: Options): Promise<readonly string[] | null> {
  const named = listOption(options, 'data');
  if (named.length === 0 || options.positionals.length > 0) {
    complain("replay wants at least one --data FILE. 'colin help replay' shows examples.");
    return null;
  }
  const paths = await expandCapturePaths(named.map(userPath));
  const missing = paths.filter((path) => !existsSync(path));
  for (const path of missing) complain(`${path}: there is no such file.`);
  return missing.length > 0 ? null : paths;
}

function readSpeed(text: string): number | null {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  return speed > 0 && Number.isFinite(speed) ? speed : null;
}

// Without --state every replay has a folder of its own: replays are repeatable, journals last.
function replayFolder(setup: Setup, named: string | undefined): string {
  if (named !== undefined) return setup.stateDir;
  for (let number = 1; ; number += 1) {
    const folder = join(ROOT, 'state', `replay-${String(number).padStart(4, '0')}`);
    if (existsSync(folder)) continue;
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

async function replay(plan: Plan, startMs: number, isJson: boolean): Promise<number> {
  const { setup, instruments, faults } = plan;
  const features = openFeatureFile(plan.featurePath);
  const fault: { reason: string | null } = { reason: null };
  const opening = await openSystem(systemOptions(plan, features, fault));
  if (opening.kind === 'refused') {
    complain(opening.message);
    return opening.exitCode;
  }
  const { system } = opening;
  const readyMs = performance.now() - startMs;
  const drive = await driveFrames(plan, system, fault);
  const stale = instruments.filter((instrument) => !system.rooms.books.isReady(instrument));
  const ending = await system.stop('end of the recording');
  features?.close();
  endProgress();
  for (const { key } of stale) {
    complain(`${key}: its book is stale at the end: no snapshot, or a gap without a new one.`);
  }
  const report = {
    ...(await makeReport(system, ending, 'replay', setup.stateDir, readyMs)),
    staleBooks: stale.map(({ key }) => key),
    problems: faults.summary(),
    seconds: Math.round(drive.seconds * 1000) / 1000,
    framesPerSecond: Math.round(drive.frames / drive.seconds),
    state: setup.stateDir,
  };
  if (isJson) await printDocument(report);
  else await printText(formatReport(report));
  say(`${report.frames} frames in ${report.seconds} s; journal in ${setup.stateDir}`);
  if (fault.reason !== null) {
    complain(`trading stopped: ${fault.reason}`);
    return EXIT.fault;
  }
  return faults.isDamaged ? EXIT.checkFailed : EXIT.done;
}

function systemOptions(
  plan: Plan,
  features: FeatureFile | null,
  fault: { reason: string | null },
): SystemOptions {
  const { setup, instruments, files, model } = plan;
  const { config, stateDir } = setup;
  const nowNs = (): number => performance.now() * 1e6;
  const firstUs = Math.min(...files.map((file) => file.firstUs).filter(Number.isFinite));
  const startUs = asEpochUs(Number.isFinite(firstUs) ? firstUs : 0);
  return {
    config,
    mode: 'replay',
    version: readVersion(),
    seed: config.main.seed,
    model: model === null ? 'none' : `${model.manifest.name}/${model.manifest.version}`,
    instruments,
    stateDir,
    kernels: readKernels(),
    clock: { nowUs: () => startUs, nowNs },
    startUs,
    isReplay: true,
    openVenue: (house) => openPaperVenue(house, config.execution.paperLatencyMs, config.main.seed),
    openForecasts: async (house) =>
      createInlineForecasts({ ...house, nowNs }, model, features?.onRow),
    gateway: null,
    requestSnapshot: () => undefined, // a recording answers by itself, or not at all
    onFault(reason) {
      fault.reason ??= reason;
    },
  };
}

interface Drive {
  frames: number;
  seconds: number;
}

interface Driver {
  readonly plan: Plan;
  readonly system: System;
  readonly decoders: readonly BinanceDecoder[];
  readonly pace: Pace;
  tickUs: number; // recorded time of the next clock event
}

async function driveFrames(
  plan: Plan,
  system: System,
  fault: { readonly reason: string | null },
): Promise<Drive> {
  const decoders = plan.paths.map((path) => decoderFor(plan, system, path));
  const driver: Driver = { plan, system, decoders, pace: createPace(plan.speed), tickUs: 0 };
  const { telemetry } = system.ground;
  const beganMs = performance.now();
  for await (const batch of readCaptures(plan.paths, plan.faults.onCapture)) {
    for (let k = 0; k < batch.count && fault.reason === null; k += 1) {
      const waiting = driveFrame(driver, batch, k);
      if (waiting !== null) await waiting;
    }
    if (fault.reason !== null) break;
    progress(`${telemetry.read('frames')} frames, ${telemetry.read('orders')} orders`);
  }
  return { frames: telemetry.read('frames'), seconds: (performance.now() - beganMs) / 1000 };
}

// One frame; a promise only where there is something to wait for.
function driveFrame(driver: Driver, batch: CaptureBatch, k: number): Promise<void> | null {
  const { plan, system, decoders } = driver;
  const { telemetry } = system.ground;
  const source = batch.sources[k] ?? 0;
  const us = batch.receiveUs[k] ?? 0;
  const bytes = batch.buffers[source];
  const decoder = decoders[source];
  if (bytes === undefined || decoder === undefined) return null;
  tickUntil(driver, us);
  const startNs = performance.now() * 1e6;
  const event = decoder.decode(bytes, batch.starts[k] ?? 0, batch.ends[k] ?? 0, us, startNs);
  telemetry.stages.decode.record(performance.now() * 1e6 - startNs);
  telemetry.add('frames', 1);
  if (isDecodeProblem(event)) {
    telemetry.add('framesRefused', 1);
    plan.faults.onFrame(plan.paths[source] ?? '', batch.lines[k] ?? 0, event);
    return null;
  }
  system.apply(event);
  const isPaced = Number.isFinite(driver.pace.speed);
  return system.forecasts.isPending() || isPaced ? settle(driver, us) : null;
}

async function settle({ system, pace }: Driver, us: number): Promise<void> {
  if (system.forecasts.isPending()) await system.forecasts.settle();
  await pace.wait(us);
}

function tickUntil(driver: Driver, us: number): void {
  if (us - driver.tickUs > QUIET_US) driver.tickUs = us;
  while (driver.tickUs <= us) {
    driver.system.tick(asEpochUs(driver.tickUs));
    driver.tickUs += TICK_US;
  }
}

interface Pace {
  readonly speed: number;
  wait(us: number): Promise<void>;
}

/** Holds a replay to `speed` times the recorded time. */
function createPace(speed: number): Pace {
  let firstUs = Number.NaN;
  const startMs = performance.now();
  return {
    speed,
    async wait(us) {
      if (!Number.isFinite(speed)) return;
      if (Number.isNaN(firstUs)) firstUs = us;
      const dueMs = startMs + (us - firstUs) / 1000 / speed;
      const aheadMs = dueMs - performance.now();
      if (aheadMs > 1) await sleep(aheadMs);
    },
  };
}

function decoderFor(plan: Plan, system: System, path: string): BinanceDecoder {
  const file = plan.files.find((candidate) => candidate.path === path);
  const venue = file?.instruments[0]?.venue;
  const { buffer, plan: memoryPlan } = system.ground;
  const decoder = createBinanceDecoder({
    buffer,
    plan: memoryPlan,
    resolve: (symbol) =>
      plan.instruments.find((one) => one.symbol === symbol && one.venue === venue) ?? null,
  });
  const only = file?.only ?? null;
  const source = plan.instruments.find(
    (one) => only !== null && one.symbol === only.symbol && one.venue === only.venue,
  );
  decoder.setSource(source ?? null);
  return decoder;
}

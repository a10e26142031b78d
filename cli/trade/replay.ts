// Owns `colin replay`: recorded frames through the whole system, in the order they were received.
// Promise: time is the recording's own, so the same input gives the same state and journal.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Instrument } from '../../engine/core/instrument.ts';
import { asEpochUs } from '../../engine/core/units.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import type { Model } from '../../engine/models/model.ts';
import {
  type CaptureInventory,
  expandCapturePaths,
  inspectCaptures,
} from '../../engine/storage/capture-inspect.ts';
import { openSystem } from '../../engine/surroundings/compose.ts';
import { driveRecorded } from '../../engine/surroundings/driver.ts';
import { createInlineForecasts } from '../../engine/surroundings/forecasts.ts';
import type { SystemOptions } from '../../engine/surroundings/house.ts';
import { openRecordedMarket, UNASKED } from '../../engine/surroundings/market-recorded.ts';
import { type RiskMaterial, readRiskMaterial } from '../../engine/surroundings/risk-material.ts';
import { problemsOfFiles } from '../../engine/surroundings/strategy-modules.ts';
import type { System } from '../../engine/surroundings/system.ts';
import { openPaperVenue } from '../../engine/surroundings/venue-paper.ts';
import { isUnknownInstrument, readInstrument } from '../../engine/venues/binance/catalogue.ts';
import {
  flagOption,
  housePath,
  listOption,
  type Options,
  ROOT,
  readKernels,
  readOptions,
  readSetup,
  reportProblems,
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

const nowNs = (): number => performance.now() * 1e6;
const OPTIONS = {
  data: { type: 'string', multiple: true, default: [] as string[] },
  features: { type: 'string' },
  speed: { type: 'string', default: 'max' },
  model: { type: 'string' },
} as const;

interface Plan {
  readonly setup: Setup;
  readonly paths: readonly string[];
  readonly inventory: CaptureInventory;
  readonly instruments: readonly Instrument[];
  readonly material: RiskMaterial;
  readonly speed: number; // times real time; Infinity = as fast as possible
  readonly features: FeatureFile | null;
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
  const files = problemsOfFiles(setup.config, housePath);
  reportProblems(files);
  if (files.length > 0) return EXIT.configuration;
  const inventory = await inspectCaptures(paths, () => undefined); // told when they are read
  const read = inventory.instruments.map(({ venue, symbol, priceScale, qtyScale }) =>
    readInstrument(venue, symbol, priceScale, qtyScale),
  );
  const unknown = read.filter(isUnknownInstrument);
  for (const { message } of unknown) complain(message);
  if (unknown.length > 0) return EXIT.checkFailed;
  const instruments = listInstruments(read.filter((one) => !isUnknownInstrument(one)));
  if (instruments.length === 0) {
    complain(`${paths.join(', ')}: no frame of a known venue was found.`);
    return EXIT.checkFailed;
  }
  const material = readMaterial(setup, instruments);
  if (material === null) return EXIT.configuration;
  const model = await openModelFor(textOption(options, 'model'), setup.config);
  if (model === 'refused') return EXIT.configuration;
  const features = openFeatures(textOption(options, 'features'));
  if (features === 'refused') return EXIT.usage;
  return {
    setup: { ...setup, stateDir: replayFolder(setup, textOption(options, 'state')) },
    paths,
    inventory,
    instruments,
    material,
    speed,
    features,
    model,
    faults: createFrameFaults(),
  };
}

function readMaterial({ config }: Setup, instruments: readonly Instrument[]): RiskMaterial | null {
  const result = readRiskMaterial(config, instruments, housePath);
  if (result.kind === 'read') return result.material;
  for (const found of result.problems) complain(found);
  return null;
}

function openFeatures(path: string | undefined): FeatureFile | null | 'refused' {
  if (path === undefined) return null;
  try {
    return openFeatureFile(userPath(path));
  } catch (error) {
    complain(`--features ${path} cannot be written: ${reasonOf(error)}`);
    return 'refused';
  }
}

/** False after a complaint: the file is not whole. */
function closeFeatures(features: FeatureFile | null): boolean {
  try {
    features?.close();
    return true;
  } catch (error) {
    complain(`--features: rows are missing: ${reasonOf(error)}`);
    return false;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);

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
  mkdirSync(join(ROOT, 'state'), { recursive: true });
  for (let number = 1; ; number += 1) {
    const folder = join(ROOT, 'state', `replay-${String(number).padStart(4, '0')}`);
    if (takeFolder(folder)) return folder;
  }
}

/** Makes it, or is told that it was there: of two at once one gets it. */
function takeFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function replay(plan: Plan, startMs: number, isJson: boolean): Promise<number> {
  const { setup, instruments, faults, features } = plan;
  const fault: { reason: string | null } = { reason: null };
  const opening = await openSystem(systemOptions(plan, features, fault));
  if (opening.kind === 'refused') {
    complain(opening.message);
    return opening.exitCode;
  }
  const { system } = opening;
  const readyMs = performance.now() - startMs;
  const beganMs = performance.now();
  await drive(plan, system, fault).catch((error: unknown) => {
    fault.reason ??= reasonOf(error); // and the system is stopped, as after any other end
  });
  const seconds = (performance.now() - beganMs) / 1000;
  const stale = instruments.filter((instrument) => !system.rooms.books.isReady(instrument));
  const ending = await system.stop('end of the recording');
  const isWritten = closeFeatures(features);
  endProgress();
  for (const { key } of stale) {
    complain(`${key}: its book is stale at the end: no snapshot, or a gap without a new one.`);
  }
  const report = {
    ...(await makeReport(system, ending, 'replay', setup.stateDir, readyMs)),
    staleBooks: stale.map(({ key }) => key),
    problems: faults.summary(),
    seconds: Math.round(seconds * 1000) / 1000,
    framesPerSecond: Math.round(system.ground.telemetry.read('frames') / seconds),
    state: setup.stateDir,
  };
  if (isJson) await printDocument(report);
  else await printText(formatReport(report));
  say(`${report.frames} frames in ${report.seconds} s; journal in ${setup.stateDir}`);
  if (fault.reason !== null) {
    complain(`trading stopped: ${fault.reason}`);
    return EXIT.fault;
  }
  if (!isWritten) return EXIT.fault;
  const hasFailed = report.failedStrategies.length > 0; // it was told why when it was
  return faults.isDamaged || hasFailed ? EXIT.checkFailed : EXIT.done;
}

function systemOptions(
  plan: Plan,
  features: FeatureFile | null,
  fault: { reason: string | null },
): SystemOptions {
  const { setup, instruments, material, inventory, model } = plan;
  const { config, stateDir } = setup;
  const firstUs = Math.min(...inventory.files.map((file) => file.firstUs).filter(Number.isFinite));
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
    pathOf: housePath,
    openVenue: (house) => openPaperVenue(house, config.execution.paperLatencyMs, config.main.seed),
    openForecasts: async (house) =>
      createInlineForecasts({ ...house, nowNs }, model, features?.onRow),
    gateway: null,
    market: UNASKED,
    material,
    onTrouble(reason) {
      endProgress();
      complain(reason);
    },
    onStrategyLog(strategy, text) {
      endProgress();
      say(`strategy ${strategy}: ${text}`);
    },
    onStrategyFailed(strategy, reason) {
      endProgress();
      complain(`strategy ${strategy} failed: ${reason}`);
    },
    onFault(reason) {
      fault.reason ??= reason;
    },
  };
}

async function drive(
  plan: Plan,
  system: System,
  fault: { readonly reason: string | null },
): Promise<void> {
  const { paths, inventory, instruments, faults, speed } = plan;
  const { telemetry } = system.ground;
  const { onCapture, onFrame } = faults;
  await driveRecorded({
    source: openRecordedMarket({ paths, inventory, instruments, onCapture, onFrame }),
    driven: system,
    nowNs,
    speed,
    isOver: () => fault.reason !== null,
    onProgress: () =>
      progress(`${telemetry.read('frames')} frames, ${telemetry.read('orders')} orders`),
  });
}

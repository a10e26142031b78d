// Owns the wiring of a whole engine: state, journal, rooms, venue, forecasts, gateway.
// Promise: the one place that knows everyone; live and replayed runs differ in what is handed in.

import type { EngineEvent, VenueReport } from '../core/event.ts';
import type { EpochUs } from '../core/units.ts';
import { createEngine, type Engine, type Rooms } from '../engine.ts';
import type { Effects } from '../facts/effects.ts';
import type { Damage } from '../storage/journal-format.ts';
import { type Analysis, startAnalysis } from './analysis.ts';
import { createGatewayLink, type GatewayLink } from './gateway.ts';
import { type Ground, layGround } from './ground.ts';
import type { SystemOptions } from './house.ts';
import {
  type Found,
  findState,
  type OpenJournal,
  openJournal,
  type RecoveredState,
} from './journal.ts';
import { rehearse } from './rehearsal.ts';
import { BUILT_IN_MATERIAL } from './risk-material.ts';
import { buildRooms } from './rooms.ts';
import { problemsOfStart } from './start-check.ts';
import {
  createSystem,
  type Recovered,
  type System,
  sha256,
  tellMargins,
  type Wiring,
  writeRecords,
} from './system.ts';

export type Opening =
  | { readonly kind: 'open'; readonly system: System }
  | { readonly kind: 'refused'; readonly exitCode: 1 | 3 | 4 | 5; readonly message: string };

/** Opens a whole engine on a state folder. Refusals say what is wrong and what to do. */
export async function openSystem(options: SystemOptions): Promise<Opening> {
  const found = findState(options.stateDir);
  if (found.kind === 'damaged') return refuseDamage(found.damage);
  if (found.kind !== 'open') {
    const exitCode = found.kind === 'unwritable' ? 3 : 5;
    return { kind: 'refused', exitCode, message: found.message };
  }
  const { recovery } = found;
  const checkpoint = recovery.kind === 'fresh' ? null : recovery.checkpoint;
  const problems = problemsOfStart(options.config, options.instruments, checkpoint);
  if (problems.length > 0) {
    found.folder.close();
    return { kind: 'refused', exitCode: 3, message: problems.join('\n') };
  }
  const system = await build(options, found);
  const { doors } = system;
  if (doors.kind !== 'failed') return { kind: 'open', system };
  await system.stop('the gateway did not start');
  return { kind: 'refused', exitCode: doors.isPortInUse ? 5 : 1, message: doors.message };
}

function refuseDamage({ file, line, offset, seq, reason }: Damage): Opening {
  const message =
    `the journal is damaged at record ${seq} (file ${file}, line ${line}, byte ${offset}): ` +
    `${reason}; nothing was changed. 'colin audit verify' tells more`;
  return { kind: 'refused', exitCode: 4, message };
}

type Opened = Extract<Found, { kind: 'open' }>;

type Closer = () => Promise<unknown>;

/** A start that fails leaves nothing behind: no thread, no port, no lock on the state folder. */
async function build(options: SystemOptions, opened: Opened): Promise<System> {
  const closers: Closer[] = [];
  try {
    return await assemble(options, opened, closers);
  } catch (error) {
    for (const close of closers) await close().catch(() => undefined); // the first error counts
    opened.folder.close();
    throw error;
  }
}

// Every thread is started first and waited for last: they load while this one gets ready.
async function assemble(
  options: SystemOptions,
  opened: Opened,
  closers: Closer[],
): Promise<System> {
  const { config, instruments } = options;
  const ground = layGround(config, instruments, options.kernels, options.material);
  const gateway = createGatewayLink(ground, options.onFault);
  const doors = options.gateway === null ? CLOSED : gateway.open(options.gateway());
  const time = { nowUs: (): EpochUs => options.startUs };
  const late: { apply: (event: EngineEvent) => void } = { apply: () => undefined };
  const deliver = (event: EngineEvent): void => late.apply(event);
  const forecasting = options.openForecasts({ ground, instruments, deliver });
  const opening = startJournal(options, opened, ground, gateway, time);
  closers.push(
    () => gateway.close(),
    async () => (await forecasting).close(),
    async () => (await opening).close(),
  );
  rehearse(options.kernels, config, options.clock.nowNs);
  const journal = await opening;
  const reports: VenueReport[] = [];
  const wiring: Wiring = {
    options,
    ground,
    journal,
    gateway,
    reports,
    records: [],
    time,
    venue: null,
    forecasts: null,
    analysis: null,
  };
  const rooms = furnish(wiring);
  const engine = createEngine(rooms, journal.checkpoint, options.startUs);
  time.nowUs = engine.nowUs;
  const { epoch } = journal;
  const report = (said: VenueReport): number => reports.push(said);
  const venue = options.openVenue({ ground, instruments, epoch, report });
  wiring.venue = venue;
  const system = createSystem(wiring, rooms, engine, venue);
  late.apply = system.apply;
  const forecasts = await forecasting;
  wiring.forecasts = forecasts;
  if (!options.isReplay) wiring.analysis = openAnalysis(wiring, rooms, system);
  await begin(wiring, rooms, engine, opened.recovery);
  const recovered = describe(opened.recovery, epoch);
  return { ...system, forecasts, recovered, doors: await doors };
}

function openAnalysis(wiring: Wiring, rooms: Rooms, system: Pick<System, 'apply'>): Analysis {
  const { options, ground, gateway } = wiring;
  const { config, instruments, seed, material = BUILT_IN_MATERIAL } = options;
  return startAnalysis({
    ground,
    instruments,
    scenarios: material.scenarios,
    source: rooms.historySource,
    seed,
    drawdownHard: config.risk.drawdownHard,
    intervalUs: config.risk.analysisIntervalMs * 1000,
    onReport(event, report) {
      system.apply(event);
      if (options.gateway !== null) gateway.tell({ type: 'analysis', report });
    },
    onTrouble: options.onTrouble ?? (() => undefined),
  });
}

const CLOSED = Promise.resolve({ kind: 'closed' } as const);

function startJournal(
  options: SystemOptions,
  { folder, recovery }: Opened,
  ground: Ground,
  gateway: GatewayLink,
  time: Wiring['time'],
): Promise<OpenJournal> {
  const { config, isReplay, onFault } = options;
  return openJournal({
    ...ground,
    folder,
    recovery,
    groupCommitMs: config.storage.groupCommitMs,
    fileBytes: config.storage.journalFileBytes,
    isReplay,
    nowUs: () => time.nowUs(),
    onFatal: onFault,
    onRecord(record) {
      if (options.gateway !== null) gateway.tell({ type: 'record', record });
    },
  });
}

function furnish(wiring: Wiring): Rooms {
  const { options, ground, journal, time } = wiring;
  const { config, instruments, clock } = options;
  const nowUs = (): EpochUs => time.nowUs();
  const effects = createEffects(wiring, nowUs);
  const { ids, checkpoint } = journal;
  const { material = BUILT_IN_MATERIAL } = options;
  return buildRooms({
    config,
    instruments,
    ground,
    clock,
    ids,
    effects,
    checkpoint,
    nowUs,
    material,
  });
}

function describe(recovery: RecoveredState, epoch: number): Recovered | null {
  if (recovery.kind === 'fresh') return null;
  const { records, tornBytes, unresolvedOrders } = recovery;
  return { records, tornBytes, unresolvedOrders: unresolvedOrders.length, epoch };
}

function createEffects(wiring: Wiring, nowUs: () => EpochUs): Effects {
  const { options, gateway } = wiring;
  return {
    requestSnapshot: options.requestSnapshot,
    requestForecast: (instrument, us, tickNs) => wiring.forecasts?.request(instrument, us, tickNs),
    place: (placement) => wiring.venue?.place(placement, nowUs()),
    cancel: (order) => wiring.venue?.cancel(order, nowUs()),
    cancelUnknown: (venue, orderId) => wiring.venue?.cancelUnknown(venue, orderId, nowUs()),
    askOpenOrders: (venue) => wiring.venue?.askOpenOrders(venue, nowUs()),
    record(timeUs, body) {
      wiring.records.push({ timeUs, body });
    },
    answer(correlation, answer) {
      if (correlation > 0) gateway.tell({ type: 'answer', correlation, answer });
      if (answer.kind === 'limits') gateway.tell({ type: 'limits', tree: answer.tree });
    },
  };
}

/** The first records of a run, and the questions to the venue about what an earlier run left. */
async function begin(
  wiring: Wiring,
  rooms: Rooms,
  engine: Engine,
  recovery: RecoveredState,
): Promise<void> {
  const { options, journal, venue, reports } = wiring;
  const { startUs, config, mode, version, seed, model } = options;
  const isFresh = recovery.kind === 'fresh';
  // Also where an engine died before its deposit was written: nothing else opens an account.
  const deposits = isFresh || rooms.portfolio.opening.length > 0;
  const now = engine.checkpoint(journal.epoch);
  journal.record(startUs, {
    kind: 'run_started',
    mode,
    version,
    configHash: sha256(JSON.stringify(config)),
    seed,
    instruments: options.instruments.map(({ key }) => key),
    model,
    checkpoint: deposits ? { ...now, balances: {} } : now,
  });
  if (deposits) journal.record(startUs, { kind: 'deposit', ledger: rooms.portfolio.opening });
  if (!isFresh) {
    const { records, tornBytes, unresolvedOrders } = recovery;
    journal.record(startUs, { kind: 'recovered', records, tornBytes, unresolvedOrders });
  }
  if (venue !== null) tellMargins(rooms, engine, venue);
  if (options.gateway !== null) wiring.gateway.tell({ type: 'limits', tree: rooms.limits.tree() });
  await journal.waitForIds();
  for (const order of rooms.orders.open()) venue?.query(order, startUs);
  for (const report of reports) engine.apply({ kind: 'report', report });
  reports.length = 0;
  writeRecords(wiring);
}

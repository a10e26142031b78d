// Owns the wiring of a whole engine: state, journal, rooms, venue, forecasts, and its orderly end.
// Promise: the one place that knows everyone; live and replayed runs differ in what is handed in.
import { hash } from 'node:crypto';
import type { Forecasts } from './compose/forecasts.ts';
import {
  createGatewayLink,
  type GatewayLink,
  type GatewayOpening,
  type GatewayOptions,
} from './compose/gateway.ts';
import type { ForecastHouse, VenueHouse, VenueLink } from './compose/house.ts';
import {
  type Found,
  findState,
  type JournalEnding,
  type OpenJournal,
  openJournal,
  type RecoveredState,
} from './compose/journal.ts';
import { rehearse } from './compose/rehearsal.ts';
import { buildRooms, type Ground, layGround } from './compose/rooms.ts';
import { viewMarkets, viewPortfolio } from './compose/views.ts';
import type { Config } from './config/schema.ts';
import type { ClockEvent, EngineEvent, VenueReport } from './core/event.ts';
import type { Instrument } from './core/instrument.ts';
import type { JournalBody } from './core/journal-record.ts';
import type { Clock, Effects } from './core/ports.ts';
import { asEpochUs, type EpochUs } from './core/units.ts';
import { createEngine, type Engine, type Rooms } from './engine.ts';
import type { Damage } from './storage/journal-format.ts';

export interface SystemOptions {
  readonly config: Config;
  readonly mode: string;
  readonly version: string;
  readonly seed: string;
  readonly model: string; // version, for the journal
  readonly instruments: readonly Instrument[];
  readonly stateDir: string;
  readonly kernels: WebAssembly.Module;
  readonly clock: Clock;
  readonly startUs: EpochUs;
  readonly isReplay: boolean;
  readonly openVenue: (house: VenueHouse) => VenueLink;
  readonly openForecasts: (house: ForecastHouse) => Promise<Forecasts>;
  /** Asked once the state folder is ours; null: no door is opened, nothing is told. */
  readonly gateway: (() => GatewayOptions) | null;
  readonly requestSnapshot: (instrument: Instrument) => void;
  readonly onFault: (reason: string) => void;
}

export interface Recovered {
  readonly records: number;
  readonly tornBytes: number;
  readonly unresolvedOrders: number;
  readonly epoch: number;
}

export interface SystemEnding extends JournalEnding {
  readonly stateHash: string;
}

export interface System {
  readonly ground: Ground;
  readonly rooms: Rooms;
  readonly engine: Engine;
  readonly doors: GatewayOpening | { readonly kind: 'closed' };
  readonly gateway: GatewayLink;
  readonly forecasts: Forecasts;
  readonly recovered: Recovered | null; // null on a fresh state folder
  /** One event, and everything the venue answers to it. */
  apply(event: EngineEvent): void;
  /** Applies what a venue has said outside of an event. */
  settleReports(): void;
  /** Time passes without an event: due reports, clocks, journal, views. */
  tick(nowUs: EpochUs): void;
  /** Tells the gateway how portfolio and markets stand. */
  showViews(): void;
  /** Cancels what is open, writes the last record, ends every thread. */
  stop(reason: string): Promise<SystemEnding>;
}

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
  const missing = missingInstruments(found.recovery, options.instruments);
  if (missing.length > 0) {
    found.folder.close();
    const message =
      `the state folder holds ${missing.join(', ')}, which this run does not trade; ` +
      'start it with the same instruments or choose another folder with --state';
    return { kind: 'refused', exitCode: 3, message };
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

function missingInstruments(
  recovery: RecoveredState,
  instruments: readonly Instrument[],
): readonly string[] {
  if (recovery.kind === 'fresh') return [];
  const known = new Set(instruments.map(({ key }) => key));
  const { positions, openOrders } = recovery.checkpoint;
  const held = positions.filter(({ qty }) => qty !== '0').map(({ instrument }) => instrument);
  const open = openOrders.map(({ instrument }) => instrument);
  return [...new Set([...held, ...open])].filter((key) => !known.has(key));
}

// What effects need before it exists is null here until the house is built.
interface Wiring {
  readonly options: SystemOptions;
  readonly ground: Ground;
  readonly journal: OpenJournal;
  readonly gateway: GatewayLink;
  readonly reports: VenueReport[];
  readonly time: { nowUs: () => EpochUs };
  venue: VenueLink | null;
  forecasts: Forecasts | null;
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
  const ground = layGround(config, instruments.length, options.kernels);
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
    time,
    venue: null,
    forecasts: null,
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
  await begin(wiring, rooms, engine, opened.recovery);
  const recovered = describe(opened.recovery, epoch);
  return { ...system, forecasts, recovered, doors: await doors };
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
  return buildRooms({ config, instruments, ground, clock, ids, effects, checkpoint, nowUs });
}

function describe(recovery: RecoveredState, epoch: number): Recovered | null {
  if (recovery.kind === 'fresh') return null;
  const { records, tornBytes, unresolvedOrders } = recovery;
  return { records, tornBytes, unresolvedOrders: unresolvedOrders.length, epoch };
}

function createEffects(wiring: Wiring, nowUs: () => EpochUs): Effects {
  const { options, journal, gateway } = wiring;
  return {
    requestSnapshot: options.requestSnapshot,
    requestForecast: (instrument, us, tickNs) => wiring.forecasts?.request(instrument, us, tickNs),
    place: (placement) => wiring.venue?.place(placement, nowUs()),
    cancel: (order) => wiring.venue?.cancel(order, nowUs()),
    record: (timeUs: EpochUs, body: JournalBody) => journal.record(timeUs, body),
    answer(correlation, answer) {
      if (correlation > 0) gateway.tell({ type: 'answer', correlation, answer });
    },
  };
}

function createSystem(
  wiring: Wiring,
  rooms: Rooms,
  engine: Engine,
  venue: VenueLink,
): Omit<System, 'forecasts' | 'recovered' | 'doors'> {
  const { reports, options, journal, gateway, ground } = wiring;
  const drain = (): void => {
    if (reports.length === 0) return;
    for (const report of reports) engine.apply({ kind: 'report', report });
    reports.length = 0;
  };
  const guard = createGuard(options.onFault);
  const advance = (nowUs: EpochUs): void => {
    venue.advance(nowUs);
    drain();
  };
  const settle = guard(drain);
  const clock: ClockEvent = { kind: 'clock', nowUs: options.startUs };
  const tick = guard((nowUs: EpochUs) => {
    advance(nowUs);
    clock.nowUs = nowUs;
    engine.apply(clock);
    drain();
    journal.poll();
    if (journal.sinceCheckpoint() < CHECKPOINT_EVERY) return;
    journal.record(nowUs, { kind: 'checkpoint', checkpoint: engine.checkpoint(journal.epoch) });
  });
  return {
    ground,
    rooms,
    engine,
    gateway,
    tick,
    settleReports: () => settle(undefined),
    apply: guard((event: EngineEvent) => {
      if ('receiveUs' in event) advance(event.receiveUs);
      engine.apply(event);
      venue.afterEvent(event, engine.nowUs());
      drain();
    }),
    showViews() {
      ground.telemetry.set('exposure', rooms.exposure.gross());
      ground.telemetry.set('valueAtRisk', rooms.exposure.valueAtRisk());
      gateway.tell({ type: 'portfolio', portfolio: viewPortfolio(rooms, engine) });
      gateway.tell({ type: 'markets', markets: viewMarkets(rooms) });
    },
    stop: (reason) => stop(wiring, rooms, engine, tick, reason),
  };
}

// Recovery reads from the newest checkpoint on, so this many records bound its time (about 0.2 s).
const CHECKPOINT_EVERY = 10_000;

/** A broken invariant ends trading at once: it is told, and no later event gets through. */
function createGuard(
  onFault: (reason: string) => void,
): <Input>(act: (input: Input) => void) => (input: Input) => void {
  let isBroken = false;
  return (act) => (input) => {
    if (isBroken) return;
    try {
      act(input);
    } catch (error) {
      isBroken = true;
      onFault(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
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
  const now = engine.checkpoint(journal.epoch);
  journal.record(startUs, {
    kind: 'run_started',
    mode,
    version,
    configHash: sha256(JSON.stringify(config)),
    seed,
    instruments: options.instruments.map(({ key }) => key),
    model,
    checkpoint: isFresh ? { ...now, balances: {} } : now,
  });
  if (isFresh) journal.record(startUs, { kind: 'deposit', ledger: rooms.portfolio.opening });
  else {
    const { records, tornBytes, unresolvedOrders } = recovery;
    journal.record(startUs, { kind: 'recovered', records, tornBytes, unresolvedOrders });
  }
  await journal.waitForIds();
  for (const order of rooms.orders.open()) venue?.query(order, startUs);
  for (const report of reports) engine.apply({ kind: 'report', report });
  reports.length = 0;
}

const SETTLE_US = 60_000_000; // of venue time, for the last cancels to be answered

async function stop(
  wiring: Wiring,
  rooms: Rooms,
  engine: Engine,
  tick: (nowUs: EpochUs) => void,
  reason: string,
): Promise<SystemEnding> {
  const { forecasts, venue, gateway, journal } = wiring;
  await forecasts?.close();
  for (const { id } of rooms.orders.open()) {
    engine.apply({ kind: 'command', correlation: 0, command: { kind: 'cancel', orderId: id } });
  }
  tick(asEpochUs(engine.nowUs() + SETTLE_US));
  const stateHash = hashState(wiring, rooms, engine);
  journal.record(engine.nowUs(), { kind: 'run_stopped', reason, stateHash });
  venue?.close();
  await gateway.close();
  return { ...(await journal.close()), stateHash };
}

const sha256 = (text: string): string => hash('sha256', text);

/** Positions, ledger, open orders, counters and the top of every book, in one canonical text. */
function hashState({ journal }: Wiring, rooms: Rooms, engine: Engine): string {
  const { books, instruments } = rooms;
  const tops = instruments.map((instrument) => [
    instrument.key,
    books.updateId(instrument),
    books.bidCount(instrument),
    books.askCount(instrument),
    books.bidPrice(instrument, 0),
    books.bidQty(instrument, 0),
    books.askPrice(instrument, 0),
    books.askQty(instrument, 0),
  ]);
  return sha256(JSON.stringify([engine.checkpoint(journal.epoch), tops]));
}

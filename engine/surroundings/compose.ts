// Owns the wiring of a whole engine: state, journal, rooms, venue, forecasts, strategies, gateway.
// Promise: the one place that knows everyone; live and replayed runs differ in what is handed in.

import { limitThreadMemory } from '../../workers/start.ts';
import { createInstruments } from '../core/instruments.ts';
import type { EpochUs } from '../core/units.ts';
import { createEngine, type Rooms } from '../engine.ts';
import type { Effects } from '../facts/effects.ts';
import { createState, type State } from '../state.ts';
import { type Analysis, startAnalysis } from './analysis.ts';
import { commitBeginning, openingOf } from './beginning.ts';
import { createGatewayLink, type GatewayLink } from './gateway.ts';
import { type Ground, layGround, slotsOf } from './ground.ts';
import type { Forecasts, ListedOptions, SystemOptions, VenueLink } from './house.ts';
import { type JournalBackend, openJournal, type RecoveredState } from './journal.ts';
import { keepHeld } from './kept.ts';
import { rehearse } from './rehearsal.ts';
import { BUILT_IN_MATERIAL } from './risk-material.ts';
import { buildRooms } from './rooms.ts';
import { problemsOfStart } from './start-check.ts';
import { openStorage, type Storage } from './storage.ts';
import {
  createStrategyModules,
  type StrategyModules,
  type StrategyModulesOptions,
} from './strategy-modules.ts';
import { createSystem, type Recovered, type System } from './system.ts';
import { type Wiring, writeRecords } from './wiring.ts';

export type Opening =
  | { readonly kind: 'open'; readonly system: System }
  | { readonly kind: 'refused'; readonly exitCode: 1 | 3 | 4 | 5; readonly message: string };

/** Opens a whole engine on its durable state. Refusals say what is wrong and what to do. */
export async function openSystem(given: SystemOptions): Promise<Opening> {
  const { config, instruments } = given;
  const listed = createInstruments(instruments, slotsOf(config, instruments.length));
  const options: ListedOptions = { ...given, instruments: listed.list, listed };
  const state = createState({ capacity: config.capacity, known: listed.byKey });
  const opened = openStorage(options, state);
  if (opened.kind === 'refused') return opened;
  const { storage } = opened;
  const kept = keepHeld(listed, state);
  const problems = problemsOfStart(config, listed.list, state);
  if (problems.length > 0) {
    storage.close();
    return { kind: 'refused', exitCode: 3, message: problems.join('\n') };
  }
  const system = await build(options, state, storage);
  const { doors } = system;
  if (doors.kind !== 'failed') {
    for (const instrument of kept) given.market.list(instrument, given.startUs);
    return { kind: 'open', system };
  }
  await system.stop('the gateway did not start');
  return { kind: 'refused', exitCode: doors.exitCode, message: doors.message };
}

type Closer = () => Promise<unknown>;

/** A start that fails leaves nothing behind: no thread, no port, no lock on the state folder. */
async function build(options: ListedOptions, state: State, storage: Storage): Promise<System> {
  const closers: Closer[] = [];
  limitThreadMemory();
  try {
    return await assemble(options, state, storage, closers);
  } catch (error) {
    for (const close of closers) await close().catch(() => undefined); // the first error counts
    storage.close();
    throw error;
  }
}

interface Late {
  system: System | null; // null until it is built: what comes before that is nobody's
}

interface Started {
  readonly ground: Ground;
  readonly gateway: GatewayLink;
  readonly doors: Promise<System['doors']>;
  readonly forecasting: Promise<Forecasts>;
  readonly starting: Promise<JournalBackend>;
  readonly modules: StrategyModules;
}

/** Every thread; they load while this one gets ready. */
function startThreads(options: ListedOptions, storage: Storage, late: Late): Started {
  const { config, instruments, onFault, onTrouble = () => undefined } = options;
  const ground = layGround(config, instruments, options.kernels, options.material);
  const gateway = createGatewayLink(ground, { onFault, onTrouble });
  const deliver: System['apply'] = (event) => late.system?.apply(event);
  return {
    ground,
    gateway,
    doors: options.gateway === null ? CLOSED : gateway.open(options.gateway()),
    forecasting: options.openForecasts({ ground, instruments, deliver }),
    starting: storage.open(ground),
    modules: openModules(options, (name, news) => deliver({ kind: 'strategy', name, news })),
  };
}

const closersOf = ({ gateway, forecasting, starting, modules }: Started): Closer[] => [
  () => gateway.close(),
  async () => (await forecasting).close(),
  async () => {
    const { port, stopped } = await starting;
    if (port.status !== 'failed') port.stop();
    await stopped();
  },
  () => modules.close(),
];

async function assemble(
  options: ListedOptions,
  state: State,
  storage: Storage,
  closers: Closer[],
): Promise<System> {
  const late: Late = { system: null };
  const started = startThreads(options, storage, late);
  closers.push(...closersOf(started));
  rehearse(options.kernels, options.config, options.clock.nowNs);
  const wiring = wire(options, state, storage, started, await started.starting);
  const rooms = furnish(wiring);
  const engine = createEngine(rooms, options.startUs);
  wiring.engine = engine;
  const { epoch } = wiring.journal;
  const { recovery } = storage;
  const recovered = describe(recovery, state, epoch);
  commitBeginning({ options, rooms, engine, recovery, epoch });
  const venue = openVenue(wiring, epoch);
  const running = createSystem(wiring, rooms, engine, venue);
  const forecasts = await started.forecasting;
  wiring.forecasts = forecasts;
  const system = { ...running, forecasts, recovered, doors: await started.doors };
  late.system = system;
  if (!options.isReplay) wiring.analysis = openAnalysis(wiring, rooms, system);
  await wiring.journal.waitForIds();
  // Live, nobody waits for a file; a replay has everything before its first frame: it is exact.
  const { specs } = rooms.strategies;
  system.begin(options.isReplay ? await started.modules.openAll(specs) : null);
  return system;
}

function wire(
  options: ListedOptions,
  state: State,
  storage: Storage,
  { ground, gateway, modules }: Started,
  backend: JournalBackend,
): Wiring {
  const wiring: Wiring = {
    ...{ options, state, storage, ground, gateway, modules },
    reports: [],
    records: [],
    answers: [],
    journal: openJournal({
      backend,
      recovery: storage.recovery,
      commit: (fact) => wiring.engine?.commit(fact),
      write: () => writeRecords(wiring),
      onRecord(record) {
        options.follow?.(record);
        if (options.gateway !== null) gateway.tell({ type: 'record', record });
      },
    }),
    isRoundDue: false,
    engine: null,
    venue: null,
    forecasts: null,
    analysis: null,
  };
  return wiring;
}

function openVenue(wiring: Wiring, epoch: number): VenueLink {
  const { options, ground, state, reports } = wiring;
  const venue = options.openVenue({
    ground,
    instruments: options.instruments,
    epoch,
    opening: openingOf(state),
    report: (said) => reports.push(said),
  });
  wiring.venue = venue;
  return venue;
}

const CLOSED = Promise.resolve({ kind: 'closed' } as const);

function openModules(
  options: ListedOptions,
  onNews: StrategyModulesOptions['onNews'],
): StrategyModules {
  const { config, listed, isReplay, onStrategyLog = () => undefined } = options;
  return createStrategyModules({
    traded: listed.traded,
    limits: config.strategyHost,
    pathOf: options.pathOf ?? ((file) => file),
    isInside: isReplay,
    onNews,
    onOutput: onStrategyLog,
  });
}

function openAnalysis(wiring: Wiring, rooms: Rooms, system: Pick<System, 'apply'>): Analysis {
  const { options, ground, gateway } = wiring;
  const { config, seed, material = BUILT_IN_MATERIAL } = options;
  return startAnalysis({
    ground,
    traded: rooms.listed.traded,
    cashAssets: rooms.exposure.cashAssets,
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

function furnish(wiring: Wiring): Rooms {
  const { options, ground, journal, state, modules } = wiring;
  const { config, listed, clock, isReplay, onStrategyLog, onStrategyFailed } = options;
  const { material = BUILT_IN_MATERIAL } = options;
  return buildRooms({
    config,
    listed,
    ground,
    state,
    clock,
    ids: journal.ids,
    effects: createEffects(wiring),
    nowUs: () => nowOf(wiring),
    material,
    isReplay,
    openModule: modules.open,
    ...(onStrategyLog === undefined ? {} : { onStrategyLog }),
    ...(onStrategyFailed === undefined ? {} : { onStrategyFailed }),
    ...(isReplay ? {} : { stampUs: () => clock.nowNs() / 1000 }),
  });
}

const nowOf = ({ engine, options }: Wiring): EpochUs => engine?.nowUs() ?? options.startUs;

function describe(recovery: RecoveredState, { orders }: State, epoch: number): Recovered | null {
  if (recovery.kind === 'fresh') return null;
  const { records, tornBytes } = recovery;
  return { records, tornBytes, unresolvedOrders: orders.openCount, epoch };
}

function createEffects(wiring: Wiring): Effects {
  const { options } = wiring;
  const now = (): EpochUs => nowOf(wiring);
  return {
    requestSnapshot: options.market.requestSnapshot,
    list(instrument) {
      wiring.venue?.list(instrument);
      wiring.forecasts?.add(instrument);
      options.market.list(instrument, now());
    },
    unlist: options.market.unlist,
    requestForecast: (instrument, us, tickNs) => wiring.forecasts?.request(instrument, us, tickNs),
    place: (placement) => wiring.venue?.place(placement, now()) ?? false,
    cancel: (order) => wiring.venue?.cancel(order, now()) ?? false,
    amend: (order, change) => wiring.venue?.amend(order, change, now()) ?? false,
    query: (order) => wiring.venue?.query(order, now()) ?? false,
    cancelUnknown: (venue, orderId) => wiring.venue?.cancelUnknown(venue, orderId, now()),
    askOpenOrders: (venue) => wiring.venue?.askOpenOrders(venue, now()),
    moveMoney: (movement) => wiring.venue?.moveMoney(movement) ?? null,
    record(timeUs, body) {
      wiring.records.push({ timeUs, body });
    },
    answer(correlation, answer) {
      if (correlation > 0) wiring.answers.push({ correlation, answer });
    },
    checkpoint() {
      wiring.isRoundDue = true;
    },
  };
}

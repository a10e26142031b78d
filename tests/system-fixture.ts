// Owns a whole engine for tests: state folder, journal thread, paper venue, a generated market.
// Promise: frames and time come from the seed alone; a fault of the engine is collected, not lost.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { housePath, readKernels } from '../cli/invocation.ts';
import { type Instrument, notionalOf, qtyOf } from '../engine/core/instrument.ts';
import { asEpochUs, asQty } from '../engine/core/units.ts';
import type { Rooms } from '../engine/engine.ts';
import { heldBy } from '../engine/execution/owners.ts';
import type { Fact, FactOf, JournalRecord } from '../engine/facts/fact.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import type { Model } from '../engine/models/model.ts';
import { openModel } from '../engine/models/session.ts';
import { createState, type State } from '../engine/state.ts';
import { type Disk, openDisk } from '../engine/storage/disk.ts';
import { recoverJournal } from '../engine/storage/recovery.ts';
import { createBeat, TICK_US } from '../engine/surroundings/beat.ts';
import { type Opening, openSystem } from '../engine/surroundings/compose.ts';
import { createInlineForecasts } from '../engine/surroundings/forecasts.ts';
import { createLines, type FrameLine } from '../engine/surroundings/frames.ts';
import type {
  Forecasts,
  MarketSource,
  VenueHouse,
  VenueLink,
} from '../engine/surroundings/house.ts';
import { createGeneratedMarket } from '../engine/surroundings/market-generated.ts';
import type { System } from '../engine/surroundings/system.ts';
import { openPaperVenue } from '../engine/surroundings/venue-paper.ts';
import { testInstruments } from '../engine/venues/binance/test-instruments.ts';
import type { Scenario } from '../engine/venues/generated/world.ts';
import { configOf, START_US } from './engine-fixture.ts';

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
  readonly disk?: Disk; // in memory: no thread and no folder
  readonly wrapVenue?: (link: VenueLink, house: VenueHouse) => VenueLink;
  readonly wrapForecasts?: (forecasts: Forecasts) => Forecasts;
  readonly onTrouble?: (reason: string) => void;
}

export interface RunningSystem {
  readonly system: System;
  readonly instruments: readonly Instrument[];
  readonly faults: string[];
  readonly wanted: Set<Instrument>; // snapshots the engine asked for, where no market answers
  market: MarketSource | null;
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
  const asked: Pick<RunningSystem, 'wanted' | 'market'> = { wanted: new Set(), market: null };
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
    async openForecasts(house) {
      const forecasts = createInlineForecasts({ ...house, nowNs }, model, undefined);
      return run.wrapForecasts?.(forecasts) ?? forecasts;
    },
    gateway: null,
    ...(run.disk === undefined ? {} : { disk: run.disk }),
    market: {
      requestSnapshot(instrument) {
        if (asked.market === null) asked.wanted.add(instrument);
        else asked.market.requestSnapshot(instrument);
      },
      list: (instrument, nowUs) => asked.market?.list(instrument, nowUs),
      unlist: (instrument) => asked.market?.unlist(instrument),
    },
    onFault: (reason) => faults.push(reason),
    ...(run.onTrouble === undefined ? {} : { onTrouble: run.onTrouble }),
  });
  if (opening.kind === 'refused') return opening;
  const system = watchEnd(opening.system, run.stateDir);
  return Object.assign(asked, { kind: 'open' as const, system, instruments, faults });
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

/** Every record of the journal of a state folder, from the first one on; a torn end is left out. */
export function recordsOf(stateDir: string): JournalRecord[] {
  const folder = join(stateDir, 'journal');
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
  const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return logs
    .sort()
    .flatMap((name) => textOf(name).split('\n').slice(0, -1))
    .map((line) => JSON.parse(line.slice(line.indexOf(' ') + 1)) as JournalRecord);
}

export const bodiesOf = <Kind extends Fact['kind']>(
  records: readonly JournalRecord[],
  kind: Kind,
): FactOf<Kind>[] =>
  records.map(({ body }) => body).filter((body): body is FactOf<Kind> => body.kind === kind);

/** A fold of every record from the first one on; no checkpoint is looked at. */
export function foldOf(records: readonly JournalRecord[]): State {
  const state = emptyState();
  for (const { body, timeUs } of records) state.fold(body, timeUs);
  return state;
}

/** What recovery makes of the journal of a state folder: of a copy, a torn end is cut. */
export function recoveredFrom(t: TestContext, stateDir: string): State {
  const copy = temporaryFolder(t);
  cpSync(join(stateDir, 'journal'), copy, { recursive: true });
  const state = emptyState();
  const recovery = recoverJournal(openDisk(copy), state);
  if (recovery.kind === 'recovered') return state;
  throw new Error(JSON.stringify(recovery));
}

const emptyState = (): State => createState({ capacity: configOf().capacity });

/** Instruments of which something is held that could be sold: a lot of it, worth an order. */
export function closableOf({ instruments, holders, marks }: Rooms): string[] {
  return instruments.flatMap((instrument) => {
    const steps = asQty(Math.abs(heldBy(holders, instrument, null)));
    const worth = notionalOf(instrument, marks.mark(instrument), qtyOf(instrument, steps));
    const isDust = instrument.kind === 'spot' && worth < instrument.rules.minNotional;
    return steps < instrument.lot || isDust ? [] : [`${steps} of ${instrument.key}`];
  });
}

/** Frames by hand: one at `us`, decoded as its venue's; a frame that does not decode throws. */
export type Feed = (text: string, instrument: Instrument, us: number) => void;

const NO_STAMP = (): number => 0; // nothing of this machine

export function createFeed({ system, instruments }: RunningSystem): Feed {
  const openLine = createLines(system, NO_STAMP);
  const lines = new Map<string, FrameLine>();
  for (const [venue, own] of Map.groupBy(instruments, (one) => one.venue)) {
    lines.set(venue, openLine(own));
  }
  const bytes = Buffer.alloc(FRAME_BYTES_MAX);
  return (text, instrument, us) => {
    const line = lines.get(instrument.venue);
    if (line === undefined) throw new Error(`${instrument.venue} is not fed`);
    line.setSource(instrument);
    const problem = line.take(bytes, 0, bytes.write(text, 0, 'latin1'), us);
    if (problem !== null) throw new Error(`${problem.kind}: ${problem.what}: ${text}`);
  };
}

/** Drives the market up to `to`, as a live run would: by beats, on a clock that is a variable. */
export async function trade(
  { system }: RunningSystem,
  market: MarketSource,
  from: number,
  to: number,
): Promise<void> {
  let nowUs = from;
  const beat = createBeat({
    source: market,
    nowUs: () => asEpochUs(nowUs),
    tick: system.tick,
    telemetry: system.ground.telemetry,
    beatUs: TICK_US,
    onStall: () => undefined,
  });
  for (; nowUs <= to; nowUs += TICK_US) {
    do beat();
    while (market.nextUs() <= nowUs);
    if (system.forecasts.isPending()) await system.forecasts.settle();
  }
}

/** A generated market of the run's instruments that begins at `startUs`; it answers the run. */
export function marketOf(
  run: RunningSystem,
  seed: string,
  startUs = START_US,
  scenario: Scenario = 'mixed',
): MarketSource {
  const { instruments } = run;
  const onFrame = (): void => undefined;
  const source = { seed, instruments, scenario, onFrame };
  const market = createGeneratedMarket(source, asEpochUs(startUs));
  market.connect(createLines(run.system, NO_STAMP));
  run.market = market;
  return market;
}

// Owns a running system: events in, time, views, and the orderly end.
// Promise: a broken invariant ends trading at once; an end leaves no thread, port or lock behind.
import { hash } from 'node:crypto';
import type { ClockEvent, EngineEvent, VenueReport } from '../core/event.ts';
import { asEpochUs, type EpochUs } from '../core/units.ts';
import type { Engine, Rooms } from '../engine.ts';
import type { Fact } from '../facts/fact.ts';
import type { Analysis } from './analysis.ts';
import type { Forecasts } from './forecasts.ts';
import type { GatewayLink, GatewayOpening } from './gateway.ts';
import type { Ground } from './ground.ts';
import type { SystemOptions, VenueLink } from './house.ts';
import type { JournalEnding, OpenJournal } from './journal.ts';
import { viewMarkets, viewPortfolio, viewRisk } from './views.ts';

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

// What effects need before it exists is null here until the house is built.
export interface Wiring {
  readonly options: SystemOptions;
  readonly ground: Ground;
  readonly journal: OpenJournal;
  readonly gateway: GatewayLink;
  readonly reports: VenueReport[]; // said by the venue, applied after the event in hand
  readonly records: { readonly timeUs: EpochUs; readonly body: Fact }[]; // not yet written
  readonly time: { nowUs: () => EpochUs };
  venue: VenueLink | null;
  forecasts: Forecasts | null;
  analysis: Analysis | null; // null in a replay: a report is of now
}

/** What runs between the start and the end of a system that composition has wired. */
export function createSystem(
  wiring: Wiring,
  rooms: Rooms,
  engine: Engine,
  venue: VenueLink,
): Omit<System, 'forecasts' | 'recovered' | 'doors'> {
  const { reports, options, journal, ground } = wiring;
  const drain = (): void => {
    if (reports.length > 0) {
      for (const report of reports) engine.apply({ kind: 'report', report });
      reports.length = 0;
    }
    if (wiring.records.length > 0) writeRecords(wiring);
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
    tellMargins(rooms, engine, venue);
    drain();
    wiring.analysis?.advance(nowUs, rooms.portfolio.equity(), () => peakOf(rooms));
    keepJournal(journal, engine, nowUs);
  });
  return {
    ground,
    rooms,
    engine,
    gateway: wiring.gateway,
    tick,
    settleReports: () => settle(undefined),
    apply: guard((event: EngineEvent) => {
      if ('receiveUs' in event) advance(event.receiveUs);
      engine.apply(event);
      venue.afterEvent(event, engine.nowUs());
      drain();
    }),
    showViews: () => showViews(wiring, rooms, engine),
    stop: (reason) =>
      stop(wiring, rooms, engine, closingOf(guard, advance, engine, journal), reason),
  };
}

/** What every venue says of the collateral there; before the first word nothing is approved. */
export function tellMargins(rooms: Rooms, engine: Engine, link: VenueLink): void {
  const equity = rooms.portfolio.equity();
  for (const venue of rooms.names.venues) {
    const balance = link.collateral(venue, equity);
    engine.apply({ kind: 'margin', venue, balance, timeUs: engine.nowUs() });
  }
}

const peakOf = ({ guard }: Rooms): number =>
  guard.view().drawdowns.find(({ scope }) => scope === 'system')?.peak ?? Number.NaN;

// Recovery reads from the newest checkpoint on, so this many records bound its time (about 0.2 s).
const CHECKPOINT_EVERY = 10_000;

function keepJournal(journal: OpenJournal, engine: Engine, nowUs: EpochUs): void {
  journal.poll();
  if (journal.sinceCheckpoint() >= CHECKPOINT_EVERY) keepCheckpoint(journal, engine, nowUs);
}

function keepCheckpoint(journal: OpenJournal, engine: Engine, nowUs: EpochUs): void {
  journal.record(nowUs, { kind: 'checkpoint', checkpoint: engine.checkpoint(journal.epoch) });
}

function showViews({ ground, gateway }: Wiring, rooms: Rooms, engine: Engine): void {
  ground.telemetry.set('exposure', rooms.exposure.gross());
  ground.telemetry.set('valueAtRisk', rooms.exposure.valueAtRisk());
  gateway.tell({ type: 'portfolio', portfolio: viewPortfolio(rooms, engine) });
  gateway.tell({ type: 'markets', markets: viewMarkets(rooms) });
  gateway.tell({ type: 'risk', risk: viewRisk(rooms, engine) });
}

// Orders leave before their records are made into text: nothing on the way to the venue waits.
export function writeRecords({ records, journal }: Wiring): void {
  for (const { timeUs, body } of records) journal.record(timeUs, body);
  records.length = 0;
}

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

type Timed = (nowUs: EpochUs) => void;

/** What an end still does, unless the engine is broken: then its state is not to be trusted. */
interface Closing {
  readonly settle: Timed; // time for the venue only: the market stands still
  readonly look: Timed; // time for the engine, too
  readonly keep: Timed; // the state, so that a successor need not fold it
}

const closingOf = (
  guard: (act: Timed) => Timed,
  advance: Timed,
  engine: Engine,
  journal: OpenJournal,
): Closing => ({
  settle: guard(advance),
  look: guard((nowUs) => engine.apply({ kind: 'clock', nowUs })),
  keep: guard((nowUs) => keepCheckpoint(journal, engine, nowUs)),
});

const SETTLE_US = 60_000_000; // of venue time, for the last cancels to be answered

async function stop(
  wiring: Wiring,
  rooms: Rooms,
  engine: Engine,
  closing: Closing,
  reason: string,
): Promise<SystemEnding> {
  const { forecasts, analysis, venue, gateway, journal } = wiring;
  await Promise.all([forecasts?.close(), analysis?.close()]);
  const stateHash = await finish(wiring, rooms, engine, closing, reason).finally(async () => {
    venue?.close();
    await gateway.close(); // also where the journal has failed: nothing may keep the process up
  });
  return { ...(await journal.close()), stateHash };
}

async function finish(
  wiring: Wiring,
  rooms: Rooms,
  engine: Engine,
  closing: Closing,
  reason: string,
): Promise<string> {
  for (const { id } of rooms.orders.open()) {
    engine.apply({ kind: 'command', correlation: 0, command: { kind: 'cancel', orderId: id } });
  }
  closing.settle(asEpochUs(engine.nowUs() + SETTLE_US));
  endKill(rooms, engine, closing);
  writeRecords(wiring); // also what a broken event had still said
  const stateHash = hashState(wiring, rooms, engine);
  closing.keep(engine.nowUs());
  wiring.journal.record(engine.nowUs(), { kind: 'run_stopped', reason, stateHash });
  return stateHash;
}

const KILL_LOOK_US = 300_000; // a question to a venue, or a step of flattening, is due by then
const KILL_LOOKS = 50; // 15 s: beyond the time a kill is given

/** Whoever waits for a kill hears how it ended, be it that nothing is confirmed. */
function endKill({ kill }: Rooms, engine: Engine, { look, settle }: Closing): void {
  for (let looks = 0; looks < KILL_LOOKS && kill.isRunning; looks += 1) {
    look(asEpochUs(engine.nowUs() + KILL_LOOK_US));
    settle(asEpochUs(engine.nowUs() + SETTLE_US));
  }
}

export const sha256 = (text: string): string => hash('sha256', text);

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

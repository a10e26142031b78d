// Owns a running system: events in, time, views.
// Promise: what an event leads to is written in its order; a broken invariant ends trading at once.
import { equityOf } from '../accounts/valuation.ts';
import type { ClockEvent, EngineEvent } from '../core/event.ts';
import type { EpochUs } from '../core/units.ts';
import type { Engine, Rooms } from '../engine.ts';
import { JournalLostError } from '../storage/journal-writer.ts';
import type { Opened } from '../strategies/calls.ts';
import { createEnding, type SystemEnding } from './ending.ts';
import type { GatewayLink, GatewayOpening } from './gateway.ts';
import type { Ground } from './ground.ts';
import type { Forecasts, VenueLink } from './house.ts';
import { createMarketViews, viewPortfolio, viewRisk } from './views.ts';
import { commitRound, type Guarded, type Wiring, writeRecords } from './wiring.ts';

export interface Recovered {
  readonly records: number;
  readonly tornBytes: number;
  readonly unresolvedOrders: number;
  readonly epoch: number;
}

export interface System {
  readonly ground: Ground;
  readonly rooms: Rooms;
  readonly engine: Engine;
  readonly doors: GatewayOpening | { readonly kind: 'closed' };
  readonly gateway: GatewayLink;
  readonly forecasts: Forecasts;
  readonly recovered: Recovered | null; // null on fresh durable state
  /** Trading may begin; `opened`: users' files by name, null: they join when they have loaded. */
  begin(opened: ReadonlyMap<string, Opened> | null): void;
  /** One event, and everything the venue answers to it. */
  apply(event: EngineEvent): void;
  /** Applies what a venue has said outside of an event. */
  settleReports(): void;
  /** Time passes without an event: due reports, clocks, journal, views. */
  tick(nowUs: EpochUs): void;
  /** Tells the gateway how portfolio and markets stand. */
  showViews(): void;
  /**
   * Cancels what is open, writes the last record, ends every thread. Rejects with a
   * JournalLostError, after all of that but the record, where the journal has failed.
   */
  stop(reason: string): Promise<SystemEnding>;
}

/** What runs between the start and the end of a system that composition has wired. */
export function createSystem(
  wiring: Wiring,
  rooms: Rooms,
  engine: Engine,
  venue: VenueLink,
): Omit<System, 'forecasts' | 'recovered' | 'doors'> {
  const { options, ground, gateway } = wiring;
  const show = (): void => tellViews(gateway, rooms, engine);
  const drain = (receiveUs = engine.nowUs()): void => drainTo(wiring, engine, receiveUs, show);
  const { guard, seal } = createGuard(options.onFault);
  const advance = (nowUs: EpochUs): void => {
    venue.advance(nowUs);
    drain(nowUs);
  };
  const settle = guard(() => drain());
  const markets = createMarketViews(rooms.listed.traded, rooms.books);
  const clock: ClockEvent = { kind: 'clock', nowUs: options.startUs };
  const tick = guard((nowUs: EpochUs) => {
    advance(nowUs);
    clock.nowUs = nowUs;
    engine.apply(clock);
    drain();
    wiring.analysis?.advance(nowUs, equityOf(rooms.worths), () => peakOf(rooms));
    keepJournal(wiring);
  });
  const begin = guard((opened: ReadonlyMap<string, Opened> | null) => {
    engine.start(opened);
    drain();
  });
  return {
    ground,
    rooms,
    engine,
    gateway,
    tick,
    begin,
    settleReports: () => settle(undefined),
    apply: takerOf(gateway, guard, (event) => {
      if ('receiveUs' in event) advance(event.receiveUs);
      engine.apply(event);
      venue.afterEvent(event, engine.nowUs());
      drain();
    }),
    showViews: () => showViews(wiring, rooms, engine, markets),
    stop: createEnding({ wiring, rooms, engine, guard, seal, advance, tick }),
  };
}

/** What the venue said meanwhile, the round somebody asked for, then all records and answers. */
function drainTo(wiring: Wiring, engine: Engine, receiveUs: EpochUs, show: () => void): void {
  const { reports } = wiring;
  if (reports.length > 0) {
    for (const report of reports) engine.apply({ kind: 'report', report, receiveUs });
    reports.length = 0;
  }
  if (wiring.isRoundDue) commitRound(wiring, engine);
  if (wiring.records.length > 0 || wiring.answers.length > 0) writeRecords(wiring, show);
}

/** Commands are looked at first: a cancel or a kill does not wait for the end of a burst. */
function takerOf(
  gateway: GatewayLink,
  guard: Guarded,
  act: (event: EngineEvent) => void,
): (event: EngineEvent) => void {
  const poll = guard(() => gateway.poll());
  const take = guard(act);
  return (event) => {
    poll(undefined);
    take(event);
  };
}

const peakOf = ({ guard }: Rooms): number =>
  guard.view().drawdowns.find(({ scope }) => scope === 'system')?.peak ?? Number.NaN;

// Recovery reads from the newest round on, so this many records bound its time (about 0.2 s).
const ROUND_EVERY = 10_000;

function keepJournal(wiring: Wiring): void {
  const { journal } = wiring;
  journal.poll();
  if (journal.sinceCheckpoint() >= ROUND_EVERY) wiring.isRoundDue = true; // after the next event
}

type MarketViews = ReturnType<typeof createMarketViews>;

function showViews(
  { ground, gateway }: Wiring,
  rooms: Rooms,
  engine: Engine,
  markets: MarketViews,
): void {
  ground.telemetry.set('exposure', rooms.exposure.gross());
  ground.telemetry.set('valueAtRisk', rooms.exposure.valueAtRisk());
  const changed = markets(engine.nowUs());
  if (changed.length > 0) gateway.tell({ type: 'markets', markets: changed });
  tellViews(gateway, rooms, engine);
}

function tellViews(gateway: GatewayLink, rooms: Rooms, engine: Engine): void {
  gateway.tell({ type: 'portfolio', portfolio: viewPortfolio(rooms, engine) });
  gateway.tell({ type: 'risk', risk: viewRisk(rooms, engine) });
}

/**
 * A broken invariant ends trading at once and is told, as does a journal that takes nothing more;
 * after it or a seal nothing gets through. What writes the journal says itself why it has failed.
 */
function createGuard(onFault: (reason: string) => void): { guard: Guarded; seal: () => void } {
  let isOver = false;
  const guard: Guarded = (act) => (input) => {
    if (isOver) return;
    try {
      act(input);
    } catch (error) {
      isOver = true;
      if (error instanceof JournalLostError && error.isTold) return;
      onFault(reasonOf(error));
    }
  };
  const seal = (): void => {
    isOver = true;
  };
  return { guard, seal };
}

/** Where the program is wrong its line is told; a disk is not the program. */
function reasonOf(error: unknown): string {
  if (error instanceof JournalLostError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

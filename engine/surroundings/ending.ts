// Owns the orderly end of a system: orders taken back, the last records, every thread gone.
// Promise: an end leaves no thread, port or lock behind; what is not confirmed is not called done.
import { asEpochUs, type EpochUs } from '../core/units.ts';
import type { Engine, Rooms } from '../engine.ts';
import { JournalLostError } from '../storage/journal-writer.ts';
import type { JournalEnding } from './journal.ts';
import { commitRound, type Guarded, type Wiring, writeRecords } from './wiring.ts';

export interface SystemEnding extends JournalEnding {
  readonly stateHash: string; // of the durable state, before the end of the run is recorded
}

export interface EndingHouse {
  readonly wiring: Wiring;
  readonly rooms: Rooms;
  readonly engine: Engine;
  readonly guard: Guarded; // what is broken is not to be trusted: nothing of it is done
  readonly seal: () => void; // no event gets through any more
  readonly advance: (nowUs: EpochUs) => void; // time for the venue, and what it says
  readonly tick: (nowUs: EpochUs) => void;
}

export function createEnding(house: EndingHouse): (reason: string) => Promise<SystemEnding> {
  let ending: Promise<SystemEnding> | null = null;
  return (reason) => (ending ??= end(house, reason));
}

async function end(house: EndingHouse, reason: string): Promise<SystemEnding> {
  const { venue, gateway, journal, modules, storage } = house.wiring;
  try {
    const stateHash = await finish(house, reason).finally(async () => {
      venue?.close();
      await modules.close();
      await gateway.close(); // also where the journal has failed: nothing may keep the process up
    });
    return { ...(await journal.close()), stateHash };
  } finally {
    storage.close();
  }
}

async function finish(house: EndingHouse, reason: string): Promise<string> {
  const { wiring, rooms, engine, guard, seal } = house;
  const { journal } = wiring;
  const { state, gateway } = wiring;
  gateway.limitTo('cancels');
  guard(() => {
    engine.stopStrategies();
    for (const { id } of [...state.orders.open()]) cancel(engine, id, reason);
  })(undefined);
  const closed = closeWorkers(wiring);
  const left = wiring.modules.left(); // with what strategies save in their last call
  await settle(house);
  await endKill(house);
  if (journal.isLost) await takeBackUnrecorded(house);
  await closed;
  await left;
  gateway.limitTo('nothing');
  const stateHash = state.hash();
  guard(() => {
    commitRound(wiring, engine);
    engine.commit({ kind: 'run_stopped', reason, stateHash });
  })(undefined);
  seal();
  if (!journal.isLost) writeLast(wiring);
  rooms.telemetry.set('openOrders', state.orders.openCount);
  return stateHash;
}

/** Also what a broken event had still said. A journal that fails here says why at its end. */
function writeLast(wiring: Wiring): void {
  try {
    writeRecords(wiring);
  } catch (error) {
    if (!(error instanceof JournalLostError)) throw error;
  }
}

/** Nothing can be recorded: orders are taken back at the venue all the same, answers counted. */
async function takeBackUnrecorded({ wiring, engine }: EndingHouse): Promise<void> {
  const { venue, state, reports, options } = wiring;
  const open = [...state.orders.open()];
  if (venue === null || open.length === 0) return;
  const now = (): EpochUs => asEpochUs(Math.max(engine.nowUs(), options.clock.nowUs()));
  for (const order of open) venue.cancel(order, now());
  const living = new Set(open.map(({ id }) => id));
  const endMs = performance.now() + SETTLE_MS;
  for (let waits = 0; living.size > 0 && performance.now() < endMs; waits += 1) {
    venue.advance(options.isReplay ? asEpochUs(now() + SETTLE_US * (waits + 1)) : now());
    for (const report of reports.splice(0)) {
      if (report.kind === 'ended') living.delete(report.orderId);
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
  }
  const { onTrouble = () => undefined } = options;
  const ended = open.length - living.size;
  onTrouble(
    `${ended} of ${open.length} orders were taken back at their venue without a record: the next ` +
      'start asks the venue about all of them',
  );
}

const cancel = (engine: Engine, orderId: string, reason: string): void =>
  engine.apply({
    kind: 'command',
    correlation: 0,
    command: { kind: 'cancel', orderId, by: 'system', reason },
  });

const WORKERS_S = 3; // of real time

/** Forecasts and risk reports: a model that is stuck, or dead, keeps nobody from a clean end. */
async function closeWorkers({ forecasts, analysis, options }: Wiring): Promise<void> {
  const { onTrouble = () => undefined } = options;
  const close = async (what: string, one: { close(): Promise<void> } | null): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not within ${WORKERS_S} s`)), WORKERS_S * 1000);
    });
    try {
      await Promise.race([one?.close(), late]);
    } catch (error) {
      onTrouble(`the ${what} did not end: ${String(error)}`);
    } finally {
      clearTimeout(timer);
    }
  };
  await Promise.all([close('forecasts', forecasts), close('risk report', analysis)]);
}

const SETTLE_US = 60_000_000; // of virtual time, for the last cancels to be answered
const SETTLE_MS = 3000; // of real time
const SETTLE_POLL_MS = 5;

/** Real venues answer in real time; virtual time can be had at once, the market standing still. */
async function settle(house: EndingHouse): Promise<void> {
  const { wiring, engine, guard, advance, tick } = house;
  const { options, state, journal } = wiring;
  if (options.isReplay) {
    guard(advance)(asEpochUs(engine.nowUs() + SETTLE_US));
    return;
  }
  const endMs = performance.now() + SETTLE_MS;
  while (state.orders.openCount > 0 && !journal.isLost && performance.now() < endMs) {
    tick(options.clock.nowUs());
    await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
  }
}

const KILL_LOOK_US = 300_000; // a question to a venue, or a step of flattening, is due by then
const KILL_LOOKS = 50; // 15 s: beyond the time a kill is given

/** Whoever waits for a kill hears how it ended, be it that nothing is confirmed. */
async function endKill({
  wiring,
  rooms,
  engine,
  guard,
  advance,
  tick,
}: EndingHouse): Promise<void> {
  const { options } = wiring;
  const look = guard((nowUs: EpochUs) => engine.apply({ kind: 'clock', nowUs }));
  for (let looks = 0; looks < KILL_LOOKS && rooms.kill.isRunning; looks += 1) {
    if (wiring.journal.isLost) return;
    if (options.isReplay) {
      look(asEpochUs(engine.nowUs() + KILL_LOOK_US));
      guard(advance)(asEpochUs(engine.nowUs() + SETTLE_US));
      continue;
    }
    tick(options.clock.nowUs());
    await new Promise((resolve) => setTimeout(resolve, KILL_LOOK_US / 1000));
  }
}

// Owns how marks reach money and risk: taken over at once, looked at when event time has moved on.
// Promise: what is in doubt changes nothing; a look comes whoever moved time, and behind frames.
import { decideValuations } from '../accounts/movements.ts';
import type { Rates } from '../accounts/rates.ts';
import { equityOf, equityUsOf, strategyProfitOf, type Worths } from '../accounts/valuation.ts';
import type { Instrument } from '../core/instrument.ts';
import { asEpochUs, type EpochUs } from '../core/units.ts';
import type { MarkStep, Marks } from '../market/marks.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { Guard } from '../risk/guard.ts';
import type { LimitChanges } from '../risk/limit-changes.ts';
import type { RiskNames } from '../risk/places.ts';
import type { State } from '../state.ts';
import type { Derived } from './derived.ts';
import type { Emergency } from './emergency.ts';
import { type MarginsGround, tellMargins } from './margins.ts';
import type { OrderPath } from './path.ts';

export interface WatchHouse {
  readonly worths: Worths;
  readonly rates: Rates;
  readonly derived: Derived;
  readonly margins: MarginsGround['margins'];
  readonly exposure: Exposure;
  readonly guard: Guard;
  readonly marks: Marks;
  readonly emergency: Emergency;
  readonly limitChanges: LimitChanges;
  readonly telemetry: Telemetry;
  readonly state: State;
  readonly names: RiskNames;
  readonly commit: OrderPath['commit'];
}

export interface Watch {
  /** Equity and margins at the start: an order of the very first tick is held to them. */
  begin(nowUs: EpochUs): void;
  /** Equity as it is now: after a fill. */
  equity(nowUs: EpochUs): void;
  /** The clock says that time has passed. */
  look(nowUs: EpochUs): void;
  /** Behind every event: looks when LOOK_US have passed since the last look. */
  afterEvent(nowUs: EpochUs): void;
  /** Event time moves on: one that leaps tells of a sleep of this engine. */
  onTime(fromUs: EpochUs, toUs: EpochUs): void;
}

/** Event time between two looks, at most, while events come. */
export const LOOK_US = 100_000;
/**
 * The clock alone is an event each 100 ms. When event time leaps by more than this, neither it nor
 * any venue was listened to: the engine slept, and what waits has yet to be read.
 */
export const SLEEP_US = 500_000;

export function createWatch(house: WatchHouse, startUs: EpochUs): Watch {
  const profits = new Float64Array(house.names.strategies.length);
  let lastUs: number = startUs;
  const look = (nowUs: EpochUs): void => {
    lastUs = nowUs;
    lookAt(house, profits, nowUs);
  };
  return {
    begin(nowUs) {
      house.rates.advance(nowUs);
      tellEquity(house, nowUs);
      tellMargins(house, nowUs);
    },
    equity(nowUs) {
      tellEquity(house, nowUs);
    },
    look,
    afterEvent(nowUs) {
      if (nowUs - lastUs >= LOOK_US) look(nowUs);
    },
    onTime(fromUs, toUs) {
      if (toUs - fromUs <= SLEEP_US) return;
      house.guard.onSleep(toUs - fromUs, toUs);
      house.marks.onSleep(toUs - fromUs);
      lastUs = toUs; // the first frame after a sleep is not the last one that waits
    },
  };
}

/**
 * Hands a mark on that an update has set; in doubt the last good one stands and ages, and prices
 * nothing that has another path.
 */
export function takeMark(
  { marks, rates, exposure }: Pick<WatchHouse, 'marks' | 'rates' | 'exposure'>,
  one: Instrument,
  step: MarkStep,
): void {
  if (step === 'doubtful') {
    rates.mark(one, marks.mark(one), marks.markUs(one), true);
    return;
  }
  const mark = marks.mark(one);
  const markUs = marks.markUs(one);
  rates.mark(one, mark, markUs, false); // one that did not move is fresh again
  if (step === 'moved') rates.markSides(one, marks.longMark(one), marks.shortMark(one));
  exposure.onMark(one, mark, markUs);
}

const DAY_US = 86_400e6;
/** UTC days since 1970. */
export const dayOf = (us: EpochUs): number => Math.floor(us / DAY_US);

function lookAt(house: WatchHouse, profits: Float64Array, nowUs: EpochUs): void {
  const { exposure, guard, worths, rates, marks, emergency, telemetry, commit } = house;
  exposure.onDay(dayOf(nowUs));
  marks.advance(nowUs);
  rates.advance(nowUs);
  if (marks.doubtful > 0) tellDoubts(house); // of silence nobody is told by an update
  house.derived.renew();
  const equity = tellEquity(house, nowUs);
  tellMargins(house, nowUs);
  for (const [at, name] of house.names.strategies.entries()) {
    profits[at] = strategyProfitOf(worths, name);
  }
  guard.onStrategyProfits(profits, equity, nowUs);
  guard.advance(nowUs);
  emergency.advance(nowUs);
  for (const fact of house.limitChanges.expire(nowUs)) commit(fact, nowUs);
  const drawdown = guard.drawdown();
  telemetry.set('drawdown', drawdown);
  telemetry.set('drawdownMax', Math.max(drawdown, telemetry.read('drawdownMax')));
  telemetry.set('doubtfulMarks', marks.doubtful);
}

function tellDoubts(house: WatchHouse): void {
  for (const one of house.rates.instruments()) {
    if (house.marks.doubt(one) !== null) takeMark(house, one, 'doubtful');
  }
}

/** As old as the oldest mark it rests on: one that has not been heard of for too long is stale. */
function tellEquity(house: WatchHouse, nowUs: EpochUs): number {
  const { worths, rates, exposure, telemetry, guard, state, commit } = house;
  // First what capital is worth, so that no deposit is ever taken for a profit.
  for (const fact of decideValuations(state.accounts, rates)) commit(fact, nowUs);
  const equity = equityOf(worths);
  exposure.setEquity(equity, asEpochUs(Math.min(nowUs, equityUsOf(worths))));
  telemetry.set('equity', equity);
  guard.onEquity(equity, state.accounts.capital().value, nowUs);
  return equity;
}

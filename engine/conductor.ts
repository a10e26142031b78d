// Owns what the conductor holds: the rooms an event is led through, and its own few words.
// Promise: one writer; composition builds the rooms on one shared memory and one durable state.
import type { MovementGround } from './accounts/movements.ts';
import type { Config } from './config/schema.ts';
import type { Instrument } from './core/instrument.ts';
import type { Instruments } from './core/instruments.ts';
import type { EpochUs } from './core/units.ts';
import type { Derived, DerivedGround } from './execution/derived.ts';
import type { Emergency } from './execution/emergency.ts';
import type { ScopeStop } from './execution/errands.ts';
import type { ToldMargin } from './execution/margins.ts';
import type { OwnersGround } from './execution/owners.ts';
import type { OrderPath } from './execution/path.ts';
import type { VenueQuestions } from './execution/venue-questions.ts';
import type { Watch } from './execution/watch.ts';
import type { Fact } from './facts/fact.ts';
import type { Market } from './market/market.ts';
import type { Marks } from './market/marks.ts';
import type { Covariance } from './risk/covariance.ts';
import type { Kill } from './risk/kill.ts';
import type { LimitChanges } from './risk/limit-changes.ts';
import type { Signals } from './signals/generate.ts';
import type { HostOptions } from './strategies/calls.ts';
import type { Host } from './strategies/host.ts';

/** The rooms an event is led through; composition builds them on one shared memory. */
export interface Rooms
  extends Omit<OrderPath, 'commit' | 'onOrder' | 'onFill' | 'derived'>,
    Omit<DerivedGround, 'state' | 'rates' | 'exposure' | 'margins'> {
  readonly config: Config;
  readonly instruments: readonly Instrument[]; // by slot, those that were retired included
  readonly listed: Instruments;
  readonly market: Market;
  readonly marks: Marks;
  readonly covariance: Covariance;
  readonly historySource: string; // of the scenarios of historical VaR
  readonly limitChanges: LimitChanges;
  readonly kill: Kill;
  /** Scopes whose state has just become stricter; the conductor takes their orders back. */
  readonly stopped: ScopeStop[];
  readonly signals: Signals;
  readonly holders: OwnersGround;
  readonly money: MovementGround;
  readonly isRealMoney: boolean;
  readonly strategies: StrategySetup;
  /** What rooms that were built before the conductor say of facts; it listens from its start on. */
  readonly facts: { commit(fact: Fact): void };
}

/** What the host of strategies is given beside what the conductor itself provides. */
export type StrategySetup = Omit<HostOptions, 'ports' | 'instruments' | 'slice'> & {
  readonly ports: Omit<
    HostOptions['ports'],
    'submit' | 'cancel' | 'amend' | 'takeBack' | 'commit' | 'books'
  >;
};

export interface Conductor extends Rooms, OrderPath {
  readonly derived: Derived;
  readonly questions: VenueQuestions;
  readonly margins: Map<string, ToldMargin>; // by venue
  emergency: Emergency;
  watch: Watch;
  host: Host;
  nowUs: EpochUs;
  readonly lastForecastUs: Float64Array; // by instrument
  readonly forecastIntervalUs: number;
}

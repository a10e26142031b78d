// Owns the six observers that trip circuit breakers, and the breakers of every scope they watch.
// Promise: at a threshold is beyond it; a tick costs constant time and allocates nothing.
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type { BreakerKind, BreakerState, BreakerView } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { Fact } from '../facts/fact.ts';
import { type Breaker, type BreakerTimes, settle, trip } from './breaker.ts';
import {
  latencyOf,
  lossRateOf,
  type Observer,
  rejectRateOf,
  staleDataOf,
  venueFaultsOf,
  volatilityOf,
} from './observers.ts';
import type { RiskNames } from './places.ts';

export type BreakerTurn = Extract<Fact, { kind: 'breaker' }>;

export interface BreakersOptions {
  readonly config: Config['risk']['breakers'];
  readonly names: RiskNames;
  readonly slots: number; // for instruments
  readonly onTurn: (turn: BreakerTurn, nowUs: EpochUs) => void;
}

export interface Breakers {
  onMark(instrument: Instrument, mid: number, nowUs: EpochUs): void;
  onEquity(equity: number, nowUs: EpochUs): void;
  /** Money came in (+) or went out (-), and equity is this now: it is no profit and no loss. */
  onCapital(flow: number, equity: number): void;
  onStrategyProfits(profits: Float64Array, equity: number, nowUs: EpochUs): void;
  onSent(order: Order, nowUs: EpochUs): void;
  onAnswered(order: Order, nowUs: EpochUs, refused: boolean): void;
  onUnclear(order: Order, nowUs: EpochUs): void;
  onDisconnect(venue: string, nowUs: EpochUs): void;
  onBook(instrument: Instrument, isReady: boolean, nowUs: EpochUs): void;
  /** Another has the slot, or nobody (retired): what was measured there is forgotten. */
  take(instrument: Instrument): void;
  advance(nowUs: EpochUs): void;
  /** This engine itself did nothing for `us` up to now: no venue is to be blamed for it. */
  onSleep(us: number, nowUs: EpochUs): void;
  /** The volatility breaker of the instrument is open. */
  isVolatile(instrument: Instrument): boolean;
  /** How many instruments' are. */
  readonly volatile: number;
  /** Breakers of the scope that are not closed; open ones first. */
  troubled(scope: LimitScope): readonly { kind: BreakerKind; state: BreakerState }[];
  /** Those that ever tripped or measure half of their threshold; bounded, the worst first. */
  view(nowUs: EpochUs): BreakerView[];
}

const VIEWS_MAX = 100;

interface Panel {
  readonly observers: ReturnType<typeof openObservers>;
  readonly all: readonly Observer[];
  readonly times: BreakerTimes;
  readonly venueOf: Int32Array; // by instrument
  readonly options: BreakersOptions;
  volatile: number; // volatility breakers that are open
  sleepFromUs: number; // of the last sleep
  sleepUs: number;
}

export function createBreakers(options: BreakersOptions): Breakers {
  const { config, names, slots } = options;
  const venueOf = new Int32Array(slots).fill(-1);
  for (const instrument of names.instruments) setVenue(venueOf, names, instrument);
  const observers = openObservers(options, venueOf);
  const times = { coolDownUs: config.coolDownMs * 1000, probeUs: config.probeMs * 1000 };
  const panel: Panel = {
    observers,
    all: Object.values(observers),
    times,
    venueOf,
    options,
    volatile: 0,
    sleepFromUs: Number.NEGATIVE_INFINITY,
    sleepUs: 0,
  };
  const isVolatile = ({ index }: Instrument): boolean =>
    observers.volatility.breakers[index]?.state === 'open';
  return {
    ...marketOf(panel),
    ...ordersOf(panel),
    take(instrument) {
      if (isVolatile(instrument)) panel.volatile -= 1;
      setVenue(venueOf, names, instrument);
      observers.volatility.take(instrument);
      observers.stale.forgetBook(instrument.index);
    },
    advance: (nowUs) => advance(panel, nowUs),
    onSleep(us, nowUs) {
      panel.observers.stale.slept(us);
      panel.sleepFromUs = nowUs - us;
      panel.sleepUs = us;
    },
    isVolatile,
    get volatile() {
      return panel.volatile;
    },
    troubled: (scope) => troubled(panel.all, scope),
    view: (nowUs) => viewOf(panel.all, nowUs),
  };
}

function setVenue(venueOf: Int32Array, { venues }: RiskNames, instrument: Instrument): void {
  const { index, venue } = instrument;
  const number = venues.indexOf(venue);
  assert(number >= 0, 'breakers: an instrument trades at a venue that has no name');
  venueOf[index] = number;
}

const openObservers = ({ config, names, slots }: BreakersOptions, venueOf: Int32Array) => ({
  volatility: volatilityOf(config, names, slots),
  losses: lossRateOf(config, names),
  rejects: rejectRateOf(config, names),
  stale: staleDataOf(config, names, venueOf),
  latency: latencyOf(config, names),
  faults: venueFaultsOf(config, names),
});

type FromMarket = Pick<
  Breakers,
  'onMark' | 'onBook' | 'onEquity' | 'onCapital' | 'onStrategyProfits'
>;

function marketOf(panel: Panel): FromMarket {
  const { volatility, stale, losses } = panel.observers;
  const { strategies } = panel.options.names;
  return {
    onMark({ index }, mid, nowUs) {
      if (!(mid > 0 && mid < Number.MAX_VALUE)) return;
      stale.marked(index, nowUs);
      volatility.add(index, mid, nowUs);
      judge(panel, volatility, index, nowUs);
    },
    onBook: ({ index }, isReady, nowUs) => stale.turned(index, isReady, nowUs),
    onEquity(equity, nowUs) {
      losses.addEquity(equity, nowUs);
      judge(panel, losses, 0, nowUs);
    },
    onCapital: losses.moved,
    onStrategyProfits(profits, equity, nowUs) {
      for (const k of strategies.keys()) {
        losses.addProfit(k, profits[k] ?? Number.NaN, equity, nowUs);
        judge(panel, losses, 1 + k, nowUs);
      }
    },
  };
}

type FromVenues = Pick<Breakers, 'onSent' | 'onAnswered' | 'onUnclear' | 'onDisconnect'>;

function ordersOf(panel: Panel): FromVenues {
  const { rejects, latency, faults } = panel.observers;
  const venueAt = (order: Order): number => panel.venueOf[order.instrument.index] ?? Number.NaN;
  const fault = (venue: number, nowUs: EpochUs): void => {
    faults.add(venue, nowUs);
    judge(panel, faults, venue, nowUs);
  };
  return {
    onSent: (order, nowUs) => rejects.sent(venueAt(order), nowUs),
    onAnswered(order, nowUs, refused) {
      const venue = venueAt(order);
      const ownUs = order.createdUs <= panel.sleepFromUs ? panel.sleepUs : 0; // we did not listen
      latency.add(venue, nowUs - order.createdUs - ownUs);
      judge(panel, latency, venue, nowUs);
      if (!refused) return;
      rejects.refused(venue, nowUs);
      judge(panel, rejects, venue, nowUs);
    },
    onUnclear: (order, nowUs) => fault(venueAt(order), nowUs),
    onDisconnect(venue, nowUs) {
      const at = panel.options.names.venues.indexOf(venue);
      if (at >= 0) fault(at, nowUs); // where nothing of ours trades there is no breaker
    },
  };
}

// A closed breaker opens at its threshold, one that probes at its (lower) threshold for probes.
function judge(panel: Panel, observer: Observer, at: number, nowUs: EpochUs): void {
  const breaker = observer.breakers[at];
  if (breaker === undefined || breaker.state === 'open') return;
  const measured = observer.measure(at, nowUs);
  if (measured < thresholdOf(observer, breaker)) return;
  const from = breaker.state;
  trip(breaker, panel.times, nowUs);
  observer.opened(at);
  const why = observer.describe(measured);
  const reason = from === 'half_open' ? `${why}, while it probed` : why;
  tell(panel, observer, at, from, measured, reason, nowUs);
}

const thresholdOf = ({ threshold, probeThreshold }: Observer, { state }: Breaker): number =>
  state === 'half_open' ? probeThreshold : threshold;

// forEach and not entries(): a thousand breakers are looked at ten times a second.
function advance(panel: Panel, nowUs: EpochUs): void {
  const { stale } = panel.observers;
  stale.breakers.forEach((_, venue) => {
    judge(panel, stale, venue, nowUs);
  });
  for (const observer of panel.all) {
    observer.breakers.forEach((breaker, at) => {
      if (breaker.state !== 'closed') pass(panel, observer, breaker, at, nowUs);
    });
  }
}

function pass(
  panel: Panel,
  observer: Observer,
  breaker: Breaker,
  at: number,
  nowUs: EpochUs,
): void {
  const from = breaker.state;
  const measured = observer.measure(at, nowUs);
  if (!settle(breaker, panel.times, measured < observer.threshold, nowUs)) return;
  const isProbing = breaker.state === 'half_open';
  if (isProbing) observer.forget(at); // what is measured from here on is the probes' doing
  const reason = isProbing ? 'cooled down, it probes now' : 'quiet while it probed';
  tell(panel, observer, at, from, measured, reason, nowUs);
}

function tell(
  panel: Panel,
  observer: Observer,
  at: number,
  from: BreakerState,
  measured: number,
  reason: string,
  nowUs: EpochUs,
): void {
  const scope = observer.scopes[at] ?? 'system';
  const to = observer.breakers[at]?.state ?? from;
  const { kind: breaker, threshold } = observer;
  if (breaker === 'volatility') {
    panel.volatile += (to === 'open' ? 1 : 0) - (from === 'open' ? 1 : 0);
  }
  panel.options.onTurn(
    { kind: 'breaker', scope, breaker, from, to, measured, threshold, reason },
    nowUs,
  );
}

function troubled(
  observers: readonly Observer[],
  scope: LimitScope,
): { kind: BreakerKind; state: BreakerState }[] {
  const found: { kind: BreakerKind; state: BreakerState }[] = [];
  for (const { kind, numbers, breakers } of observers) {
    const state = breakers[numbers.get(scope) ?? Number.NaN]?.state ?? 'closed';
    if (state === 'open') found.unshift({ kind, state });
    else if (state === 'half_open') found.push({ kind, state });
  }
  return found;
}

function viewOf(observers: readonly Observer[], nowUs: EpochUs): BreakerView[] {
  const views: BreakerView[] = [];
  for (const observer of observers) {
    observer.breakers.forEach((breaker, at) => {
      const { kind, threshold, scopes } = observer;
      const { state, trips, changedUs } = breaker;
      const measured = observer.measure(at, nowUs);
      if (trips === 0 && measured < threshold / 2) return;
      const scope = scopes[at] ?? 'system';
      const retryUs = state === 'open' ? breaker.retryUs : null;
      views.push({ scope, breaker: kind, state, measured, threshold, trips, changedUs, retryUs });
    });
  }
  return views.sort(worstFirst).slice(0, VIEWS_MAX);
}

const RANK = { open: 0, half_open: 1, closed: 2 } as const satisfies Record<BreakerState, number>;

const worstFirst = (a: BreakerView, b: BreakerView): number =>
  RANK[a.state] - RANK[b.state] || b.measured / b.threshold - a.measured / a.threshold;

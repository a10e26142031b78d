// Owns what each kind of circuit breaker measures, in which unit, and from what it is told.
// Promise: fixed memory; nothing measured is 0, so what has not been seen trips nothing.
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { BreakerKind } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { createExtremes, createLatencies, createTally } from './breaker-window.ts';
import { scaleOfFlow } from './drawdown.ts';
import type { RiskNames } from './places.ts';

type Settings = Config['risk']['breakers'];

export interface Observer {
  readonly kind: BreakerKind;
  readonly scopes: LimitScope[]; // those of instruments by slot
  readonly numbers: Map<LimitScope, number>;
  readonly breakers: Breaker[]; // by scope
  readonly threshold: number;
  readonly probeThreshold: number; // while half-open
  /** Now, in the unit of the threshold. No allocation. */
  measure(at: number, nowUs: EpochUs): number;
  /** A breaker has opened. */
  opened(at: number): void;
  /** A breaker begins to probe: what led to the trip counts no more. */
  forget(at: number): void;
  describe(measured: number): string;
}

type Parts = Pick<Observer, 'kind' | 'scopes' | 'threshold' | 'measure' | 'describe'> &
  Partial<Pick<Observer, 'breakers' | 'probeThreshold' | 'opened' | 'forget'>>;

function observerOf(parts: Parts): Observer {
  return {
    breakers: parts.scopes.map(createBreaker),
    probeThreshold: parts.threshold,
    opened: () => undefined,
    forget: () => undefined, // its window has emptied by itself before it may probe
    ...parts,
    numbers: new Map(parts.scopes.map((scope, at) => [scope, at])),
  };
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
const seconds = (ms: number): string => `${ms / 1000} s`;
const venuesOf = ({ venues }: RiskNames): LimitScope[] =>
  venues.map((name): LimitScope => `venue:${name}`);

export interface Volatility extends Observer {
  add(instrument: number, mid: number, nowUs: EpochUs): void;
  /** Another instrument has the slot: nothing of its predecessor's counts. */
  take(instrument: Instrument): void;
}

/** Instruments: distance of the mid from the lowest and highest of the window, as a fraction. */
export function volatilityOf(
  settings: Settings,
  { instruments }: RiskNames,
  slots: number,
): Volatility {
  const { volatilityMove: threshold, volatilityWindowMs: windowMs } = settings;
  const window = createExtremes(slots, windowMs * 1000);
  const observer = observerOf({
    kind: 'volatility',
    scopes: instruments.map(({ key }): LimitScope => `instrument:${key}`),
    threshold,
    measure(at, nowUs) {
      const last = window.last(at);
      const low = window.low(at, nowUs);
      const high = window.high(at, nowUs);
      return Number.isFinite(low) ? Math.max((last - low) / low, (high - last) / high) : 0;
    },
    describe: (move) => `moved ${percent(move)} within ${seconds(windowMs)}`,
  });
  return {
    ...observer,
    add: window.add,
    take({ index, key }) {
      const { scopes, numbers, breakers } = observer;
      const before = scopes[index];
      if (before !== undefined) numbers.delete(before);
      scopes[index] = `instrument:${key}`;
      numbers.set(`instrument:${key}`, index);
      breakers[index] = createBreaker();
      window.clear(index);
    },
  };
}

export interface LossRate extends Observer {
  addEquity(equity: number, nowUs: EpochUs): void;
  /** Money came in (+) or went out (-), and equity is this now: what was lost stays its share. */
  moved(flow: number, equity: number): void;
  addProfit(strategy: number, profit: number, equity: number, nowUs: EpochUs): void;
}

/**
 * The system (first) and the strategies: what was lost since the best of the window. Equity: as a
 * fraction of that best; a strategy's profit: as a fraction of equity.
 */
export function lossRateOf(settings: Settings, { strategies }: RiskNames): LossRate {
  const { lossFraction: threshold, lossWindowMs: windowMs } = settings;
  const scopes = strategies.map((name): LimitScope => `strategy:${name}`);
  const window = createExtremes(1 + strategies.length, windowMs * 1000);
  let equityNow = Number.NaN;
  const observer = observerOf({
    kind: 'loss_rate',
    scopes: ['system', ...scopes],
    threshold,
    measure(at, nowUs) {
      const best = window.high(at, nowUs);
      const lost = best - window.last(at);
      if (!(lost > 0)) return 0;
      const whole = at === 0 ? best : equityNow;
      return whole > 0 ? lost / whole : 1;
    },
    describe: (lost) => `lost ${percent(lost)} of equity within ${seconds(windowMs)}`,
  });
  return {
    ...observer,
    addEquity(equity, nowUs) {
      if (Number.isFinite(equity)) window.add(0, equity, nowUs);
    },
    moved(flow, equity) {
      const scale = scaleOfFlow(flow, equity);
      window.rebase(0, equity - flow, equity, scale);
      for (let one = 1; one <= strategies.length; one += 1) {
        const last = window.last(one);
        window.rebase(one, last, last, scale);
      }
    },
    addProfit(strategy, profit, equity, nowUs) {
      if (!Number.isFinite(profit) || !Number.isFinite(equity)) return;
      equityNow = equity;
      window.add(1 + strategy, profit, nowUs);
    },
  };
}

export interface RejectRate extends Observer {
  sent(venue: number, nowUs: EpochUs): void;
  refused(venue: number, nowUs: EpochUs): void;
}

/** Venues: refusals as a share of the orders sent within the window, once there are enough. */
export function rejectRateOf(settings: Settings, names: RiskNames): RejectRate {
  const { rejectShare: threshold, rejectOrdersMin, rejectWindowMs: windowMs } = settings;
  const scopes = venuesOf(names);
  const breakers = scopes.map(createBreaker);
  const sent = createTally(scopes.length, windowMs * 1000);
  const refused = createTally(scopes.length, windowMs * 1000);
  const observer = observerOf({
    kind: 'reject_rate',
    scopes,
    breakers,
    threshold,
    measure(at, nowUs) {
      const orders = sent.total(at, nowUs);
      const enough = enoughOf(rejectOrdersMin, settings, breakers[at]);
      return orders < enough ? 0 : Math.min(1, refused.total(at, nowUs) / orders);
    },
    forget(at) {
      sent.clear(at);
      refused.clear(at);
    },
    describe: (share) => `${percent(share)} of the orders refused within ${seconds(windowMs)}`,
  });
  return { ...observer, sent: sent.add, refused: refused.add };
}

// A breaker that probes sees no more orders than it lets out.
const enoughOf = (
  least: number,
  { probeOrders }: Settings,
  breaker: Breaker | undefined,
): number => (breaker?.state === 'half_open' ? Math.min(least, probeOrders) : least);

export interface StaleData extends Observer {
  turned(instrument: number, isReady: boolean, nowUs: EpochUs): void;
  marked(instrument: number, nowUs: EpochUs): void;
  /** We heard nobody for so long: that is no silence of theirs. */
  slept(us: number): void;
  /** Not heard of, whoever has the slot. */
  forgetBook(instrument: number): void;
}

/**
 * Venues: the share of its books that have not been heard in sequence for staleMs: broken off, or
 * silent. A book counts from the first time it was in sequence.
 */
export function staleDataOf(settings: Settings, names: RiskNames, venueOf: Int32Array): StaleData {
  const { staleShare: threshold, staleMs } = settings;
  const scopes = venuesOf(names);
  const staleUs = staleMs * 1000;
  const isReady = new Uint8Array(venueOf.length);
  const heardUs = new Float64Array(venueOf.length).fill(Number.NaN);
  const observer = observerOf({
    kind: 'stale_data',
    scopes,
    threshold,
    measure(at, nowUs) {
      let known = 0;
      let stale = 0;
      heardUs.forEach((heard, book) => {
        if (venueOf[book] !== at || Number.isNaN(heard)) return;
        known += 1;
        if (nowUs - heard >= staleUs) stale += 1;
      });
      return known === 0 ? 0 : stale / known;
    },
    describe: (share) => `${percent(share)} of the books stale for ${seconds(staleMs)}`,
  });
  return {
    ...observer,
    turned(book, isReadyNow, nowUs) {
      const isNew = isReadyNow && isReady[book] === 0; // in sequence again, or at last
      isReady[book] = isReadyNow ? 1 : 0;
      if (isNew) heardUs[book] = nowUs;
    },
    forgetBook(book) {
      isReady[book] = 0;
      heardUs[book] = Number.NaN;
    },
    marked(book, nowUs) {
      if (isReady[book] === 1) heardUs[book] = nowUs;
    },
    slept(us) {
      heardUs.forEach((heard, book) => {
        heardUs[book] = heard + us; // NaN stays NaN
      });
    },
  };
}

const LATENCIES_KEPT = 50;

export interface Latency extends Observer {
  add(venue: number, latencyUs: number): void;
}

/** Venues: 90th percentile of the last acknowledgements, milliseconds, once there are enough. */
export function latencyOf(settings: Settings, names: RiskNames): Latency {
  const { latencyMs: threshold, latencyOrdersMin } = settings;
  const scopes = venuesOf(names);
  const breakers = scopes.map(createBreaker);
  const window = createLatencies(scopes.length, Math.max(LATENCIES_KEPT, latencyOrdersMin));
  const observer = observerOf({
    kind: 'latency',
    scopes,
    breakers,
    threshold,
    measure(at) {
      const enough = enoughOf(latencyOrdersMin, settings, breakers[at]);
      return window.count(at) < enough ? 0 : window.percentile90(at) / 1000;
    },
    opened: window.clear, // they do not grow old by themselves
    forget: window.clear,
    describe: (ms) => `orders are acknowledged after ${ms.toFixed(0)} ms (90th percentile)`,
  });
  return { ...observer, add: window.add };
}

export interface VenueFaults extends Observer {
  add(venue: number, nowUs: EpochUs): void;
}

/** Venues: broken connections and unclear orders within the window; any one ends probing. */
export function venueFaultsOf(settings: Settings, names: RiskNames): VenueFaults {
  const { venueFaults: threshold, venueWindowMs: windowMs } = settings;
  const scopes = venuesOf(names);
  const window = createTally(scopes.length, windowMs * 1000);
  const observer = observerOf({
    kind: 'venue',
    scopes,
    threshold,
    probeThreshold: 1,
    measure: window.total,
    forget: window.clear,
    describe: (faults) =>
      `${faults} broken connections or unclear orders within ${seconds(windowMs)}`,
  });
  return { ...observer, add: window.add };
}

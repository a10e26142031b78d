// Owns the drawdown controller: peaks and first values, since the start and of the day, and falls.
// Promise: a halt is latched until someone rearms it; a value that is not a number changes nothing.
import { assert } from '../core/assert.ts';
import type { DrawdownLevel } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { DrawdownMeasure, DrawdownRecord } from '../facts/risk.ts';

export type DrawdownState = Omit<DrawdownRecord, 'scope'>;

export interface DrawdownOptions {
  readonly warning: number; // fraction, e.g. 0.03
  readonly hard: number; // fraction, e.g. 0.05
  /** What may be lost of the first value of a day, and of the first ever: fractions. */
  readonly losses?: Losses;
  /** What a fall is a fraction of: the peak it fell from (default), or equity as it is now. */
  readonly against?: 'peak' | 'equity';
  readonly restored?: DrawdownState; // of an earlier run, base currency
}

export interface Losses {
  readonly day: number;
  readonly total: number;
}

/** A loss that a person's word does not take back. */
export interface Loss {
  readonly measure: 'day_loss' | 'loss';
  readonly lost: number; // fraction of `base`
  readonly allowed: number;
  readonly base: number;
}

export interface DrawdownTurn {
  readonly from: DrawdownLevel;
  readonly to: DrawdownLevel;
  readonly drawdown: number;
  readonly peak: number;
  readonly capital: number;
  readonly value: number;
  /** 'day': the fall from the peak of this UTC day is enough by itself; losses go before falls. */
  readonly measure: DrawdownMeasure;
}

/** How far a value is believed. */
export interface Trust {
  readonly mayRise: boolean; // else no peak grows
  /** It may be better than it is told by so much, base currency: a fall has to go beyond it. */
  readonly slack: number;
}

const CERTAIN: Trust = { mayRise: true, slack: 0 };

export interface Drawdown {
  /**
   * Takes a new value, base currency; a turn when the level changed, else null. The first value is
   * a peak, whatever it rests on.
   */
  observe(value: number, equity: number, nowUs: EpochUs, trust?: Trust): DrawdownTurn | null;
  /**
   * Net capital as it is now, before a value that knows it is observed. Money that came in or went
   * out neither adds to a fall nor heals it: the peaks move so that it stays the fraction it was.
   */
  onCapital(capital: number, value: number, equity: number): void;
  /** A new UTC day: its peak begins at the last value. */
  advance(nowUs: EpochUs): void;
  readonly level: DrawdownLevel;
  /** The last value is beyond a threshold that `level` is not, for the slack it was told with. */
  readonly isSuspect: boolean;
  readonly value: number; // the last one, NaN before the first
  readonly drawdown: number; // fraction below the peak since the start, 0 at the peak
  readonly peak: number;
  readonly dayDrawdown: number;
  readonly dayPeak: number;
  readonly day: number; // UTC days since 1970, NaN before the first value
  readonly capital: number; // net, what the peaks stand on
  readonly base: number; // the first value ever
  readonly dayBase: number; // the first of the day
  /** The limit that the last value is beyond; null: none. */
  readonly loss: Loss | null;
  /** A person starts again: both peaks are the last value, so there must be one, and no `loss`. */
  rearm(): DrawdownTurn | null;
}

interface Watch {
  readonly warning: number;
  readonly hard: number;
  readonly isOfEquity: boolean;
  readonly losses: Losses;
  level: DrawdownLevel;
  isSuspect: boolean;
  value: number;
  equity: number;
  peak: number;
  day: number;
  dayPeak: number;
  capital: number;
  base: number;
  dayBase: number;
}

/** A warning ends at this share of its threshold, so that it does not flutter. */
const RELEASE = 2 / 3;
export const DAY_US = 86_400_000_000;

const UNSEEN = Number.NEGATIVE_INFINITY;
const NOTHING_SEEN: DrawdownState = {
  level: 'normal',
  peak: UNSEEN,
  day: Number.NaN,
  dayPeak: UNSEEN,
  capital: 0,
  base: UNSEEN,
  dayBase: UNSEEN,
};
const NO_LIMIT: Losses = { day: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY };

export function createDrawdown(options: DrawdownOptions): Drawdown {
  const watch = openWatch(options);
  return {
    observe: (value, equity, nowUs, trust = CERTAIN) => observe(watch, value, equity, nowUs, trust),
    onCapital: (capital, value, equity) => moveCapital(watch, capital, value, equity),
    advance: (nowUs) => turnDay(watch, nowUs),
    get level() {
      return watch.level;
    },
    get isSuspect() {
      return watch.isSuspect;
    },
    get value() {
      return watch.value;
    },
    get drawdown() {
      return fallFrom(watch, watch.peak);
    },
    get peak() {
      return watch.peak;
    },
    get dayDrawdown() {
      return fallFrom(watch, watch.dayPeak);
    },
    get dayPeak() {
      return watch.dayPeak;
    },
    get day() {
      return watch.day;
    },
    get capital() {
      return watch.capital;
    },
    get base() {
      return watch.base;
    },
    get dayBase() {
      return watch.dayBase;
    },
    get loss() {
      return lossOf(watch, watch.value);
    },
    rearm: () => rearm(watch),
  };
}

function openWatch(options: DrawdownOptions): Watch {
  const { warning, hard, losses = NO_LIMIT, against = 'peak', restored = NOTHING_SEEN } = options;
  assert(warning > 0 && hard >= warning && hard <= 1, 'drawdown: 0 < warning <= hard <= 1');
  return {
    warning,
    hard,
    isOfEquity: against === 'equity',
    losses,
    level: restored.level,
    isSuspect: false,
    value: Number.NaN,
    equity: Number.NaN,
    peak: restored.peak,
    day: restored.day,
    dayPeak: Math.min(restored.dayPeak, restored.peak),
    capital: restored.capital,
    base: restored.base ?? UNSEEN,
    dayBase: restored.dayBase ?? UNSEEN,
  };
}

function observe(
  watch: Watch,
  value: number,
  equity: number,
  nowUs: EpochUs,
  { mayRise, slack }: Trust,
): DrawdownTurn | null {
  if (!Number.isFinite(value) || !Number.isFinite(equity)) return null;
  watch.value = value;
  watch.equity = equity;
  const rises = mayRise || watch.peak === UNSEEN;
  if (watch.base === UNSEEN) watch.base = value;
  if (watch.dayBase === UNSEEN) watch.dayBase = value;
  if (rises) watch.peak = Math.max(watch.peak, value);
  turnDay(watch, nowUs);
  if (rises) watch.dayPeak = Math.max(watch.dayPeak, value);
  return turnTo(watch, levelAfter(watch, slack));
}

// A share of equity stays what it was: what is below a peak is scaled as equity was. What was empty
// before begins anew.
function moveCapital(watch: Watch, capital: number, value: number, equity: number): void {
  const flow = capital - watch.capital;
  if (flow === 0 || !Number.isFinite(flow + value + equity)) return;
  watch.capital = capital;
  const before = watch.isOfEquity ? value : value - flow;
  const scale = scaleOfFlow(flow, equity);
  if (!Number.isFinite(watch.peak)) return; // nothing seen yet
  const moved = (from: number): number =>
    from === UNSEEN ? from : value + (from - before) * scale;
  watch.peak = moved(watch.peak);
  watch.dayPeak = moved(watch.dayPeak);
  watch.base = moved(watch.base);
  watch.dayBase = moved(watch.dayBase);
}

/** Equity after money came in (+) or went out (-), as a multiple of what it was before. */
export function scaleOfFlow(flow: number, equity: number): number {
  const before = equity - flow;
  return before > 0 ? Math.max(0, equity / before) : 1;
}

function turnDay(watch: Watch, nowUs: EpochUs): void {
  const day = Math.floor(nowUs / DAY_US);
  if (day <= watch.day || Number.isNaN(watch.value)) return;
  watch.day = day;
  watch.dayPeak = Math.min(watch.value, watch.peak); // in doubt it may be above
  watch.dayBase = watch.dayPeak;
}

// The peak of the day is never above the one since the start, so the fall from the latter decides.
function levelAfter(watch: Watch, slack: number): DrawdownLevel {
  const { level: before, warning, value, equity } = watch;
  watch.isSuspect = false;
  if (before === 'halted') return 'halted';
  const level = levelAt(watch);
  if (level === 'normal') {
    const isHeld = before === 'warning' && fallFrom(watch, watch.peak) > warning * RELEASE;
    return isHeld ? 'warning' : 'normal';
  }
  const better = { ...watch, value: value + slack, equity: equity + slack };
  const sure = slack > 0 ? levelAt(better) : level;
  const believed = sure === 'normal' ? before : sure; // a warning that stands goes on standing
  watch.isSuspect = believed !== level;
  return believed;
}

const levelAt = (watch: Watch): DrawdownLevel =>
  lossOf(watch, watch.value) === null ? levelOf(watch, fallFrom(watch, watch.peak)) : 'halted';

function lossOf({ base, dayBase, losses }: Watch, value: number): Loss | null {
  const total = base > 0 ? (base - value) / base : 0;
  if (total >= losses.total) return { measure: 'loss', lost: total, allowed: losses.total, base };
  const day = dayBase > 0 ? (dayBase - value) / dayBase : 0;
  const allowed = losses.day;
  return day >= allowed ? { measure: 'day_loss', lost: day, allowed, base: dayBase } : null;
}

// At a threshold is beyond it: the limit is what we never want to reach.
function levelOf({ warning, hard }: Watch, drawdown: number): DrawdownLevel {
  if (drawdown >= hard) return 'halted';
  return drawdown >= warning ? 'warning' : 'normal';
}

// What owes more than it has lost everything, whatever its peak was.
function fallFrom({ value, equity, isOfEquity }: Watch, peak: number): number {
  if (!(peak > value)) return !isOfEquity && value < 0 ? 1 : 0;
  const whole = isOfEquity ? equity : peak;
  return whole > 0 ? (peak - value) / whole : 1;
}

function turnTo(watch: Watch, to: DrawdownLevel): DrawdownTurn | null {
  const { level: from, peak, capital, value } = watch;
  if (to === from) return null;
  watch.level = to;
  return {
    from,
    to,
    drawdown: fallFrom(watch, peak),
    peak,
    capital,
    value,
    measure: measureOf(watch),
  };
}

function measureOf(watch: Watch): DrawdownMeasure {
  const { level, value, dayPeak } = watch;
  if (level === 'normal') return 'start';
  const loss = lossOf(watch, value);
  if (loss !== null) return loss.measure;
  return levelOf(watch, fallFrom(watch, dayPeak)) === level ? 'day' : 'start';
}

function rearm(watch: Watch): DrawdownTurn | null {
  const { value } = watch;
  assert(Number.isFinite(value), 'a drawdown starts again at a value that is known');
  assert(lossOf(watch, value) === null, 'a loss beyond its limit is not taken back by a word');
  watch.peak = value;
  watch.dayPeak = value;
  watch.isSuspect = false;
  return turnTo(watch, 'normal');
}

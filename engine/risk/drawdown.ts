// Owns the drawdown controller: the peaks of a value, since the start and of the day, and its fall.
// Promise: a halt is latched until someone rearms it; a value that is not a number changes nothing.
import { assert } from '../core/assert.ts';
import type { DrawdownLevel } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { DrawdownRecord } from '../facts/fact.ts';

export type DrawdownState = Pick<DrawdownRecord, 'level' | 'peak' | 'day' | 'dayPeak'>;

export interface DrawdownOptions {
  readonly warning: number; // fraction, e.g. 0.03
  readonly hard: number; // fraction, e.g. 0.05
  /** What a fall is a fraction of: the peak it fell from (default), or equity as it is now. */
  readonly against?: 'peak' | 'equity';
  readonly restored?: DrawdownState; // of an earlier run, base currency
}

export interface DrawdownTurn {
  readonly from: DrawdownLevel;
  readonly to: DrawdownLevel;
  readonly drawdown: number;
  readonly peak: number;
  readonly value: number;
  /** 'day': the fall from the peak of this UTC day is enough by itself. */
  readonly measure: 'start' | 'day';
}

export interface Drawdown {
  /** Takes a new value, base currency; a turn when the level changed, else null. */
  observe(value: number, equity: number, nowUs: EpochUs): DrawdownTurn | null;
  /** A new UTC day: its peak begins at the last value. */
  advance(nowUs: EpochUs): void;
  readonly level: DrawdownLevel;
  readonly value: number; // the last one, NaN before the first
  readonly drawdown: number; // fraction below the peak since the start, 0 at the peak
  readonly peak: number;
  readonly dayDrawdown: number;
  readonly dayPeak: number;
  readonly day: number; // UTC days since 1970, NaN before the first value
  /** A person starts again: both peaks are the last value; a turn when the level changed. */
  rearm(): DrawdownTurn | null;
}

interface Watch {
  readonly warning: number;
  readonly hard: number;
  readonly isOfEquity: boolean;
  level: DrawdownLevel;
  value: number;
  equity: number;
  peak: number;
  day: number;
  dayPeak: number;
}

/** A warning ends at this share of its threshold, so that it does not flutter. */
const RELEASE = 2 / 3;
export const DAY_US = 86_400_000_000;

const NOTHING_SEEN: DrawdownState = {
  level: 'normal',
  peak: Number.NEGATIVE_INFINITY,
  day: Number.NaN,
  dayPeak: Number.NEGATIVE_INFINITY,
};

export function createDrawdown(options: DrawdownOptions): Drawdown {
  const { warning, hard, against = 'peak', restored = NOTHING_SEEN } = options;
  assert(warning > 0 && hard >= warning && hard <= 1, 'drawdown: 0 < warning <= hard <= 1');
  const watch: Watch = {
    warning,
    hard,
    isOfEquity: against === 'equity',
    level: restored.level,
    value: Number.NaN,
    equity: Number.NaN,
    peak: restored.peak,
    day: restored.day,
    dayPeak: Math.min(restored.dayPeak, restored.peak),
  };
  return {
    observe: (value, equity, nowUs) => observe(watch, value, equity, nowUs),
    advance: (nowUs) => turnDay(watch, nowUs),
    get level() {
      return watch.level;
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
    rearm: () => rearm(watch),
  };
}

function observe(watch: Watch, value: number, equity: number, nowUs: EpochUs): DrawdownTurn | null {
  if (!Number.isFinite(value) || !Number.isFinite(equity)) return null;
  watch.value = value;
  watch.equity = equity;
  turnDay(watch, nowUs);
  watch.peak = Math.max(watch.peak, value);
  watch.dayPeak = Math.max(watch.dayPeak, value);
  return turnTo(watch, levelAfter(watch));
}

function turnDay(watch: Watch, nowUs: EpochUs): void {
  const day = Math.floor(nowUs / DAY_US);
  if (day <= watch.day || Number.isNaN(watch.value)) return;
  watch.day = day;
  watch.dayPeak = watch.value;
}

// The peak of the day is never above the one since the start, so the fall from the latter decides.
function levelAfter(watch: Watch): DrawdownLevel {
  const drawdown = fallFrom(watch, watch.peak);
  if (watch.level === 'halted') return 'halted';
  const level = levelOf(watch, drawdown);
  const isHeld = watch.level === 'warning' && drawdown > watch.warning * RELEASE;
  return level === 'normal' && isHeld ? 'warning' : level;
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
  const { level: from, peak, value } = watch;
  if (to === from) return null;
  watch.level = to;
  const ofDay = levelOf(watch, fallFrom(watch, watch.dayPeak));
  const measure = to !== 'normal' && ofDay === to ? 'day' : 'start';
  return { from, to, drawdown: fallFrom(watch, peak), peak, value, measure };
}

// Without a value yet the next one becomes the peak.
function rearm(watch: Watch): DrawdownTurn | null {
  const { value } = watch;
  watch.peak = Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  watch.dayPeak = watch.peak;
  return turnTo(watch, 'normal');
}

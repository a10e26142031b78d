// Owns the drawdown controller: the peak of equity, and how far below it we are.
// Promise: a halt is latched until someone rearms it; equity that is not a number changes nothing.
import { assert } from '../core/assert.ts';
import type { EpochUs } from '../core/units.ts';

export type DrawdownLevel = 'normal' | 'warning' | 'halted';

export interface DrawdownOptions {
  readonly warning: number; // fraction of the peak, e.g. 0.03
  readonly hard: number; // fraction of the peak, e.g. 0.05
  readonly peak?: number; // of an earlier run, base currency
}

export interface DrawdownTransition {
  readonly from: DrawdownLevel;
  readonly to: DrawdownLevel;
  readonly drawdown: number;
  readonly peak: number;
  readonly equity: number;
  readonly timeUs: EpochUs;
}

export interface Drawdown {
  /** Takes a new equity; a transition when the level changed, else null. */
  observe(equity: number, nowUs: EpochUs): DrawdownTransition | null;
  readonly level: DrawdownLevel;
  /** Fraction of the peak, 0 at the peak. */
  readonly drawdown: number;
  readonly peak: number;
  /** An operator resumes trading: the peak starts again from this equity. */
  rearm(equity: number): void;
}

/** A warning ends below this share of its threshold, so that it does not flutter. */
const RELEASE = 2 / 3;

export function createDrawdown({ warning, hard, peak: before = 0 }: DrawdownOptions): Drawdown {
  assert(warning > 0 && hard >= warning && hard <= 1, 'drawdown: 0 < warning <= hard <= 1');
  let peak = before;
  let level: DrawdownLevel = 'normal';
  let drawdown = 0;
  return {
    observe(equity, nowUs) {
      if (!Number.isFinite(equity)) return null;
      if (equity > peak) peak = equity;
      drawdown = peak > 0 ? (peak - equity) / peak : 0;
      const to = levelAfter(level, drawdown, warning, hard);
      if (to === level) return null;
      const transition = { from: level, to, drawdown, peak, equity, timeUs: nowUs };
      level = to;
      return transition;
    },
    get level() {
      return level;
    },
    get drawdown() {
      return drawdown;
    },
    get peak() {
      return peak;
    },
    rearm(equity) {
      assert(Number.isFinite(equity), 'drawdown: cannot rearm on an unknown equity');
      peak = equity;
      drawdown = 0;
      level = 'normal';
    },
  };
}

// At a threshold is beyond it: the limit is what we never want to reach.
function levelAfter(
  level: DrawdownLevel,
  drawdown: number,
  warning: number,
  hard: number,
): DrawdownLevel {
  if (level === 'halted' || drawdown >= hard) return 'halted';
  if (drawdown >= warning) return 'warning';
  return level === 'warning' && drawdown > warning * RELEASE ? 'warning' : 'normal';
}

// Owns the two clocks: a virtual one driven by events and a real one anchored once to UTC.
// Promise: neither ever runs backwards, so event order and time order agree.
import type { Clock } from '../core/ports.ts';
import { asEpochUs, type EpochUs } from './units.ts';

export interface VirtualClock extends Clock {
  /** Moves forward to `us`; an earlier time leaves the clock where it is and returns false. */
  advance(us: EpochUs): boolean;
}

/** A clock that stands still until told otherwise. Stage timings read `monotonicNs`. */
export function createVirtualClock(startUs: EpochUs, monotonicNs: () => number): VirtualClock {
  let now: number = startUs;
  return {
    nowUs: () => asEpochUs(now),
    nowNs: monotonicNs,
    advance(us) {
      if (us < now) return false;
      now = us;
      return true;
    },
  };
}

/** UTC microseconds from one anchor and the monotonic clock: a stepped wall clock is not seen. */
export function createRealClock(wallMs: number, monotonicNs: () => number): Clock {
  const anchorNs = monotonicNs();
  return {
    nowUs: () => asEpochUs(Math.floor(wallMs * 1000 + (monotonicNs() - anchorNs) / 1000)),
    nowNs: monotonicNs,
  };
}

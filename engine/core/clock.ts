// Owns the real clock, anchored to UTC.
// Promise: it never runs backwards, so event order and time order agree.
import type { Clock } from '../core/ports.ts';
import { asEpochUs } from './units.ts';

export interface RealClock extends Clock {
  /**
   * What the wall clock says now, asked for every second or so. When it was ahead of this clock by
   * more than OFFSET_US_MIN in every one of the last OFFSETS_KEPT answers, this clock goes forward
   * by the least of them: the machine slept, or its monotonic clock runs slow. It never goes back.
   * Returns the step in microseconds, 0 for none.
   */
  observe(wallMs: number): number;
}

export const OFFSETS_KEPT = 5; // one answer, or a wall clock set for a moment, moves nothing
export const OFFSET_US_MIN = 20_000; // a fiftieth of the tightest window a venue gives

/** UTC microseconds from an anchor and the monotonic clock, anchored again as `observe` says. */
export function createRealClock(wallMs: number, monotonicNs: () => number): RealClock {
  const anchorNs = monotonicNs();
  let anchorUs = wallMs * 1000;
  let offsets: number[] = [];
  const nowUs = (): number => Math.floor(anchorUs + (monotonicNs() - anchorNs) / 1000);
  return {
    nowUs: () => asEpochUs(nowUs()),
    nowNs: monotonicNs,
    observe(wall) {
      const offset = wall * 1000 - nowUs();
      if (!Number.isFinite(offset)) return 0;
      offsets.push(offset);
      if (offsets.length < OFFSETS_KEPT) return 0;
      const least = Math.floor(Math.min(...offsets));
      offsets = offsets.slice(1);
      if (least < OFFSET_US_MIN) return 0;
      anchorUs += least;
      offsets = [];
      return least;
    },
  };
}

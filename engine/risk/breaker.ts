// Owns one circuit breaker: closed, open while it cools down, half-open while it probes.
// Promise: it opens at once and closes by time alone; each trip in a row cools down for longer.
import { assert } from '../core/assert.ts';
import type { BreakerState } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';

export interface BreakerTimes {
  readonly coolDownUs: number; // of the first trip
  readonly probeUs: number; // how long half-open has to stay quiet
}

/** Changed by trip and settle only. */
export interface Breaker {
  state: BreakerState;
  trips: number; // since the start
  row: number; // trips since it was last closed
  changedUs: number; // 0: never
  retryUs: number; // when an open one may probe
}

/** A cool-down doubles with each trip in a row, up to this many times the first. */
export const COOL_DOWN_MAX = 16;

export const createBreaker = (): Breaker => ({
  state: 'closed',
  trips: 0,
  row: 0,
  changedUs: 0,
  retryUs: 0,
});

/** Opens a breaker that is closed or half-open. */
export function trip(breaker: Breaker, { coolDownUs }: BreakerTimes, nowUs: EpochUs): void {
  assert(breaker.state !== 'open', 'an open breaker cannot trip');
  breaker.state = 'open';
  breaker.trips += 1;
  breaker.row += 1;
  breaker.changedUs = nowUs;
  breaker.retryUs = nowUs + coolDownUs * Math.min(2 ** (breaker.row - 1), COOL_DOWN_MAX);
}

/**
 * Time passes; true when the state changed. `isQuiet`: the measure is below its threshold. One
 * that has cooled down waits for that before it probes; one that probes and stays quiet closes.
 */
export function settle(
  breaker: Breaker,
  { probeUs }: BreakerTimes,
  isQuiet: boolean,
  nowUs: EpochUs,
): boolean {
  if (!isQuiet) return false;
  if (breaker.state === 'open' && nowUs >= breaker.retryUs) {
    breaker.state = 'half_open';
  } else if (breaker.state === 'half_open' && nowUs - breaker.changedUs >= probeUs) {
    breaker.state = 'closed';
    breaker.row = 0;
  } else {
    return false;
  }
  breaker.changedUs = nowUs;
  return true;
}

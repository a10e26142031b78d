// Owns when calls into a strategy take too long: one is told, one after the other is its end.
// Promise: pure; a machine that was busy for once fails nobody, a call without measure does.

/** So many late calls within a minute are no accident. */
const CALLS_MAX = 3;
const WINDOW_NS = 60e9;
/** Of the limit: nothing else of the machine takes that long. */
const AT_ONCE = 20;

export interface Lateness {
  /** What to tell of a call that ended at `nowNs` and took longer than `mostMs`. */
  onLate(tookMs: number, mostMs: number, nowNs: number): Late;
}

export interface Late {
  readonly isOver: boolean; // it has to stop
  readonly text: string;
}

/**
 * Time on the wall: a read of the thread's own costs more than most calls. It counts what collected
 * garbage or took the processor away meanwhile, hence more than one.
 */
export function createLateness(): Lateness {
  let late: readonly number[] = []; // when calls were late, CALLS_MAX at most
  return {
    onLate(tookMs, mostMs, nowNs) {
      late = [...late.filter((ns) => nowNs - ns < WINDOW_NS), nowNs];
      const text = `a call took ${tookMs.toFixed(1)} ms, more than ${mostMs} ms`;
      if (tookMs > AT_ONCE * mostMs) return { isOver: true, text };
      if (late.length < CALLS_MAX) return { isOver: false, text };
      late = [];
      return { isOver: true, text: `${text}, the third within a minute` };
    },
  };
}

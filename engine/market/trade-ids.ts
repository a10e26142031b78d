// Owns which trades are new: ids of a venue ascend, until it counts again from below.
// Promise: what is told twice is taken once; a count that begins anew is followed in the end.
import { OLDER_UPDATES_MAX } from './feed.ts';

/** By slot. */
export interface TradeIds {
  /** Not told before; `eventUs` is the venue's time of it. */
  take(slot: number, id: number, eventUs: number): boolean;
  clear(slot: number): void;
}

/** What is told again was traded before; lower ids at later times, many in a row, are a count. */
export function createTradeIds(slots: number): TradeIds {
  const lastIds = new Float64Array(slots).fill(-1);
  const lastUs = new Float64Array(slots).fill(Number.NEGATIVE_INFINITY);
  const older = new Uint32Array(slots);
  return {
    take(slot, id, eventUs) {
      const isNext = id > (lastIds[slot] ?? Number.NaN);
      if (!isNext && eventUs > (lastUs[slot] ?? Number.NaN)) older[slot] = (older[slot] ?? 0) + 1;
      if (!isNext && (older[slot] ?? 0) < OLDER_UPDATES_MAX) return false;
      lastIds[slot] = id;
      lastUs[slot] = eventUs;
      older[slot] = 0;
      return true;
    },
    clear(slot) {
      lastIds[slot] = -1;
      lastUs[slot] = Number.NEGATIVE_INFINITY;
      older[slot] = 0;
    },
  };
}

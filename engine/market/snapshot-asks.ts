// Owns when a snapshot that was asked for and has not come is asked for again.
// Promise: each time after twice as long, up to a bound; what has come is asked for no more.

const WAIT_US = 10e6;
const DOUBLINGS_MAX = 6; // from then on about every ten minutes

/** By slot. An answer may be lost on its way, and then nobody else would ask. */
export interface SnapshotAsks {
  asked(slot: number, nowUs: number): void;
  came(slot: number): void;
  /** Slots to ask for again now, of those that still wait. */
  due(nowUs: number, waits: (slot: number) => boolean): readonly number[];
}

export function createSnapshotAsks(slots: number): SnapshotAsks {
  const nextUs = new Float64Array(slots).fill(Number.POSITIVE_INFINITY);
  const doublings = new Uint8Array(slots);
  return {
    asked(slot, nowUs) {
      nextUs[slot] = nowUs + WAIT_US;
      doublings[slot] = 0;
    },
    came(slot) {
      nextUs[slot] = Number.POSITIVE_INFINITY;
    },
    due(nowUs, waits) {
      const found: number[] = [];
      for (let slot = 0; slot < slots; slot += 1) {
        if (!(nowUs >= (nextUs[slot] ?? Number.NaN)) || !waits(slot)) continue;
        const doubled = Math.min((doublings[slot] ?? 0) + 1, DOUBLINGS_MAX);
        doublings[slot] = doubled;
        nextUs[slot] = nowUs + WAIT_US * 2 ** doubled;
        found.push(slot);
      }
      return found;
    },
  };
}

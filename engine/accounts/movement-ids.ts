// Owns which movements of money were booked: the newest by id, those before them by their time.
// Promise: no movement is booked twice, however many there were; memory does not grow.
import { assert } from '../core/assert.ts';

/** Remembered by id; those before them go by their time. */
export const MOVEMENT_IDS = 4096;

export interface MovementsSaved {
  readonly count: number; // ever booked
  readonly forgottenUs: number;
  readonly seen: readonly (readonly [id: string, timeUs: number])[]; // oldest first
}

export interface MovementIds {
  add(id: string, timeUs: number): void;
  has(id: string): boolean;
  count(): number;
  forgottenUs(): number;
  save(): MovementsSaved;
  load(saved: MovementsSaved): void;
}

export function createMovements(idsMax: number): MovementIds {
  assert(Number.isSafeInteger(idsMax) && idsMax > 0, 'at least one id of a movement is remembered');
  const seen = new Map<string, number>();
  let count = 0;
  let forgottenUs = 0;
  return {
    add(id, timeUs) {
      seen.set(id, timeUs);
      count += 1;
      if (seen.size <= idsMax) return;
      for (const [oldest, us] of seen) {
        forgottenUs = Math.max(forgottenUs, us);
        seen.delete(oldest);
        return;
      }
    },
    has: (id) => seen.has(id),
    count: () => count,
    forgottenUs: () => forgottenUs,
    save: () => ({ count, forgottenUs, seen: [...seen.entries()] }),
    load(saved) {
      assert(saved.seen.length <= idsMax, 'more ids of movements than may be remembered');
      assert(saved.count >= saved.seen.length, 'more ids of movements than there were');
      seen.clear();
      for (const [id, us] of saved.seen) seen.set(id, us);
      count = saved.count;
      forgottenUs = saved.forgottenUs;
    },
  };
}

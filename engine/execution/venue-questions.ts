// Owns the question what is open at a venue: asked at the start, and until it is answered.
// Promise: an answer that got lost keeps no gate closed; an open gate asks nothing.
import type { EpochUs } from '../core/units.ts';
import type { Effects } from '../facts/effects.ts';
import type { StartGate } from '../orders/start-gate.ts';

/** Between two of the same venue: beyond the slowest answer, within a person's patience. */
const ASK_AGAIN_US = 5_000_000;

export interface VenueQuestions {
  /** At the start, and on every clock event. */
  advance(nowUs: EpochUs): void;
}

export function createVenueQuestions(
  gate: Pick<StartGate, 'waiting'>,
  effects: Pick<Effects, 'askOpenOrders'>,
): VenueQuestions {
  const askedUs = new Map<string, number>();
  return {
    advance(nowUs) {
      for (const { venue, openOrders } of gate.waiting()) {
        const isDue = nowUs - (askedUs.get(venue) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_US;
        if (!openOrders || !isDue) continue;
        askedUs.set(venue, nowUs);
        effects.askOpenOrders(venue);
      }
    },
  };
}

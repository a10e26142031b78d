// Owns how far the worth of a scope is believed: what of it rests on marks in doubt, and how long.
// Promise: no peak rises on such a mark; a fall that it may explain sells nothing until it is sure.
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { EpochUs } from '../core/units.ts';
import type { Marks } from '../market/marks.ts';
import type { Breakers } from './breakers.ts';

/**
 * Gross worth, base currency, of what a scope ('system' or a strategy) has on marks of which one
 * `isIn`: its contracts, and its coins by the pairs that price them now.
 */
export type StakeReader = (scope: LimitScope, isIn: (instrument: Instrument) => boolean) => number;

export interface DoubtOptions {
  readonly marks: Pick<Marks, 'doubt' | 'doubtful' | 'markUs'>;
  readonly breakers: Pick<Breakers, 'volatile' | 'isVolatile'>;
  readonly stake: StakeReader;
  /** A fall that was put down to doubt for so long is believed. */
  readonly boundUs: number;
}

export interface Doubts {
  /** Nothing it rests on is in doubt: its mark, or its market, which a breaker has just stopped. */
  mayRise(scope: LimitScope): boolean;
  /** By how much the worth may be better than it is told, base currency. */
  slack(scope: LimitScope, nowUs: EpochUs): number;
  /** After each look; `isSuspect`: a fall is put down to doubt. */
  looked(scope: LimitScope, isSuspect: boolean, nowUs: EpochUs): void;
}

/** How far a price may have gone from its last good mark, unseen. */
const DOUBT_SHARE = 0.1;

interface Look {
  calmUs: number; // the last one without a fall to explain
  suspectUs: number; // the first one with the fall that is not explained yet; NaN: none is
}

/**
 * A leg that stands still while another moves looks like a loss. It stands still until its mark is
 * good again, or was good once since the fall was first seen: what comes and goes in doubt follows.
 */
export function createDoubts({ marks, breakers, stake, boundUs }: DoubtOptions): Doubts {
  const looks = new Map<LimitScope, Look>();
  const lookOf = (scope: LimitScope, nowUs: EpochUs): Look => {
    const known = looks.get(scope) ?? { calmUs: nowUs, suspectUs: Number.NaN };
    looks.set(scope, known);
    return known;
  };
  const isOver = ({ suspectUs }: Look, nowUs: EpochUs): boolean => nowUs - suspectUs >= boundUs;
  return {
    mayRise(scope) {
      if (marks.doubtful === 0 && breakers.volatile === 0) return true;
      const isShaky = (one: Instrument): boolean =>
        marks.doubt(one) !== null || breakers.isVolatile(one);
      return !(stake(scope, isShaky) > 0);
    },
    slack(scope, nowUs) {
      const look = lookOf(scope, nowUs);
      const standsStill = (one: Instrument): boolean =>
        marks.doubt(one) !== null && !(marks.markUs(one) > look.calmUs);
      const still = marks.doubtful === 0 ? 0 : stake(scope, standsStill);
      if (still === 0) look.suspectUs = Number.NaN;
      return isOver(look, nowUs) ? 0 : still * DOUBT_SHARE;
    },
    looked(scope, isSuspect, nowUs) {
      const look = lookOf(scope, nowUs);
      if (isSuspect && Number.isNaN(look.suspectUs)) look.suspectUs = nowUs;
      if (isSuspect || isOver(look, nowUs)) return;
      look.calmUs = nowUs;
      look.suspectUs = Number.NaN;
    },
  };
}

// Owns what the kernel computed on the way of an order, kept for as long as somebody may read it.
// Promise: keeping allocates nothing; the figures of one order are never those of the next.
import {
  ORDER_EXPOSURE_AFTER,
  ORDER_HISTORICAL_AFTER,
  ORDER_NOTIONAL,
  ORDER_STRESS_AFTER,
  ORDER_VAR_AFTER,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { RiskFigures } from '../core/decision.ts';
import type { MemoryPlan } from '../memory/plan.ts';

/**
 * So many approvals may wait to be written down: the slices of one parent, and many times more. A
 * power of two.
 */
export const FIGURES_KEPT = 256;

const COLUMNS = [
  ORDER_NOTIONAL,
  ORDER_EXPOSURE_AFTER,
  ORDER_VAR_AFTER,
  ORDER_HISTORICAL_AFTER,
  ORDER_STRESS_AFTER,
] as const;
export const FIGURES = COLUMNS.length;
export const FIGURES_WIDTH = 8; // numbers of a record: one cache line

/**
 * Plain fields, no functions: the check writes them itself, between two lines of its own. A call
 * on the way of an order was 0.3 us (docs/decisions/0011).
 */
export interface Figures {
  readonly first: number; // where the kernel leaves five of them, side by side
  readonly kept: Float64Array; // FIGURES_KEPT x FIGURES_WIDTH
  readonly records: readonly RiskFigures[]; // reads of `kept`
  next: number; // the record that the next approval takes; used again FIGURES_KEPT approvals later
}

export function createFigures({ riskOrder }: MemoryPlan): Figures {
  for (const [k, at] of COLUMNS.entries()) assert(at === ORDER_NOTIONAL + 8 * k, 'order layout');
  const kept = new Float64Array(FIGURES_KEPT * FIGURES_WIDTH);
  return {
    first: (riskOrder + ORDER_NOTIONAL) / 8,
    kept,
    records: Array.from({ length: FIGURES_KEPT }, (_, k) => recordAt(kept, k * FIGURES_WIDTH)),
    next: 0,
  };
}

/** Those of the last question as an object of their own, for who keeps them longer. */
export const figuresTold = (numbers: Float64Array, { first }: Figures): RiskFigures => ({
  ...recordAt(numbers, first),
});

/** Reads five numbers where they lie; spread, it is a plain object of them. */
const recordAt = (numbers: Float64Array, at: number): RiskFigures => ({
  get notional() {
    return finite(numbers[at]);
  },
  get exposureAfter() {
    return finite(numbers[at + 1]);
  },
  get varAfter() {
    return finite(numbers[at + 2]);
  },
  get historicalVarAfter() {
    return finite(numbers[at + 3]);
  },
  get stressAfter() {
    return finite(numbers[at + 4]);
  },
});

/** As a breach tells it: null where nobody knows, so that nobody reads a 0 that was not there. */
export const known = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : finite(value);

/** JSON knows no NaN and no Infinity: what could not be computed is told as 0 or the largest. */
export function finite(value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) return 0;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

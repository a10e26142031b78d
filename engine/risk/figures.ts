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

/** So many approvals may wait to be written down: the slices of one parent, and many times more. */
export const FIGURES_KEPT = 256;

const COLUMNS = [
  ORDER_NOTIONAL,
  ORDER_EXPOSURE_AFTER,
  ORDER_VAR_AFTER,
  ORDER_HISTORICAL_AFTER,
  ORDER_STRESS_AFTER,
] as const;
const WIDTH = 8; // numbers of a record: one cache line

export interface Figures {
  /** A record of the last check's; it is used again FIGURES_KEPT calls later. */
  keep(): RiskFigures;
  /** The same as an object of their own, for who keeps them longer. */
  told(): RiskFigures;
}

export function createFigures(numbers: Float64Array, plan: MemoryPlan): Figures {
  for (const [k, at] of COLUMNS.entries()) assert(at === ORDER_NOTIONAL + 8 * k, 'order layout');
  const first = (plan.riskOrder + ORDER_NOTIONAL) / 8;
  const kept = new Float64Array(FIGURES_KEPT * WIDTH);
  const records = Array.from({ length: FIGURES_KEPT }, (_, k) => recordAt(kept, k * WIDTH));
  const [oldest] = records;
  assert(oldest !== undefined, 'no figures are kept');
  let next = 0;
  return {
    keep() {
      const at = next * WIDTH;
      for (let k = 0; k < COLUMNS.length; k += 1) kept[at + k] = numbers[first + k] ?? Number.NaN;
      const record = records[next] ?? oldest;
      next = next + 1 === FIGURES_KEPT ? 0 : next + 1;
      return record;
    },
    told: () => ({ ...recordAt(numbers, first) }),
  };
}

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

/** JSON knows no NaN and no Infinity: what could not be computed is told as 0 or the largest. */
export function finite(value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) return 0;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

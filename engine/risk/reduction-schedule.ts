// Owns when positions are reduced: the schedules that run, one a scope, and the step that is due.
// Promise: a step is due for as long as more is held than it keeps; one sent gets time to fill.
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { EpochUs } from '../core/units.ts';
import { excessOf, type Reduction } from './reduction.ts';

export interface ScheduleOptions {
  readonly instruments: readonly Instrument[]; // by slot
  readonly slots: number;
  readonly accounts: readonly string[];
  readonly intervalUs: number; // between two steps; the first is due at once
  /** Signed steps that the scope holds of an instrument in an account now. */
  readonly held: (scope: LimitScope, account: string, instrument: Instrument) => number;
}

export interface Schedules {
  /** Replaces what the scope had; what is held at the first look is what it starts from. */
  begin(scope: LimitScope, steps: number, reason: string): void;
  end(scope: LimitScope): void;
  due(nowUs: EpochUs): Reduction[];
  /** Orders of the step are on their way, or were refused: how many of them. */
  sent(reduction: Reduction, nowUs: EpochUs, refused: number): void;
}

interface Schedule {
  readonly scope: LimitScope;
  readonly steps: number;
  readonly reason: string;
  readonly start: ReadonlyMap<string, Float64Array>; // as a Reduction has it
  startUs: number; // NaN before the first look
  sentStep: number;
  retryUs: number; // when that step may be tried again
}

/** A step that sent orders is not due again before they had this long to be filled. */
export const RETRY_US = 250_000;
/** One that was refused is tried again less often: every refusal is a record in the journal. */
export const REFUSED_RETRY_US = 1_000_000;

export function createSchedules(options: ScheduleOptions): Schedules {
  const schedules = new Map<LimitScope, Schedule>();
  return {
    begin(scope, steps, reason) {
      const { accounts, slots } = options;
      const start = new Map(accounts.map((account) => [account, new Float64Array(slots)]));
      schedules.set(scope, {
        scope,
        steps,
        reason,
        start,
        startUs: Number.NaN,
        sentStep: 0,
        retryUs: 0,
      });
    },
    end: (scope) => {
      schedules.delete(scope);
    },
    due(nowUs) {
      const found: Reduction[] = [];
      for (const schedule of schedules.values()) {
        const reduction = stepOf(options, schedule, nowUs);
        if (reduction !== null) found.push(reduction);
      }
      return found.sort(systemFirst);
    },
    sent({ scope, step, start }, nowUs, refused) {
      const schedule = schedules.get(scope);
      if (schedule?.start !== start) return; // another has taken its place
      schedule.sentStep = step;
      schedule.retryUs = nowUs + (refused > 0 ? REFUSED_RETRY_US : RETRY_US);
    },
  };
}

const systemFirst = (a: Reduction, b: Reduction): number =>
  Number(b.scope === 'system') - Number(a.scope === 'system');

function stepOf(options: ScheduleOptions, schedule: Schedule, nowUs: EpochUs): Reduction | null {
  const { instruments, accounts, intervalUs, held } = options;
  const { scope, steps, reason, start } = schedule;
  if (Number.isNaN(schedule.startUs)) {
    schedule.startUs = nowUs;
    for (const [account, qtys] of start) {
      for (const one of instruments) qtys[one.index] = held(scope, account, one);
    }
  }
  const step = Math.min(steps, 1 + Math.floor((nowUs - schedule.startUs) / intervalUs));
  if (step === schedule.sentStep && nowUs < schedule.retryUs) return null;
  const reduction = { scope, step, steps, reason, fraction: step / steps, start };
  const isDue = instruments.some((instrument) =>
    accounts.some((account) => {
      const qty = held(scope, account, instrument);
      return excessOf({ account, instrument, qty }, reduction) > 0;
    }),
  );
  return isDue ? reduction : null;
}

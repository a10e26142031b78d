// Owns who may start a halted drawdown again: two people, or one who has waited.
// Promise: a first wish changes nothing; it is forgotten after a day and with the engine.
import type { LimitScope } from '../core/limit.ts';
import type { EpochUs } from '../core/units.ts';

export interface RestartGate {
  /** Whether `by` may start the scope again now; if not, theirs is the wish that waits. */
  ask(scope: LimitScope, by: string, nowUs: EpochUs): boolean;
  /** What a wish waits for, as it is told; null: nobody has one. */
  waiting(scope: LimitScope, nowUs: EpochUs): string | null;
  /** It was started again, or there is nothing to start. */
  close(scope: LimitScope): void;
}

interface Wish {
  readonly by: string;
  readonly us: EpochUs;
}

const EXPIRY_US = 24 * 3600e6;

/** `coolOffUs`: after it the one who asked may start it alone; 0: at once. */
export function createRestartGate(coolOffUs: number): RestartGate {
  const wishes = new Map<LimitScope, Wish>();
  const wishOf = (scope: LimitScope, nowUs: EpochUs): Wish | null => {
    const wish = wishes.get(scope);
    return wish === undefined || nowUs - wish.us >= EXPIRY_US ? null : wish;
  };
  return {
    ask(scope, by, nowUs) {
      if (coolOffUs === 0) return true;
      const wish = wishOf(scope, nowUs);
      if (wish === null) wishes.set(scope, { by, us: nowUs });
      if (wish === null) return false;
      return nameOf(wish.by) !== nameOf(by) || nowUs - wish.us >= coolOffUs;
    },
    waiting(scope, nowUs) {
      const wish = wishOf(scope, nowUs);
      if (wish === null) return null;
      const time = new Date((wish.us + coolOffUs) / 1000).toISOString().slice(11, 19);
      const { by } = wish;
      return `${by} asks to start again: somebody else agrees, or ${by} from ${time} UTC on`;
    },
    close: (scope) => void wishes.delete(scope),
  };
}

// Two spellings of one person are one pair of eyes.
const nameOf = (by: string): string => by.trim().toLowerCase();

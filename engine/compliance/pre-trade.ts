// Owns the compliance gate: the restricted list and who may trade what, before risk is asked.
// Promise: what no permission allows is refused; the only maker of a CompliantIntent.
import { type Breach, type ComplianceDecision, markCompliant } from '../core/decision.ts';
import type { Instrument } from '../core/instrument.ts';
import type { OrderIntent, Side } from '../core/order.ts';
import type { EpochUs } from '../core/units.ts';

/** One row of the permissions; '*' stands for any. */
export interface Permission {
  readonly account: string;
  readonly strategy: string; // 'manual' and the like included: whatever intents carry
  readonly instruments: readonly string[]; // keys, symbols, venues or '*'
  readonly sides: readonly Side[];
}

export interface ComplianceOptions {
  /** Symbols, keys, or assets (base, quote or settle); case does not matter. */
  readonly restricted: readonly string[];
  /** An intent passes when one row allows all of it. No row, no trade. */
  readonly permissions: readonly Permission[];
}

export interface Compliance {
  /**
   * Every breach at once; `asked` 1 and `allowed` 0, the code says which rule. Risk may close what
   * is held of anything, for whoever holds it: lists and permissions keep from getting in, never
   * from getting out. That it only closes is risk's own check.
   */
  check(intent: OrderIntent, nowUs: EpochUs): ComplianceDecision;
}

const restrictedBreach = ({ key }: Instrument): Breach => ({
  limit: 'restricted',
  scope: `instrument:${key}`,
  asked: 1,
  allowed: 0,
});
const permissionBreach = (strategy: string): Breach => ({
  limit: 'not_permitted',
  scope: `strategy:${strategy}`,
  asked: 1,
  allowed: 0,
});

export function createCompliance({ restricted, permissions }: ComplianceOptions): Compliance {
  const names = new Set(restricted.map((name) => name.toUpperCase()));
  const verdicts = new Map<string, boolean>(); // by instrument key; bounded by the instruments
  const isRestricted = (instrument: Instrument): boolean => {
    const known = verdicts.get(instrument.key);
    if (known !== undefined) return known;
    const { key, symbol, base, quote, settle } = instrument;
    const verdict = [key, symbol, base, quote, settle].some((name) =>
      names.has(name.toUpperCase()),
    );
    verdicts.set(key, verdict);
    return verdict;
  };
  const isPermitted = (intent: OrderIntent): boolean =>
    permissions.some((permission) => allows(permission, intent));
  return {
    check(intent) {
      const { instrument, strategy, origin } = intent;
      if (origin.kind === 'risk') return { kind: 'compliant', order: markCompliant(intent) };
      const permitted = isPermitted(intent);
      if (isRestricted(instrument)) {
        const rest = permitted ? [] : [permissionBreach(strategy)];
        return { kind: 'rejected', breaches: [restrictedBreach(instrument), ...rest] };
      }
      if (!permitted) return { kind: 'rejected', breaches: [permissionBreach(strategy)] };
      return { kind: 'compliant', order: markCompliant(intent) };
    },
  };
}

function allows(permission: Permission, intent: OrderIntent): boolean {
  const { account, strategy, instruments, sides } = permission;
  const { key, symbol, venue } = intent.instrument;
  return (
    (account === '*' || account === intent.account) &&
    (strategy === '*' || strategy === intent.strategy) &&
    sides.includes(intent.side) &&
    instruments.some((name) => name === '*' || name === key || name === symbol || name === venue)
  );
}

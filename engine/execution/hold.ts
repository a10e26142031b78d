// Owns how the house itself stops a scope: the narrowest one there is, until a person has looked.
// Promise: what has no scope of its own stops the next wider one; it never ends in nothing.
import type { TradingState } from '../core/event.ts';
import type { LimitScope } from '../core/limit.ts';
import type { EpochUs } from '../core/units.ts';
import type { MachineName } from '../facts/risk.ts';
import { clip } from '../orders/order-state.ts';
import type { Guard } from '../risk/guard.ts';

export interface Hold {
  readonly scopes: readonly LimitScope[]; // the narrowest first; the system is behind the last
  readonly state: Exclude<TradingState, 'active'>;
  readonly reason: string;
  readonly by: MachineName;
}

export function hold(guard: Pick<Guard, 'setState'>, one: Hold, nowUs: EpochUs): void {
  let { reason } = one;
  for (const scope of [...one.scopes, 'system'] as const) {
    const { kind } = guard.setState(scope, one.state, clip(reason), one.by, nowUs);
    if (kind !== 'not_found') return;
    reason = `${reason} (${scope} is not traded here)`;
  }
}

// Owns the names of the checks: what each bit of the kernel's answer says, and where it stands.
// Promise: as many names as checks, in their order; a check without a name stops the start.
import { CHECK_NODES, CHECKS, LEVELS, NODE_CHECKS } from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { LimitCode } from '../core/decision.ts';
import type { LimitKind } from '../core/limit.ts';

/** What a bit of the kernel's answer is called, and where in the tree its limit stands. */
export interface Check {
  readonly limit: LimitCode;
  readonly at: LimitKind; // where in the tree it stands
  /** The kernel asks whether the least is within the order; people are told it the other way. */
  readonly isLeast?: true;
}

const ofOrder = [
  { limit: 'malformed_order', at: 'instrument' },
  { limit: 'instrument_not_tradable', at: 'instrument' },
  { limit: 'trading_halted', at: 'instrument' },
  { limit: 'reference_price_stale', at: 'instrument' },
  { limit: 'equity_stale', at: 'system' },
  { limit: 'price_collar', at: 'instrument' },
  { limit: 'passive_collar', at: 'instrument' },
  { limit: 'price_band', at: 'instrument' },
  { limit: 'order_quantity', at: 'instrument' },
  { limit: 'max_quantity', at: 'instrument' },
  { limit: 'order_notional', at: 'instrument' },
  { limit: 'min_notional', at: 'instrument', isLeast: true },
  { limit: 'balance', at: 'venue' },
  { limit: 'position', at: 'instrument' },
  { limit: 'reduce_only', at: 'instrument' },
  { limit: 'duplicate_order', at: 'instrument' },
  { limit: 'self_trade', at: 'instrument' },
  { limit: 'concentration', at: 'system' },
  { limit: 'margin', at: 'venue' },
  { limit: 'value_at_risk', at: 'system' },
  { limit: 'historical_var', at: 'system' },
  { limit: 'stress_loss', at: 'system' },
] as const satisfies readonly Check[];

const ofNode = [
  'trading_halted',
  'order_notional',
  'gross',
  'net',
  'exposure',
  'leverage',
  'open_orders',
  'message_rate',
  'order_to_trade',
] as const satisfies readonly LimitCode[];

const levels = ['system', 'portfolio', 'strategy', 'venue'] as const satisfies readonly LimitKind[];

/** Name and level of each bit of the answer, in the order of CHECK_* in wasm/layout.ts. */
export const LIMIT_OF_CHECK: readonly Check[] = [
  ...ofOrder,
  ...levels.flatMap((at) => ofNode.map((limit): Check => ({ limit, at }))),
];

export function assertNames(): void {
  assert(LIMIT_OF_CHECK.length === CHECKS, 'a risk check has no name');
  assert(ofOrder.length === CHECK_NODES && ofNode.length === NODE_CHECKS, 'checks are misplaced');
  assert(levels.length === LEVELS, 'a level of the tree has no name');
}

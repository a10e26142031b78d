// Owns which orders stand in which scope of the tree.
// Promise: pure; every order stands in exactly five scopes, one of each kind.
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';

/** What an order says about where it stands. */
export interface Placed {
  readonly instrument: Instrument;
  readonly account: string;
  readonly strategy: string;
}

/** Its scopes from the root to the leaf. */
export const scopesOfOrder = ({ instrument, account, strategy }: Placed): readonly LimitScope[] => [
  'system',
  `portfolio:${account}`,
  `strategy:${strategy}`,
  `venue:${instrument.venue}`,
  `instrument:${instrument.key}`,
];

export const isWithin = (scope: LimitScope, order: Placed): boolean =>
  scopesOfOrder(order).includes(scope);

// Owns carrying out what the order room wants done at a venue, and taking orders back.
// Promise: what has left is committed as sent, what has not as it is; a cancel counts as a message.
import { assertNever } from '../core/assert.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type { ScopeState } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { OrderFact } from '../facts/order.ts';
import type { Errand, OrderAction, Wish } from '../orders/requests.ts';
import { isWithin } from '../risk/scope.ts';
import type { OrderPath } from './path.ts';

/** What a scope lets through from now on. */
export interface ScopeStop {
  readonly scope: LimitScope;
  readonly state: ScopeState;
}

type ErrandPath = Pick<
  OrderPath,
  'state' | 'requests' | 'exposure' | 'effects' | 'commit' | 'onOrder'
>;

export function carryOut(path: ErrandPath, errands: readonly Errand[], nowUs: EpochUs): void {
  for (const { action, facts, otherwise } of errands) {
    const hasLeft = action === null || perform(path, action);
    commitOrders(path, hasLeft ? facts : otherwise, nowUs);
  }
}

function perform({ effects, exposure }: ErrandPath, action: OrderAction): boolean {
  const { order } = action;
  switch (action.kind) {
    case 'cancel':
      exposure.onCancel(order);
      return effects.cancel(order);
    case 'amend': // counted where it is asked about
      return effects.amend(order, action.change);
    case 'query':
      return effects.query(order);
    default:
      return assertNever(action);
  }
}

/** Commits facts about orders in their order; whoever follows an order hears of each change. */
export function commitOrders(
  { state, commit, onOrder }: Pick<OrderPath, 'state' | 'commit' | 'onOrder'>,
  facts: readonly OrderFact[],
  nowUs: EpochUs,
): void {
  for (const fact of facts) {
    const before = fact.kind === 'order' ? state.orders.get(fact.order.id) : null;
    commit(fact, nowUs);
    if (fact.kind !== 'order') continue;
    const order = state.orders.get(fact.order.id);
    if (order !== null) onOrder(before, order, nowUs);
  }
}

/** Asked again by the same, nothing is done: the room sends it again by itself. */
export function cancelOrder(path: ErrandPath, order: Order, wish: Wish, nowUs: EpochUs): void {
  const errand = path.requests.cancel(order, wish, nowUs);
  if (errand !== null) carryOut(path, [errand], nowUs);
}

/**
 * A scope that halts takes back its orders; one that only reduces, those that would add. What risk
 * itself has sent to close a position is left alone, and so is what somebody else has placed.
 */
export function takeBack(path: ErrandPath, stops: readonly ScopeStop[], nowUs: EpochUs): void {
  for (const { scope, state } of stops) {
    if (state !== 'halted' && state !== 'reducing') continue;
    for (const order of path.state.orders.open()) {
      const { kind } = order.origin;
      if (order.cancelRequested || kind === 'risk' || kind === 'external') continue;
      if (!isWithin(scope, order) || (state === 'reducing' && order.reduceOnly)) continue;
      cancelOrder(path, order, { by: 'risk', reason: `${scope} is ${state}` }, nowUs);
    }
  }
}

// Owns taking orders back: one that is asked for, or all that a stopped scope must not leave open.
// Promise: an order is open until its venue says otherwise; a cancel counts as a message.
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type { ScopeState } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import { requestCancel } from '../orders/order-state.ts';
import { isWithin } from '../risk/scope.ts';
import type { OrderPath } from './submit.ts';

/** What a scope lets through from now on. */
export interface ScopeStop {
  readonly scope: LimitScope;
  readonly state: ScopeState;
}

type CancelPath = Pick<OrderPath, 'orders' | 'exposure' | 'effects'>;

/** Asked again, it is sent again. */
export function cancel(path: CancelPath, order: Order, nowUs: EpochUs): void {
  path.orders.put(requestCancel(order, nowUs));
  path.exposure.onCancel(order);
  path.effects.cancel(order);
}

/**
 * A scope that halts takes back its orders; one that only reduces, those that would add. What risk
 * itself has sent to close a position is left alone.
 */
export function takeBack(path: CancelPath, stops: readonly ScopeStop[], nowUs: EpochUs): void {
  for (const { scope, state } of stops) {
    if (state !== 'halted' && state !== 'reducing') continue;
    for (const order of path.orders.open()) {
      if (order.cancelRequested || order.origin.kind === 'risk') continue;
      if (!isWithin(scope, order) || (state === 'reducing' && order.reduceOnly)) continue;
      cancel(path, order, nowUs);
    }
  }
}

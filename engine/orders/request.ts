// Owns what a request on its way to a venue is: asked by whom and why, since when, how often.
// Promise: an order has at most one of each kind; one that is over is gone.
import { isTerminal, type Order, type OrderChange } from '../core/order.ts';
import type { RequestKind, RequestRecord, RequestState } from '../facts/order.ts';
import { toChangeRecord } from './order-record.ts';
import { openQty } from './order-state.ts';

/**
 * timed_out: no answer, or it did not leave; given_up: nobody knows, the wish still stands;
 * refused: a cancel alone, which is wished until the order is over.
 */
export type OpenRequestState = Exclude<RequestState, 'answered'>;

export interface Request {
  readonly request: RequestKind;
  readonly state: OpenRequestState;
  readonly attempt: number; // from 1
  readonly by: string;
  readonly reason: string;
  readonly change: OrderChange | null; // of an amend
  readonly sentUs: number; // of the last attempt
}

/** Of one order; null: none of this kind is open. */
export interface OrderRequests {
  readonly new: Request | null;
  readonly cancel: Request | null;
  readonly amend: Request | null;
}

export const NO_REQUESTS: OrderRequests = Object.freeze({ new: null, cancel: null, amend: null });

export const REQUEST_KINDS = ['new', 'cancel', 'amend'] as const satisfies readonly RequestKind[];

/** The fact that a request is in `state` from here on. */
export const requestFact = (
  order: Order,
  { request, attempt, by, reason, change }: Omit<Request, 'state' | 'sentUs'>,
  state: RequestState,
): { readonly kind: 'request' } & RequestRecord => ({
  kind: 'request',
  orderId: order.id,
  request,
  state,
  attempt,
  by,
  reason,
  change: change === null ? null : toChangeRecord(order.instrument, change),
});

/**
 * What may still trade, steps: while an amend is unanswered, the larger of before and after. The
 * price that counts is the worse of both as well (worstPrice).
 */
export function worstQty(order: Order, { amend }: OrderRequests): number {
  if (isTerminal(order)) return 0;
  const after = (amend?.change?.qty ?? 0) - order.filledQty;
  return Math.max(openQty(order), after);
}

/** The highest price a buy may pay, the lowest a sale may bring; null: told to nobody. */
export function worstPrice(order: Order, { amend }: OrderRequests): Order['limitPrice'] {
  const before = order.limitPrice;
  const after = amend?.change?.price ?? null;
  if (before === null || after === null) return before ?? after;
  return (order.side === 'buy') === after > before ? after : before;
}

// Owns the orders the replica knows, in the order in which they came to be.
// Promise: bounded; an order that still lives is never pushed out by one that has ended.

import { TERMINAL_STATES } from '../engine/core/order.ts';
import type { OrderRecord } from '../engine/facts/order.ts';
import type { Entry } from './bounded-log.ts';
import type { VerdictBody } from './view.ts';

export interface ShelvedOrder {
  readonly order: OrderRecord;
  readonly verdict: VerdictBody | null;
}

export interface OrderShelf {
  /** A new order is numbered `number`, or above the one before it: pages rest on that. */
  put(number: number, order: OrderRecord): ShelvedOrder;
  putVerdict(verdict: VerdictBody): void;
  get(id: string): ShelvedOrder | null;
  /** Entries below `before`, newest first. */
  newest(before: number): Entry<ShelvedOrder>[];
  /** Orders that have not ended. */
  living(): ShelvedOrder[];
  /** Drops an order that nobody can say anything of any more. */
  forget(id: string): void;
  readonly open: number;
}

export function createOrderShelf(sizeMax: number): OrderShelf {
  const orders = new Map<string, Entry<ShelvedOrder>>();
  const verdicts = new Map<string, VerdictBody>(); // of orders not seen yet
  let open = 0;
  let last = Number.NEGATIVE_INFINITY; // number of the newest order
  const isOpen = (entry: Entry<ShelvedOrder> | undefined): boolean =>
    entry !== undefined && !TERMINAL_STATES.has(entry.value.order.state);
  const makeRoom = (): void => {
    for (const [id, entry] of orders) {
      if (orders.size <= sizeMax) return;
      if (!isOpen(entry)) orders.delete(id);
    }
  };
  return {
    put(number, order) {
      const old = orders.get(order.id);
      const verdict = old?.value.verdict ?? verdicts.get(order.id) ?? null;
      verdicts.delete(order.id);
      if (old === undefined) last = Math.max(number, last + 1);
      const entry = { number: old?.number ?? last, value: { order, verdict } };
      open += Number(isOpen(entry)) - Number(isOpen(old));
      orders.set(order.id, entry);
      if (orders.size > sizeMax) makeRoom();
      return entry.value;
    },
    putVerdict(verdict) {
      verdicts.set(verdict.orderId, verdict);
      const [oldest] = verdicts.keys();
      if (verdicts.size > sizeMax && oldest !== undefined) verdicts.delete(oldest);
    },
    get: (id) => orders.get(id)?.value ?? null,
    newest: (before) => [...orders.values()].filter((entry) => entry.number < before).reverse(),
    living: () => [...orders.values()].filter(isOpen).map(({ value }) => value),
    forget(id) {
      if (isOpen(orders.get(id))) open -= 1;
      orders.delete(id);
    },
    get open() {
      return open;
    },
  };
}

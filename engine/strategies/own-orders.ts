// Owns the living orders of one strategy, by id, by its own references and by instrument.
// Promise: no order of anybody else gets in; an ended one is gone with its last report.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import { isTerminal, type Order } from '../core/order.ts';

export interface OwnOrders {
  /** The next version of an order of this strategy. */
  put(order: Order): void;
  /** Living orders of an instrument, oldest first. Valid until the next put. */
  on(instrument: Instrument): readonly Order[];
  all(): readonly Order[];
  /** By order id, else by reference. */
  find(text: string): Order | null;
}

const NONE: readonly Order[] = Object.freeze([]);

export function createOwnOrders(strategy: string): OwnOrders {
  const living = new Map<string, Order>(); // by id, in the order they were first seen
  const rows = new Map<number, Order[]>(); // by instrument index
  return {
    put(order) {
      assert(order.strategy === strategy, `${order.id} is an order of ${order.strategy}`);
      const row = rows.get(order.instrument.index) ?? [];
      rows.set(order.instrument.index, row);
      const at = living.has(order.id) ? row.findIndex(({ id }) => id === order.id) : -1;
      if (isTerminal(order)) {
        living.delete(order.id);
        if (at >= 0) row.splice(at, 1);
        return;
      }
      living.set(order.id, order);
      if (at >= 0) row[at] = order;
      else row.push(order);
    },
    on: (instrument) => rows.get(instrument.index) ?? NONE,
    all: () => [...living.values()],
    find(text) {
      const byId = living.get(text);
      if (byId !== undefined) return byId;
      for (const order of living.values()) if (referenceOf(order) === text) return order;
      return null;
    },
  };
}

/** The strategy's own name for an order, '' where it gave none. */
export const referenceOf = ({ origin }: Pick<Order, 'origin'>): string =>
  origin.kind === 'strategy' ? origin.reference : '';

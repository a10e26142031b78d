// Owns every order that is kept: the living by instrument, and the last ended ones.
// Promise: bounded; a living order is never evicted.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import { isTerminal, type Order } from '../core/order.ts';
import { type Ageing, createAgeing } from './ageing.ts';

export interface OrderStore {
  readonly count: number;
  readonly openCount: number;
  get(id: string): Order | null;
  /** All living orders, in the order in which they came. */
  open(): Order[];
  /** Living orders of an instrument, oldest first. Valid until the next put. */
  openOn(instrument: Instrument): readonly Order[];
  /** Living orders whose fate nobody knows; their ids. */
  unknownIds(): ReadonlySet<string>;
  /** The newest `limit` orders, newest first, ended ones included. */
  list(limit: number): Order[];
  /** Oldest first, ended ones included. */
  all(): IterableIterator<Order>;
  /** Ids of ended orders, the first to end first. */
  endedIds(): string[];
  /** Stores an order or its next version. Asserts that there is room for one more that lives. */
  put(order: Order): void;
  /**
   * Replaces everything. Ended ones beyond the capacity are forgotten, the first to end first; that
   * more live than it has room for is refused before a start.
   */
  load(orders: readonly Order[], endedIds: readonly string[]): void;
}

const NO_ORDERS: readonly Order[] = [];

interface Shelf {
  readonly capacity: number;
  readonly onEvict: (id: string) => void;
  readonly orders: Map<string, Order>; // in the order in which they came
  readonly ended: Ageing<true>; // ids in the order in which they ended: the next to evict
  readonly living: Map<string, Order>;
  readonly unknown: Set<string>;
  readonly rows: Map<string, Order[]>; // living, by key of the instrument
}

/** `capacity`: orders kept, living and ended; `onEvict` hears of each that is forgotten. */
export function createOrderStore(capacity: number, onEvict: (id: string) => void): OrderStore {
  const orders = new Map<string, Order>();
  const ended = createAgeing<true>(capacity);
  const living = new Map<string, Order>();
  const unknown = new Set<string>();
  const rows = new Map<string, Order[]>();
  const shelf: Shelf = { capacity, onEvict, orders, ended, living, unknown, rows };
  return {
    get count() {
      return orders.size;
    },
    get openCount() {
      return living.size;
    },
    get: (id) => orders.get(id) ?? null,
    open: () => [...living.values()],
    openOn: (instrument) => rows.get(instrument.key) ?? NO_ORDERS,
    unknownIds: () => unknown,
    list: (limit) => [...orders.values()].reverse().slice(0, Math.max(0, limit)),
    all: () => orders.values(),
    endedIds: () => ended.entries().map(([id]) => id),
    put: (order) => put(shelf, order),
    load(list, endedIds) {
      for (const map of [orders, living, unknown, rows]) map.clear();
      const over = Math.max(0, list.length - capacity);
      const forgotten = new Set(endedIds.slice(0, over));
      ended.load(endedIds.slice(over).map((id) => [id, true]));
      for (const order of list) {
        if (forgotten.has(order.id)) continue;
        orders.set(order.id, order);
        track(shelf, order);
      }
      forgotten.forEach(onEvict);
    },
  };
}

function put(shelf: Shelf, order: Order): void {
  const { orders, ended } = shelf;
  const before = orders.get(order.id);
  const isReopened = before !== undefined && isTerminal(before) && !isTerminal(order);
  if (before === undefined) makeRoom(shelf, order);
  else if (isReopened) {
    assertRoom(shelf, order);
    orders.delete(order.id); // from here on it is among the youngest
    ended.delete(order.id);
  }
  orders.set(order.id, order);
  track(shelf, order);
}

function makeRoom(shelf: Shelf, order: Order): void {
  const { orders, ended, capacity, onEvict } = shelf;
  assertRoom(shelf, order);
  if (orders.size < capacity) return;
  const first = ended.shift();
  assert(first !== undefined, `order ${order.id}: no ended order to forget`);
  orders.delete(first[0]);
  onEvict(first[0]);
}

const assertRoom = ({ living, capacity }: Shelf, { id }: Order): void =>
  assert(
    living.size < capacity,
    `order ${id}: more than ${capacity} open orders; raise capacity.orders`,
  );

function track({ living, ended, unknown, rows }: Shelf, order: Order): void {
  const { id } = order;
  if (order.state === 'unknown') unknown.add(id);
  else if (unknown.size > 0) unknown.delete(id);
  if (isTerminal(order)) {
    living.delete(id);
    ended.set(id, true);
  } else living.set(id, order);
  placeInRow(rows, order);
}

function placeInRow(rows: Map<string, Order[]>, order: Order): void {
  const { key } = order.instrument;
  const row = rows.get(key) ?? [];
  rows.set(key, row);
  const at = row.findIndex(({ id }) => id === order.id);
  if (isTerminal(order)) {
    if (at >= 0) row.splice(at, 1);
  } else if (at >= 0) row[at] = order;
  else row.push(order);
}

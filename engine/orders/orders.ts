// Owns every order of this run: the living by instrument, the last ended ones, and fill ids seen.
// Promise: bounded; a living order is never evicted; the same fill is never applied twice.
import { assert } from '../core/assert.ts';
import type { OrderReport } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import { isTerminal, type Order } from '../core/order.ts';
import { next, openQty, type StepReason } from './order-state.ts';

export type OrdersStep =
  | { readonly kind: 'not_found'; readonly orderId: string }
  | {
      readonly kind: 'step';
      readonly before: Order;
      readonly order: Order; // already stored
      readonly change: 'changed' | 'ignored' | 'anomaly';
      readonly reason: StepReason;
    };

export interface Orders {
  /** True while one more order can be kept. Ask before an order is made. */
  hasRoom(): boolean;
  /** Stores an order that was never stored before; asserts that, and `hasRoom`. */
  add(order: Order): void;
  /** Stores the next version of a known order, or one of an earlier run (asserts `hasRoom`). */
  put(order: Order): void;
  get(id: string): Order | null;
  /** Applies a report by order-state.ts, drops repeated fills, and stores the result. */
  apply(report: OrderReport): OrdersStep;
  /** Living orders of an instrument, oldest first. Valid until the next put or apply. */
  openOn(instrument: Instrument): readonly Order[];
  /** All living orders, in the order they were first stored. */
  open(): Order[];
  /** The newest `limit` orders, newest first, ended ones included. */
  list(limit: number): Order[];
  readonly openCount: number;
  readonly count: number;
  /** Signed steps that living orders would still buy (+) or sell (-). */
  openNet(instrument: Instrument): number;
}

const NO_ORDERS: readonly Order[] = [];
const FILL_IDS_PER_ORDER = 8; // remembered on average; the oldest are forgotten first

interface Store {
  readonly capacity: number;
  readonly orders: Map<string, Order>; // insertion order = age
  readonly ended: Set<string>; // ids in the order they ended: the next to evict
  readonly living: Map<string, Order>; // by id, in the order they were first stored
  readonly rows: Map<number, Order[]>; // the same by instrument index
  readonly fills: Seen;
}

/** `capacity`: orders kept, living and ended together. */
export function createOrders(capacity: number): Orders {
  assert(Number.isInteger(capacity) && capacity > 0, 'the order store needs a capacity');
  const orders = new Map<string, Order>();
  const ended = new Set<string>();
  const living = new Map<string, Order>();
  const rows = new Map<number, Order[]>();
  const fills = createSeen(capacity * FILL_IDS_PER_ORDER);
  const store: Store = { capacity, orders, ended, living, rows, fills };
  const openOn = (instrument: Instrument): readonly Order[] =>
    rows.get(instrument.index) ?? NO_ORDERS;
  return {
    hasRoom: () => hasRoom(store),
    add: (order) => add(store, order),
    put: (order) => put(store, order),
    get: (id) => orders.get(id) ?? null,
    apply: (report) => apply(store, report),
    openOn,
    open: () => [...living.values()],
    list: (limit) => [...orders.values()].reverse().slice(0, Math.max(0, limit)),
    get openCount() {
      return living.size;
    },
    get count() {
      return orders.size;
    },
    openNet(instrument) {
      let net = 0;
      for (const order of openOn(instrument)) {
        net += order.side === 'buy' ? openQty(order) : -openQty(order);
      }
      return net;
    },
  };
}

const hasRoom = ({ living, capacity }: Store): boolean => living.size < capacity;

function add(store: Store, order: Order): void {
  const { orders, ended, capacity } = store;
  assert(!orders.has(order.id), `order ${order.id} was already added`);
  assert(hasRoom(store), `more than ${capacity} open orders`);
  if (orders.size >= capacity) evictOldest(orders, ended);
  keep(store, order, null);
}

function put(store: Store, order: Order): void {
  const before = store.orders.get(order.id);
  if (before === undefined) add(store, order);
  else keep(store, order, before);
}

function keep({ orders, ended, living, rows }: Store, order: Order, before: Order | null): void {
  orders.set(order.id, order);
  track(rows, before, order);
  if (isTerminal(order)) {
    living.delete(order.id);
    ended.add(order.id);
  } else living.set(order.id, order);
}

function apply(store: Store, report: OrderReport): OrdersStep {
  const before = store.orders.get(report.orderId);
  if (before === undefined) return { kind: 'not_found', orderId: report.orderId };
  const fillKey = report.kind === 'fill' ? `${before.instrument.key} ${report.fillId}` : '';
  if (fillKey !== '' && store.fills.has(fillKey)) {
    const reason = 'duplicate_fill';
    return { kind: 'step', before, order: before, change: 'ignored', reason };
  }
  const step = next(before, report);
  if (step.change === 'changed') {
    put(store, step.order);
    if (fillKey !== '') store.fills.add(fillKey);
  }
  return { kind: 'step', before, ...step };
}

function evictOldest(orders: Map<string, Order>, ended: Set<string>): void {
  for (const id of ended) {
    ended.delete(id);
    orders.delete(id);
    return;
  }
}

function track(rows: Map<number, Order[]>, before: Order | null, order: Order): void {
  const { index } = order.instrument;
  const row = rows.get(index) ?? [];
  rows.set(index, row);
  const at = before === null ? -1 : row.findIndex(({ id }) => id === order.id);
  if (isTerminal(order)) {
    if (at >= 0) row.splice(at, 1);
  } else if (at >= 0) row[at] = order;
  else row.push(order);
}

interface Seen {
  has(key: string): boolean;
  add(key: string): void;
}

/** A set that forgets its oldest members beyond `capacity`. */
function createSeen(capacity: number): Seen {
  const keys = new Set<string>();
  return {
    has: (key) => keys.has(key),
    add(key) {
      keys.add(key);
      if (keys.size <= capacity) return;
      for (const oldest of keys) {
        keys.delete(oldest);
        return;
      }
    },
  };
}

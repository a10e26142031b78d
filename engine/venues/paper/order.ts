// Owns an order as the simulated venue knows it, open or ended, and the shelf of all of them.
// Promise: bounded; an order that was forgotten is never taken for one that never was.
import type { OrderReport, VenueOrder } from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { OrderType, Side, TimeInForce } from '../../core/order.ts';
import { asQty, type EpochUs, type Price } from '../../core/units.ts';

export type FillReport = Extract<OrderReport, { readonly kind: 'fill' }>;

/** Its place in the queue of its level (queue.ts). All in steps. */
export interface QueuePlace {
  ahead: number; // that stands before it; Infinity while the book does not reach there
  shown: number; // what the level showed last, NaN when it did not reach there
  traded: number; // at the level since then
  shrunk: number; // what left the level lately without a trade that was seen
  advanced: number; // how far that brought the order forward
  shrunkUs: number; // event time at which it left last
}

export interface PaperOrder extends QueuePlace {
  readonly id: string;
  readonly account: string;
  readonly instrument: Instrument;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly createdUs: EpochUs;
  qty: number; // as ordered or amended, filled part included
  price: Price; // a market order's too: the limit at which it was sent
  remaining: number; // 0 once it has ended
  filled: number;
  held: number; // steps that money or margin is kept back for
  state: 'open' | 'filled' | 'cancelled' | 'rejected' | 'expired';
  reason: string;
  readonly fills: FillReport[];
}

export const isOpen = ({ state }: PaperOrder): boolean => state === 'open';

export const NO_PLACE: Readonly<QueuePlace> = {
  ahead: 0,
  shown: 0,
  traded: 0,
  shrunk: 0,
  advanced: 0,
  shrunkUs: 0,
};

export const toVenueOrder = (order: PaperOrder): VenueOrder => ({
  orderId: order.id,
  account: order.account,
  instrument: order.instrument,
  side: order.side,
  type: order.type,
  qty: asQty(order.qty),
  filledQty: asQty(order.filled),
  price: order.price,
  timeUs: order.createdUs,
});

export interface OrderShelf {
  add(order: PaperOrder): void;
  get(id: string): PaperOrder | undefined;
  /** Open on an instrument, in order of arrival; empty when none is. */
  openOn(instrument: Instrument): readonly PaperOrder[];
  /** Every open order, in order of arrival within an instrument. */
  open(): readonly PaperOrder[];
  all(): Iterable<PaperOrder>;
  rest(order: PaperOrder): void;
  /** Takes out of the queue what ended or is lifted. */
  sweep(instrument: Instrument): void;
  lift(order: PaperOrder): void;
  /** Puts the order back where it stood when it was lifted: `at` is its place among the open. */
  putBack(order: PaperOrder, at: number): void;
  ended(order: PaperOrder): void;
  readonly openCount: number;
  /** Some ended orders are no longer kept. */
  readonly hasForgotten: boolean;
}

const NONE: readonly PaperOrder[] = [];

/** `historyMax`: ended orders that can be asked about. */
export function createOrderShelf(historyMax: number, hasForgotten = false): OrderShelf {
  const byId = new Map<string, PaperOrder>();
  const resting: Resting = new Map();
  let ended: PaperOrder[] = [];
  let isForgetful = hasForgotten;
  const forget = (): void => {
    for (const { id } of ended.slice(0, historyMax)) byId.delete(id);
    ended = ended.slice(historyMax);
    isForgetful = true;
  };
  return {
    add: (order) => void byId.set(order.id, order),
    get: (id) => byId.get(id),
    openOn: ({ index }) => resting.get(index) ?? NONE,
    open: () => [...resting.values()].flat(),
    all: () => byId.values(),
    rest: (order) => change(resting, order.instrument, (orders) => [...orders, order]),
    sweep(instrument) {
      const orders = resting.get(instrument.index) ?? NONE;
      if (orders.every(isOpen)) return;
      change(resting, instrument, (all) => all.filter(isOpen));
    },
    lift: ({ id, instrument }) =>
      change(resting, instrument, (orders) => orders.filter((one) => one.id !== id)),
    putBack: (order, at) =>
      change(resting, order.instrument, (orders) => orders.toSpliced(at, 0, order)),
    ended(order) {
      ended.push(order);
      if (ended.length >= 2 * historyMax) forget();
    },
    get openCount() {
      let count = 0;
      for (const orders of resting.values()) count += orders.length;
      return count;
    },
    get hasForgotten() {
      return isForgetful;
    },
  };
}

type Resting = Map<number, readonly PaperOrder[]>; // by instrument index, in order of arrival

// Lists are replaced, never changed: who walks one may fill and end orders on the way.
function change(
  resting: Resting,
  { index }: Instrument,
  to: (orders: readonly PaperOrder[]) => readonly PaperOrder[],
): void {
  const orders = to(resting.get(index) ?? NONE);
  if (orders.length === 0) resting.delete(index);
  else resting.set(index, orders);
}

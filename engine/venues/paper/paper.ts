// Owns the paper venue: takes placements and cancels, fills them against the book after a delay.
// Promise: deterministic from its seed; never fills more, worse or sooner than the book allows.
import { assert, assertNever } from '../../core/assert.ts';
import type { Placement } from '../../core/decision.ts';
import type { TradeEvent, VenueReport } from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Order, OrderIntent } from '../../core/order.ts';
import type { BookReader, Random } from '../../core/ports.ts';
import { asEpochUs, asQty, type EpochUs, type Price } from '../../core/units.ts';
import { createLiquidity, type Liquidity } from './liquidity.ts';
import { followBook, joinQueue, type RestingOrder, tradeThrough } from './queue.ts';

export interface PaperVenueOptions {
  readonly books: BookReader;
  readonly latencyUs: number; // one way, before jitter; reports take the same way back
  readonly random: Random;
  readonly emit: (report: VenueReport) => void; // called from advance() only
  readonly fillIds: () => string; // unique for ever
  readonly restingMax?: number; // default 4096; beyond it new resting orders are rejected
}

export interface PaperVenue {
  place(placement: Placement, nowUs: EpochUs): void;
  cancel(order: Order, nowUs: EpochUs): void;
  /** Takes back an order by its id alone. */
  cancelUnknown(orderId: string, nowUs: EpochUs): void;
  /** What is open at `venue`: the answer takes the way of every message, there and back. */
  askOpenOrders(venue: string, nowUs: EpochUs): void;
  /** After the book of the instrument changed. */
  onBook(instrument: Instrument, nowUs: EpochUs): void;
  onTrade(event: TradeEvent, nowUs: EpochUs): void;
  /**
   * Lets orders arrive and reports return that are due, in time order. Call it BEFORE a market
   * event is applied: an order that arrived earlier must meet the earlier book.
   */
  advance(nowUs: EpochUs): void;
  /** When the next arrival or report is due; null when nothing is on its way. */
  nextDueUs(): EpochUs | null;
  readonly restingCount: number;
}

/** A delay is latency x (1 .. 1 + JITTER), uniform; it never lets one message pass another. */
const JITTER = 0.25;

type Arrival =
  | { readonly kind: 'place'; readonly placement: Placement }
  | { readonly kind: 'cancel'; readonly order: Order }
  | { readonly kind: 'cancel_unknown'; readonly orderId: string }
  | { readonly kind: 'ask'; readonly venue: string };

interface Venue {
  readonly options: PaperVenueOptions;
  readonly liquidity: Liquidity;
  readonly arrivals: Line<Arrival>;
  readonly reports: Line<VenueReport>;
  readonly resting: Map<number, RestingOrder[]>; // by instrument index, in order of arrival
  readonly ids: Set<string>; // of orders resting or on their way
}

export function createPaperVenue(options: PaperVenueOptions): PaperVenue {
  const { books, random, latencyUs } = options;
  const delayUs = (): number => Math.round(latencyUs * (1 + JITTER * random.uniform()));
  const venue: Venue = {
    options,
    liquidity: createLiquidity(books),
    arrivals: createLine(delayUs),
    reports: createLine(delayUs),
    resting: new Map(),
    ids: new Set(),
  };
  return {
    place(placement, nowUs) {
      assert(!venue.ids.has(placement.id), `order id ${placement.id} is used twice`);
      venue.ids.add(placement.id);
      venue.arrivals.push({ kind: 'place', placement }, nowUs);
    },
    cancel: (order, nowUs) => venue.arrivals.push({ kind: 'cancel', order }, nowUs),
    cancelUnknown: (orderId, nowUs) =>
      venue.arrivals.push({ kind: 'cancel_unknown', orderId }, nowUs),
    askOpenOrders: (name, nowUs) => venue.arrivals.push({ kind: 'ask', venue: name }, nowUs),
    onBook(instrument, nowUs) {
      if (!books.isReady(instrument)) return;
      venue.liquidity.onBook(instrument);
      const orders = venue.resting.get(instrument.index);
      if (orders === undefined) return;
      const onFill = (order: RestingOrder, qty: number): void =>
        fillMaker(venue, order, qty, nowUs);
      followBook(books, venue.liquidity, instrument, orders, onFill);
      dropFilled(venue, instrument);
    },
    onTrade({ instrument, price, qty, buyerIsMaker }, nowUs) {
      const orders = venue.resting.get(instrument.index);
      if (orders === undefined) return;
      const onFill = (order: RestingOrder, share: number): void =>
        fillMaker(venue, order, share, nowUs);
      tradeThrough(orders, price, qty, buyerIsMaker, onFill);
      dropFilled(venue, instrument);
    },
    advance: (nowUs) => advance(venue, nowUs),
    nextDueUs() {
      const due = Math.min(venue.arrivals.dueUs(), venue.reports.dueUs());
      return due === Number.POSITIVE_INFINITY ? null : asEpochUs(due);
    },
    get restingCount() {
      return restingCount(venue);
    },
  };
}

function advance(venue: Venue, nowUs: number): void {
  const { arrivals, reports, options } = venue;
  for (;;) {
    const arrivalUs = arrivals.dueUs();
    const reportUs = reports.dueUs();
    if (Math.min(arrivalUs, reportUs) > nowUs) return;
    if (arrivalUs <= reportUs) arrive(venue, arrivals.shift(), asEpochUs(arrivalUs));
    else options.emit(reports.shift());
  }
}

function arrive(venue: Venue, arrival: Arrival, timeUs: EpochUs): void {
  switch (arrival.kind) {
    case 'place':
      match(venue, arrival.placement, timeUs);
      return;
    case 'cancel':
      cancel(venue, arrival.order.id, arrival.order.instrument.index, timeUs);
      return;
    case 'cancel_unknown':
      cancel(venue, arrival.orderId, indexOf(venue, arrival.orderId), timeUs);
      return;
    case 'ask':
      tellOpenOrders(venue, arrival.venue, timeUs);
      return;
    default:
      assertNever(arrival);
  }
}

function tellOpenOrders(venue: Venue, name: string, timeUs: EpochUs): void {
  const resting = [...venue.resting.values()].flat();
  const orderIds = resting
    .filter(({ intent, remaining }) => intent.instrument.venue === name && remaining > 0)
    .map(({ id }) => id);
  report(venue, { kind: 'open_orders', venue: name, orderIds, timeUs }, timeUs);
}

function match(venue: Venue, { id, intent }: Placement, timeUs: EpochUs): void {
  const { instrument, side, timeInForce } = intent;
  const { books, restingMax = 4096 } = venue.options;
  const rests = intent.type === 'limit' && timeInForce === 'GTC';
  const limit = intent.type === 'market' ? null : intent.price;
  if (!(intent.qty > 0) || !books.isReady(instrument)) {
    const reason = intent.qty > 0 ? 'no book to trade against' : 'quantity is not above 0';
    return end(venue, id, 'rejected', reason, timeUs);
  }
  if (intent.postOnly && venue.liquidity.available(instrument, side, limit, 1) > 0) {
    return end(venue, id, 'rejected', 'post-only order would take', timeUs);
  }
  if (rests && restingCount(venue) >= restingMax) {
    return end(venue, id, 'rejected', 'too many resting orders', timeUs);
  }
  report(venue, { kind: 'accepted', orderId: id, timeUs }, timeUs);
  const isShort = venue.liquidity.available(instrument, side, limit, intent.qty) < intent.qty;
  if (timeInForce === 'FOK' && isShort) {
    return end(venue, id, 'expired', 'fill or kill: not enough size', timeUs);
  }
  const taken = venue.liquidity.take(instrument, side, limit, intent.qty, (price, qty) =>
    fill(venue, id, price, qty, 'taker', timeUs),
  );
  const rest = intent.qty - taken;
  if (rest === 0) venue.ids.delete(id);
  else if (rests && limit !== null) restOrder(venue, id, intent, limit, rest);
  else end(venue, id, 'expired', 'what could not be filled at once', timeUs);
}

function restOrder(
  venue: Venue,
  id: string,
  intent: OrderIntent,
  price: Price,
  remaining: number,
): void {
  const { index } = intent.instrument;
  const orders = venue.resting.get(index) ?? [];
  orders.push(joinQueue(venue.options.books, id, intent, price, remaining));
  venue.resting.set(index, orders);
}

/** An order that is not here has ended (its own report came first) or never was here. */
function cancel(venue: Venue, id: string, index: number, timeUs: EpochUs): void {
  const orders = venue.resting.get(index) ?? [];
  const at = orders.findIndex((order) => order.id === id);
  if (at < 0) return end(venue, id, 'rejected', 'unknown order', timeUs);
  orders.splice(at, 1);
  end(venue, id, 'cancelled', 'requested', timeUs);
}

/** Of the instrument on which the order rests; -1 when it rests nowhere. */
function indexOf({ resting }: Venue, id: string): number {
  for (const [index, orders] of resting) if (orders.some((order) => order.id === id)) return index;
  return -1;
}

function dropFilled(venue: Venue, { index }: Instrument): void {
  const orders = venue.resting.get(index) ?? [];
  if (orders.every(({ remaining }) => remaining > 0)) return;
  for (const { id, remaining } of orders) if (remaining === 0) venue.ids.delete(id);
  const left = orders.filter(({ remaining }) => remaining > 0);
  if (left.length === 0) venue.resting.delete(index);
  else venue.resting.set(index, left);
}

const fillMaker = (venue: Venue, order: RestingOrder, qty: number, nowUs: EpochUs): void =>
  fill(venue, order.id, order.price, qty, 'maker', nowUs);

function fill(
  venue: Venue,
  orderId: string,
  price: Price,
  qty: number,
  liquidity: 'maker' | 'taker',
  timeUs: EpochUs,
): void {
  const fillId = venue.options.fillIds();
  const body = {
    kind: 'fill',
    orderId,
    fillId,
    price,
    qty: asQty(qty),
    liquidity,
    timeUs,
  } as const;
  report(venue, body, timeUs);
}

function end(
  venue: Venue,
  orderId: string,
  state: 'cancelled' | 'rejected' | 'expired',
  reason: string,
  timeUs: EpochUs,
): void {
  venue.ids.delete(orderId);
  report(venue, { kind: 'ended', orderId, state, reason, timeUs }, timeUs);
}

const report = (venue: Venue, body: VenueReport, timeUs: EpochUs): void =>
  venue.reports.push(body, timeUs);

function restingCount(venue: Venue): number {
  let count = 0;
  for (const orders of venue.resting.values()) count += orders.length;
  return count;
}

/** First in, first out, each item due a delay after it was pushed but never before its elders. */
interface Line<Item> {
  push(item: Item, nowUs: number): void;
  /** Infinity when empty. */
  dueUs(): number;
  shift(): Item;
}

function createLine<Item>(delayUs: () => number): Line<Item> {
  let items: { readonly item: Item; readonly dueUs: number }[] = [];
  let head = 0;
  let lastUs = Number.NEGATIVE_INFINITY;
  return {
    push(item, nowUs) {
      lastUs = Math.max(lastUs, nowUs + delayUs());
      items.push({ item, dueUs: lastUs });
    },
    dueUs: () => items[head]?.dueUs ?? Number.POSITIVE_INFINITY,
    shift() {
      const first = items[head];
      assert(first !== undefined, 'nothing is on its way');
      head += 1;
      if (head >= 1024 || head === items.length) {
        items = items.slice(head);
        head = 0;
      }
      return first.item;
    },
  };
}

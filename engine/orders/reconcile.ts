// Owns the comparison of a venue's open orders with ours.
// Promise: pure; what is listed is adopted, what is missing is asked about, not taken as ended.
import type { OpenOrdersReport, VenueOrder } from '../core/event.ts';
import { isTerminal, type Order } from '../core/order.ts';
import type { EpochUs } from '../core/units.ts';
import type { OrderFact } from '../facts/order.ts';
import {
  adoptedOrder,
  haltOf,
  type InstrumentHalt,
  isAdoptable,
  type OrderRoom,
  type OrderRoomSetup,
  reasonOf,
} from './order-room.ts';
import { type Errand, orderFact, unknownFacts } from './requests.ts';

export interface Reconciliation {
  readonly facts: readonly OrderFact[];
  /** Orders of others, as they are after `facts`; a caller may cancel them like any order. */
  readonly adopted: readonly Order[];
  readonly halts: readonly InstrumentHalt[];
  readonly errands: readonly Errand[];
  /** Listed, but without an id, a side or a size that could be kept, or with no room left. */
  readonly refused: readonly VenueOrder[];
}

export interface ReconcileSetup extends OrderRoomSetup {
  readonly room: Pick<OrderRoom, 'onReport'>;
  /** A list may be older than what happened since: a younger change of an order is left alone. */
  readonly graceUs?: number;
}

const GRACE_US = 2_000_000;
export const BELIEVED_ENDED = 'listed as open by its venue after it was believed to be over';

interface Findings {
  readonly facts: OrderFact[];
  readonly adopted: Order[];
  readonly halts: InstrumentHalt[];
  readonly errands: Errand[];
  readonly refused: VenueOrder[];
}

export function reconcile(
  setup: ReconcileSetup,
  list: OpenOrdersReport,
  nowUs: EpochUs,
): Reconciliation {
  const { orders, graceUs = GRACE_US } = setup;
  const found: Findings = { facts: [], adopted: [], halts: [], errands: [], refused: [] };
  const listed = new Set<string>();
  for (const told of list.orders) {
    if (listed.has(told.orderId)) continue; // listed twice is listed
    listed.add(told.orderId);
    const order = orders.get(told.orderId);
    const isOld = order !== null && list.timeUs - order.updatedUs < graceUs;
    if (order === null) adopt(setup, told, found);
    else if (!isTerminal(order)) compare(setup, order, told, isOld, found, nowUs);
    else if (!isOld) reopen(setup, order, found);
  }
  for (const order of orders.open()) {
    if (order.instrument.venue !== list.venue || listed.has(order.id)) continue;
    if (list.timeUs - order.updatedUs >= graceUs) missing(setup, order, found, nowUs);
  }
  return found;
}

/** Ours and alive. Size and price are as the venue says; fills have to be told one by one. */
function compare(
  setup: ReconcileSetup,
  order: Order,
  told: VenueOrder,
  isOld: boolean,
  found: Findings,
  nowUs: EpochUs,
): void {
  const { id: orderId } = order;
  const { qty, filledQty, price } = told;
  const { amend } = setup.orders.requestsOf(orderId);
  const isAmendOpen = amend !== null && amend.state !== 'given_up';
  const isOther = qty !== order.qty || (price !== null && price !== order.limitPrice);
  const timeUs = nowUs;
  if (!isOld || order.state === 'unknown') {
    const isTaken = isOther && !(isAmendOpen && isOld);
    const decision = setup.room.onReport(
      isTaken
        ? { kind: 'amended', orderId, qty, price: order.type === 'market' ? null : price, timeUs }
        : { kind: 'accepted', orderId, timeUs },
      nowUs,
    );
    found.facts.push(...decision.facts);
    found.errands.push(...decision.errands);
    if (decision.halt !== null) found.halts.push(decision.halt);
  }
  if (filledQty > order.filledQty) askAbout(setup, order, found, nowUs);
}

function adopt(setup: ReconcileSetup, told: VenueOrder, found: Findings): void {
  const { instrument, orderId, filledQty } = told;
  const hasRoom = setup.orders.openCount + found.adopted.length < setup.orders.capacity;
  if (!isAdoptable(told) || !hasRoom) {
    found.refused.push(told);
    found.halts.push(haltOf(instrument, orderId, 'open at its venue, and cannot be kept here'));
    return;
  }
  const order = adoptedOrder(told, 'open', setup.mayBeUnrecorded);
  found.facts.push(orderFact(order));
  found.adopted.push(order);
  found.halts.push(haltOf(instrument, orderId, reasonOf(order)));
  if (filledQty > 0) found.errands.push(question(order));
}

/** It goes on under its owner's name, but as nobody's doing, until a person takes it over. */
function reopen(setup: ReconcileSetup, before: Order, found: Findings): void {
  if (setup.orders.openCount + found.adopted.length >= setup.orders.capacity) return;
  const state = before.filledQty > 0 ? 'partially_filled' : 'open';
  const origin = { kind: 'external', reason: BELIEVED_ENDED } as const;
  const order: Order = { ...before, state, origin, reason: '' };
  found.facts.push(orderFact(order));
  found.adopted.push(order);
  found.halts.push(haltOf(order.instrument, order.id, BELIEVED_ENDED));
  found.errands.push(question(order));
}

const question = (order: Order): Errand => ({
  action: { kind: 'query', order },
  facts: [],
  otherwise: [],
});

function askAbout(setup: ReconcileSetup, order: Order, found: Findings, nowUs: EpochUs): void {
  const errand = setup.requests.ask(order, nowUs);
  if (errand !== null) found.errands.push(errand);
}

/** Over, filled, or never there: the venue has to say which, with the fills we do not know. */
function missing(setup: ReconcileSetup, order: Order, found: Findings, nowUs: EpochUs): void {
  found.facts.push(...unknownFacts(order, 'its venue does not list it as open', nowUs));
  askAbout(setup, order, found, nowUs);
}

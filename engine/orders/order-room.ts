// Owns what a venue's words mean for orders: ours, those of others, and those nobody here recorded.
// Promise: pure, it answers with facts; a fill is never booked twice, and no fill is passed over.
import type { OrderReport, VenueOrder } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import { isTerminal, MANUAL, type Order } from '../core/order.ts';
import { asQty, type EpochUs } from '../core/units.ts';
import type { OrderFact } from '../facts/order.ts';
import { clip, next, type StepReason } from './order-state.ts';
import type { OrdersReader } from './orders-slice.ts';
import { type OrderRequests, type Request, requestFact } from './request.ts';
import { type Errand, orderFact, type Requests } from './requests.ts';

/** An instrument where only what closes may be sent, and why; the system goes on. */
export interface InstrumentHalt {
  readonly instrument: Instrument;
  readonly reason: string;
}

export type ReportReason =
  | StepReason
  | 'not_found' // a word, but no money, about an order nobody knows
  | 'adopted' // a fill of an order somebody else has placed
  | 'stray' // a fill that cannot be kept: of which order was not said, or there is no room
  | 'malformed_id';

/**
 * Commit `facts`; where `isFill`, then the fact of the fill that accounts decides on for `order`;
 * then `afterFill`. In this order, so that a journal cut anywhere holds a state that is whole.
 */
export interface ReportDecision {
  readonly kind: 'changed' | 'ignored' | 'anomaly';
  readonly reason: ReportReason;
  readonly before: Order | null;
  readonly order: Order | null; // afterwards
  readonly facts: readonly OrderFact[];
  readonly isFill: boolean;
  readonly afterFill: readonly OrderFact[];
  readonly halt: InstrumentHalt | null;
  readonly errands: readonly Errand[];
}

export interface OrderRoom {
  onReport(report: OrderReport, nowUs: EpochUs): ReportDecision;
}

export interface OrderRoomSetup {
  readonly orders: OrdersReader;
  readonly requests: Pick<Requests, 'ask'>;
  /** Whether an earlier engine may have sent this id and lost its record (run-slice.ts). */
  readonly mayBeUnrecorded: (orderId: string) => boolean;
}

export function createOrderRoom(setup: OrderRoomSetup): OrderRoom {
  return {
    onReport(report, nowUs) {
      const order = setup.orders.get(report.orderId);
      if (report.kind !== 'fill') return onWord(setup, order, report, nowUs);
      if (!isId(report.fillId)) return anomaly(setup, order, 'malformed_id', nowUs);
      return order === null
        ? onStrangeFill(setup, report)
        : onKnownFill(setup, order, report, nowUs);
    },
  };
}

// Visible ASCII, a byte a character in a checkpoint: no quote, no backslash.
const ID = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/;
const isId = (id: string): boolean => ID.test(id);

type FillReport = Extract<OrderReport, { kind: 'fill' }>;
type Word = Exclude<OrderReport, FillReport>;

const NOTHING = {
  facts: [],
  isFill: false,
  afterFill: [],
  halt: null,
  errands: [],
} as const;

// ---- Words ------------------------------------------------------------------------------------

function onWord(
  setup: OrderRoomSetup,
  before: Order | null,
  report: Word,
  nowUs: EpochUs,
): ReportDecision {
  if (before === null) {
    return { ...NOTHING, kind: 'ignored', reason: 'not_found', before, order: null };
  }
  const { order, change, reason } = next(before, report);
  if (change === 'anomaly') return anomaly(setup, before, reason, nowUs);
  const answers = answersTo(before, order, setup.orders.requestsOf(before.id), report);
  const facts = change === 'changed' ? [...answers, orderFact(order)] : answers;
  // A cancel that was refused may have found nothing there: the venue has to say what is.
  const isRefused = report.kind === 'refused' && answers.length > 0;
  const errands = isRefused ? asked(setup, order, nowUs) : [];
  const kind = facts.length > 0 ? 'changed' : 'ignored';
  return { ...NOTHING, kind, reason, before, order, facts, errands };
}

/** The requests that `report` answers. The facts come before that of the order. */
function answersTo(
  before: Order,
  after: Order,
  requests: OrderRequests,
  report: OrderReport,
): readonly OrderFact[] {
  const facts: OrderFact[] = [];
  const { new: placed, cancel, amend } = requests;
  const answer = (request: Request, isDone: boolean, reason = request.reason): void => {
    const state = isDone ? 'answered' : 'refused';
    facts.push(requestFact(before, { ...request, reason: clip(reason) }, state));
  };
  if (report.kind === 'refused') {
    const request = requests[report.request];
    if (request !== null && !isTerminal(before)) answer(request, false, report.reason);
    return facts;
  }
  if (report.kind === 'unclear') return facts;
  if (placed !== null) answer(placed, after.state !== 'rejected', after.reason || placed.reason);
  if (isTerminal(after)) {
    if (cancel !== null) answer(cancel, true);
    if (amend !== null) answer(amend, false, `the order is ${after.state}`);
    return facts;
  }
  const isTaken = amend === null ? null : isAmendTaken(before, amend, report);
  if (amend !== null && isTaken === true) answer(amend, true);
  if (amend !== null && isTaken === false) answer(amend, false, 'other terms stand');
  return facts;
}

/**
 * What a word says of an open amend; null: nothing. Other terms than it asked for mean that it was
 * not taken, unless it may still be on its way: a question may have overtaken it.
 */
function isAmendTaken(
  { limitPrice }: Order,
  { state, change }: Request,
  report: OrderReport,
): boolean | null {
  if (report.kind === 'accepted') return state === 'given_up' ? false : null;
  if (report.kind !== 'amended' || change === null) return null;
  if (report.qty === change.qty && (report.price ?? limitPrice) === change.price) return true;
  return state === 'sent' ? null : false;
}

const asked = ({ requests }: OrderRoomSetup, order: Order, nowUs: EpochUs): readonly Errand[] => {
  const errand = requests.ask(order, nowUs);
  return errand === null ? [] : [errand];
};

/** We and the venue disagree about `order`: its instrument stops, and the venue is asked. */
function anomaly(
  setup: OrderRoomSetup,
  order: Order | null,
  reason: ReportReason,
  nowUs: EpochUs,
): ReportDecision {
  if (order === null) return { ...NOTHING, kind: 'anomaly', reason, before: null, order };
  const { instrument, id } = order;
  const halt = { instrument, reason: `order ${id}: ${reason.replaceAll('_', ' ')}` };
  const errands = asked(setup, order, nowUs);
  return { ...NOTHING, kind: 'anomaly', reason, before: order, order, halt, errands };
}

// ---- Fills ------------------------------------------------------------------------------------

function onKnownFill(
  setup: OrderRoomSetup,
  before: Order,
  report: FillReport,
  nowUs: EpochUs,
): ReportDecision {
  const { orders } = setup;
  if (orders.hasFill(before.instrument, report.fillId)) {
    return { ...NOTHING, kind: 'ignored', reason: 'duplicate_fill', before, order: before };
  }
  const requests = orders.requestsOf(before.id);
  const grown = amendedBy(before, report, requests);
  const step = next(grown?.order ?? before, report);
  if (step.change === 'anomaly') return anomaly(setup, before, step.reason, nowUs);
  const left = grown === null ? requests : { ...requests, amend: null };
  const order = step.order;
  const afterFill = [...answersTo(before, order, left, report), orderFact(order)];
  const facts = grown?.facts ?? [];
  const rest = { before, order, facts, isFill: true, afterFill };
  return { ...NOTHING, kind: 'changed', reason: step.reason, ...rest };
}

/** More than was ordered, but within an amend on its way: the fill says that it was taken. */
function amendedBy(
  before: Order,
  report: FillReport,
  { amend }: OrderRequests,
): { readonly order: Order; readonly facts: readonly OrderFact[] } | null {
  const change = amend?.change ?? null;
  if (amend === null || change === null) return null;
  const filled = before.filledQty + report.qty;
  if (!(filled > before.qty && filled <= change.qty)) return null;
  const { orderId, timeUs } = report;
  const { order } = next(before, { kind: 'amended', orderId, ...change, timeUs });
  return { order, facts: [requestFact(before, amend, 'answered'), orderFact(order)] };
}

/** Money moved on an order nobody here knows: it is adopted, and its venue asked about it. */
function onStrangeFill(setup: OrderRoomSetup, report: FillReport): ReportDecision {
  const told = report.order;
  const isStray = told === undefined || !isAdoptable(told) || told.orderId !== report.orderId;
  if (isStray || !setup.orders.hasRoom()) {
    const halt = told === undefined ? null : haltOf(told.instrument, report.orderId, 'no room');
    return { ...NOTHING, kind: 'anomaly', reason: 'stray', before: null, order: null, halt };
  }
  const { instrument } = told;
  if (setup.orders.hasFill(instrument, report.fillId)) {
    const reason = 'duplicate_fill';
    return { ...NOTHING, kind: 'ignored', reason, before: null, order: null };
  }
  const before = adoptedOrder(told, 'unknown', setup.mayBeUnrecorded);
  const { order, change, reason } = next(before, report);
  const halt = haltOf(instrument, before.id, reasonOf(before));
  if (change === 'anomaly') {
    return { ...NOTHING, kind: 'anomaly', reason, before: null, order: null, halt };
  }
  const errand: Errand = { action: { kind: 'query', order }, facts: [], otherwise: [] };
  return {
    kind: 'changed',
    reason: 'adopted',
    before: null,
    order,
    facts: [orderFact(before)],
    isFill: true,
    afterFill: [orderFact(order)],
    halt,
    errands: [errand],
  };
}

// ---- Orders of others -------------------------------------------------------------------------

export const SENT_BEFORE_CRASH = 'sent before the crash, its verdict was not written';
export const PLACED_OUTSIDE = 'placed at the venue by somebody else';
export const LIQUIDATED =
  'the venue liquidated, collateral was below maintenance margin: add some or reduce, then resume';

// What a venue does to contracts by itself, by how its order ids begin (Binance, user data streams:
// order update).
const DONE_BY_VENUE = [
  ['autoclose-', LIQUIDATED],
  ['adl_autoclose', 'the venue closed it against a liquidation (ADL): look, then resume'],
  ['settlement_autoclose-', 'the venue settled a contract that ended: look, then resume'],
] as const;

export const reasonOf = ({ origin, reason }: Order): string =>
  origin.kind === 'external' ? origin.reason : reason;

export const haltOf = (instrument: Instrument, id: string, reason: string): InstrumentHalt => ({
  instrument,
  reason: clip(`order ${id}: ${reason}`),
});

/** Whole numbers, a side and an id that a record can hold. */
export const isAdoptable = ({ orderId, side, qty, price }: VenueOrder): boolean =>
  isId(orderId) &&
  (side === 'buy' || side === 'sell') &&
  Number.isSafeInteger(qty) &&
  qty > 0 &&
  (price === null || (Number.isSafeInteger(price) && price > 0));

/**
 * The order as it is kept from here on, nothing of it filled: fills count as they are told, each
 * with its id, so none is booked twice; until then all of it counts as open, which is the worst.
 */
export function adoptedOrder(
  told: VenueOrder,
  state: 'open' | 'unknown',
  mayBeUnrecorded: (orderId: string) => boolean,
): Order {
  const { orderId: id, instrument, account, side, type, qty, price, timeUs } = told;
  const reason = mayBeUnrecorded(id) ? SENT_BEFORE_CRASH : doneOutside(told);
  return {
    id,
    instrument,
    account,
    strategy: MANUAL,
    parentId: null,
    side,
    type,
    qty,
    price: type === 'market' ? null : price,
    limitPrice: price,
    timeInForce: 'GTC',
    postOnly: false,
    reduceOnly: false,
    origin: { kind: 'external', reason },
    state,
    cancelRequested: false,
    filledQty: asQty(0),
    filledValue: 0n,
    reason: state === 'unknown' ? reason : '',
    arrivalMid: 0,
    createdUs: timeUs,
    updatedUs: timeUs,
  };
}

function doneOutside({ instrument, orderId }: VenueOrder): string {
  if (instrument.kind === 'spot') return PLACED_OUTSIDE;
  return DONE_BY_VENUE.find(([start]) => orderId.startsWith(start))?.[1] ?? PLACED_OUTSIDE;
}

// Owns the order state machine: what each word of a venue does to an order in each state.
// Promise: total and pure; filled <= quantity always; money that moved is never ignored silently.
import { assertNever } from '../core/assert.ts';
import type { OrderReport } from '../core/event.ts';
import {
  isTerminal,
  type Order,
  type OrderChange,
  type OrderIntent,
  type OrderState,
} from '../core/order.ts';
import { asEpochUs, asQty, type EpochUs, type Price, type Qty } from '../core/units.ts';
import { fillValue } from './order-value.ts';

/** Closed set of reasons, for counters and the journal. */
export type StepReason =
  | 'accepted'
  | 'filled'
  | 'partially_filled'
  | 'late_fill' // after the end: booked, the order stays ended
  | 'amended'
  | 'ended'
  | 'unclear'
  | 'refused' // a cancel or an amend: the order is as it was
  | 'already_known' // repeats what we know
  | 'already_ended'
  | 'duplicate_fill'
  | 'overfill' // anomaly: more than was ordered
  | 'malformed_fill' // anomaly: not a positive whole quantity or price
  | 'malformed_amend'; // anomaly: less than is filled, or no whole numbers

export interface Step {
  readonly order: Order;
  /** anomaly: the order is as it was, the venue and we disagree: stop and reconcile. */
  readonly change: 'changed' | 'ignored' | 'anomaly';
  readonly reason: StepReason;
}

/** What an order is told to its venue as. */
export interface Sent {
  readonly id: string;
  readonly limitPrice: Price | null;
  readonly arrivalMid: number; // real mid at the decision, for slippage; NaN: there was none
  readonly nowUs: EpochUs;
}

/** The order an approved intent becomes. */
export function createOrder(intent: OrderIntent, sent: Sent): Order {
  const { id, limitPrice, arrivalMid, nowUs } = sent;
  const { instrument, account, strategy, parentId, side, type, qty, price } = intent;
  return {
    id,
    instrument,
    account,
    strategy,
    parentId,
    side,
    type,
    qty,
    price,
    limitPrice,
    timeInForce: intent.timeInForce,
    postOnly: intent.postOnly,
    reduceOnly: intent.reduceOnly,
    origin: intent.origin,
    state: 'created',
    cancelRequested: false,
    filledQty: asQty(0),
    filledValue: 0n,
    reason: '',
    arrivalMid: Number.isFinite(arrivalMid) ? arrivalMid : 0,
    createdUs: intent.createdUs,
    updatedUs: nowUs,
  };
}

/** created -> sent; any other state is left alone (the venue was faster). */
export const markSent = (order: Order, nowUs: EpochUs): Order =>
  order.state === 'created' ? { ...order, state: 'sent', updatedUs: nowUs } : order;

/** What is still open at the venue, steps; 0 once ended. Unknown orders count as open. */
export const openQty = (order: Order): number =>
  isTerminal(order) ? 0 : order.qty - order.filledQty;

/**
 * The next state. Rules that are not obvious:
 * - a fill before the acknowledgement opens the order; the late acknowledgement is ignored;
 * - `unclear` makes any living order unknown; the next clear word resolves it;
 * - a cancel that lost the race against the last fill is ignored (filled is final);
 * - a fill after the end is money that moved: filled quantity grows and the caller books it, but
 *   the state stays final (`late_fill`), so callers can count and reconcile it;
 * - `rejected` after fills is told as cancelled: part of it was accepted once;
 * - an overfill is not taken: the caller stops the instrument and asks the venue. An order from
 *   outside grows instead: what somebody else has ordered is known only as far as it is told;
 * - `amended` down to what is filled fills the order; the venue's word replaces size and price.
 * Duplicate fill ids are the slice's business: an order does not carry its fills.
 */
export function next(order: Order, report: OrderReport): Step {
  switch (report.kind) {
    case 'accepted':
      return onAccepted(order, report.timeUs);
    case 'fill':
      return onFill(order, report.price, report.qty, report.timeUs);
    case 'amended':
      return onAmended(order, report, report.timeUs);
    case 'refused':
      return ignore(order, 'refused');
    case 'ended':
      return onEnded(order, report);
    case 'unclear':
      return onUnclear(order, report.reason, report.timeUs);
    default:
      return assertNever(report);
  }
}

function onAccepted(order: Order, timeUs: EpochUs): Step {
  if (isTerminal(order)) return ignore(order, 'already_ended');
  const state = livingState(order);
  return order.state === state
    ? ignore(order, 'already_known')
    : change(order, { state, updatedUs: later(order, timeUs) }, 'accepted');
}

const livingState = (order: Order): OrderState =>
  order.filledQty > 0 ? 'partially_filled' : 'open';

/** What a fill does; the fold of a fill's fact and the room that decides about it ask here. */
export function onFill(order: Order, price: Price, qty: Qty, timeUs: EpochUs): Step {
  const filled = order.filledQty + qty;
  if (!isSteps(qty) || !isSteps(price) || !isSteps(filled)) {
    return { order, change: 'anomaly', reason: 'malformed_fill' };
  }
  const grows = order.origin.kind === 'external' && filled > order.qty;
  if (filled > order.qty && !grows) return { order, change: 'anomaly', reason: 'overfill' };
  const booked = {
    qty: grows ? asQty(filled) : order.qty,
    filledQty: asQty(filled),
    filledValue: order.filledValue + fillValue(order.instrument, price, qty),
    updatedUs: later(order, timeUs),
  };
  if (isTerminal(order)) return change(order, booked, 'late_fill');
  if (isGrowing(order)) return change(order, booked, 'partially_filled');
  const state = filled === booked.qty ? 'filled' : 'partially_filled';
  return change(order, { ...booked, state }, state);
}

/** An order from outside of which only fills are known: its venue has to say when it is over. */
const isGrowing = ({ origin, state }: Order): boolean =>
  origin.kind === 'external' && state === 'unknown';

function onAmended(order: Order, { qty, price }: OrderChange, timeUs: EpochUs): Step {
  if (isTerminal(order)) return ignore(order, 'already_ended');
  const isPriced = price === null ? order.type === 'market' : isSteps(price);
  if (!isSteps(qty) || !isPriced || qty < order.filledQty) {
    return { order, change: 'anomaly', reason: 'malformed_amend' };
  }
  const state = qty === order.filledQty ? 'filled' : livingState(order);
  const told = price ?? order.limitPrice;
  if (qty === order.qty && told === order.limitPrice && state === order.state) {
    return ignore(order, 'already_known');
  }
  const asked = order.type === 'limit' ? told : order.price;
  const updatedUs = later(order, timeUs);
  return change(order, { qty, price: asked, limitPrice: told, state, updatedUs }, 'amended');
}

const isSteps = (steps: number): boolean => Number.isSafeInteger(steps) && steps > 0;

function onEnded(order: Order, report: Extract<OrderReport, { kind: 'ended' }>): Step {
  if (isTerminal(order)) return ignore(order, 'already_ended');
  const state: OrderState =
    report.state === 'rejected' && order.filledQty > 0 ? 'cancelled' : report.state;
  const updatedUs = later(order, report.timeUs);
  return change(order, { state, reason: clip(report.reason), updatedUs }, 'ended');
}

function onUnclear(order: Order, reason: string, timeUs: EpochUs): Step {
  if (isTerminal(order)) return ignore(order, 'already_ended');
  if (order.state === 'unknown') return ignore(order, 'already_known');
  const updatedUs = later(order, timeUs);
  return change(order, { state: 'unknown', reason: clip(reason), updatedUs }, 'unclear');
}

/** Venue clocks may lag ours: an order never gets younger. A time that is none changes nothing. */
const later = (order: Order, timeUs: EpochUs): EpochUs =>
  timeUs > order.updatedUs ? asEpochUs(timeUs) : order.updatedUs;

function change(order: Order, parts: Partial<Order>, reason: StepReason): Step {
  // The reason of an unknown order is forgotten once it is known again.
  const isKnown = order.state === 'unknown' && parts.state !== undefined;
  const reset = isKnown && parts.reason === undefined ? { reason: '' } : {};
  return { order: { ...order, ...reset, ...parts }, change: 'changed', reason };
}

const ignore = (order: Order, reason: StepReason): Step => ({ order, change: 'ignored', reason });

/** Characters kept of what a venue or a person says; a checkpoint has a largest size. */
export const REASON_CHARS_MAX = 160;

/** Bounded, and a byte a character in JSON: what is no visible ASCII becomes '?'. */
export const clip = (reason: string): string =>
  reason
    .slice(0, REASON_CHARS_MAX)
    .replaceAll('"', "'")
    .replace(/[^\x20-\x5b\x5d-\x7e]/g, '?');

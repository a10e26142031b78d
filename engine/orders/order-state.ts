// Owns the order state machine: what each word of a venue does to an order in each state.
// Promise: total and pure; filled <= quantity always; money that moved is never ignored silently.
import { assertNever } from '../core/assert.ts';
import type { OrderReport } from '../core/event.ts';
import { isTerminal, type Order, type OrderIntent, type OrderState } from '../core/order.ts';
import { asEpochUs, asQty, type EpochUs } from '../core/units.ts';

/** Closed set of reasons, for counters and the journal. */
export type StepReason =
  | 'accepted'
  | 'filled'
  | 'partially_filled'
  | 'late_fill' // after the end: booked, the order stays ended
  | 'ended'
  | 'unclear'
  | 'already_known' // repeats what we know
  | 'already_ended'
  | 'duplicate_fill'
  | 'overfill' // anomaly: more than was ordered
  | 'malformed_fill'; // anomaly: not a positive whole quantity or price

export interface Step {
  readonly order: Order;
  /** anomaly: the order is as it was, the venue and we disagree: stop and reconcile. */
  readonly change: 'changed' | 'ignored' | 'anomaly';
  readonly reason: StepReason;
}

/** The order an approved intent becomes. `arrivalMid`: real mid at the decision, for slippage. */
export function createOrder(
  intent: OrderIntent,
  id: string,
  arrivalMid: number,
  nowUs: EpochUs,
): Order {
  const { instrument, account, strategy, side, type, qty, price } = intent;
  return {
    id,
    instrument,
    account,
    strategy,
    side,
    type,
    qty,
    price,
    timeInForce: intent.timeInForce,
    postOnly: intent.postOnly,
    reduceOnly: intent.reduceOnly,
    origin: intent.origin,
    state: 'created',
    cancelRequested: false,
    filledQty: asQty(0),
    filledValue: 0,
    reason: '',
    arrivalMid,
    createdUs: intent.createdUs,
    updatedUs: nowUs,
  };
}

/** created -> sent; any other state is left alone (the venue was faster). */
export const markSent = (order: Order, nowUs: EpochUs): Order =>
  order.state === 'created' ? { ...order, state: 'sent', updatedUs: nowUs } : order;

/** Remembers that a cancel is on its way, so that it is asked once. */
export const requestCancel = (order: Order, nowUs: EpochUs): Order =>
  isTerminal(order) || order.cancelRequested
    ? order
    : { ...order, cancelRequested: true, updatedUs: nowUs };

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
 * - an overfill is not taken: the caller must halt and ask the venue.
 * Duplicate fill ids are the store's business (orders.ts): an order does not carry its fills.
 */
export function next(order: Order, report: OrderReport): Step {
  switch (report.kind) {
    case 'accepted':
      return onAccepted(order, report.timeUs);
    case 'fill':
      return onFill(order, report);
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
  const state = order.filledQty > 0 ? 'partially_filled' : 'open';
  return order.state === state
    ? ignore(order, 'already_known')
    : change(order, { state, updatedUs: later(order, timeUs) }, 'accepted');
}

function onFill(order: Order, report: Extract<OrderReport, { kind: 'fill' }>): Step {
  const isWhole = Number.isSafeInteger(report.qty) && report.qty > 0;
  const isPriced = Number.isSafeInteger(report.price) && report.price > 0;
  if (!isWhole || !isPriced) return { order, change: 'anomaly', reason: 'malformed_fill' };
  const filled = order.filledQty + report.qty;
  if (filled > order.qty) return { order, change: 'anomaly', reason: 'overfill' };
  const booked = {
    filledQty: asQty(filled),
    filledValue: order.filledValue + report.price * report.qty,
    updatedUs: later(order, report.timeUs),
  };
  if (isTerminal(order)) return change(order, booked, 'late_fill');
  const state = filled === order.qty ? 'filled' : 'partially_filled';
  return change(order, { ...booked, state }, state);
}

function onEnded(order: Order, report: Extract<OrderReport, { kind: 'ended' }>): Step {
  if (isTerminal(order)) return ignore(order, 'already_ended');
  const state: OrderState =
    report.state === 'rejected' && order.filledQty > 0 ? 'cancelled' : report.state;
  const updatedUs = later(order, report.timeUs);
  return change(order, { state, reason: report.reason, updatedUs }, 'ended');
}

function onUnclear(order: Order, reason: string, timeUs: EpochUs): Step {
  if (isTerminal(order)) return ignore(order, 'already_ended');
  if (order.state === 'unknown') return ignore(order, 'already_known');
  return change(order, { state: 'unknown', reason, updatedUs: later(order, timeUs) }, 'unclear');
}

/** Venue clocks may lag ours: an order never gets younger. */
const later = (order: Order, timeUs: EpochUs): EpochUs =>
  asEpochUs(Math.max(order.updatedUs, timeUs));

function change(order: Order, parts: Partial<Order>, reason: StepReason): Step {
  // The reason of an unknown order is forgotten once it is known again.
  const reset = order.state === 'unknown' && parts.reason === undefined ? { reason: '' } : {};
  return { order: { ...order, ...reset, ...parts }, change: 'changed', reason };
}

const ignore = (order: Order, reason: StepReason): Step => ({ order, change: 'ignored', reason });

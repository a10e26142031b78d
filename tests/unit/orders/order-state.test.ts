// Owns the transition table of the order state machine: every state against every report.
// Promise: the table below is written by hand, not derived from the code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderReport } from '../../../engine/core/event.ts';
import type { Order, OrderState } from '../../../engine/core/order.ts';
import { asQty } from '../../../engine/core/units.ts';
import { markSent, next, openQty, requestCancel } from '../../../engine/orders/order-state.ts';
import { at, fillOf, orderOf } from '../../trading-fixture.ts';

const accepted: OrderReport = { kind: 'accepted', orderId: 'c1', timeUs: at(5) };
const unclear: OrderReport = { kind: 'unclear', orderId: 'c1', reason: 'time-out', timeUs: at(5) };
const ended = (state: 'cancelled' | 'rejected' | 'expired'): OrderReport => ({
  kind: 'ended',
  orderId: 'c1',
  state,
  reason: 'because',
  timeUs: at(5),
});

/** An order of 10 in a state; partially filled means 4. */
function orderIn(state: OrderState): Order {
  const filled = state === 'filled' ? 10 : state === 'partially_filled' ? 4 : 0;
  return { ...orderOf(), state, filledQty: asQty(filled), filledValue: filled * 10_000 };
}

const REPORTS: Record<string, OrderReport> = {
  accepted,
  part: fillOf(10_000, 3),
  rest: fillOf(10_000, 6),
  all: fillOf(10_000, 10),
  cancelled: ended('cancelled'),
  rejected: ended('rejected'),
  expired: ended('expired'),
  unclear,
};

// Per state: the next state for each report above, in that order; '-' ignored, '!' anomaly,
// '+' a late fill that is booked although the order has ended.
const TABLE: Record<OrderState, string> = {
  created: 'open partially_filled partially_filled filled cancelled rejected expired unknown',
  sent: 'open partially_filled partially_filled filled cancelled rejected expired unknown',
  open: '- partially_filled partially_filled filled cancelled rejected expired unknown',
  partially_filled: '- partially_filled filled ! cancelled cancelled expired unknown',
  filled: '- ! ! ! - - - -',
  cancelled: '- + + + - - - -',
  rejected: '- + + + - - - -',
  expired: '- + + + - - - -',
  unknown: 'open partially_filled partially_filled filled cancelled rejected expired -',
};

for (const [state, row] of Object.entries(TABLE)) {
  test(`order-state: every report to a ${state} order does what the table says`, () => {
    const order = orderIn(state as OrderState);
    for (const [k, expected] of row.split(' ').entries()) {
      const [name, report] = Object.entries(REPORTS)[k]!;
      const step = next(order, report);
      const seen =
        step.change === 'ignored'
          ? '-'
          : step.change === 'anomaly'
            ? '!'
            : step.reason === 'late_fill'
              ? '+'
              : step.order.state;
      assert.equal(seen, expected, `${state} + ${name}`);
      if (step.change !== 'changed') assert.equal(step.order, order);
      assert.ok(step.order.filledQty <= step.order.qty);
    }
  });
}

test('order-state: a late fill grows the filled quantity and leaves the state final', () => {
  const { order, reason } = next(orderIn('cancelled'), fillOf(10_000, 10));
  assert.equal(reason, 'late_fill');
  assert.equal(order.state, 'cancelled');
  assert.equal(order.filledQty, 10);
  assert.equal(openQty(order), 0);
});

test('order-state: a fill before the acknowledgement opens, which is then ignored', () => {
  const filled = next(orderIn('sent'), fillOf(10_100, 4)).order;
  assert.equal(filled.state, 'partially_filled');
  assert.equal(filled.filledValue, 40_400);
  assert.equal(next(filled, accepted).change, 'ignored');
});

test('order-state: an unknown order keeps its fills and forgets its reason when found', () => {
  const lost = next(orderIn('partially_filled'), unclear).order;
  assert.equal(lost.state, 'unknown');
  assert.equal(lost.reason, 'time-out');
  assert.equal(openQty(lost), 6);
  const found = next(lost, accepted).order;
  assert.equal(found.state, 'partially_filled');
  assert.equal(found.reason, '');
});

test('order-state: an overfill and a fill of nothing are anomalies', () => {
  assert.equal(next(orderIn('open'), fillOf(10_000, 11)).reason, 'overfill');
  for (const qty of [0, -1, 0.5, Number.NaN]) {
    assert.equal(next(orderIn('open'), fillOf(10_000, qty)).reason, 'malformed_fill');
  }
  assert.equal(next(orderIn('open'), fillOf(0, 1)).reason, 'malformed_fill');
});

test('order-state: a venue clock behind ours does not make an order younger', () => {
  const order = { ...orderIn('open'), updatedUs: at(100) };
  assert.equal(next(order, fillOf(10_000, 1, { timeUs: at(50) })).order.updatedUs, 100);
});

test('order-state: sending and asking to cancel happen once', () => {
  const sent = markSent(orderIn('created'), at(9));
  assert.equal(sent.state, 'sent');
  assert.equal(markSent(orderIn('open'), at(9)).state, 'open');
  const asked = requestCancel(orderIn('open'), at(9));
  assert.ok(asked.cancelRequested);
  assert.equal(requestCancel(asked, at(10)), asked);
  const done = orderIn('filled');
  assert.equal(requestCancel(done, at(9)), done);
});

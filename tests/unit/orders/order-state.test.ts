// Owns the transition table of the order state machine: every state against every report.
// Promise: the table below is written by hand, not derived from the code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderReport } from '../../../engine/core/event.ts';
import type { Order, OrderState } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  clip,
  markSent,
  next,
  openQty,
  REASON_CHARS_MAX,
} from '../../../engine/orders/order-state.ts';
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
  return { ...orderOf(), state, filledQty: asQty(filled), filledValue: BigInt(filled) * 10_000n };
}

const amended = (qty: number, price: number | null = 9000): OrderReport => ({
  kind: 'amended',
  orderId: 'c1',
  qty: asQty(qty),
  price: price === null ? null : asPrice(price),
  timeUs: at(5),
});
const refused: OrderReport = {
  kind: 'refused',
  orderId: 'c1',
  request: 'cancel',
  reason: 'too late',
  timeUs: at(5),
};

const REPORTS: Record<string, OrderReport> = {
  accepted,
  part: fillOf(10_000, 3),
  rest: fillOf(10_000, 6),
  all: fillOf(10_000, 10),
  cancelled: ended('cancelled'),
  rejected: ended('rejected'),
  expired: ended('expired'),
  unclear,
  smaller: amended(8),
  down: amended(4),
  below: amended(3),
  refused,
};

// Per state: the next state for each report above, in that order; '-' ignored, '!' anomaly,
// '+' a late fill that is booked although the order has ended.
const TABLE: Record<OrderState, readonly [reports: string, amends: string]> = {
  created: [
    'open partially_filled partially_filled filled cancelled rejected expired unknown',
    'open open open -',
  ],
  sent: [
    'open partially_filled partially_filled filled cancelled rejected expired unknown',
    'open open open -',
  ],
  open: [
    '- partially_filled partially_filled filled cancelled rejected expired unknown',
    'open open open -',
  ],
  partially_filled: [
    '- partially_filled filled ! cancelled cancelled expired unknown',
    'partially_filled filled ! -',
  ],
  filled: ['- ! ! ! - - - -', '- - - -'],
  cancelled: ['- + + + - - - -', '- - - -'],
  rejected: ['- + + + - - - -', '- - - -'],
  expired: ['- + + + - - - -', '- - - -'],
  unknown: [
    'open partially_filled partially_filled filled cancelled rejected expired -',
    'open open open -',
  ],
};

for (const [state, row] of Object.entries(TABLE)) {
  test(`order-state: every report to a ${state} order does what the table says`, () => {
    const order = orderIn(state as OrderState);
    for (const [k, expected] of row.join(' ').split(' ').entries()) {
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
  assert.equal(filled.filledValue, 40_400n);
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

test('order-state: an order is sent once, and a faster word of its venue stands', () => {
  const sent = markSent(orderIn('created'), at(9));
  assert.equal(sent.state, 'sent');
  assert.equal(markSent(orderIn('open'), at(9)).state, 'open');
});

test('order-state: an amend takes size and price, and nothing that is no number', () => {
  const { order } = next(orderIn('open'), amended(7, 9010));
  assert.deepEqual([order.qty, order.price, order.limitPrice], [7, 9010, 9010]);
  assert.equal(next(order, amended(7, 9010)).reason, 'already_known');
  for (const qty of [0, -1, 2.5, Number.NaN]) {
    assert.equal(next(orderIn('open'), amended(qty)).reason, 'malformed_amend');
  }
  for (const price of [0, -1, Number.NaN, null]) {
    assert.equal(next(orderIn('open'), amended(8, price)).reason, 'malformed_amend');
  }
});

test('order-state: an order from outside grows with its fills and ends by word alone', () => {
  const origin = { kind: 'external', reason: 'elsewhere' } as const;
  const order = { ...orderIn('unknown'), origin };
  const whole = next(order, fillOf(10_000, 10)).order;
  assert.equal(whole.state, 'unknown');
  const more = next(whole, fillOf(10_000, 5)).order;
  assert.deepEqual([more.qty, more.filledQty, more.state], [15, 15, 'unknown']);
  assert.equal(next(more, amended(15, 10_000)).order.state, 'filled');
  assert.equal(next(more, amended(20, 10_000)).order.state, 'partially_filled');
});

test('order-state: a reason is kept to its bound, and without what breaks a line', () => {
  assert.equal(clip('a "b"\n\\ü'), "a 'b'???");
  assert.equal(clip('x'.repeat(1000)).length, REASON_CHARS_MAX);
});

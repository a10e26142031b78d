// Owns the tests of requests in flight: time-outs, attempts, questions, and who asked for them.
// Promise: time is what the test says it is; below, at and above each time-out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderReport } from '../../../engine/core/event.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { createRequests, REQUEST_TIMINGS } from '../../../engine/orders/requests.ts';
import { ANNA, createOrdersDesk, createSlice, openNet, restart } from '../../orders-fixture.ts';
import { at, fillOf } from '../../trading-fixture.ts';

const MS = 1000;
const accepted = (orderId: string) => ({ kind: 'accepted', orderId, timeUs: at(1) }) as const;
const ended = (orderId: string, state: 'cancelled' | 'rejected' = 'cancelled') =>
  ({ kind: 'ended', orderId, state, reason: 'told', timeUs: at(1) }) as const;

function openDesk() {
  const desk = createOrdersDesk();
  desk.submit({}, 'c1');
  desk.hear(accepted('c1'));
  desk.sent.length = 0;
  return desk;
}

test('requests: a new order is sent, answered and recorded with who asked for it', () => {
  const desk = openDesk();
  assert.deepEqual(desk.requestLines(), ['new sent 1 by test', 'new answered 1 by test']);
  assert.equal(desk.slice.requestsOf('c1').new, null);
});

test('requests: a new order without an answer is asked about, unknown, and asked again', () => {
  const desk = createOrdersDesk();
  desk.submit({}, 'c1');
  desk.advance(2000 * MS - 1);
  assert.deepEqual(desk.sent, ['new c1']);
  desk.advance(1);
  assert.equal(desk.slice.get('c1')?.state, 'unknown');
  assert.equal(desk.slice.get('c1')?.reason, 'no answer for 2 s');
  desk.advance(0);
  assert.deepEqual(desk.sent, ['new c1', 'query c1']);
  desk.advance(4999 * MS);
  assert.equal(desk.sent.length, 2);
  desk.advance(1 * MS);
  assert.equal(desk.sent.length, 3);
  desk.advance(30_000 * MS);
  const lines = ['new sent 1 by test', 'new timed_out 1 by test', 'new given_up 1 by test'];
  assert.deepEqual(desk.requestLines(), lines);
  desk.advance(5000 * MS);
  assert.deepEqual(
    desk.sent.at(-1),
    'query c1',
    'the order is asked about for as long as it lives',
  );
  desk.hear(ended('c1', 'rejected'));
  const asked = desk.sent.length;
  desk.advance(60_000 * MS);
  assert.equal(desk.sent.length, asked);
});

// S5: 120 s without an answer, and one cancel was all that was ever sent.
test('requests: a lost cancel is sent again, twice as late each time, then asked about', () => {
  const desk = openDesk();
  desk.cancel('c1');
  for (const waitMs of [500, 1000, 2000, 4000]) {
    const before = desk.sent.length;
    desk.advance(waitMs * MS - 1);
    assert.equal(desk.sent.length, before, `nothing before ${waitMs} ms`);
    desk.advance(1);
    assert.equal(desk.sent.length, before + 1, `sent again after ${waitMs} ms`);
  }
  assert.deepEqual(desk.sent, Array(5).fill('cancel c1'));
  desk.advance(8000 * MS);
  assert.equal(desk.slice.get('c1')?.state, 'unknown');
  desk.advance(0);
  assert.equal(desk.sent.at(-1), 'query c1');
  const attempts = [1, 2, 3, 4, 5].map((k) => `cancel sent ${k} by anna`);
  assert.deepEqual(desk.requestLines().slice(2), [...attempts, 'cancel given_up 5 by anna']);
  assert.equal(desk.facts('request').at(-1)?.reason, ANNA.reason);
});

test('requests: the wish to cancel outlives a venue that was silent, and a restart', () => {
  const desk = openDesk();
  desk.cancel('c1');
  for (let k = 0; k < 60; k += 1) desk.advance(500 * MS);
  assert.equal(desk.slice.requestsOf('c1').cancel?.state, 'given_up');
  desk.hear(accepted('c1'));
  desk.advance(0);
  assert.equal(desk.sent.at(-1), 'cancel c1');
  assert.equal(desk.slice.requestsOf('c1').cancel?.attempt, 1);
  const next = restart(desk);
  next.advance(0);
  assert.deepEqual(next.sent, ['query c1'], 'asked about first: nobody knows what became of it');
  next.hear(accepted('c1'));
  next.advance(0);
  assert.deepEqual(next.sent, ['query c1', 'cancel c1']);
  assert.equal(next.requestLines().at(-1), 'cancel sent 1 by anna');
  next.hear(ended('c1'));
  assert.equal(next.requestLines().at(-1), 'cancel answered 1 by anna');
  next.advance(60_000 * MS);
  assert.equal(next.sent.length, 2);
});

test('requests: the same asker waits for the room, another asker is heard at once', () => {
  const desk = openDesk();
  desk.cancel('c1');
  desk.cancel('c1');
  assert.equal(desk.sent.length, 1);
  desk.cancel('c1', { by: 'kill', reason: 'kill by bert' });
  assert.equal(desk.sent.length, 2);
  assert.equal(desk.requestLines().at(-1), 'cancel sent 1 by kill');
  assert.ok(desk.slice.get('c1')?.cancelRequested);
});

test('requests: a cancel that cannot leave is told once and leaves with the link', () => {
  const desk = openDesk();
  desk.isUp = false;
  desk.cancel('c1');
  for (let k = 0; k < 100; k += 1) desk.advance(500 * MS);
  assert.equal(desk.sent.length, 0);
  assert.deepEqual(desk.requestLines().slice(2), ['cancel timed_out 1 by anna']);
  assert.equal(desk.slice.get('c1')?.state, 'open', 'nothing was asked of it');
  desk.isUp = true;
  desk.advance(500 * MS);
  assert.deepEqual(desk.sent, ['cancel c1']);
  assert.equal(desk.requestLines().at(-1), 'cancel sent 1 by anna');
});

const refusedCancel = (reason: string) =>
  ({ kind: 'refused', orderId: 'c1', request: 'cancel', reason, timeUs: at(1) }) as const;

test('requests: a refused cancel asks what is there, and is wished while the order lives', () => {
  const desk = openDesk();
  desk.cancel('c1');
  desk.hear(refusedCancel('Too many requests.'));
  assert.equal(desk.slice.get('c1')?.cancelRequested, true);
  assert.equal(desk.facts('request').at(-1)?.reason, 'Too many requests.');
  assert.deepEqual(desk.sent, ['cancel c1', 'query c1']);
  desk.hear(accepted('c1'));
  desk.advance(500 * MS - 1);
  assert.equal(desk.sent.length, 2);
  desk.advance(1);
  assert.equal(desk.sent[2], 'cancel c1');
  assert.equal(desk.requestLines().at(-1), 'cancel sent 2 by anna');
  const again = restart(desk);
  again.hear(accepted('c1'));
  again.advance(0);
  assert.equal(again.sent.at(-1), 'cancel c1', 'the wish outlives the engine');
});

test('requests: a cancel that is refused for ever is sent at a bounded pace', () => {
  const desk = openDesk();
  desk.cancel('c1');
  for (let k = 0; k < 6000; k += 1) {
    desk.advance(100 * MS);
    if (desk.sent.at(-1) === 'cancel c1') desk.hear(refusedCancel('no'));
    desk.sent.splice(0, desk.sent.length, ...desk.sent.filter((one) => one === 'cancel c1'), '');
  }
  const cancels = desk.sent.filter((one) => one === 'cancel c1').length;
  assert.ok(cancels > 70 && cancels < 90, `${cancels} in ten minutes`);
  assert.ok(desk.facts('request').every(({ attempt }) => attempt <= REQUEST_TIMINGS.attemptsMax));
});

test('requests: an order that its venue does not know is asked about, and the wish ends', () => {
  const desk = openDesk();
  desk.cancel('c1');
  desk.hear(refusedCancel('Unknown order sent.'));
  desk.hear(ended('c1', 'rejected'));
  desk.advance(60_000 * MS);
  assert.deepEqual(desk.sent, ['cancel c1', 'query c1']);
  assert.deepEqual(desk.slice.requestsOf('c1'), { new: null, cancel: null, amend: null });
});

const standing = (qty: number, price: number): OrderReport => {
  const terms = { qty: asQty(qty), price: asPrice(price) };
  return { kind: 'amended', orderId: 'c1', ...terms, timeUs: at(1) };
};

test('requests: other terms than were asked for answer no amend that may still arrive', () => {
  const desk = openDesk();
  desk.amend('c1', 15, 9_000);
  desk.hear(standing(10, 10_000)); // a question has overtaken it
  assert.equal(desk.slice.requestsOf('c1').amend?.state, 'sent');
  assert.equal(openNet(desk.slice, desk.slice.get('c1')!.instrument), 15);
  desk.advance(2000 * MS);
  desk.hear(standing(10, 10_000)); // asked behind it: it was not taken
  assert.equal(desk.slice.requestsOf('c1').amend, null);
  assert.equal(desk.requestLines().at(-1), 'amend refused 1 by anna');
  assert.equal(openNet(desk.slice, desk.slice.get('c1')!.instrument), 10);
});

test('requests: an amend that was given up ends with the first clear word on what stands', () => {
  for (const word of [accepted('c1'), standing(10, 10_000)]) {
    const desk = openDesk();
    desk.amend('c1', 15, 9_000);
    for (let k = 0; k < 7; k += 1) desk.advance(5000 * MS);
    assert.equal(desk.slice.requestsOf('c1').amend?.state, 'given_up');
    desk.hear(word);
    assert.equal(desk.slice.requestsOf('c1').amend, null);
    assert.equal(openNet(desk.slice, desk.slice.get('c1')!.instrument), 10);
  }
});

test('requests: after a fill an amend that was given up is asked about', () => {
  const desk = openDesk();
  desk.amend('c1', 15, 9_000);
  for (let k = 0; k < 7; k += 1) desk.advance(5000 * MS);
  desk.hear(fillOf(9_000, 4));
  assert.equal(openNet(desk.slice, desk.slice.get('c1')!.instrument), 11);
  desk.sent.length = 0;
  desk.advance(5000 * MS);
  assert.deepEqual(desk.sent, ['query c1']);
  desk.hear(standing(15, 9_000));
  assert.equal(desk.requestLines().at(-1), 'amend answered 1 by anna');
});

test('requests: an order that could not be sent is over, and so is its request', () => {
  const desk = createOrdersDesk();
  desk.isUp = false;
  const order = desk.submit({}, 'c1');
  assert.equal(order.state, 'rejected');
  assert.equal(desk.slice.get('c1')?.reason, 'not sent: its venue cannot be reached');
  assert.deepEqual(desk.requestLines(), ['new refused 1 by test']);
  desk.advance(60_000 * MS);
  assert.equal(desk.facts('order').length, 1);
});

test('requests: until an amend is answered the worst of old and new counts', () => {
  const desk = openDesk(); // a buy of 10
  const { instrument } = desk.slice.get('c1')!;
  desk.amend('c1', 15, 9_000);
  assert.equal(openNet(desk.slice, instrument), 15);
  desk.hear({
    kind: 'amended',
    orderId: 'c1',
    qty: asQty(15),
    price: asPrice(9_000),
    timeUs: at(1),
  });
  assert.equal(desk.slice.get('c1')?.limitPrice, 9_000);
  desk.amend('c1', 4, 9_000);
  assert.equal(openNet(desk.slice, instrument), 15, 'smaller only once the venue says so');
  const reason = 'filled meanwhile';
  desk.hear({ kind: 'refused', orderId: 'c1', request: 'amend', reason, timeUs: at(1) });
  assert.equal(desk.slice.get('c1')?.qty, 15);
  assert.equal(desk.requestLines().at(-1), 'amend refused 1 by anna');
});

test('requests: an unanswered amend is asked about, given up, and counts at its worst', () => {
  const desk = openDesk();
  const { instrument } = desk.slice.get('c1')!;
  desk.amend('c1', 15, 9_000);
  desk.advance(2000 * MS);
  desk.advance(0);
  assert.deepEqual(desk.sent, ['amend c1', 'query c1']);
  assert.equal(desk.slice.get('c1')?.state, 'open');
  for (let k = 0; k < 6; k += 1) desk.advance(5000 * MS);
  assert.equal(desk.slice.get('c1')?.state, 'unknown');
  assert.equal(openNet(desk.slice, instrument), 15);
  desk.hear({
    kind: 'amended',
    orderId: 'c1',
    qty: asQty(15),
    price: asPrice(9_000),
    timeUs: at(1),
  });
  assert.deepEqual(desk.slice.requestsOf('c1'), { new: null, cancel: null, amend: null });
  assert.equal(desk.slice.get('c1')?.state, 'open');
});

test('requests: a fill beyond the old size says that the amend was taken', () => {
  const desk = openDesk();
  desk.amend('c1', 15, 9_000);
  const { kind } = desk.hear(fillOf(9_000, 12));
  assert.equal(kind, 'changed');
  assert.deepEqual(desk.booked, ['f1 of c1']);
  assert.deepEqual([desk.slice.get('c1')?.qty, desk.slice.get('c1')?.filledQty], [15, 12]);
  assert.equal(desk.requestLines().at(-1), 'amend answered 1 by anna');
});

test('requests: what cannot be amended is refused with what to do', () => {
  type Desk = ReturnType<typeof openDesk>;
  const paths = (desk: Desk, qty: number, price: number | null, id = 'c1'): string[] => {
    const change = { qty: asQty(qty), price: price === null ? null : asPrice(price) };
    const decision = desk.requests.amend(desk.slice.get(id)!, change, ANNA);
    return decision.kind === 'refused' ? decision.problems.map(({ path }) => path) : [];
  };
  const desk = openDesk();
  for (const qty of [0, -1, 0.5, Number.NaN])
    assert.deepEqual(paths(desk, qty, 9_000), ['quantity']);
  for (const price of [0, -10, 9_001, Number.NaN, null]) {
    assert.deepEqual(paths(desk, 5, price), ['price']);
  }
  assert.deepEqual(paths(desk, 10, 10_000), ['quantity'], 'nothing would change');
  desk.submit({ type: 'market', price: null }, 'c2');
  desk.hear(accepted('c2'));
  assert.deepEqual(paths(desk, 5, 9_000, 'c2'), ['orderId']);
  desk.amend('c1', 5, 9_000);
  assert.deepEqual(paths(desk, 6, 9_000), ['orderId']);
  desk.cancel('c1');
  assert.deepEqual(paths(desk, 6, 9_000), ['orderId', 'orderId']);
  const after = (report: OrderReport): string[] => {
    const other = openDesk();
    other.hear(report);
    return paths(other, 5, 9_000);
  };
  assert.deepEqual(after(ended('c1')), ['orderId']);
  assert.deepEqual(after({ ...ended('c1'), kind: 'unclear' }), ['orderId']);
  assert.deepEqual(after(fillOf(10_000, 5)), ['quantity']);
});

test('requests: an order is taken as it stands, not as its asker holds it', () => {
  const desk = openDesk();
  const before = desk.slice.get('c1')!;
  desk.hear(fillOf(10_000, 10)); // whoever hears of a fill may hold the order of before it
  assert.equal(desk.requests.cancel(before, ANNA, at(desk.nowUs)), null);
  const change = { qty: asQty(12), price: asPrice(9_000) };
  assert.equal(desk.requests.amend(before, change, ANNA).kind, 'refused');
});

test('requests: questions after a start are spread, every order gets its turn', () => {
  const first = createOrdersDesk();
  for (let k = 0; k < 50; k += 1) first.submit({}, `c${k}`);
  const desk = restart(first);
  desk.advance(0);
  assert.equal(desk.sent.length, REQUEST_TIMINGS.asksMax);
  desk.advance(100 * MS);
  desk.advance(100 * MS);
  assert.equal(new Set(desk.sent).size, 50);
  assert.equal(desk.sent.length, 50);
});

test('requests: timings that are no positive numbers are refused at the start', () => {
  for (const answerUs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const timings = { ...REQUEST_TIMINGS, answerUs };
    assert.throws(() => createRequests(createSlice(), timings), /above zero/);
  }
});

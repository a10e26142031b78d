// Owns the hand-made cases of matching at the paper venue: walking, queues, lots, amends, latency.
// Promise: every fill is worked out from a book of a few levels.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  ASKS,
  at,
  BIDS,
  inverse,
  limit,
  openVenue,
  perpetual,
  sell,
  spot,
  type VenueDesk,
} from '../../venue-fixture.ts';

test('paper: a market order walks the book level by level', () => {
  const desk = openVenue();
  desk.send({ type: 'market', price: null, qty: asQty(75) });
  assert.deepEqual(desk.words(), [
    'accepted',
    'fill 30@10000 taker',
    'fill 40@10010 taker',
    'fill 5@10020 taker',
  ]);
});

test('paper: what an immediate order cannot take expires', () => {
  const desk = openVenue();
  desk.send({ ...limit(10_010, 100), timeInForce: 'IOC' });
  const rest = 'expired: what could not be filled at once';
  assert.deepEqual(desk.words().slice(1), ['fill 30@10000 taker', 'fill 40@10010 taker', rest]);
  const sale = openVenue();
  sale.send({ ...sell(9_990, 60), timeInForce: 'IOC' });
  assert.deepEqual(sale.words().slice(1), ['fill 50@9990 taker', rest]);
});

test('paper: fill or kill is all or nothing at exactly the size that is there', () => {
  const all = openVenue();
  all.send({ ...limit(10_010, 70), timeInForce: 'FOK' });
  assert.deepEqual(all.words().slice(1), ['fill 30@10000 taker', 'fill 40@10010 taker']);
  const none = openVenue();
  none.send({ ...limit(10_010, 71), timeInForce: 'FOK' });
  assert.deepEqual(none.words(), ['accepted', 'expired: fill or kill: not enough size']);
});

test('paper: size once taken is gone while its level shrinks, growth is new (F10)', () => {
  const desk = openVenue();
  const take = (id: string, qty: number): string | undefined => {
    const before = desk.words().length;
    desk.send({ ...limit(10_000, qty), timeInForce: 'IOC' }, id);
    return desk.words().slice(before)[1];
  };
  assert.equal(take('a', 20), 'fill 20@10000 taker'); // of 30
  desk.book(BIDS, ASKS); // says nothing new
  assert.equal(take('b', 20), 'fill 10@10000 taker');
  desk.book(BIDS, [[10_000, 27], ...ASKS.slice(1)]); // somebody else took 3, ours are gone too
  assert.match(take('c', 20) ?? '', /^expired/);
  desk.book(BIDS, [[10_000, 42], ...ASKS.slice(1)]); // 15 came
  assert.equal(take('d', 40), 'fill 15@10000 taker');
  desk.book(BIDS, ASKS.slice(1)); // the level is gone, and all that was taken of it
  desk.book(BIDS, ASKS);
  assert.equal(take('e', 40), 'fill 30@10000 taker');
});

test('paper: a limit order takes what crosses and rests with the remainder', () => {
  const desk = openVenue();
  desk.send(limit(10_000, 100));
  assert.deepEqual(desk.words(), ['accepted', 'fill 30@10000 taker']);
  assert.equal(desk.venue.restingCount, 1);
  desk.book(BIDS, ASKS.slice(1));
  desk.trade(10_000, 70, true); // nothing stood ahead of us there
  assert.equal(desk.words().at(-1), 'fill 70@10000 maker');
  assert.equal(desk.venue.restingCount, 0);
});

test('paper: a post-only order that would take is rejected, one tick lower it rests', () => {
  const desk = openVenue();
  desk.send({ ...limit(10_000, 10), postOnly: true }, 'a');
  assert.deepEqual(desk.words(), [
    'rejected: Post Only order will be rejected: it could not be executed as maker. (-5022)',
  ]);
  desk.send({ ...limit(9_990, 10), postOnly: true }, 'b');
  assert.equal(desk.words().at(-1), 'accepted');
});

test('paper: trades at our price eat the queue ahead before they fill us', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10)); // 50 ahead
  desk.trade(9_990, 49, true);
  desk.trade(9_990, 1, true);
  desk.trade(9_990, 30, false); // a buyer's trade does not touch bids
  assert.deepEqual(desk.words(), ['accepted']);
  desk.trade(9_990, 4, true);
  desk.trade(9_990, 100, true);
  assert.deepEqual(desk.words().slice(1), ['fill 4@9990 maker', 'fill 6@9990 maker']);
});

test('paper: a trade beyond our price fills us by its size, own orders share it', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10), 'a');
  desk.send(limit(9_990, 10), 'b');
  desk.trade(9_980, 15, true);
  assert.deepEqual(desk.tales().slice(2), ['a fill 10@9990 maker', 'b fill 5@9990 maker']);
});

test('paper: cancels at our level move us up in proportion, trades are not counted twice', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10)); // 50 ahead of us
  desk.book([[9_990, 90], ...BIDS.slice(1)], ASKS); // 40 joined behind
  desk.trade(9_990, 10, true); // 40 ahead, 80 shown once the book follows
  desk.book([[9_990, 80], ...BIDS.slice(1)], ASKS); // explained by the trade
  desk.book([[9_990, 40], ...BIDS.slice(1)], ASKS); // 40 of 80 cancelled: half of ours ahead
  desk.trade(9_990, 20, true, 1);
  assert.deepEqual(desk.words(), ['accepted']);
  desk.trade(9_990, 1, true, 1);
  assert.equal(desk.words().at(-1), 'fill 1@9990 maker');
});

test('paper: a queue never is longer than the level', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10));
  desk.book(BIDS.slice(1), ASKS); // our level is empty now
  desk.trade(9_990, 10, true, 1);
  assert.equal(desk.words().at(-1), 'fill 10@9990 maker');
});

test('paper: beyond the deepest level the queue is unknown until the book reaches there', () => {
  const desk = openVenue();
  desk.send(limit(9_000, 10));
  desk.trade(9_000, 1_000, true); // cannot know how much stood there: no fill
  assert.deepEqual(desk.words(), ['accepted']);
  desk.book([...BIDS, [9_000, 60]], ASKS);
  desk.trade(9_000, 60, true);
  desk.trade(9_000, 3, true);
  assert.equal(desk.words().at(-1), 'fill 3@9000 maker');
});

test('paper: a book that crosses us fills us at our price by the crossing size', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10));
  desk.book(
    [[9_970, 5]],
    [
      [9_980, 4],
      [9_990, 3],
      [10_000, 30],
    ],
  );
  assert.deepEqual(desk.words().slice(1), ['fill 7@9990 maker']);
  const sale = openVenue();
  sale.send(sell(10_010, 10));
  sale.book([[10_020, 50]], [[10_030, 5]]);
  assert.deepEqual(sale.words().slice(1), ['fill 10@10010 maker']);
});

test('paper: a cancel ends a resting order; an order that is not there is unknown', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10));
  desk.cancel('c1', 1);
  desk.cancel('nobody', 1);
  assert.deepEqual(desk.words().slice(1), [
    'cancelled: requested',
    'refused cancel: Unknown order sent. (-2011)',
  ]);
  desk.trade(9_980, 100, true);
  assert.equal(desk.heard.length, 3);
});

test('paper: an order meets the book of its arrival, and news of it takes the way back', () => {
  const desk = openVenue({ latencyUs: 1_000 });
  desk.send({ ...limit(10_000, 10), timeInForce: 'IOC' });
  const dueUs = desk.venue.nextDueUs()!;
  assert.ok(dueUs >= 1_000 && dueUs <= 1_250, String(dueUs));
  desk.venue.advance(at(dueUs - 1));
  desk.book(BIDS, ASKS.slice(1), dueUs - 1); // the ask left before we came
  desk.venue.advance(at(dueUs));
  assert.deepEqual(desk.words(), []);
  const backUs = desk.venue.nextDueUs()!;
  assert.ok(backUs >= dueUs + 1_000);
  desk.venue.advance(at(backUs + 1_250));
  assert.deepEqual(desk.words(), ['accepted', 'expired: what could not be filled at once']);
  assert.ok(desk.heard.every(({ timeUs }) => timeUs === dueUs));
  assert.equal(desk.venue.nextDueUs(), null);
});

test('paper: messages never pass each other, whatever the jitter', () => {
  const desk = openVenue({ latencyUs: 1_000 });
  for (let k = 0; k < 50; k += 1) {
    desk.send(limit(9_990, 1), `c${k}`, k);
    desk.cancel(`c${k}`, k);
  }
  desk.venue.advance(at(1e6));
  const expected = Array.from({ length: 50 }, (_, k) => [
    `c${k} accepted`,
    `c${k} cancelled: requested`,
  ]).flat();
  assert.deepEqual(desk.tales(), expected);
  const times = desk.heard.map(({ timeUs }) => timeUs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('paper: a market order goes no further than the limit it is sent with', () => {
  const desk = openVenue();
  desk.book(BIDS, [
    [10_000, 30],
    [10_110, 90],
  ]);
  desk.send({ type: 'market', price: null, qty: asQty(75), timeInForce: 'IOC' }); // at 10_100
  assert.deepEqual(desk.words(), [
    'accepted',
    'fill 30@10000 taker',
    'expired: what could not be filled at once',
  ]);
});

test('paper: a second order under one id is told as unclear, and the first goes on', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10));
  desk.send(limit(9_980, 20));
  assert.deepEqual(desk.words(), ['accepted', 'unclear: ClientOrderId is duplicated. (-4116)']);
  desk.trade(9_980, 100, true);
  assert.equal(desk.words().at(-1), 'fill 10@9990 maker');
});

test('paper: beyond its bound of resting orders the venue says no', () => {
  const desk = openVenue({ restingMax: 1 });
  desk.send(limit(9_990, 1), 'a');
  desk.send(limit(9_990, 1), 'b');
  desk.send({ ...limit(10_000, 1), timeInForce: 'IOC' }, 'c'); // does not rest
  assert.deepEqual(desk.tales(), [
    'a accepted',
    'b rejected: Reach max open order limit. (-2025)',
    'c accepted',
    'c fill 1@10000 taker',
  ]);
  desk.venue.onBook(inverse, at(0), at(0)); // no book, no orders: nothing happens
});

test('paper: fills are whole lots whatever the queue and the trades are (F9)', () => {
  const desk = openVenue({ instruments: [spot] }); // lots of 10
  desk.book([[9_990, 70]], ASKS);
  desk.send(limit(9_990, 60)); // 70 ahead
  desk.book([[9_990, 133]], ASKS);
  desk.book([[9_990, 100]], ASKS); // 33 of 133 left: 17.4 of the 70 ahead, 10 in lots
  desk.trade(9_990, 63, true, 1); // 60 stood ahead, and 3 are no lot
  assert.deepEqual(desk.words(), ['accepted']);
  desk.trade(9_990, 27, true, 1);
  assert.equal(desk.words().at(-1), 'fill 20@9990 maker');
  desk.trade(9_980, 19, true, 1);
  assert.equal(desk.words().at(-1), 'fill 10@9990 maker');
  desk.book([[9_980, 10]], [[9_990, 35], ...ASKS], 2); // crossed by 35
  assert.equal(desk.words().at(-1), 'fill 30@9990 maker');
});

test('paper: a trade that comes after the book it changed moves the queue once (F16)', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10)); // 50 ahead
  desk.book([[9_990, 90], ...BIDS.slice(1)], ASKS); // 40 joined behind
  desk.book([[9_990, 60], ...BIDS.slice(1)], ASKS, 1_000); // 30 traded, but nobody has said so yet
  desk.trade(9_990, 30, true, 2_000, 1_000); // 20 ahead from here, not 50 - 16 - 30 = 4
  desk.trade(9_990, 20, true, 3_000);
  assert.deepEqual(desk.words(), ['accepted']);
  desk.trade(9_990, 1, true, 4_000);
  assert.equal(desk.words().at(-1), 'fill 1@9990 maker');
});

test('paper: a trade younger than the book is none that the book has shown', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10)); // 50 ahead
  desk.book([[9_990, 20], ...BIDS.slice(1)], ASKS, 1_000); // 30 of 50 ahead cancelled
  desk.trade(9_990, 21, true, 1_001);
  assert.equal(desk.words().at(-1), 'fill 1@9990 maker');
});

test('paper: a smaller quantity keeps its place, more or another price loses it', () => {
  for (const [qty, price, first] of [
    [6, 9_990, 6],
    [12, 9_990, 0],
    [10, 9_980, 0],
  ] as const) {
    const desk = openVenue();
    desk.send(limit(9_990, 10)); // 50 ahead
    desk.trade(9_990, 50, true); // none ahead
    desk.book([[9_990, 30], ...BIDS.slice(1)], ASKS, 1); // 30 behind us
    desk.venue.amend('c1', qty, asPrice(price), at(1));
    desk.pass(1);
    desk.trade(9_990, 20, true, 2);
    const expected = first === 0 ? [] : [`fill ${first}@9990 maker`];
    assert.deepEqual(desk.words(), ['accepted', `amended ${qty}@${price}`, ...expected]);
  }
});

test('paper: an amend that crosses takes; post-only, or filled already, it ends', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10), 'a');
  desk.venue.amend('a', 40, asPrice(10_000), at(0));
  desk.pass(0);
  assert.deepEqual(desk.words().slice(1), ['amended 40@10000', 'fill 30@10000 taker']);
  desk.venue.amend('a', 30, asPrice(10_000), at(0));
  desk.pass(0);
  assert.equal(desk.words().at(-1), 'cancelled: amended to what is filled already');
  desk.send({ ...limit(9_990, 10), postOnly: true }, 'b');
  desk.venue.amend('b', 10, asPrice(10_010), at(0));
  desk.pass(0);
  assert.match(desk.words().at(-1) ?? '', /^cancelled: Post Only/);
  assert.equal(desk.venue.restingCount, 0);
});

test('paper: an amend that is refused leaves the order where it stands', () => {
  const desk = openVenue();
  desk.send(limit(9_990, 10));
  for (const [qty, price, says] of [
    [Number.NaN, 9_990, /-4003/],
    [0, 9_990, /-4003/],
    [10.5, 9_990, /-4023/],
    [10, 9_995, /-4014/],
    [10, -10, /-4001/],
    [1e12, 9_990, /-2019/],
  ] as const) {
    desk.venue.amend('c1', asQty(qty), asPrice(price), at(0));
    desk.pass(0);
    assert.match(desk.words().at(-1) ?? '', /^refused amend: /);
    assert.match(desk.words().at(-1) ?? '', says);
  }
  desk.trade(9_990, 60, true);
  assert.equal(desk.words().at(-1), 'fill 10@9990 maker');
});

test('paper queue: a trade that is told again fills nobody again, not even after a restart', () => {
  const desk = openVenue();
  desk.send(limit(9_980, 500));
  const sold = (tradeId: number): void => desk.trade(9_970, 40, true, 0, 0, tradeId);
  for (const tradeId of [7, 7, 6, 8, 7]) sold(tradeId);
  const fills = (one: VenueDesk): string[] => one.words().filter((word) => word.startsWith('fill'));
  assert.deepEqual(fills(desk), ['fill 40@9980 maker', 'fill 40@9980 maker']);
  const { books } = desk;
  const next = openVenue({ books, saved: JSON.parse(JSON.stringify(desk.venue.save())) });
  next.trade(9_970, 40, true, 0, 0, 8);
  assert.deepEqual(fills(next), []);
  next.trade(9_970, 40, true, 0, 0, 9);
  assert.deepEqual(fills(next), ['fill 40@9980 maker']);
  next.venue.list(perpetual); // whoever comes counts anew
  next.trade(9_970, 40, true, 0, 0, 1);
  assert.equal(fills(next).length, 2);
});

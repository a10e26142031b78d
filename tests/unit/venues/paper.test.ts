// Owns the hand-made cases of the paper venue: arrival, walking, queues, cancels, latency.
// Promise: every fill is worked out from a book of a few levels.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approve, markCompliant } from '../../../engine/core/decision.ts';
import type { OpenOrdersReport, OrderReport, TradeEvent } from '../../../engine/core/event.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { place } from '../../../engine/execution/place.ts';
import { createPaperVenue, type PaperVenue } from '../../../engine/venues/paper/paper.ts';
import {
  at,
  createTestBooks,
  intentOf,
  inverse,
  type Levels,
  linear,
  NO_FIGURES,
  orderOf,
  type TestBooks,
} from '../../trading-fixture.ts';

const BIDS: Levels = [
  [9_990, 50],
  [9_980, 100],
  [9_970, 100],
];
const ASKS: Levels = [
  [10_000, 30],
  [10_010, 40],
  [10_020, 100],
];

interface Desk {
  readonly venue: PaperVenue;
  readonly books: TestBooks;
  readonly seen: OrderReport[]; // what is said of orders
  readonly openOrders: OpenOrdersReport[];
  send(parts: Partial<OrderIntent>, id?: string, us?: number): void;
  trade(price: number, qty: number, buyerIsMaker: boolean, us?: number): void;
  book(bids: Levels, asks: Levels, us?: number): void;
  /** Reports so far as short words: 'accepted', 'fill 30@10000 taker', 'expired: why'. */
  words(): string[];
}

function openDesk(latencyUs = 0, restingMax?: number): Desk {
  const books = createTestBooks();
  books.set(linear, BIDS, ASKS);
  const seen: OrderReport[] = [];
  const openOrders: OpenOrdersReport[] = [];
  let fills = 0;
  const venue = createPaperVenue({
    books,
    latencyUs,
    random: createRandom('paper'),
    emit: (report) =>
      void (report.kind === 'open_orders' ? openOrders.push(report) : seen.push(report)),
    fillIds() {
      fills += 1;
      return `p${fills}`;
    },
    ...(restingMax === undefined ? {} : { restingMax }),
  });
  return {
    venue,
    books,
    seen,
    openOrders,
    send(parts, id = 'c1', us = 0) {
      venue.place(place(approve(markCompliant(intentOf(parts)), NO_FIGURES, []), id), at(us));
      venue.advance(at(us));
    },
    trade(price, qty, buyerIsMaker, us = 0) {
      const event: TradeEvent = {
        kind: 'trade',
        instrument: linear,
        tradeId: 1,
        price: asPrice(price),
        qty: asQty(qty),
        buyerIsMaker,
        eventUs: at(us),
        receiveUs: at(us),
        tickNs: 0,
      };
      venue.onTrade(event, at(us));
      venue.advance(at(us));
    },
    book(bids, asks, us = 0) {
      books.set(linear, bids, asks);
      venue.onBook(linear, at(us));
      venue.advance(at(us));
    },
    words: () => seen.map(wordOf),
  };
}

function wordOf(report: OrderReport): string {
  if (report.kind === 'fill') return `fill ${report.qty}@${report.price} ${report.liquidity}`;
  return report.kind === 'ended' ? `${report.state}: ${report.reason}` : report.kind;
}

const buy = (price: number, qty: number): Partial<OrderIntent> => ({
  price: asPrice(price),
  qty: asQty(qty),
});

test('paper: a market order walks the book level by level', () => {
  const desk = openDesk();
  desk.send({ type: 'market', price: null, qty: asQty(75) });
  assert.deepEqual(desk.words(), [
    'accepted',
    'fill 30@10000 taker',
    'fill 40@10010 taker',
    'fill 5@10020 taker',
  ]);
});

test('paper: what an immediate order cannot take expires', () => {
  const desk = openDesk();
  desk.send({ ...buy(10_010, 100), timeInForce: 'IOC' });
  const rest = 'expired: what could not be filled at once';
  assert.deepEqual(desk.words().slice(1), ['fill 30@10000 taker', 'fill 40@10010 taker', rest]);
  const sale = openDesk();
  sale.send({ ...buy(9_985, 60), side: 'sell', timeInForce: 'IOC' });
  assert.deepEqual(sale.words().slice(1), ['fill 50@9990 taker', rest]);
});

test('paper: fill or kill is all or nothing at exactly the size that is there', () => {
  const all = openDesk();
  all.send({ ...buy(10_010, 70), timeInForce: 'FOK' });
  assert.deepEqual(all.words().slice(1), ['fill 30@10000 taker', 'fill 40@10010 taker']);
  const none = openDesk();
  none.send({ ...buy(10_010, 71), timeInForce: 'FOK' });
  assert.deepEqual(none.words(), ['accepted', 'expired: fill or kill: not enough size']);
});

test('paper: size once taken is gone until the book changes there', () => {
  const desk = openDesk();
  desk.send({ ...buy(10_000, 20), timeInForce: 'IOC' }, 'a');
  desk.send({ ...buy(10_000, 20), timeInForce: 'IOC' }, 'b');
  desk.book(BIDS, ASKS); // says nothing new
  desk.send({ ...buy(10_000, 20), timeInForce: 'IOC' }, 'c');
  const fills = () => desk.words().filter((word) => word.startsWith('fill'));
  assert.deepEqual(fills(), ['fill 20@10000 taker', 'fill 10@10000 taker']);
  desk.book(BIDS, [[10_000, 25], ...ASKS.slice(1)]);
  desk.send({ ...buy(10_000, 40), timeInForce: 'IOC' }, 'd');
  assert.equal(fills().at(-1), 'fill 25@10000 taker');
});

test('paper: a limit order takes what crosses and rests with the remainder', () => {
  const desk = openDesk();
  desk.send(buy(10_000, 100));
  assert.deepEqual(desk.words(), ['accepted', 'fill 30@10000 taker']);
  assert.equal(desk.venue.restingCount, 1);
  desk.book(BIDS, ASKS.slice(1));
  desk.trade(10_000, 70, true); // nothing stood ahead of us there
  assert.equal(desk.words().at(-1), 'fill 70@10000 maker');
  assert.equal(desk.venue.restingCount, 0);
});

test('paper: a post-only order that would take is rejected, one tick lower it rests', () => {
  const desk = openDesk();
  desk.send({ ...buy(10_000, 10), postOnly: true }, 'a');
  assert.deepEqual(desk.words(), ['rejected: post-only order would take']);
  desk.send({ ...buy(9_990, 10), postOnly: true }, 'b');
  assert.equal(desk.words().at(-1), 'accepted');
});

test('paper: trades at our price eat the queue ahead before they fill us', () => {
  const desk = openDesk();
  desk.send(buy(9_990, 10)); // 50 ahead
  desk.trade(9_990, 49, true);
  desk.trade(9_990, 1, true);
  desk.trade(9_990, 30, false); // a buyer's trade does not touch bids
  assert.deepEqual(desk.words(), ['accepted']);
  desk.trade(9_990, 4, true);
  desk.trade(9_990, 100, true);
  assert.deepEqual(desk.words().slice(1), ['fill 4@9990 maker', 'fill 6@9990 maker']);
});

test('paper: a trade beyond our price fills us by its size, own orders share it', () => {
  const desk = openDesk();
  desk.send(buy(9_990, 10), 'a');
  desk.send(buy(9_990, 10), 'b');
  desk.trade(9_980, 15, true);
  assert.deepEqual(
    desk.seen.slice(2).map((report) => [report.orderId, wordOf(report)]),
    [
      ['a', 'fill 10@9990 maker'],
      ['b', 'fill 5@9990 maker'],
    ],
  );
});

test('paper: cancels at our level move us up in proportion, trades are not counted twice', () => {
  const desk = openDesk();
  desk.send(buy(9_990, 10)); // 50 ahead of us
  desk.book([[9_990, 90], ...BIDS.slice(1)], ASKS); // 40 joined behind
  desk.trade(9_990, 10, true); // 40 ahead, 80 shown once the book follows
  desk.book([[9_990, 80], ...BIDS.slice(1)], ASKS); // explained by the trade
  desk.book([[9_990, 40], ...BIDS.slice(1)], ASKS); // 40 of 80 cancelled: half of ours ahead
  desk.trade(9_990, 20, true);
  assert.deepEqual(desk.words(), ['accepted']);
  desk.trade(9_990, 1, true);
  assert.equal(desk.words().at(-1), 'fill 1@9990 maker');
});

test('paper: a queue never is longer than the level', () => {
  const desk = openDesk();
  desk.send(buy(9_990, 10));
  desk.book(BIDS.slice(1), ASKS); // our level is empty now
  desk.trade(9_990, 10, true);
  assert.equal(desk.words().at(-1), 'fill 10@9990 maker');
});

test('paper: beyond the deepest level the queue is unknown until the book reaches there', () => {
  const desk = openDesk();
  desk.send(buy(9_000, 10));
  desk.trade(9_000, 1_000, true); // cannot know how much stood there: no fill
  assert.deepEqual(desk.words(), ['accepted']);
  desk.book([...BIDS, [9_000, 60]], ASKS);
  desk.trade(9_000, 60, true);
  desk.trade(9_000, 3, true);
  assert.equal(desk.words().at(-1), 'fill 3@9000 maker');
});

test('paper: a book that crosses us fills us at our price by the crossing size', () => {
  const desk = openDesk();
  desk.send(buy(9_990, 10));
  desk.book(
    [[9_970, 5]],
    [
      [9_980, 4],
      [9_990, 3],
      [10_000, 30],
    ],
  );
  assert.deepEqual(desk.words().slice(1), ['fill 7@9990 maker']);
  const sale = openDesk();
  sale.send({ ...buy(10_010, 10), side: 'sell' });
  sale.book([[10_020, 50]], [[10_030, 5]]);
  assert.deepEqual(sale.words().slice(1), ['fill 10@10010 maker']);
});

test('paper: a cancel ends a resting order; an order that is not there is unknown', () => {
  const desk = openDesk();
  desk.send(buy(9_990, 10));
  desk.venue.cancel(orderOf(), at(1));
  desk.venue.cancel(orderOf({}, 'nobody'), at(1));
  desk.venue.advance(at(1));
  assert.deepEqual(desk.words().slice(1), ['cancelled: requested', 'rejected: unknown order']);
  desk.trade(9_980, 100, true);
  assert.equal(desk.seen.length, 3);
});

test('paper: an order meets the book of its arrival, and news of it takes the way back', () => {
  const desk = openDesk(1_000);
  desk.send({ ...buy(10_000, 10), timeInForce: 'IOC' });
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
  assert.ok(desk.seen.every(({ timeUs }) => timeUs === dueUs));
  assert.equal(desk.venue.nextDueUs(), null);
});

test('paper: messages never pass each other, whatever the jitter', () => {
  const desk = openDesk(1_000);
  for (let k = 0; k < 50; k += 1) {
    desk.send({ ...buy(9_990, 1) }, `c${k}`, k);
    desk.venue.cancel(orderOf({}, `c${k}`), at(k));
  }
  desk.venue.advance(at(1e6));
  const words = desk.seen.map((report) => `${report.orderId} ${wordOf(report)}`);
  const expected = Array.from({ length: 50 }, (_, k) => [
    `c${k} accepted`,
    `c${k} cancelled: requested`,
  ]).flat();
  assert.deepEqual(words, expected);
  const times = desk.seen.map(({ timeUs }) => timeUs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('paper: without a book, without a quantity or beyond its bound the venue says no', () => {
  const desk = openDesk(0, 1);
  desk.send({ ...buy(10_000, 1), instrument: inverse }, 'a');
  desk.send(buy(10_000, 0), 'b');
  desk.send(buy(9_990, 1), 'c');
  desk.send(buy(9_990, 1), 'd');
  assert.deepEqual(desk.words(), [
    'rejected: no book to trade against',
    'rejected: quantity is not above 0',
    'accepted',
    'rejected: too many resting orders',
  ]);
  desk.venue.onBook(inverse, at(0)); // no book, no orders: nothing happens
  assert.throws(() => desk.send(buy(9_990, 1), 'c'), /used twice/);
});

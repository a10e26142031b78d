// Owns the laws of the paper venue under random books, trades, orders and cancels.
// Promise: one seed decides everything; the order state machine is the witness of every report.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { approve, markCompliant } from '../../../engine/core/decision.ts';
import type { OrderReport, TradeEvent } from '../../../engine/core/event.ts';
import { isTerminal, type OrderIntent } from '../../../engine/core/order.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { place } from '../../../engine/execution/place.ts';
import { createOrder } from '../../../engine/orders/order-state.ts';
import { createOrders, type Orders } from '../../../engine/orders/orders.ts';
import { createPaperVenue, type PaperVenue } from '../../../engine/venues/paper/paper.ts';
import {
  at,
  createTestBooks,
  intentOf,
  type Levels,
  linear,
  NO_FIGURES,
  type TestBooks,
} from '../../trading-fixture.ts';

const action = fc.record({
  what: fc.constantFrom('place', 'place', 'cancel', 'trade', 'book', 'wait'),
  buys: fc.boolean(),
  price: fc.integer({ min: 995, max: 1005 }),
  qty: fc.integer({ min: 1, max: 60 }),
  shape: fc.integer({ min: 0, max: 4 }),
});
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

const SHAPES: readonly Partial<OrderIntent>[] = [
  { timeInForce: 'GTC' },
  { timeInForce: 'GTC', postOnly: true },
  { timeInForce: 'IOC' },
  { timeInForce: 'FOK' },
  { type: 'market', timeInForce: 'IOC' },
];

interface Outcome {
  readonly orders: Orders;
  readonly reports: readonly OrderReport[];
  readonly shown: ReadonlyMap<number, number>; // quantity ever offered to buyers by price
}

/** The witness: every report must be one the state machine expects of an honest venue. */
function witness(orders: Orders, report: OrderReport): void {
  const step = orders.apply(report);
  assert.ok(step.kind === 'step');
  // The one report that may come to nothing is the answer to a cancel that lost the race.
  const isLateCancel = report.kind === 'ended' && isTerminal(step.before);
  assert.ok(step.change === 'changed' || isLateCancel, `${step.reason} ${report.kind}`);
  assert.notEqual(step.reason, 'late_fill');
}

interface Market {
  readonly books: TestBooks;
  readonly shown: Map<number, number>;
  move(mid: number): void;
}

function openMarket(seed: string): Market {
  const books = createTestBooks();
  const random = createRandom(`${seed}/market`);
  const shown = new Map<number, number>();
  const side = (mid: number, step: number): Levels =>
    [1, 2, 3].map((k) => [(mid + step * k) * 10, 1 + random.integer(40)]);
  return {
    books,
    shown,
    move(mid) {
      const asks = side(mid, 1);
      for (const [price, qty] of asks) shown.set(price, (shown.get(price) ?? 0) + qty);
      books.set(linear, side(mid, -1), asks);
    },
  };
}

function intentFor({ buys, price, qty, shape }: Action): OrderIntent {
  const limit = shape === 4 ? null : asPrice(price * 10);
  const side = buys ? 'buy' : 'sell';
  return intentOf({ ...SHAPES[shape], side, qty: asQty(qty), price: limit });
}

function act(venue: PaperVenue, orders: Orders, market: Market, a: Action, k: number): void {
  const now = at(k * 400);
  venue.advance(now);
  if (a.what === 'book') {
    market.move(a.price);
    venue.onBook(linear, now);
  } else if (a.what === 'trade') {
    venue.onTrade(tradeOf(a.price * 10, a.qty, a.buys, k), now);
  } else if (a.what === 'cancel') {
    const open = orders.openOn(linear);
    const order = open[a.qty % Math.max(1, open.length)];
    if (order !== undefined) venue.cancel(order, now);
  } else if (a.what === 'place') {
    const intent = intentFor(a);
    orders.add(createOrder(intent, `c${k}`, 100, now));
    venue.place(place(approve(markCompliant(intent), NO_FIGURES, []), `c${k}`), now);
  }
}

function run(list: readonly Action[], seed: string): Outcome {
  const orders = createOrders(1000);
  const reports: OrderReport[] = [];
  const market = openMarket(seed);
  market.move(1000);
  let fills = 0;
  const venue = createPaperVenue({
    books: market.books,
    latencyUs: 700,
    random: createRandom(seed),
    emit(report) {
      if (report.kind === 'open_orders') return;
      reports.push(report);
      witness(orders, report);
    },
    fillIds() {
      fills += 1;
      return `p${fills}`;
    },
  });
  for (const [k, action] of list.entries()) act(venue, orders, market, action, k);
  for (const order of orders.open()) venue.cancel(order, at(list.length * 400));
  venue.advance(at(1e9));
  assert.equal(venue.restingCount, 0);
  assert.equal(venue.nextDueUs(), null);
  return { orders, reports, shown: market.shown };
}

const tradeOf = (price: number, qty: number, buyerIsMaker: boolean, k: number): TradeEvent => ({
  kind: 'trade',
  instrument: linear,
  tradeId: k,
  price: asPrice(price),
  qty: asQty(qty),
  buyerIsMaker,
  eventUs: at(k * 400),
  receiveUs: at(k * 400),
  tickNs: 0,
});

const histories = fc.array(action, { minLength: 1, maxLength: 80 });
const RUNS = { seed: 11, numRuns: 300 };

test('paper: every order ends, fills never exceed it nor its limit, FOK is all or none', () => {
  fc.assert(
    fc.property(histories, (list) => {
      const { orders, reports } = run(list, 'law');
      for (const order of orders.list(1000)) {
        assert.ok(isTerminal(order), order.id);
        assert.ok(order.filledQty <= order.qty);
        if (order.timeInForce === 'FOK') assert.ok([0, order.qty].includes(order.filledQty));
        for (const report of reports) {
          if (report.kind !== 'fill' || report.orderId !== order.id) continue;
          const { price, liquidity } = report;
          const worse = order.side === 'buy' ? price > order.price! : price < order.price!;
          assert.ok(order.price === null || !worse, `${order.side} ${order.price} at ${price}`);
          if (order.postOnly) assert.equal(liquidity, 'maker');
          if (liquidity === 'maker') assert.equal(price, order.price);
        }
      }
    }),
    RUNS,
  );
});

test('paper: buyers never take more at a price than books ever offered there', () => {
  fc.assert(
    fc.property(histories, (list) => {
      const { orders, reports, shown } = run(list, 'law');
      const taken = new Map<number, number>();
      for (const report of reports) {
        if (report.kind !== 'fill' || report.liquidity !== 'taker') continue;
        if (orders.get(report.orderId)?.side !== 'buy') continue;
        taken.set(report.price, (taken.get(report.price) ?? 0) + report.qty);
      }
      for (const [price, qty] of taken) assert.ok(qty <= (shown.get(price) ?? 0));
    }),
    RUNS,
  );
});

test('paper: the same seed gives the same reports', () => {
  fc.assert(
    fc.property(histories, fc.string(), (list, seed) => {
      assert.deepEqual(run(list, seed).reports, run(list, seed).reports);
    }),
    { ...RUNS, numRuns: 50 },
  );
});

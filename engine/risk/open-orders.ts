// Owns which of our orders are open: quantities by book, how many by node, our own quotes.
// Promise: an order counts until nothing of it is open; own quotes are the best of those that rest.
import {
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  NODE_OPEN_ORDERS,
  ROW_OWN_ASK,
  ROW_OWN_BID,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { priceOf } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import { powerOfTen } from '../core/units.ts';
import { nodeAt, riskRowAt } from '../memory/plan.ts';
import { type BookTable, bookOfPortfolio, bookOfStrategy } from './book-table.ts';
import { setOpen } from './books.ts';

export interface OpenOrders {
  /** Steps of an order that may still trade; 0: it has ended. Its price counts as it is now. */
  set(order: Order, steps: number): void;
  readonly count: number;
}

interface OpenOrder {
  readonly steps: number;
  readonly isBuy: boolean;
  readonly price: number; // real units; NaN unless it rests in the venue's book
}

interface Sides {
  readonly buys: Float64Array; // steps, exact; by instrument and book
  readonly sells: Float64Array;
}

/** Numbers of the names an order carries; asserts that somebody has them. */
export interface Owner {
  readonly portfolio: number;
  readonly strategy: number;
}

export function ownerOf({ places }: BookTable, account: string, strategy: string): Owner {
  const portfolio = places.portfolios.get(account);
  const number = places.strategies.get(strategy);
  assert(portfolio !== undefined, `account ${account} has no portfolio in the tree of limits`);
  assert(number !== undefined, `strategy ${strategy} is not in the tree of limits`);
  return { portfolio, strategy: number };
}

export function createOpenOrders(table: BookTable): OpenOrders {
  const slots = table.plan.capacities.instruments;
  const cells = slots * table.booksPerInstrument;
  const sides = { buys: new Float64Array(cells), sells: new Float64Array(cells) };
  const bySlot = Array.from({ length: slots }, () => new Map<string, OpenOrder>());
  let count = 0;
  return {
    set(order, steps) {
      const { index } = order.instrument;
      const open = bySlot[index];
      assert(open !== undefined, `${order.instrument.key} is not an instrument of this run`);
      assert(steps >= 0, `order ${order.id}: an open quantity of ${steps}`);
      const before = open.get(order.id);
      const price = restingPrice(order);
      if (before?.steps === steps && Object.is(before.price, price)) return;
      if (before === undefined && steps === 0) return;
      const owner = ownerOf(table, order.account, order.strategy);
      moveSteps(table, sides, order, owner, steps - (before?.steps ?? 0));
      const made = { steps, isBuy: order.side === 'buy', price };
      if (steps === 0) open.delete(order.id);
      else open.set(order.id, made);
      const change = Number(steps > 0) - Number(before !== undefined);
      count += change;
      if (change !== 0) countOrder(table, order, owner, change);
      if (before !== undefined) requote(table, index, open, before);
      if (steps > 0) raiseQuote(table, index, made);
    },
    get count() {
      return count;
    },
  };
}

/** Only what stays in the venue's book can be hit by another order of ours. */
const restingPrice = ({ type, timeInForce, limitPrice, instrument }: Order): number =>
  type === 'limit' && timeInForce === 'GTC' && limitPrice !== null
    ? priceOf(instrument, limitPrice)
    : Number.NaN;

function moveSteps(
  table: BookTable,
  { buys, sells }: Sides,
  order: Order,
  { portfolio, strategy }: Owner,
  deltaQty: number,
): void {
  const { index, qtyScale } = order.instrument;
  const isBuy = order.side === 'buy';
  const side = isBuy ? buys : sells;
  const move = (book: number): void => {
    const at = index * table.booksPerInstrument + book;
    const steps = (side[at] ?? 0) + deltaQty;
    side[at] = steps;
    setOpen(table, index, book, isBuy, steps / powerOfTen(qtyScale));
  };
  move(0);
  move(bookOfPortfolio(portfolio));
  move(bookOfStrategy(table, strategy));
}

/** Byte offsets of the nodes on an order's way up the tree. */
export function forEachNode(
  { plan, places }: BookTable,
  order: Order,
  { portfolio, strategy }: Owner,
  visit: (node: number) => void,
): void {
  const venue = places.venues.get(order.instrument.venue);
  assert(venue !== undefined, `venue ${order.instrument.venue} is not in the tree of limits`);
  visit(nodeAt(plan, LEVEL_SYSTEM, 0));
  visit(nodeAt(plan, LEVEL_PORTFOLIO, portfolio));
  visit(nodeAt(plan, LEVEL_STRATEGY, strategy));
  visit(nodeAt(plan, LEVEL_VENUE, venue));
}

function countOrder(table: BookTable, order: Order, owner: Owner, change: number): void {
  forEachNode(table, order, owner, (node) => {
    const at = (node + NODE_OPEN_ORDERS) / 4;
    table.words[at] = (table.words[at] ?? 0) + change;
  });
}

function raiseQuote({ plan, numbers }: BookTable, index: number, order: OpenOrder): void {
  const { isBuy, price } = order;
  if (Number.isNaN(price)) return;
  const at = (riskRowAt(plan, index) + (isBuy ? ROW_OWN_BID : ROW_OWN_ASK)) / 8;
  const best = numbers[at] ?? Number.NaN;
  numbers[at] = isBuy ? Math.max(best, price) : Math.min(best, price);
}

/** After `gone` has left: the best of the others, looked for only where it was the best itself. */
function requote(
  table: BookTable,
  index: number,
  open: ReadonlyMap<string, OpenOrder>,
  gone: OpenOrder,
): void {
  const { plan, numbers } = table;
  const at = (riskRowAt(plan, index) + (gone.isBuy ? ROW_OWN_BID : ROW_OWN_ASK)) / 8;
  if (gone.price !== numbers[at]) return;
  numbers[at] = gone.isBuy ? 0 : Number.POSITIVE_INFINITY;
  for (const order of open.values())
    if (order.isBuy === gone.isBuy) raiseQuote(table, index, order);
}

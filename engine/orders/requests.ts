// Owns requests in flight: what is sent, sent again, asked about and given up, by whom and why.
// Promise: every request ends; a wish to cancel is kept until the order is over.
import { assert, assertNever } from '../core/assert.ts';
import { isOnGrid, priceOf, qtyOf } from '../core/instrument.ts';
import { isTerminal, type Order, type OrderChange } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { OrderFact } from '../facts/order.ts';
import { toOrderRecord } from './order-record.ts';
import { clip, markSent, next } from './order-state.ts';
import type { OrdersReader } from './orders-slice.ts';
import { type OrderRequests, type Request, requestFact } from './request.ts';

export type OrderAction =
  | { readonly kind: 'cancel'; readonly order: Order }
  | { readonly kind: 'amend'; readonly order: Order; readonly change: OrderChange }
  | { readonly kind: 'query'; readonly order: Order };

/** Something to do at a venue: carry it out first, then commit what is true of it. */
export interface Errand {
  readonly action: OrderAction | null; // null: nothing to do, only to commit
  readonly facts: readonly OrderFact[]; // when it has left
  readonly otherwise: readonly OrderFact[]; // when it has not: the link is down
}

export interface RequestTimings {
  readonly cancelUs: number; // without an answer a cancel is sent again; doubles each time
  readonly attemptsMax: number; // then it is given up and its order unknown
  readonly answerUs: number; // without a word a new order or an amend is asked about
  readonly giveUpUs: number; // from when it was sent
  readonly askEveryUs: number; // how often an unknown order is asked about
  readonly asksMax: number; // questions a look: venues count them
}

export const REQUEST_TIMINGS: RequestTimings = {
  cancelUs: 500_000,
  attemptsMax: 5,
  answerUs: 2_000_000,
  giveUpUs: 30_000_000,
  askEveryUs: 5_000_000,
  asksMax: 20,
};

/** Who asks for something, and why. */
export interface Wish {
  readonly by: string;
  readonly reason: string;
}

export type AmendDecision =
  | { readonly kind: 'errand'; readonly errand: Errand }
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };

export interface Requests {
  /**
   * Takes an order back. Null: it is over, or the same asker's cancel is on its way already, which
   * this room sends again by itself. Another asker's is sent at once and stands from then on.
   */
  cancel(order: Order, wish: Wish, nowUs: EpochUs): Errand | null;
  /** Asks for another size or price. What gets worse has to pass the gates (execution/amend.ts). */
  amend(order: Order, change: OrderChange, wish: Wish): AmendDecision;
  /** What is due. Ask with every clock event. */
  advance(nowUs: EpochUs): readonly Errand[];
  /** A question about an order, outside the pace; null: it was asked a moment ago. */
  ask(order: Order, nowUs: EpochUs): Errand | null;
}

interface Room {
  readonly orders: OrdersReader;
  readonly timings: RequestTimings;
  // When the venue was last asked about an order, and when a cancel last failed to leave. Not
  // durable: after a restart everything is due at once.
  readonly askedUs: Map<string, number>;
  readonly triedUs: Map<string, number>;
}

export function createRequests(orders: OrdersReader, timings = REQUEST_TIMINGS): Requests {
  const { cancelUs, attemptsMax, answerUs, giveUpUs, askEveryUs, asksMax } = timings;
  const numbers = [cancelUs, attemptsMax, answerUs, giveUpUs, askEveryUs, asksMax];
  assert(
    numbers.every((one) => Number.isFinite(one) && one > 0),
    'timings of requests must be above zero',
  );
  const room: Room = { orders, timings, askedUs: new Map(), triedUs: new Map() };
  return {
    cancel: (order, wish, nowUs) => cancel(room, order, wish, nowUs),
    amend: (order, change, wish) => amend(room, order, change, wish),
    advance: (nowUs) => advance(room, nowUs),
    ask: (order, nowUs) => ask(room, order, nowUs),
  };
}

/**
 * What is true of a new order that was handed to its venue; commit it after the verdict. One that
 * has not left is over at once: nobody will ever hear of it.
 */
export function placedFacts(
  order: Order,
  wish: Wish,
  hasLeft: boolean,
  nowUs: EpochUs,
): { readonly order: Order; readonly facts: readonly OrderFact[] } {
  const request = { request: 'new', attempt: 1, change: null, ...clipped(wish) } as const;
  if (hasLeft) {
    const sent = markSent(order, nowUs);
    return { order: sent, facts: [orderFact(sent), requestFact(sent, request, 'sent')] };
  }
  const { id: orderId } = order;
  const reason = 'not sent: its venue cannot be reached';
  const report = { kind: 'ended', orderId, state: 'rejected', reason, timeUs: nowUs } as const;
  const ended = next(order, report).order;
  const refused = requestFact(ended, { ...request, reason }, 'refused');
  return { order: ended, facts: [refused, orderFact(ended)] };
}

/** After a start: nobody has heard what became of orders and requests of the engine before. */
export function restartFacts(orders: OrdersReader, nowUs: EpochUs): readonly OrderFact[] {
  const reason = 'the engine was started again';
  return orders.open().flatMap((order) => [
    ...openOf(orders.requestsOf(order.id))
      .filter(({ state }) => state !== 'given_up')
      .map((one) => requestFact(order, one, 'given_up')),
    ...unknownFacts(order, reason, nowUs),
  ]);
}

export const orderFact = (order: Order): OrderFact => ({
  kind: 'order',
  order: toOrderRecord(order),
});

/** None where the order is unknown already, or over. */
export function unknownFacts(order: Order, reason: string, nowUs: EpochUs): readonly OrderFact[] {
  const { id: orderId } = order;
  const step = next(order, { kind: 'unclear', orderId, reason, timeUs: nowUs });
  return step.change === 'changed' ? [orderFact(step.order)] : [];
}

const openOf = (all: OrderRequests): readonly Request[] =>
  [all.new, all.cancel, all.amend].filter((one) => one !== null);

const clipped = ({ by, reason }: Wish): Wish => ({ by: clip(by), reason: clip(reason) });

// ---- Wishes -----------------------------------------------------------------------------------

/** As it stands: who hears of a fill may still hold the order of before it. */
const current = ({ orders }: Room, order: Order): Order => orders.get(order.id) ?? order;

function cancel(room: Room, asked: Order, wish: Wish, nowUs: EpochUs): Errand | null {
  const order = current(room, asked);
  if (isTerminal(order)) return null;
  const before = room.orders.requestsOf(order.id).cancel;
  const isOnItsWay = before !== null && before.state !== 'given_up';
  const { by, reason } = clipped(wish);
  if (isOnItsWay && before.by === by) return null;
  return sendCancel(
    room,
    order,
    { request: 'cancel', attempt: 1, by, reason, change: null },
    nowUs,
  );
}

type Attempt = Omit<Request, 'state' | 'sentUs'>;

function sendCancel(room: Room, order: Order, attempt: Attempt, nowUs: EpochUs): Errand {
  room.triedUs.set(order.id, nowUs);
  const { cancel: before } = room.orders.requestsOf(order.id);
  // Told once that it does not leave, however long the link is down.
  const isTold =
    before?.state === 'timed_out' && before.attempt === attempt.attempt && before.by === attempt.by;
  return {
    action: { kind: 'cancel', order },
    facts: [requestFact(order, attempt, 'sent')],
    otherwise: isTold ? [] : [requestFact(order, attempt, 'timed_out')],
  };
}

function amend(room: Room, asked: Order, change: OrderChange, wish: Wish): AmendDecision {
  const order = current(room, asked);
  const problems = amendProblems(order, room.orders.requestsOf(order.id), change);
  if (problems.length > 0) return { kind: 'refused', problems };
  const { by, reason } = clipped(wish);
  const attempt: Attempt = { request: 'amend', attempt: 1, by, reason, change };
  const errand: Errand = {
    action: { kind: 'amend', order, change },
    facts: [requestFact(order, attempt, 'sent')],
    otherwise: [requestFact(order, { ...attempt, reason: 'not sent' }, 'refused')],
  };
  return { kind: 'errand', errand };
}

function amendProblems(
  order: Order,
  requests: OrderRequests,
  { qty, price }: OrderChange,
): readonly FieldProblem[] {
  const { id, instrument, filledQty } = order;
  const problems: FieldProblem[] = [];
  const say = (path: string, message: string): void => void problems.push({ path, message });
  if (isTerminal(order)) say('orderId', `order ${id} is ${order.state}: place a new one`);
  if (order.state === 'unknown') {
    say('orderId', `nobody knows the state of order ${id} yet: wait for its venue, or cancel it`);
  }
  if (requests.cancel !== null) say('orderId', `order ${id} is being cancelled`);
  if (requests.amend !== null) {
    say('orderId', `an amend of order ${id} is not answered yet: wait, or cancel the order`);
  }
  if (order.type === 'market') say('orderId', 'a market order cannot be amended');
  if (!(isOnGrid(qty, instrument.lot) && qty > filledQty)) {
    const [lot, filled] = [qtyOf(instrument, instrument.lot), qtyOf(instrument, filledQty)];
    say('quantity', `must be above the ${filled} that is filled, in steps of ${lot}`);
  }
  if (price === null || !(isOnGrid(price, instrument.tick) && price > 0)) {
    say('price', `must be above zero, in steps of ${priceOf(instrument, instrument.tick)}`);
  }
  if (qty === order.qty && price === order.limitPrice) say('quantity', 'nothing would change');
  return problems;
}

const ASK_AGAIN_US = 1_000_000; // a question outside the pace

// ---- Time -------------------------------------------------------------------------------------

function advance(room: Room, nowUs: EpochUs): readonly Errand[] {
  const errands: Errand[] = [];
  const add = (errand: Errand | null): void => {
    if (errand !== null) errands.push(errand);
  };
  for (const [id, requests] of room.orders.requests()) {
    const order = room.orders.get(id);
    if (order === null) continue;
    if (requests.new !== null) add(watchAnswer(room, order, requests.new, nowUs));
    if (requests.amend !== null) add(watchAnswer(room, order, requests.amend, nowUs));
    if (requests.cancel !== null) add(watchCancel(room, order, requests.cancel, nowUs));
  }
  askAround(room, errands, nowUs);
  return errands;
}

/** A new order or an amend: asked about, then given up. It is never sent again: it may be there. */
function watchAnswer(room: Room, order: Order, request: Request, nowUs: EpochUs): Errand | null {
  const { answerUs, giveUpUs } = room.timings;
  const ageUs = nowUs - request.sentUs;
  if (request.state === 'sent' && ageUs >= answerUs) {
    const isNew = request.request === 'new';
    const reason = `no answer for ${answerUs / 1e6} s`;
    const unknown = isNew ? unknownFacts(order, reason, nowUs) : [];
    return report([requestFact(order, request, 'timed_out'), ...unknown]);
  }
  if (request.state === 'timed_out' && ageUs >= giveUpUs) {
    const reason = `${request.request}: no answer for ${giveUpUs / 1e6} s`;
    return report([requestFact(order, request, 'given_up'), ...unknownFacts(order, reason, nowUs)]);
  }
  return null;
}

const report = (facts: readonly OrderFact[]): Errand => ({ action: null, facts, otherwise: facts });

function watchCancel(room: Room, order: Order, request: Request, nowUs: EpochUs): Errand | null {
  const { cancelUs, attemptsMax } = room.timings;
  switch (request.state) {
    case 'sent': {
      const { attempt } = request;
      if (nowUs - request.sentUs < cancelUs * 2 ** (attempt - 1)) return null;
      if (attempt < attemptsMax) {
        return sendCancel(room, order, { ...request, attempt: attempt + 1 }, nowUs);
      }
      const reason = `cancel: no answer to ${attempt} attempts`;
      return report([
        requestFact(order, request, 'given_up'),
        ...unknownFacts(order, reason, nowUs),
      ]);
    }
    case 'timed_out': {
      const triedUs = room.triedUs.get(order.id) ?? Number.NEGATIVE_INFINITY;
      return nowUs - triedUs < cancelUs ? null : sendCancel(room, order, request, nowUs);
    }
    case 'refused': {
      // For this moment, or because it is not there: its venue was asked, and the order lives.
      const pauseUs = cancelUs * 2 ** (request.attempt - 1);
      if (order.state === 'unknown' || nowUs - request.sentUs < pauseUs) return null;
      const attempt = Math.min(request.attempt + 1, attemptsMax);
      return sendCancel(room, order, { ...request, attempt }, nowUs);
    }
    case 'given_up':
      // Its venue has been heard of again, and the order lives: so does the wish.
      return order.state === 'unknown'
        ? null
        : sendCancel(room, order, { ...request, attempt: 1 }, nowUs);
    default:
      return assertNever(request.state);
  }
}

/** Unknown orders and unanswered amends, in turn, so many a look. */
function askAround(
  { orders, timings, askedUs, triedUs }: Room,
  errands: Errand[],
  nowUs: EpochUs,
): void {
  const isOpen = ({ amend }: OrderRequests): boolean => amend !== null && amend.state !== 'sent';
  const isAsked = (id: string): boolean =>
    orders.unknownIds().has(id) || isOpen(orders.requestsOf(id));
  for (const [id, atUs] of askedUs) {
    if (!isAsked(id) && nowUs - atUs >= ASK_AGAIN_US) askedUs.delete(id);
  }
  for (const id of triedUs.keys()) if (orders.requestsOf(id).cancel === null) triedUs.delete(id);
  let left = timings.asksMax;
  const askAbout = (id: string): void => {
    const order = orders.get(id);
    const lastUs = askedUs.get(id) ?? Number.NEGATIVE_INFINITY;
    if (order === null || left === 0 || nowUs - lastUs < timings.askEveryUs) return;
    left -= 1;
    askedUs.set(id, nowUs);
    errands.push(question(order));
  };
  for (const id of orders.unknownIds()) askAbout(id);
  for (const [id, requests] of orders.requests()) if (isOpen(requests)) askAbout(id);
}

const question = (order: Order): Errand => ({
  action: { kind: 'query', order },
  facts: [],
  otherwise: [],
});

function ask({ askedUs }: Room, order: Order, nowUs: EpochUs): Errand | null {
  const lastUs = askedUs.get(order.id) ?? Number.NEGATIVE_INFINITY;
  if (nowUs - lastUs < ASK_AGAIN_US) return null;
  askedUs.set(order.id, nowUs);
  return question(order);
}

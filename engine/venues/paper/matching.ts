// Owns the life of an order at the simulated venue: taken, matched, resting, amended, ended.
// Promise: every fill moves the account in the same step; what is kept back is what can be spent.
import type { TradeEvent } from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import { asPrice, asQty, type EpochUs, type Price } from '../../core/units.ts';
import { spentAsset, spentBy } from './accounts.ts';
import { refusalOf } from './admission.ts';
import { moneyText } from './money.ts';
import { type FillReport, isOpen, type PaperOrder, toVenueOrder } from './order.ts';
import { followBook, joinQueue, tradeThrough } from './queue.ts';
import { say, type VenueState } from './state.ts';
import { NO_SUCH_ORDER, type Refusal, refusalText, UNKNOWN_ORDER } from './words.ts';

/** An order arrives. A second one under the same id changes nothing and is told as unclear. */
export function takeOrder(state: VenueState, order: PaperOrder, timeUs: EpochUs): void {
  const { id, instrument } = order;
  if (state.orders.get(id) !== undefined) {
    const reason = refusalText(instrument, 'duplicate');
    return say(state, { kind: 'unclear', orderId: id, reason, timeUs }, timeUs);
  }
  state.orders.add(order);
  const refusal = state.faults.rejects() ? 'overloaded' : reasonAgainst(state, order);
  if (refusal !== null) {
    return endOrder(state, order, 'rejected', refusalText(instrument, refusal), timeUs);
  }
  say(state, { kind: 'accepted', orderId: id, timeUs }, timeUs);
  match(state, order, timeUs);
}

function reasonAgainst(state: VenueState, order: PaperOrder): Refusal | null {
  const refusal = refusalOf(state, order);
  if (refusal !== null) return refusal;
  if (order.postOnly && wouldTake(state, order)) return 'post_only';
  return canRest(order) && state.orders.openCount >= state.restingMax ? 'too_many' : null;
}

const canRest = ({ type, timeInForce }: PaperOrder): boolean =>
  type === 'limit' && timeInForce === 'GTC';

const wouldTake = ({ liquidity }: VenueState, { instrument, side, price }: PaperOrder): boolean =>
  liquidity.available(instrument, side, price, 1) > 0;

/** Takes what crosses; the rest waits or expires. */
function match(state: VenueState, order: PaperOrder, timeUs: EpochUs): void {
  const { instrument, side, price, remaining } = order;
  const there = state.liquidity.available(instrument, side, price, remaining);
  if (order.timeInForce === 'FOK' && there < remaining) {
    return endOrder(state, order, 'expired', 'fill or kill: not enough size', timeUs);
  }
  state.liquidity.take(instrument, side, price, remaining, (level, qty) => {
    order.remaining -= qty;
    fill(state, order, level, qty, 'taker', timeUs);
  });
  if (order.remaining === 0) return;
  if (!canRest(order)) {
    return endOrder(state, order, 'expired', 'what could not be filled at once', timeUs);
  }
  Object.assign(order, joinQueue(state.books, order));
  hold(state, order, order.remaining);
  state.orders.rest(order);
}

/** The book of an instrument changed: what waits there is crossed or moves up. */
export function matchBook(
  state: VenueState,
  instrument: Instrument,
  eventUs: EpochUs,
  nowUs: EpochUs,
): void {
  state.liquidity.onBook(instrument);
  const orders = state.orders.openOn(instrument);
  if (orders.length === 0) return;
  const onFill = (order: PaperOrder, qty: number): void =>
    fill(state, order, order.price, qty, 'maker', nowUs);
  followBook(state.books, state.liquidity, instrument, orders, eventUs, onFill);
  state.orders.sweep(instrument);
}

/** One that was told before, or comes after a later one, changes nothing. */
export function matchTrade(state: VenueState, event: TradeEvent, nowUs: EpochUs): void {
  const { instrument, tradeId, price, qty, buyerIsMaker, eventUs } = event;
  if (tradeId <= (state.lastTrades.get(instrument.key) ?? -1)) return;
  state.lastTrades.set(instrument.key, tradeId);
  const orders = state.orders.openOn(instrument);
  if (orders.length === 0) return;
  const onFill = (order: PaperOrder, share: number): void =>
    fill(state, order, order.price, share, 'maker', nowUs);
  tradeThrough(orders, price, qty, buyerIsMaker, eventUs, onFill);
  state.orders.sweep(instrument);
}

/** A fill of an order whose `remaining` is already what is left after it. */
export function fill(
  state: VenueState,
  order: PaperOrder,
  price: number,
  qty: number,
  liquidity: 'maker' | 'taker',
  timeUs: EpochUs,
): void {
  const { id, account, instrument, side } = order;
  order.filled += qty;
  if (order.held > 0) hold(state, order, order.remaining);
  const fee = state.accounts.fill({ account, instrument, side, price, qty, liquidity });
  const report: FillReport = {
    kind: 'fill',
    orderId: id,
    fillId: state.fillIds(),
    price: asPrice(price),
    qty: asQty(qty),
    liquidity,
    fee: { asset: fee.asset, amount: moneyText(fee.amount) },
    timeUs,
  };
  order.fills.push(report);
  sayFill(state, order, report, timeUs);
  if (order.remaining === 0) {
    order.state = 'filled';
    state.orders.ended(order);
  }
  if (instrument.kind !== 'spot') trimReduceOnly(state, account, instrument, timeUs);
}

// What waits to reduce must never be more than there is to reduce: what does not fit, goes.
function trimReduceOnly(
  state: VenueState,
  account: string,
  instrument: Instrument,
  timeUs: EpochUs,
): void {
  const { qty } = state.accounts.position(account, instrument);
  let left = Math.abs(qty);
  for (const order of state.orders.openOn(instrument)) {
    if (!order.reduceOnly || order.account !== account || order.remaining === 0) continue;
    const isClosing = order.side === 'buy' ? qty < 0 : qty > 0;
    if (isClosing && order.remaining <= left) left -= order.remaining;
    else endOrder(state, order, 'expired', 'reduce only: the position is smaller now', timeUs);
  }
  state.orders.sweep(instrument);
}

/** Keeps back what `steps` of the order may spend, instead of what was kept for it before. */
export function hold(state: VenueState, order: PaperOrder, steps: number): void {
  const { account, instrument, side, price, reduceOnly, held } = order;
  order.held = steps;
  if (instrument.kind === 'spot') {
    const asset = spentAsset(instrument, side);
    const balance = state.accounts.balance(account, instrument.venue, asset);
    balance.reserved +=
      spentBy(instrument, side, price, steps) - spentBy(instrument, side, price, held);
  } else if (!reduceOnly) {
    const position = state.accounts.position(account, instrument);
    if (side === 'buy') position.openBuys += steps - held;
    else position.openSells += steps - held;
  }
}

/** A word of the venue's own on the end of an order; what it kept back is free again. */
export function endOrder(
  state: VenueState,
  order: PaperOrder,
  ending: 'cancelled' | 'rejected' | 'expired',
  reason: string,
  timeUs: EpochUs,
): void {
  if (order.held > 0) hold(state, order, 0);
  order.remaining = 0;
  order.state = ending;
  order.reason = reason;
  state.orders.ended(order);
  say(state, { kind: 'ended', orderId: order.id, state: ending, reason, timeUs }, timeUs);
}

/** An order that has ended is told again; for one that never was the cancel is refused. */
export function cancelOrder(state: VenueState, id: string, timeUs: EpochUs): void {
  const order = state.orders.get(id);
  if (order === undefined) return refuse(state, id, 'cancel', UNKNOWN_ORDER, timeUs);
  if (!isOpen(order)) return tellOrder(state, order, timeUs);
  endOrder(state, order, 'cancelled', 'requested', timeUs);
  state.orders.sweep(order.instrument);
}

/** What became of an order: its life again. One that never was is told as rejected. */
export function queryOrder(state: VenueState, id: string, timeUs: EpochUs): void {
  const order = state.orders.get(id);
  if (order !== undefined) return tellOrder(state, order, timeUs);
  if (state.orders.hasForgotten) {
    const reason = `${NO_SUCH_ORDER} Or it ended long ago: ended orders are kept for a while only.`;
    return say(state, { kind: 'unclear', orderId: id, reason, timeUs }, timeUs);
  }
  const ending = { state: 'rejected', reason: NO_SUCH_ORDER } as const;
  say(state, { kind: 'ended', orderId: id, ...ending, timeUs }, timeUs);
}

// Fills first, under their own ids; then what stands, which is what an amend made of it; the end.
function tellOrder(state: VenueState, order: PaperOrder, timeUs: EpochUs): void {
  const { id: orderId, state: ending, reason } = order;
  for (const report of order.fills) sayFill(state, order, report, timeUs);
  if (ending === 'open' || ending === 'filled') return sayStanding(state, order, timeUs);
  say(state, { kind: 'ended', orderId, state: ending, reason, timeUs }, timeUs);
}

function sayStanding(state: VenueState, order: PaperOrder, timeUs: EpochUs): void {
  const { id: orderId, price } = order;
  say(state, { kind: 'amended', orderId, qty: asQty(order.qty), price, timeUs }, timeUs);
}

/** Whose order it is goes with every fill: who asks may not know it (a forced one). */
export function sayFill(
  state: VenueState,
  order: PaperOrder,
  report: FillReport,
  timeUs: EpochUs,
): void {
  say(state, { ...report, order: toVenueOrder(order) }, timeUs);
}

function refuse(
  state: VenueState,
  orderId: string,
  request: 'cancel' | 'amend',
  reason: string,
  timeUs: EpochUs,
): void {
  say(state, { kind: 'refused', orderId, request, reason, timeUs }, timeUs);
}

/**
 * Another quantity (in all, filled part included) or price under the same id. Only a smaller
 * quantity keeps the place in the queue. One that is refused leaves the order as it is; one that
 * was filled up to the new quantity, or is post-only and would take, ends.
 */
export function amendOrder(
  state: VenueState,
  id: string,
  qty: number,
  price: Price,
  timeUs: EpochUs,
): void {
  const order = state.orders.get(id);
  if (order === undefined) return refuse(state, id, 'amend', UNKNOWN_ORDER, timeUs);
  if (!isOpen(order)) return tellOrder(state, order, timeUs);
  const { instrument, filled } = order;
  if (qty > 0 && qty <= filled) {
    endOrder(state, order, 'cancelled', 'amended to what is filled already', timeUs);
    return state.orders.sweep(instrument);
  }
  const keepsPlace = price === order.price && qty < order.qty;
  const at = state.orders.openOn(instrument).indexOf(order);
  const { held } = order;
  state.orders.lift(order);
  hold(state, order, 0);
  const wish: PaperOrder = { ...order, qty, price, remaining: qty - filled };
  const refusal = refusalOf(state, wish);
  if (refusal !== null) {
    hold(state, order, held);
    state.orders.putBack(order, at);
    return refuse(state, id, 'amend', refusalText(instrument, refusal), timeUs);
  }
  Object.assign(order, { qty, price, remaining: qty - filled });
  if (!keepsPlace) return rejoin(state, order, timeUs);
  hold(state, order, order.remaining);
  state.orders.putBack(order, at);
  sayStanding(state, order, timeUs);
}

function rejoin(state: VenueState, order: PaperOrder, timeUs: EpochUs): void {
  if (order.postOnly && wouldTake(state, order)) {
    const reason = refusalText(order.instrument, 'post_only');
    return endOrder(state, order, 'cancelled', reason, timeUs);
  }
  sayStanding(state, order, timeUs);
  match(state, order, timeUs);
}

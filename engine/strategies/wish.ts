// Owns what makes a wish an order: its instrument, its grids, its words; the same on both threads.
// Promise: what is no order throws a StrategyError that says which field, what it was, what to do.
import { formatPrice, formatQty, type Instrument, isOnGrid } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import type { Price, Qty } from '../core/units.ts';
import { type Amendment, REFERENCE_LENGTH_MAX, StrategyError, type Wish } from './strategy.ts';

/**
 * The wish, whole. Throws for one no venue could take; `isOwn` says whether the instrument is
 * its own. Every field is read once: it may be a getter, and what is checked has to be sent.
 */
export function readWish(wish: Wish, isOwn: (instrument: Instrument) => boolean): Required<Wish> {
  const { instrument, side, qty, price, postOnly = false, reduceOnly = false } = wish;
  const timeInForce = wish.timeInForce ?? (price === null ? 'IOC' : 'GTC');
  const reference = wish.reference ?? '';
  const read = { instrument, side, qty, price, timeInForce, postOnly, reduceOnly, reference };
  checkWish(read, isOwn);
  return read;
}

function checkWish(wish: Required<Wish>, isOwn: (instrument: Instrument) => boolean): void {
  const { instrument, side, qty, price, timeInForce, postOnly, reduceOnly, reference } = wish;
  if (typeof instrument !== 'object' || instrument === null || !isOwn(instrument)) {
    throw new StrategyError(`submit: ${nameOf(instrument)} is none of its instruments`);
  }
  if (side !== 'buy' && side !== 'sell') {
    throw new StrategyError(`submit: side must be 'buy' or 'sell', not ${shown(side)}`);
  }
  checkQty('submit', instrument, qty);
  if (price !== null) checkPrice('submit', instrument, price);
  if (timeInForce !== 'GTC' && timeInForce !== 'IOC' && timeInForce !== 'FOK') {
    throw new StrategyError(
      `submit: timeInForce must be GTC, IOC or FOK, not ${shown(timeInForce)}`,
    );
  }
  if (price === null && timeInForce === 'GTC') {
    throw new StrategyError(
      'submit: a market order (price null) cannot rest: leave timeInForce out',
    );
  }
  if (typeof postOnly !== 'boolean' || typeof reduceOnly !== 'boolean') {
    throw new StrategyError('submit: postOnly and reduceOnly must be true or false');
  }
  if (postOnly && timeInForce !== 'GTC') {
    throw new StrategyError(`submit: postOnly rests, so it cannot be ${timeInForce}`);
  }
  checkReference(reference);
}

function checkReference(reference: unknown): void {
  if (typeof reference === 'string' && reference.length <= REFERENCE_LENGTH_MAX) return;
  const most = `text of at most ${REFERENCE_LENGTH_MAX} characters`;
  throw new StrategyError(`submit: a reference is ${most}, not ${shown(reference)}`);
}

/** The size and price that `change` asks a living limit order for; throws where there is none. */
export function readAmendment(
  order: Order,
  change: Amendment,
): { readonly qty: Qty; readonly price: Price } {
  const { qty = order.qty, price = order.price } = change;
  if (order.price === null || price === null) {
    throw new StrategyError(`amend: ${order.id} is a market order; only limit orders are amended`);
  }
  checkQty('amend', order.instrument, qty);
  checkPrice('amend', order.instrument, price);
  if (qty <= order.filledQty) {
    const filled = formatQty(order.instrument, order.filledQty);
    throw new StrategyError(
      `amend: ${filled} of ${order.id} are filled; qty is the whole, or cancel`,
    );
  }
  return { qty, price };
}

function checkQty(what: string, instrument: Instrument, qty: Qty): void {
  if (typeof qty === 'number' && qty > 0 && isOnGrid(qty, instrument.lot)) return;
  const lot = `${instrument.lot} (${formatQty(instrument, instrument.lot)})`;
  throw new StrategyError(
    `${what}: qty must be steps above 0 in lots of ${lot}, not ${shown(qty)}; ` +
      'desk.numbers.floorToLot makes them',
  );
}

function checkPrice(what: string, instrument: Instrument, price: Price): void {
  if (typeof price === 'number' && price > 0 && isOnGrid(price, instrument.tick)) return;
  const tick = `${instrument.tick} (${formatPrice(instrument, instrument.tick)})`;
  throw new StrategyError(
    `${what}: price must be steps above 0 in ticks of ${tick}, not ${shown(price)}; ` +
      'desk.numbers.toPrice and roundToTick make them',
  );
}

function nameOf(instrument: unknown): string {
  if (typeof instrument !== 'object' || instrument === null) return shown(instrument);
  const key: unknown = 'key' in instrument ? instrument.key : undefined;
  return typeof key === 'string' ? key.slice(0, 60) : shown(instrument);
}

/** A value in an error text: short, and NaN is called NaN. */
export function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 60);
  } catch {
    return `what has no text (${typeof value})`; // it holds itself, or its own code throws
  }
}

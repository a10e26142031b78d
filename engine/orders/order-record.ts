// Owns the way between an order and its journal record.
// Promise: there and back gives the same order; decimals are exact at the instrument's scales.
import { assert } from '../core/assert.ts';
import { formatPrice, formatQty, type Instrument } from '../core/instrument.ts';
import type { Order, OrderChange } from '../core/order.ts';
import { asEpochUs, asPrice, asQty, parseDecimal } from '../core/units.ts';
import type { ChangeRecord, OrderRecord } from '../facts/order.ts';
import { averagePrice, formatValue, parseValue } from './order-value.ts';

export function toOrderRecord(order: Order): OrderRecord {
  const { instrument, price, limitPrice } = order;
  return {
    id: order.id,
    instrument: instrument.key,
    account: order.account,
    strategy: order.strategy,
    parentId: order.parentId,
    side: order.side,
    type: order.type,
    qty: formatQty(instrument, order.qty),
    price: price === null ? null : formatPrice(instrument, price),
    limitPrice: limitPrice === null ? null : formatPrice(instrument, limitPrice),
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    reduceOnly: order.reduceOnly,
    origin: order.origin,
    state: order.state,
    filledQty: formatQty(instrument, order.filledQty),
    filledValue: formatValue(instrument, order.filledValue),
    averagePrice: averagePrice(order),
    reason: order.reason,
    arrivalMid: order.arrivalMid,
    createdUs: order.createdUs,
    updatedUs: order.updatedUs,
  };
}

/**
 * The order of a record. `cancelRequested` is no part of it: requests say whether a cancel is on
 * its way. Throws InvariantError for decimals that do not fit and for filled > quantity.
 */
export function fromOrderRecord(record: OrderRecord, instrument: Instrument): Order {
  const { id, price, limitPrice } = record;
  const qty = parseQty(instrument, record.qty, id);
  const filledQty = parseQty(instrument, record.filledQty, id);
  const filledValue = parseValue(instrument, record.filledValue);
  assert(filledValue !== null, `order ${id}: filled value ${record.filledValue} does not fit`);
  assert(filledQty <= qty, `order ${id}: filled ${record.filledQty} of ${record.qty}`);
  return {
    id,
    instrument,
    account: record.account,
    strategy: record.strategy,
    parentId: record.parentId,
    side: record.side,
    type: record.type,
    qty: asQty(qty),
    price: price === null ? null : parsePrice(instrument, price, id),
    limitPrice: limitPrice === null ? null : parsePrice(instrument, limitPrice, id),
    timeInForce: record.timeInForce,
    postOnly: record.postOnly,
    reduceOnly: record.reduceOnly,
    origin: record.origin,
    state: record.state,
    cancelRequested: false,
    filledQty: asQty(filledQty),
    filledValue,
    reason: record.reason,
    arrivalMid: record.arrivalMid,
    createdUs: asEpochUs(record.createdUs),
    updatedUs: asEpochUs(record.updatedUs),
  };
}

export const parseQty = (instrument: Instrument, text: string, id: string) =>
  asQty(stepsOf(text, instrument.qtyScale, id));

export const parsePrice = (instrument: Instrument, text: string, id: string) =>
  asPrice(stepsOf(text, instrument.priceScale, id));

export const toChangeRecord = (instrument: Instrument, change: OrderChange): ChangeRecord => ({
  qty: formatQty(instrument, change.qty),
  price: change.price === null ? null : formatPrice(instrument, change.price),
});

export const fromChangeRecord = (
  instrument: Instrument,
  { qty, price }: ChangeRecord,
  id: string,
): OrderChange => ({
  qty: parseQty(instrument, qty, id),
  price: price === null ? null : parsePrice(instrument, price, id),
});

const ZERO = 48;
const POINT = 46;
const QUICK_CHARS = 15; // fewer digits than a double holds

/** Digits one by one where there are few, as in nearly every fact; parseDecimal says no. */
function stepsOf(text: string, scale: number, id: string): number {
  let steps = 0;
  let places = -1; // digits after the point, -1 before it
  let isQuick = text.length > 0 && text.length + scale <= QUICK_CHARS;
  for (let at = 0; isQuick && at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) {
      steps = steps * 10 + digit;
      if (places >= 0) places += 1;
    } else if (digit === POINT - ZERO && places < 0 && at > 0) places = 0;
    else isQuick = false;
  }
  if (isQuick && places !== 0 && places <= scale) {
    for (let k = Math.max(places, 0); k < scale; k += 1) steps *= 10;
    return steps;
  }
  const parsed = parseDecimal(text, scale);
  assert(typeof parsed === 'number' && parsed >= 0, `order ${id}: ${text} does not fit`);
  return parsed;
}

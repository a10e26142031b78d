// Owns the way between an order and its journal record.
// Promise: there and back gives the same order; decimals are exact at the instrument's scales.
import { assert } from '../core/assert.ts';
import { formatPrice, formatQty, type Instrument } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import { asEpochUs, asPrice, asQty, formatDecimal, parseDecimal } from '../core/units.ts';
import type { OrderRecord } from '../facts/fact.ts';

export function toOrderRecord(order: Order): OrderRecord {
  const { instrument } = order;
  return {
    id: order.id,
    instrument: instrument.key,
    account: order.account,
    strategy: order.strategy,
    side: order.side,
    type: order.type,
    qty: formatQty(instrument, order.qty),
    price: order.price === null ? null : formatPrice(instrument, order.price),
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    reduceOnly: order.reduceOnly,
    origin: order.origin,
    state: order.state,
    filledQty: formatQty(instrument, order.filledQty),
    averagePrice: averagePrice(order),
    reason: order.reason,
    arrivalMid: order.arrivalMid,
    createdUs: order.createdUs,
    updatedUs: order.updatedUs,
  };
}

/**
 * The order of a record. `find` looks an instrument up by key. A cancel that was on its way when
 * the record was made is asked again, so cancelRequested starts false.
 */
export function fromOrderRecord(
  record: OrderRecord,
  find: (key: string) => Instrument | null,
): Order {
  const instrument = find(record.instrument);
  assert(instrument !== null, `order ${record.id}: ${record.instrument} is not configured`);
  const steps = (name: string, text: string, scale: number): number => {
    const parsed = parseDecimal(text, scale);
    assert(typeof parsed === 'number', `order ${record.id}: ${name} ${text} does not fit`);
    return parsed;
  };
  const { priceScale, qtyScale } = instrument;
  const filledQty = steps('filled quantity', record.filledQty, qtyScale);
  const average = record.averagePrice === null ? 0 : Number(record.averagePrice);
  return {
    id: record.id,
    instrument,
    account: record.account,
    strategy: record.strategy,
    side: record.side,
    type: record.type,
    qty: asQty(steps('quantity', record.qty, qtyScale)),
    price: record.price === null ? null : asPrice(steps('price', record.price, priceScale)),
    timeInForce: record.timeInForce,
    postOnly: record.postOnly,
    reduceOnly: record.reduceOnly,
    origin: record.origin,
    state: record.state,
    cancelRequested: false,
    filledQty: asQty(filledQty),
    filledValue: Math.round(average * 10 ** priceScale * filledQty),
    reason: record.reason,
    arrivalMid: record.arrivalMid,
    createdUs: asEpochUs(record.createdUs),
    updatedUs: asEpochUs(record.updatedUs),
  };
}

// filledValue is a double: what lies beyond its digits would be noise, told as if it were a price.
const DOUBLE_DIGITS = 15;

/** Gives the filled value back to fifteen digits: exactly, while both numbers are small. */
function averagePrice({ instrument, filledQty, filledValue }: Order): string | null {
  if (filledQty === 0) return null;
  const whole = String(Math.round(filledValue / filledQty)).length;
  const digits = Math.max(0, Math.min(String(filledQty).length, DOUBLE_DIGITS - whole));
  const size = BigInt(filledQty);
  const scaled = BigInt(Math.round(filledValue)) * 10n ** BigInt(digits);
  return formatDecimal((scaled + size / 2n) / size, instrument.priceScale + digits);
}

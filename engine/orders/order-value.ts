// Owns what fills are worth and the average that follows: exact sums, harmonic where inverse.
// Promise: nothing is rounded but an inverse fill, down, at the 18th place, and the average, once.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import { formatDecimal, type Price, type Qty } from '../core/units.ts';

const INVERSE_SCALE = 18;
const AVERAGE_DIGITS = 4; // of an average beyond the instrument's own

/** Places of a filled value's smallest unit: 1 is 10^-valueScale. */
export const valueScale = ({ kind, priceScale, qtyScale }: Instrument): number =>
  kind === 'inverse' ? INVERSE_SCALE : priceScale + qtyScale;

const powers: bigint[] = Array.from({ length: 64 }, (_, k) => 10n ** BigInt(k));

function tenTo(k: number): bigint {
  const power = powers[k];
  assert(power !== undefined, `scale ${k} is outside 0..63`);
  return power;
}

/** Price x quantity; inverse: quantity / price, because contracts are worth a fixed sum each. */
export function fillValue(instrument: Instrument, price: Price, qty: Qty): bigint {
  if (instrument.kind !== 'inverse') return BigInt(price) * BigInt(qty);
  const { priceScale, qtyScale } = instrument;
  return (BigInt(qty) * tenTo(INVERSE_SCALE + priceScale)) / (BigInt(price) * tenTo(qtyScale));
}

/**
 * The average as venues tell it, to four digits more than a price has, rounded half up: value /
 * quantity, or for inverse contracts quantity / value (their harmonic mean). Null: nothing filled.
 */
export function averagePrice({ instrument, filledQty, filledValue }: Order): string | null {
  if (filledQty === 0 || filledValue === 0n) return null;
  const { kind, priceScale, qtyScale } = instrument;
  const places = priceScale + AVERAGE_DIGITS;
  const size = BigInt(filledQty);
  if (kind !== 'inverse') {
    return formatDecimal(round(filledValue * tenTo(AVERAGE_DIGITS), size), places);
  }
  const scaled = size * tenTo(INVERSE_SCALE + places);
  return formatDecimal(round(scaled, filledValue * tenTo(qtyScale)), places);
}

const round = (n: bigint, d: bigint): bigint => (n + d / 2n) / d;

export const formatValue = (instrument: Instrument, value: bigint): string =>
  formatDecimal(value, valueScale(instrument));

/** Null: no plain decimal above or at zero, or one finer than the instrument's values are. */
export function parseValue(instrument: Instrument, text: string): bigint | null {
  if (text === '0') return 0n;
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return null;
  const [, whole = '0', fraction = ''] = parts;
  const scale = valueScale(instrument);
  return fraction.length > scale ? null : BigInt(whole + fraction.padEnd(scale, '0'));
}

// Owns the branded numbers every other room speaks, and the exact way between them and decimals.
// Promise: a decimal either converts exactly or is refused; no price or quantity is ever rounded.
import { assert } from './assert.ts';

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** Count of 10^-priceScale in the quote asset, an exact integer below 2^53 held in a double. */
export type Price = Unit<'Price'>;
/** Count of 10^-qtyScale of the instrument's quantity (base asset or contracts). */
export type Qty = Unit<'Qty'>;
/** Microseconds since the Unix epoch. */
export type EpochUs = Unit<'EpochUs'>;

export const asPrice = (steps: number): Price => steps as Price;
export const asQty = (steps: number): Qty => steps as Qty;
export const asEpochUs = (us: number): EpochUs => us as EpochUs;

const POWERS = Array.from({ length: 19 }, (_, k) => 10 ** k);

/** 10^k for 0 <= k <= 18, from a table (10 ** k is exact there). */
export function powerOfTen(k: number): number {
  const power = POWERS[k];
  assert(power !== undefined, `scale ${k} is outside 0..18`);
  return power;
}

export type DecimalProblem =
  | { readonly kind: 'not_a_decimal'; readonly text: string }
  | { readonly kind: 'too_fine'; readonly text: string; readonly scale: number }
  | { readonly kind: 'too_large'; readonly text: string };

const DECIMAL = /^-?(?:\d+)(?:\.\d+)?$/;

/**
 * Exact steps of 10^-scale for a plain decimal ("61800.20", scale 1 gives 618002).
 * Refuses exponents, digits finer than the scale that are not zero, and results >= 2^53.
 */
export function parseDecimal(text: string, scale: number): number | DecimalProblem {
  if (!DECIMAL.test(text)) return { kind: 'not_a_decimal', text };
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  if (/[1-9]/.test(fraction.slice(scale))) return { kind: 'too_fine', text, scale };
  const steps = Number(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  if (!Number.isSafeInteger(steps)) return { kind: 'too_large', text };
  return negative && steps !== 0 ? -steps : steps;
}

// A double prints without an exponent below 1e21, so below 2^53 its own digits are exact.
const digitsOf = (steps: number | bigint): string =>
  typeof steps === 'bigint' || Number.isSafeInteger(steps)
    ? steps.toString()
    : BigInt(steps).toString();

/** The shortest exact decimal of an integer count of 10^-scale: 618002 at 1 gives "61800.2". */
export function formatDecimal(steps: number | bigint, scale: number): string {
  const negative = steps < 0;
  const digits = digitsOf(negative ? -steps : steps).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** A finite double with two digits, as large as it may be: toFixed alone turns to exponents. */
export const formatCents = (value: number): string =>
  Math.abs(value) < 1e21 ? value.toFixed(2) : `${BigInt(value)}.00`;

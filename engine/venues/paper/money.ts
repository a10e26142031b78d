// Owns exact money of the simulated venue: integers of 10^-18, the worth of a fill, its fee.
// Promise: arithmetic of its own, as a real venue's is: it and the ledger check each other.
import { assert } from '../../core/assert.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Side } from '../../core/order.ts';
import { formatDecimal } from '../../core/units.ts';

/** Count of 10^-18 of one asset. */
export type Money = bigint;

const SCALE = 18;
const ONE = 10n ** BigInt(SCALE);
const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,18}))?$/;

/** Exact, or null when the text is no plain decimal of at most 18 places. */
export function moneyOf(text: string): Money | null {
  const parts = DECIMAL.exec(text);
  if (parts === null) return null;
  const [, sign = '', whole = '0', decimals = ''] = parts;
  return BigInt(`${sign}${whole}${decimals.padEnd(SCALE, '0')}`);
}

export const moneyText = (money: Money): string => formatDecimal(money, SCALE);

/** The nearest double: for margin, which is an estimate at a mark. */
export const realOf = (money: Money): number => Number(money) / 1e18;

export const absolute = (money: Money): Money => (money < 0n ? -money : money);

/** n / d with d > 0, towards +infinity ('up') or -infinity ('down'). */
export function quotient(n: bigint, d: bigint, rounding: 'up' | 'down'): bigint {
  const towardsZero = n / d;
  const rest = n % d;
  if (rest === 0n) return towardsZero;
  if (rounding === 'up') return rest > 0n ? towardsZero + 1n : towardsZero;
  return rest < 0n ? towardsZero - 1n : towardsZero;
}

const tens = (places: number): bigint => 10n ** BigInt(places);

/** A quantity in steps as an amount of the base asset. */
export const qtyMoney = (instrument: Instrument, qty: number): Money =>
  BigInt(qty) * tens(SCALE - instrument.qtyScale);

/**
 * What a fill of `qty` at `price` is worth: in the quote asset, or in coins for inverse contracts
 * (contracts x face / price). Rounded against the customer: a buyer pays up or gets fewer coins.
 */
export function worthOf(instrument: Instrument, side: Side, price: number, qty: number): Money {
  const { kind, priceScale, qtyScale, multiplier } = instrument;
  const face = moneyOf(String(multiplier));
  assert(face !== null, `${instrument.key}: contract size ${multiplier} is no plain decimal`);
  const units = face * BigInt(qty);
  const isInverse = kind === 'inverse';
  const rounding = (side === 'buy') === isInverse ? 'down' : 'up';
  return isInverse
    ? quotient(units * tens(priceScale), BigInt(price) * tens(qtyScale), rounding)
    : quotient(units * BigInt(price), tens(priceScale + qtyScale), rounding);
}

/** A share of an amount that is not negative, rounded up; a rebate is a negative rate. */
export function feeOf(amount: Money, rate: number): Money {
  const parts = moneyOf(rate.toFixed(12));
  assert(parts !== null, `fee rate ${rate} is not a number`);
  return quotient(amount * parts, ONE, 'up');
}

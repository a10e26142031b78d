// Owns exact money: integers of 10^-18 of an asset, and every rounding that is ever done to them.
// Promise: a rounding has a stated direction; nothing is lost silently.
import { assert } from '../core/assert.ts';
import { formatDecimal } from '../core/units.ts';

/** Count of 10^-18 of one asset. */
export type Amount = bigint;
export const AMOUNT_SCALE = 18;
const ONE = 10n ** BigInt(AMOUNT_SCALE);

/** Towards +infinity or towards -infinity. */
export type Rounding = 'up' | 'down';

/** n / d for d > 0, rounded as told. */
export function divide(n: bigint, d: bigint, rounding: Rounding): bigint {
  assert(d > 0n, 'division by a number that is not positive');
  const quotient = n / d; // towards zero
  const rest = n - quotient * d;
  if (rest === 0n) return quotient;
  if (rounding === 'up') return rest > 0n ? quotient + 1n : quotient;
  return rest < 0n ? quotient - 1n : quotient;
}

/** A double as the shortest decimal that names it: numerator / 10^scale, exactly. */
export interface Fraction {
  readonly numerator: bigint;
  readonly scale: number;
}

/** 0.00055 is 55 / 10^5; refuses what is not finite. */
export function fractionOf(value: number): Fraction {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  assert(parts !== null, `${value} is not a finite number`);
  const [, sign = '', whole = '0', decimals = '', exponent = '0'] = parts;
  const digits = BigInt(`${sign}${whole}${decimals}`);
  const scale = decimals.length - Number(exponent);
  return scale >= 0
    ? { numerator: digits, scale }
    : { numerator: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Exact amount of a plain decimal; null when it is none or is finer than 10^-18. */
export function parseAmount(text: string): Amount | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return null;
  const [, sign = '', whole = '0', decimals = ''] = parts;
  if (/[1-9]/.test(decimals.slice(AMOUNT_SCALE))) return null;
  const digits = decimals.slice(0, AMOUNT_SCALE).padEnd(AMOUNT_SCALE, '0');
  return BigInt(`${sign}${whole}${digits}`);
}

export const formatAmount = (amount: Amount): string => formatDecimal(amount, AMOUNT_SCALE);

/** n / d in units of 10^-18, rounded as told: n and d are exact integers, d > 0. */
export const amountOfRatio = (n: bigint, d: bigint, rounding: Rounding): Amount =>
  divide(n * ONE, d, rounding);

/** The nearest double, whole and fraction apart, so that large amounts keep their cents. */
export function toNumber(amount: Amount): number {
  const whole = amount / ONE;
  return Number(whole) + Number(amount - whole * ONE) / 1e18;
}

// Owns exact money: integers of 10^-18 of an asset, and every rounding that is ever done to them.
// Promise: a rounding has a stated direction; nothing is lost silently.
import { assert } from '../core/assert.ts';

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
  if (Number.isSafeInteger(value)) return { numerator: BigInt(value), scale: 0 };
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  assert(parts !== null, `${value} is not a finite number`);
  const [, sign = '', whole = '0', decimals = '', exponent = '0'] = parts;
  const digits = BigInt(`${sign}${whole}${decimals}`);
  const scale = decimals.length - Number(exponent);
  return scale >= 0
    ? { numerator: digits, scale }
    : { numerator: digits * 10n ** BigInt(-scale), scale: 0 };
}

const POWERS = Array.from({ length: AMOUNT_SCALE + 1 }, (_, k) => 10n ** BigInt(k));
const DIGITS_IN_DOUBLE = 15;
const [ZERO, NINE, POINT, MINUS] = [48, 57, 46, 45] as const;

/**
 * Exact amount of a plain decimal; null when it is none or is finer than 10^-18. Up to 15 digits
 * are counted in a double, which a fold of many facts is glad of; longer ones take the slow way.
 */
export function parseAmount(text: string): Amount | null {
  const isNegative = text.charCodeAt(0) === MINUS;
  const first = isNegative ? 1 : 0;
  if (text.length - first > DIGITS_IN_DOUBLE) return parseLong(text);
  let digits = 0;
  let point = -1;
  for (let k = first; k < text.length; k += 1) {
    const code = text.charCodeAt(k);
    if (code === POINT && point < 0) point = k;
    else if (code < ZERO || code > NINE) return null;
    else digits = digits * 10 + (code - ZERO);
  }
  if (text.length === first || point === first || point === text.length - 1) return null;
  const decimals = point < 0 ? 0 : text.length - 1 - point;
  return BigInt(isNegative ? -digits : digits) * (POWERS[AMOUNT_SCALE - decimals] ?? 0n);
}

function parseLong(text: string): Amount | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return null;
  const [, sign = '', whole = '0', decimals = ''] = parts;
  if (/[1-9]/.test(decimals.slice(AMOUNT_SCALE))) return null;
  const digits = decimals.slice(0, AMOUNT_SCALE).padEnd(AMOUNT_SCALE, '0');
  return BigInt(`${sign}${whole}${digits}`);
}

/** The shortest exact decimal. */
export function formatAmount(amount: Amount): string {
  const whole = amount / ONE; // towards zero
  const rest = amount - whole * ONE;
  if (rest === 0n) return whole.toString();
  const digits = (rest < 0n ? -rest : rest).toString().padStart(AMOUNT_SCALE, '0');
  let end = AMOUNT_SCALE;
  while (digits.charCodeAt(end - 1) === ZERO) end -= 1;
  const sign = amount < 0n && whole === 0n ? '-' : '';
  return `${sign}${whole}.${digits.slice(0, end)}`;
}

/** n / d in units of 10^-18, rounded as told: n and d are exact integers, d > 0. */
export const amountOfRatio = (n: bigint, d: bigint, rounding: Rounding): Amount =>
  divide(n * ONE, d, rounding);

/** The nearest double, whole and fraction apart, so that large amounts keep their cents. */
export function toNumber(amount: Amount): number {
  const whole = amount / ONE;
  return Number(whole) + Number(amount - whole * ONE) / 1e18;
}

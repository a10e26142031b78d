// Owns how numbers of risk read in a table: money, shares and moves.
// Promise: pure; an undefined number is a dash, never 0.

const NONE = '-';

const isNumber = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** Money with thousands separators; cents below a thousand. */
export function money(value: number | null | undefined): string {
  if (!isNumber(value)) return NONE;
  const digits = Math.abs(value) < 1000 ? 2 : 0;
  const text = value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return /^-[0.]+$/.test(text) ? text.slice(1) : text; // no minus zero
}

/** A fraction in per cent. */
export const percent = (value: number | null | undefined, digits = 1): string =>
  isNumber(value) ? `${(value * 100).toFixed(digits)} %` : NONE;

export const decimal = (value: number | null | undefined, digits = 3): string =>
  isNumber(value) ? value.toFixed(digits) : NONE;

export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

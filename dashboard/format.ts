// Owns how numbers and times are written on the screen.
// Promise: fixed digits for a kind of figure, so columns stand still while values move.

const grouped = new Map<number, Intl.NumberFormat>();

function formatterOf(digits: number): Intl.NumberFormat {
  const known = grouped.get(digits);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  grouped.set(digits, made);
  return made;
}

/** 12345.678 with 2 digits is '12,345.68'; a true minus sign; '–' for what is not a number. */
export function formatNumber(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '–';
  const text = formatterOf(digits).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** The same with a plus sign in front of gains. */
export function formatSigned(value: number, digits: number): string {
  const text = formatNumber(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export const formatPercent = (fraction: number, digits: number): string =>
  Number.isFinite(fraction) ? `${formatNumber(fraction * 100, digits)} %` : '–';

/** 371621 is '371.6k'. */
export function formatCompact(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${formatNumber(value / 1e9, 2)}bn`;
  if (size >= 1e6) return `${formatNumber(value / 1e6, 2)}m`;
  if (size >= 1e4) return `${formatNumber(value / 1e3, 1)}k`;
  return formatNumber(value, 0);
}

/** A decimal text as it came, with groups and a true minus sign; never rounded. */
export function formatDecimalText(text: string): string {
  const [whole = '0', fraction] = text.replace('-', '').split('.');
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = text.startsWith('-') ? '−' : '';
  return `${sign}${groups}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** The same cut to what can be read: cents of thousands, eight digits of less; never rounded up. */
export function formatAmountText(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const digits = Math.abs(Number(whole)) >= 1000 ? 2 : 8;
  return formatDecimalText(`${whole}.${fraction.slice(0, digits).padEnd(digits, '0')}`);
}

/** A decimal text, or 'unknown' as the engine says it. */
export const formatMoneyText = (text: string): string =>
  text === 'unknown' ? text : formatDecimalText(text);

/** A price with digits by its size, so that a column of one market stands still. */
export function formatPrice(price: number): string {
  const size = Math.abs(price);
  if (size >= 1000) return formatNumber(price, 2);
  if (size >= 10) return formatNumber(price, 3);
  if (size >= 1) return formatNumber(price, 4);
  return formatNumber(price, size >= 0.01 ? 5 : 8);
}

/** Microseconds as '650 ns', '21.0 µs', '1.90 ms', '2.10 s'. */
export function formatUs(us: number): string {
  if (!Number.isFinite(us)) return '–';
  if (us < 1) return `${formatNumber(us * 1000, 0)} ns`;
  if (us < 100) return `${formatNumber(us, 1)} µs`;
  if (us < 1000) return `${formatNumber(us, 0)} µs`;
  if (us < 1e6) return `${formatNumber(us / 1000, us < 1e5 ? 2 : 0)} ms`;
  return `${formatNumber(us / 1e6, 2)} s`;
}

/** '2026-01-05T09:30:01.234567Z' is '09:30:01.234'. */
export const formatTime = (iso: string): string => iso.slice(11, 23);

/** Seconds as '4 s', '12 min', '3 h 20 min', '2 d 4 h'. */
export function formatSpan(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (hours === 0) return `${minutes} min`;
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 'instrument:BTCUSDT.binance-usdm' without its first word: the rest says it is one. */
export const formatScope = (scope: string): string => scope.replace(/^instrument:/, '');

/** 'partially_filled' is 'partially filled'. */
export const formatWords = (name: string): string => name.replaceAll('_', ' ');

// Owns the small words of the API that every view needs: times, keys of instruments, snake_case.
// Promise: pure; a time keeps its microseconds, a key that is data keeps its spelling.

/** '2024-08-08T00:00:01.234567Z'; the empty string for a time that cannot be one. */
export function isoOf(timeUs: number): string {
  const date = new Date(Math.floor(timeUs / 1000));
  if (Number.isNaN(date.getTime())) return '';
  const micros = String(Math.floor(timeUs) % 1000).padStart(3, '0');
  return date.toISOString().replace('Z', `${micros}Z`);
}

/** An instrument key 'BTCUSDT.binance-usdm' in its two parts. */
export function splitKey(key: string): { readonly symbol: string; readonly venue: string } {
  const dot = key.lastIndexOf('.');
  return dot < 0
    ? { symbol: key, venue: '' }
    : { symbol: key.slice(0, dot), venue: key.slice(dot + 1) };
}

/**
 * The same with every key of every object in snake_case, as the rest of the API spells them. Keys
 * that are data (levels, scenarios, assets) have no capital after a small letter and stay.
 */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, held]) => [snakeKey(key), snakeKeys(held)]);
  return Object.fromEntries(entries);
}

/** 'toVenue' is 'to_venue'. */
export const snakeKey = (key: string): string =>
  key.replace(
    /([a-z0-9])([A-Z])(?=[a-z])/g,
    (_, before, letter) => `${before}_${letter.toLowerCase()}`,
  );

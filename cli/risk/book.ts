// Owns the JSON of a book: symbol and notional, with the contract where it is not plain spot.
// Promise: pure; every problem at once with its path; a symbol that cannot be read is no guess.
import type { UnwindTerms } from '../../engine/analysis/liquidity.ts';
import type { StressPosition } from '../../engine/analysis/stress.ts';

export type Book = readonly StressPosition[];

export type BookResult =
  | { readonly kind: 'read'; readonly book: Book }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

type Add = (path: string, message: string) => void;

const POSITIONS_MAX = 10_000;
const NOTIONAL_MAX = 1e18;
const TERMS = ['half_spread', 'daily_volatility', 'daily_volume'] as const;
const KEYS: readonly string[] = ['notional', 'kind', 'base', 'quote', ...TERMS];

/**
 * `{"BTC/USD": 1000000}`: notional in US dollars, negative = short. A symbol with a settlement
 * asset is a contract: `BTC/USDT:USDT` linear, `BTC/USD:BTC` inverse; any other is spot. In place
 * of the number an object may stand: `{"notional", "kind"?, "base"?, "quote"?, "half_spread"?,
 * "daily_volatility"?, "daily_volume"?}`; the last three come together and price the exit.
 */
export function parseBook(document: unknown): BookResult {
  const problems: string[] = [];
  const add: Add = (path, message) => problems.push(`${path}: ${message}`);
  if (!isRecord(document)) {
    return { kind: 'invalid', problems: ['a portfolio is an object of symbol and notional'] };
  }
  const entries = Object.entries(document);
  if (entries.length === 0) problems.push('the portfolio holds no position');
  if (entries.length > POSITIONS_MAX) {
    problems.push(`${entries.length} positions; at most ${POSITIONS_MAX} are taken`);
    return { kind: 'invalid', problems };
  }
  const book = entries.map(([symbol, value]) => parsePosition(symbol, value, add));
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'read', book };
}

function parsePosition(symbol: string, value: unknown, add: Add): StressPosition {
  const given = isRecord(value) ? value : { notional: value };
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key)) add(`${symbol}.${key}`, `is not known; keys are ${KEYS.join(', ')}`);
  }
  const read = readSymbol(symbol);
  const kind = given.kind ?? read.kind;
  if (kind !== 'spot' && kind !== 'linear' && kind !== 'inverse') {
    add(`${symbol}.kind`, `${JSON.stringify(kind)} is not spot, linear or inverse`);
  }
  const unwind = parseTerms(symbol, given, add);
  return {
    symbol,
    notional: parseNumber(symbol, given.notional, -NOTIONAL_MAX, add),
    kind: kind === 'linear' || kind === 'inverse' ? kind : 'spot',
    base: parseAsset(`${symbol}.base`, given.base ?? read.base, add),
    quote: parseAsset(`${symbol}.quote`, given.quote ?? read.quote, add),
    ...(unwind === null ? {} : { unwind }),
  };
}

interface SymbolParts {
  readonly base: string | null;
  readonly quote: string | null;
  readonly kind: StressPosition['kind'];
}

function readSymbol(symbol: string): SymbolParts {
  const match = /^([^/:]+)\/([^/:]+)(?::([^/:-]+).*)?$/.exec(symbol);
  const [, base = null, quote = null, settle] = match ?? [];
  if (settle === undefined) return { base, quote, kind: 'spot' };
  return { base, quote, kind: settle === base ? 'inverse' : 'linear' };
}

function parseAsset(path: string, value: unknown, add: Add): string {
  if (typeof value === 'string' && /^[A-Za-z0-9._]{1,20}$/.test(value)) return value.toUpperCase();
  if (value === null) add(path, 'is missing: the symbol is not of the form BASE/QUOTE');
  else add(path, `${JSON.stringify(value)} is not the code of an asset`);
  return '';
}

function parseTerms(
  symbol: string,
  given: Readonly<Record<string, unknown>>,
  add: Add,
): UnwindTerms | null {
  const missing = TERMS.filter((key) => given[key] === undefined);
  if (missing.length === TERMS.length) return null;
  for (const key of missing)
    add(`${symbol}.${key}`, `is missing: ${TERMS.join(', ')} come together`);
  const [halfSpread = 0, dailyVolatility = 0, dailyVolume = 0] = TERMS.map((key) =>
    given[key] === undefined ? 0 : parseNumber(`${symbol}.${key}`, given[key], 0, add),
  );
  return { halfSpread, dailyVolatility, dailyVolume };
}

function parseNumber(path: string, value: unknown, min: number, add: Add): number {
  if (typeof value !== 'number' || !(value >= min && value <= NOTIONAL_MAX)) {
    add(path, `${JSON.stringify(value)} is not a number from ${min} to ${NOTIONAL_MAX}`);
    return 0;
  }
  return value;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// Owns how `colin risk` reads its files: returns, a book, numbers given as options.
// Promise: a file that cannot be used is named with place and remedy; nothing is read unbounded.
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parsePortfolio, parseReturns, type ReturnsTable } from '../../engine/analysis/returns.ts';
import { userPath } from '../invocation.ts';
import { complain } from '../terminal.ts';
import { type Book, parseBook } from './book.ts';

const FILE_BYTES_MAX = 64 * 2 ** 20;
const TEXT_BYTES_MAX = 256 * 2 ** 20; // after inflating
const SYMBOLS_MAX = 500;
const ROWS_MAX = 20_000;
/** Work grows with rows x symbols^2; this much of it takes about half a minute. */
const WORK_MAX = 1e9;
const PROBLEMS_SHOWN = 20;

/** What a file was read into, or null after a complaint (exit code 3). */
export function readText(path: string): string | null {
  const place = userPath(path);
  try {
    const { size } = statSync(place);
    if (size > FILE_BYTES_MAX) {
      complain(`${path}: ${size} bytes; at most ${FILE_BYTES_MAX} are read`);
      return null;
    }
    const bytes = readFileSync(place);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (isGzip ? gunzipSync(bytes, { maxOutputLength: TEXT_BYTES_MAX }) : bytes).toString();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    complain(`${path}: cannot be read: ${reason}`);
    return null;
  }
}

/** Names each problem of a file on its own line, up to a bound. */
export function complainAll(path: string, problems: readonly string[]): null {
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) complain(`${path}: ${problem}`);
  const more = problems.length - PROBLEMS_SHOWN;
  if (more > 0) complain(`${path}: and ${more} more`);
  return null;
}

export function readReturns(path: string): ReturnsTable | null {
  const text = readText(path);
  if (text === null) return null;
  const result = parseReturns(text);
  if (result.kind === 'invalid') return complainAll(path, result.problems);
  const { symbols, rows } = result.table;
  const work = rows * symbols.length ** 2;
  if (symbols.length > SYMBOLS_MAX || rows > ROWS_MAX || work > WORK_MAX) {
    const size = `${rows} rows of ${symbols.length} symbols`;
    const most = `${ROWS_MAX} rows, ${SYMBOLS_MAX} symbols, rows x symbols^2 of ${WORK_MAX}`;
    complain(`${path}: ${size} are too much work; at most ${most}`);
    return null;
  }
  return result.table;
}

export function readJson(path: string): { readonly value: unknown } | null {
  const text = readText(path);
  if (text === null) return null;
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    complain(`${path}: is not JSON: ${reason}`);
    return null;
  }
}

export function readBook(path: string): Book | null {
  const document = readJson(path);
  if (document === null) return null;
  const result = parseBook(document.value);
  return result.kind === 'invalid' ? complainAll(path, result.problems) : result.book;
}

/** Notionals of a book in the order of the table's symbols. */
export function readNotional(path: string, table: ReturnsTable): Float64Array | null {
  const book = readBook(path);
  if (book === null) return null;
  const document = Object.fromEntries(book.map(({ symbol, notional }) => [symbol, notional]));
  const result = parsePortfolio(document, table.symbols);
  return result.kind === 'invalid' ? complainAll(path, result.problems) : result.notional;
}

/** A number given as an option, or null when it is none or not above `above`. */
export function parseNumberOption(text: string, above = Number.NEGATIVE_INFINITY): number | null {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value > above ? value : null;
}

// Owns the byte scanner for JSON as Binance prints it: decimals, integers, strings, levels.
// Promise: nothing is allocated on the good path; a fault is noted with its place, never guessed.
import { powerOfTen } from '../../core/units.ts';

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BACKSLASH = 0x5c;
const EXACT_BELOW = 2 ** 53;
const PLACES_MAX = 12; // of powerOfTen in use

export type ScanFault =
  | 'malformed' // not JSON, or not the JSON Binance sends
  | 'cut' // the frame ends in the middle
  | 'bad_number' // a price, quantity or id that is no plain decimal
  | 'too_fine' // more decimals than the instrument's scale, and not zeros
  | 'too_large' // 2^53 steps or more
  | 'batch_overflow' // more levels than the level batch holds
  | 'unexpected_order'; // legal JSON in an order the scanner does not know: ask JSON.parse

/** Where the scanner stands in one frame. `fault` stays null while all is well. */
export interface Cursor {
  bytes: Uint8Array;
  at: number;
  end: number; // exclusive
  fault: ScanFault | null;
  faultAt: number; // byte in `bytes`
  textStart: number; // the last string scanned, without quotes
  textEnd: number;
}

export const createCursor = (): Cursor => ({
  bytes: new Uint8Array(0),
  at: 0,
  end: 0,
  fault: null,
  faultAt: 0,
  textStart: 0,
  textEnd: 0,
});

/** Notes the first fault; -1, so that it can stand where a number would. */
export function fail(cursor: Cursor, fault: ScanFault, at: number): number {
  if (cursor.fault === null) {
    cursor.fault = at >= cursor.end && fault !== 'batch_overflow' ? 'cut' : fault;
    cursor.faultAt = Math.min(at, cursor.end);
  }
  return -1;
}

/** The next byte that is not white space, without taking it. */
export function peek(cursor: Cursor): number {
  const bytes = cursor.bytes;
  let at = cursor.at;
  let byte = bytes[at] ?? 0;
  while (byte <= SPACE && at < cursor.end) {
    if (byte !== SPACE && byte !== TAB && byte !== NEWLINE && byte !== RETURN) break;
    at += 1;
    byte = bytes[at] ?? 0;
  }
  cursor.at = at;
  return byte;
}

/** Takes the next byte when it is `wanted`, else notes a fault. */
export function expect(cursor: Cursor, wanted: number): boolean {
  if (peek(cursor) === wanted) {
    cursor.at += 1;
    return true;
  }
  fail(cursor, 'malformed', cursor.at);
  return false;
}

/** A string without escapes (Binance prints none); its place goes to textStart and textEnd. */
export function scanText(cursor: Cursor): boolean {
  if (!expect(cursor, QUOTE)) return false;
  const bytes = cursor.bytes;
  let at = cursor.at;
  cursor.textStart = at;
  for (;;) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) break;
    if (byte === BACKSLASH || byte < SPACE) {
      fail(cursor, byte === BACKSLASH ? 'unexpected_order' : 'malformed', at);
      return false;
    }
    at += 1;
  }
  cursor.textEnd = at;
  cursor.at = at + 1;
  return true;
}

/** A non-negative integer below 2^53 (ids, milliseconds); -1 on a fault. */
export function scanInteger(cursor: Cursor): number {
  const first = peek(cursor);
  if (first < ZERO || first > NINE) return fail(cursor, 'bad_number', cursor.at);
  const bytes = cursor.bytes;
  let at = cursor.at;
  let value = 0;
  let byte = first;
  while (byte >= ZERO && byte <= NINE) {
    value = value * 10 + (byte - ZERO);
    at += 1;
    byte = bytes[at] ?? 0;
  }
  if (first === ZERO && at > cursor.at + 1) return fail(cursor, 'malformed', cursor.at);
  if (value >= EXACT_BELOW) return fail(cursor, 'too_large', cursor.at);
  cursor.at = at;
  return value;
}

/** A quoted decimal as exact steps of 10^-scale ("61800.20" at 1 is 618002); -1 on a fault. */
export function scanSteps(cursor: Cursor, scale: number): number {
  if (peek(cursor) !== QUOTE) return fail(cursor, 'bad_number', cursor.at);
  const bytes = cursor.bytes;
  const start = cursor.at + 1;
  let at = start;
  let steps = 0;
  let byte = bytes[at] ?? 0;
  while (byte >= ZERO && byte <= NINE) {
    steps = steps * 10 + (byte - ZERO);
    at += 1;
    byte = bytes[at] ?? 0;
  }
  if (at === start) return fail(cursor, 'bad_number', at);
  let left = scale;
  if (byte === DOT) {
    const fraction = at + 1;
    for (at = fraction; ; at += 1) {
      byte = bytes[at] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      if (left > 0) {
        steps = steps * 10 + (byte - ZERO);
        left -= 1;
      } else if (byte !== ZERO) return fail(cursor, 'too_fine', at);
    }
    if (at === fraction) return fail(cursor, 'bad_number', at);
  }
  if (byte !== QUOTE) return fail(cursor, 'bad_number', at);
  if (left > 0) steps *= powerOfTen(left);
  if (steps >= EXACT_BELOW) return fail(cursor, 'too_large', start);
  cursor.at = at + 1;
  return steps;
}

/**
 * A quoted decimal below 2^53 as a double, for estimates that lie on no grid; -1 on a fault. Digits
 * beyond what a double holds exactly are read and left out: below 2^53 digits over a power of ten
 * is the nearest double there is.
 */
export function scanDecimal(cursor: Cursor): number {
  if (peek(cursor) !== QUOTE) return fail(cursor, 'bad_number', cursor.at);
  const { bytes } = cursor;
  const start = cursor.at + 1;
  let at = start;
  let digits = 0;
  let places = 0;
  let byte = bytes[at] ?? 0;
  for (; byte >= ZERO && byte <= NINE; byte = bytes[at] ?? 0) {
    digits = digits * 10 + (byte - ZERO);
    at += 1;
  }
  if (at === start) return fail(cursor, 'bad_number', at);
  if (digits >= EXACT_BELOW) return fail(cursor, 'too_large', start);
  if (byte === DOT) {
    const fraction = at + 1;
    for (at = fraction; ; at += 1) {
      byte = bytes[at] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      if (digits * 10 + 9 >= EXACT_BELOW || places === PLACES_MAX) continue;
      digits = digits * 10 + (byte - ZERO);
      places += 1;
    }
    if (at === fraction) return fail(cursor, 'bad_number', at);
  }
  if (byte !== QUOTE) return fail(cursor, 'bad_number', at);
  cursor.at = at + 1;
  return digits / powerOfTen(places);
}

/** Where levels go: rows of { price, quantity } in steps, `used` of `capacity` taken. */
export interface LevelRows {
  readonly rows: Float64Array;
  readonly capacity: number;
  used: number;
}

/** `[["price","qty"],…]` appended to `levels`; the number of levels, or -1 on a fault. */
export function scanLevels(
  cursor: Cursor,
  levels: LevelRows,
  priceScale: number,
  qtyScale: number,
): number {
  const first = levels.used;
  const rows = levels.rows;
  if (!expect(cursor, OPEN_BRACKET)) return -1;
  if (peek(cursor) === CLOSE_BRACKET) {
    cursor.at += 1;
    return 0;
  }
  for (;;) {
    if (levels.used >= levels.capacity) return fail(cursor, 'batch_overflow', cursor.at);
    if (!expect(cursor, OPEN_BRACKET)) return -1;
    const price = scanSteps(cursor, priceScale);
    if (price < 0 || !expect(cursor, COMMA)) return -1;
    const qty = scanSteps(cursor, qtyScale);
    if (qty < 0 || !expect(cursor, CLOSE_BRACKET)) return -1;
    if (price === 0) return fail(cursor, 'bad_number', cursor.at);
    rows[levels.used * 2] = price;
    rows[levels.used * 2 + 1] = qty;
    levels.used += 1;
    const next = peek(cursor);
    cursor.at += 1;
    if (next === CLOSE_BRACKET) return levels.used - first;
    if (next !== COMMA) return fail(cursor, 'malformed', cursor.at - 1);
  }
}

/** Steps over any value; brackets inside strings are not brackets. False on a fault. */
export function skipValue(cursor: Cursor): boolean {
  let depth = 0;
  do {
    const byte = peek(cursor);
    if (cursor.at >= cursor.end) return fail(cursor, 'cut', cursor.end) > 0;
    if (byte === QUOTE) {
      if (!skipText(cursor)) return false;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      cursor.at += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return fail(cursor, 'malformed', cursor.at) > 0;
      depth -= 1;
      cursor.at += 1;
    } else if (byte === COMMA || byte === COLON) {
      if (depth === 0) return fail(cursor, 'malformed', cursor.at) > 0;
      cursor.at += 1;
    } else skipWord(cursor);
  } while (depth > 0);
  return true;
}

// true, false, null or a number: up to the next structural byte
function skipWord(cursor: Cursor): void {
  for (; cursor.at < cursor.end; cursor.at += 1) {
    const byte = cursor.bytes[cursor.at] ?? 0;
    if (byte <= SPACE || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return;
  }
}

// A string whose content does not matter: escapes are stepped over.
function skipText(cursor: Cursor): boolean {
  for (cursor.at += 1; cursor.at < cursor.end; cursor.at += 1) {
    const byte = cursor.bytes[cursor.at] ?? 0;
    if (byte < SPACE) return fail(cursor, 'malformed', cursor.at) > 0;
    if (byte === BACKSLASH) cursor.at += 1;
    else if (byte === QUOTE) {
      cursor.at += 1;
      return true;
    }
  }
  return fail(cursor, 'cut', cursor.end) > 0;
}

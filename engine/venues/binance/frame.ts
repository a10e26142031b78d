// Owns one Binance frame while it is scanned: its fields, in whatever order they come.
// Promise: after scanFrame every field that was in the frame is exact, or the cursor has a fault.
import type { Instrument } from '../../core/instrument.ts';
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  type Cursor,
  expect,
  fail,
  type LevelRows,
  OPEN_BRACE,
  OPEN_BRACKET,
  peek,
  QUOTE,
  scanDecimal,
  scanInteger,
  scanLevels,
  scanSteps,
  scanText,
  skipValue,
} from './scan.ts';
import type { SymbolTable } from './symbols.ts';

export const TYPE_NONE = 0; // no "e": a spot bookTicker, a snapshot, or an answer
export const TYPE_DEPTH = 1;
export const TYPE_TICKER = 2;
export const TYPE_TRADE = 3;
export const TYPE_AGGREGATE = 4;
export const TYPE_MARK = 5;
export const TYPE_UNKNOWN = 6;

/** Fields of the frame under the scanner; NaN where absent. Numbers are ids, ms or steps. */
export interface Frame {
  type: number;
  instrument: Instrument | null;
  hasSymbol: boolean;
  isScaled: boolean; // prices were read at the scale of `instrument`
  isWrapped: boolean; // inside the "data" of a combined stream
  streamStart: number; // of the combined stream's name, or of the event's name; 0, 0 = none
  streamEnd: number;
  symbolStart: number;
  symbolEnd: number;
  snapshotId: number;
  eventMs: number; // E
  firstId: number; // U
  lastId: number; // u
  previousId: number; // pu
  tradeId: number; // t, or a of an aggregate
  price: number; // p; of a mark price in the quote asset, not in steps
  qty: number; // q
  bid: number;
  bidQty: number;
  ask: number;
  askQty: number;
  bidCount: number;
  askCount: number;
  buyerIsMaker: boolean;
  hasMaker: boolean;
}

export const createFrame = (): Frame => ({
  type: TYPE_NONE,
  instrument: null,
  hasSymbol: false,
  isScaled: false,
  isWrapped: false,
  streamStart: 0,
  streamEnd: 0,
  symbolStart: 0,
  symbolEnd: 0,
  snapshotId: Number.NaN,
  eventMs: Number.NaN,
  firstId: Number.NaN,
  lastId: Number.NaN,
  previousId: Number.NaN,
  tradeId: Number.NaN,
  price: Number.NaN,
  qty: Number.NaN,
  bid: Number.NaN,
  bidQty: Number.NaN,
  ask: Number.NaN,
  askQty: Number.NaN,
  bidCount: Number.NaN,
  askCount: Number.NaN,
  buyerIsMaker: false,
  hasMaker: false,
});

function clearFrame(frame: Frame, source: Instrument | null): void {
  frame.type = TYPE_NONE;
  frame.instrument = source;
  frame.hasSymbol = false;
  frame.isScaled = false;
  frame.isWrapped = false;
  frame.streamStart = 0;
  frame.streamEnd = 0;
  frame.snapshotId = Number.NaN;
  frame.eventMs = Number.NaN;
  frame.firstId = Number.NaN;
  frame.lastId = Number.NaN;
  frame.previousId = Number.NaN;
  frame.tradeId = Number.NaN;
  frame.price = Number.NaN;
  frame.qty = Number.NaN;
  frame.bid = Number.NaN;
  frame.bidQty = Number.NaN;
  frame.ask = Number.NaN;
  frame.askQty = Number.NaN;
  frame.bidCount = Number.NaN;
  frame.askCount = Number.NaN;
  frame.hasMaker = false;
}

/** What the scanner writes into and asks, beside the frame. */
export interface ScanContext {
  readonly cursor: Cursor;
  readonly frame: Frame;
  readonly levels: LevelRows;
  readonly symbols: SymbolTable;
}

/** Scans bytes[start, end) of the cursor; `source`: the instrument of frames without a symbol. */
export function scanFrame(context: ScanContext, source: Instrument | null): boolean {
  const { cursor, frame, levels } = context;
  clearFrame(frame, source);
  levels.used = 0;
  cursor.fault = null;
  if (!scanObject(context)) return false;
  peek(cursor);
  if (cursor.at < cursor.end) fail(cursor, 'malformed', cursor.at);
  else if (cursor.at > cursor.end) fail(cursor, 'cut', cursor.end);
  return cursor.fault === null;
}

function scanObject(context: ScanContext): boolean {
  const { cursor } = context;
  if (!expect(cursor, OPEN_BRACE)) return false;
  if (peek(cursor) === CLOSE_BRACE) {
    cursor.at += 1;
    return true;
  }
  for (;;) {
    if (!scanText(cursor)) return false;
    const start = cursor.textStart;
    const length = cursor.textEnd - start;
    if (!expect(cursor, COLON)) return false;
    const key = cursor.bytes[start] ?? 0;
    const known = length === 1 ? scanShort(context, key) : scanLong(context);
    if (!known && cursor.fault === null) skipValue(cursor);
    if (cursor.fault !== null) return false;
    const next = peek(cursor);
    cursor.at += 1;
    if (next === CLOSE_BRACE) return true;
    if (next !== COMMA) return fail(cursor, 'malformed', cursor.at - 1) > 0;
  }
}

const code = (letter: string): number => letter.charCodeAt(0);
const KEY_E = code('E');
const KEY_U = code('U');
const KEY_A = code('A');
const KEY_B = code('B');
const KEY_a = code('a');
const KEY_b = code('b');
const KEY_e = code('e');
const KEY_m = code('m');
const KEY_p = code('p');
const KEY_q = code('q');
const KEY_s = code('s');
const KEY_t = code('t');
const KEY_u = code('u');

// One-letter keys. False: not ours, step over the value.
function scanShort(context: ScanContext, key: number): boolean {
  const { cursor, frame } = context;
  switch (key) {
    case KEY_e:
      return scanType(context);
    case KEY_E:
      frame.eventMs = scanInteger(cursor);
      return true;
    case KEY_s:
      return scanSymbol(context);
    case KEY_U:
      frame.firstId = scanInteger(cursor);
      return true;
    case KEY_u:
      frame.lastId = scanInteger(cursor);
      return true;
    case KEY_t:
      frame.tradeId = scanInteger(cursor);
      return true;
    case KEY_p:
      frame.price = frame.type === TYPE_MARK ? scanDecimal(cursor) : scanPrice(context);
      return true;
    case KEY_q:
      frame.qty = scanQty(context);
      return true;
    case KEY_m:
      return scanMaker(context);
    default:
      return scanSides(context, key);
  }
}

// b, a: levels of a diff, a price of a ticker, or an order id of a trade; B, A: sizes.
function scanSides(context: ScanContext, key: number): boolean {
  const { cursor, frame } = context;
  const next = peek(cursor);
  if (next === OPEN_BRACKET) {
    if (key === KEY_b) return scanBids(context);
    if (key === KEY_a) return scanAsks(context);
    return false;
  }
  if (next === QUOTE) {
    if (key === KEY_b) frame.bid = scanPrice(context);
    else if (key === KEY_B) frame.bidQty = scanQty(context);
    else if (key === KEY_a) frame.ask = scanPrice(context);
    else if (key === KEY_A) frame.askQty = scanQty(context);
    else return false;
    return true;
  }
  if (key !== KEY_a || frame.type !== TYPE_AGGREGATE) return false;
  frame.tradeId = scanInteger(cursor);
  return true;
}

const DATA = Buffer.from('data');
const BIDS = Buffer.from('bids');
const ASKS = Buffer.from('asks');
const STREAM = Buffer.from('stream');
const SYMBOL = Buffer.from('symbol');
const PREVIOUS = Buffer.from('pu');
const SNAPSHOT_ID = Buffer.from('lastUpdateId');

// The longer keys. False: not ours, step over the value.
function scanLong(context: ScanContext): boolean {
  const { cursor, frame } = context;
  switch (cursor.textEnd - cursor.textStart) {
    case 2:
      if (!isText(cursor, PREVIOUS)) return false;
      frame.previousId = scanInteger(cursor);
      return true;
    case 4:
      if (isText(cursor, BIDS)) return scanBids(context);
      if (isText(cursor, ASKS)) return scanAsks(context);
      if (frame.isWrapped || !isText(cursor, DATA)) return false;
      frame.isWrapped = true;
      return scanObject(context);
    case 6:
      if (isText(cursor, SYMBOL)) return scanSymbol(context);
      if (!isText(cursor, STREAM) || !scanText(cursor)) return false;
      frame.streamStart = cursor.textStart;
      frame.streamEnd = cursor.textEnd;
      return true;
    case 12:
      if (!isText(cursor, SNAPSHOT_ID)) return false;
      frame.snapshotId = scanInteger(cursor);
      return true;
    default:
      return false;
  }
}

const DEPTH_NAME = Buffer.from('depthUpdate');
const TICKER_NAME = Buffer.from('bookTicker');
const TRADE_NAME = Buffer.from('trade');
const AGGREGATE_NAME = Buffer.from('aggTrade');
const MARK_NAME = Buffer.from('markPriceUpdate');

function scanType({ cursor, frame }: ScanContext): boolean {
  if (!scanText(cursor)) return false;
  if (isText(cursor, DEPTH_NAME)) frame.type = TYPE_DEPTH;
  else if (isText(cursor, TICKER_NAME)) frame.type = TYPE_TICKER;
  else if (isText(cursor, TRADE_NAME)) frame.type = TYPE_TRADE;
  else if (isText(cursor, AGGREGATE_NAME)) frame.type = TYPE_AGGREGATE;
  else if (isText(cursor, MARK_NAME)) frame.type = TYPE_MARK;
  else {
    frame.type = TYPE_UNKNOWN;
    if (frame.streamEnd === 0) {
      frame.streamStart = cursor.textStart;
      frame.streamEnd = cursor.textEnd;
    }
    return fail(cursor, 'malformed', cursor.textStart) > 0;
  }
  return true;
}

function isText(cursor: Cursor, word: Uint8Array): boolean {
  const start = cursor.textStart;
  if (cursor.textEnd - start !== word.length) return false;
  for (let at = 0; at < word.length; at += 1) {
    if (cursor.bytes[start + at] !== word[at]) return false;
  }
  return true;
}

function scanSymbol({ cursor, frame, symbols }: ScanContext): boolean {
  if (!scanText(cursor)) return false;
  frame.symbolStart = cursor.textStart;
  frame.symbolEnd = cursor.textEnd;
  const found = symbols.find(cursor.bytes, cursor.textStart, cursor.textEnd);
  const isLate = frame.isScaled && found !== frame.instrument; // wrong scale was used
  frame.instrument = found;
  frame.hasSymbol = true;
  return !isLate || fail(cursor, 'unexpected_order', cursor.textStart) > 0;
}

// Prices need the instrument's scale: a price before the symbol is a job for JSON.parse.
function scanPrice({ cursor, frame }: ScanContext): number {
  frame.isScaled = true;
  if (frame.instrument !== null) return scanSteps(cursor, frame.instrument.priceScale);
  return fail(cursor, 'unexpected_order', cursor.at);
}

function scanQty({ cursor, frame }: ScanContext): number {
  frame.isScaled = true;
  if (frame.instrument !== null) return scanSteps(cursor, frame.instrument.qtyScale);
  return fail(cursor, 'unexpected_order', cursor.at);
}

function scanBids({ cursor, frame, levels }: ScanContext): boolean {
  const instrument = frame.instrument;
  if (instrument === null || levels.used > 0) {
    return fail(cursor, 'unexpected_order', cursor.at) > 0;
  }
  frame.isScaled = true;
  frame.bidCount = scanLevels(cursor, levels, instrument.priceScale, instrument.qtyScale);
  return true;
}

function scanAsks({ cursor, frame, levels }: ScanContext): boolean {
  const instrument = frame.instrument;
  if (instrument === null || Number.isNaN(frame.bidCount)) {
    return fail(cursor, 'unexpected_order', cursor.at) > 0;
  }
  frame.askCount = scanLevels(cursor, levels, instrument.priceScale, instrument.qtyScale);
  return true;
}

function scanMaker({ cursor, frame }: ScanContext): boolean {
  frame.buyerIsMaker = peek(cursor) === KEY_t;
  frame.hasMaker = true;
  const start = cursor.at;
  if (!skipValue(cursor)) return false;
  const isWord = cursor.at - start === (frame.buyerIsMaker ? 4 : 5); // true, false
  return isWord || fail(cursor, 'malformed', start) > 0;
}

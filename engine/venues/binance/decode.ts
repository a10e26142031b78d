// Owns the decoding of Binance market data (spot, USD-M, COIN-M) into engine events.
// Promise: an event is exact or a problem says what and where; events are carriers, reused.
import { BATCH_LEVELS_MAX } from '../../../wasm/layout.ts';
import { assertNever } from '../../core/assert.ts';
import type {
  DepthEvent,
  MarkEvent,
  MarketEvent,
  QuoteEvent,
  SnapshotEvent,
  TradeEvent,
} from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import { asEpochUs, asPrice, asQty } from '../../core/units.ts';
import type { MemoryPlan } from '../../memory/plan.ts';
import { blankDepth, blankMark, blankQuote, blankSnapshot, blankTrade } from './carriers.ts';
import {
  createFrame,
  type ScanContext,
  scanFrame,
  TYPE_AGGREGATE,
  TYPE_DEPTH,
  TYPE_MARK,
  TYPE_NONE,
  TYPE_TICKER,
  TYPE_TRADE,
  TYPE_UNKNOWN,
} from './frame.ts';
import { createCursor, type ScanFault } from './scan.ts';
import { createSymbolTable, type ResolveSymbol } from './symbols.ts';

export type DecodeProblemKind =
  | 'malformed'
  | 'cut'
  | 'bad_number'
  | 'too_fine'
  | 'too_large'
  | 'batch_overflow'
  | 'missing_field'
  | 'unknown_stream' // an event type that is not decoded here
  | 'unknown_symbol'
  | 'no_instrument' // a snapshot without a symbol, and nothing says whose it is
  | 'not_market_data'; // an answer to a subscription, an empty frame

/** Why a frame gave no event. `what` is for people; `at` a byte offset in the frame. */
export interface DecodeProblem {
  readonly kind: DecodeProblemKind;
  readonly what: string;
  readonly at: number;
}

export interface BinanceDecoderOptions {
  readonly buffer: SharedArrayBuffer | ArrayBuffer;
  readonly plan: Pick<MemoryPlan, 'batch'>;
  readonly resolve: ResolveSymbol; // asked once for each symbol
}

export interface BinanceDecoder {
  /** One frame; levels of depth and snapshot events lie in the level batch, bids first. */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    receiveUs: number,
    tickNs: number,
  ): MarketEvent | DecodeProblem;
  /** Says whose the snapshots without a symbol are (spot prints none); null forgets it. */
  setSource(instrument: Instrument | null): void;
  /** What symbols stand for has changed: `resolve` is asked again for each. */
  forgetSymbols(): void;
}

/** True for the answers of decode that are no events. */
export const isDecodeProblem = (answer: MarketEvent | DecodeProblem): answer is DecodeProblem =>
  answer.kind !== 'depth' &&
  answer.kind !== 'quote' &&
  answer.kind !== 'trade' &&
  answer.kind !== 'snapshot' &&
  answer.kind !== 'mark';

interface Decoding extends ScanContext {
  source: Instrument | null; // said by setSource
  only: Instrument | null; // the one instrument seen so far
  isMixed: boolean; // more than one was seen
  depth: DepthEvent | null;
  snapshot: SnapshotEvent | null;
  trade: TradeEvent | null;
  quote: QuoteEvent | null;
  mark: MarkEvent | null;
}

/** A decoder for one source (a connection or a file) of one venue. */
export function createBinanceDecoder(options: BinanceDecoderOptions): BinanceDecoder {
  const state: Decoding = {
    cursor: createCursor(),
    frame: createFrame(),
    levels: {
      rows: new Float64Array(options.buffer, options.plan.batch, BATCH_LEVELS_MAX * 2),
      capacity: BATCH_LEVELS_MAX,
      used: 0,
    },
    symbols: createSymbolTable(options.resolve),
    source: null,
    only: null,
    isMixed: false,
    depth: null,
    snapshot: null,
    trade: null,
    quote: null,
    mark: null,
  };
  return {
    decode: (bytes, start, end, receiveUs, tickNs) =>
      decodeFrame(state, bytes, start, end, receiveUs, tickNs),
    setSource(instrument) {
      state.source = instrument;
    },
    forgetSymbols() {
      state.symbols.forget();
      if (!state.isMixed) state.only = null;
    },
  };
}

function decodeFrame(
  state: Decoding,
  bytes: Uint8Array,
  start: number,
  end: number,
  receiveUs: number,
  tickNs: number,
): MarketEvent | DecodeProblem {
  const source = state.source ?? (state.isMixed ? null : state.only);
  if (scanAt(state, bytes, start, end, source)) return toEvent(state, start, receiveUs, tickNs);
  const fault = state.cursor.fault ?? 'malformed';
  const { frame } = state;
  const isHopeless = frame.type === TYPE_UNKNOWN || (frame.hasSymbol && frame.instrument === null);
  if (isHopeless || fault !== 'unexpected_order') return toProblem(state, fault, start);
  const reordered = reorder(bytes, start, end);
  if (typeof reordered === 'string') return { kind: 'malformed', what: reordered, at: 0 };
  if (scanAt(state, reordered, 0, reordered.length, source)) {
    return toEvent(state, 0, receiveUs, tickNs);
  }
  return toProblem(state, state.cursor.fault ?? 'malformed', 0);
}

function scanAt(
  state: Decoding,
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Instrument | null,
): boolean {
  state.cursor.bytes = bytes;
  state.cursor.at = start;
  state.cursor.end = end;
  return scanFrame(state, source);
}

function toEvent(
  state: Decoding,
  start: number,
  receiveUs: number,
  tickNs: number,
): MarketEvent | DecodeProblem {
  const { frame } = state;
  const instrument = frame.instrument;
  if (instrument === null) {
    if (frame.hasSymbol) return unknownSymbol(state, start);
    const isAnswer = Number.isNaN(frame.snapshotId) && frame.type === TYPE_NONE;
    if (isAnswer) return problem(state, 'not_market_data', start);
    return { kind: 'no_instrument', what: 'a frame without a symbol', at: 0 };
  }
  if (frame.hasSymbol && instrument !== state.only) {
    state.isMixed = state.only !== null;
    state.only ??= instrument;
  }
  switch (frame.type) {
    case TYPE_DEPTH:
      return toDepth(state, instrument, receiveUs, tickNs);
    case TYPE_TRADE:
    case TYPE_AGGREGATE:
      return toTrade(state, instrument, receiveUs, tickNs);
    case TYPE_MARK:
      return toMark(state, instrument, receiveUs);
    case TYPE_TICKER:
      return toQuote(state, instrument, receiveUs);
    default:
      if (!Number.isNaN(frame.snapshotId)) return toSnapshot(state, instrument, receiveUs);
      if (!Number.isNaN(frame.lastId)) return toQuote(state, instrument, receiveUs);
      return problem(state, 'not_market_data', start);
  }
}

function toDepth(
  state: Decoding,
  instrument: Instrument,
  receiveUs: number,
  tickNs: number,
): DepthEvent | DecodeProblem {
  const { frame } = state;
  const sum = frame.firstId + frame.lastId + frame.eventMs + frame.bidCount + frame.askCount;
  if (Number.isNaN(sum)) return missing('a depth diff needs E, U, u, b and a');
  state.depth ??= blankDepth(instrument);
  const event = state.depth;
  event.instrument = instrument;
  event.firstId = frame.firstId;
  event.lastId = frame.lastId;
  event.previousId = Number.isNaN(frame.previousId) ? -1 : frame.previousId;
  event.bidCount = frame.bidCount;
  event.askCount = frame.askCount;
  event.eventUs = asEpochUs(frame.eventMs * 1000);
  event.receiveUs = asEpochUs(receiveUs);
  event.tickNs = tickNs;
  return event;
}

function toTrade(
  state: Decoding,
  instrument: Instrument,
  receiveUs: number,
  tickNs: number,
): TradeEvent | DecodeProblem {
  const { frame } = state;
  const sum = frame.tradeId + frame.price + frame.qty + frame.eventMs;
  if (Number.isNaN(sum) || !frame.hasMaker) return missing('a trade needs E, t (or a), p, q and m');
  if (frame.price === 0 || frame.qty === 0) {
    return { kind: 'not_market_data', what: 'a trade of nothing (price or quantity 0)', at: 0 };
  }
  state.trade ??= blankTrade(instrument);
  const event = state.trade;
  event.instrument = instrument;
  event.tradeId = frame.tradeId;
  event.price = asPrice(frame.price);
  event.qty = asQty(frame.qty);
  event.buyerIsMaker = frame.buyerIsMaker;
  event.eventUs = asEpochUs(frame.eventMs * 1000);
  event.receiveUs = asEpochUs(receiveUs);
  event.tickNs = tickNs;
  return event;
}

function toQuote(
  state: Decoding,
  instrument: Instrument,
  receiveUs: number,
): QuoteEvent | DecodeProblem {
  const { frame } = state;
  const sum = frame.lastId + frame.bid + frame.bidQty + frame.ask + frame.askQty;
  if (Number.isNaN(sum)) return missing('a book ticker needs u, b, B, a and A');
  state.quote ??= blankQuote(instrument);
  const event = state.quote;
  event.instrument = instrument;
  event.updateId = frame.lastId;
  event.bid = asPrice(frame.bid);
  event.bidQty = asQty(frame.bidQty);
  event.ask = asPrice(frame.ask);
  event.askQty = asQty(frame.askQty);
  event.receiveUs = asEpochUs(receiveUs);
  return event;
}

function toMark(
  state: Decoding,
  instrument: Instrument,
  receiveUs: number,
): MarkEvent | DecodeProblem {
  const { price, eventMs } = state.frame;
  if (Number.isNaN(price + eventMs)) return missing('a mark price needs E and p');
  if (price === 0) return { kind: 'not_market_data', what: 'a mark price of 0', at: 0 };
  state.mark ??= blankMark(instrument);
  const event = state.mark;
  event.instrument = instrument;
  event.price = price;
  event.eventUs = asEpochUs(eventMs * 1000);
  event.receiveUs = asEpochUs(receiveUs);
  return event;
}

function toSnapshot(
  state: Decoding,
  instrument: Instrument,
  receiveUs: number,
): SnapshotEvent | DecodeProblem {
  const { frame } = state;
  if (Number.isNaN(frame.bidCount + frame.askCount))
    return missing('a snapshot needs bids and asks');
  state.snapshot ??= blankSnapshot(instrument);
  const event = state.snapshot;
  event.instrument = instrument;
  event.lastId = frame.snapshotId;
  event.bidCount = frame.bidCount;
  event.askCount = frame.askCount;
  event.receiveUs = asEpochUs(receiveUs);
  return event;
}

const missing = (what: string): DecodeProblem => ({ kind: 'missing_field', what, at: 0 });

const textAt = (state: Decoding, start: number, end: number): string =>
  Buffer.from(state.cursor.bytes.subarray(start, end)).toString('latin1');

function unknownSymbol({ frame, cursor }: Decoding, start: number): DecodeProblem {
  const symbol = cursor.bytes.subarray(frame.symbolStart, frame.symbolEnd);
  const what = `symbol ${Buffer.from(symbol).toString('latin1')}`;
  return { kind: 'unknown_symbol', what, at: frame.symbolStart - start };
}

function problem(state: Decoding, kind: DecodeProblemKind, start: number): DecodeProblem {
  return { kind, what: textAt(state, start, Math.min(start + 80, state.cursor.end)), at: 0 };
}

function toProblem(state: Decoding, fault: ScanFault, start: number): DecodeProblem {
  const { frame, cursor } = state;
  if (frame.type === TYPE_UNKNOWN) {
    const what = textAt(state, frame.streamStart, frame.streamEnd);
    return { kind: 'unknown_stream', what, at: frame.streamStart - start };
  }
  if (frame.hasSymbol && frame.instrument === null) return unknownSymbol(state, start);
  const at = cursor.faultAt - start;
  const from = Math.max(start, cursor.faultAt - 24);
  const near = `near ${textAt(state, from, Math.min(cursor.end, cursor.faultAt + 24))}`;
  switch (fault) {
    case 'unexpected_order':
      return { kind: 'no_instrument', what: `prices without a symbol, ${near}`, at };
    case 'malformed':
    case 'cut':
    case 'bad_number':
    case 'too_fine':
    case 'too_large':
    case 'batch_overflow':
      return { kind: fault, what: near, at };
    default:
      return assertNever(fault);
  }
}

const FIRST = ['e', 'E', 's', 'symbol', 'lastUpdateId', 'bids', 'asks', 'U', 'u', 'pu', 'b', 'a'];

/** The slow way for legal JSON in another order: parsed and printed again in ours, or why not. */
function reorder(bytes: Uint8Array, start: number, end: number): Uint8Array | string {
  const text = Buffer.from(bytes.subarray(start, end)).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : 'not JSON';
  }
  const whole = asRecord(parsed);
  const data = asRecord(whole.data ?? whole);
  const first = FIRST.filter((key) => key in data).map((key) => [key, data[key]] as const);
  const ordered = Object.fromEntries([...first, ...Object.entries(data)]);
  const wrapped = 'data' in whole ? { stream: whole.stream ?? '', data: ordered } : ordered;
  return Buffer.from(JSON.stringify(wrapped));
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

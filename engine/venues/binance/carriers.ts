// Owns the event objects that the decoder fills again and again, one of a kind each decoder.
// Promise: made once; every field has its type from the start.
import type {
  DepthEvent,
  MarkEvent,
  QuoteEvent,
  SnapshotEvent,
  TradeEvent,
} from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import { asEpochUs, asPrice, asQty } from '../../core/units.ts';

// NaN in every field that holds large numbers: V8 then stores doubles in place from the start.
const NO_TIME = asEpochUs(Number.NaN);

export const blankDepth = (instrument: Instrument): DepthEvent => ({
  kind: 'depth',
  instrument,
  firstId: Number.NaN,
  lastId: Number.NaN,
  previousId: Number.NaN,
  bidCount: 0,
  askCount: 0,
  eventUs: NO_TIME,
  receiveUs: NO_TIME,
  tickNs: Number.NaN,
});

export const blankTrade = (instrument: Instrument): TradeEvent => ({
  kind: 'trade',
  instrument,
  tradeId: Number.NaN,
  price: asPrice(Number.NaN),
  qty: asQty(Number.NaN),
  buyerIsMaker: false,
  eventUs: NO_TIME,
  receiveUs: NO_TIME,
  tickNs: Number.NaN,
});

export const blankQuote = (instrument: Instrument): QuoteEvent => ({
  kind: 'quote',
  instrument,
  updateId: Number.NaN,
  bid: asPrice(Number.NaN),
  bidQty: asQty(Number.NaN),
  ask: asPrice(Number.NaN),
  askQty: asQty(Number.NaN),
  receiveUs: NO_TIME,
});

export const blankSnapshot = (instrument: Instrument): SnapshotEvent => ({
  kind: 'snapshot',
  instrument,
  lastId: Number.NaN,
  bidCount: 0,
  askCount: 0,
  receiveUs: NO_TIME,
});

export const blankMark = (instrument: Instrument): MarkEvent => ({
  kind: 'mark',
  instrument,
  price: Number.NaN,
  eventUs: NO_TIME,
  receiveUs: NO_TIME,
});

// Owns a market desk for tests: real kernels, memory, decoders and books of given instruments.
// Promise: frames go the whole way of a tick; nothing is stubbed.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { assertNever } from '../engine/core/assert.ts';
import type { MarketEvent } from '../engine/core/event.ts';
import type { FeedRule } from '../engine/core/feed-rule.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { BookReader } from '../engine/core/ports.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import { createMarket, type Market } from '../engine/market/market.ts';
import type { MarketOutcome } from '../engine/market/outcomes.ts';
import { createBookView } from '../engine/memory/book-view.ts';
import { compileKernels, instantiateKernels } from '../engine/memory/kernels.ts';
import {
  createMemory,
  DEFAULT_CAPACITIES,
  type MemoryPlan,
  planMemory,
} from '../engine/memory/plan.ts';
import { createTelemetry } from '../engine/memory/telemetry.ts';
import { binanceFeedRule, inferInstrument } from '../engine/venues/binance/catalogue.ts';
import {
  type BinanceDecoder,
  createBinanceDecoder,
  type DecodeProblem,
  isDecodeProblem,
} from '../engine/venues/binance/decode.ts';

export const [SPOT, USDM, COINM] = listInstruments([
  inferInstrument('binance-spot', 'BTCUSDT', 8, 8),
  inferInstrument('binance-usdm', 'BTCUSDT', 2, 3),
  inferInstrument('binance-coinm', 'BTCUSD_PERP', 1, 0),
]) as [Instrument, Instrument, Instrument];

/** Alone on a desk: row 0. */
export const [USDM_ONLY] = listInstruments([USDM]) as [Instrument];
export const [SPOT_ONLY] = listInstruments([SPOT]) as [Instrument];

export interface Desk {
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly market: Market;
  readonly books: BookReader;
  readonly states: string[]; // 'BTCUSDT.binance-usdm stale sequence_gap', as they were told
  counter(name: 'gaps' | 'staleBooks' | 'depthUpdates' | 'trades' | 'quotes'): number;
  decoder(venue: string): BinanceDecoder;
  decode(frame: string, instrument: Instrument, receiveUs?: number): MarketEvent | DecodeProblem;
  /** Decodes and applies; throws on a frame that does not decode. */
  take(frame: string, instrument: Instrument, receiveUs?: number): MarketOutcome;
}

const wasm = compileKernels(readFileSync(resolve(import.meta.dirname, '../build/colin.wasm')));

export function createDesk(
  instruments: readonly Instrument[],
  levels = 1024,
  feedRule: (venue: string) => FeedRule = binanceFeedRule,
): Desk {
  const capacities = { ...DEFAULT_CAPACITIES, instruments: instruments.length, levels };
  const plan = planMemory(capacities);
  const memory = createMemory(plan);
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const states: string[] = [];
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const market = createMarket({
    instruments,
    kernels: instantiateKernels(wasm, memory),
    buffer,
    plan,
    telemetry,
    feedRule,
    onState: (instrument, state, reason) => states.push(`${instrument.key} ${state} ${reason}`),
  });
  const decoderOf = decodersFor(instruments, buffer, plan);
  const bytes = Buffer.alloc(1 << 20); // used again for every frame, as a socket's buffer is
  const decode: Desk['decode'] = (frame, instrument, receiveUs = 0) => {
    const length = bytes.write(frame);
    return decoderOf(instrument.venue).decode(bytes, 0, length, receiveUs, 7);
  };
  return {
    buffer,
    plan,
    market,
    books: createBookView(buffer, plan),
    states,
    counter: (name) => telemetry.read(name),
    decoder: decoderOf,
    decode,
    take(frame, instrument, receiveUs = 0) {
      const decoder = decoderOf(instrument.venue);
      decoder.setSource(instrument);
      const event = decode(frame, instrument, receiveUs);
      decoder.setSource(null);
      if (isDecodeProblem(event)) throw new Error(`${event.kind} at ${event.at}: ${event.what}`);
      return apply(market, event);
    },
  };
}

function decodersFor(
  instruments: readonly Instrument[],
  buffer: SharedArrayBuffer,
  plan: MemoryPlan,
): (venue: string) => BinanceDecoder {
  const decoders = new Map<string, BinanceDecoder>();
  return (venue) => {
    const known = decoders.get(venue);
    if (known !== undefined) return known;
    const resolveSymbol = (symbol: string): Instrument | null =>
      instruments.find((one) => one.symbol === symbol && one.venue === venue) ?? null;
    const decoder = createBinanceDecoder({ buffer, plan, resolve: resolveSymbol });
    decoders.set(venue, decoder);
    return decoder;
  };
}

export function apply(market: Market, event: MarketEvent): MarketOutcome {
  switch (event.kind) {
    case 'depth':
      return market.depth(event);
    case 'snapshot':
      return market.snapshot(event);
    case 'trade':
      return market.trade(event);
    case 'quote':
      return market.quote(event);
    case 'mark':
      throw new Error('a mark price says nothing of a book');
    default:
      return assertNever(event);
  }
}

type Rows = readonly (readonly [string, string])[];

/** Frames as Binance prints them; prices and quantities as decimals. */
export const usdmDepth = (U: number, u: number, pu: number, b: Rows, a: Rows): string =>
  JSON.stringify({
    stream: 'btcusdt@depth@0ms',
    data: { e: 'depthUpdate', E: 1723161256299, T: 1723161256298, s: 'BTCUSDT', U, u, pu, b, a },
  });

export const spotDepth = (U: number, u: number, b: Rows, a: Rows): string =>
  JSON.stringify({
    stream: 'btcusdt@depth@100ms',
    data: { e: 'depthUpdate', E: 1723161255208, s: 'BTCUSDT', U, u, b, a },
  });

export const snapshotText = (lastUpdateId: number, bids: Rows, asks: Rows): string =>
  JSON.stringify({ lastUpdateId, bids, asks });

export const tradeText = (t: number, T: number, p: string, q: string, m: boolean): string =>
  JSON.stringify({
    stream: 'btcusdt@trade',
    data: { e: 'trade', E: T, T, s: 'BTCUSDT', t, p, q, X: 'MARKET', m },
  });

export const tickerText = (u: number, b: string, B: string, a: string, A: string): string =>
  JSON.stringify({
    stream: 'btcusdt@bookTicker',
    data: { e: 'bookTicker', u, s: 'BTCUSDT', b, B, a, A, T: 1723161256313, E: 1723161256313 },
  });

// Owns an engine for tests: the real rooms on real kernels, and whatever comes out of them.
// Promise: frames go through the decoder; effects and order ids are collected, nothing is stubbed.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { resolveConfig } from '../engine/config/resolve.ts';
import type { Config } from '../engine/config/schema.ts';
import type { Placement } from '../engine/core/decision.ts';
import type { Command, OrderReport, TradingState, VenueReport } from '../engine/core/event.ts';
import { createIdSource, type IdSource } from '../engine/core/ids.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { Order } from '../engine/core/order.ts';
import { asEpochUs, asPrice, asQty, type EpochUs, formatDecimal } from '../engine/core/units.ts';
import { createEngine, type Engine, type Rooms } from '../engine/engine.ts';
import type { CommandAnswer, Effects } from '../engine/facts/effects.ts';
import type { Checkpoint, Fact } from '../engine/facts/fact.ts';
import { knownInstrument, listInstruments } from '../engine/market/catalogue.ts';
import { compileKernels } from '../engine/memory/kernels.ts';
import { type Ground, layGround } from '../engine/surroundings/ground.ts';
import { buildRooms } from '../engine/surroundings/rooms.ts';
import {
  type BinanceDecoder,
  createBinanceDecoder,
  isDecodeProblem,
} from '../engine/venues/binance/decode.ts';
import { snapshotText, usdmDepth } from './market-fixture.ts';

export const START_US = 1_723_161_256_000_000;

const wasm = compileKernels(readFileSync(resolve(import.meta.dirname, '../build/colin.wasm')));

const known = (symbol: string) => {
  const spec = knownInstrument('binance-usdm', symbol);
  if (spec === null) throw new Error(`${symbol} is not in the catalogue`);
  return spec;
};

/** Linear: price scale 2 and ticks of 0.10, quantity scale 3 and lots of 0.001. */
export const [BTC, ETH] = listInstruments([known('BTCUSDT'), known('ETHUSDT')]) as [
  Instrument,
  Instrument,
];

/** The defaults, with `settings` on top. Small rings: dozens of these live in one process. */
export function configOf(settings: readonly string[] = [], file: unknown = {}): Config {
  const small = ['capacity.levels=256', 'capacity.forecastSlots=64'];
  const rings = ['journal', 'gateway', 'command'].map((name) => `capacity.${name}RingBytes=65536`);
  const result = resolveConfig({
    file,
    environment: {},
    settings: [...small, ...rings, ...settings],
  });
  if (result.kind === 'resolved') return result.config;
  throw new Error(JSON.stringify(result.problems));
}

/** Everything that came out of apply(), in order. */
export interface Outcome {
  readonly snapshots: string[]; // symbols asked for
  readonly forecasts: string[];
  readonly placed: Placement[];
  readonly cancelled: Order[];
  readonly cancelledUnknown: string[]; // ids
  readonly asked: string[]; // venues asked for their open orders
  readonly records: Fact[];
  readonly answers: { readonly correlation: number; readonly answer: CommandAnswer }[];
}

export interface EngineDesk {
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly ground: Ground;
  readonly out: Outcome;
  readonly ids: IdSource;
  /** A whole book of BTC, 1.000 at each price (in steps of 0.01), at `ms` after the start. */
  load(bid: number, ask: number, ms: number): void;
  /** The next diff of BTC: the touch goes to other prices. */
  move(bid: number, ask: number, ms: number): void;
  frame(text: string, instrument: Instrument, ms: number): void;
  tick(ms: number): void;
  /** A valid forecast for BTC. */
  forecast(probability: number): void;
  report(report: VenueReport): void;
  command(command: Command, correlation?: number): void;
  setState(state: TradingState): void;
  /** Records of one kind. */
  records<Kind extends Fact['kind']>(kind: Kind): Extract<Fact, { kind: Kind }>[];
}

export interface EngineDeskOptions {
  readonly settings?: readonly string[];
  readonly checkpoint?: Checkpoint | null;
  /** How many order ids are durable from the start; default plenty. */
  readonly idsDurable?: number;
}

export const at = (ms: number) => asEpochUs(START_US + ms * 1000);

function collectEffects(out: Outcome): Effects {
  return {
    requestSnapshot: ({ symbol }) => out.snapshots.push(symbol),
    requestForecast: ({ symbol }) => out.forecasts.push(symbol),
    place: (placement) => out.placed.push(placement),
    cancel: (order) => out.cancelled.push(order),
    cancelUnknown: (_, orderId) => out.cancelledUnknown.push(orderId),
    askOpenOrders: (venue) => out.asked.push(venue),
    record: (_, body) => out.records.push(body),
    answer: (correlation, answer) => out.answers.push({ correlation, answer }),
  };
}

export function createEngineDesk(options: EngineDeskOptions = {}): EngineDesk {
  const { settings = [], checkpoint = null, idsDurable = 1024 } = options;
  const config = configOf(settings);
  const instruments = [BTC, ETH];
  const ground = layGround(config, instruments, wasm);
  const out: Outcome = {
    snapshots: [],
    forecasts: [],
    placed: [],
    cancelled: [],
    cancelledUnknown: [],
    asked: [],
    records: [],
    answers: [],
  };
  const ids = createIdSource(7, 0, () => undefined);
  ids.markDurable(idsDurable);
  let nowUs = (): EpochUs => at(0);
  const clock = { nowUs: () => at(0), nowNs: () => performance.now() * 1e6 };
  const rooms = buildRooms({
    config,
    instruments,
    ground,
    clock,
    ids,
    effects: collectEffects(out),
    checkpoint,
    nowUs: () => nowUs(),
  });
  const engine = createEngine(rooms, checkpoint, at(0));
  nowUs = engine.nowUs;
  const balance = rooms.portfolio.equity(); // the simulated venue holds the whole account
  engine.apply({ kind: 'margin', venue: BTC.venue, balance, timeUs: at(0) });
  return { engine, rooms, ground, out, ids, ...createHands(engine, ground, out) };
}

const price = (steps: number): string => formatDecimal(steps, 2);

type Hands = Omit<EngineDesk, 'engine' | 'rooms' | 'ground' | 'out' | 'ids'>;

function createHands(engine: Engine, ground: Ground, out: Outcome): Hands {
  const decoder = createBinanceDecoder({
    ...ground,
    resolve: (symbol) => [BTC, ETH].find((one) => one.symbol === symbol) ?? null,
  });
  const book = { id: 100, bid: 0, ask: 0 };
  const frame: Hands['frame'] = (text, instrument, ms) =>
    feed(engine, decoder, text, instrument, ms);
  const command: Hands['command'] = (asked, correlation = 0) =>
    engine.apply({ kind: 'command', command: asked, correlation });
  return {
    frame,
    command,
    load(bid, ask, ms) {
      Object.assign(book, { id: book.id + 1, bid, ask });
      const [bids, asks] = [[[price(bid), '1.000']], [[price(ask), '1.000']]] as const;
      frame(snapshotText(book.id, bids, asks), BTC, ms);
    },
    move(bid, ask, ms) {
      const id = book.id + 1;
      const bids = [[price(book.bid), '0'] as const, [price(bid), '1.000'] as const];
      const asks = [[price(book.ask), '0'] as const, [price(ask), '1.000'] as const];
      frame(usdmDepth(id, id, book.id, bids, asks), BTC, ms);
      Object.assign(book, { id, bid, ask });
    },
    tick: (ms) => engine.apply({ kind: 'clock', nowUs: at(ms) }),
    forecast: (probability) => engine.apply(forecastOf(engine, ground, probability)),
    report: (report) => engine.apply({ kind: 'report', report }),
    setState(state) {
      command({ kind: 'trading_state', scope: 'system', state, reason: 'test', by: 'operator' });
    },
    records<Kind extends Fact['kind']>(kind: Kind) {
      return out.records.filter(
        (body): body is Extract<Fact, { kind: Kind }> => body.kind === kind,
      );
    },
  };
}

function feed(
  engine: Engine,
  decoder: BinanceDecoder,
  text: string,
  instrument: Instrument,
  ms: number,
): void {
  const bytes = Buffer.from(text);
  decoder.setSource(instrument);
  const event = decoder.decode(bytes, 0, bytes.length, at(ms), performance.now() * 1e6);
  if (isDecodeProblem(event)) throw new Error(`${event.kind} at ${event.at}: ${event.what}`);
  engine.apply(event);
}

const forecastOf = (engine: Engine, { books }: Ground, probability: number) =>
  ({
    kind: 'forecast',
    instrument: BTC,
    probability,
    horizonUs: 1_000_000,
    model: 'test/1',
    status: 0,
    bookSequence: books.updateId(BTC),
    requestUs: engine.nowUs(),
    tickNs: 0,
  }) as const;

/** A fill of an order of BTC: price and quantity in steps. */
export const fillReport = (
  orderId: string,
  steps: number,
  qty: number,
  fillId: string,
  ms: number,
): Extract<OrderReport, { kind: 'fill' }> => ({
  kind: 'fill',
  orderId,
  fillId,
  price: asPrice(steps),
  qty: asQty(qty),
  liquidity: 'taker',
  timeUs: at(ms),
});

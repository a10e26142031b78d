// Owns an engine for tests: the real rooms on real kernels, and whatever comes out of them.
// Promise: frames go through the decoder; effects and order ids are collected, nothing is stubbed.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { resolveConfig } from '../engine/config/resolve.ts';
import type { Config } from '../engine/config/schema.ts';
import type { Placement } from '../engine/core/decision.ts';
import type {
  Command,
  OrderReport,
  TradingState,
  VenueOrder,
  VenueReport,
} from '../engine/core/event.ts';
import { createIdSource, type IdSource } from '../engine/core/ids.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import { createInstruments } from '../engine/core/instruments.ts';
import type { Order } from '../engine/core/order.ts';
import { asEpochUs, asPrice, asQty, type EpochUs, formatDecimal } from '../engine/core/units.ts';
import { createEngine, type Engine, type Rooms } from '../engine/engine.ts';
import { heldBy } from '../engine/execution/owners.ts';
import type { CommandAnswer, Effects } from '../engine/facts/effects.ts';
import type { Fact, FactOf } from '../engine/facts/fact.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import { compileKernels } from '../engine/memory/kernels.ts';
import { createState, type State } from '../engine/state.ts';
import { JOURNAL_START } from '../engine/storage/journal-scan.ts';
import type { Opened } from '../engine/strategies/calls.ts';
import { commitBeginning } from '../engine/surroundings/beginning.ts';
import { type Ground, layGround } from '../engine/surroundings/ground.ts';
import { buildRooms } from '../engine/surroundings/rooms.ts';
import { knownInstrument } from '../engine/venues/binance/catalogue.ts';
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
  // Orders of a single lot are allowed here: they are easy to count.
  return { ...spec, rules: { ...spec.rules, minNotional: 0 } };
};

/** Linear: price scale 2 and ticks of 0.10, quantity scale 3 and lots of 0.001. */
export const [BTC, ETH] = listInstruments([known('BTCUSDT'), known('ETHUSDT')]) as [
  Instrument,
  Instrument,
];

/** The defaults, with `settings` on top, on little memory. */
export function configOf(settings: readonly string[] = [], file: unknown = {}): Config {
  const small = ['levels=256', 'forecastSlots=64', 'commandRingBytes=65536'];
  const capacity = small.map((one) => `capacity.${one}`);
  const result = resolveConfig({ file, environment: {}, settings: [...capacity, ...settings] });
  if (result.kind === 'resolved') return result.config;
  throw new Error(JSON.stringify(result.problems));
}

/** Everything that came out of apply() once the desk was open, in order. */
export interface Outcome {
  readonly snapshots: string[]; // symbols asked for
  readonly forecasts: string[];
  readonly placed: Placement[];
  readonly cancelled: Order[];
  readonly amended: Order[];
  readonly queried: Order[];
  readonly cancelledUnknown: string[]; // ids
  readonly asked: string[]; // venues asked for their open orders
  readonly records: Fact[];
  readonly answers: { readonly correlation: number; readonly answer: CommandAnswer }[];
}

export interface EngineDesk {
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly ground: Ground;
  readonly state: State;
  readonly out: Outcome;
  /** The whole journal of this engine: its beginning, and what was recorded since. */
  readonly journal: { readonly timeUs: number; readonly body: Fact }[];
  readonly ids: IdSource;
  /** Whether what is sent leaves; an order that does not is not in out.placed. */
  readonly link: { isUp: boolean };
  /** A whole book of BTC, 1.000 at each price (in steps of 0.01), at `ms` after the start. */
  load(bid: number, ask: number, ms: number): void;
  /** The next diff of BTC: the touch goes to other prices. */
  move(bid: number, ask: number, ms: number): void;
  frame(text: string, instrument: Instrument, ms: number): void;
  tick(ms: number): void;
  /** A valid forecast for BTC. */
  forecast(probability: number): void;
  /** `receiveUs`: by default what the venue says. */
  report(report: VenueReport, receiveUs?: EpochUs): void;
  /** The venue says which orders are open there. */
  tellOpen(orders: readonly VenueOrder[], ms: number): void;
  command(command: Command, correlation?: number): void;
  setState(state: TradingState): void;
  /** Records of one kind. */
  records<Kind extends Fact['kind']>(kind: Kind): FactOf<Kind>[];
}

export interface EngineDeskOptions {
  readonly settings?: readonly string[];
  readonly file?: unknown; // of the configuration
  /** What an engine before has left, as its journal says (recovered()). */
  readonly state?: State;
  /** How many order ids are durable from the start; default plenty. */
  readonly idsDurable?: number;
  /** Users' strategies that opened, by name. */
  readonly opened?: ReadonlyMap<string, Opened>;
  /** Of the stages; default the machine's. */
  readonly nowNs?: () => number;
  /** What its venue lists as open when it is asked at the start; null: it does not answer. */
  readonly openAtVenue?: readonly VenueOrder[] | null;
}

export const at = (ms: number) => asEpochUs(START_US + ms * 1000);

const INSTRUMENTS = [BTC, ETH] as const;

// Nobody reads or writes them here, and dozens of desks live in one process.
const NO_RINGS = ['journal', 'gateway'].map((name) => `capacity.${name}RingBytes=65536`);

const newState = (config: Config): State =>
  createState({
    capacity: config.capacity,
    known: (key) => INSTRUMENTS.find((one) => one.key === key) ?? null,
  });

/** What the journal of a desk proves, up to record `upTo` of it: as text, folded on its round. */
export function recovered({ journal }: EngineDesk, upTo = journal.length): State {
  const state = newState(configOf());
  for (const { timeUs, body } of journal.slice(0, upTo)) {
    const fact = JSON.parse(JSON.stringify(body)) as Fact;
    if (fact.kind === 'checkpoint') state.load(fact.slice, fact.state);
    else state.fold(fact, timeUs);
  }
  return state;
}

function collectEffects(
  out: Outcome,
  journal: EngineDesk['journal'],
  link: EngineDesk['link'],
): Effects {
  return {
    requestSnapshot: ({ symbol }) => out.snapshots.push(symbol),
    unlist: () => undefined,
    list: () => undefined,
    requestForecast: ({ symbol }) => out.forecasts.push(symbol),
    place: (placement) => link.isUp && out.placed.push(placement) > 0,
    cancel: (order) => link.isUp && out.cancelled.push(order) > 0,
    amend: (order) => link.isUp && out.amended.push(order) > 0,
    query: (order) => link.isUp && out.queried.push(order) > 0,
    cancelUnknown: (_, orderId) => out.cancelledUnknown.push(orderId),
    askOpenOrders: (venue) => out.asked.push(venue),
    moveMoney: () => (link.isUp ? null : 'the venue is closed'),
    record(timeUs, body) {
      journal.push({ timeUs, body });
      out.records.push(body);
    },
    answer: (correlation, answer) => out.answers.push({ correlation, answer }),
    checkpoint: () => undefined,
  };
}

const machineNs = (): number => performance.now() * 1e6;

const nothingYet = (): Outcome => ({
  snapshots: [],
  forecasts: [],
  placed: [],
  cancelled: [],
  amended: [],
  queried: [],
  cancelledUnknown: [],
  asked: [],
  records: [],
  answers: [],
});

export function createEngineDesk(options: EngineDeskOptions = {}): EngineDesk {
  const { settings = [], idsDurable = 1024, openAtVenue = [], nowNs = machineNs } = options;
  const config = configOf([...NO_RINGS, ...settings], options.file);
  const ground = layGround(config, INSTRUMENTS, wasm);
  const { state = newState(config) } = options;
  const isFresh = state.run.epoch === 0;
  const out = nothingYet();
  const journal: EngineDesk['journal'] = [];
  const link = { isUp: true };
  const epoch = state.run.epoch + 1;
  const ids = createIdSource(epoch, 0, (from, to) =>
    engine.commit({ kind: 'ids_reserved', epoch, from, to }),
  );
  let nowUs = (): EpochUs => at(0);
  const rooms = buildRooms({
    config,
    listed: createInstruments(INSTRUMENTS, ground.plan.capacities.instruments),
    ground,
    state,
    clock: { nowUs: () => at(0), nowNs },
    ids,
    effects: collectEffects(out, journal, link),
    nowUs: () => nowUs(),
    isReplay: true,
  });
  const engine: Engine = createEngine(rooms, at(0));
  nowUs = engine.nowUs;
  begin(engine, rooms, isFresh, epoch);
  ids.start();
  ids.markDurable(idsDurable);
  out.records.length = 0;
  engine.start(options.opened ?? new Map());
  const desk = { engine, rooms, ground, state, out, journal, ids, link };
  const hands = createHands(engine, ground, out);
  out.asked.length = 0;
  if (openAtVenue !== null) hands.tellOpen(openAtVenue, 0);
  if (isFresh) out.records.length = 0;
  return { ...desk, ...hands };
}

/** The first facts of a run, as composition commits them. */
function begin(engine: Engine, rooms: Rooms, isFresh: boolean, epoch: number): void {
  commitBeginning({
    options: {
      config: rooms.config,
      mode: 'test',
      version: 'test',
      seed: 'test',
      model: 'none',
      instruments: INSTRUMENTS,
      startUs: at(0),
    },
    rooms,
    engine,
    recovery: isFresh
      ? { kind: 'fresh', place: JOURNAL_START, tornBytes: 0 }
      : {
          ...{
            kind: 'recovered',
            seq: 1,
            head: '',
            place: JOURNAL_START,
            hasRound: true,
            epoch: epoch - 1,
          },
          ...{ records: 1, tornBytes: 0, isStopped: false },
        },
    epoch,
  });
}

const price = (steps: number): string => formatDecimal(steps, 2);

type Hands = Omit<
  EngineDesk,
  'engine' | 'rooms' | 'ground' | 'state' | 'out' | 'journal' | 'ids' | 'link'
>;

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
    report: (report, receiveUs = report.timeUs) =>
      engine.apply({ kind: 'report', report, receiveUs }),
    tellOpen(orders, ms) {
      const { venue } = BTC;
      const report = { kind: 'open_orders', venue, orders, timeUs: at(ms) } as const;
      engine.apply({ kind: 'report', report, receiveUs: at(ms) });
    },
    setState(state) {
      command({ kind: 'trading_state', scope: 'system', state, reason: 'test', by: 'operator' });
    },
    records<Kind extends Fact['kind']>(kind: Kind) {
      return out.records.filter((body): body is FactOf<Kind> => body.kind === kind);
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

/** Steps of BTC that a strategy, or everybody (null), holds. */
export const heldOf = ({ rooms }: EngineDesk, strategy: string | null = null): number =>
  heldBy(rooms.holders, BTC, strategy);

/** An order of ours as its venue lists it. */
export const listed = (desk: EngineDesk, orderId: string): VenueOrder => {
  const order = desk.state.orders.get(orderId);
  if (order === null) throw new Error(`nobody knows ${orderId}`);
  const { account, instrument, side, type, qty, filledQty, limitPrice, createdUs } = order;
  const told = { account, instrument, side, type, qty, filledQty };
  return { orderId, ...told, price: limitPrice, timeUs: createdUs };
};

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
  fee: null,
  timeUs: at(ms),
});

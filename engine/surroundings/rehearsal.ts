// Owns the rehearsal before a run: the decision path, played to itself on a memory of its own.
// Promise: leaves no trace in the run; afterwards the code of the first real order is compiled.
import { decideOpening } from '../accounts/opening.ts';
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { DepthEvent, ForecastEvent, SnapshotEvent, VenueReport } from '../core/event.ts';
import { formatOrderId } from '../core/ids.ts';
import type { Instrument } from '../core/instrument.ts';
import { createInstruments } from '../core/instruments.ts';
import { asEpochUs } from '../core/units.ts';
import { createEngine, type Engine, type Rooms } from '../engine.ts';
import type { Effects } from '../facts/effects.ts';
import { listInstruments } from '../market/instruments.ts';
import { toInstrumentRecord } from '../run/instruments-slice.ts';
import { createState } from '../state.ts';
import { knownInstrument } from '../venues/binance/catalogue.ts';
import { createBinanceDecoder, isDecodeProblem } from '../venues/binance/decode.ts';
import { depositsOf } from './deposits.ts';
import { type Ground, layGround } from './ground.ts';
import { buildRooms } from './rooms.ts';

// V8 optimises a function after some hundreds of calls and WebAssembly after some thousands, so the
// path is played until both have happened; what one way never met would be compiled again later.
const ROUNDS = 1500;
const STEP_US = 10_000;
const BID = 600_000; // price steps
const LEVELS = 20;

/** Plays `ROUNDS` ticks, forecasts, orders, fills: about 0.1 s. Says how many orders went out. */
export function rehearse(module: WebAssembly.Module, config: Config, nowNs: () => number): number {
  const spec = knownInstrument('binance-usdm', 'BTCUSDT');
  assert(spec !== null, 'the catalogue knows BTCUSDT');
  const instruments = listInstruments([spec]);
  const [instrument] = instruments;
  assert(instrument !== undefined, 'one spec gives one instrument');
  const rehearsed = open(config);
  const ground = layGround(rehearsed, instruments, module);
  const reports: VenueReport[] = [];
  let number = 0;
  const state = createState({ capacity: rehearsed.capacity, known: () => instrument });
  const rooms = buildRooms({
    config: rehearsed,
    listed: createInstruments(instruments, ground.plan.capacities.instruments),
    ground,
    clock: { nowUs: () => asEpochUs(0), nowNs },
    ids: {
      start: () => undefined,
      next() {
        number += 1;
        return formatOrderId(0, number);
      },
      nextNumber: 0,
      markDurable: () => undefined,
    },
    effects: createStage(reports, () => number),
    state,
    isReplay: true,
    nowUs: () => asEpochUs(0),
  });
  const engine = createEngine(rooms, asEpochUs(0));
  openAccount(engine, rooms, instrument);
  decodeFrames(ground, instrument);
  play(engine, ground, instrument, reports);
  return ground.telemetry.read('orders');
}

// The run's own configuration, on little memory, with limits that let every order through; those
// of the tree name venues and instruments that are not on this stage.
function open(config: Config): Config {
  const { main, risk, ai, execution, capacity } = config;
  const limits = { system: {}, portfolios: {}, strategies: {}, venues: {}, instruments: {} };
  const huge = 1e15;
  return {
    ...config,
    main: { ...main, signalIntervalMs: 10, defaultOrderNotionalUsd: 10_000 },
    risk: {
      ...risk,
      limits,
      ordersPerSecond: huge,
      ordersBurst: huge,
      maxOrderToTrade: huge,
      duplicateWindowMs: 0,
      maxConcentration: 1,
      varLimit95OneDay: 1,
      historicalVarLimit95OneDay: 1,
      stressLossLimit: 1,
    },
    ai: { ...ai, signalSpacingMsMin: 0, confidenceThreshold: 0.01 },
    execution: {
      ...execution,
      strategy: 'signal-follower',
      parameters: {},
      deposits: { USDT: '10000000' },
    },
    strategies: [],
    compliance: { ...config.compliance, accounts: ['rehearsal'] },
    capacity: {
      ...capacity,
      levels: 64,
      orders: 64,
      clientKeys: 16,
      journalRingBytes: 4096,
      gatewayRingBytes: 4096,
      commandRingBytes: 4096,
    },
  };
}

/** A venue that takes every order and fills every other one, at once. */
function createStage(reports: VenueReport[], numberOf: () => number): Effects {
  return {
    requestSnapshot: () => undefined,
    list: () => undefined,
    unlist: () => undefined,
    requestForecast: () => undefined,
    cancel: () => true,
    amend: () => true,
    query: () => true,
    cancelUnknown: () => undefined,
    moveMoney: () => null,
    checkpoint: () => undefined,
    askOpenOrders: (venue) =>
      reports.push({ kind: 'open_orders', venue, orders: [], timeUs: asEpochUs(0) }),
    record: () => undefined,
    answer: () => undefined,
    place({ id, intent }) {
      const timeUs = intent.createdUs;
      reports.push({ kind: 'accepted', orderId: id, timeUs });
      if (intent.price !== null && numberOf() % 2 === 0) {
        const { price, qty } = intent;
        const fill = { fillId: id, price, qty, liquidity: 'taker', fee: null } as const;
        reports.push({ kind: 'fill', orderId: id, ...fill, timeUs });
        return true;
      }
      reports.push({ kind: 'ended', orderId: id, state: 'expired', reason: 'rehearsal', timeUs });
      return true;
    },
  };
}

function openAccount(engine: Engine, rooms: Rooms, instrument: Instrument): void {
  const record = toInstrumentRecord(instrument);
  engine.commit({ kind: 'instrument', change: 'added', instrument: record, by: 'rehearsal' });
  const [account = ''] = rooms.names.portfolios;
  const decision = decideOpening(rooms.money, account, depositsOf(rooms.config), [instrument], 1);
  assert(decision.kind === 'decided', 'the rehearsal can open its account');
  if (decision.fact !== null) engine.commit(decision.fact);
  engine.start(new Map());
}

function play(
  engine: Engine,
  ground: Ground,
  instrument: Instrument,
  reports: VenueReport[],
): void {
  const batch = new Float64Array(ground.buffer, ground.plan.batch, 4 * LEVELS);
  const depth = blankDepth(instrument);
  const forecast = blankForecast(instrument);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const nowUs = asEpochUs(round * STEP_US);
    fillBatch(batch, round);
    if (round === 1) engine.apply(snapshotOf(depth));
    depth.firstId = round;
    depth.lastId = round + 1;
    depth.previousId = round;
    depth.receiveUs = nowUs;
    engine.apply(depth);
    forecast.probability = round % 4 < 2 ? 0.9 : 0.1;
    forecast.requestUs = nowUs;
    engine.apply(forecast);
    for (const report of reports) engine.apply({ kind: 'report', report, receiveUs: nowUs });
    reports.length = 0;
    if (round % 16 === 0) engine.apply({ kind: 'clock', nowUs });
  }
}

// What a venue sends most, by the way it takes in the run: bytes, decoder, carrier.
const FRAMES = [
  '{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":51,"s":"BTCUSDT","b":"60000.00",' +
    '"B":"2.909","a":"60000.10","A":"1.072","T":1723161256298,"E":1723161256299}}',
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256299,"T":1723161256298,' +
    '"s":"BTCUSDT","t":5264,"p":"60000.10","q":"0.016","X":"MARKET","m":false}}',
  '{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,' +
    `"s":"BTCUSDT","U":50,"u":51,"pu":49,"b":[${levelTexts(0)}],"a":[${levelTexts(LEVELS)}]}}`,
] as const;

function levelTexts(from: number): string {
  const texts = Array.from(
    { length: LEVELS },
    (_, k) => `["600${from + k + 10}.10","1.${100 + k}"]`,
  );
  return texts.join(',');
}

function decodeFrames({ buffer, plan }: Ground, instrument: Instrument): void {
  const decoder = createBinanceDecoder({ buffer, plan, resolve: () => instrument });
  for (const frame of FRAMES) {
    const bytes = Buffer.from(frame, 'latin1');
    for (let round = 0; round < ROUNDS; round += 1) {
      const event = decoder.decode(bytes, 0, bytes.length, 0, 0);
      assert(!isDecodeProblem(event), 'the rehearsal knows its frames');
    }
  }
}

// Quantities change with every round; prices stand still, so positions stay small.
function fillBatch(batch: Float64Array, round: number): void {
  for (let level = 0; level < LEVELS; level += 1) {
    batch[2 * level] = BID - 10 * level;
    batch[2 * level + 1] = 1000 + ((round + level) % 7);
    batch[2 * (LEVELS + level)] = BID + 10 + 10 * level;
    batch[2 * (LEVELS + level) + 1] = 1000 + ((round + level) % 5);
  }
}

const snapshotOf = ({ instrument, receiveUs }: DepthEvent): SnapshotEvent => ({
  kind: 'snapshot',
  instrument,
  lastId: 1,
  bidCount: LEVELS,
  askCount: LEVELS,
  receiveUs,
});

const blankDepth = (instrument: Instrument): DepthEvent => ({
  kind: 'depth',
  instrument,
  firstId: 1,
  lastId: 1,
  previousId: 1,
  bidCount: LEVELS,
  askCount: LEVELS,
  eventUs: asEpochUs(STEP_US),
  receiveUs: asEpochUs(STEP_US),
  tickNs: 0,
});

const blankForecast = (instrument: Instrument): ForecastEvent => ({
  kind: 'forecast',
  instrument,
  probability: 0.5,
  horizonUs: 1_000_000,
  model: 'rehearsal',
  status: 0,
  bookSequence: 1,
  requestUs: asEpochUs(0),
  tickNs: 0,
});

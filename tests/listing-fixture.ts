// Owns an engine whose instruments come and go, for tests: real rooms, kernels, journal and venue.
// Promise: time and books are what the test says; a fault of the engine fails the test.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { readKernels } from '../cli/invocation.ts';
import { resolveConfig } from '../engine/config/resolve.ts';
import { markCompliant } from '../engine/core/decision.ts';
import { createIdSource } from '../engine/core/ids.ts';
import type { Instrument, InstrumentSpec } from '../engine/core/instrument.ts';
import { createInstruments } from '../engine/core/instruments.ts';
import { asEpochUs, asPrice, asQty, type EpochUs } from '../engine/core/units.ts';
import { createEngine, type Rooms } from '../engine/engine.ts';
import {
  decideInstrument,
  type InstrumentWish,
  type ListingDecision,
} from '../engine/execution/list-instrument.ts';
import type { Effects } from '../engine/facts/effects.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import { createState } from '../engine/state.ts';
import { createMemoryDisk, type MemoryDisk } from '../engine/storage/memory-disk.ts';
import { openSystem } from '../engine/surroundings/compose.ts';
import { layGround } from '../engine/surroundings/ground.ts';
import { UNASKED } from '../engine/surroundings/market-recorded.ts';
import { buildRooms } from '../engine/surroundings/rooms.ts';
import type { System } from '../engine/surroundings/system.ts';
import { openPaperVenue } from '../engine/surroundings/venue-paper.ts';
import { knownInstrument } from '../engine/venues/binance/catalogue.ts';
import { intentOf } from './trading-fixture.ts';

const START_US = 1_723_075_200_000_000;
export const at = (ms: number): EpochUs => asEpochUs(START_US + ms * 1000);

/** As the catalogue knows it; orders of one lot are allowed, so that numbers stay small. */
export function specOf(symbol: string, venue = 'binance-usdm'): InstrumentSpec {
  const spec = knownInstrument(venue, symbol);
  assert.ok(spec !== null, `${symbol} at ${venue}`);
  return { ...spec, rules: { ...spec.rules, minNotional: 0 } };
}

export interface ListingDesk {
  readonly system: System;
  readonly disk: MemoryDisk;
  /** Time of the next event; every helper moves it on. */
  nowMs: number;
  isLost: boolean; // with the power; nothing of it may be asked any more
}

const SETTINGS = [
  'capacity.instruments=4',
  'capacity.levels=64',
  'capacity.forecastSlots=64',
  'execution.strategy="none"',
  'execution.paperLatencyMs=1',
  'risk.duplicateWindowMs=0',
];

export interface DeskOptions {
  readonly settings?: readonly string[];
  readonly specs?: readonly InstrumentSpec[]; // default BTC and ETH, USD-M
  readonly disk?: MemoryDisk;
  readonly fromMs?: number;
}

export async function openListing(t: TestContext, options: DeskOptions = {}): Promise<ListingDesk> {
  const { settings = [], disk = createMemoryDisk({ seed: 'listing' }), fromMs = 0 } = options;
  const { specs = [specOf('BTCUSDT'), specOf('ETHUSDT')] } = options;
  const all = [...SETTINGS, ...settings];
  const resolved = resolveConfig({ file: {}, environment: {}, settings: all });
  assert.ok(resolved.kind === 'resolved', JSON.stringify(resolved));
  const { config } = resolved;
  const opening = await openSystem({
    config,
    mode: 'test',
    version: 'test',
    seed: 'listing',
    model: 'none',
    instruments: listInstruments(specs),
    stateDir: '',
    disk,
    kernels: readKernels(),
    clock: { nowUs: () => at(fromMs), nowNs: () => performance.now() * 1e6 },
    startUs: at(fromMs),
    isReplay: true,
    openVenue: (house) => openPaperVenue(house, config.execution.paperLatencyMs, 'listing'),
    openForecasts: async () => ({
      add: () => undefined,
      request: () => undefined,
      settle: async () => undefined,
      isPending: () => false,
      close: async () => undefined,
    }),
    gateway: null,
    market: UNASKED,
    onFault: (reason) => assert.fail(reason),
  });
  assert.ok(opening.kind === 'open', opening.kind === 'refused' ? opening.message : '');
  const { system } = opening;
  const desk: ListingDesk = { system, disk, nowMs: fromMs, isLost: false };
  t.after(() => (desk.isLost ? undefined : system.stop('the test is over')));
  return desk;
}

/** The power goes: what the disk has kept. */
export function cutPower(desk: ListingDesk): MemoryDisk {
  desk.isLost = true;
  return desk.disk.crash();
}

const nextUs = (desk: ListingDesk): EpochUs => {
  desk.nowMs += 10;
  return at(desk.nowMs);
};

export function pass(desk: ListingDesk, ms = 10): void {
  desk.nowMs += ms - 10;
  desk.system.tick(nextUs(desk));
}

// ---- What people ask ------------------------------------------------------------------------

const asked = { by: 'ann', reason: 'test' } as const;

export const added = (instrument: InstrumentSpec): InstrumentWish => ({
  kind: 'instrument',
  change: 'added',
  instrument,
  ...asked,
});

export const retired = (key: string): InstrumentWish => ({
  kind: 'instrument',
  change: 'retired',
  key,
  ...asked,
});

export const decide = ({ system }: ListingDesk, wish: InstrumentWish): ListingDecision =>
  decideInstrument(system.rooms, wish);

/** Why it is refused, all reasons in one text. */
export function refusalOf(desk: ListingDesk, wish: InstrumentWish): string {
  const decision = decide(desk, wish);
  assert.equal(decision.kind, 'refused', JSON.stringify(decision));
  return decision.kind === 'refused'
    ? decision.problems.map(({ message }) => message).join('; ')
    : '';
}

/** Through the engine, as a person's command. */
export function ask(desk: ListingDesk, command: InstrumentWish): void {
  desk.system.apply({ kind: 'command', command, correlation: 0 });
}

export function add(desk: ListingDesk, spec: InstrumentSpec): Instrument {
  const decision = decide(desk, added(spec));
  assert.equal(decision.kind, 'decided', JSON.stringify(decision));
  ask(desk, added(spec));
  return traded(desk, spec.key);
}

export function retire(desk: ListingDesk, key: string): void {
  const decision = decide(desk, retired(key));
  assert.equal(decision.kind, 'decided', JSON.stringify(decision));
  ask(desk, retired(key));
  assert.equal(desk.system.rooms.listed.byKey(key), null);
}

export function traded({ system }: ListingDesk, key: string): Instrument {
  const instrument = system.rooms.listed.byKey(key);
  assert.ok(instrument !== null, `${key} is not traded`);
  return instrument;
}

// ---- Market and orders ----------------------------------------------------------------------

const SIZE = 1_000_000_000; // steps on each side

/** A whole book of one level a side. */
export function load(desk: ListingDesk, instrument: Instrument, bid: number, ask: number): void {
  const { ground } = desk.system;
  const batch = new Float64Array(ground.buffer, ground.plan.batch, 4);
  batch.set([bid, SIZE, ask, SIZE]);
  const receiveUs = nextUs(desk);
  const counts = { bidCount: 1, askCount: 1 };
  desk.system.apply({ kind: 'snapshot', instrument, lastId: desk.nowMs, ...counts, receiveUs });
}

const MARKS: Readonly<Record<string, number>> = { BTC: 60_000, ETH: 3000, SOL: 150, XRP: 0.5 };

/** A book around the price of its coin, moved by `share`. */
export function quote(desk: ListingDesk, instrument: Instrument, share = 0): void {
  const { base, priceScale, tick } = instrument;
  const real = (MARKS[base] ?? 10) * (1 + share);
  const bid = Math.round((real * 10 ** priceScale) / tick) * tick;
  load(desk, instrument, bid, bid + tick);
}

const orderOf = (instrument: Instrument, side: 'buy' | 'sell', qty: number, price: number | null) =>
  intentOf({
    instrument,
    strategy: 'manual',
    account: 'main',
    side,
    type: price === null ? 'market' : 'limit',
    timeInForce: price === null ? 'IOC' : 'GTC',
    qty: asQty(qty),
    price: price === null ? null : asPrice(price),
  });

/** A market order of so many lots, filled. */
export function trade(desk: ListingDesk, instrument: Instrument, lots: number): void {
  const side = lots > 0 ? 'buy' : 'sell';
  const intent = {
    ...orderOf(instrument, side, Math.abs(lots) * instrument.lot, null),
    createdUs: nextUs(desk),
  };
  desk.system.apply({ kind: 'command', command: { kind: 'submit', intent }, correlation: 0 });
  pass(desk);
  pass(desk);
}

/** A bid of one lot that rests. */
export function rest(desk: ListingDesk, instrument: Instrument, price: number): void {
  const intent = { ...orderOf(instrument, 'buy', instrument.lot, price), createdUs: nextUs(desk) };
  desk.system.apply({ kind: 'command', command: { kind: 'submit', intent }, correlation: 0 });
  pass(desk);
}

/** The limits in the way of a bid of one lot; none: it may go. */
export function breachesOf(
  desk: ListingDesk,
  instrument: Instrument,
  price: number,
): readonly string[] {
  const intent = orderOf(instrument, 'buy', instrument.lot, price);
  const { decision } = desk.system.rooms.preTrade.preview(markCompliant(intent), at(desk.nowMs));
  return decision.kind === 'approved' ? [] : decision.breaches.map(({ limit }) => limit);
}

export const heldOf = ({ system }: ListingDesk, key: string): bigint =>
  system.rooms.state.accounts.position('main', key).qty;

// ---- An engine that was never any different ---------------------------------------------------

/** Rooms on the same durable state and books, whose instruments were there from the start. */
export function freshOf({ system, nowMs }: ListingDesk): Rooms {
  const { config, state: told, listed: theirs } = system.rooms;
  const specs = theirs.traded().map(({ index: _, ...spec }) => spec);
  const instruments = listInstruments(specs);
  const ground = layGround(config, instruments, readKernels());
  const listed = createInstruments(instruments, ground.plan.capacities.instruments);
  const state = createState({ capacity: config.capacity, known: listed.byKey });
  for (const { slice, state: saved } of told.save()) state.load(slice, saved);
  const rooms = buildRooms({
    config,
    listed,
    ground,
    state,
    clock: { nowUs: () => at(nowMs), nowNs: () => 0 },
    ids: createIdSource(99, 0, () => undefined),
    effects: NO_EFFECTS,
    nowUs: () => at(nowMs),
    isReplay: true,
  });
  const engine = createEngine(rooms, at(nowMs));
  const batch = new Float64Array(ground.buffer, ground.plan.batch, 4);
  for (const before of theirs.traded()) {
    const instrument = listed.byKey(before.key);
    assert.ok(instrument !== null);
    const { books } = system.ground;
    const [bid, ask] = [books.bidPrice(before, 0), books.askPrice(before, 0)];
    if (!books.isReady(before)) continue;
    batch.set([bid, SIZE, ask, SIZE]);
    const counts = { bidCount: 1, askCount: 1, receiveUs: at(nowMs) };
    engine.apply({ kind: 'snapshot', instrument, lastId: 1, ...counts });
  }
  engine.apply({ kind: 'clock', nowUs: at(nowMs) });
  return rooms;
}

const nothing = (): undefined => undefined;
const NO_EFFECTS: Effects = {
  requestSnapshot: nothing,
  list: nothing,
  unlist: nothing,
  requestForecast: nothing,
  place: () => true,
  cancel: () => true,
  amend: () => true,
  query: () => true,
  askOpenOrders: nothing,
  moveMoney: () => null,
  cancelUnknown: nothing,
  record: nothing,
  answer: nothing,
  checkpoint: nothing,
};

// Owns a house that is shaken: every random event, crash, loss and double that its seed draws.
// Promise: the venue and the disk outlive every crash; the same seed gives the same life.

import assert from 'node:assert/strict';
import { readKernels } from '../../cli/invocation.ts';
import { resolveConfig } from '../../engine/config/resolve.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { Placement } from '../../engine/core/decision.ts';
import type { DepthEvent, ForecastEvent } from '../../engine/core/event.ts';
import type { Instrument } from '../../engine/core/instrument.ts';
import { createRandom } from '../../engine/core/random.ts';
import { asEpochUs, asQty, type EpochUs } from '../../engine/core/units.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { createMemoryDisk } from '../../engine/storage/memory-disk.ts';
import { openSystem } from '../../engine/surroundings/compose.ts';
import type { VenueHouse, VenueLink } from '../../engine/surroundings/house.ts';
import { UNASKED } from '../../engine/surroundings/market-recorded.ts';
import { inferInstrument, knownInstrument } from '../../engine/venues/binance/catalogue.ts';
import type { PaperFaults } from '../../engine/venues/paper/faults.ts';
import { createPaperVenue, type PaperVenue } from '../../engine/venues/paper/paper.ts';
import { command } from './whole-commands.ts';
import { at, between, type House, type Life } from './whole-life.ts';

const START_US = 1_723_075_200_000_000;
const LEVELS = 8;
const TRADED = [
  ['binance-usdm', 'BTCUSDT', 60_000],
  ['binance-spot', 'BTCUSDT', 60_000],
  ['binance-spot', 'ETHUSDT', 3000],
  ['binance-spot', 'ETHBTC', 0.05],
  ['binance-coinm', 'BTCUSD_PERP', 60_000],
] as const;

const STRATEGIES = [
  { name: 'taker', module: 'imbalance-taker', account: 'main', parameters: { threshold: 0.3 } },
  { name: 'follower', module: 'signal-follower', account: 'fund' },
  { name: 'holder', module: 'buy-and-hold', account: 'fund', parameters: { exposure: 0.02 } },
];
const DEPOSITS = {
  USDT: { 'binance-usdm': '2000000', 'binance-spot': '1000000' },
  BTC: { 'binance-spot': '5', 'binance-coinm': '20' },
};

const SETTINGS = [
  `strategies=${JSON.stringify(STRATEGIES)}`,
  `execution.deposits=${JSON.stringify(DEPOSITS)}`,
  'compliance.accounts=["main","fund"]',
  'capacity.instruments=8',
  'capacity.levels=64',
  'capacity.forecastSlots=64',
  'capacity.orders=48',
  'capacity.clientKeys=32',
  'main.signalIntervalMs=200',
  'ai.signalSpacingMsMin=0',
  'ai.confidenceThreshold=0.05',
  'main.defaultOrderNotionalUsd=2000',
  'risk.ordersPerSecond=200',
  'risk.ordersBurst=400',
  'risk.maxPositionUsd=10000000',
  'risk.maxPortfolioExposure=100',
  'main.maxPortfolioValueUsd=1000000000',
  'risk.maxLeverage=20',
  'risk.maxConcentration=100',
  'risk.varLimit95OneDay=100',
  'risk.historicalVarLimit95OneDay=100',
  'risk.stressLossLimit=100',
  'risk.duplicateWindowMs=0',
  'risk.markAgeMsMax=60000',
];

function configOf(): Config {
  const result = resolveConfig({ file: {}, environment: {}, settings: SETTINGS });
  assert.ok(result.kind === 'resolved', JSON.stringify(result));
  return result.config;
}

export async function openHouse(seed: string, faults: Omit<PaperFaults, 'seed'>): Promise<House> {
  const instruments = listInstruments(
    TRADED.map(
      ([venue, symbol]) => knownInstrument(venue, symbol) ?? inferInstrument(venue, symbol, 5, 4),
    ),
  );
  const life = {
    seed,
    faults,
    random: createRandom(seed),
    instruments,
    records: [],
    lives: 0,
    disk: createMemoryDisk({ seed }),
    nowUs: START_US,
    paper: null,
    fillIds: 0,
    mids: TRADED.map(([, , mid]) => mid),
    sequences: TRADED.map(() => 1),
    keys: [],
    broken: [],
  } as unknown as Life;
  await open(life);
  return life;
}

/** The power goes: what the disk has kept of it all. */
export function cutPower(house: House): void {
  house.disk = house.disk.crash();
  house.records.length = 0;
}

/** Another engine begins where the disk stands. */
export const reopen = (house: House): Promise<void> => open(house as Life);

async function open(life: Life): Promise<void> {
  life.lives += 1;
  const opening = await openSystem({
    config: configOf(),
    mode: 'simulation',
    version: 'test',
    seed: life.seed,
    model: 'none',
    instruments: life.instruments,
    stateDir: '',
    disk: life.disk,
    kernels: readKernels(),
    clock: { nowUs: () => asEpochUs(life.nowUs), nowNs: () => life.nowUs * 1000 },
    startUs: asEpochUs(life.nowUs),
    isReplay: true,
    openVenue: (house) => openVenue(life, house),
    openForecasts: async () => NO_FORECASTS,
    gateway: null,
    follow: (record) => life.records.push(record),
    market: UNASKED,
    onFault: (reason) => life.broken.push(reason),
  });
  assert.ok(opening.kind === 'open', opening.kind === 'refused' ? opening.message : '');
  life.system = opening.system;
  for (const { index } of life.instruments) snapshot(life, index);
}

const NO_FORECASTS = {
  add: () => undefined,
  request: () => undefined,
  settle: async () => undefined,
  isPending: () => false,
  close: async () => undefined,
};

// ---- The venue ------------------------------------------------------------------------------

function openVenue(life: Life, { ground, instruments, report, opening }: VenueHouse): VenueLink {
  const saved = life.paper?.save();
  const paper = createPaperVenue({
    books: ground.books,
    instruments,
    latencyUs: 2000,
    random: createRandom(`${life.seed}/paper/${life.lives}`),
    faults: { seed: `${life.seed}/faults/${life.lives}`, ...life.faults },
    emit: report,
    fillIds() {
      life.fillIds += 1;
      return `f${life.fillIds}`;
    },
    ...(saved === undefined ? {} : { saved }),
  });
  life.paper = paper;
  if (saved === undefined) {
    for (const money of opening.balances) paper.openBalance(money);
  }
  const sent = (act: () => void): boolean => {
    act();
    return true;
  };
  return {
    place: (placement, nowUs) => sent(() => place(life, paper, placement, nowUs)),
    cancel: (order, nowUs) => sent(() => paper.cancel(order, nowUs)),
    amend: ({ id }, { qty, price }, nowUs) =>
      price !== null && sent(() => paper.amend(id, qty, price, nowUs)),
    query: ({ id }, nowUs) => sent(() => paper.query(id, nowUs)),
    cancelUnknown: (_venue, orderId, nowUs) => paper.cancelUnknown(orderId, nowUs),
    askOpenOrders(venue, nowUs) {
      paper.askHistory(venue, asEpochUs(Math.max(0, nowUs - HISTORY_US)), nowUs);
      paper.askOpenOrders(venue, nowUs);
    },
    moveMoney: ({ movement, account, venue, toAccount, toVenue, asset, amount }) => {
      if (movement === 'deposit') return paper.deposit({ account, venue, asset, amount });
      const out = paper.withdraw({ account, venue, asset, amount });
      if (movement === 'withdrawal' || out !== null) return out;
      return paper.deposit({ account: toAccount, venue: toVenue, asset, amount });
    },
    afterEvent(event, nowUs) {
      if (event.kind === 'depth') paper.onBook(event.instrument, event.eventUs, nowUs);
      else if (event.kind === 'snapshot') paper.onBook(event.instrument, nowUs, nowUs);
    },
    advance: paper.advance,
    list: paper.list,
    close: () => undefined,
  };
}

const HISTORY_US = 3_600_000_000;

function place(life: Life, paper: PaperVenue, placement: Placement, nowUs: EpochUs): void {
  if (life.system !== undefined) assertAffordable(life, placement);
  paper.place(placement, nowUs);
}

/**
 * Spot: what the order may cost, with what every living order on the same coins may, is there.
 * Doubles are fine here: the amounts differ from balances by whole lots or by nothing.
 */
function assertAffordable({ system }: House, { intent, limitPrice }: Placement): void {
  const { instrument, account, side } = intent;
  if (instrument.kind !== 'spot') return;
  const { accounts, orders } = system.rooms.state;
  const asset = side === 'buy' ? instrument.quote : instrument.base;
  let spent = costOf(instrument, side, intent.qty, limitPrice);
  for (const order of orders.open()) {
    const one = order.instrument;
    const spends = order.side === 'buy' ? one.quote : one.base;
    const isSame = one.kind === 'spot' && one.venue === instrument.venue && spends === asset;
    if (!isSame || order.account !== account || order.limitPrice === null) continue;
    if (order.id === '' || order.reduceOnly) continue;
    const open = asQty(order.qty - order.filledQty);
    spent += costOf(one, order.side, open, order.limitPrice);
  }
  const held = Number(accounts.balance(account, instrument.venue, asset)) / 1e18;
  assert.ok(spent <= held * (1 + 1e-9), `${side} ${instrument.key}: ${spent} of ${held} ${asset}`);
}

function costOf(instrument: Instrument, side: string, qty: number, price: number): number {
  const amount = qty / 10 ** instrument.qtyScale;
  return side === 'sell' ? amount : (amount * price) / 10 ** instrument.priceScale;
}

// ---- Events ---------------------------------------------------------------------------------

/** One random event; its name. */
export function shake(house: House): string {
  const life = house as Life;
  const { random, system } = life;
  life.nowUs += between(random, 1, random.uniform() < 0.05 ? 400_000 : 20_000);
  const [name, act] = draw(life);
  act();
  assert.deepEqual(life.broken, [], `${name} broke the house`);
  assert.equal(system.rooms.state.accounts.isBalanced(), true, name);
  return name;
}

function draw(life: Life): readonly [string, () => void] {
  const { random, system } = life;
  const chance = random.uniform();
  const index = between(random, 0, life.instruments.length - 1);
  if (chance < 0.5) return ['depth', () => depth(life, index)];
  if (chance < 0.62) return ['forecast', () => forecast(life, index)];
  if (chance < 0.74) return ['tick', () => system.tick(asEpochUs(life.nowUs))];
  if (chance < 0.75) return ['snapshot', () => snapshot(life, index)];
  if (chance < 0.752) return ['disconnect', () => disconnect(life, index)];
  return ['command', () => command(life)];
}

function levels(life: Life, index: number): void {
  const { ground } = life.system;
  const { random, mids } = life;
  const instrument = at(life.instruments, index);
  const mid = at(mids, index) * (1 + (random.uniform() - 0.5) * 0.001);
  mids[index] = mid;
  const { tick, lot, priceScale } = instrument;
  const steps = Math.round((mid * 10 ** priceScale) / tick);
  const batch = new Float64Array(ground.buffer, ground.plan.batch, 4 * LEVELS);
  for (let level = 0; level < LEVELS; level += 1) {
    const size = lot * between(random, 1, 40) * Math.max(1, Math.round(1000 / (lot * 40)));
    batch[2 * level] = (steps - 1 - level) * tick;
    batch[2 * level + 1] = size;
    batch[2 * (LEVELS + level)] = (steps + 1 + level) * tick;
    batch[2 * (LEVELS + level) + 1] = lot * between(random, 1, 40);
  }
}

/** A whole book comes anew with each event, as a venue's partial depth does. */
function snapshot(life: Life, index: number): void {
  levels(life, index);
  const sequence = at(life.sequences, index) + 10;
  life.sequences[index] = sequence;
  life.system.apply({
    kind: 'snapshot',
    instrument: at(life.instruments, index),
    lastId: sequence,
    bidCount: LEVELS,
    askCount: LEVELS,
    receiveUs: asEpochUs(life.nowUs),
  });
}

/** One level each is set anew; now and then an update is lost. */
function depth(life: Life, index: number): void {
  if (life.random.uniform() < 0.9) return snapshot(life, index);
  const instrument = at(life.instruments, index);
  const isLost = life.random.uniform() < 0.02;
  const sequence = at(life.sequences, index) + (isLost ? 5 : 1);
  life.sequences[index] = sequence;
  const { ground } = life.system;
  const batch = new Float64Array(ground.buffer, ground.plan.batch, 4);
  const { books } = ground;
  batch.set([books.bidPrice(instrument, 0), instrument.lot * between(life.random, 1, 60)]);
  batch.set([books.askPrice(instrument, 0), instrument.lot * between(life.random, 1, 60)], 2);
  if (Number.isNaN(batch[0] ?? Number.NaN) || Number.isNaN(batch[2] ?? Number.NaN)) return;
  const us = asEpochUs(life.nowUs);
  const event: DepthEvent = {
    kind: 'depth',
    instrument,
    firstId: sequence,
    lastId: sequence,
    previousId: instrument.kind === 'spot' ? -1 : sequence - 1,
    bidCount: 1,
    askCount: 1,
    eventUs: us,
    receiveUs: us,
    tickNs: 0,
  };
  life.system.apply(event);
}

function forecast(life: Life, index: number): void {
  const event: ForecastEvent = {
    kind: 'forecast',
    instrument: at(life.instruments, index),
    probability: life.random.uniform(),
    horizonUs: 5_000_000,
    model: 'random',
    status: 0,
    bookSequence: 1,
    requestUs: asEpochUs(life.nowUs),
    tickNs: 0,
  };
  life.system.apply(event);
}

function disconnect(life: Life, index: number): void {
  const { venue } = at(life.instruments, index);
  life.system.apply({ kind: 'disconnect', venue, reason: 'drawn' });
}

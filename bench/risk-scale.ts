// Owns the proof that money does not slow down with instruments: fills and ends of orders, by size.
// Promise: sizes take turns within one run, so ratios are paired; what is held is checked after it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { decideOpening } from '../engine/accounts/opening.ts';
import { configSchema } from '../engine/config/schema.ts';
import type { OrderReport } from '../engine/core/event.ts';
import { createIdSource } from '../engine/core/ids.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import { createInstruments } from '../engine/core/instruments.ts';
import { type Order, type OrderIntent, sideSign } from '../engine/core/order.ts';
import { asEpochUs, asPrice, asQty, formatDecimal } from '../engine/core/units.ts';
import { createEngine, type Engine, type Rooms } from '../engine/engine.ts';
import type { Effects } from '../engine/facts/effects.ts';
import type { FactOf } from '../engine/facts/fact.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import { compileKernels } from '../engine/memory/kernels.ts';
import { createOrder } from '../engine/orders/order-state.ts';
import { placedFacts } from '../engine/orders/requests.ts';
import { toInstrumentRecord } from '../engine/run/instruments-slice.ts';
import { createState } from '../engine/state.ts';
import { depositsOf } from '../engine/surroundings/deposits.ts';
import { layGround } from '../engine/surroundings/ground.ts';
import { buildRooms } from '../engine/surroundings/rooms.ts';
import { inferInstrument } from '../engine/venues/binance/catalogue.ts';

export interface ScaleOptions {
  readonly instruments: readonly number[]; // sizes; ratios are to the first
  readonly accounts: number;
  readonly rounds: number; // the first fifth is warm-up
  readonly batch: number; // orders a round and size: half of them fill, the others end
}

export const FULL_SCALE: ScaleOptions = {
  instruments: [20, 100, 1000],
  accounts: 16,
  rounds: 500,
  batch: 100,
};
export const TINY_SCALE: ScaleOptions = { instruments: [4, 8], accounts: 2, rounds: 5, batch: 6 };

/** Promised of each ratio: a fill costs the same however many instruments there are. */
const SCALE_RATIO_MAX = 1.3;

/** Nanoseconds, medians over the rounds; ratios to the smallest size. */
export interface ScaleRow {
  readonly instruments: number;
  readonly riskNs: number; // of a fill: what the risk tables need of it
  readonly fillNs: number; // all of it: order, ledger, position, risk, equity, guard, record
  readonly endNs: number;
  readonly ratios: { readonly risk: number; readonly fill: number; readonly end: number };
}

export function runScaleBench(options: ScaleOptions): readonly ScaleRow[] {
  const desks = options.instruments.map((count) => openDesk(count, options));
  const warmUp = Math.floor(options.rounds / 5);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const desk of desks) {
      if (round === warmUp) for (const list of Object.values(desk.times)) list.length = 0;
      trade(desk, options.batch);
    }
  }
  const rows = desks.map(rowOf);
  const [first] = rows;
  assert.ok(first !== undefined, 'a size to compare with');
  return rows.map((row) => ({
    ...row,
    ratios: {
      risk: row.riskNs / first.riskNs,
      fill: row.fillNs / first.fillNs,
      end: row.endNs / first.endNs,
    },
  }));
}

/** Whatever grows with the number of instruments although it was promised not to. */
export const problemsOfScale = (rows: readonly ScaleRow[]): string[] =>
  rows.flatMap(({ instruments, ratios }) =>
    Object.entries(ratios)
      .filter(([, ratio]) => !(ratio <= SCALE_RATIO_MAX))
      .map(
        ([what, ratio]) =>
          `not as promised: ${what} at ${instruments} instruments costs ${ratio.toFixed(2)} x ` +
          `what it costs at ${rows[0]?.instruments}; promised ${SCALE_RATIO_MAX} x`,
      ),
  );

function rowOf(desk: Desk): Omit<ScaleRow, 'ratios'> {
  const { instruments, rooms, times } = desk;
  const gross = instruments.reduce((sum, { index }) => sum + Math.abs(desk.held[index] ?? 0), 0);
  const expected = (gross / 1000) * MARK;
  const distance = Math.abs(rooms.exposure.gross() - expected);
  assert.ok(distance <= 1e-9 * expected, `gross is ${rooms.exposure.gross()}, not ${expected}`);
  const [riskNs, fillNs, endNs] = [times.risk, times.fill, times.end].map(median);
  return {
    instruments: instruments.length,
    riskNs: riskNs ?? Number.NaN,
    fillNs: fillNs ?? Number.NaN,
    endNs: endNs ?? Number.NaN,
  };
}

interface Desk {
  readonly instruments: readonly Instrument[];
  readonly rooms: Rooms;
  readonly engine: Engine;
  readonly held: Float64Array; // signed steps, by instrument
  readonly ofAccounts: Float64Array; // by account and instrument
  readonly ofStrategies: Float64Array; // by strategy and instrument
  readonly times: { readonly risk: number[]; readonly fill: number[]; readonly end: number[] };
  placed: number;
}

const MARK = 100;
const STEPS = 50;
const NOW_US = asEpochUs(1_700_000_000_000_000);
const nothing = (): void => undefined;
const hasLeft = (): boolean => true;
const SILENT: Effects = {
  requestSnapshot: nothing,
  list: nothing,
  unlist: nothing,
  requestForecast: nothing,
  place: hasLeft,
  cancel: hasLeft,
  amend: hasLeft,
  query: hasLeft,
  cancelUnknown: nothing,
  askOpenOrders: nothing,
  moveMoney: () => null,
  record: nothing,
  answer: nothing,
  checkpoint: nothing,
};

function openDesk(count: number, { accounts }: ScaleOptions): Desk {
  const config = configSchema.parse({
    compliance: { accounts: Array.from({ length: accounts }, (_, k) => `account-${k}`) },
    capacity: { levels: 64, instruments: count }, // no slot that nobody has
  });
  const specs = Array.from({ length: count }, (_, k) =>
    inferInstrument('binance-usdm', `A${k}USDT`, 2, 3),
  );
  const instruments = listInstruments(specs);
  const built = new URL('../build/colin.wasm', import.meta.url);
  const module = compileKernels(readFileSync(process.env.COLIN_KERNELS ?? built));
  const ground = layGround(config, instruments, module);
  const clock = { nowUs: () => NOW_US, nowNs: () => performance.now() * 1e6 };
  const listed = createInstruments(instruments, ground.plan.capacities.instruments);
  const rooms = buildRooms({
    config,
    listed,
    ground,
    state: createState({ capacity: config.capacity, known: listed.byKey }),
    clock,
    ids: createIdSource(1, 0, nothing),
    effects: SILENT,
    nowUs: clock.nowUs,
    isReplay: true,
  });
  const engine = createEngine(rooms, NOW_US);
  openAccounts(engine, rooms);
  for (const instrument of instruments) {
    rooms.rates.mark(instrument, MARK, NOW_US, false);
    rooms.exposure.onMark(instrument, MARK, NOW_US);
  }
  const { strategies } = rooms.names;
  const desk: Desk = {
    instruments,
    rooms,
    engine,
    held: new Float64Array(count),
    ofAccounts: new Float64Array(accounts * count),
    ofStrategies: new Float64Array(strategies.length * count),
    times: { risk: [], fill: [], end: [] },
    placed: 0,
  };
  for (let k = 0; k < count; k += HELD_EVERY) fill(desk, place(desk, k, 'buy'));
  return desk;
}

function openAccounts(engine: Engine, rooms: Rooms): void {
  const { config, instruments, names, money } = rooms;
  for (const instrument of instruments) {
    const record = toInstrumentRecord(instrument);
    engine.commit({ kind: 'instrument', change: 'added', instrument: record, by: 'benchmark' });
  }
  for (const account of names.portfolios) {
    const opening = decideOpening(money, account, depositsOf(config), instruments, NOW_US);
    assert.ok(opening.kind === 'decided', 'an account of the benchmark can be opened');
    if (opening.fact !== null) engine.commit(opening.fact);
  }
  engine.start(new Map());
}

const HELD_EVERY = 5;
const TRADED = 20; // of any number there are: how cold the others are is the cache's business

function trade(desk: Desk, batch: number): void {
  const orders = Array.from({ length: batch }, (_, k) =>
    place(desk, desk.placed % Math.min(TRADED, desk.instruments.length), k & 1 ? 'sell' : 'buy'),
  );
  const half = batch >> 1;
  const [filled, ended] = [orders.slice(0, half), orders.slice(half)];
  const { times } = desk;
  timed(times.fill, filled, (order) => fill(desk, order));
  timed(times.end, ended, (order) => end(desk, order));
  timed(times.risk, filled, (order) => fillOfRisk(desk, order));
  desk.rooms.exposure.onClock();
}

function timed(times: number[], orders: readonly Order[], work: (order: Order) => void): void {
  const startNs = process.hrtime.bigint();
  for (const order of orders) work(order);
  times.push(Number(process.hrtime.bigint() - startNs) / orders.length);
}

/** What submit leaves behind of an order: the way before it has benchmarks of its own. */
function place(desk: Desk, index: number, side: 'buy' | 'sell'): Order {
  const { rooms } = desk;
  const instrument = desk.instruments[index];
  assert.ok(instrument !== undefined);
  const { portfolios, strategies } = rooms.names;
  desk.placed += 1;
  const intent = {
    kind: 'intent',
    instrument,
    account: portfolios[desk.placed % portfolios.length] ?? '',
    strategy: strategies[desk.placed % strategies.length] ?? '',
    side,
    type: 'limit',
    qty: asQty(STEPS),
    price: asPrice(side === 'sell' ? 10_050 : 9950),
    timeInForce: 'GTC',
    postOnly: false,
    reduceOnly: false,
    parentId: null,
    client: null,
    metadata: null,
    origin: { kind: 'signal', signalId: 1 },
    bookSequence: 1,
    createdUs: NOW_US,
    tickNs: 0,
  } as const;
  const id = `o${desk.placed}`;
  const start = { id, limitPrice: intent.price, arrivalMid: MARK, nowUs: NOW_US };
  const wish = { by: intent.strategy, reason: 'benchmark' };
  const { order, facts } = placedFacts(createOrder(intent, start), wish, true, NOW_US);
  desk.engine.commit(verdictOf(intent, id));
  for (const fact of facts) desk.engine.commit(fact);
  return order;
}

function verdictOf({ instrument, ...intent }: OrderIntent, orderId: string): FactOf<'verdict'> {
  const { kind: _, createdUs: __, tickNs: ___, ...asked } = intent;
  return {
    kind: 'verdict',
    amends: false,
    orderId,
    ...asked,
    instrument: instrument.key,
    qty: formatDecimal(intent.qty, instrument.qtyScale),
    price: formatDecimal(intent.price ?? Number.NaN, instrument.priceScale),
    approved: true,
    by: 'risk',
    breaches: [],
    warnings: [],
    notional: 0,
    varAfter: 0,
    historicalVarAfter: 0,
    stressAfter: 0,
  };
}

const tell = ({ engine }: Desk, report: OrderReport): void =>
  engine.apply({ kind: 'report', report, receiveUs: report.timeUs });

function fill(desk: Desk, order: Order): void {
  const { id, side, qty } = order;
  const steps = sideSign(side) * STEPS;
  const [ofAccount, ofStrategy] = cellsOf(desk, order);
  desk.held[order.instrument.index] = (desk.held[order.instrument.index] ?? 0) + steps;
  desk.ofAccounts[ofAccount] = (desk.ofAccounts[ofAccount] ?? 0) + steps;
  desk.ofStrategies[ofStrategy] = (desk.ofStrategies[ofStrategy] ?? 0) + steps;
  const price = asPrice(MARK * 100);
  const fillId = `f${id}`;
  tell(desk, {
    kind: 'fill',
    orderId: id,
    fillId,
    price,
    qty,
    liquidity: 'maker',
    fee: null,
    timeUs: NOW_US,
  });
}

const cellsOf = (
  { instruments, rooms: { names } }: Desk,
  { account, strategy, instrument: { index } }: Order,
): readonly [account: number, strategy: number] => [
  names.portfolios.indexOf(account) * instruments.length + index,
  names.strategies.indexOf(strategy) * instruments.length + index,
];

const end = (desk: Desk, { id }: Order): void =>
  tell(desk, { kind: 'ended', orderId: id, state: 'cancelled', reason: '', timeUs: NOW_US });

/** The same fill to the risk tables alone, and taken back: they are left as they were. */
function fillOfRisk(desk: Desk, order: Order): void {
  const { exposure } = desk.rooms;
  const { instrument, account, strategy, side } = order;
  const [ofAccount, ofStrategy] = cellsOf(desk, order);
  const after = desk.held[instrument.index] ?? 0;
  const accountAfter = desk.ofAccounts[ofAccount] ?? 0;
  const strategyAfter = desk.ofStrategies[ofStrategy] ?? 0;
  const steps = sideSign(side) * STEPS;
  exposure.onPosition(instrument, (after - steps) / 1000);
  exposure.setOpen(order, STEPS);
  exposure.setOpen(order, 0);
  exposure.onPosition(instrument, after / 1000);
  exposure.setHeld('portfolio', account, instrument, (accountAfter - steps) / 1000);
  exposure.setHeld('strategy', strategy, instrument, (strategyAfter - steps) / 1000);
  exposure.setHeld('portfolio', account, instrument, accountAfter / 1000);
  exposure.setHeld('strategy', strategy, instrument, strategyAfter / 1000);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

// Owns a small house around the strategy host: books, orders, holdings, a journal in memory.
// Promise: an intent is sent unless the test says which limits refuse it; time stands until moved.
import type { LimitCode } from '../engine/core/decision.ts';
import type { Signal } from '../engine/core/event.ts';
import type { Instrument, VenueRules } from '../engine/core/instrument.ts';
import type { Order, OrderIntent, OrderState } from '../engine/core/order.ts';
import type { ScopeState } from '../engine/core/risk.ts';
import { asQty } from '../engine/core/units.ts';
import type { Fact } from '../engine/facts/fact.ts';
import type { HostOptions, Opened } from '../engine/strategies/calls.ts';
import { createHost, type Host } from '../engine/strategies/host.ts';
import type { InstanceSpec } from '../engine/strategies/instances.ts';
import type { Batch } from '../engine/strategies/isolated-wire.ts';
import { createStrategy } from '../engine/strategies/module.ts';
import { createRemote } from '../engine/strategies/remote-desk.ts';
import { createStrategies, type Strategies } from '../engine/strategies/strategies-slice.ts';
import type { Desk, Strategy } from '../engine/strategies/strategy.ts';
import { at, createTestBooks, linear, spot, type TestBooks } from './trading-fixture.ts';

const RULES: VenueRules = {
  minNotional: 0,
  minQty: asQty(1),
  maxQty: null,
  maxMarketQty: null,
  marketLot: asQty(1),
  priceBand: null,
  feeIn: 'settle',
  maintenanceMargin: 0.05,
};
export const BTC: Instrument = { ...linear, index: 0, rules: RULES };
export const ETH: Instrument = { ...spot, index: 1, rules: { ...RULES, feeIn: 'quote' } };
export const TRADED = [BTC, ETH] as const;

export const specOf = (name: string, parts: Partial<InstanceSpec> = {}): InstanceSpec => ({
  name,
  module: `/strategies/${name}.ts`,
  account: 'main',
  instruments: ['*'],
  parameters: {},
  isolated: false,
  ...parts,
});

/** A user's module on the engine's thread, made of its handlers. */
export const inside = (make: (desk: Desk) => Strategy, moduleHash = 'h1'): Opened => ({
  kind: 'inside',
  moduleHash,
  url: 'file:///strategies/user.ts',
  create: (parameters, desk) =>
    createStrategy({ parameters: {}, create: () => make(desk) }, parameters, desk),
});

/** Both halves of an isolated strategy in this process; whatever goes between them is cloned. */
export interface Pair {
  readonly opened: Opened;
  readonly batches: Batch[]; // posted so far
  /** Answers what was posted, until nothing waits. */
  answer(): void;
}

export function pair(house: House, name: string, make: (desk: Desk) => Strategy, life = 1): Pair {
  const batches: Batch[] = [];
  let answered = 0;
  const made = createRemote({
    name,
    account: 'main',
    instruments: structuredClone(TRADED),
    module: { parameters: {}, create: ({ desk }) => make(desk) },
    parameters: {},
    url: 'file:///strategies/user.ts',
  });
  if (made.kind === 'problem') throw new Error(made.reason);
  const post = (batch: Batch): void => void batches.push(batch);
  const link = { post, leave: post, end: () => undefined };
  return {
    opened: { kind: 'isolated', moduleHash: 'h1', life, instruments: TRADED, link },
    batches,
    answer() {
      for (let next = batches[answered]; next !== undefined; next = batches[answered]) {
        answered += 1;
        const answer: unknown = structuredClone(made.value.handle(structuredClone(next)));
        house.nowNs += 2_000_000;
        house.host.onNews(name, { kind: 'answer', life, answer }, at(house.nowUs));
      }
    },
  };
}

export const signalOf = (strength: number, parts: Partial<Signal> = {}): Signal => ({
  id: 3,
  instrument: BTC,
  direction: strength > 0 ? 'up' : 'down',
  probability: 0.5 + Math.abs(strength) / 2,
  confidence: Math.abs(strength),
  strength,
  horizonUs: 1e6,
  model: 'm',
  bookSequence: 76,
  timeUs: at(0),
  mid: 99.95,
  action: 'trade',
  ...parts,
});

export interface House {
  readonly host: Host;
  readonly slice: Strategies;
  readonly books: TestBooks;
  readonly facts: Fact[];
  readonly intents: OrderIntent[]; // that reached the checks
  readonly orders: Map<string, Order>;
  readonly holdings: Map<string, number>; // 'strategy instrument'
  readonly cancels: { id: string; by: string; reason: string }[];
  readonly amends: { id: string; by: string; qty: number; price: number }[];
  readonly takenBack: { strategy: string; reason: string }[];
  readonly logs: string[];
  readonly opening: string[]; // instances whose module was asked for
  open: (spec: InstanceSpec, opening: number) => void;
  /** The module that was asked for last is open. */
  opened(name: string, opened: Opened): void;
  refusedBy: readonly LimitCode[] | null;
  state: ScopeState;
  nowUs: number;
  nowNs: number;
  start(opened?: Readonly<Record<string, Opened>>): void;
  tick(instrument?: Instrument): void;
  signal(signal: Signal): void;
  clock(us: number): void;
  /** An order of anybody, in a state. */
  move(id: string, state: OrderState, parts?: Partial<Order>): Order;
  place(intent: OrderIntent): Order;
}

export type HouseParts = Partial<Omit<HostOptions, 'specs' | 'ports' | 'instruments'>>;

/** A house whose books stand at 99.90 / 100.00 with more wanted than offered. */
export function openHouse(specs: readonly InstanceSpec[], parts: HouseParts = {}): House {
  const slice = parts.slice ?? createStrategies();
  const books = createTestBooks();
  for (const one of TRADED) books.set(one, [[9_990, 90]], [[10_000, 10]]);
  const house: House = {
    slice,
    books,
    facts: [],
    intents: [],
    orders: new Map(),
    holdings: new Map(),
    cancels: [],
    amends: [],
    takenBack: [],
    logs: [],
    opening: [],
    open: () => undefined,
    opened: (name, opened) => tellOpened(house, name, opened),
    refusedBy: null,
    state: 'active',
    nowUs: 1_000_000,
    nowNs: 0,
    host: createHost({
      intentsPerSecond: 50,
      intentsBurst: 100,
      callMsMax: 50,
      isolatedTimeoutMs: 1000,
      ...parts,
      specs,
      slice,
      instruments: TRADED,
      ports: portsOf(books, () => house),
    }),
    start(opened = {}) {
      const orders = [...house.orders.values()];
      house.host.start(orders, new Map(Object.entries(opened)), at(house.nowUs));
    },
    tick(instrument = BTC) {
      house.host.onBook(instrument, 99.95, 5, at(house.nowUs));
    },
    signal: (signal) => house.host.onSignal(signal, 99.95, 5, at(house.nowUs)),
    clock(us) {
      house.nowUs += us;
      house.host.onClock(at(house.nowUs));
    },
    move: (id, state, moved = {}) => move(house, id, state, moved),
    place: (intent) => place(house, intent),
  };
  return house;
}

function tellOpened({ host, opening: asked, nowUs }: House, name: string, opened: Opened): void {
  const opening = asked.filter((one) => one === name).length;
  host.onNews(name, { kind: 'opened', opening, opened }, at(nowUs));
}

function move(house: House, id: string, state: OrderState, moved: Partial<Order>): Order {
  const before = house.orders.get(id);
  if (before === undefined) throw new Error(`no order ${id}`);
  const order = { ...before, ...moved, state, updatedUs: at(house.nowUs) };
  house.orders.set(id, order);
  house.host.onOrder(order, at(house.nowUs));
  return order;
}

function place(house: House, intent: OrderIntent): Order {
  const { kind: _, client: __, metadata: ___, bookSequence: ____, tickNs: _____, ...rest } = intent;
  const order: Order = {
    ...rest,
    id: `c${house.orders.size + 1}`,
    limitPrice: intent.price,
    state: 'open',
    cancelRequested: false,
    filledQty: asQty(0),
    filledValue: 0n,
    reason: '',
    arrivalMid: 99.95,
    updatedUs: intent.createdUs,
  };
  house.orders.set(order.id, order);
  house.host.onOrder(order, at(house.nowUs));
  return order;
}

function portsOf(books: TestBooks, get: () => House): HostOptions['ports'] {
  const cancel = (order: Order): void => {
    get().move(order.id, order.state, { cancelRequested: true });
  };
  return {
    books,
    nowNs: () => get().nowNs,
    holding: (_account, strategy, one) => get().holdings.get(`${strategy} ${one.key}`) ?? 0,
    profit: () => 0,
    equity: () => 1e6,
    quoteRate: () => 1,
    scopeState: () => get().state,
    log: (strategy, text) => get().logs.push(`${strategy}: ${text}`),
    tellFailed: (strategy, reason) => get().logs.push(`${strategy} failed: ${reason}`),
    submit(intent) {
      get().intents.push(intent);
      if (get().refusedBy === null) place(get(), intent);
      return get().refusedBy;
    },
    cancel(order, by, reason) {
      get().cancels.push({ id: order.id, by, reason });
      cancel(order);
    },
    amend(order, { qty, price }, by) {
      get().amends.push({ id: order.id, by, qty, price });
      return get().refusedBy;
    },
    takeBack(strategy, reason) {
      get().takenBack.push({ strategy, reason });
      for (const order of get().orders.values()) {
        if (order.strategy === strategy && order.state === 'open') cancel(order);
      }
    },
    commit(fact, nowUs) {
      get().facts.push(fact);
      get().slice.fold(fact, nowUs);
    },
    open(spec, opening) {
      get().opening.push(spec.name);
      get().open(spec, opening);
    },
  };
}

// Owns the durable state of orders: the orders, requests in flight, fill ids and client keys seen.
// Promise: changed by facts alone; bounded; what it saves says the same after a load.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import { hashOf } from '../core/json.ts';
import { type ClientKey, isTerminal, type Metadata, type Order } from '../core/order.ts';
import { asEpochUs, asQty, type EpochUs } from '../core/units.ts';
import type { Fact, FactOf } from '../facts/fact.ts';
import type { OrderRecord, RequestRecord } from '../facts/order.ts';
import type { Slice } from '../facts/slice.ts';
import { type Ageing, createAgeing } from './ageing.ts';
import { type ClientOrder, METADATA_BYTES_MAX } from './client-keys.ts';
import {
  fromChangeRecord,
  fromOrderRecord,
  parsePrice,
  parseQty,
  toOrderRecord,
} from './order-record.ts';
import { onFill } from './order-state.ts';
import { createOrderStore, type OrderStore } from './order-store.ts';
import {
  NO_REQUESTS,
  type OrderRequests,
  REQUEST_KINDS,
  type Request,
  requestFact,
} from './request.ts';

export interface OrdersCapacity {
  readonly orders: number; // kept, living and ended together
  readonly clientKeys: number; // of accepted orders; a sixteenth of that again for refused ones
}

/** What rooms read. Nothing of it can be changed through it. */
export interface OrdersReader
  extends Pick<
    OrderStore,
    'get' | 'open' | 'openOn' | 'unknownIds' | 'list' | 'openCount' | 'count'
  > {
  readonly capacity: number; // orders kept; so many may live
  /** True while one more order can be kept. Ask before an order is made. */
  hasRoom(): boolean;
  requestsOf(orderId: string): OrderRequests;
  /** Every order with an open request, in the order in which they came. */
  requests(): Iterable<readonly [string, OrderRequests]>;
  hasFill(instrument: Instrument, fillId: string): boolean;
  clientOrder(key: string): ClientOrder | null;
  metadataOf(orderId: string): Metadata | null;
}

export interface OrdersSaved {
  readonly orders: readonly OrderRecord[];
  readonly ended: readonly string[];
  readonly requests: readonly (RequestRecord & { readonly sentUs: number })[];
  readonly fills: readonly (readonly [fill: string, orderId: string])[];
  readonly clients: readonly (readonly [key: string, order: ClientOrder])[];
  readonly refused: readonly (readonly [key: string, order: ClientOrder])[];
  readonly metadata: readonly (readonly [orderId: string, metadata: Metadata])[];
}

export type OrdersSlice = Slice<OrdersSaved> & OrdersReader;

const FILLS_PER_ORDER = 4; // ids remembered, on average
const REFUSED_SHARE = 16;
const METADATA_SHARE = 4; // of the orders kept, those whose metadata is

interface State {
  readonly store: OrderStore;
  readonly requests: Map<string, OrderRequests>;
  readonly fills: Ageing<string>; // fill -> order
  readonly clients: Ageing<ClientOrder>;
  readonly refused: Ageing<ClientOrder>;
  readonly metadata: Ageing<Metadata>;
  readonly instrumentOf: (key: string) => Instrument | null;
}

/**
 * `instrumentOf` reads the slice of instruments. Bounds: fill ids 4 x orders and client keys as
 * told, metadata a quarter of
 * orders; oldest forgotten first, those of living orders only beyond twice that.
 */
export function createOrdersSlice(
  capacity: OrdersCapacity,
  instrumentOf: (key: string) => Instrument | null,
): OrdersSlice {
  assert(Number.isInteger(capacity.orders) && capacity.orders > 0, 'orders need a capacity');
  const store = createOrderStore(capacity.orders, (id) => state.metadata.delete(id));
  const isLiving = (id: string): boolean => {
    const order = store.get(id);
    return order !== null && !isTerminal(order);
  };
  const refusedMax = Math.ceil(capacity.clientKeys / REFUSED_SHARE);
  const state: State = {
    store,
    requests: new Map(),
    fills: createAgeing(capacity.orders * FILLS_PER_ORDER, isLiving),
    clients: createAgeing(capacity.clientKeys, ({ orderId }) => isLiving(orderId)),
    refused: createAgeing(refusedMax),
    metadata: createAgeing(Math.ceil(capacity.orders / METADATA_SHARE), (_, id) => isLiving(id)),
    instrumentOf,
  };
  const save = (): OrdersSaved => saveState(state);
  return {
    ...readersOf(state, capacity.orders),
    name: 'orders',
    get openCount() {
      return store.openCount;
    },
    get count() {
      return store.count;
    },
    fold: (fact, timeUs) => fold(state, fact, asEpochUs(timeUs)),
    save,
    load: (saved) => loadState(state, saved),
    hash: () => hashOf(save()),
  };
}

function readersOf(
  { store, requests, fills, clients, refused, metadata }: State,
  capacity: number,
): Omit<OrdersReader, 'openCount' | 'count'> {
  const requestsOf = (id: string): OrderRequests => requests.get(id) ?? NO_REQUESTS;
  return {
    get: store.get,
    open: store.open,
    openOn: store.openOn,
    unknownIds: store.unknownIds,
    list: store.list,
    capacity,
    hasRoom: () => store.openCount < capacity,
    requestsOf,
    requests: () => requests,
    hasFill: (instrument, fillId) => fills.has(fillKey(instrument, fillId)),
    clientOrder: (key) => clients.get(key) ?? refused.get(key) ?? null,
    metadataOf: (id) => metadata.get(id) ?? null,
  };
}

// ---- Facts ------------------------------------------------------------------------------------

function fold(state: State, fact: Fact, timeUs: EpochUs): void {
  if (fact.kind === 'order') foldOrder(state, fact.order);
  else if (fact.kind === 'request') foldRequest(state, fact, timeUs);
  else if (fact.kind === 'fill') foldFill(state, fact, timeUs);
  else if (fact.kind === 'verdict') foldVerdict(state, fact, timeUs);
}

/** From here on the order may be at its venue: what follows at once is lost only with a crash. */
function foldVerdict(state: State, fact: FactOf<'verdict'>, timeUs: EpochUs): void {
  const { orderId, client, metadata, approved } = fact;
  if (fact.amends) return; // its request says what becomes of the order
  if (approved) {
    assert(state.store.get(orderId) === null, `order ${orderId} was approved before`);
    state.store.put(createdOrder(fact, instrumentFor(state, fact.instrument, orderId), timeUs));
    if (metadata !== null) state.metadata.set(orderId, metadata);
  }
  if (client !== null) foldClient(state, fact, client);
}

/**
 * After its order: a key is kept for as long as its order lives. One that is here already was
 * forgotten by an engine with less room, which then took it for a new one: the latest order counts.
 */
function foldClient(
  { clients, refused }: State,
  { orderId, approved, by, breaches }: FactOf<'verdict'>,
  { key, bodyHash }: ClientKey,
): void {
  clients.delete(key);
  refused.delete(key);
  if (approved) clients.set(key, { kind: 'accepted', orderId, bodyHash });
  else refused.set(key, { kind: 'rejected', orderId, bodyHash, by, breaches });
}

function createdOrder(fact: FactOf<'verdict'>, instrument: Instrument, timeUs: EpochUs): Order {
  const { orderId: id, account, strategy, parentId, side, type, timeInForce, origin } = fact;
  const price = fact.price === null ? null : parsePrice(instrument, fact.price, id);
  return {
    id,
    instrument,
    account,
    strategy,
    parentId,
    side,
    type,
    qty: parseQty(instrument, fact.qty, id),
    price,
    limitPrice: price, // a market order's collar comes with the next fact
    timeInForce,
    postOnly: fact.postOnly,
    reduceOnly: fact.reduceOnly,
    origin,
    state: 'created',
    cancelRequested: false,
    filledQty: asQty(0),
    filledValue: 0n,
    reason: '',
    arrivalMid: 0,
    createdUs: timeUs,
    updatedUs: timeUs,
  };
}

function foldOrder(state: State, record: OrderRecord): void {
  const { id } = record;
  const before = state.store.get(id);
  const order = fromOrderRecord(record, instrumentFor(state, record.instrument, id));
  if (before !== null) {
    // Money moves by the facts of fills alone: they come before the state that follows from them.
    const isSame = order.filledQty === before.filledQty && order.filledValue === before.filledValue;
    assert(isSame, `order ${id}: ${record.filledQty} filled, without the fills that say so`);
    // Keys and not objects: one that was retired, or came back, is another object than it was.
    const isOfSame = order.instrument.key === before.instrument.key;
    assert(isOfSame, `order ${id}: another instrument than before`);
    const isFinal = !isTerminal(before) || order.state === before.state;
    const isReopened = order.origin.kind === 'external' && !isTerminal(order);
    assert(isFinal || isReopened, `order ${id}: ${before.state} is final, not ${order.state}`);
  }
  keep(state, order);
}

function foldFill(state: State, { fill }: FactOf<'fill'>, timeUs: EpochUs): void {
  const order = state.store.get(fill.orderId);
  assert(order !== null, `fill ${fill.id}: nobody knows order ${fill.orderId}`);
  const { instrument, id } = order;
  const key = fillKey(instrument, fill.id);
  assert(!state.fills.has(key), `fill ${key} was booked before`);
  const price = parsePrice(instrument, fill.price, id);
  const step = onFill(order, price, parseQty(instrument, fill.qty, id), timeUs);
  assert(step.change === 'changed', `fill ${key} of order ${id}: ${step.reason}`);
  keep(state, step.order);
  state.fills.set(key, id);
}

function foldRequest(state: State, fact: FactOf<'request'>, timeUs: EpochUs): void {
  const { orderId, request } = fact;
  const order = state.store.get(orderId);
  if (order === null || isTerminal(order)) return; // an order that is over has no requests
  const all = state.requests.get(orderId) ?? NO_REQUESTS;
  const open = openRequest(fact, order, all[request], timeUs);
  const requests = { ...all, [request]: open };
  if (REQUEST_KINDS.every((kind) => requests[kind] === null)) state.requests.delete(orderId);
  else state.requests.set(orderId, requests);
  if (request === 'cancel') keep(state, order);
}

function openRequest(
  fact: FactOf<'request'>,
  order: Order,
  before: Request | null,
  timeUs: EpochUs,
): Request | null {
  const { request, state, attempt, by, reason, change } = fact;
  if (state === 'answered' || (state === 'refused' && request !== 'cancel')) return null;
  // Nothing is left to be wished of a new order that was given up: the order is unknown.
  if (state === 'given_up' && request === 'new') return null;
  return {
    request,
    state,
    attempt,
    by,
    reason: state === 'refused' ? (before?.reason ?? reason) : reason, // the asker's own
    change: change === null ? null : fromChangeRecord(order.instrument, change, order.id),
    sentUs: state === 'sent' ? timeUs : (before?.sentUs ?? timeUs),
  };
}

/** An ended order has no requests; a living one says whether a cancel is on its way. */
function keep({ store, requests }: State, order: Order): void {
  if (isTerminal(order)) requests.delete(order.id);
  const cancelRequested = (requests.get(order.id) ?? NO_REQUESTS).cancel !== null;
  store.put(order.cancelRequested === cancelRequested ? order : { ...order, cancelRequested });
}

function instrumentFor(state: State, key: string, id: string): Instrument {
  const instrument = state.instrumentOf(key);
  assert(instrument !== null, `order ${id}: ${key} is not configured`);
  return instrument;
}

const fillKey = (instrument: Instrument, fillId: string): string => `${instrument.key} ${fillId}`;

// ---- Saved ------------------------------------------------------------------------------------

function saveState(state: State): OrdersSaved {
  const { store, requests, fills, clients, refused, metadata } = state;
  return {
    orders: [...store.all()].map(toOrderRecord),
    ended: store.endedIds(),
    requests: [...requests].flatMap(([id, all]) => savedRequests(store.get(id), all)),
    fills: fills.entries(),
    clients: clients.entries(),
    refused: refused.entries(),
    metadata: metadata.entries(),
  };
}

function savedRequests(order: Order | null, all: OrderRequests): OrdersSaved['requests'] {
  return REQUEST_KINDS.flatMap((kind) => {
    const request = all[kind];
    if (order === null || request === null) return [];
    const { kind: _, ...record } = requestFact(order, request, request.state);
    return [{ ...record, sentUs: request.sentUs }];
  });
}

function loadState(state: State, saved: OrdersSaved): void {
  const { store, requests, metadata } = state;
  const orders = saved.orders.map((record) =>
    fromOrderRecord(record, instrumentFor(state, record.instrument, record.id)),
  );
  metadata.load(saved.metadata); // before the orders: those that are forgotten take theirs along
  store.load(orders, saved.ended);
  requests.clear();
  for (const { sentUs, ...record } of saved.requests) {
    foldRequest(state, { kind: 'request', ...record }, asEpochUs(sentUs));
  }
  state.fills.load(saved.fills);
  state.clients.load(saved.clients);
  state.refused.load(saved.refused);
}

// ---- Size -------------------------------------------------------------------------------------

// Each with every text at its bound, as tests/unit/orders/orders-slice.test.ts makes them.
const ORDER_BYTES_MAX = 1536;
const REQUEST_BYTES_MAX = 512;
const ENDED_BYTES_MAX = 67;
const FILL_BYTES_MAX = 200;
const CLIENT_BYTES_MAX = 420;
const REFUSED_BYTES_MAX = 12_288; // with a breach of every check
const METADATA_ROW_BYTES_MAX = METADATA_BYTES_MAX + 72;

/** Bytes of the largest save() as JSON, for the rings a checkpoint goes through. */
export function ordersSizeMax({ orders, clientKeys }: OrdersCapacity): number {
  const anOrder = ORDER_BYTES_MAX + REQUEST_KINDS.length * REQUEST_BYTES_MAX + ENDED_BYTES_MAX;
  const fills = 2 * FILLS_PER_ORDER * orders * FILL_BYTES_MAX;
  const metadata = 2 * Math.ceil(orders / METADATA_SHARE) * METADATA_ROW_BYTES_MAX;
  const keys = 2 * clientKeys * CLIENT_BYTES_MAX;
  const refused = Math.ceil(clientKeys / REFUSED_SHARE) * REFUSED_BYTES_MAX;
  return orders * anOrder + fills + metadata + keys + refused + 1024;
}

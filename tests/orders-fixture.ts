// Owns a desk for tests of orders: the slice, its rooms, and a journal of every fact they gave.
// Promise: facts are committed as the engine has to; each is JSON text in between, as on a disk.
import type { OrderReport, VenueOrder } from '../engine/core/event.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { Order, OrderChange, OrderIntent } from '../engine/core/order.ts';
import { asPrice, asQty } from '../engine/core/units.ts';
import type { Fact, FactOf, JournalRecord } from '../engine/facts/fact.ts';
import { JOURNAL_FORMAT } from '../engine/facts/run.ts';
import {
  createOrderRoom,
  type OrderRoom,
  type ReportDecision,
} from '../engine/orders/order-room.ts';
import { createOrder } from '../engine/orders/order-state.ts';
import {
  createOrdersSlice,
  type OrdersReader,
  type OrdersSlice,
} from '../engine/orders/orders-slice.ts';
import { type ReconcileSetup, type Reconciliation, reconcile } from '../engine/orders/reconcile.ts';
import { worstQty } from '../engine/orders/request.ts';
import {
  createRequests,
  type Errand,
  placedFacts,
  type Requests,
  restartFacts,
  type Wish,
} from '../engine/orders/requests.ts';
import { createRunSlice, type RunSlice } from '../engine/run/run-slice.ts';
import { at, type FillReport, instruments, intentOf } from './trading-fixture.ts';

export const findInstrument = (key: string): Instrument | null =>
  instruments.find((one) => one.key === key) ?? null;

export const createSlice = (orders = 64, clientKeys = 64): OrdersSlice =>
  createOrdersSlice({ orders, clientKeys }, findInstrument);

export const ANNA: Wish = { by: 'anna', reason: 'wants it back' };

export interface OrdersDesk {
  readonly slice: OrdersSlice;
  readonly room: OrderRoom;
  readonly requests: Requests;
  readonly run: RunSlice;
  readonly journal: readonly JournalRecord[];
  readonly sent: string[]; // what left for the venue: 'cancel c1', 'query c1', …
  readonly halts: string[];
  readonly booked: string[]; // fills: 'f1 of c1'
  isUp: boolean; // of the link to the venue
  nowUs: number;
  commit(fact: Fact): void;
  submit(parts?: Partial<OrderIntent>, id?: string): Order;
  hear(report: OrderReport): ReportDecision;
  cancel(id: string, wish?: Wish): void;
  amend(id: string, qty: number, price: number): void;
  carryOut(errands: readonly Errand[]): void;
  advance(us: number): void;
  reconcile(orders: readonly VenueOrder[], parts?: Partial<ReconcileSetup>): Reconciliation;
  /** Facts of a kind, the newest last. */
  facts<Kind extends Fact['kind']>(kind: Kind): FactOf<Kind>[];
  /** 'cancel sent 1 by anna', in order. */
  requestLines(): string[];
}

/** `journal`: what an earlier engine left; folded, and its orders are unknown from here on. */
export function createOrdersDesk(journal: readonly JournalRecord[] = [], orders = 64): OrdersDesk {
  const slice = createSlice(orders);
  const run = createRunSlice();
  const records: JournalRecord[] = [];
  const keep = ({ timeUs, body }: JournalRecord): void => {
    slice.fold(body, timeUs);
    run.fold(body, timeUs);
    records.push({ seq: records.length + 1, timeUs, body });
  };
  for (const record of journal) keep(record);
  const requests = createRequests(slice);
  const { mayBeUnrecorded } = run;
  const room = createOrderRoom({ orders: slice, requests, mayBeUnrecorded });
  const lists = { journal: records, sent: [], halts: [], booked: [] };
  const state = { isUp: true, nowUs: journal.at(-1)?.timeUs ?? 1e9 };
  const facts = <Kind extends Fact['kind']>(kind: Kind): FactOf<Kind>[] =>
    records.flatMap(({ body }) => (body.kind === kind ? [body as FactOf<Kind>] : []));
  const desk: OrdersDesk = {
    ...{ slice, room, requests, run, ...lists, ...state },
    commit: (fact) => keep({ seq: 0, timeUs: desk.nowUs, body: JSON.parse(JSON.stringify(fact)) }),
    submit: (parts, id) => submit(desk, intentOf(parts), id ?? `c${records.length}`),
    hear: (report) => hear(desk, report),
    cancel(id, wish = ANNA) {
      const errand = requests.cancel(slice.get(id)!, wish, at(desk.nowUs));
      if (errand !== null) desk.carryOut([errand]);
    },
    amend: (id, qty, price) => amend(desk, id, { qty: asQty(qty), price: asPrice(price) }),
    carryOut: (errands) => carryOut(desk, errands),
    advance(us) {
      desk.nowUs += us;
      desk.carryOut(requests.advance(at(desk.nowUs)));
    },
    reconcile: (list, parts) => compareList(desk, list, parts ?? {}),
    facts,
    requestLines: () =>
      facts('request').map((one) => `${one.request} ${one.state} ${one.attempt} by ${one.by}`),
  };
  return desk;
}

function amend(desk: OrdersDesk, id: string, change: OrderChange): void {
  const decision = desk.requests.amend(desk.slice.get(id)!, change, ANNA);
  if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
  desk.carryOut([decision.errand]);
}

function compareList(
  desk: OrdersDesk,
  orders: readonly VenueOrder[],
  parts: Partial<ReconcileSetup>,
): Reconciliation {
  const { slice, requests, room, run } = desk;
  const { venue } = orders[0]?.instrument ?? instruments[0]!;
  const list = { kind: 'open_orders', venue, orders, timeUs: at(desk.nowUs) } as const;
  const { mayBeUnrecorded } = run;
  const setup = { orders: slice, requests, room, mayBeUnrecorded, ...parts };
  const found = reconcile(setup, list, at(desk.nowUs));
  for (const fact of found.facts) desk.commit(fact);
  desk.halts.push(...found.halts.map(({ reason }) => reason));
  desk.carryOut(found.errands);
  return found;
}

/** The same journal in a new engine, whose first words are that it knows nothing. */
export function restart(desk: OrdersDesk, journal = desk.journal): OrdersDesk {
  const next = createOrdersDesk(journal);
  next.nowUs = desk.nowUs + 1e6;
  for (const fact of restartFacts(next.slice, at(next.nowUs))) next.commit(fact);
  return next;
}

export const runStarted = (epoch: number): FactOf<'run_started'> => ({
  kind: 'run_started',
  format: JOURNAL_FORMAT,
  mode: 'test',
  version: '0',
  configHash: '',
  seed: '1',
  instruments: [],
  model: '',
  epoch,
});

export const verdictOf = (
  intent: OrderIntent,
  orderId: string,
  parts: Partial<FactOf<'verdict'>> = {},
): FactOf<'verdict'> => ({
  kind: 'verdict',
  amends: false,
  orderId,
  account: intent.account,
  strategy: intent.strategy,
  parentId: intent.parentId,
  instrument: intent.instrument.key,
  side: intent.side,
  type: intent.type,
  qty: String(intent.qty / 10 ** intent.instrument.qtyScale),
  price: intent.price === null ? null : String(intent.price / 100),
  timeInForce: intent.timeInForce,
  postOnly: intent.postOnly,
  reduceOnly: intent.reduceOnly,
  origin: intent.origin,
  client: intent.client,
  metadata: intent.metadata,
  bookSequence: intent.bookSequence,
  approved: true,
  by: 'risk',
  breaches: [],
  warnings: [],
  notional: 0,
  varAfter: 0,
  historicalVarAfter: 0,
  stressAfter: 0,
  ...parts,
});

function submit(desk: OrdersDesk, intent: OrderIntent, id: string): Order {
  const nowUs = at(desk.nowUs);
  const limitPrice = intent.price ?? asPrice(10_200);
  const created = createOrder(intent, { id, limitPrice, arrivalMid: 100, nowUs });
  if (desk.isUp) desk.sent.push(`new ${id}`);
  const wish = { by: intent.strategy, reason: intent.origin.kind };
  const { order, facts } = placedFacts(created, wish, desk.isUp, nowUs);
  desk.commit(verdictOf(intent, id));
  for (const fact of facts) desk.commit(fact);
  return order;
}

function hear(desk: OrdersDesk, report: OrderReport): ReportDecision {
  const decision = desk.room.onReport(report, at(desk.nowUs));
  for (const fact of decision.facts) desk.commit(fact);
  if (decision.isFill && decision.order !== null && report.kind === 'fill') {
    desk.commit(fillFact(decision.order, report));
    desk.booked.push(`${report.fillId} of ${report.orderId}`);
  }
  for (const fact of decision.afterFill) desk.commit(fact);
  if (decision.halt !== null) desk.halts.push(decision.halt.reason);
  desk.carryOut(decision.errands);
  return decision;
}

function carryOut(desk: OrdersDesk, errands: readonly Errand[]): void {
  for (const { action, facts, otherwise } of errands) {
    const hasLeft = action === null || desk.isUp;
    if (action !== null && desk.isUp) desk.sent.push(`${action.kind} ${action.order.id}`);
    for (const fact of hasLeft ? facts : otherwise) desk.commit(fact);
  }
}

/** What accounts would say of a fill, with nothing in it that orders do not read. */
export function fillFact(order: Order, report: FillReport): FactOf<'fill'> {
  const { instrument, account, strategy, side } = order;
  const holding = {
    account,
    strategy,
    instrument: instrument.key,
    qty: '0',
    cost: '0',
    entryPrice: '0',
    realised: '0',
    fees: '0',
    funding: '0',
  };
  const fill = {
    id: report.fillId,
    number: 1,
    orderId: order.id,
    account,
    strategy,
    instrument: instrument.key,
    side,
    price: String(report.price / 100),
    qty: String(report.qty / 10 ** instrument.qtyScale),
    fee: '0',
    feeAsset: 'USDT',
    realised: '0',
    liquidity: report.liquidity,
  };
  return { kind: 'fill', fill, postings: [], position: holding, holding };
}

/** Signed steps that living orders may still buy (+) or sell (-), amends at their worst. */
export function openNet({ openOn, requestsOf }: OrdersReader, instrument: Instrument): number {
  let net = 0;
  for (const order of openOn(instrument)) {
    const qty = worstQty(order, requestsOf(order.id));
    net += order.side === 'buy' ? qty : -qty;
  }
  return net;
}

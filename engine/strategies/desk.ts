// Owns the desk of one strategy on the engine's thread: its views, and what it asks for in a call.
// Promise: what was asked is kept until the call is over; a view is made once for an instrument.
import type { Instrument } from '../core/instrument.ts';
import { qtyOf } from '../core/instrument.ts';
import type { Order, OrderIntent, OrderOrigin } from '../core/order.ts';
import type { BookReader } from '../core/ports.ts';
import type { ScopeState } from '../core/risk.ts';
import { asEpochUs, asPrice, asQty, type EpochUs, type Price, type Qty } from '../core/units.ts';
import type { InstanceSpec } from './instances.ts';
import { createOwnOrders, type OwnOrders, referenceOf } from './own-orders.ts';
import {
  ACTIONS_PER_CALL_MAX,
  type Amendment,
  type Desk,
  LOG_LENGTH_MAX,
  NUMBERS,
  StrategyError,
  type View,
  type Wish,
} from './strategy.ts';
import { readAmendment, readWish } from './wish.ts';

/** What a desk reads of the house, for its own account and strategy only. */
export interface DeskPorts {
  readonly books: BookReader;
  /** Signed quantity steps that the strategy holds in the account. */
  holding(account: string, strategy: string, instrument: Instrument): number;
  profit(account: string, strategy: string): number; // base currency
  equity(account: string): number; // base currency
  quoteRate(instrument: Instrument): number; // base currency per unit of the quote asset
  /** The strictest of system, account, strategy, venue and instrument. */
  scopeState(account: string, strategy: string, instrument: Instrument): ScopeState;
  log(strategy: string, text: string): void;
}

export type Action =
  | OrderIntent
  | { readonly kind: 'cancel'; readonly order: Order; readonly reason: string }
  | {
      readonly kind: 'amend';
      readonly order: Order;
      readonly qty: Qty;
      readonly price: Price;
      readonly reason: string;
    };

type MutableView = { -readonly [Key in keyof View]: View[Key] };

/** The call in hand: what led to it, and what has been asked for so far. */
export interface Call {
  nowUs: EpochUs;
  tickNs: number;
  cause: 'book' | 'signal' | 'other';
  signalId: number;
  bookSequence: number; // that the decision saw; -1: the book as it stands
  actionsMax: number; // that may be asked for
}

export interface Seat {
  readonly spec: InstanceSpec;
  readonly desk: Desk;
  readonly own: OwnOrders;
  readonly call: Call;
  readonly actions: Action[]; // of the call in hand; the host empties it
  /** Another own instrument, in a slot that nobody has. */
  add(instrument: Instrument): void;
  /** Before a start: its instruments are those on its desk, and no others. */
  renew(): void;
  isOwn(instrument: Instrument): boolean;
  /** The own instrument of an index, null where it is none. */
  instrumentAt(index: number): Instrument | null;
  /** The view, refreshed with a mid the engine knows already. */
  look(instrument: Instrument, mid: number): View;
}

interface State {
  readonly spec: InstanceSpec;
  readonly ports: DeskPorts;
  readonly own: OwnOrders;
  readonly call: Call;
  readonly actions: Action[];
  readonly views: (MutableView | undefined)[]; // by instrument index
}

/** `instruments`: those of the instance. */
export function createSeat(
  spec: InstanceSpec,
  instruments: readonly Instrument[],
  ports: DeskPorts,
): Seat {
  const call: Call = {
    nowUs: asEpochUs(0),
    tickNs: 0,
    cause: 'other',
    signalId: 0,
    bookSequence: -1,
    actionsMax: ACTIONS_PER_CALL_MAX,
  };
  const own = createOwnOrders(spec.name);
  const state: State = { spec, ports, own, call, actions: [], views: [] };
  const byIndex: (Instrument | undefined)[] = [];
  const add = (instrument: Instrument): void => {
    byIndex[instrument.index] = instrument;
    state.views[instrument.index] = undefined;
  };
  for (const instrument of instruments) add(instrument);
  const isOwn = (instrument: Instrument): boolean => byIndex[instrument.index] === instrument;
  return {
    spec,
    own,
    call,
    actions: state.actions,
    desk: createDesk(state, instruments, isOwn),
    add,
    renew() {
      byIndex.length = 0;
      for (const instrument of instruments) add(instrument);
    },
    isOwn,
    instrumentAt: (index) => byIndex[index] ?? null,
    look: (instrument, mid) => look(state, instrument, mid),
  };
}

function createDesk(
  state: State,
  instruments: readonly Instrument[],
  isOwn: (instrument: Instrument) => boolean,
): Desk {
  const { spec, ports, own, call } = state;
  const { account, name } = spec;
  const mustOwn = (instrument: Instrument): Instrument => {
    if (isOwn(instrument)) return instrument;
    throw new StrategyError(`${instrument?.key} is none of its instruments`);
  };
  return {
    name,
    account,
    instruments,
    numbers: NUMBERS,
    books: ports.books,
    get nowUs() {
      return call.nowUs;
    },
    look: (one) => look(state, mustOwn(one), midOf(ports.books, one)),
    position: (one) => qtyOf(one, asQty(ports.holding(account, name, mustOwn(one)))),
    openOrders: () => own.all(),
    profit: () => ports.profit(account, name),
    equity: () => ports.equity(account),
    quoteRate: (one) => ports.quoteRate(mustOwn(one)),
    submit: (wish) => submit(state, wish, isOwn),
    cancel: (order, reason) => cancel(state, order, reason),
    amend: (order, change, reason) => amend(state, order, change, reason),
    log: (text) => ports.log(name, String(text).slice(0, LOG_LENGTH_MAX)),
  };
}

function look(state: State, instrument: Instrument, mid: number): View {
  const { views, call, own, spec, ports } = state;
  const { books } = ports;
  const view = views[instrument.index] ?? makeView(state, instrument);
  view.nowUs = call.nowUs;
  view.tickNs = call.tickNs;
  view.mid = mid;
  view.bid = books.bidPrice(instrument, 0);
  view.ask = books.askPrice(instrument, 0);
  view.bidQty = books.bidQty(instrument, 0);
  view.askQty = books.askQty(instrument, 0);
  view.bookSequence = books.updateId(instrument);
  view.position = ports.holding(spec.account, spec.name, instrument);
  view.openOrders = own.on(instrument);
  view.tradingState = ports.scopeState(spec.account, spec.name, instrument);
  return view;
}

function makeView({ views, own }: State, instrument: Instrument): MutableView {
  const view: MutableView = {
    instrument,
    nowUs: asEpochUs(0),
    tickNs: 0,
    bookSequence: 0,
    mid: Number.NaN,
    bid: asPrice(Number.NaN),
    ask: asPrice(Number.NaN),
    bidQty: asQty(Number.NaN),
    askQty: asQty(Number.NaN),
    position: 0,
    openOrders: own.on(instrument),
    tradingState: 'halted',
  };
  views[instrument.index] = view;
  return view;
}

/** Real mid, NaN without two sides that do not cross. */
export function midOf(books: BookReader, instrument: Instrument): number {
  if (!books.isReady(instrument)) return Number.NaN;
  const bid = books.bidPrice(instrument, 0);
  const ask = books.askPrice(instrument, 0);
  if (!(bid < ask)) return Number.NaN;
  return (NUMBERS.priceOf(instrument, bid) + NUMBERS.priceOf(instrument, ask)) / 2;
}

// ---- What it asks for -----------------------------------------------------------------------

function submit(state: State, wish: Wish, isOwn: (instrument: Instrument) => boolean): void {
  const read = readWish(wish, isOwn);
  checkRoom(state);
  const { instrument, side, qty, price, timeInForce, postOnly, reduceOnly, reference } = read;
  if (reference !== '' && isTaken(state, reference)) {
    throw new StrategyError(`submit: '${reference}' is the reference of a living order of its own`);
  }
  const { spec, call, ports } = state;
  const seen = call.bookSequence;
  state.actions.push({
    kind: 'intent',
    instrument,
    account: spec.account,
    strategy: spec.name,
    side,
    type: price === null ? 'market' : 'limit',
    qty,
    price,
    timeInForce,
    postOnly,
    reduceOnly,
    parentId: null,
    client: null,
    metadata: null,
    origin: originOf(call, reference),
    bookSequence: seen >= 0 ? seen : ports.books.updateId(instrument),
    createdUs: call.nowUs,
    tickNs: call.tickNs,
  });
}

const FROM_BOOK: OrderOrigin = Object.freeze({ kind: 'book' });
const UNNAMED: OrderOrigin = Object.freeze({ kind: 'strategy', reference: '' });

function originOf({ cause, signalId }: Call, reference: string): OrderOrigin {
  if (reference !== '') return { kind: 'strategy', reference };
  if (cause === 'signal') return { kind: 'signal', signalId };
  return cause === 'book' ? FROM_BOOK : UNNAMED;
}

const isTaken = ({ own, actions }: State, reference: string): boolean =>
  own.find(reference) !== null ||
  actions.some((one) => one.kind === 'intent' && referenceOf(one) === reference);

function checkRoom({ actions, call: { actionsMax } }: State): void {
  if (actions.length < actionsMax) return;
  throw new StrategyError(`floods: more than ${actionsMax} wishes in one call`);
}

function cancel(state: State, text: string, reason: string): boolean {
  const order = state.own.find(text);
  if (order === null) return false;
  const isAsked = (one: Action): boolean => one.kind === 'cancel' && one.order.id === order.id;
  if (order.cancelRequested || state.actions.some(isAsked)) return true;
  checkRoom(state);
  state.actions.push({ kind: 'cancel', order, reason: reasonOf(reason) });
  return true;
}

function amend(state: State, text: string, change: Amendment, reason: string): boolean {
  const order = state.own.find(text);
  if (order === null || order.cancelRequested) return false;
  const { qty, price } = readAmendment(order, change);
  if (qty === order.qty && price === order.price) return true;
  checkRoom(state);
  state.actions.push({ kind: 'amend', order, qty, price, reason: reasonOf(reason) });
  return true;
}

const reasonOf = (reason: string): string => String(reason).slice(0, LOG_LENGTH_MAX);

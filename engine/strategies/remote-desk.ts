// Owns the worker's half of an isolated strategy: its desk over what it was told, and its answers.
// Promise: pure; a handler that throws ends the batch, and nothing of that batch is asked for.
import type { Instrument } from '../core/instrument.ts';
import { qtyOf } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import { asEpochUs, asPrice, asQty } from '../core/units.ts';
import type { AnyModule } from './built-ins.ts';
import type { Answer, Batch, Indexed, Notice, Snapshot, Wanted } from './isolated-wire.ts';
import { LOGS_MAX } from './isolated-wire.ts';
import { type Checked, createStrategy, describeThrown, refusePromise } from './module.ts';
import { createOwnOrders, type OwnOrders, referenceOf } from './own-orders.ts';
import { textToSave } from './saving.ts';
import {
  ACTIONS_PER_CALL_MAX,
  type Amendment,
  type Desk,
  NUMBERS,
  type Strategy,
  StrategyError,
  type View,
  type Wish,
} from './strategy.ts';
import { readAmendment, readWish } from './wish.ts';

export interface RemoteOptions {
  readonly name: string;
  readonly account: string;
  readonly instruments: readonly Instrument[];
  readonly module: AnyModule;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly url: string; // of the file, for the line of an error
}

export interface Remote {
  handle(batch: Batch): Answer;
}

type MutableView = { -readonly [Key in keyof View]: View[Key] };

interface State {
  readonly options: RemoteOptions;
  readonly byIndex: (Instrument | undefined)[];
  readonly instruments: Instrument[]; // they come and go; its desk shows the same array
  readonly own: OwnOrders;
  readonly pending: Map<string, number>; // references asked for and not heard of since: its slot
  readonly snapshots: Map<number, Snapshot>;
  readonly views: Map<number, MutableView>;
  readonly desk: Desk;
  wanted: Wanted[];
  begun: number; // wishes there were when the call in hand began
  logs: string[];
  nowUs: number;
  equity: number;
  profit: number;
  signalId: number;
  savedText: string;
}

/** The strategy of a file in its worker, or why there is none. Throws what create() throws. */
export function createRemote(options: RemoteOptions): Checked<Remote> {
  const byIndex: (Instrument | undefined)[] = [];
  for (const instrument of options.instruments) byIndex[instrument.index] = instrument;
  const state: State = {
    options,
    byIndex,
    instruments: [...options.instruments],
    own: createOwnOrders(options.name),
    pending: new Map(),
    snapshots: new Map(),
    views: new Map(),
    desk: createDesk(() => state),
    wanted: [],
    begun: 0,
    logs: [],
    nowUs: 0,
    equity: Number.NaN,
    profit: Number.NaN,
    signalId: 0,
    savedText: '',
  };
  const made = createStrategy(options.module, options.parameters, state.desk);
  if (made.kind === 'problem') return made;
  const strategy = made.value;
  return { kind: 'sound', value: { handle: (batch) => handle(state, strategy, batch) } };
}

function handle(state: State, strategy: Strategy, batch: Batch): Answer {
  state.wanted = [];
  state.logs = [];
  state.nowUs = batch.nowUs;
  state.equity = batch.equity;
  state.profit = batch.profit;
  for (const snapshot of batch.snapshots) state.snapshots.set(snapshot.instrument, snapshot);
  let saved: string | null = null;
  let error: string | null = null;
  try {
    for (const notice of batch.notices) {
      state.signalId = 0;
      state.begun = state.wanted.length;
      tell(state, strategy, notice);
    }
    saved = newlySaved(state, strategy, batch);
  } catch (thrown) {
    error = describeThrown(thrown, state.options.url);
  }
  const { wanted, logs } = state;
  return { number: batch.number, wanted: error === null ? wanted : [], logs, saved, error };
}

function newlySaved(state: State, strategy: Strategy, { notices }: Batch): string | null {
  const isDue = notices.some(({ kind }) => kind === 'timer' || kind === 'stop');
  if (strategy.save === undefined || !isDue) return null;
  const text = textToSave(strategy.save()) || 'null';
  if (text === state.savedText) return null;
  state.savedText = text;
  return text;
}

function tell(state: State, strategy: Strategy, notice: Notice): void {
  switch (notice.kind) {
    case 'start':
      for (const order of notice.orders) state.own.put(orderOf(state, order));
      if (notice.saved !== null) refusePromise('load', strategy.load?.(notice.saved));
      return refusePromise('onStart', strategy.onStart?.());
    case 'listed':
      return list(state, notice.instrument);
    case 'retired':
      return letGo(state, notice.instrument);
    case 'book':
      return refusePromise('onBook', strategy.onBook?.(viewOf(state, notice.instrument)));
    case 'signal': {
      const instrument = instrumentOf(state, notice.signal.instrument);
      state.signalId = notice.signal.id;
      const signal = { ...notice.signal, instrument };
      return refusePromise(
        'onSignal',
        strategy.onSignal?.(signal, viewOf(state, instrument.index)),
      );
    }
    case 'order': {
      const order = keep(state, notice.order);
      const view = viewOf(state, order.instrument.index);
      return refusePromise('onOrder', strategy.onOrder?.(order, view));
    }
    case 'fill': {
      const order = keep(state, notice.order);
      const view = viewOf(state, order.instrument.index);
      return refusePromise('onFill', strategy.onFill?.(notice.fill, order, view));
    }
    case 'refused': {
      const instrument = instrumentOf(state, notice.refusal.instrument);
      state.pending.delete(notice.refusal.reference);
      return refusePromise('onRefused', strategy.onRefused?.({ ...notice.refusal, instrument }));
    }
    case 'bar': {
      const instrument = instrumentOf(state, notice.bar.instrument);
      const bar = { ...notice.bar, instrument };
      return refusePromise('onBar', strategy.onBar?.(bar, viewOf(state, instrument.index)));
    }
    case 'stop':
      return refusePromise('onStop', strategy.onStop?.());
    default:
      refusePromise('onTimer', strategy.onTimer?.(asEpochUs(state.nowUs)));
  }
}

function list(state: State, instrument: Instrument): void {
  const { index } = instrument;
  letGo(state, index);
  state.byIndex[index] = instrument;
  state.views.delete(index);
  state.instruments.push(instrument);
  // What it asked of the one before, and was not told of, is not sent.
  state.wanted = state.wanted.filter((one) => one.kind !== 'submit' || one.instrument !== index);
  for (const [reference, slot] of state.pending) {
    if (slot === index) state.pending.delete(reference);
  }
}

function letGo({ byIndex, instruments }: State, index: number): void {
  const one = byIndex[index];
  const at = one === undefined ? -1 : instruments.indexOf(one);
  if (at >= 0) instruments.splice(at, 1);
}

function instrumentOf({ byIndex }: State, index: number): Instrument {
  const instrument = byIndex[index];
  if (instrument === undefined) throw new StrategyError(`no instrument ${index}`);
  return instrument;
}

const orderOf = (state: State, order: Indexed<Order>): Order => ({
  ...order,
  instrument: instrumentOf(state, order.instrument),
});

function keep(state: State, told: Indexed<Order>): Order {
  const order = orderOf(state, told);
  state.own.put(order);
  state.pending.delete(referenceOf(order));
  return order;
}

// ---- The desk -------------------------------------------------------------------------------

function createDesk(get: () => State): Desk {
  const own = (one: Instrument): Instrument => {
    if (isOwn(get(), one)) return one;
    throw new StrategyError(`${one?.key} is none of its instruments`);
  };
  return {
    get name() {
      return get().options.name;
    },
    get account() {
      return get().options.account;
    },
    get instruments() {
      return get().instruments;
    },
    get nowUs() {
      return asEpochUs(get().nowUs);
    },
    numbers: NUMBERS,
    books: createBooks(get),
    look: (one) => viewOf(get(), own(one).index),
    position: (one) => qtyOf(one, asQty(get().snapshots.get(own(one).index)?.position ?? 0)),
    openOrders: () => get().own.all(),
    profit: () => get().profit,
    equity: () => get().equity,
    quoteRate: (one) => get().snapshots.get(own(one).index)?.quoteRate ?? Number.NaN,
    submit: (wish) => submit(get(), wish),
    cancel: (order, reason) => cancel(get(), order, reason),
    amend: (order, change, reason) => amend(get(), order, change, reason),
    log(text) {
      const { logs } = get();
      if (logs.length < LOGS_MAX) logs.push(String(text));
    },
  };
}

const isOwn = ({ byIndex }: State, one: Instrument): boolean => byIndex[one?.index] === one;

function createBooks(get: () => State): Desk['books'] {
  const levels = (one: Instrument, side: 'bids' | 'asks'): readonly number[] =>
    get().snapshots.get(one.index)?.[side] ?? [];
  const price = (one: Instrument, side: 'bids' | 'asks', level: number) =>
    asPrice(levels(one, side)[level * 2] ?? Number.NaN);
  const qty = (one: Instrument, side: 'bids' | 'asks', level: number) =>
    asQty(levels(one, side)[level * 2 + 1] ?? Number.NaN);
  return {
    isReady: (one) => get().snapshots.get(one.index)?.isReady ?? false,
    bidCount: (one) => levels(one, 'bids').length / 2,
    askCount: (one) => levels(one, 'asks').length / 2,
    bidPrice: (one, level) => price(one, 'bids', level),
    bidQty: (one, level) => qty(one, 'bids', level),
    askPrice: (one, level) => price(one, 'asks', level),
    askQty: (one, level) => qty(one, 'asks', level),
  };
}

function viewOf(state: State, index: number): View {
  const instrument = instrumentOf(state, index);
  const snapshot = state.snapshots.get(index);
  const books = state.desk.books;
  const fresh: MutableView = {
    instrument,
    nowUs: asEpochUs(state.nowUs),
    tickNs: 0,
    bookSequence: snapshot?.bookSequence ?? 0,
    mid: snapshot?.mid ?? Number.NaN,
    bid: books.bidPrice(instrument, 0),
    ask: books.askPrice(instrument, 0),
    bidQty: books.bidQty(instrument, 0),
    askQty: books.askQty(instrument, 0),
    position: snapshot?.position ?? 0,
    openOrders: state.own.on(instrument),
    tradingState: snapshot?.tradingState ?? 'halted',
  };
  const view = state.views.get(index);
  if (view !== undefined) return Object.assign(view, fresh);
  state.views.set(index, fresh);
  return fresh;
}

function checkRoom({ wanted, begun }: State): void {
  if (wanted.length - begun < ACTIONS_PER_CALL_MAX) return;
  throw new StrategyError(`floods: more than ${ACTIONS_PER_CALL_MAX} wishes in one call`);
}

function submit(state: State, wish: Wish): void {
  const read = readWish(wish, (one) => isOwn(state, one));
  checkRoom(state);
  const { instrument, reference } = read;
  if (reference !== '') {
    if (state.pending.has(reference) || state.own.find(reference) !== null) {
      throw new StrategyError(
        `submit: '${reference}' is the reference of a living order of its own`,
      );
    }
    state.pending.set(reference, instrument.index);
  }
  const bookSequence = state.snapshots.get(instrument.index)?.bookSequence ?? 0;
  const { signalId } = state;
  const { index } = instrument;
  state.wanted.push({ kind: 'submit', ...read, instrument: index, signalId, bookSequence });
}

function cancel(state: State, text: string, reason: string): boolean {
  const order = state.own.find(text);
  if (order === null) return false;
  if (order.cancelRequested) return true;
  checkRoom(state);
  state.wanted.push({ kind: 'cancel', order: order.id, reason: String(reason) });
  return true;
}

function amend(state: State, text: string, change: Amendment, reason: string): boolean {
  const order = state.own.find(text);
  if (order === null || order.cancelRequested) return false;
  const { qty, price } = readAmendment(order, change);
  checkRoom(state);
  state.wanted.push({ kind: 'amend', order: order.id, qty, price, reason: String(reason) });
  return true;
}

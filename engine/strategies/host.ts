// Owns the instances of strategies while they run: who is told what, and who stops.
// Promise: pure; a strategy hears of its own orders and instruments only, and stops alone.
import { assertNever } from '../core/assert.ts';
import type { Signal } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import type { EpochUs } from '../core/units.ts';
import {
  begin,
  createInstance,
  deliver,
  end,
  fail,
  failedCall,
  type HostOptions,
  type Instance,
  type Opened,
  type State,
  type StrategyNews,
} from './calls.ts';
import { instrumentsOf } from './instances.ts';
import {
  type CommandResult,
  close,
  command,
  hearLast,
  saveAll,
  saveDue,
  start,
  takeOpened,
} from './life.ts';
import { refusePromise } from './module.ts';
import type { Bar, Fill } from './strategy.ts';

export interface Host {
  /** An instrument has come: those that trade it, or all, have it from here on. */
  add(instrument: Instrument): void;
  /** It is gone: nobody hears of it any more. */
  retire(instrument: Instrument): void;
  /**
   * Seats every living order, then starts what shall run. `opened`: users' modules, by name; null
   * where they are still to be loaded.
   */
  start(orders: readonly Order[], opened: ReadonlyMap<string, Opened> | null, nowUs: EpochUs): void;
  /** True where a running strategy wants to see this book. */
  readsBook(instrument: Instrument): boolean;
  onBook(instrument: Instrument, mid: number, tickNs: number, nowUs: EpochUs): void;
  onSignal(signal: Signal, mid: number, tickNs: number, nowUs: EpochUs): void;
  /** After each change of an order, whoever owns it. */
  onOrder(order: Order, nowUs: EpochUs): void;
  /** After a fill was booked, before onOrder. */
  onFill(order: Order, fill: Fill, nowUs: EpochUs): void;
  onBar(bar: Bar, nowUs: EpochUs): void;
  onClock(nowUs: EpochUs): void;
  onNews(name: string, news: StrategyNews, nowUs: EpochUs): void;
  command(
    name: string,
    action: 'start' | 'stop' | 'reload',
    by: string,
    reason: string,
    nowUs: EpochUs,
  ): CommandResult;
  /** Commits what has changed of what they save; before a round of checkpoints. */
  save(nowUs: EpochUs): void;
  /** The end of the run: last calls, what they save, counts. They run again in the next. */
  stop(nowUs: EpochUs): void;
}

export function createHost(options: HostOptions): Host {
  const byName = new Map<string, Instance>();
  const state: State = {
    options,
    byName,
    readers: options.instruments.map(() => []),
    waiting: [],
    isInCall: false,
    isDraining: false,
    isRefusing: false,
    isOver: false,
    savedUs: 0,
  };
  for (const spec of options.specs) byName.set(spec.name, createInstance(state, spec));
  return {
    add(instrument) {
      for (const one of byName.values()) takeIn(state, one, instrument);
    },
    retire(instrument) {
      state.readers[instrument.index] = [];
      for (const one of byName.values()) letGo(one, instrument);
    },
    start: (orders, opened, nowUs) => start(state, orders, opened, nowUs),
    readsBook: ({ index }) => (state.readers[index]?.length ?? 0) > 0,
    onBook: (instrument, mid, tickNs, nowUs) => onBook(state, instrument, mid, tickNs, nowUs),
    onSignal: (signal, mid, tickNs, nowUs) => onSignal(state, signal, mid, tickNs, nowUs),
    onOrder(order, nowUs) {
      const one = byName.get(order.strategy);
      if (one === undefined) return;
      one.seat.own.put(order);
      if (one.strategy?.onOrder !== undefined) deliver(state, { kind: 'order', one, order }, nowUs);
    },
    onFill(order, fill, nowUs) {
      const one = byName.get(order.strategy);
      if (one?.strategy?.onFill !== undefined)
        deliver(state, { kind: 'fill', one, order, fill }, nowUs);
    },
    onBar: (bar, nowUs) => onBar(state, bar, nowUs),
    onClock: (nowUs) => onClock(state, nowUs),
    onNews: (name, news, nowUs) => onNews(state, name, news, nowUs),
    command: (name, action, by, reason, nowUs) => command(state, name, action, by, reason, nowUs),
    save: (nowUs) => saveAll(state, nowUs),
    stop: (nowUs) => stop(state, nowUs),
  };
}

function stop(state: State, nowUs: EpochUs): void {
  state.isOver = true;
  for (const one of state.byName.values()) {
    close(state, one, nowUs);
    one.pacing.advance(nowUs, true);
  }
}

function takeIn(state: State, one: Instance, instrument: Instrument): void {
  if (instrumentsOf(one.spec, [instrument]).length === 0) return;
  one.instruments.push(instrument);
  one.seat.add(instrument);
  one.isolated?.list(instrument);
  if (one.strategy?.onBook === undefined) return;
  state.readers[instrument.index] = [...(state.readers[instrument.index] ?? []), one];
}

// What it still asks for there is refused by the checks: that is no fault of its own.
function letGo(one: Instance, instrument: Instrument): void {
  const at = one.instruments.indexOf(instrument);
  if (at < 0) return;
  one.instruments.splice(at, 1);
  one.isolated?.retire(instrument);
}

function onBook(
  state: State,
  instrument: Instrument,
  mid: number,
  tickNs: number,
  nowUs: EpochUs,
): void {
  const readers = state.readers[instrument.index];
  if (readers === undefined) return;
  for (let at = 0; at < readers.length; at += 1) {
    const one = readers[at];
    if (one?.strategy?.onBook === undefined) continue;
    begin(state, one, nowUs, tickNs);
    one.seat.call.cause = 'book';
    const view = one.seat.look(instrument, mid);
    try {
      if (view.tradingState !== 'halted') refusePromise('onBook', one.strategy.onBook(view));
    } catch (thrown) {
      failedCall(state, one, thrown, nowUs);
    }
    end(state, one, nowUs);
  }
}

function onSignal(state: State, signal: Signal, mid: number, tickNs: number, nowUs: EpochUs): void {
  for (const one of state.byName.values()) {
    if (one.strategy?.onSignal === undefined || !one.seat.isOwn(signal.instrument)) continue;
    begin(state, one, nowUs, tickNs);
    one.seat.call.cause = 'signal';
    one.seat.call.signalId = signal.id;
    const view = one.seat.look(signal.instrument, mid);
    try {
      if (view.tradingState !== 'halted')
        refusePromise('onSignal', one.strategy.onSignal(signal, view));
    } catch (thrown) {
      failedCall(state, one, thrown, nowUs);
    }
    end(state, one, nowUs);
  }
}

function onBar(state: State, bar: Bar, nowUs: EpochUs): void {
  for (const one of state.byName.values()) {
    if (one.strategy?.onBar === undefined || !one.seat.isOwn(bar.instrument)) continue;
    begin(state, one, nowUs, 0);
    try {
      refusePromise('onBar', one.strategy.onBar(bar, one.seat.desk.look(bar.instrument)));
    } catch (thrown) {
      failedCall(state, one, thrown, nowUs);
    }
    end(state, one, nowUs);
  }
}

const LOGS_PER_CLOCK = 1; // lines of one instance: ten a second
const LOGS_MAX = 50;

function onClock(state: State, nowUs: EpochUs): void {
  for (const one of state.byName.values()) {
    one.logTokens = Math.min(LOGS_MAX, one.logTokens + LOGS_PER_CLOCK);
    onTimer(state, one, nowUs);
    one.pacing.advance(nowUs, false);
  }
  saveDue(state, nowUs);
}

function onTimer(state: State, one: Instance, nowUs: EpochUs): void {
  if (one.strategy?.onTimer === undefined) return;
  begin(state, one, nowUs, 0);
  try {
    refusePromise('onTimer', one.strategy.onTimer(nowUs));
  } catch (thrown) {
    failedCall(state, one, thrown, nowUs);
  }
  end(state, one, nowUs);
}

function onNews(state: State, name: string, news: StrategyNews, nowUs: EpochUs): void {
  const one = state.byName.get(name);
  if (one === undefined) return;
  switch (news.kind) {
    case 'opened':
      takeOpened(state, one, news, nowUs);
      return;
    case 'answer':
      if (news.life === one.life) onAnswer(state, one, news.answer, nowUs);
      return;
    case 'gone':
      if (news.life === one.life) fail(state, one, news.reason, nowUs);
      return;
    default:
      assertNever(news);
  }
}

function onAnswer(state: State, one: Instance, answer: unknown, nowUs: EpochUs): void {
  if (one.isolated === null) return hearLast(state, one, answer, nowUs);
  begin(state, one, nowUs, 0);
  try {
    one.isolated.take(answer);
  } catch (thrown) {
    failedCall(state, one, thrown, nowUs);
  }
  end(state, one, nowUs);
}

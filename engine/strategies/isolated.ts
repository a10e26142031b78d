// Owns the engine's half of an isolated strategy: what it is told, and what its answers ask for.
// Promise: pure; one batch on its way, books conflated, waiting bounded; no answer is believed.
import type { Instrument } from '../core/instrument.ts';
import type { Json } from '../core/json.ts';
import { asPrice, asQty } from '../core/units.ts';
import type { Seat } from './desk.ts';
import {
  type Answer,
  type Batch,
  LOGS_MAX,
  NOTICES_MAX,
  NOTICES_PER_BATCH,
  type Notice,
  SNAPSHOTS_PER_BATCH,
  type Snapshot,
  toIndexed,
  WANTED_MAX,
  type Wanted,
} from './isolated-wire.ts';
import { BOOK_LEVELS_SEEN, SAVED_BYTES_MAX, type Strategy, StrategyError } from './strategy.ts';
import { shown } from './wish.ts';

/** The worker as the engine holds it. */
export interface StrategyLink {
  post(batch: Batch): void;
  /** Its last batch: the worker ends when that is answered, or its time is over. */
  leave(batch: Batch): void;
  /** Ends the worker; nothing it still says counts. */
  end(): void;
}

export interface Isolated extends Strategy {
  /** An instrument has come, or gone, while it runs. */
  list(instrument: Instrument): void;
  retire(instrument: Instrument): void;
  /** The last batch: what it was not told of yet but books, and that it stops. */
  farewell(): Batch;
  /** What it says after that: only what it saves and logs counts. Throws as `take`. */
  takeLast(answer: unknown): void;
  /** Takes an answer; throws a StrategyError for what no honest worker says. */
  take(answer: unknown): void;
  /**
   * Sends what waits, if the worker is free. Called when a call and all that followed from it are
   * over: what the strategy asked for is an order it is told of before it sees another book.
   */
  pump(): void;
}

export interface IsolatedOptions {
  readonly seat: Seat;
  readonly link: StrategyLink;
  readonly books: Parameters<typeof levelsOf>[0];
  readonly nowNs: () => number;
  readonly timeoutMs: number;
  readonly saved: Json; // what it finds again
  readonly known: readonly Instrument[]; // that its worker was opened with
}

const SPACING_NS = 1_000_000; // between two batches: what the engine's thread spends on one worker
// The engine's own pauses are nobody's silence: a pause counts as one step at most.
const STEP_NS_MAX = 250_000_000;

interface State {
  readonly options: IsolatedOptions;
  readonly dirty: Set<number>; // instruments whose book is to be told, oldest first
  readonly notices: Notice[];
  readonly unheard: Set<number>; // slots of instruments it has not been told of yet
  number: number;
  isWaiting: boolean; // for the answer to batch `number`
  waitedNs: number;
  lookedNs: number;
  postedNs: number;
  isTimerDue: boolean;
  saved: Json;
}

export function createIsolated(options: IsolatedOptions): Isolated {
  const state: State = {
    options,
    dirty: new Set(),
    notices: [],
    unheard: new Set(),
    number: 0,
    isWaiting: false,
    waitedNs: 0,
    lookedNs: options.nowNs(),
    postedNs: Number.NEGATIVE_INFINITY,
    isTimerDue: false,
    saved: options.saved,
  };
  return {
    onStart() {
      catchUp(state);
      const orders = options.seat.own.all().map(toIndexed);
      notice(state, { kind: 'start', saved: options.saved, orders });
    },
    onBook(view) {
      state.dirty.add(view.instrument.index);
    },
    onSignal: (signal) => notice(state, { kind: 'signal', signal: toIndexed(signal) }),
    onOrder: (order) => notice(state, { kind: 'order', order: toIndexed(order) }),
    onFill: (fill, order) => notice(state, { kind: 'fill', fill, order: toIndexed(order) }),
    onRefused: (refusal) => notice(state, { kind: 'refused', refusal: toIndexed(refusal) }),
    onBar: (bar) => notice(state, { kind: 'bar', bar: toIndexed(bar) }),
    onTimer() {
      watch(state);
      state.isTimerDue = true;
    },
    save: () => state.saved,
    list: (instrument) => list(state, instrument),
    retire: (instrument) => retire(state, instrument),
    farewell: () => farewell(state),
    takeLast: (answer) => takeLast(state, answer),
    take: (answer) => take(state, answer),
    pump: () => pump(state),
  };
}

/** Instruments that came and went while its worker was opened. */
function catchUp(state: State): void {
  const { known, seat } = state.options;
  const { instruments } = seat.desk;
  for (const one of known) if (!instruments.includes(one)) retire(state, one);
  for (const one of instruments) if (!known.includes(one)) list(state, one);
}

// Persons list and retire, a few at a time: these two never make it fall behind.
function list({ notices, unheard }: State, instrument: Instrument): void {
  unheard.add(instrument.index);
  notices.push({ kind: 'listed', instrument });
}

function retire({ notices, dirty }: State, { index }: Instrument): void {
  dirty.delete(index);
  notices.push({ kind: 'retired', instrument: index });
}

function notice(state: State, what: Notice): void {
  if (state.notices.length >= NOTICES_MAX) {
    throw new StrategyError(`fell behind: ${NOTICES_MAX} signals, orders and fills wait for it`);
  }
  state.notices.push(what);
}

function watch(state: State): void {
  const { nowNs, timeoutMs } = state.options;
  const now = nowNs();
  if (state.isWaiting) state.waitedNs += Math.min(now - state.lookedNs, STEP_NS_MAX);
  state.lookedNs = now;
  if (state.waitedNs <= timeoutMs * 1e6) return;
  throw new StrategyError(`no answer for ${timeoutMs} ms: a call that does not end?`);
}

function pump(state: State): void {
  const { options, dirty, notices } = state;
  if (state.isWaiting || (notices.length === 0 && dirty.size === 0 && !state.isTimerDue)) return;
  const now = options.nowNs();
  if (now - state.postedNs < SPACING_NS) return;
  const told = notices.splice(0, NOTICES_PER_BATCH);
  for (const one of told) if (one.kind === 'listed') state.unheard.delete(one.instrument.index);
  const touched = touchedBy(state, told);
  if (state.isTimerDue) told.push({ kind: 'timer' });
  state.isTimerDue = false;
  state.isWaiting = true;
  state.waitedNs = 0;
  state.lookedNs = now;
  state.postedNs = now;
  options.link.post(batchOf(state, told, touched));
}

function farewell(state: State): Batch {
  state.dirty.clear();
  const told = state.notices.splice(0);
  const touched = touchedBy(state, told);
  told.push({ kind: 'stop' });
  return batchOf(state, told, touched);
}

function batchOf(state: State, notices: readonly Notice[], touched: ReadonlySet<number>): Batch {
  const { desk, call } = state.options.seat;
  state.number += 1;
  return {
    number: state.number,
    nowUs: call.nowUs,
    equity: desk.equity(),
    profit: desk.profit(),
    snapshots: [...touched].map((index) => snapshotOf(state, index)),
    notices,
  };
}

/**
 * Instruments to show: those a notice speaks of, and as many changed books as fit, in turn. No book
 * is told while notices wait: it may have an order of its own there that it does not know of.
 */
function touchedBy({ dirty, notices }: State, told: Notice[]): Set<number> {
  const touched = new Set<number>();
  for (const one of told) {
    const index = instrumentOf(one);
    if (index !== null) touched.add(index);
  }
  let room = notices.length === 0 ? SNAPSHOTS_PER_BATCH : 0;
  for (const index of dirty) {
    if (room === 0) break;
    room -= 1;
    dirty.delete(index);
    touched.add(index);
    told.push({ kind: 'book', instrument: index });
  }
  return touched;
}

function instrumentOf(one: Notice): number | null {
  switch (one.kind) {
    case 'signal':
      return one.signal.instrument;
    case 'order':
    case 'fill':
      return one.order.instrument;
    case 'refused':
      return one.refusal.instrument;
    case 'bar':
      return one.bar.instrument;
    case 'listed':
      return one.instrument.index;
    default:
      return null; // start, timer, what is gone; the books are the caller's
  }
}

function snapshotOf({ options }: State, index: number): Snapshot {
  const { seat, books } = options;
  const { desk } = seat;
  const instrument = seat.instrumentAt(index);
  if (instrument === null) throw new StrategyError(`no instrument ${index}`);
  const view = desk.look(instrument);
  return {
    instrument: index,
    isReady: books.isReady(instrument),
    bookSequence: view.bookSequence,
    mid: view.mid,
    bids: levelsOf(books, instrument, 'bid'),
    asks: levelsOf(books, instrument, 'ask'),
    position: view.position,
    quoteRate: desk.quoteRate(instrument),
    tradingState: view.tradingState,
  };
}

function levelsOf(
  books: Seat['desk']['books'],
  instrument: Seat['desk']['instruments'][number],
  side: 'bid' | 'ask',
): number[] {
  const count = side === 'bid' ? books.bidCount(instrument) : books.askCount(instrument);
  const levels: number[] = [];
  for (let level = 0; level < Math.min(count, BOOK_LEVELS_SEEN); level += 1) {
    if (side === 'bid') {
      levels.push(books.bidPrice(instrument, level), books.bidQty(instrument, level));
    } else levels.push(books.askPrice(instrument, level), books.askQty(instrument, level));
  }
  return levels;
}

// ---- Answers --------------------------------------------------------------------------------

function answerOf(said: unknown): Partial<Answer> {
  if (typeof said === 'object' && said !== null) return said;
  throw new StrategyError(`its worker said ${shown(said)}, which is no answer`);
}

// It may be the answer to the batch before the last: it is told by the time, and what it wants is
// not sent.
function takeLast(state: State, said: unknown): void {
  const { logs, saved = null, error = null } = answerOf(said);
  hear(state, logs, saved, error);
}

function hear(state: State, logs: unknown, saved: unknown, error: unknown): void {
  const lines = Array.isArray(logs) ? logs.slice(0, LOGS_MAX) : [];
  for (const text of lines) state.options.seat.desk.log(String(text)); // also before it failed
  if (error !== null) throw new StrategyError(String(error).slice(0, 2000));
  if (!Array.isArray(logs)) throw new StrategyError('an answer without logs');
  if (saved !== null) state.saved = savedOf(saved);
}

function take(state: State, said: unknown): void {
  const { number, wanted, logs, saved = null, error = null } = answerOf(said);
  if (!state.isWaiting || number !== state.number) {
    throw new StrategyError(`an answer to batch ${shown(number)}, which was not asked`);
  }
  state.isWaiting = false;
  state.waitedNs = 0;
  hear(state, logs, saved, error);
  if (!Array.isArray(wanted)) throw new StrategyError('an answer without wishes');
  if (wanted.length > WANTED_MAX) {
    throw new StrategyError(`floods: ${wanted.length} wishes at once, at most ${WANTED_MAX}`);
  }
  state.options.seat.call.actionsMax = WANTED_MAX; // many calls came of one batch
  for (const one of wanted) ask(state, one as Wanted | null);
}

/** The desk's own checks say what is wrong with a wish. */
function ask({ options: { seat }, unheard }: State, wanted: Wanted | null): void {
  const { desk, call } = seat;
  switch (wanted?.kind) {
    case 'submit': {
      // It means what stood in that slot before, and has ended.
      if (unheard.has(wanted.instrument)) return;
      const instrument = seat.instrumentAt(wanted.instrument);
      if (instrument === null) {
        throw new StrategyError(`submit: ${shown(wanted.instrument)} is none of its instruments`);
      }
      const { side, timeInForce, postOnly, reduceOnly, reference } = wanted;
      call.signalId = Number.isSafeInteger(wanted.signalId) ? wanted.signalId : 0;
      call.cause = call.signalId > 0 ? 'signal' : 'book';
      call.bookSequence = Number.isSafeInteger(wanted.bookSequence) ? wanted.bookSequence : 0;
      const price = wanted.price === null ? null : asPrice(wanted.price);
      const grids = { qty: asQty(wanted.qty), price };
      desk.submit({ instrument, side, ...grids, timeInForce, postOnly, reduceOnly, reference });
      return;
    }
    case 'cancel':
      desk.cancel(String(wanted.order), wanted.reason);
      return;
    case 'amend': {
      const change = { qty: asQty(wanted.qty), price: asPrice(wanted.price) };
      const filled = seat.own.find(String(wanted.order))?.filledQty ?? 0;
      // A fill was on its way to it: this comes too late, as for an order that has ended.
      if (change.qty > 0 && change.qty <= filled) return;
      desk.amend(String(wanted.order), change, wanted.reason);
      return;
    }
    default:
      throw new StrategyError(`asked for ${shown(wanted)}, which nobody can do`);
  }
}

function savedOf(text: unknown): Json {
  if (typeof text !== 'string' || text.length > SAVED_BYTES_MAX) {
    throw new StrategyError(`save: more than ${SAVED_BYTES_MAX} bytes of JSON text`);
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new StrategyError(`save: no JSON: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

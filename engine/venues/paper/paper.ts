// Owns the paper venue: one or more venues simulated on the recorded, generated or live books.
// Promise: as strict as a real one, and deterministic: what it says follows from what it is asked.
import { assert, assertNever } from '../../core/assert.ts';
import type { Placement } from '../../core/decision.ts';
import type { TradeEvent, VenueReport } from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Order } from '../../core/order.ts';
import type { BookReader, Random } from '../../core/ports.ts';
import { asEpochUs, type EpochUs, type Price } from '../../core/units.ts';
import { createAccounts, openPosition, type PositionText, readAmount } from './accounts.ts';
import { createFaults, type PaperFaults } from './faults.ts';
import { createLine, type Waiting } from './line.ts';
import { payFunding, watchMargins } from './liquidation.ts';
import { createLiquidity } from './liquidity.ts';
import { initialMargin, marginBalance, nextFundingUs } from './margin.ts';
import { createMarks } from './marks.ts';
import {
  amendOrder,
  cancelOrder,
  matchBook,
  matchTrade,
  queryOrder,
  sayFill,
  takeOrder,
} from './matching.ts';
import { type Money, moneyOf, moneyText, realOf } from './money.ts';
import { createOrderShelf, NO_PLACE, type PaperOrder, toVenueOrder } from './order.ts';
import { type PaperSaved, restore, saveVenue, waitingArrivals } from './saved.ts';
import { type Arrival, say, type VenueState } from './state.ts';

export interface PaperVenueOptions {
  readonly books: BookReader;
  readonly instruments: readonly Instrument[]; // listed here; any other symbol is unknown
  readonly latencyUs: number; // one way, before jitter; reports take the same way back
  readonly random: Random;
  readonly emit: (report: VenueReport) => void; // called from advance() only
  readonly fillIds: () => string; // unique for ever
  readonly restingMax?: number; // default 4096; beyond it new resting orders are rejected
  readonly historyMax?: number; // ended orders that can be asked about at least; default 16384
  readonly leverage?: (instrument: Instrument) => number; // default 20, of contracts
  readonly fundingRate?: (instrument: Instrument) => number; // every 8 h; default 0.0001
  readonly mark?: (instrument: Instrument) => number; // real; NaN: of the venue's own book
  readonly faults?: PaperFaults;
  readonly saved?: PaperSaved; // what save() gave: the venue goes on where it was
}

/** An account's money at a venue, as a decimal. */
export interface MoneyAt {
  readonly account: string;
  readonly venue: string;
  readonly asset: string;
  readonly amount: string;
}

export interface PaperVenue {
  /** Money comes in from outside; why it does not, or null. */
  deposit(money: MoneyAt): string | null;
  /** The reverse, of what is free: not reserved by orders, not needed as margin. */
  withdraw(money: MoneyAt): string | null;
  /** What is there from the start; below zero: owed. */
  openBalance(money: MoneyAt): void;
  /** A contract position that is there from the start (a venue that is made anew). */
  openPosition(told: PositionText): void;

  /** Its orders are taken from here on; nothing of whoever had its slot is left. */
  list(instrument: Instrument): void;

  place(placement: Placement, nowUs: EpochUs): void;
  cancel(order: Order, nowUs: EpochUs): void;
  /** Takes back an order by its id alone. */
  cancelUnknown(orderId: string, nowUs: EpochUs): void;
  /** `qty`: in all, what is filled included. Answered by amended, or refused with why. */
  amend(orderId: string, qty: number, price: Price, nowUs: EpochUs): void;
  /** Everything open at `venue`. Answers take the way of every message, there and back. */
  askOpenOrders(venue: string, nowUs: EpochUs): void;
  /** Fills and funding of `venue` at and after `sinceUs` are told again, under their own ids. */
  askHistory(venue: string, sinceUs: EpochUs, nowUs: EpochUs): void;
  /** What became of an order: fills first, then what stands; one that never was is rejected. */
  query(orderId: string, nowUs: EpochUs): void;

  /** After the book changed; `eventUs`: by the venue's clock (a snapshot has none: now). */
  onBook(instrument: Instrument, eventUs: EpochUs, nowUs: EpochUs): void;
  onTrade(event: TradeEvent, nowUs: EpochUs): void;
  /**
   * Lets orders arrive, reports return and funding be paid that are due, in time order. Call it
   * BEFORE a market event is applied: an order that arrived earlier must meet the earlier book.
   */
  advance(nowUs: EpochUs): void;
  /** When the next arrival or report is due; null when nothing is on its way. */
  nextDueUs(): EpochUs | null;
  readonly restingCount: number;

  /** Balance of the account as a decimal, profit that is not realised left out. */
  balance(account: string, venue: string, asset: string): string;
  position(account: string, instrument: Instrument): PositionText['qty'];
  /** What may still be lost before positions are closed by force; settle asset, an estimate. */
  marginBalance(account: string, instrument: Instrument): number;
  /** Plain JSON. Requests on their way are in it; what was said and not yet heard is lost. */
  save(): PaperSaved;
}

export function createPaperVenue(options: PaperVenueOptions): PaperVenue {
  const state = createState(options);
  if (options.saved !== undefined) restore(state, options.saved);
  const ask = (arrival: Arrival, nowUs: EpochUs): void => {
    if (state.faults.losesRequest()) return;
    state.arrivals.push(arrival, nowUs, state.faults.delayUs());
  };
  return {
    ...moneyOfVenue(state),
    list(instrument) {
      state.instruments.delete(instrument.key); // the last of a slot has it: saved.ts
      state.instruments.set(instrument.key, instrument);
      state.accounts.list(instrument);
      state.marks.forget(instrument);
      state.liquidity.forget(instrument);
      state.lastTrades.delete(instrument.key);
    },
    place: (placement, nowUs) =>
      ask({ kind: 'place', order: toPaperOrder(state, placement, nowUs) }, nowUs),
    cancel: ({ id }, nowUs) => ask({ kind: 'cancel', orderId: id }, nowUs),
    cancelUnknown: (orderId, nowUs) => ask({ kind: 'cancel', orderId }, nowUs),
    amend: (orderId, qty, price, nowUs) => ask({ kind: 'amend', orderId, qty, price }, nowUs),
    askOpenOrders: (venue, nowUs) => ask({ kind: 'ask_open', venue }, nowUs),
    askHistory: (venue, sinceUs, nowUs) => ask({ kind: 'ask_history', venue, sinceUs }, nowUs),
    query: (orderId, nowUs) => ask({ kind: 'query', orderId }, nowUs),
    onBook(instrument, eventUs, nowUs) {
      if (!state.books.isReady(instrument)) return;
      state.marks.onBook(instrument);
      matchBook(state, instrument, eventUs, nowUs);
    },
    onTrade: (event, nowUs) => matchTrade(state, event, nowUs),
    advance: (nowUs) => advance(state, nowUs, options.emit),
    nextDueUs() {
      const due = Math.min(state.arrivals.dueUs(), state.reports.dueUs());
      return due === Number.POSITIVE_INFINITY ? null : asEpochUs(due);
    },
    get restingCount() {
      return state.orders.openCount;
    },
    save: () => saveVenue(state),
  };
}

function createState(options: PaperVenueOptions): VenueState {
  const { books, instruments, latencyUs, random, fillIds, saved } = options;
  const { restingMax = 4096, historyMax = 16_384 } = options;
  const { leverage = () => 20, fundingRate = () => 0.0001 } = options;
  assert(Number.isFinite(latencyUs) && latencyUs >= 0, `latency ${latencyUs} us is below 0`);
  assert(Number.isSafeInteger(restingMax) && restingMax > 0, `restingMax ${restingMax} is not > 0`);
  assert(Number.isSafeInteger(historyMax) && historyMax > 0, `historyMax ${historyMax} is not > 0`);
  for (const instrument of instruments) {
    if (instrument.kind === 'spot') continue;
    const times = leverage(instrument);
    const rate = fundingRate(instrument);
    assert(times >= 1 && times <= 125, `${instrument.key}: leverage ${times} is not in 1..125`);
    assert(Math.abs(rate) <= 0.05, `${instrument.key}: funding ${rate} is not within 5 % in 8 h`);
  }
  const known = new Map(instruments.map((instrument) => [instrument.key, instrument]));
  const waiting: readonly Waiting<Arrival>[] =
    saved === undefined ? [] : waitingArrivals(known, saved);
  return {
    books,
    instruments: known,
    accounts: createAccounts(),
    orders: createOrderShelf(historyMax, saved?.hasForgotten ?? false),
    liquidity: createLiquidity(books),
    marks: createMarks(books, options.mark),
    faults: createFaults(options.faults),
    arrivals: createLine<Arrival>(latencyUs, random, waiting),
    reports: createLine<VenueReport>(latencyUs, random),
    lastTrades: new Map(saved?.lastTrades),
    movements: [],
    leverage,
    fundingRate,
    fillIds,
    restingMax,
    historyMax,
    fundingUs: Number.NaN,
    watchUs: Number.NEGATIVE_INFINITY,
  };
}

// Whoever asks may hold an instrument of another run: here it is the one that is listed.
function toPaperOrder(state: VenueState, placement: Placement, nowUs: EpochUs): PaperOrder {
  const { id, intent, limitPrice } = placement;
  const { account, side, type, timeInForce, postOnly, reduceOnly, qty } = intent;
  return {
    ...NO_PLACE,
    id,
    account,
    instrument: state.instruments.get(intent.instrument.key) ?? intent.instrument,
    side,
    type,
    timeInForce,
    postOnly,
    reduceOnly,
    createdUs: nowUs,
    qty,
    price: limitPrice,
    remaining: qty,
    filled: 0,
    held: 0,
    state: 'open',
    reason: '',
    fills: [],
  };
}

function advance(state: VenueState, nowUs: EpochUs, emit: (report: VenueReport) => void): void {
  if (Number.isNaN(state.fundingUs)) state.fundingUs = nextFundingUs(nowUs);
  const { arrivals, reports } = state;
  for (;;) {
    const arrivalUs = arrivals.dueUs();
    const reportUs = reports.dueUs();
    const { fundingUs } = state;
    if (Math.min(arrivalUs, reportUs, fundingUs) > nowUs) break;
    if (fundingUs < arrivalUs && fundingUs <= reportUs) {
      payFunding(state, asEpochUs(fundingUs), nowUs);
    } else if (arrivalUs <= reportUs) arrive(state, arrivals.shift(), asEpochUs(arrivalUs));
    else emit(reports.shift());
  }
  watchMargins(state, nowUs);
}

function arrive(state: VenueState, arrival: Arrival, timeUs: EpochUs): void {
  switch (arrival.kind) {
    case 'place':
      return takeOrder(state, arrival.order, timeUs);
    case 'cancel':
      return cancelOrder(state, arrival.orderId, timeUs);
    case 'amend':
      return amendOrder(state, arrival.orderId, arrival.qty, arrival.price, timeUs);
    case 'query':
      return queryOrder(state, arrival.orderId, timeUs);
    case 'ask_open':
      return tellOpenOrders(state, arrival.venue, timeUs);
    case 'ask_history':
      return tellHistory(state, arrival.venue, arrival.sinceUs, timeUs);
    default:
      return assertNever(arrival);
  }
}

function tellOpenOrders(state: VenueState, venue: string, timeUs: EpochUs): void {
  const open = state.orders.open().filter(({ instrument }) => instrument.venue === venue);
  say(state, { kind: 'open_orders', venue, orders: open.map(toVenueOrder), timeUs }, timeUs);
}

function tellHistory(state: VenueState, venue: string, sinceUs: number, timeUs: EpochUs): void {
  for (const order of state.orders.all()) {
    if (order.instrument.venue !== venue) continue;
    for (const one of order.fills) if (one.timeUs >= sinceUs) sayFill(state, order, one, timeUs);
  }
  for (const report of state.movements) {
    if (report.venue === venue && report.timeUs >= sinceUs) say(state, report, timeUs);
  }
}

type MoneyOfVenue = Pick<
  PaperVenue,
  'deposit' | 'withdraw' | 'openBalance' | 'openPosition' | 'balance' | 'position' | 'marginBalance'
>;

function moneyOfVenue(state: VenueState): MoneyOfVenue {
  const { accounts, marks } = state;
  return {
    deposit({ account, venue, asset, amount }) {
      const read = readAmount(amount);
      if (typeof read === 'string') return `deposit of ${asset} at ${venue}: ${read}`;
      accounts.balance(account, venue, asset).amount += read;
      return null;
    },
    withdraw({ account, venue, asset, amount }) {
      const read = readAmount(amount);
      if (typeof read === 'string') return `withdrawal of ${asset} at ${venue}: ${read}`;
      const free = freeOf(state, account, venue, asset);
      if (read > free) return `withdrawal of ${amount} ${asset}: ${moneyText(free)} is free`;
      accounts.balance(account, venue, asset).amount -= read;
      return null;
    },
    openBalance({ account, venue, asset, amount }) {
      const money = moneyOf(amount);
      assert(money !== null, `balance of ${asset} at ${venue}: '${amount}' is no plain decimal`);
      accounts.balance(account, venue, asset).amount = money;
    },
    openPosition(told) {
      const instrument = state.instruments.get(told.instrument);
      assert(instrument !== undefined, `position in ${told.instrument}: it is not listed here`);
      assert(instrument.kind !== 'spot', `position in ${told.instrument}: spot has balances only`);
      openPosition(accounts, instrument, told);
    },
    balance: (account, venue, asset) => moneyText(accounts.balance(account, venue, asset).amount),
    position: (account, instrument) => accounts.position(account, instrument).qty,
    marginBalance: (account, instrument) =>
      marginBalance(accounts.group(account, instrument), marks),
  };
}

// What orders reserve is not free, nor is what stands behind positions; profit is not money yet.
function freeOf(state: VenueState, account: string, venue: string, asset: string): Money {
  const balance = state.accounts.balance(account, venue, asset);
  let free = balance.amount - balance.reserved;
  for (const group of state.accounts.groups()) {
    if (group.balance !== balance || group.positions.every(({ qty }) => qty === 0)) continue;
    const needed = initialMargin(group, state.marks, state.leverage, null);
    const over = marginBalance(group, state.marks) - needed;
    const spare = moneyOf(Math.max(0, Math.min(over, realOf(free))).toFixed(8)) ?? 0n;
    if (spare < free) free = spare;
  }
  return free > 0n ? free : 0n;
}

// Owns the interface of a strategy: what it is told, what it may ask for, and what a file exports.
// Promise: a strategy sees its own orders and position only; it reaches no venue, limit or ledger.
import type { LimitCode } from '../core/decision.ts';
import type { OrderReport, Signal } from '../core/event.ts';
import {
  floorToLot,
  type Instrument,
  notionalOf,
  priceOf,
  qtyOf,
  roundToTick,
} from '../core/instrument.ts';
import type { Json } from '../core/json.ts';
import type { Order, Side, TimeInForce } from '../core/order.ts';
import type { BookReader } from '../core/ports.ts';
import type { ScopeState } from '../core/risk.ts';
import { type EpochUs, type Price, powerOfTen, type Qty } from '../core/units.ts';
import type { ParameterSchema, ParametersOf } from './parameters.ts';

export type { ParameterSchema, ParametersOf } from './parameters.ts';

/**
 * What a strategy knows of one instrument. One object for each instrument, refreshed before a call
 * and by desk.look(): read it during the call, do not keep its values by keeping it.
 */
export interface View {
  readonly instrument: Instrument;
  readonly nowUs: EpochUs;
  readonly tickNs: number; // monotonic ns of the frame that led here, 0 when none did
  readonly bookSequence: number; // update id of the book
  readonly mid: number; // real units of the quote asset; NaN without two sides
  readonly bid: Price; // steps; NaN without that side
  readonly ask: Price;
  readonly bidQty: Qty;
  readonly askQty: Qty;
  readonly position: number; // own, signed quantity steps
  readonly openOrders: readonly Order[]; // own, of this instrument, unknown ones included
  readonly tradingState: ScopeState; // what the scopes it stands in let through
}

/** An order it would like. The desk reads it at once: one object may serve for every wish. */
export interface Wish {
  readonly instrument: Instrument; // one of desk.instruments
  readonly side: Side;
  readonly qty: Qty; // whole lots; desk.numbers.floorToLot makes them
  readonly price: Price | null; // whole ticks; null: a market order
  readonly timeInForce?: TimeInForce; // default GTC, of a market order IOC
  readonly postOnly?: boolean; // default false
  readonly reduceOnly?: boolean; // default false
  /** Its own name for the order, at most 64 characters, unique among its living orders. */
  readonly reference?: string;
}

/** A wish that did not become an order, or an amend that was not sent, with every reason. */
export interface Refusal {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly reference: string; // '' where the wish, or the order, had none
  readonly limits: readonly LimitCode[]; // 'throttled': the host held it back by itself
}

export type Fill = Extract<OrderReport, { kind: 'fill' }>;

/** A closed bar of trades; prices in steps. */
export interface Bar {
  readonly instrument: Instrument;
  readonly lengthUs: number; // 60e6: a minute
  readonly openUs: EpochUs;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  readonly volume: Qty;
  readonly trades: number;
}

/** The way between steps and real numbers, and onto the grids of an instrument. */
export const NUMBERS = Object.freeze({
  priceOf,
  qtyOf,
  notionalOf,
  roundToTick,
  floorToLot,
  /** A real price on the tick grid: the tick above it, or below. */
  toPrice: (instrument: Instrument, price: number, up: boolean): Price =>
    roundToTick(instrument, price * powerOfTen(instrument.priceScale), up),
});

/** The strategy's own counter: its view of the world, and what it may ask for. */
export interface Desk {
  readonly name: string;
  readonly account: string;
  readonly instruments: readonly Instrument[];
  readonly numbers: typeof NUMBERS;
  readonly nowUs: EpochUs;
  /** The view of one of its instruments, refreshed. */
  look(instrument: Instrument): View;
  /** Depth of its instruments, best level first; an isolated strategy sees BOOK_LEVELS_SEEN. */
  readonly books: Pick<
    BookReader,
    'isReady' | 'bidCount' | 'askCount' | 'bidPrice' | 'bidQty' | 'askPrice' | 'askQty'
  >;
  /** Own position in real units: base asset, or contracts. */
  position(instrument: Instrument): number;
  /** Every own living order. */
  openOrders(): readonly Order[];
  /** Own profit, base currency: realised and unrealised, fees paid. NaN until it is known. */
  profit(): number;
  /** Of the account, base currency. */
  equity(): number;
  /** Base currency per unit of the quote asset of an instrument. */
  quoteRate(instrument: Instrument): number;
  /**
   * Asks for an order; it goes to the checks when the call is over, and not at all when the call
   * throws. Throws a StrategyError for what is no order: not a number, off its grid, not its own.
   */
  submit(wish: Wish): void;
  /** Takes back an own living order, by reference or order id. False: there is none. */
  cancel(order: string, reason: string): boolean;
  /**
   * Changes size (whole, filled part included) or price of an own living order. False: none. What
   * makes it larger or more aggressive goes through the checks as a new order would.
   */
  amend(order: string, change: Amendment, reason: string): boolean;
  /** A line for people, at most 500 characters; a few a second. */
  log(text: string): void;
}

export interface Amendment {
  readonly qty?: Qty;
  readonly price?: Price;
}

/** Every handler is optional; the desk asked meanwhile is sent when the handler returns. */
export interface Strategy {
  /** After load(); trading may begin. */
  onStart?(): void;
  /** The last call but save(): what it asks for now is not sent, its orders are taken back. */
  onStop?(): void;
  /** After each update of a book, without a model in between. */
  onBook?(view: View): void;
  /** A forecast worth acting on, or to hold by. */
  onSignal?(signal: Signal, view: View): void;
  onFill?(fill: Fill, order: Order, view: View): void;
  /** After each change of an own order. */
  onOrder?(order: Order, view: View): void;
  onRefused?(refusal: Refusal): void;
  onBar?(bar: Bar, view: View): void;
  /** Ten times a second of the engine's time. */
  onTimer?(nowUs: EpochUs): void;
  /** What it wants to find again after a restart or reload: at most SAVED_BYTES_MAX of JSON. */
  save?(): Json;
  load?(saved: Json): void;
}

export interface Context<Schema extends ParameterSchema = ParameterSchema> {
  readonly parameters: ParametersOf<Schema>;
  readonly desk: Desk;
}

/** What a strategy file exports: `export const strategy: StrategyModule<typeof parameters>`. */
export interface StrategyModule<Schema extends ParameterSchema = ParameterSchema> {
  readonly parameters: Schema;
  create(context: Context<Schema>): Strategy;
}

/** Levels of a side that an isolated strategy is shown. */
export const BOOK_LEVELS_SEEN = 10;
/** Largest JSON text of what a strategy saves, bytes. */
export const SAVED_BYTES_MAX = 16_384;
export const REFERENCE_LENGTH_MAX = 64;
export const LOG_LENGTH_MAX = 500;
/** Wishes, cancels and amends of one call together. */
export const ACTIONS_PER_CALL_MAX = 64;

/** A mistake of the strategy, told where it was made; not caught, it stops this strategy alone. */
export class StrategyError extends Error {
  override name = 'StrategyError';
}

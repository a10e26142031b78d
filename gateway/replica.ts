// Owns the gateway's copy of what the engine decided, rebuilt from the messages on its ring.
// Promise: bounded; never asks the engine; a hole in the stream is counted and shown, not hidden.
import { assertNever } from '../engine/core/assert.ts';
import type { TradingState } from '../engine/core/event.ts';
import type {
  GatewayAnswer,
  GatewayMessage,
  MarketView,
  PortfolioView,
} from '../engine/core/gateway-message.ts';
import type { FillRecord, JournalBody, JournalRecord } from '../engine/core/journal-record.ts';
import { type BoundedLog, createBoundedLog } from './bounded-log.ts';
import { createEquityCurve, type EquityCurve } from './equity-curve.ts';
import type { GatewayOptions } from './options.ts';
import { createOrderShelf, type OrderShelf, type ShelvedOrder } from './order-shelf.ts';
import { refusedOrder, type SignalBody } from './view.ts';

export interface TimedSignal {
  readonly signal: SignalBody;
  readonly timeUs: number;
}
export interface TimedFill {
  readonly fill: FillRecord;
  readonly timeUs: number;
}
type RunStarted = Extract<JournalBody, { kind: 'run_started' }>;
export type RunView = Omit<RunStarted, 'kind' | 'checkpoint'>;

/** What listeners hear after the replica took a message in. */
export type Change =
  | ({ readonly kind: 'order'; readonly timeUs: number } & ShelvedOrder)
  | ({ readonly kind: 'signal' } & TimedSignal)
  | ({ readonly kind: 'fill' } & TimedFill)
  | { readonly kind: 'portfolio'; readonly portfolio: PortfolioView }
  | { readonly kind: 'markets'; readonly markets: readonly MarketView[] }
  | {
      readonly kind: 'trading_state';
      readonly state: TradingState;
      readonly reason: string;
      readonly by: string;
      readonly timeUs: number;
    };

export interface Replica {
  readonly orders: OrderShelf;
  readonly signals: BoundedLog<TimedSignal>;
  readonly fills: BoundedLog<TimedFill>;
  readonly curve: EquityCurve;
  readonly run: RunView | null; // null until the engine said that it runs
  readonly portfolio: PortfolioView | null;
  readonly markets: readonly MarketView[];
  readonly tradingState: TradingState;
  readonly lostRecords: number;
  readonly isStopped: boolean;
  readonly heardMs: number; // wall clock of the last message, 0 before the first
  take(message: GatewayMessage, nowMs: number): void;
  /** Returns the function that ends the subscription. */
  listen(listener: (change: Change) => void): () => void;
}

interface State {
  orders: OrderShelf;
  signals: BoundedLog<TimedSignal>;
  fills: BoundedLog<TimedFill>;
  curve: EquityCurve;
  run: RunView | null;
  portfolio: PortfolioView | null;
  markets: readonly MarketView[];
  tradingState: TradingState;
  lostRecords: number;
  isStopped: boolean;
  heardMs: number;
}
type Say = (change: Change) => void;

/** `settle` is given the answers to commands. */
export function createReplica(
  options: GatewayOptions,
  settle: (correlation: number, answer: GatewayAnswer) => void,
): Replica {
  const state: State = {
    orders: createOrderShelf(options.ordersMax),
    signals: createBoundedLog(options.signalsMax),
    fills: createBoundedLog(options.fillsMax),
    curve: createEquityCurve(options.equityPointsMax),
    run: null,
    portfolio: null,
    markets: [],
    tradingState: 'active',
    lostRecords: 0,
    isStopped: false,
    heardMs: 0,
  };
  const listeners = new Set<Say>();
  const say: Say = (change) => {
    for (const listener of listeners) listener(change);
  };
  const take = (message: GatewayMessage, nowMs: number): void => {
    state.heardMs = nowMs;
    takeMessage(state, message, say, settle);
  };
  const listen = (listener: Say): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return Object.assign(state, { take, listen });
}

function takeMessage(
  state: State,
  message: GatewayMessage,
  say: Say,
  settle: (correlation: number, answer: GatewayAnswer) => void,
): void {
  switch (message.type) {
    case 'record':
      takeRecord(state, message.record, say);
      return;
    case 'portfolio':
      state.portfolio = message.portfolio;
      state.tradingState = message.portfolio.tradingState;
      state.curve.add(message.portfolio.timeUs, Number(message.portfolio.equity));
      say({ kind: 'portfolio', portfolio: message.portfolio });
      return;
    case 'markets':
      state.markets = message.markets;
      say({ kind: 'markets', markets: message.markets });
      return;
    case 'answer':
      settle(message.correlation, message.answer);
      return;
    case 'lost':
      state.lostRecords += message.records;
      return;
    default:
      assertNever(message);
  }
}

function takeRecord(state: State, { seq, timeUs, body }: JournalRecord, say: Say): void {
  const shelve = (number: number, order: Parameters<OrderShelf['put']>[1]): void =>
    say({ kind: 'order', timeUs, ...state.orders.put(number, order) });
  switch (body.kind) {
    case 'run_started': {
      const { kind: _, checkpoint, ...run } = body;
      state.run = run;
      state.isStopped = false;
      state.tradingState = checkpoint.tradingState;
      const first = seq - checkpoint.openOrders.length; // numbers stay below this record's
      for (const [index, order] of checkpoint.openOrders.entries()) shelve(first + index, order);
      return;
    }
    case 'signal':
      state.signals.add(seq, { signal: body, timeUs });
      say({ kind: 'signal', signal: body, timeUs });
      return;
    case 'verdict':
      state.orders.putVerdict(body);
      if (!body.approved) shelve(seq, refusedOrder(body, timeUs));
      return;
    case 'order':
      shelve(seq, body.order);
      return;
    case 'fill':
      state.fills.add(seq, { fill: body.fill, timeUs });
      say({ kind: 'fill', fill: body.fill, timeUs });
      return;
    case 'trading_state':
      state.tradingState = body.state;
      say({ ...body, timeUs });
      return;
    case 'run_stopped':
      state.isStopped = true;
      return;
    case 'recovered':
    case 'ids_reserved':
    case 'checkpoint':
    case 'deposit':
    case 'book':
      return;
    default:
      assertNever(body);
  }
}

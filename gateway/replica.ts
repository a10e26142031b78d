// Owns the gateway's copy of what the engine decided, rebuilt from the messages on its ring.
// Promise: bounded; never asks the engine; a hole in the stream is counted and shown, not hidden.
import { assertNever } from '../engine/core/assert.ts';
import type { TradingState } from '../engine/core/event.ts';
import type { KillReport, RiskView, ScopeState } from '../engine/core/risk.ts';
import type { Fact, FillRecord, JournalRecord, OrderRecord } from '../engine/facts/fact.ts';
import type {
  AnalysisReport,
  GatewayAnswer,
  GatewayMessage,
  MarketView,
  PortfolioView,
} from '../engine/facts/gateway-message.ts';
import { type BoundedLog, createBoundedLog } from './bounded-log.ts';
import { createEquityCurve, type EquityCurve } from './equity-curve.ts';
import type { GatewayOptions } from './options.ts';
import { createOrderShelf, type OrderShelf, type ShelvedOrder } from './order-shelf.ts';
import {
  createRiskShelf,
  type Proposal,
  type RiskEvent,
  type RiskRecordBody,
  type RiskShelf,
  takeCheckpoint,
  takeRiskRecord,
  takeView,
} from './risk-shelf.ts';
import { refusedOrder, type SignalBody } from './view.ts';

export interface TimedSignal {
  readonly signal: SignalBody;
  readonly timeUs: number;
}
export interface TimedFill {
  readonly fill: FillRecord;
  readonly timeUs: number;
}
type RunStarted = Extract<Fact, { kind: 'run_started' }>;
export type RunView = Omit<RunStarted, 'kind' | 'checkpoint'>;

/** What listeners hear after the replica took a message in. */
export type Change =
  | ({ readonly kind: 'order'; readonly timeUs: number } & ShelvedOrder)
  | ({ readonly kind: 'signal' } & TimedSignal)
  | ({ readonly kind: 'fill' } & TimedFill)
  | { readonly kind: 'portfolio'; readonly portfolio: PortfolioView }
  | { readonly kind: 'markets'; readonly markets: readonly MarketView[] }
  | {
      readonly kind: 'trading_state'; // of the whole system
      readonly state: TradingState;
      readonly reason: string;
      readonly by: string;
      readonly timeUs: number;
    }
  | { readonly kind: 'risk'; readonly risk: RiskView }
  | { readonly kind: 'analysis'; readonly report: AnalysisReport }
  | { readonly kind: 'risk_event'; readonly event: RiskEvent }
  | { readonly kind: 'proposals'; readonly proposals: ReadonlyMap<number, Proposal> }
  | { readonly kind: 'kill'; readonly report: KillReport };

export interface Replica {
  readonly orders: OrderShelf;
  readonly signals: BoundedLog<TimedSignal>;
  readonly fills: BoundedLog<TimedFill>;
  readonly curve: EquityCurve;
  readonly risk: Readonly<RiskShelf>;
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
  readonly risk: RiskShelf;
  readonly proposalsMax: number;
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
    risk: createRiskShelf(options),
    proposalsMax: options.proposalsMax,
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
    case 'risk':
      takeView(state.risk, message.risk);
      say({ kind: 'risk', risk: message.risk });
      return;
    case 'limits':
      state.risk.tree = message.tree;
      return;
    case 'analysis':
      state.risk.analysis = message.report;
      say({ kind: 'analysis', report: message.report });
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

function takeRecord(state: State, record: JournalRecord, say: Say): void {
  const { seq, timeUs, body } = record;
  switch (body.kind) {
    case 'run_started':
      takeStart(state, seq, timeUs, body, say);
      return;
    case 'signal':
      state.signals.add(seq, { signal: body, timeUs });
      say({ kind: 'signal', signal: body, timeUs });
      return;
    case 'verdict':
      state.orders.putVerdict(body);
      if (!body.approved) shelve(state, seq, timeUs, refusedOrder(body, timeUs), say);
      return;
    case 'order':
      shelve(state, seq, timeUs, body.order, say);
      return;
    case 'fill':
      state.fills.add(seq, { fill: body.fill, timeUs });
      say({ kind: 'fill', fill: body.fill, timeUs });
      return;
    case 'trading_state':
    case 'limits':
    case 'breaker':
    case 'drawdown':
    case 'reduction':
    case 'kill':
      takeRiskRecord(state.risk, record, body, state.proposalsMax);
      tellRisk(state, record, body, say);
      return;
    case 'run_stopped':
      state.isStopped = true;
      return;
    case 'recovered':
    case 'ids_reserved':
    case 'checkpoint':
    case 'deposit':
    case 'risk_report': // the whole report comes as an 'analysis' message
    case 'book':
      return;
    default:
      assertNever(body);
  }
}

function shelve(state: State, number: number, timeUs: number, order: OrderRecord, say: Say): void {
  say({ kind: 'order', timeUs, ...state.orders.put(number, order) });
}

function takeStart(state: State, seq: number, timeUs: number, body: RunStarted, say: Say): void {
  const { kind: _, checkpoint, ...run } = body;
  state.run = run;
  state.isStopped = false;
  state.tradingState = checkpoint.tradingState;
  takeCheckpoint(state.risk, checkpoint);
  const first = seq - checkpoint.openOrders.length; // numbers stay below this record's
  for (const [index, order] of checkpoint.openOrders.entries()) {
    shelve(state, first + index, timeUs, order, say);
  }
}

function tellRisk(state: State, record: JournalRecord, body: RiskRecordBody, say: Say): void {
  const { seq, timeUs } = record;
  switch (body.kind) {
    case 'kill':
      say({ kind: 'kill', report: body.report });
      return;
    case 'limits':
      say({ kind: 'proposals', proposals: state.risk.proposals });
      return;
    case 'trading_state':
      if (body.scope === 'system') {
        const { reason, by } = body;
        state.tradingState = plainState(body.state);
        say({ kind: 'trading_state', state: state.tradingState, reason, by, timeUs });
      }
      say({ kind: 'risk_event', event: { seq, timeUs, body } });
      return;
    case 'breaker':
    case 'drawdown':
    case 'reduction':
      say({ kind: 'risk_event', event: { seq, timeUs, body } });
      return;
    default:
      assertNever(body);
  }
}

/** For those who know three states only: probing takes no new risk but small tries. */
const plainState = (state: ScopeState): TradingState => (state === 'probing' ? 'reducing' : state);

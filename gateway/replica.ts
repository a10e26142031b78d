// Owns the gateway's copy of what the engine decided, rebuilt from the messages on its ring.
// Promise: bounded; a hole in the stream is counted and shown, and closes with a checkpoint.
import { assertNever } from '../engine/core/assert.ts';
import type { TradingState } from '../engine/core/event.ts';
import {
  type KillReport,
  type RiskView,
  type ScopeState,
  STRICTNESS,
} from '../engine/core/risk.ts';
import type { FactOf, JournalRecord } from '../engine/facts/fact.ts';
import type {
  AnalysisReport,
  GatewayAnswer,
  GatewayMessage,
  MarketView,
  PortfolioView,
} from '../engine/facts/gateway-message.ts';
import type { FillRecord } from '../engine/facts/money.ts';
import type { OrderRecord } from '../engine/facts/order.ts';
import { createRoundCollector, type RoundCollector } from '../engine/facts/round.ts';
import { createState, type State as Slices } from '../engine/state.ts';
import { type BoundedLog, createBoundedLog } from './bounded-log.ts';
import { createEquityCurve, type EquityCurve } from './equity-curve.ts';
import type { GatewayOptions } from './options.ts';
import { createOrderShelf, type OrderShelf, type ShelvedOrder } from './order-shelf.ts';
import {
  createRiskShelf,
  isRiskRecord,
  type Proposal,
  type RiskEvent,
  type RiskRecordBody,
  type RiskShelf,
  takeRiskRecord,
  takeSlices,
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
type RunStarted = FactOf<'run_started'>;
export type RunView = Omit<FactOf<'run_started'>, 'kind' | 'format' | 'epoch' | 'configHash'>;

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
  | { readonly kind: 'kill'; readonly report: KillReport }
  | { readonly kind: 'healed'; readonly lost: number }; // records that were never seen

type Settle = (correlation: number, answer: GatewayAnswer, seq: number) => void;

export interface Replica {
  /** The engine's durable state by the same folds; while not `isWhole`, of the last checkpoint. */
  readonly slices: Slices;
  readonly isWhole: boolean; // nothing is missing since the last checkpoint
  readonly heals: number; // holes that a checkpoint closed
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
  readonly slices: Slices;
  readonly rounds: RoundCollector;
  isWhole: boolean;
  heals: number;
  lostNow: number; // records missed since the last whole state
  orders: OrderShelf;
  signals: BoundedLog<TimedSignal>;
  fills: BoundedLog<TimedFill>;
  curve: EquityCurve;
  readonly risk: RiskShelf;
  readonly proposalsMax: number;
  run: RunView | null;
  portfolio: PortfolioView | null;
  readonly markets: MarketView[]; // in the order in which they were first heard of
  readonly marketPlaces: Map<string, number>; // by instrument
  tradingState: TradingState;
  lostRecords: number;
  isStopped: boolean;
  heardMs: number;
}
type Say = (change: Change) => void;

/** `settle` is given the answers to commands. After a hole somebody has to ask for a checkpoint. */
export function createReplica(options: GatewayOptions, settle: Settle): Replica {
  const state: State = {
    slices: createState({ capacity: options.stateCapacity }),
    rounds: createRoundCollector(),
    isWhole: false,
    heals: 0,
    lostNow: 0,
    orders: createOrderShelf(options.ordersMax),
    signals: createBoundedLog(options.signalsMax),
    fills: createBoundedLog(options.fillsMax),
    curve: createEquityCurve(options.equityPointsMax),
    risk: createRiskShelf(options),
    proposalsMax: options.proposalsMax,
    run: null,
    portfolio: null,
    markets: [],
    marketPlaces: new Map(),
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

function takeMessage(state: State, message: GatewayMessage, say: Say, settle: Settle): void {
  switch (message.type) {
    case 'record':
      takeRecord(state, message.record, say);
      return;
    case 'portfolio':
      state.portfolio = message.portfolio;
      state.tradingState = message.portfolio.tradingState;
      state.curve.add(message.portfolio.timeUs, Number(message.portfolio.equity)); // NaN: unknown
      say({ kind: 'portfolio', portfolio: message.portfolio });
      return;
    case 'markets':
      for (const market of message.markets) placeMarket(state, market);
      say({ kind: 'markets', markets: message.markets });
      return;
    case 'risk':
      takeView(state.risk, message.risk);
      say({ kind: 'risk', risk: message.risk });
      return;
    case 'analysis':
      state.risk.analysis = message.report;
      say({ kind: 'analysis', report: message.report });
      return;
    case 'answer':
      settle(message.correlation, message.answer, message.seq);
      return;
    case 'lost':
      loseRecords(state, message.records);
      return;
    default:
      assertNever(message);
  }
}

function placeMarket({ markets, marketPlaces }: State, market: MarketView): void {
  const place = marketPlaces.get(market.instrument) ?? markets.length;
  marketPlaces.set(market.instrument, place);
  markets[place] = market;
}

/** A market that is gone is shown no more. */
function followInstrument(
  { markets, marketPlaces }: State,
  { change, instrument }: FactOf<'instrument'>,
): void {
  const place = marketPlaces.get(instrument.key);
  if (change === 'added' || place === undefined) return;
  markets.splice(place, 1);
  marketPlaces.clear();
  for (const [at, { instrument: key }] of markets.entries()) marketPlaces.set(key, at);
}

function takeRecord(state: State, record: JournalRecord, say: Say): void {
  const { seq, timeUs, body } = record;
  takeFact(state, record, say);
  switch (body.kind) {
    case 'run_started':
      takeStart(state, body);
      return;
    case 'run_stopped':
      state.isStopped = true;
      return;
    case 'signal':
      state.signals.add(seq, { signal: body, timeUs });
      say({ kind: 'signal', signal: body, timeUs });
      return;
    case 'verdict':
      if (body.amends) return; // the order is what it was until its venue has answered
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
    case 'limits_configured':
      state.risk.tree = body.tree;
      return;
    default:
      if (isRiskRecord(body)) takeRisk(state, record, body, say);
  }
}

function takeRisk(state: State, record: JournalRecord, body: RiskRecordBody, say: Say): void {
  takeRiskRecord(state.risk, record, body, state.proposalsMax);
  if (body.kind === 'limits' && state.isWhole) state.risk.tree = state.slices.limits.tree();
  tellRisk(state, record, body, say);
}

function shelve(state: State, number: number, timeUs: number, order: OrderRecord, say: Say): void {
  say({ kind: 'order', timeUs, ...state.orders.put(number, order) });
}

function takeStart(state: State, { mode, version, seed, instruments, model }: RunStarted): void {
  state.run = { mode, version, seed, instruments, model };
  state.isStopped = false;
}

// ---- The engine's state ---------------------------------------------------------------------

/** Folds what the engine folded; a checkpoint is loaded where something is missing, else proved. */
function takeFact(state: State, record: JournalRecord, say: Say): void {
  const { slices, rounds } = state;
  const { seq, timeUs, body } = record;
  if (body.kind === 'instrument') followInstrument(state, body);
  const round = rounds.feed(record);
  if (state.isWhole) slices.fold(body, timeUs);
  if (round === 'incomplete' || state.isWhole) return;
  slices.loadRound(round);
  state.isWhole = true;
  takeSlices(state.risk, slices);
  takeWord(state);
  reconcile(state, seq, timeUs, say);
  if (state.lostNow === 0) return; // the first checkpoint of a run heals nothing
  state.heals += 1;
  say({ kind: 'healed', lost: state.lostNow });
  state.lostNow = 0;
}

/** What a word has stopped is stopped from the start on; the rest comes with a portfolio. */
function takeWord(state: State): void {
  for (const { state: word } of state.slices.standings.wordsOn('system')) {
    if (STRICTNESS[word] > STRICTNESS[state.tradingState]) state.tradingState = word;
  }
}

function loseRecords(state: State, records: number): void {
  state.lostRecords += records;
  state.lostNow += records;
  state.isWhole = false;
}

/** Orders as the checkpoint has them; one that lived before it and is gone ended in the hole. */
function reconcile(state: State, seq: number, timeUs: number, say: Say): void {
  const { slices, orders } = state;
  const { orders: records } = slices.orders.save();
  const known = new Set(records.map(({ id }) => id));
  for (const { order } of orders.living()) {
    if (known.has(order.id)) continue;
    const reason = 'ended while the gateway was not listening; the journal knows how';
    shelve(state, seq, timeUs, { ...order, state: 'unknown', reason }, say);
    orders.forget(order.id);
  }
  for (const order of records) shelve(state, seq, timeUs, order, say);
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

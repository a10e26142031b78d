// Owns the conductor: apply(event) leads every event through the rooms, and effects come out.
// Promise: synchronous, one writer, no clock or randomness of its own; a broken invariant throws.

import type { Portfolio } from './accounts/portfolio.ts';
import type { Config } from './config/schema.ts';
import { assertNever } from './core/assert.ts';
import type {
  Command,
  DepthEvent,
  EngineEvent,
  ForecastEvent,
  OrderReport,
  RiskSummary,
  Signal,
  SnapshotEvent,
  TradingState,
} from './core/event.ts';
import { type Instrument, priceOf, qtyOf } from './core/instrument.ts';
import { isTerminal, type Order, sideSign } from './core/order.ts';
import type { BookReader } from './core/ports.ts';
import { asQty, type EpochUs } from './core/units.ts';
import { cancel, type ScopeStop, takeBack } from './execution/cancel.ts';
import { createEmergency, type Emergency } from './execution/emergency.ts';
import { operate } from './execution/operate.ts';
import { type OrderPath, submit } from './execution/submit.ts';
import type { Checkpoint } from './facts/fact.ts';
import type { Market } from './market/market.ts';
import { toOrderRecord } from './orders/order-record.ts';
import { openQty } from './orders/order-state.ts';
import type { Covariance } from './risk/covariance.ts';
import type { Kill } from './risk/kill.ts';
import type { LimitChanges } from './risk/limit-changes.ts';
import type { Limits } from './risk/limits.ts';
import type { RiskNames } from './risk/places.ts';
import type { Signals } from './signals/generate.ts';
import type { Strategy, StrategyView } from './strategies/strategy.ts';

/** The rooms an event is led through; composition builds them on one shared memory. */
export interface Rooms extends OrderPath {
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly books: BookReader;
  readonly market: Market;
  readonly portfolio: Portfolio;
  readonly covariance: Covariance;
  readonly names: RiskNames;
  readonly historySource: string; // of the scenarios of historical VaR
  readonly limits: Limits;
  readonly limitChanges: LimitChanges;
  readonly kill: Kill;
  /** Scopes whose state has just become stricter; the conductor takes their orders back. */
  readonly stopped: ScopeStop[];
  readonly signals: Signals;
  readonly strategy: Strategy;
}

export interface Engine {
  apply(event: EngineEvent): void;
  /** Latest event time seen, microseconds. */
  nowUs(): EpochUs;
  tradingState(): TradingState;
  /** What a successor needs to go on from here. */
  checkpoint(epoch: number): Checkpoint;
}

interface Conductor extends Rooms {
  emergency: Emergency;
  nowUs: EpochUs;
  fillNumber: number;
  readonly profits: Float64Array; // of the strategies, base currency
  readonly lastForecastUs: Float64Array; // by instrument
  readonly forecastIntervalUs: number;
}

/** An engine that goes on from `start`, or from nothing. */
export function createEngine(rooms: Rooms, start: Checkpoint | null, startUs: EpochUs): Engine {
  const c: Conductor = {
    ...rooms,
    emergency: createEmergency({ ...rooms, cancel: (order) => cancel(c, order, c.nowUs) }),
    nowUs: startUs,
    profits: new Float64Array(rooms.names.strategies.length),
    fillNumber: start?.nextFillNumber ?? 1,
    lastForecastUs: new Float64Array(rooms.instruments.length).fill(Number.NEGATIVE_INFINITY),
    forecastIntervalUs: rooms.config.ai.forecastIntervalMs * 1000,
  };
  c.exposure.onDay(dayOf(startUs));
  for (const order of c.orders.open()) c.exposure.onOpenOrder(order, openQty(order));
  for (const instrument of c.instruments) followPosition(c, instrument);
  watchEquity(c);
  const whole = rooms.telemetry.stages.apply;
  return {
    apply(event) {
      const startNs = c.clock.nowNs();
      dispatch(c, event);
      if (c.stopped.length > 0) takeBack(c, c.stopped.splice(0), c.nowUs);
      const endNs = c.clock.nowNs();
      whole.record(endNs - startNs);
    },
    nowUs: () => c.nowUs,
    tradingState: () => c.guard.tradingState(),
    checkpoint: (epoch) => checkpointOf(c, epoch),
  };
}

function dispatch(c: Conductor, event: EngineEvent): void {
  switch (event.kind) {
    case 'depth':
      onDepth(c, event);
      return;
    case 'snapshot':
      onSnapshot(c, event);
      return;
    case 'trade':
      moveTime(c, event.receiveUs);
      c.market.trade(event);
      return;
    case 'quote':
      moveTime(c, event.receiveUs);
      c.market.quote(event);
      return;
    case 'disconnect':
      c.market.disconnect(event.venue);
      c.guard.onDisconnect(event.venue, c.nowUs);
      return;
    case 'forecast':
      onForecast(c, event);
      return;
    case 'clock':
      onClock(c, event.nowUs);
      return;
    case 'report':
      moveTime(c, event.report.timeUs);
      if (event.report.kind === 'open_orders') c.emergency.onOpenOrders(event.report);
      else onReport(c, event.report);
      return;
    case 'margin':
      c.exposure.setMargin(event.venue, event.balance, event.timeUs);
      return;
    case 'analysis':
      recordReport(c, event.summary);
      return;
    case 'command':
      onCommand(c, event.command, event.correlation);
      return;
    default:
      assertNever(event);
  }
}

// Events may arrive a little out of order across venues; the engine's clock never goes back.
function moveTime(c: Conductor, us: EpochUs): void {
  if (us > c.nowUs) c.nowUs = us;
}

// ---- Market data ----------------------------------------------------------------------------

function onDepth(c: Conductor, event: DepthEvent): void {
  moveTime(c, event.receiveUs);
  const startNs = c.clock.nowNs();
  const outcome = c.market.depth(event);
  const endNs = c.clock.nowNs();
  c.telemetry.stages.book.record(endNs - startNs);
  if (outcome.wantsSnapshot) c.effects.requestSnapshot(event.instrument);
  if (outcome.kind === 'applied') onBook(c, event.instrument, event.tickNs);
}

function onSnapshot(c: Conductor, event: SnapshotEvent): void {
  moveTime(c, event.receiveUs);
  const outcome = c.market.snapshot(event);
  if (outcome.wantsSnapshot) c.effects.requestSnapshot(event.instrument);
  if (outcome.kind === 'synchronised') onBook(c, event.instrument, 0);
}

function onBook(c: Conductor, instrument: Instrument, tickNs: number): void {
  const mid = midOf(c, instrument);
  if (!(mid > 0)) return;
  c.portfolio.mark(instrument, mid, c.nowUs);
  c.exposure.onMark(instrument, mid, c.nowUs);
  c.guard.onMark(instrument, mid, c.nowUs);
  if (c.strategy.onBook !== undefined) {
    const intent = c.strategy.onBook(instrument, viewOf(c, instrument, mid, tickNs));
    if (intent !== null) submit(c, intent, mid, c.nowUs, 0);
  }
  const isDue = c.nowUs - (c.lastForecastUs[instrument.index] ?? 0) >= c.forecastIntervalUs;
  if (isDue) askForecast(c, instrument, tickNs);
  // Behind the tick, where nobody waits: what the next order will need is fetched.
  if (isDue) c.preTrade.warm(instrument, c.nowUs);
  else if (c.strategy.onBook) c.preTrade.warm(null, c.nowUs);
}

function askForecast(c: Conductor, instrument: Instrument, tickNs: number): void {
  c.lastForecastUs[instrument.index] = c.nowUs;
  c.effects.requestForecast(instrument, c.nowUs, tickNs);
}

function midOf(c: Conductor, instrument: Instrument): number {
  if (!c.books.isReady(instrument)) return Number.NaN;
  const bid = c.books.bidPrice(instrument, 0);
  const ask = c.books.askPrice(instrument, 0);
  if (!(bid < ask)) return Number.NaN; // crossed or one-sided
  return (priceOf(instrument, bid) + priceOf(instrument, ask)) / 2;
}

function viewOf(c: Conductor, instrument: Instrument, mid: number, tickNs: number): StrategyView {
  return {
    nowUs: c.nowUs,
    tickNs,
    mid,
    bid: c.books.bidPrice(instrument, 0),
    ask: c.books.askPrice(instrument, 0),
    bidQty: c.books.bidQty(instrument, 0),
    askQty: c.books.askQty(instrument, 0),
    bookSequence: c.books.updateId(instrument),
    position: c.portfolio.position(instrument).qty,
    openOrders: c.orders.openOn(instrument),
    equity: c.portfolio.equity(),
    quoteRate: c.portfolio.quoteRate(instrument),
    tradingState: c.guard.tradingState(),
  };
}

// ---- Forecasts ------------------------------------------------------------------------------

function onForecast(c: Conductor, event: ForecastEvent): void {
  const startNs = c.clock.nowNs();
  if (event.tickNs > 0) c.telemetry.stages.forecast.record(startNs - event.tickNs);
  c.telemetry.add(event.status === 0 ? 'forecasts' : 'forecastsRefused', 1);
  const mid = midOf(c, event.instrument);
  const signal = c.signals.onForecast(event, mid, c.nowUs);
  if (signal === null) return;
  recordSignal(c, signal);
  const view = viewOf(c, event.instrument, mid, event.tickNs);
  const intent = signal.action === 'trade' ? c.strategy.onSignal(signal, view) : null;
  const endNs = c.clock.nowNs();
  c.telemetry.stages.signal.record(endNs - startNs);
  if (intent !== null) submit(c, intent, mid, c.nowUs, 0);
}

function recordSignal(c: Conductor, signal: Signal): void {
  c.telemetry.add('signals', 1);
  const { instrument, timeUs, ...facts } = signal;
  c.effects.record(timeUs, { kind: 'signal', instrument: instrument.key, ...facts });
}

// ---- What the venue says --------------------------------------------------------------------

function onReport(c: Conductor, report: OrderReport): void {
  const step = c.orders.apply(report);
  if (step.kind === 'not_found' || step.change === 'anomaly') onAnomaly(c, report);
  if (step.kind === 'not_found' || step.change !== 'changed') return;
  const { before, order } = step;
  c.exposure.onOpenOrder(order, openQty(order) - openQty(before));
  if (before.state === 'sent' && report.kind !== 'unclear') {
    c.guard.onAnswered(order, c.nowUs, order.state === 'rejected');
  }
  if (report.kind === 'fill') recordFill(c, order, report);
  if (report.kind === 'unclear') {
    c.telemetry.add('unknownOrders', 1);
    c.guard.onUnclear(order, c.nowUs);
  }
  if (order.state === 'cancelled') c.telemetry.add('cancelled', 1);
  c.effects.record(c.nowUs, { kind: 'order', order: toOrderRecord(order) });
  c.emergency.onOrder(order, c.nowUs);
}

// Money moved that no book has: what is held is not known any more.
function onAnomaly(c: Conductor, { kind, orderId }: OrderReport): void {
  c.telemetry.add('anomalies', 1);
  if (kind !== 'fill') return;
  const reason = `${orderId}: a fill of an order nobody knows, or beyond its quantity`;
  c.guard.setState('system', 'halted', reason, 'order-state', c.nowUs);
}

function recordFill(
  c: Conductor,
  order: Order,
  report: Extract<OrderReport, { kind: 'fill' }>,
): void {
  c.telemetry.add('fills', 1);
  const posted = c.portfolio.applyFill(order, report, c.fillNumber);
  c.fillNumber += 1;
  followPosition(c, order.instrument);
  const { price, qty, liquidity } = report;
  c.exposure.onFill(order, sideSign(order.side) * qty, price, liquidity);
  c.exposure.onTrade(order);
  c.effects.record(c.nowUs, { kind: 'fill', ...posted });
  watchEquity(c);
}

function followPosition(c: Conductor, instrument: Instrument): void {
  c.exposure.onPosition(instrument, qtyOf(instrument, asQty(c.portfolio.position(instrument).qty)));
}

// ---- Time -----------------------------------------------------------------------------------

const UNANSWERED_US = 2_000_000; // sent and not a word: nobody can say what became of it

function onClock(c: Conductor, nowUs: EpochUs): void {
  moveTime(c, nowUs);
  c.market.advance(c.nowUs);
  c.covariance.observe(c.nowUs);
  watchRisk(c);
  for (const instrument of c.signals.due(c.nowUs)) askForecast(c, instrument, 0);
  for (const order of c.orders.open()) watchOrder(c, order);
  c.telemetry.set('openOrders', c.orders.openCount);
}

const DAY_US = 86_400e6;
const dayOf = (us: EpochUs): number => Math.floor(us / DAY_US);

function watchRisk(c: Conductor): void {
  c.exposure.onDay(dayOf(c.nowUs));
  watchEquity(c);
  c.exposure.strategyProfits(c.profits);
  c.guard.onStrategyProfits(c.profits, c.portfolio.equity(), c.nowUs);
  c.guard.advance(c.nowUs);
  c.emergency.advance(c.nowUs);
  for (const record of c.limitChanges.expire(c.nowUs)) c.effects.record(c.nowUs, record);
  const drawdown = c.guard.drawdown();
  c.telemetry.set('drawdown', drawdown);
  c.telemetry.set('drawdownMax', Math.max(drawdown, c.telemetry.read('drawdownMax')));
}

function watchOrder(c: Conductor, order: Order): void {
  if (order.state === 'sent' && c.nowUs - order.updatedUs > UNANSWERED_US) {
    const reason = `no answer for ${UNANSWERED_US / 1e6} s`;
    onReport(c, { kind: 'unclear', orderId: order.id, reason, timeUs: c.nowUs });
    return;
  }
  if (order.cancelRequested || c.strategy.expired === undefined) return;
  if (c.strategy.expired(order, c.nowUs)) cancel(c, order, c.nowUs);
}

function watchEquity(c: Conductor): void {
  const equity = c.portfolio.equity();
  c.exposure.setEquity(equity, c.nowUs);
  c.telemetry.set('equity', equity);
  c.guard.onEquity(equity, c.nowUs);
}

// ---- Commands -------------------------------------------------------------------------------

function onCommand(c: Conductor, command: Command, correlation: number): void {
  switch (command.kind) {
    case 'submit':
      submit(c, command.intent, midOf(c, command.intent.instrument), c.nowUs, correlation);
      return;
    case 'cancel': {
      const order = c.orders.get(command.orderId);
      if (order === null || isTerminal(order)) {
        c.effects.answer(correlation, { kind: 'not_found', what: command.orderId });
        return;
      }
      cancel(c, order, c.nowUs);
      c.effects.answer(correlation, { kind: 'done', count: 1 });
      return;
    }
    case 'trading_state':
    case 'kill':
    case 'propose_limits':
    case 'decide_limits':
    case 'preview':
      operate(c, command, c.nowUs, correlation);
      return;
    case 'generate_signals':
      for (const one of command.instruments) c.effects.requestForecast(one, c.nowUs, 0);
      c.effects.answer(correlation, { kind: 'done', count: command.instruments.length });
      return;
    default:
      assertNever(command);
  }
}

// With the peaks of this moment: between two checkpoints nothing else writes them down.
function recordReport(c: Conductor, summary: RiskSummary): void {
  const { drawdowns } = c.guard.checkpoint();
  c.effects.record(c.nowUs, { kind: 'risk_report', summary, drawdowns });
}

function checkpointOf(c: Conductor, epoch: number): Checkpoint {
  const { states, drawdowns } = c.guard.checkpoint();
  return {
    epoch,
    nextOrderNumber: c.ids.nextNumber,
    nextSignalId: c.signals.nextId,
    nextFillNumber: c.fillNumber,
    peakEquity: drawdowns.find(({ scope }) => scope === 'system')?.peak ?? 0,
    tradingState: c.guard.tradingState(),
    balances: c.portfolio.balances(),
    positions: c.portfolio.state().positions,
    openOrders: c.orders.open().map(toOrderRecord),
    books: c.exposure.books(),
    limits: c.limits.tree(),
    proposals: c.limitChanges.pending(),
    states,
    drawdowns,
  };
}

// Owns the conductor: apply(event) leads every event through the rooms, and effects come out.
// Promise: synchronous, one writer, no clock or randomness of its own; a broken invariant throws.
import type { Config } from './config/schema.ts';
import { assertNever } from './core/assert.ts';
import type {
  Command,
  DepthEvent,
  EngineEvent,
  ForecastEvent,
  Signal,
  SnapshotEvent,
  TradingState,
  VenueReport,
} from './core/event.ts';
import { type Instrument, priceOf, qtyOf } from './core/instrument.ts';
import type { Checkpoint } from './core/journal-record.ts';
import { isTerminal, type Order } from './core/order.ts';
import type { BookReader } from './core/ports.ts';
import { asQty, type EpochUs } from './core/units.ts';
import { toOrderRecord } from './execution/order-record.ts';
import { openQty, requestCancel } from './execution/order-state.ts';
import { type OrderPath, submit } from './execution/submit.ts';
import type { Market } from './market/market.ts';
import type { Portfolio } from './portfolio/portfolio.ts';
import type { Covariance } from './risk/covariance.ts';
import type { Drawdown, DrawdownTransition } from './risk/drawdown.ts';
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
  readonly drawdown: Drawdown;
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
  nowUs: EpochUs;
  tradingState: TradingState;
  isReducedByDrawdown: boolean; // and not by a person: it ends with the warning
  fillNumber: number;
  readonly lastForecastUs: Float64Array; // by instrument
  readonly forecastIntervalUs: number;
}

/** An engine that goes on from `start`, or from nothing. */
export function createEngine(rooms: Rooms, start: Checkpoint | null, startUs: EpochUs): Engine {
  const c: Conductor = {
    ...rooms,
    nowUs: startUs,
    tradingState: start?.tradingState ?? 'active',
    isReducedByDrawdown: false,
    fillNumber: start?.nextFillNumber ?? 1,
    lastForecastUs: new Float64Array(rooms.instruments.length).fill(Number.NEGATIVE_INFINITY),
    forecastIntervalUs: rooms.config.ai.forecastIntervalMs * 1000,
  };
  c.exposure.setState(c.tradingState);
  for (const order of c.orders.open()) c.exposure.onOpenOrder(order, openQty(order));
  for (const instrument of c.instruments) followPosition(c, instrument);
  const whole = rooms.telemetry.stages.apply;
  return {
    apply(event) {
      const startNs = c.clock.nowNs();
      dispatch(c, event);
      const endNs = c.clock.nowNs();
      whole.record(endNs - startNs);
    },
    nowUs: () => c.nowUs,
    tradingState: () => c.tradingState,
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
      return;
    case 'forecast':
      onForecast(c, event);
      return;
    case 'clock':
      onClock(c, event.nowUs);
      return;
    case 'report':
      onReport(c, event.report);
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
  if (c.strategy.onBook !== undefined) {
    const intent = c.strategy.onBook(instrument, viewOf(c, instrument, mid, tickNs));
    if (intent !== null) submit(c, intent, mid, c.nowUs, 0);
  }
  const last = c.lastForecastUs[instrument.index] ?? 0;
  if (c.nowUs - last < c.forecastIntervalUs) return;
  c.lastForecastUs[instrument.index] = c.nowUs;
  c.effects.requestForecast(instrument, c.nowUs, tickNs);
  c.preTrade.warm(instrument); // while the forecast is made, what its answer will need is fetched
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

function onReport(c: Conductor, report: VenueReport): void {
  moveTime(c, report.timeUs);
  const step = c.orders.apply(report);
  if (step.kind === 'not_found' || step.change === 'anomaly') c.telemetry.add('anomalies', 1);
  if (step.kind === 'not_found') return;
  if (step.reason === 'overfill') {
    setTradingState(c, 'halted', `${report.orderId} filled beyond its quantity`, 'order-state');
  }
  if (step.change !== 'changed') return;
  const { before, order } = step;
  c.exposure.onOpenOrder(order, openQty(order) - openQty(before));
  if (report.kind === 'fill') recordFill(c, order, report);
  if (report.kind === 'unclear') c.telemetry.add('unknownOrders', 1);
  if (order.state === 'cancelled') c.telemetry.add('cancelled', 1);
  c.effects.record(c.nowUs, { kind: 'order', order: toOrderRecord(order) });
}

function recordFill(
  c: Conductor,
  order: Order,
  report: Extract<VenueReport, { kind: 'fill' }>,
): void {
  c.telemetry.add('fills', 1);
  const posted = c.portfolio.applyFill(order, report, c.fillNumber);
  c.fillNumber += 1;
  followPosition(c, order.instrument);
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
  watchEquity(c);
  for (const instrument of c.signals.due(c.nowUs)) {
    c.lastForecastUs[instrument.index] = c.nowUs;
    c.effects.requestForecast(instrument, c.nowUs, 0);
  }
  for (const order of c.orders.open()) watchOrder(c, order);
  c.telemetry.set('openOrders', c.orders.openCount);
}

function watchOrder(c: Conductor, order: Order): void {
  if (order.state === 'sent' && c.nowUs - order.updatedUs > UNANSWERED_US) {
    const reason = `no answer for ${UNANSWERED_US / 1e6} s`;
    onReport(c, { kind: 'unclear', orderId: order.id, reason, timeUs: c.nowUs });
    return;
  }
  if (order.cancelRequested || c.strategy.expired === undefined) return;
  if (c.strategy.expired(order, c.nowUs)) cancel(c, order);
}

function cancel(c: Conductor, order: Order): void {
  c.orders.put(requestCancel(order, c.nowUs));
  c.effects.cancel(order);
}

function watchEquity(c: Conductor): void {
  const equity = c.portfolio.equity();
  c.exposure.setEquity(equity, c.nowUs);
  c.telemetry.set('equity', equity);
  const turn = c.drawdown.observe(equity, c.nowUs);
  c.telemetry.set('drawdown', c.drawdown.drawdown);
  if (turn !== null) onDrawdown(c, turn);
}

// A halt is taken back by a person only; a warning ends by itself and lifts what it set, no more.
function onDrawdown(c: Conductor, turn: DrawdownTransition): void {
  const percent = (100 * turn.drawdown).toFixed(2);
  const reason = `drawdown ${percent} % of the peak ${turn.peak.toFixed(2)}`;
  if (turn.to === 'halted') setTradingState(c, 'halted', reason, 'drawdown');
  else if (turn.to === 'warning' && c.tradingState === 'active') {
    setTradingState(c, 'reducing', reason, 'drawdown');
    c.isReducedByDrawdown = true;
  } else if (turn.to === 'normal' && c.isReducedByDrawdown) {
    setTradingState(c, 'active', reason, 'drawdown');
  }
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
      cancel(c, order);
      c.effects.answer(correlation, { kind: 'done', count: 1 });
      return;
    }
    case 'trading_state':
      if (command.state === 'active' && c.drawdown.level === 'halted') {
        c.drawdown.rearm(c.portfolio.equity());
      }
      setTradingState(c, command.state, command.reason, command.by);
      c.effects.answer(correlation, { kind: 'done', count: 1 });
      return;
    case 'generate_signals':
      for (const one of command.instruments) c.effects.requestForecast(one, c.nowUs, 0);
      c.effects.answer(correlation, { kind: 'done', count: command.instruments.length });
      return;
    default:
      assertNever(command);
  }
}

function setTradingState(c: Conductor, state: TradingState, reason: string, by: string): void {
  c.isReducedByDrawdown = false;
  if (state === c.tradingState) return;
  c.tradingState = state;
  c.exposure.setState(state);
  c.effects.record(c.nowUs, { kind: 'trading_state', state, reason, by });
  if (state === 'halted') for (const order of c.orders.open()) cancel(c, order);
}

function checkpointOf(c: Conductor, epoch: number): Checkpoint {
  return {
    epoch,
    nextOrderNumber: c.ids.nextNumber,
    nextSignalId: c.signals.nextId,
    nextFillNumber: c.fillNumber,
    peakEquity: c.drawdown.peak,
    tradingState: c.tradingState,
    balances: c.portfolio.balances(),
    positions: c.portfolio.state().positions,
    openOrders: c.orders.open().map(toOrderRecord),
  };
}

// Owns where each event goes: market data, forecasts, venues, time, what people ask.
// Promise: an event is led through its rooms once, in one order; nothing here decides by itself.
import { decideMovement, wishOfReport } from './accounts/movements.ts';
import type { Conductor } from './conductor.ts';
import { assertNever } from './core/assert.ts';
import type {
  CommandEvent,
  DepthEvent,
  EngineEvent,
  ForecastEvent,
  MarginEvent,
  MarkEvent,
  MoneyReport,
  QuoteEvent,
  ReportEvent,
  RiskSummary,
  Signal,
  SnapshotEvent,
  TradeEvent,
  VenueReport,
} from './core/event.ts';
import { type Instrument, priceOf } from './core/instrument.ts';
import { isTerminal } from './core/order.ts';
import { asEpochUs, asPrice, asQty, type EpochUs } from './core/units.ts';
import { cancelOrder, carryOut } from './execution/errands.ts';
import { hold } from './execution/hold.ts';
import { tellMargins } from './execution/margins.ts';
import { operate } from './execution/operate.ts';
import { takeOpenOrders, takeReport } from './execution/reports.ts';
import { answerAgain, submit } from './execution/submit.ts';
import { takeMark } from './execution/watch.ts';
import { midOf } from './market/mid.ts';
import type { StrategyNews } from './strategies/calls.ts';

export function dispatch(c: Conductor, event: EngineEvent): void {
  switch (event.kind) {
    case 'depth':
      onDepth(c, event);
      return;
    case 'snapshot':
      onSnapshot(c, event);
      return;
    case 'trade':
      onTrade(c, event);
      return;
    case 'quote':
      onQuote(c, event);
      return;
    case 'mark':
      onMark(c, event);
      return;
    case 'disconnect':
      onDisconnect(c, event.venue);
      return;
    case 'forecast':
      onForecast(c, event);
      return;
    case 'clock':
      onClock(c, event.nowUs);
      return;
    case 'report': {
      const report = inOurTime(event);
      moveTime(c, report.timeUs);
      onReport(c, report);
      return;
    }
    case 'margin':
      onMargin(c, event);
      return;
    case 'analysis':
      recordReport(c, event.summary);
      return;
    case 'strategy':
      c.host.onNews(event.name, event.news as StrategyNews, c.nowUs);
      return;
    case 'command':
      onCommand(c, event);
      return;
    default:
      assertNever(event);
  }
}

// Events may arrive a little out of order across venues; the engine's clock never goes back.
function moveTime(c: Conductor, us: EpochUs): void {
  if (!(us > c.nowUs)) return; // not a number either
  c.watch.onTime(c.nowUs, us);
  c.nowUs = us;
}

/** What is told for later than it was heard, or for no time at all, was said when it was heard. */
function inOurTime({ report, receiveUs }: ReportEvent): VenueReport {
  return report.timeUs <= receiveUs ? report : { ...report, timeUs: receiveUs };
}

// ---- Market data ----------------------------------------------------------------------------

function onDepth(c: Conductor, event: DepthEvent): void {
  moveTime(c, event.receiveUs);
  const startNs = c.clock.nowNs();
  const outcome = c.market.depth(event);
  const endNs = c.clock.nowNs();
  c.telemetry.stages.book.record(endNs - startNs);
  if (outcome.wantsSnapshot) c.effects.requestSnapshot(event.instrument);
  if (outcome.kind === 'applied') onBook(c, tradedAs(c, event.instrument), event.tickNs);
}

function onTrade(c: Conductor, event: TradeEvent): void {
  moveTime(c, event.receiveUs);
  c.market.trade(event);
  tellBars(c);
}

function onQuote(c: Conductor, event: QuoteEvent): void {
  moveTime(c, event.receiveUs);
  if (c.market.quote(event).wantsSnapshot) c.effects.requestSnapshot(event.instrument);
}

function onMark(c: Conductor, { instrument, price, receiveUs }: MarkEvent): void {
  moveTime(c, receiveUs);
  const traded = c.listed.byKey(instrument.key);
  if (traded !== null) takeMark(c, traded, c.marks.onVenueMark(traded, price, c.nowUs));
}

function onDisconnect(c: Conductor, venue: string): void {
  c.market.disconnect(venue);
  c.gate.onDisconnect(venue);
  c.guard.onDisconnect(venue, c.nowUs);
}

function onSnapshot(c: Conductor, event: SnapshotEvent): void {
  moveTime(c, event.receiveUs);
  const outcome = c.market.snapshot(event);
  if (outcome.wantsSnapshot) c.effects.requestSnapshot(event.instrument);
  if (outcome.kind === 'synchronised') onBook(c, tradedAs(c, event.instrument), 0);
}

/** A feed may hold an object from before its instrument was retired and came back to its slot. */
const tradedAs = ({ instruments }: Conductor, instrument: Instrument): Instrument =>
  instruments[instrument.index] ?? instrument;

function onBook(c: Conductor, instrument: Instrument, tickNs: number): void {
  const bid = priceOf(instrument, c.books.bidPrice(instrument, 0)); // NaN for an empty side
  const ask = priceOf(instrument, c.books.askPrice(instrument, 0));
  takeMark(c, instrument, c.marks.onTop(instrument, bid, ask, c.nowUs));
  const mid = bid < ask ? (bid + ask) / 2 : Number.NaN;
  if (!(mid > 0)) return;
  c.guard.onMark(instrument, mid, c.nowUs);
  const isRead = c.host.readsBook(instrument);
  if (isRead) c.host.onBook(instrument, mid, tickNs, c.nowUs);
  const isDue = c.nowUs - (c.lastForecastUs[instrument.index] ?? 0) >= c.forecastIntervalUs;
  if (isDue) askForecast(c, instrument, tickNs);
  // Behind the tick, where nobody waits: what the next order will need is fetched.
  if (isDue) c.preTrade.warm(instrument, c.nowUs);
  else if (isRead) c.preTrade.warm(null, c.nowUs);
  c.preTrade.touch(instrument);
}

function askForecast(c: Conductor, instrument: Instrument, tickNs: number): void {
  c.lastForecastUs[instrument.index] = c.nowUs;
  c.effects.requestForecast(instrument, c.nowUs, tickNs);
}

function tellBars(c: Conductor): void {
  const { closed } = c.market.bars;
  if (closed.length === 0) return;
  for (const { instrument: index, openUs, open, high, low, close, volume, ...bar } of closed) {
    const instrument = c.instruments[index];
    if (instrument === undefined) continue;
    const prices = { open: asPrice(open), high: asPrice(high), low: asPrice(low) };
    const told = { ...bar, ...prices, close: asPrice(close), volume: asQty(volume) };
    c.host.onBar({ ...told, instrument, openUs: asEpochUs(openUs) }, c.nowUs);
  }
  closed.length = 0;
}

// ---- Forecasts ------------------------------------------------------------------------------

function onForecast(c: Conductor, event: ForecastEvent): void {
  const startNs = c.clock.nowNs();
  if (event.tickNs > 0) c.telemetry.stages.forecast.record(startNs - event.tickNs);
  c.telemetry.add(event.status === 0 ? 'forecasts' : 'forecastsRefused', 1);
  const mid = midOf(c.books, event.instrument);
  const signal = c.signals.onForecast(event, mid, c.nowUs);
  c.telemetry.set('forecastsStale', c.signals.stale);
  if (signal === null) return;
  commitSignal(c, signal);
  const endNs = c.clock.nowNs();
  c.telemetry.stages.signal.record(endNs - startNs);
  if (signal.action === 'trade') c.host.onSignal(signal, mid, event.tickNs, c.nowUs);
}

function commitSignal(c: Conductor, signal: Signal): void {
  c.telemetry.add('signals', 1);
  const { instrument, timeUs, ...facts } = signal;
  c.commit({ kind: 'signal', instrument: instrument.key, ...facts }, timeUs);
}

// ---- What a venue says ----------------------------------------------------------------------

function onReport(c: Conductor, report: VenueReport): void {
  switch (report.kind) {
    case 'open_orders':
      if (!c.emergency.onOpenOrders(report, c.nowUs)) takeOpenOrders(c, report, c.nowUs);
      return;
    case 'money':
      takeMoney(c, report);
      return;
    default:
      takeReport(c, report, c.nowUs);
  }
}

function onMargin(c: Conductor, { venue, balance, timeUs }: MarginEvent): void {
  c.margins.set(venue, { balance, timeUs: asEpochUs(Math.min(timeUs, c.nowUs)) });
  tellMargins(c, c.nowUs);
}

/** Funding and interest; what cannot be booked stops its venue, or everything, from adding. */
function takeMoney(c: Conductor, report: MoneyReport): void {
  const decision = decideMovement(c.money, wishOfReport(report));
  if (decision.kind === 'decided') {
    c.commit(decision.fact, c.nowUs);
    c.watch.equity(c.nowUs);
  }
  if (decision.kind !== 'refused') return;
  c.telemetry.add('anomalies', 1);
  const why = decision.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  const reason = `${report.movement} ${report.id} of ${report.amount} ${report.asset}: ${why}`;
  const scopes = [`venue:${report.venue}`] as const;
  hold(c.guard, { scopes, state: 'reducing', reason, by: 'accounts' }, c.nowUs);
}

// ---- Time -----------------------------------------------------------------------------------

function onClock(c: Conductor, nowUs: EpochUs): void {
  moveTime(c, nowUs);
  c.market.advance(c.nowUs);
  for (const instrument of c.market.overdue(c.nowUs)) c.effects.requestSnapshot(instrument);
  tellBars(c);
  c.covariance.observe(c.nowUs);
  c.exposure.onClock();
  c.watch.look(c.nowUs);
  for (const instrument of c.signals.due(c.nowUs)) askForecast(c, instrument, 0);
  c.questions.advance(c.nowUs);
  carryOut(c, c.requests.advance(c.nowUs), c.nowUs);
  c.host.onClock(c.nowUs);
  c.telemetry.set('openOrders', c.state.orders.openCount);
  c.telemetry.set('unknownOrders', c.state.orders.unknownIds().size);
}

// ---- Commands -------------------------------------------------------------------------------

function onCommand(c: Conductor, { command, correlation, waitedUs = 0 }: CommandEvent): void {
  switch (command.kind) {
    case 'submit': {
      const mid = midOf(c.books, command.intent.instrument);
      submit(c, command.intent, mid, c.nowUs, correlation);
      return;
    }
    case 'repeat': {
      const isKnown = answerAgain(c, command.client, correlation);
      if (!isKnown) c.effects.answer(correlation, { kind: 'not_found', what: command.client.key });
      return;
    }
    case 'cancel': {
      const order = c.state.orders.get(command.orderId);
      if (order === null || isTerminal(order)) {
        c.effects.answer(correlation, { kind: 'not_found', what: command.orderId });
        return;
      }
      cancelOrder(c, order, { by: command.by, reason: command.reason }, c.nowUs);
      c.effects.answer(correlation, { kind: 'done', count: 1 });
      return;
    }
    case 'checkpoint':
      c.effects.checkpoint();
      c.effects.answer(correlation, { kind: 'done', count: 1 });
      return;
    case 'generate_signals':
      for (const one of command.instruments) c.effects.requestForecast(one, c.nowUs, 0);
      c.effects.answer(correlation, { kind: 'done', count: command.instruments.length });
      return;
    default:
      operate(c, command, c.nowUs, correlation, waitedUs);
      if (command.kind === 'move_money') c.watch.equity(c.nowUs);
  }
}

const recordReport = (c: Conductor, summary: RiskSummary): void =>
  c.commit({ kind: 'risk_report', summary }, c.nowUs);

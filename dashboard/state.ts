// Owns what the dashboard knows: the newest of every channel, bounded.
// Promise: a snapshot replaces, a frame adds; drawing reads from here and from nowhere else.
import type { Frame } from './connection.ts';
import { assertNever } from './never.ts';
import type { AnalysisWire, KillWire, ProposalWire, RiskEventWire, RiskWire } from './risk-wire.ts';
import { isOpen } from './tables.ts';
import type {
  MarketWire,
  MetricsWire,
  OrderWire,
  PortfolioWire,
  RunWire,
  SignalWire,
  SnapshotData,
} from './wire.ts';

export interface DashboardState {
  signals: SignalWire[]; // newest first
  orders: OrderWire[]; // newest first
  fills: number;
  portfolio: PortfolioWire | null;
  tradingState: string | null;
  run: RunWire | null;
  metrics: MetricsWire | null;
  markets: readonly MarketWire[];
  risk: RiskWire | null;
  analysis: AnalysisWire | null;
  riskEvents: readonly RiskEventWire[]; // newest first
  proposals: readonly ProposalWire[]; // newest first
  kills: readonly KillWire[]; // newest first
  curve: { readonly times: number[]; readonly equities: number[] }; // epoch s, base currency
  curveVersion: number;
}

const ROWS_MAX = 100;
const KILLS_MAX = 20;
const POINTS_MAX = 4000;

export const createState = (): DashboardState => ({
  signals: [],
  orders: [],
  fills: 0,
  portfolio: null,
  tradingState: null,
  run: null,
  metrics: null,
  markets: [],
  risk: null,
  analysis: null,
  riskEvents: [],
  proposals: [],
  kills: [],
  curve: { times: [], equities: [] },
  curveVersion: 0,
});

export function takeFrame(state: DashboardState, frame: Frame): void {
  switch (frame.type) {
    case 'snapshot':
      takeSnapshot(state, frame.data);
      return;
    case 'signal':
      state.signals = [frame.data, ...state.signals].slice(0, ROWS_MAX);
      return;
    case 'order':
      takeOrder(state, frame.data);
      return;
    case 'fill':
      state.fills += 1;
      return;
    case 'portfolio':
      state.portfolio = frame.data;
      state.tradingState = frame.data.trading_state;
      addPoint(state, Date.parse(frame.data.as_of) / 1000, Number(frame.data.equity));
      return;
    case 'trading_state':
      state.tradingState = frame.data.state;
      return;
    case 'metrics':
      state.metrics = frame.data;
      return;
    case 'markets':
      state.markets = mergeMarkets(state.markets, frame.data);
      return;
    case 'risk':
      state.risk = frame.data;
      return;
    case 'analysis':
      state.analysis = frame.data;
      return;
    case 'risk_event':
      state.riskEvents = [frame.data, ...state.riskEvents].slice(0, ROWS_MAX);
      return;
    case 'proposals':
      state.proposals = frame.data;
      return;
    case 'kill':
      state.kills = [frame.data, ...state.kills].slice(0, KILLS_MAX);
      return;
    default:
      assertNever(frame);
  }
}

/** Those that changed take the places of their predecessors; new ones come last. */
function mergeMarkets(
  known: readonly MarketWire[],
  changed: readonly MarketWire[],
): readonly MarketWire[] {
  const byKey = new Map(known.map((market) => [`${market.symbol}.${market.venue}`, market]));
  for (const market of changed) byKey.set(`${market.symbol}.${market.venue}`, market);
  return [...byKey.values()];
}

function takeSnapshot(state: DashboardState, data: SnapshotData): void {
  if (data.signals !== undefined) state.signals = [...data.signals];
  if (data.orders !== undefined) state.orders = [...data.orders];
  if (data.portfolio !== undefined) state.portfolio = data.portfolio;
  if (data.trading_state !== undefined) state.tradingState = data.trading_state;
  if (data.run !== undefined) state.run = data.run;
  if (data.metrics !== undefined) state.metrics = data.metrics;
  if (data.markets !== undefined) state.markets = data.markets;
  takeRiskSnapshot(state, data);
  if (data.equity_curve === undefined) return;
  state.curve = { times: [], equities: [] };
  for (const [us, equity] of data.equity_curve) addPoint(state, us / 1e6, equity);
}

function takeRiskSnapshot(state: DashboardState, data: SnapshotData): void {
  if (data.risk !== undefined) state.risk = data.risk;
  if (data.analysis !== undefined) state.analysis = data.analysis;
  if (data.risk_events !== undefined) state.riskEvents = data.risk_events;
  if (data.proposals !== undefined) state.proposals = data.proposals;
  if (data.kills !== undefined) state.kills = data.kills;
}

function takeOrder(state: DashboardState, order: OrderWire): void {
  const at = state.orders.findIndex((known) => known.id === order.id);
  if (at >= 0) state.orders[at] = order;
  else state.orders = newestOf([order, ...state.orders]);
}

/** Full, the oldest that has ended goes first: what is open stays in sight. */
function newestOf(orders: OrderWire[]): OrderWire[] {
  if (orders.length <= ROWS_MAX) return orders;
  const ended = orders.findLastIndex((order) => !isOpen(order));
  return orders.toSpliced(ended < 0 ? ROWS_MAX : ended, 1);
}

/**
 * When full, every second point of the older half goes: the whole run stays in sight. An equity
 * that is unknown leaves none.
 */
function addPoint(state: DashboardState, time: number, equity: number): void {
  if (Number.isNaN(equity)) return;
  const { times, equities } = state.curve;
  const last = times.at(-1);
  if (last !== undefined && time <= last) {
    equities[equities.length - 1] = equity;
  } else {
    times.push(time);
    equities.push(equity);
  }
  if (times.length > POINTS_MAX) {
    const isKept = (_: number, index: number): boolean => index % 2 === 0 || index > POINTS_MAX / 2;
    state.curve = { times: times.filter(isKept), equities: equities.filter(isKept) };
  }
  state.curveVersion += 1;
}

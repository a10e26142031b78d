// Owns what a WebSocket client is told first: the whole of its channel as the replica has it.
// Promise: bounded; the updates that follow carry on exactly where it ends.

import type {
  BinaryBody,
  BinaryChannel,
  Channel,
  PortfolioWire,
  SnapshotData,
} from '../dashboard/wire.ts';
import { assertNever } from '../engine/core/assert.ts';
import { analysisView } from './analysis-view.ts';
import type { GatewayOptions } from './options.ts';
import type { PerformanceMeter } from './performance.ts';
import type { Replica } from './replica.ts';
import { killView, newestProposals, riskEventView, riskView } from './risk-view.ts';
import { fillView, marketView, orderView, portfolioView, signalView } from './view.ts';

const ITEMS_MAX = 100; // of each list in a snapshot

function first<T, V>(
  entries: Iterable<{ readonly value: T }>,
  view: (value: T) => V,
  max = ITEMS_MAX,
): V[] {
  const views: V[] = [];
  for (const { value } of entries) {
    if (views.length === max) break;
    views.push(view(value));
  }
  return views;
}

const ALL = Number.POSITIVE_INFINITY;

export interface SnapshotParts {
  readonly replica: Replica;
  readonly meter: PerformanceMeter;
  readonly options: GatewayOptions;
}

/** The data of a snapshot of `channel`; lists are newest first. */
export function snapshotOf(
  channel: Channel,
  { replica, meter, options }: SnapshotParts,
  nowMs: number,
): SnapshotData {
  switch (channel) {
    case 'signals':
      return {
        signals: first(replica.signals.newest(ALL), (s) => signalView(s.signal, s.timeUs)),
      };
    case 'orders':
      return {
        orders: first(replica.orders.newest(ALL), ({ order }) => orderView(order)),
        fills: first(replica.fills.newest(ALL), (f) => fillView(f.fill, f.timeUs)),
      };
    case 'portfolio':
      return {
        portfolio: portfolioOf(replica),
        equity_curve: replica.curve.points,
        trading_state: replica.tradingState,
        run: replica.run,
      };
    case 'metrics':
      return { metrics: meter.latest(nowMs, replica) };
    case 'market':
      return { markets: replica.markets.map(marketView) };
    case 'risk':
      return riskSnapshot(replica, options);
    default:
      return assertNever(channel);
  }
}

const portfolioOf = ({ portfolio, slices }: Replica): PortfolioWire | null =>
  portfolio === null ? null : portfolioView(portfolio, slices.strategies);

function riskSnapshot(replica: Replica, options: GatewayOptions): SnapshotData {
  const { view, analysis, events, kills } = replica.risk;
  return {
    risk: view === null ? null : riskView(replica, view, options.drawdownMarks),
    analysis: analysis === null ? null : analysisView(analysis),
    risk_events: first(events.newest(ALL), riskEventView),
    proposals: newestProposals(replica.risk),
    kills: first(kills.newest(ALL), killView),
  };
}

/** The same as single frames, oldest first, for binary clients whose schema has no snapshot. */
export function snapshotBodies(channel: BinaryChannel, data: SnapshotData): BinaryBody[] {
  const bodies: BinaryBody[] = [];
  for (const signal of [...(data.signals ?? [])].reverse()) {
    bodies.push({ type: 'signal', data: signal });
  }
  for (const order of [...(data.orders ?? [])].reverse()) {
    bodies.push({ type: 'order', data: order });
  }
  for (const fill of [...(data.fills ?? [])].reverse()) bodies.push({ type: 'fill', data: fill });
  if (data.portfolio != null) bodies.push({ type: 'portfolio', data: data.portfolio });
  if (data.metrics !== undefined) bodies.push({ type: 'metrics', data: data.metrics });
  if (channel === 'market') bodies.push({ type: 'markets', data: data.markets ?? [] });
  return bodies;
}

// Owns what a WebSocket client is told first: the whole of its channel as the replica has it.
// Promise: bounded; the updates that follow carry on exactly where it ends.
import { assertNever } from '../engine/core/assert.ts';
import type { Channel, FrameBody, SnapshotData } from './dashboard/wire.ts';
import type { PerformanceMeter } from './performance.ts';
import type { Replica } from './replica.ts';
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

/** The data of a snapshot of `channel`; lists are newest first. */
export function snapshotOf(
  channel: Channel,
  replica: Replica,
  meter: PerformanceMeter,
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
        portfolio: replica.portfolio === null ? null : portfolioView(replica.portfolio),
        equity_curve: replica.curve.points,
        trading_state: replica.tradingState,
        run: replica.run,
      };
    case 'metrics':
      return { metrics: meter.latest(nowMs, replica.lostRecords) };
    case 'market':
      return { markets: replica.markets.map(marketView) };
    default:
      return assertNever(channel);
  }
}

/** The same as single frames, oldest first, for binary clients whose schema has no snapshot. */
export function snapshotBodies(channel: Channel, data: SnapshotData): FrameBody[] {
  const bodies: FrameBody[] = [];
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

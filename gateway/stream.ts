// Owns the WebSocket channels: who listens, what they are sent, when a slow one is let go.
// Promise: snapshot first, then every frame in order; a client that cannot keep up is told so.
import type { TemplatedApp, WebSocket } from '@uwsjs/linux-x64-22';
import type { BinaryFrame, Channel, Publication, StreamFrame } from '../dashboard/wire.ts';
import { assertNever } from '../engine/core/assert.ts';
import { analysisView } from './analysis-view.ts';
import type { GatewayOptions } from './options.ts';
import type { PerformanceMeter } from './performance.ts';
import type { Change, Replica } from './replica.ts';
import { killView, newestProposals, riskEventView, riskView } from './risk-view.ts';
import { snapshotBodies, snapshotOf } from './snapshot.ts';
import { CHANNELS, type EncodeFrame } from './stream-frame.ts';
import { fillView, marketView, orderView, portfolioView, signalView } from './view.ts';

export const BINARY_PROTOCOL = 'colin.fbs.v1';
const SWEEP_MS = 100; // how often unread bytes are looked at
const CLOSE_TOO_SLOW = 1013;
const CLOSE_GOING_AWAY = 1001;

export interface Listener {
  readonly channel: Channel;
  readonly isBinary: boolean;
}
type Socket = WebSocket<Listener>;

export interface StreamParts {
  readonly options: GatewayOptions;
  readonly replica: Replica;
  readonly meter: PerformanceMeter;
  readonly encodeFrame: EncodeFrame | null;
  nowMs(): number;
}

export interface Stream {
  /** Frames go to the sockets of every app that was added. */
  addApp(app: TemplatedApp): void;
  opened(socket: Socket): void;
  closed(socket: Socket): void;
  clients(): Readonly<Record<Channel, number>>;
  readonly size: number;
  close(): void;
}

export function createStream(parts: StreamParts): Stream {
  const apps: TemplatedApp[] = [];
  const sockets = new Set<Socket>();
  const sequences = new Map<Channel, number>(CHANNELS.map((channel) => [channel, 0]));
  const publish = (publication: Publication): void => {
    const sequence = (sequences.get(publication.channel) ?? 0) + 1;
    sequences.set(publication.channel, sequence);
    const frame: StreamFrame = { ...publication, sequence, time_us: parts.nowMs() * 1000 };
    publishFrame(apps, frame, parts.encodeFrame);
  };
  const stopListening = parts.replica.listen((change) => {
    if (change.kind !== 'healed') return publish(publicationOf(change, parts));
    // Whoever has followed a stream with a hole begins again from what stands.
    for (const socket of sockets) {
      sendSnapshot(socket, parts, sequences.get(socket.getUserData().channel) ?? 0);
    }
  });
  const metrics = setInterval(() => {
    const data = parts.meter.read(parts.nowMs(), parts.replica);
    publish({ channel: 'metrics', type: 'metrics', data });
  }, parts.options.metricsEveryMs);
  const sweep = setInterval(() => endSlow(sockets, parts.options), SWEEP_MS);
  return {
    addApp: (app) => apps.push(app),
    opened(socket) {
      const { channel, isBinary } = socket.getUserData();
      sockets.add(socket);
      sendSnapshot(socket, parts, sequences.get(channel) ?? 0);
      socket.subscribe(topicOf(channel, isBinary));
    },
    closed: (socket) => sockets.delete(socket),
    clients: () => countByChannel(sockets),
    get size() {
      return sockets.size;
    },
    close() {
      stopListening();
      clearInterval(metrics);
      clearInterval(sweep);
      for (const socket of [...sockets]) socket.end(CLOSE_GOING_AWAY, 'the gateway stops');
    },
  };
}

const topicOf = (channel: Channel, isBinary: boolean): string =>
  `${channel}/${isBinary ? 'binary' : 'text'}`;

function publishFrame(
  apps: readonly TemplatedApp[],
  frame: StreamFrame,
  encode: EncodeFrame | null,
): void {
  const texts = topicOf(frame.channel, false);
  const binaries = topicOf(frame.channel, true);
  let text: string | null = null;
  let bytes: Uint8Array | null = null;
  for (const app of apps) {
    if (app.numSubscribers(texts) > 0) {
      text ??= JSON.stringify(frame);
      app.publish(texts, text, false);
    }
    if (encode !== null && isBinary(frame) && app.numSubscribers(binaries) > 0) {
      bytes ??= encode(frame);
      if (bytes !== null) app.publish(binaries, bytes, true);
    }
  }
}

const isBinary = (frame: StreamFrame): frame is BinaryFrame => frame.channel !== 'risk';

function publicationOf(
  change: Exclude<Change, { kind: 'healed' }>,
  { replica, options }: StreamParts,
): Publication {
  switch (change.kind) {
    case 'signal': {
      const data = signalView(change.signal, change.timeUs);
      return { channel: 'signals', type: 'signal', data };
    }
    case 'order':
      return { channel: 'orders', type: 'order', data: orderView(change.order) };
    case 'fill':
      return { channel: 'orders', type: 'fill', data: fillView(change.fill, change.timeUs) };
    case 'portfolio': {
      const data = portfolioView(change.portfolio, replica.slices.strategies);
      return { channel: 'portfolio', type: 'portfolio', data };
    }
    case 'trading_state': {
      const { state, reason, by } = change;
      return { channel: 'portfolio', type: 'trading_state', data: { state, reason, by } };
    }
    case 'markets':
      return { channel: 'market', type: 'markets', data: change.markets.map(marketView) };
    case 'risk': {
      const data = riskView(replica, change.risk, options.drawdownMarks);
      return { channel: 'risk', type: 'risk', data };
    }
    case 'analysis':
      return { channel: 'risk', type: 'analysis', data: analysisView(change.report) };
    case 'risk_event':
      return { channel: 'risk', type: 'risk_event', data: riskEventView(change.event) };
    case 'proposals':
      return { channel: 'risk', type: 'proposals', data: newestProposals(replica.risk) };
    case 'kill':
      return { channel: 'risk', type: 'kill', data: killView(change.report) };
    default:
      return assertNever(change);
  }
}

function sendSnapshot(socket: Socket, parts: StreamParts, sequence: number): void {
  const { channel, isBinary } = socket.getUserData();
  const time_us = parts.nowMs() * 1000;
  const data = snapshotOf(channel, parts, parts.nowMs());
  if (!isBinary || channel === 'risk') {
    socket.send(JSON.stringify({ type: 'snapshot', channel, sequence, time_us, data }));
    return;
  }
  for (const body of snapshotBodies(channel, data)) {
    const bytes = parts.encodeFrame?.({ ...body, channel, sequence, time_us }) ?? null;
    if (bytes !== null) socket.send(bytes, true);
  }
}

function endSlow(sockets: ReadonlySet<Socket>, options: GatewayOptions): void {
  for (const socket of [...sockets]) {
    const unread = socket.getBufferedAmount();
    if (unread > options.socketUnreadBytesMax) {
      socket.end(CLOSE_TOO_SLOW, `too slow: ${unread} bytes unread; connect again for a snapshot`);
    }
  }
}

function countByChannel(sockets: ReadonlySet<Socket>): Readonly<Record<Channel, number>> {
  const counts = { signals: 0, orders: 0, portfolio: 0, metrics: 0, market: 0, risk: 0 };
  for (const socket of sockets) counts[socket.getUserData().channel] += 1;
  return counts;
}

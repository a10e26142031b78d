// Owns the other side of the pipeline benchmark: a venue on loopback that keeps the clock.
// Promise: a latency runs from the write of a frame to the first byte of the order that names it.
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { createHistogram, type Histogram } from '../engine/memory/histogram.ts';
import { HISTOGRAM_BYTES } from '../wasm/layout.ts';

// Every frame shows its number in its best prices, so an order near the touch names its frame:
// frame n has its bid at BASE + 16 n and its ask 8 steps higher.
const FRAMES = 512; // numbers before they repeat: half a second at 1,000 frames/s
const BASE = 600_000; // price steps of 0.1
const SPACING = 16;
const SPREAD = 8;
const LEVELS = 10;
const SETTLE_MS = 500; // after the last frame, for the last orders

export interface BenchVenue {
  readonly url: string;
  /** Resolves when the engine has connected and taken its snapshot. */
  readonly connected: Promise<void>;
  /** Sends frames, about `perSecond`, for `seconds`; ends when the last order had its time. */
  load(perSecond: number, seconds: number): Promise<VenueCounts>;
  readonly latency: Histogram;
  reset(): void;
  close(): Promise<void>;
}

export interface VenueCounts {
  readonly frames: number;
  readonly orders: number;
  readonly unmatched: number; // orders at a price no frame showed, or the second on a frame
}

interface VenueState {
  readonly sentNs: Float64Array; // by frame number, NaN once an order was matched
  readonly latency: Histogram;
  wire: Socket | null; // below the engine's WebSocket
  arrivedNs: number; // when the bytes now being read came in
  frames: number;
  orders: number;
  unmatched: number;
  lastId: number;
}

/** One process, one engine: market data and orders share a connection, as on a venue's gateway. */
export async function openBenchVenue(): Promise<BenchVenue> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once('listening', resolve));
  const state: VenueState = {
    sentNs: new Float64Array(FRAMES).fill(Number.NaN),
    latency: createHistogram(new ArrayBuffer(HISTOGRAM_BYTES), 0),
    wire: null,
    arrivedNs: 0,
    frames: 0,
    orders: 0,
    unmatched: 0,
    lastId: 1,
  };
  const connected = Promise.withResolvers<void>();
  server.on('connection', (socket, { socket: wire }) => {
    state.wire = wire;
    wire.prependListener('data', () => {
      state.arrivedNs = nowNs();
    });
    socket.on('message', (data) => onMessage(state, socket, data.toString(), connected.resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    connected: connected.promise,
    load: (perSecond, seconds) => load(state, perSecond, seconds),
    latency: state.latency,
    reset() {
      state.latency.reset();
      state.sentNs.fill(Number.NaN);
      Object.assign(state, { frames: 0, orders: 0, unmatched: 0 });
    },
    close: () => closeVenue(server, state),
  };
}

async function closeVenue(server: WebSocketServer, state: VenueState): Promise<void> {
  state.wire?.destroy();
  await new Promise((resolve) => server.close(resolve));
}

const nowNs = (): number => performance.now() * 1e6;

interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: { readonly newClientOrderId?: string; readonly price?: string };
}

function onMessage(state: VenueState, socket: WebSocket, text: string, onReady: () => void): void {
  const request = JSON.parse(text) as Request;
  if (request.method === 'snapshot') {
    socket.send(snapshotText(state.lastId));
    onReady();
    return;
  }
  state.orders += 1;
  const steps = Math.round(Number(request.params.price) * 10);
  const frame = Math.floor((steps - BASE) / SPACING);
  const sentNs = state.sentNs[frame] ?? Number.NaN;
  if (Number.isNaN(sentNs)) state.unmatched += 1;
  else state.latency.record(state.arrivedNs - sentNs);
  state.sentNs[frame] = Number.NaN;
  const result = { clientOrderId: request.params.newClientOrderId, status: 'EXPIRED' };
  socket.send(JSON.stringify({ id: request.id, status: 200, result }));
}

async function load(state: VenueState, perSecond: number, seconds: number): Promise<VenueCounts> {
  const { wire } = state;
  if (wire === null) throw new Error('no engine is connected to the benchmark venue');
  const total = Math.round(perSecond * seconds);
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    const step = (): void => {
      const due = Math.min(total, ((performance.now() - startMs) * perSecond) / 1000);
      if (state.frames < due) sendFrame(state, wire); // one a turn: no bursts after a pause
      if (state.frames >= total) resolve();
      else setTimeout(step, 1000 / perSecond);
    };
    step();
  });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return { frames: state.frames, orders: state.orders, unmatched: state.unmatched };
}

function sendFrame(state: VenueState, wire: Socket): void {
  state.frames += 1;
  state.lastId += 1;
  const number = state.lastId % FRAMES;
  const frame = serverFrame(frameText(state.lastId));
  state.sentNs[number] = nowNs();
  wire.write(frame);
}

/** The best ask a frame shows, as an order at the touch would name it. */
export const priceOfFrame = (id: number): string =>
  ((BASE + SPACING * (id % FRAMES) + SPREAD) / 10).toFixed(2);

/** One unmasked text frame of 126 to 65,535 bytes (RFC 6455, section 5.2), ready for one write. */
function serverFrame(text: string): Buffer {
  const frame = Buffer.allocUnsafe(4 + text.length);
  frame[0] = 0x81;
  frame[1] = 126;
  frame.writeUInt16BE(text.length, 2);
  frame.write(text, 4, 'latin1');
  return frame;
}

// A book that leans to the buyers: large bids, small asks, so each frame is worth an order.
function snapshotText(id: number): string {
  const { bids, asks } = levels(id, false);
  return `{"lastUpdateId":${id},"bids":[${bids}],"asks":[${asks}]}`;
}

function frameText(id: number): string {
  const now = levels(id, false);
  const before = levels(id - 1, true);
  const timeMs = Date.now();
  return (
    `{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":${timeMs},"T":${timeMs},` +
    `"s":"BTCUSDT","U":${id - 1},"u":${id},"pu":${id - 1},` +
    `"b":[${before.bids},${now.bids}],"a":[${before.asks},${now.asks}]}}`
  );
}

function levels(id: number, isGone: boolean): { bids: string; asks: string } {
  const bid = BASE + SPACING * (id % FRAMES);
  const bids: string[] = [];
  const asks: string[] = [];
  for (let level = 0; level < LEVELS; level += 1) {
    const [bidQty, askQty] = isGone ? ['0.000', '0.000'] : [`${9 + level}.000`, '0.100'];
    bids.push(`["${((bid - level) / 10).toFixed(2)}","${bidQty}"]`);
    asks.push(`["${((bid + SPREAD + level) / 10).toFixed(2)}","${askQty}"]`);
  }
  return { bids: bids.join(','), asks: asks.join(',') };
}

// Owns the other side of the risk benchmark: a venue on loopback that keeps the pace and fills.
// Promise: frames keep the pace asked for, in bursts of a millisecond; every order is answered.
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Frames, type Lean, makeFrames, serverFrame, snapshotText } from './risk-frames.ts';

export interface RiskMarket {
  readonly instruments: number;
  readonly held: number; // of them in the portfolio, evenly spread
}

export interface LoadCounts {
  readonly frames: number;
  readonly seconds: number;
  readonly burstMax: number; // frames of one write
}

/** Since the venue opened. */
export interface OrderCounts {
  readonly orders: number;
  readonly filled: number;
}

/** build: one book of every held instrument leans to the buyers. trade: one frame in `every`. */
export type Load =
  | { readonly kind: 'build'; readonly perSecond: number }
  | {
      readonly kind: 'trade';
      readonly perSecond: number;
      readonly seconds: number;
      readonly every: number;
    };

export interface RiskVenue {
  readonly url: string;
  /** Resolves when the engine has connected and asked for every book. */
  readonly connected: Promise<void>;
  /** Sends frames as told; ends when the last one is with the operating system. */
  load(load: Load): Promise<LoadCounts>;
  orders(): OrderCounts;
  close(): Promise<void>;
}

interface State {
  readonly market: RiskMarket;
  readonly frames: Frames;
  readonly steps: Uint32Array; // frames sent, by instrument
  readonly leaned: Uint8Array; // side of the last lean, by instrument: 0 none, 1 buy, 2 sell
  readonly units: Int32Array; // held by the engine, in orders, by instrument
  wire: Socket | null;
  next: number; // frames sent
  orders: number;
  filled: number;
}

const STRIDE = 383; // neighbours in time are strangers in memory; coprime with 10 and its powers
const BURST_MAX = 100; // frames of one write: after a pause the load comes back in pieces
const UNITS_MAX = 2;

export async function openRiskVenue(market: RiskMarket): Promise<RiskVenue> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once('listening', resolve));
  const state: State = {
    market,
    frames: makeFrames(market.instruments),
    steps: new Uint32Array(market.instruments),
    leaned: new Uint8Array(market.instruments),
    units: new Int32Array(market.instruments),
    wire: null,
    next: 0,
    orders: 0,
    filled: 0,
  };
  const connected = Promise.withResolvers<void>();
  server.on('connection', (socket, { socket: wire }) => {
    state.wire = wire;
    wire.setNoDelay(true);
    socket.on('message', (data) => onMessage(state, socket, data.toString(), connected.resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    connected: connected.promise,
    load: (load) => run(state, load),
    orders: () => ({ orders: state.orders, filled: state.filled }),
    async close() {
      state.wire?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// ---- Load -----------------------------------------------------------------------------------

export const isHeld = ({ instruments, held }: RiskMarket, instrument: number): boolean =>
  Math.floor(((instrument + 1) * held) / instruments) >
  Math.floor((instrument * held) / instruments);

async function run(state: State, load: Load): Promise<LoadCounts> {
  const { wire, market } = state;
  if (wire === null) throw new Error('no engine is connected to the benchmark venue');
  const total =
    load.kind === 'build'
      ? 2 * market.instruments // a lean, and the book in balance again
      : Math.round(load.perSecond * load.seconds);
  const startMs = performance.now();
  let sent = 0;
  let burstMax = 0;
  while (sent < total) {
    const due = Math.floor(((performance.now() - startMs) * load.perSecond) / 1000);
    const count = Math.min(due - sent, total - sent, BURST_MAX);
    if (count > 0) {
      const isFree = wire.write(burst(state, load, count));
      sent += count;
      burstMax = Math.max(burstMax, count);
      if (!isFree) await new Promise((resolve) => wire.once('drain', resolve)); // it falls behind
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return { frames: sent, seconds: (performance.now() - startMs) / 1000, burstMax };
}

function burst(state: State, load: Load, count: number): Buffer {
  const { frames, steps, market } = state;
  const bytes = Buffer.allocUnsafe(count * 1024);
  const timeMs = Date.now();
  let at = 0;
  for (let k = 0; k < count; k += 1) {
    const instrument = (state.next * STRIDE) % market.instruments;
    const lean = leanOf(state, load, instrument);
    const step = (steps[instrument] ?? 0) + 1;
    steps[instrument] = step;
    state.next += 1;
    at = frames.write(bytes, at, instrument, step, lean, timeMs);
  }
  return bytes.subarray(0, at);
}

// Sides take turns, so positions stay between one order and two, and no order repeats another.
function leanOf(state: State, load: Load, instrument: number): Lean {
  if (load.kind === 'build') {
    const isFirst = state.leaned[instrument] === 0;
    if (!isFirst || !isHeld(state.market, instrument)) return 'none';
    state.leaned[instrument] = 2;
    return 'buy';
  }
  if (state.next % load.every !== 0) return 'none';
  const isBuy = state.leaned[instrument] !== 1;
  state.leaned[instrument] = isBuy ? 1 : 2;
  return isBuy ? 'buy' : 'sell';
}

// ---- Orders ---------------------------------------------------------------------------------

interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: {
    readonly symbol?: string;
    readonly side?: string;
    readonly price?: string;
    readonly quantity?: string;
    readonly newClientOrderId?: string;
  };
}

function onMessage(state: State, socket: WebSocket, text: string, onReady: () => void): void {
  const request = JSON.parse(text) as Request;
  if (request.method === 'snapshots') {
    for (let k = 0; k < state.market.instruments; k += 1) socket.send(snapshotText(k));
    onReady();
  } else if (request.method === 'order.place') answer(state, request);
  // A cancel comes too late here: every order is answered, and over, in the turn it arrives.
}

/** Held instruments fill whole as long as their position stays small; every other order expires. */
function answer(state: State, { id, params }: Request): void {
  const { symbol = '', side, newClientOrderId: client } = params;
  const instrument = Number(symbol.slice(1, 5));
  const units = (state.units[instrument] ?? 0) + (side === 'BUY' ? 1 : -1);
  const isFilled = isHeld(state.market, instrument) && units >= 1 && units <= UNITS_MAX;
  state.orders += 1;
  const status = isFilled ? 'NEW' : 'EXPIRED';
  const result = { clientOrderId: client, symbol, status, price: params.price, type: 'LIMIT' };
  const texts = [JSON.stringify({ id, status: 200, result })];
  if (isFilled) {
    state.units[instrument] = units;
    state.filled += 1;
    const o = { s: symbol, c: client, x: 'TRADE', X: 'FILLED', t: state.filled, m: false };
    const fill = { ...o, L: params.price, l: params.quantity };
    texts.push(JSON.stringify({ e: 'ORDER_TRADE_UPDATE', E: Date.now(), o: fill }));
  }
  state.wire?.write(Buffer.concat(texts.map((text) => frameOf(text))));
}

/** The server's frames are written whole by hand here too: they must be at least 126 bytes. */
function frameOf(text: string): Buffer {
  return serverFrame(text.padEnd(126));
}

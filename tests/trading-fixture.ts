// Owns what the tests of the decision path share: instruments, intents, books and kernels.
// Promise: plain numbers a reader can check by hand; nothing here is recorded data.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RiskFigures } from '../engine/core/decision.ts';
import type { OrderReport } from '../engine/core/event.ts';
import type { Instrument, VenueRules } from '../engine/core/instrument.ts';
import type { Order, OrderIntent } from '../engine/core/order.ts';
import type { BookReader } from '../engine/core/ports.ts';
import { asEpochUs, asPrice, asQty, type EpochUs, type Price } from '../engine/core/units.ts';
import { compileKernels, instantiateKernels, type Kernels } from '../engine/memory/kernels.ts';
import {
  type Capacities,
  createMemory,
  DEFAULT_CAPACITIES,
  type MemoryPlan,
  planMemory,
} from '../engine/memory/plan.ts';
import { createOrder } from '../engine/orders/order-state.ts';

/** A venue that asks for nothing besides the grids. */
export const NO_RULES: VenueRules = {
  minNotional: 0,
  minQty: asQty(1),
  maxQty: null,
  maxMarketQty: null,
  marketLot: asQty(1),
  priceBand: null,
  feeIn: 'settle',
  maintenanceMargin: 0,
};

const SHAPE = {
  venue: 'test',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  priceScale: 2,
  qtyScale: 3,
  tick: asPrice(10),
  lot: asQty(1),
  multiplier: 1,
  rules: NO_RULES,
  makerFee: 0.0002,
  takerFee: 0.0005,
} as const;

/** Linear: price 0.1 ticks at scale 2, quantity 0.001. */
export const linear: Instrument = {
  ...SHAPE,
  index: 0,
  key: 'BTCUSDT.test',
  symbol: 'BTCUSDT',
  kind: 'linear',
};
/** Inverse: contracts of 100 USD, settled in BTC. */
export const inverse: Instrument = {
  ...SHAPE,
  index: 1,
  key: 'BTCUSD.test',
  symbol: 'BTCUSD',
  kind: 'inverse',
  quote: 'USD',
  settle: 'BTC',
  qtyScale: 0,
  multiplier: 100,
};
export const spot: Instrument = {
  ...SHAPE,
  index: 2,
  key: 'ETHUSDT.spot',
  symbol: 'ETHUSDT',
  venue: 'spot',
  kind: 'spot',
  base: 'ETH',
  rules: { ...NO_RULES, feeIn: 'quote' },
};
export const instruments: readonly Instrument[] = [linear, inverse, spot];

export const at = (us: number): EpochUs => asEpochUs(us);

/** A buy of 0.010 at 100.00, good till cancelled, unless `parts` say otherwise. */
export const intentOf = (parts: Partial<OrderIntent> = {}): OrderIntent => ({
  kind: 'intent',
  instrument: linear,
  account: 'main',
  strategy: 'test',
  side: 'buy',
  type: 'limit',
  qty: asQty(10),
  price: asPrice(10_000),
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  parentId: null,
  client: null,
  metadata: null,
  origin: { kind: 'signal', signalId: 1 },
  bookSequence: 7,
  createdUs: at(0),
  tickNs: 0,
  ...parts,
});

export function orderOf(parts: Partial<OrderIntent> = {}, id = 'c1'): Order {
  const intent = intentOf(parts);
  const limitPrice = intent.price ?? asPrice(10_000);
  return createOrder(intent, { id, limitPrice, arrivalMid: 100, nowUs: at(0) });
}

export type FillReport = Extract<OrderReport, { kind: 'fill' }>;

export const fillOf = (
  price: number,
  qty: number,
  parts: Partial<FillReport> = {},
): FillReport => ({
  kind: 'fill',
  orderId: 'c1',
  fillId: 'f1',
  price: asPrice(price),
  qty: asQty(qty),
  liquidity: 'taker',
  fee: null,
  timeUs: at(1),
  ...parts,
});

export type Levels = readonly (readonly [price: number, qty: number])[]; // best first

export interface TestBooks extends BookReader {
  set(instrument: Instrument, bids: Levels, asks: Levels): void;
}

export function createTestBooks(): TestBooks {
  const books = new Map<number, { bids: Levels; asks: Levels; updateId: number }>();
  const side = (instrument: Instrument, name: 'bids' | 'asks'): Levels =>
    books.get(instrument.index)?.[name] ?? [];
  const price = (levels: Levels, level: number): Price => asPrice(levels[level]?.[0] ?? Number.NaN);
  return {
    set(instrument, bids, asks) {
      const updateId = (books.get(instrument.index)?.updateId ?? 0) + 1;
      books.set(instrument.index, { bids, asks, updateId });
    },
    isReady: (instrument) => books.has(instrument.index),
    updateId: (instrument) => books.get(instrument.index)?.updateId ?? 0,
    receiveUs: () => 0,
    bidCount: (instrument) => side(instrument, 'bids').length,
    askCount: (instrument) => side(instrument, 'asks').length,
    bidPrice: (instrument, level) => price(side(instrument, 'bids'), level),
    askPrice: (instrument, level) => price(side(instrument, 'asks'), level),
    bidQty: (instrument, level) => asQty(side(instrument, 'bids')[level]?.[1] ?? Number.NaN),
    askQty: (instrument, level) => asQty(side(instrument, 'asks')[level]?.[1] ?? Number.NaN),
  };
}

/** What risk computed for an order that a test approves by hand: nothing. */
export const NO_FIGURES: RiskFigures = {
  notional: 0,
  exposureAfter: 0,
  varAfter: 0,
  historicalVarAfter: 0,
  stressAfter: 0,
};

export interface Ground {
  readonly kernels: Kernels;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
}

const WASM = resolve(import.meta.dirname, '../build/colin.wasm');

/** Why tests on the kernels are skipped, or false. */
export const noKernels = existsSync(WASM) ? false : 'build/colin.wasm is not built';

/** Real kernels on a small shared memory of their own. */
export function layGround(count: number, capacities: Partial<Capacities> = {}): Ground {
  const plan = planMemory({
    ...DEFAULT_CAPACITIES,
    ...capacities,
    instruments: count,
    levels: 64,
    forecastSlots: 64,
    journalBytes: 1 << 12,
    gatewayBytes: 1 << 12,
    commandBytes: 1 << 12,
  });
  const memory = createMemory(plan);
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const kernels = instantiateKernels(compileKernels(readFileSync(WASM)), memory);
  return { kernels, buffer, plan };
}

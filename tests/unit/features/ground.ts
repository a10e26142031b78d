// Owns a small shared memory with books one can write by hand, for tests of features and models.
// Promise: laid out by the real memory plan, written by the real kernels.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { compileKernels, instantiateKernels } from '../../../engine/memory/kernels.ts';
import {
  barsAt,
  bookAt,
  createMemory,
  DEFAULT_CAPACITIES,
  planMemory,
} from '../../../engine/memory/plan.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { BAR_BYTES, BARS_KEPT } from '../../../wasm/layout.ts';

export type Level = readonly [price: number, qty: number]; // steps
export type Ground = ReturnType<typeof createGround>;

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];

/** `count` linear instruments with a price scale of 1 and a quantity scale of 3. */
export function createGround(count: number) {
  const ground = layGround(count);
  return { ...ground, ...createWriters(ground) };
}

function layGround(count: number) {
  const capacities = { ...DEFAULT_CAPACITIES, instruments: count, levels: 64, forecastSlots: 64 };
  const plan = planMemory({
    ...capacities,
    journalBytes: 1 << 12,
    gatewayBytes: 1 << 12,
    commandBytes: 1 << 12,
  });
  const memory = createMemory(plan);
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const file = resolve(import.meta.dirname, '../../../build/colin.wasm');
  const module = compileKernels(readFileSync(file));
  const kernels = instantiateKernels(module, memory);
  const instruments: Instrument[] = listInstruments(
    Array.from({ length: count }, (_, k) =>
      inferInstrument('binance-usdm', SYMBOLS[k] ?? `C${k}USDT`, 1, 3),
    ),
  );
  for (const { index } of instruments) kernels.bookInit(bookAt(plan, index), 64);
  return { plan, memory, buffer, module, kernels, instruments };
}

function createWriters({ plan, buffer, kernels }: ReturnType<typeof layGround>) {
  const numbers = new Float64Array(buffer);
  let updateId = 0;
  const fill = (bids: readonly Level[], asks: readonly Level[]): void => {
    for (const [k, level] of [...bids, ...asks].entries())
      numbers.set(level, plan.batch / 8 + 2 * k);
  };
  return {
    load(index: number, bids: readonly Level[], asks: readonly Level[], us: number): number {
      fill(bids, asks);
      updateId += 1;
      const { length } = bids;
      return kernels.bookLoad(bookAt(plan, index), plan.batch, length, asks.length, updateId, us);
    },
    apply(index: number, bids: readonly Level[], asks: readonly Level[], us: number): number {
      fill(bids, asks);
      updateId += 1;
      const [book, a, b] = [bookAt(plan, index), bids.length, asks.length];
      return kernels.bookApply(book, plan.batch, a, b, updateId, us, us);
    },
    trade: (index: number, price: number, qty: number, aggressor: 0 | 1): void =>
      kernels.bookTrade(bookAt(plan, index), price, qty, aggressor),
    invalidate: (index: number): void => kernels.bookInvalidate(bookAt(plan, index)),
    /** Appends closed bars: openUs, open, high, low, close, volume. */
    closeBars(index: number, frame: number, bars: readonly (readonly number[])[]): void {
      const at = barsAt(plan, index, frame);
      const control = new Uint32Array(buffer, at, 1);
      for (const bar of bars) {
        const slot = (control[0] ?? 0) % BARS_KEPT;
        numbers.set(bar, (at + 64 + slot * BAR_BYTES) / 8);
        Atomics.add(control, 0, 1);
      }
    },
  };
}

/** A tidy book of `levels` levels a side around `mid` (steps), `size` on each level. */
export function ladder(
  mid: number,
  levels: number,
  size: number,
): { bids: Level[]; asks: Level[] } {
  const side = (sign: 1 | -1): Level[] =>
    Array.from({ length: levels }, (_, k) => [mid + sign * (k + 1), size + k]);
  return { bids: side(-1), asks: side(1) };
}

// Owns reading a closed bar from its ring in shared memory while the engine closes others.
// Promise: a bar is whole or it is not told: what the writer came upon meanwhile is left out.
import {
  BAR_BYTES,
  BAR_CLOSE,
  BAR_HIGH,
  BAR_LOW,
  BAR_OPEN,
  BAR_OPEN_US,
  BAR_VOLUME,
  BARS_KEPT,
} from '../../wasm/layout.ts';
import { barsAt, type MemoryPlan } from '../memory/plan.ts';
import type { Bar } from './technical.ts';

export interface BarRing {
  readonly control: Uint32Array; // bars ever closed
  readonly bars: Readonly<Record<number, number>>; // of the ring, in f64s
}

export const openBarRing = (
  buffer: SharedArrayBuffer,
  plan: MemoryPlan,
  instrument: number,
  frame: number,
): BarRing => {
  const offset = barsAt(plan, instrument, frame);
  return {
    control: new Uint32Array(buffer, offset, 1),
    bars: new Float64Array(buffer, offset + 64, (BARS_KEPT * BAR_BYTES) / 8),
  };
};

/** The oldest bar that nobody writes over, when `closed` were ever closed. */
export const oldestOf = (closed: number): number => Math.max(0, closed - BARS_KEPT + 1);

/**
 * Copies bar `k` into `bar`. False where the writer may have been in it before the copy was done: a
 * catch-up after a silence closes up to 240 bars at once, and the slot of bar `k` is the next one
 * to be written as soon as BARS_KEPT later ones are closed.
 */
export function copyBar({ control, bars }: BarRing, k: number, bar: Bar): boolean {
  const base = ((k % BARS_KEPT) * BAR_BYTES) / 8;
  bar.openUs = bars[base + BAR_OPEN_US / 8] ?? 0;
  bar.open = bars[base + BAR_OPEN / 8] ?? 0;
  bar.high = bars[base + BAR_HIGH / 8] ?? 0;
  bar.low = bars[base + BAR_LOW / 8] ?? 0;
  bar.close = bars[base + BAR_CLOSE / 8] ?? 0;
  bar.volume = bars[base + BAR_VOLUME / 8] ?? 0;
  return k >= oldestOf(Atomics.load(control, 0));
}

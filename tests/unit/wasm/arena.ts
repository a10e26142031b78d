// Owns a private shared memory with the compiled kernels on it, for the tests of the kernels.
// Promise: regions are zero, on cache lines and apart from each other.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  compileKernels,
  instantiateKernels,
  type Kernels,
} from '../../../engine/memory/kernels.ts';
import { KERNEL_BASE } from '../../../engine/memory/plan.ts';
import * as layout from '../../../wasm/layout.ts';

export interface Arena {
  readonly kernels: Kernels;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  take(bytes: number): number;
  readF64(at: number): number;
  readU32(at: number): number;
  writeF64(at: number, value: number): void;
  writeU32(at: number, value: number): void;
}

export function createArena(bytes: number): Arena {
  const built = resolve(import.meta.dirname, '../../../build/colin.wasm');
  const path = process.env.COLIN_KERNELS ?? built; // the mutation run has a module of its own
  const module = compileKernels(readFileSync(path));
  const pages = Math.ceil((KERNEL_BASE + bytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const numbers = new Float64Array(buffer);
  const words = new Uint32Array(buffer);
  let next = KERNEL_BASE;
  return {
    kernels: instantiateKernels(module, memory),
    module,
    memory,
    buffer,
    numbers,
    words,
    floats: new Float32Array(buffer),
    take(size) {
      const at = next;
      next += Math.ceil(size / 64) * 64;
      if (next > buffer.byteLength) throw new Error(`arena of ${bytes} bytes is used up`);
      return at;
    },
    readF64: (at) => numbers[at / 8]!,
    readU32: (at) => words[at / 4]!,
    writeF64(at, value) {
      numbers[at / 8] = value;
    },
    writeU32(at, value) {
      words[at / 4] = value;
    },
  };
}

export type Level = readonly [price: number, qty: number];

export interface TestBook {
  readonly arena: Arena;
  readonly at: number;
  readonly copy: number; // room for bookCopy
  load(bids: readonly Level[], asks: readonly Level[], updateId?: number): number;
  apply(bids: readonly Level[], asks: readonly Level[], updateId?: number, us?: number): number;
  /** Best first. */
  side(asks: boolean, base?: number): Level[];
  column(offset: number): number;
  flags(): number;
}

/** A book of `levelsMax` levels a side with its own batch and copy. */
export function createTestBook(arena: Arena, levelsMax: number): TestBook {
  const bytes = layout.BOOK_LEVELS + 2 * levelsMax * layout.LEVEL_BYTES;
  const at = arena.take(bytes);
  const copy = arena.take(bytes);
  const batch = arena.take(layout.BATCH_LEVELS_MAX * layout.LEVEL_BYTES);
  arena.kernels.bookInit(at, levelsMax);
  const fill = (bids: readonly Level[], asks: readonly Level[]): void => {
    [...bids, ...asks].forEach(([price, qty], k) => {
      arena.writeF64(batch + k * 16, price);
      arena.writeF64(batch + k * 16 + 8, qty);
    });
  };
  return {
    arena,
    at,
    copy,
    load(bids, asks, updateId = 1) {
      fill(bids, asks);
      return arena.kernels.bookLoad(at, batch, bids.length, asks.length, updateId, 1000);
    },
    apply(bids, asks, updateId = 2, us = 2000) {
      fill(bids, asks);
      const { length } = bids;
      return arena.kernels.bookApply(at, batch, length, asks.length, updateId, us - 1, us);
    },
    side(asks, base = at) {
      const count = arena.readU32(base + (asks ? layout.BOOK_ASK_COUNT : layout.BOOK_BID_COUNT));
      const from = base + layout.BOOK_LEVELS + (asks ? levelsMax * 16 : 0);
      return Array.from({ length: count }, (_, k) => {
        const level = from + (count - 1 - k) * 16;
        return [arena.readF64(level), arena.readF64(level + 8)] as const;
      });
    },
    column: (offset) => arena.readF64(at + offset),
    flags: () => arena.readU32(at + layout.BOOK_FLAGS),
  };
}

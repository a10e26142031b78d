// Owns the private shared memory of the kernel benchmark: one state for WASM, one for its rival.
// Promise: both start from the same seeded numbers.
import { readFileSync } from 'node:fs';
import { compileKernels, instantiateKernels, type Kernels } from '../engine/memory/kernels.ts';
import { KERNEL_BASE } from '../engine/memory/plan.ts';

export interface KernelState {
  readonly kernels: Kernels;
  readonly buffer: SharedArrayBuffer;
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  /** Byte offset of a fresh, zeroed region on a cache line. */
  take(bytes: number): number;
  /** A copy of `count` f64 at byte offset `at`. */
  copyOf(at: number, count: number): Float64Array;
}

/** `bytes`: all regions together. Throws when build/colin.wasm is missing (./colin builds it). */
export function createKernelState(bytes: number): KernelState {
  const built = new URL('../build/colin.wasm', import.meta.url);
  const module = compileKernels(readFileSync(process.env.COLIN_KERNELS ?? built));
  const pages = Math.ceil((KERNEL_BASE + bytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const numbers = new Float64Array(buffer);
  let next = KERNEL_BASE;
  return {
    kernels: instantiateKernels(module, memory),
    buffer,
    numbers,
    words: new Uint32Array(buffer),
    floats: new Float32Array(buffer),
    take(size) {
      const at = next;
      next += Math.ceil(size / 64) * 64;
      if (next > buffer.byteLength) throw new RangeError(`${bytes} bytes of state are used up`);
      return at;
    },
    copyOf: (at, count) => numbers.slice(at / 8, at / 8 + count),
  };
}

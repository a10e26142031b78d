// Owns the room in which analysis calls the kernels: an arena over a byte range of a memory.
// Promise: what is taken is zero, on a cache line and apart from the rest; nothing lies outside.
import { assert } from '../core/assert.ts';
import { instantiateKernels, type Kernels } from '../memory/kernels.ts';
import { KERNEL_BASE } from '../memory/plan.ts';

export type MathKernels = Pick<
  Kernels,
  'cholesky' | 'gram' | 'monteCarlo' | 'scenarioPnl' | 'selectNth' | 'sum'
>;

/** A run of f64: the kernels take `at` (bytes), TypeScript the view of the same numbers. */
export interface Block {
  readonly at: number;
  readonly view: Float64Array;
}

/** Columns of f64 one after the other, as scenarioPnl and gram take them. */
export interface Columns {
  readonly at: number; // byte offset of column 0
  readonly stride: number; // bytes from one column to the next
  readonly count: number;
  readonly rows: number;
  readonly views: readonly Float64Array[];
}

export interface MathSpace {
  readonly kernels: MathKernels;
  /** `count` f64, all 0. Throws an InvariantError when the room is used up. */
  take(count: number): Block;
  /** A copy of the columns, which have equal lengths. */
  takeColumns(columns: readonly Float64Array[]): Columns;
  /** Runs `work`, then gives back whatever it took: its blocks must not outlive it. */
  within<T>(work: () => T): T;
  /** Gives everything back. */
  reset(): void;
}

const LINE = 64;
const PAGE = 65536;

/** The bytes [from, to) of `buffer`, which the caller leaves to this space alone. */
export function createMathSpace(
  kernels: MathKernels,
  buffer: SharedArrayBuffer,
  from: number,
  to: number,
): MathSpace {
  assert(from % LINE === 0, 'math space: must start on a cache line');
  assert(from >= 0 && from <= to && to <= buffer.byteLength, 'math space: outside the memory');
  let next = from;
  const take = (count: number): Block => {
    const at = next;
    const end = at + Math.ceil((count * 8) / LINE) * LINE;
    assert(count >= 0 && end <= to, `math space: no room for ${count} numbers more`);
    next = end;
    const view = new Float64Array(buffer, at, count);
    return { at, view: view.fill(0) };
  };
  return {
    kernels,
    take,
    takeColumns(columns) {
      const rows = columns[0]?.length ?? 0;
      const stride = Math.ceil((rows * 8) / LINE) * LINE;
      const { at } = take((columns.length * stride) / 8);
      const views = columns.map((column, j) => {
        assert(column.length === rows, 'math space: columns differ in length');
        const view = new Float64Array(buffer, at + j * stride, rows);
        view.set(column);
        return view;
      });
      return { at, stride, count: columns.length, rows, views };
    },
    within(work) {
      const start = next;
      try {
        return work();
      } finally {
        next = start;
      }
    },
    reset() {
      next = from;
    },
  };
}

/** A space of `bytes` on a memory of its own, where no running system shares one. */
export function createPrivateMathSpace(module: WebAssembly.Module, bytes: number): MathSpace {
  const pages = Math.ceil((KERNEL_BASE + bytes) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const kernels = instantiateKernels(module, memory);
  return createMathSpace(kernels, buffer, KERNEL_BASE, buffer.byteLength);
}

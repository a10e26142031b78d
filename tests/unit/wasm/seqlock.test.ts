// Owns the proof that a book copy is one moment of the book while another thread rewrites it.
// Promise: the same run shows that reading without the seqlock does see two moments mixed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as layout from '../../../wasm/layout.ts';
import { type Arena, createArena } from './arena.ts';
import type { BookWriterTask } from './book-writer.ts';

const LEVELS = 100;
const RUN_MS = 700;

/** True when every used quantity of the block equals its update id. */
function isOneMoment(arena: Arena, at: number): boolean {
  const { numbers } = arena;
  const update = arena.readF64(at + layout.BOOK_UPDATE_ID);
  for (let k = 0; k < 2 * LEVELS; k += 1) {
    if (numbers[(at + layout.BOOK_LEVELS) / 8 + k * 2 + 1] !== update) return false;
  }
  return true;
}

/** What a reader without the protocol would do. */
const copyNaively = (arena: Arena, from: number, to: number, bytes: number): void => {
  new Uint8Array(arena.buffer).copyWithin(to, from, from + bytes);
};

async function startWriter(arena: Arena, book: number, control: Int32Array): Promise<Worker> {
  const batch = arena.take(4 * LEVELS * layout.LEVEL_BYTES);
  const { module, memory } = arena;
  const task: BookWriterTask = { module, memory, book, batch, levels: LEVELS, control };
  const worker = new Worker(new URL('./book-writer.ts', import.meta.url), { workerData: task });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  await Promise.race([Atomics.waitAsync(control, 0, 0).value, failed]);
  return worker;
}

test('seqlock: no copy mixes two updates although plain reads do', async () => {
  const arena = createArena(1 << 20);
  const bytes = layout.BOOK_LEVELS + 2 * LEVELS * layout.LEVEL_BYTES;
  const [book, copy] = [arena.take(bytes), arena.take(bytes)];
  arena.kernels.bookInit(book, LEVELS);
  const control = new Int32Array(new SharedArrayBuffer(8));
  const worker = await startWriter(arena, book, control);
  const seen = { copies: 0, torn: 0, refused: 0, tornNaively: 0, reads: 0 };
  const end = performance.now() + RUN_MS;
  const isDone = (): boolean => performance.now() > end && seen.copies > 100;
  const last = performance.now() + 5000;
  while ((!isDone() || seen.tornNaively === 0) && performance.now() < last) {
    if (arena.kernels.bookCopy(book, copy) === 1) {
      seen.copies += 1;
      if (!isOneMoment(arena, copy)) seen.torn += 1;
    } else seen.refused += 1;
    copyNaively(arena, book, copy, bytes);
    seen.reads += 1;
    if (!isOneMoment(arena, copy)) seen.tornNaively += 1;
  }
  Atomics.store(control, 0, 2);
  await once(worker, 'exit');
  const told = JSON.stringify({ ...seen, updates: Atomics.load(control, 1) });
  assert.equal(seen.torn, 0, told);
  assert.ok(seen.copies > 100, `too few copies to say anything: ${told}`);
  assert.ok(seen.tornNaively > 0, `the writer was never caught writing: ${told}`);
});

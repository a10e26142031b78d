// Owns the worker that fills a ring with numbered records, for the tests across threads.
// Promise: it never skips a record: a full ring makes it wait and try again.
import { workerData } from 'node:worker_threads';
import { createByteWriter, createSlotWriter } from '../../../engine/memory/ring.ts';

export interface RingTask {
  readonly kind: 'slots' | 'bytes';
  readonly buffer: SharedArrayBuffer;
  readonly offset: number;
  readonly size: number; // slots, or bytes of the ring
  readonly records: number;
}

/** The text of record k: some with characters of two, three and four bytes. */
export const textOf = (k: number): string =>
  `${k}:${['a', 'é', '€', '😀'][k % 4]?.repeat((k * 37) % 90)}`;

export const SLOT_BYTES = 64;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function sendSlots(task: RingTask): void {
  const writer = createSlotWriter(task.buffer, task.offset, task.size, SLOT_BYTES);
  for (let k = 0; k < task.records; k += 1) {
    let slot = writer.claim();
    while (slot === null) {
      pause();
      slot = writer.claim();
    }
    slot.fill(k);
    writer.publish();
  }
}

function sendBytes(task: RingTask): void {
  const writer = createByteWriter(task.buffer, task.offset, task.size);
  for (let k = 0; k < task.records; k += 1) {
    while (!writer.write(textOf(k))) pause();
  }
}

const task = workerData as RingTask | null; // null where a test only wants textOf
if (task?.kind === 'slots') sendSlots(task);
if (task?.kind === 'bytes') sendBytes(task);

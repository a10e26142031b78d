// Owns the worker that rewrites a book as fast as it can, for the seqlock test.
// Promise: at every whole moment each quantity equals the update id; it stops when told.
import { workerData } from 'node:worker_threads';
import { instantiateKernels } from '../../../engine/memory/kernels.ts';

export interface BookWriterTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly book: number;
  readonly batch: number;
  readonly levels: number;
  readonly control: Int32Array; // [0] 1 = running, 2 = stop; [1] updates made
}

const { module, memory, book, batch, levels, control } = workerData as BookWriterTask;
const kernels = instantiateKernels(module, memory);
const numbers = new Float64Array(memory.buffer);

function writeBatch(update: number): void {
  for (let k = 0; k < levels; k += 1) {
    const at = batch / 8 + k * 2;
    numbers[at] = 1000 - k;
    numbers[at + 1] = update;
    numbers[at + levels * 2] = 1001 + k;
    numbers[at + levels * 2 + 1] = update;
  }
}

writeBatch(1);
kernels.bookLoad(book, batch, levels, levels, 1, 1);
Atomics.store(control, 0, 1);
Atomics.notify(control, 0);
for (let update = 2; Atomics.load(control, 0) === 1; update += 1) {
  writeBatch(update);
  kernels.bookApply(book, batch, levels, levels, update, update, update);
  Atomics.store(control, 1, update);
}

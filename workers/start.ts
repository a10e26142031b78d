// Owns how every thread starts: one function from a name to a running worker.
// Promise: entry files are found beside this one, in a checkout and inside the single binary.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';

// The launcher gives the engine's thread a young generation of 64 MB. Threads started from here on
// get the usual one: four busy workers with the large one take 600 MB (docs/decisions/0009).
setFlagsFromString('--min-semi-space-size=1');
setFlagsFromString('--max-semi-space-size=16');

export const WORKERS = ['signal', 'journal', 'gateway', 'training', 'analysis'] as const;
export type WorkerName = (typeof WORKERS)[number];

/** File of a worker's entry point, for Piscina, which starts its threads itself. */
export const workerUrl = (name: WorkerName): URL => new URL(`./${name}.ts`, import.meta.url);

/** A thread of its own with its data; the caller listens to 'message', 'error' and 'exit'. */
export function startWorker(name: WorkerName, workerData: unknown): Worker {
  return new Worker(workerUrl(name), { name: `colin-${name}`, workerData });
}

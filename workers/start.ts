// Owns how every thread starts: one function from a name to a running worker.
// Promise: entry files are found beside this one, in a checkout and inside the single binary.
import '../engine/models/onnx/no-telemetry.ts'; // of a process with workers, too
import { setFlagsFromString } from 'node:v8';
import { Worker, type WorkerOptions } from 'node:worker_threads';

export const WORKERS = [
  'signal',
  'journal',
  'projector',
  'gateway',
  'training',
  'analysis',
  'strategy',
] as const;
export type WorkerName = (typeof WORKERS)[number];

/**
 * The launcher gives the engine's thread a young generation of 64 MB. Threads started after this
 * call get the usual one: four busy workers with the large one take 600 MB (docs/decisions/0009).
 */
export function limitThreadMemory(): void {
  setFlagsFromString('--min-semi-space-size=1');
  setFlagsFromString('--max-semi-space-size=16');
}

/** File of a worker's entry point, for Piscina, which starts its threads itself. */
export const workerUrl = (name: WorkerName): URL => new URL(`./${name}.ts`, import.meta.url);

/** A thread of its own with its data; the caller listens to 'message', 'error' and 'exit'. */
export function startWorker(
  name: WorkerName,
  workerData: unknown,
  options: WorkerOptions = {},
): Worker {
  return new Worker(workerUrl(name), { name: `colin-${name}`, ...options, workerData });
}

// Owns the worker of one isolated strategy: its file loaded, batches in, answers out.
// Promise: one message in flight; what throws, and too many buffers, are told in the answer.
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../engine/core/assert.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { Answer, Batch, Opening } from '../engine/strategies/isolated-wire.ts';
import { checkModule, describeThrown } from '../engine/strategies/module.ts';
import { createRemote, type Remote } from '../engine/strategies/remote-desk.ts';

/** What the worker is given; everything can be cloned. */
export interface StrategyTask {
  readonly url: string; // of the strategy's file
  readonly name: string;
  readonly account: string;
  readonly instruments: readonly Instrument[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly memoryMb: number; // of its heap, which the thread is held to, and of its buffers
}

assert(parentPort !== null, 'workers/strategy.ts runs as a worker only');
const port = parentPort;
const task = workerData as StrategyTask;

// Without it Node would end a worker whose file waits for ever, with a warning of its own.
const loading = setInterval(() => undefined, 1000);
const opened = await open();
clearInterval(loading);
if (typeof opened === 'string') {
  port.postMessage({ kind: 'problem', reason: opened } satisfies Opening);
} else {
  port.on('message', (batch: Batch) => port.postMessage(answerTo(opened, batch)));
  port.postMessage({ kind: 'ready' } satisfies Opening);
}

const MB = 1e6;
const UNCOLLECTED_MB = 128; // garbage that V8 may leave lying; it begins to collect at 64

/** Buffers lie outside the heap, where nothing bounds them: they are looked at after each batch. */
function answerTo(remote: Remote, batch: Batch): Answer {
  const answer = remote.handle(batch);
  const { arrayBuffers } = process.memoryUsage(); // shared ones too; WebAssembly is external only
  const usedMb = Math.max(arrayBuffers, getHeapStatistics().external_memory) / MB;
  const mostMb = task.memoryMb + UNCOLLECTED_MB;
  if (usedMb <= mostMb) return answer;
  const error = `out of memory: its buffers take ${Math.round(usedMb)} MB, at most ${mostMb} MB`;
  return { ...answer, wanted: [], error };
}

/** The strategy, or why there is none. */
async function open(): Promise<Remote | string> {
  try {
    const module = checkModule(await import(task.url));
    if (module.kind === 'problem') return module.reason;
    const { url, name, account, instruments, parameters } = task;
    const made = createRemote({
      url,
      name,
      account,
      instruments,
      parameters,
      module: module.value,
    });
    return made.kind === 'problem' ? made.reason : made.value;
  } catch (thrown) {
    return describeThrown(thrown, task.url);
  }
}

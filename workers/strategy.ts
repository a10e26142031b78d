// Owns the worker of one isolated strategy: its file loaded, batches in, answers out.
// Promise: one message in flight; whatever the file does, it reaches nothing but this thread.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../engine/core/assert.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { Batch, Opening } from '../engine/strategies/isolated-wire.ts';
import { checkModule, describeThrown } from '../engine/strategies/module.ts';
import { createRemote, type Remote } from '../engine/strategies/remote-desk.ts';

/** What the worker is given; everything can be cloned. */
export interface StrategyTask {
  readonly url: string; // of the strategy's file
  readonly name: string;
  readonly account: string;
  readonly instruments: readonly Instrument[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

assert(parentPort !== null, 'workers/strategy.ts runs as a worker only');
const port = parentPort;
const task = workerData as StrategyTask;

const opened = await open();
if (typeof opened === 'string') {
  port.postMessage({ kind: 'problem', reason: opened } satisfies Opening);
} else {
  port.on('message', (batch: Batch) => port.postMessage(opened.handle(batch)));
  port.postMessage({ kind: 'ready' } satisfies Opening);
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

// Owns the gateway thread's entry: brings the gateway up on the shared memory it is handed.
// Promise: tells the parent its ports or why it could not start or go on; no socket outlives it.
import { parentPort, workerData } from 'node:worker_threads';
import { encodeFrame } from '../engine/bus/codec.ts';
import { assert } from '../engine/core/assert.ts';
import type { MemoryPlan } from '../engine/memory/plan.ts';
import type { ClosedPort } from '../gateway/listen.ts';
import type { GivenOptions } from '../gateway/options.ts';
import { startGateway } from '../gateway/server.ts';

export interface GatewayThreadData {
  readonly memory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly options: GivenOptions;
}

/** Thread -> parent. After all but 'running' the thread ends by itself. */
export type GatewayThreadMessage =
  | { readonly kind: 'running'; readonly restPort: number; readonly wsPort: number }
  | ClosedPort
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'closed' };

/** Parent -> thread. uWS aborts Node when the process exits while it still listens. */
export interface GatewayThreadStop {
  readonly kind: 'stop';
}

async function run(data: GatewayThreadData): Promise<void> {
  const port = parentPort;
  assert(port !== null, 'workers/gateway.ts runs as a worker thread only');
  const say = (message: GatewayThreadMessage): void => port.postMessage(message);
  const buffer = data.memory.buffer;
  assert(buffer instanceof SharedArrayBuffer, 'the memory must be shared');
  const gateway = await startGateway({ ...data, buffer, encodeFrame });
  if (gateway.kind !== 'running') {
    say(gateway);
    port.close();
    return;
  }
  say({ kind: 'running', restPort: gateway.restPort, wsPort: gateway.wsPort });
  const end = async (last: GatewayThreadMessage): Promise<void> => {
    await gateway.close();
    say(last);
    port.close();
  };
  port.on('message', () => end({ kind: 'closed' }));
  // Else the whole process would be aborted, before the engine can take its orders back.
  process.once('uncaughtException', (error: unknown) => end(faultOf(error)));
}

const faultOf = (error: unknown): GatewayThreadMessage => ({
  kind: 'fault',
  message: error instanceof Error ? (error.stack ?? error.message) : String(error),
});

run(workerData as GatewayThreadData).catch((error: unknown) => {
  parentPort?.postMessage(faultOf(error));
  parentPort?.close();
});

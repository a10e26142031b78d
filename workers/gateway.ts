// Owns the gateway thread's entry: brings the gateway up on the shared memory it is handed.
// Promise: tells the parent its ports or why it could not start; closes all sockets before it ends.
import { parentPort, workerData } from 'node:worker_threads';
import { encodeFrame } from '../engine/bus/codec.ts';
import { assert } from '../engine/core/assert.ts';
import type { MemoryPlan } from '../engine/memory/plan.ts';
import type { GivenOptions } from '../gateway/options.ts';
import { startGateway } from '../gateway/server.ts';

export interface GatewayThreadData {
  readonly memory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly options: GivenOptions;
}

/** Thread -> parent. After 'port_in_use', 'fault' or 'closed' the thread ends by itself. */
export type GatewayThreadMessage =
  | { readonly kind: 'running'; readonly restPort: number; readonly wsPort: number }
  | { readonly kind: 'port_in_use'; readonly port: number; readonly message: string }
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
  if (gateway.kind === 'port_in_use') {
    say(gateway);
    port.close();
    return;
  }
  say({ kind: 'running', restPort: gateway.restPort, wsPort: gateway.wsPort });
  port.on('message', async () => {
    await gateway.close();
    say({ kind: 'closed' });
    port.close();
  });
}

run(workerData as GatewayThreadData).catch((error: unknown) => {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  parentPort?.postMessage({ kind: 'fault', message } satisfies GatewayThreadMessage);
  parentPort?.close();
});

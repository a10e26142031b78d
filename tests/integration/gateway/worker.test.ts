// Owns the proof that the gateway runs as a thread: starts, serves, says what fails, ends cleanly.
// Promise: the real entry file in a real worker; the ending is the thread's own, never terminate().
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { GatewayMessage } from '../../../engine/facts/gateway-message.ts';
import { createGatewayLink } from '../../../engine/surroundings/gateway.ts';
import type { GatewayThreadMessage } from '../../../workers/gateway.ts';
import { startWorker } from '../../../workers/start.ts';
import { createEngineDesk } from '../../engine-fixture.ts';
import { createFakeEngine } from './fake-engine.ts';
import { CAPACITY } from './fake-ledger.ts';

async function firstMessage(worker: Worker): Promise<GatewayThreadMessage> {
  const [message] = await once(worker, 'message');
  return message as GatewayThreadMessage;
}

test('worker: it serves from its thread and ends by itself when told to stop', async () => {
  const { memory, plan, start } = createFakeEngine();
  start();
  const options = { restPort: 0, wsPort: 0, stateCapacity: CAPACITY };
  const worker = startWorker('gateway', { memory, plan, options });
  const running = await firstMessage(worker);
  assert.equal(running.kind, 'running');
  if (running.kind !== 'running') return;
  const reply = await fetch(`http://127.0.0.1:${running.restPort}/api/v2/health`);
  assert.equal(reply.status, 200);
  const taken = startWorker('gateway', {
    memory,
    plan,
    options: { ...options, restPort: running.restPort },
  });
  const [problem] = await Promise.all([firstMessage(taken), once(taken, 'exit')]);
  assert.equal(problem.kind, 'port_in_use');
  worker.postMessage({ kind: 'stop' });
  const [closed, [code]] = await Promise.all([firstMessage(worker), once(worker, 'exit')]);
  assert.equal(closed.kind, 'closed');
  assert.equal(code, 0);
});

test('worker: a gateway whose thread has died is closed at once', async () => {
  const { ground } = createEngineDesk();
  const died = Promise.withResolvers<string>();
  const link = createGatewayLink(ground, {
    onFault: died.resolve,
    onTrouble: (reason) => assert.fail(reason),
  });
  const opened = await link.open({ restPort: 0, wsPort: 0, stateCapacity: CAPACITY });
  assert.equal(opened.kind, 'running');
  link.tell({ type: 'record', record: null } as unknown as GatewayMessage);
  assert.match(await died.promise, /null/);
  await link.close();
  await link.close(); // by now its exit was said: nobody will say it again
});

// Owns the cases of commands that come while the engine is busy: looked at between events.
// Promise: the ring is the product's own; no gateway thread runs, the test writes in its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandEvent } from '../../../engine/core/event.ts';
import { createByteWriter } from '../../../engine/memory/ring.ts';
import { createGatewayLink } from '../../../engine/surroundings/gateway.ts';
import { BTC, createEngineDesk, ETH } from '../../engine-fixture.ts';

const nowNs = (): number => Number(process.hrtime.bigint());

function openLink() {
  const { ground, engine } = createEngineDesk();
  const { buffer, plan } = ground;
  const ring = createByteWriter(buffer, plan.commandRing, plan.capacities.commandBytes);
  const link = createGatewayLink(ground, (reason) => assert.fail(reason));
  const events: CommandEvent[] = [];
  const ask = (orderId: string, waitedMs = 0): void => {
    const command = { kind: 'cancel', orderId, by: 'anna', reason: 'r' } as const;
    const receivedNs = nowNs() - waitedMs * 1e6;
    assert.ok(ring.write(JSON.stringify({ correlation: 7, command, receivedNs })));
  };
  const serve = (apply: (event: CommandEvent) => void): void =>
    link.serve({
      traded: () => [BTC, ETH],
      books: ground.books,
      nowUs: engine.nowUs,
      accounts: ['main'],
      apply(event) {
        events.push(event);
        apply(event);
      },
    });
  const ids = (): string[] =>
    events.map(({ command }) => (command.kind === 'cancel' ? command.orderId : command.kind));
  return { link, ask, serve, events, ids };
}

test('gateway: a poll answers what waits, in its order, and once', async () => {
  const { link, ask, serve, ids, events } = openLink();
  ask('early');
  link.poll();
  assert.deepEqual(ids(), [], 'nobody serves yet');
  serve(() => undefined);
  ask('second');
  link.poll();
  assert.deepEqual(ids(), ['early', 'second']);
  link.poll();
  assert.equal(events.length, 2);
  await link.close();
});

test('gateway: a command that comes within a command waits for its end', async () => {
  const { link, ask, serve, ids } = openLink();
  serve(() => {
    if (ids().length === 1) ask('within');
    link.poll(); // as every event of the engine does
    assert.ok(ids().length <= 2);
  });
  ask('first');
  link.poll();
  assert.deepEqual(ids(), ['first', 'within']);
  await link.close();
});

test('gateway: how long a command waited is told, by a clock all threads share', async () => {
  const { link, ask, serve, events } = openLink();
  serve(() => undefined);
  ask('late', 250);
  link.poll();
  const waitedUs = events[0]?.waitedUs ?? Number.NaN;
  assert.ok(waitedUs >= 250_000 && waitedUs < 60_000_000, `${waitedUs}`);
  await link.close();
});

test('gateway: after the end nothing is answered any more', async () => {
  const { link, ask, serve, ids } = openLink();
  serve(() => undefined);
  await link.close();
  ask('late');
  link.poll();
  assert.deepEqual(ids(), []);
});

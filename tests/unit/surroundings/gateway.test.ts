// Owns the cases of commands that come while the engine is busy: looked at between events.
// Promise: the ring is the product's own; no gateway thread runs, the test writes in its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandEvent } from '../../../engine/core/event.ts';
import type { GatewayCommand, GatewayMessage } from '../../../engine/facts/gateway-message.ts';
import { createByteReader, createByteWriter } from '../../../engine/memory/ring.ts';
import { createGatewayLink } from '../../../engine/surroundings/gateway.ts';
import { BTC, createEngineDesk, ETH } from '../../engine-fixture.ts';

const nowNs = (): number => Number(process.hrtime.bigint());

function openLink() {
  const { ground, engine } = createEngineDesk();
  const { buffer, plan } = ground;
  const ring = createByteWriter(buffer, plan.commandRing, plan.capacities.commandBytes);
  const troubles: string[] = [];
  const link = createGatewayLink(ground, {
    onFault: (reason) => assert.fail(reason),
    onTrouble: (reason) => troubles.push(reason),
  });
  const told = createByteReader(buffer, plan.gatewayRing, plan.capacities.gatewayBytes);
  const events: CommandEvent[] = [];
  const send = (command: GatewayCommand, waitedMs = 0): void => {
    const receivedNs = nowNs() - waitedMs * 1e6;
    assert.ok(ring.write(JSON.stringify({ correlation: 7, command, receivedNs })));
  };
  const ask = (orderId: string, waitedMs = 0): void =>
    send({ kind: 'cancel', orderId, by: 'anna', reason: 'r' }, waitedMs);
  const answered = (): GatewayMessage | null => {
    const text = told.read();
    return text === null ? null : (JSON.parse(text) as GatewayMessage);
  };
  const serve = (apply: (event: CommandEvent) => void): void =>
    link.serve({
      traded: () => [BTC, ETH],
      books: ground.books,
      nowUs: engine.nowUs,
      accounts: ['main'],
      hasClientKey: () => false,
      apply(event) {
        events.push(event);
        apply(event);
      },
    });
  const ids = (): string[] =>
    events.map(({ command }) => (command.kind === 'cancel' ? command.orderId : command.kind));
  return { link, send, ask, serve, events, ids, answered, troubles };
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

test('gateway: a command that cannot be read is told, and the next one is obeyed', async () => {
  const { link, send, ask, serve, ids, answered, troubles } = openLink();
  serve(() => undefined);
  send({ kind: 'generate_signals', symbols: null } as unknown as GatewayCommand);
  ask('next');
  link.poll();
  assert.deepEqual(answered(), {
    type: 'answer',
    correlation: 7,
    answer: { kind: 'failed' },
    seq: 0,
  });
  assert.match(
    troubles.join(),
    /^a command of a client cannot be read: generate_signals: TypeError/,
  );
  assert.deepEqual(ids(), ['next']);
  await link.close();
});

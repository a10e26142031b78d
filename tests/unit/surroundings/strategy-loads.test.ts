// Owns the tests of the queue of strategy files: how many load at once, and who is replaced.
// Promise: loads end when the test says so; nothing waits for a clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLoads, type Loads } from '../../../engine/surroundings/strategy-loads.ts';

/** Loads that are told as '<name><number>' when they begin, and end by hand. */
function openDesk() {
  const loads: Loads = createLoads();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    loads,
    begun,
    ask(name: string, number: number): void {
      loads.ask(name, () => {
        begun.push(`${name}${number}`);
        const { promise, resolve } = Promise.withResolvers<void>();
        ends.set(`${name}${number}`, resolve);
        return promise;
      });
    },
    async end(load: string): Promise<void> {
      ends.get(load)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('loads: a hundred requests for two instances begin one load each and the last', async () => {
  const { begun, ask, end } = openDesk();
  for (let number = 1; number <= 50; number += 1) for (const name of ['a', 'b']) ask(name, number);
  assert.deepEqual(begun, ['a1', 'b1']);
  await end('b1');
  assert.deepEqual(begun, ['a1', 'b1', 'b50']);
  await end('a1');
  await end('a50');
  assert.deepEqual(begun, ['a1', 'b1', 'b50', 'a50']);
});

test('loads: a third instance waits for one of two, in the order in which they asked', async () => {
  const { begun, ask, end } = openDesk();
  for (const name of ['a', 'b', 'c', 'd']) ask(name, 1);
  ask('c', 2); // asks again, and keeps its turn
  assert.deepEqual(begun, ['a1', 'b1']);
  await end('a1');
  assert.deepEqual(begun, ['a1', 'b1', 'c2']);
  await end('c2');
  assert.deepEqual(begun, ['a1', 'b1', 'c2', 'd1']);
});

test('loads: after the end what waits never begins', async () => {
  const { loads, begun, ask, end } = openDesk();
  for (const name of ['a', 'b', 'c']) ask(name, 1);
  loads.close();
  await end('a1');
  assert.deepEqual(begun, ['a1', 'b1']);
});

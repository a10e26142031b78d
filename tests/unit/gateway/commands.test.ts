// Owns the proof that an answer waits for the disk: what was told outlives a crash.
// Promise: a real command ring and durable region; the journal thread is the test's hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDurableRegion } from '../../../engine/memory/durable-region.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createCommands } from '../../../gateway/commands.ts';

const DONE = { kind: 'done', count: 1 } as const;

function open(timeoutMs = 1000) {
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 1, commandBytes: 4096 });
  const { buffer } = createMemory(plan);
  assert.ok(buffer instanceof SharedArrayBuffer);
  const commands = createCommands(buffer, plan, timeoutMs, 8);
  return { commands, region: createDurableRegion(buffer, plan.durable) };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test('commands: an answer is told once its record is durable, in the order it came', async () => {
  const { commands, region } = open();
  const told: number[] = [];
  const asked = [1, 2].map(async (number) => {
    const outcome = await commands.ask({ kind: 'checkpoint' });
    assert.deepEqual(outcome, { kind: 'answer', answer: DONE });
    told.push(number);
  });
  region.setDurable(4, 1);
  commands.settle(1, DONE, 5);
  commands.settle(2, DONE, 0); // behind one that waits
  await turn();
  assert.deepEqual(told, [], 'record 5 is not on the disk');
  region.setDurable(5, 2);
  await Promise.all(asked);
  assert.deepEqual(told, [1, 2]);
  commands.close();
});

test('commands: where the disk never comes that far nobody is told that it was done', async () => {
  const { commands, region } = open(30);
  region.setDurable(4, 1);
  const asked = commands.ask({ kind: 'checkpoint' });
  commands.settle(1, DONE, 5);
  assert.deepEqual(await asked, { kind: 'silent' });
  commands.close();
});

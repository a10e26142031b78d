// Owns the tests of waits that are longer than a timer of Node can be.
// Promise: none is waited out; what would end early has ended by the time it is looked at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sleepLong } from '../../../engine/surroundings/long-sleep.ts';

const HOUR_MS = 3_600_000;

test('long sleep: 600 hours are not over at once, and can be given up', async () => {
  const over = new AbortController();
  const long = sleepLong(600 * HOUR_MS, over.signal).then(
    () => 'over',
    (error: Error) => error.name,
  );
  assert.equal(await Promise.race([long, sleep(30, 'waits')]), 'waits');
  over.abort();
  assert.equal(await long, 'AbortError');
});

test('long sleep: short ones and none are as long as they are', async () => {
  const startMs = performance.now();
  await sleepLong(0);
  await sleepLong(20);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= 19 && tookMs < HOUR_MS, `${tookMs} ms`);
});

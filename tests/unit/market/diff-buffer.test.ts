// Owns the tests of what waits for a snapshot: alone, and when every feed is lost at once.
// Promise: the bound holds over all instruments, and none of them starves the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DepthEvent } from '../../../engine/core/event.ts';
import type { FeedRule } from '../../../engine/core/feed-rule.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import { createDiffBuffer, createDiffPool } from '../../../engine/market/diff-buffer.ts';
import { linear } from '../../trading-fixture.ts';

const rule: FeedRule = { chain: 'previous_id', snapshots: 'asked' };
const LEVELS = 10;
const batch = new Float64Array(2 * LEVELS);

const diffOf = (id: number): DepthEvent => ({
  kind: 'depth',
  instrument: linear,
  firstId: id,
  lastId: id,
  previousId: id - 1,
  bidCount: LEVELS,
  askCount: 0,
  eventUs: asEpochUs(0),
  receiveUs: asEpochUs(0),
  tickNs: 0,
});

test('diff buffer: a thousand lost feeds stay within a common bound, each with its newest', () => {
  const pool = createDiffPool(1000, 50_000);
  const buffers = Array.from({ length: 1000 }, () => createDiffBuffer(rule, pool));
  let most = 0;
  for (let id = 1; id <= 40; id += 1) {
    for (const buffer of buffers) {
      buffer.push(diffOf(id), batch);
      most = Math.max(most, pool.levels);
    }
  }
  assert.ok(most <= 2 * pool.levelsMax, `${most} levels`);
  for (const buffer of buffers) {
    assert.equal(buffer.diffs.at(-1)?.lastId, 40);
    assert.ok(buffer.diffs.length >= 2, 'less than its share was left to it');
  }
});

test('diff buffer: one feed alone may hold far more than its share', () => {
  const pool = createDiffPool(1000, 50_000);
  const buffer = createDiffBuffer(rule, pool);
  for (let id = 1; id <= 1000; id += 1) buffer.push(diffOf(id), batch);
  assert.equal(buffer.diffs.length, 1000);
  assert.equal(pool.levels, 1000 * LEVELS);
  buffer.drop(1000);
  assert.equal(pool.levels, 0);
});

test('diff buffer: a chain that breaks gives its room back', () => {
  const pool = createDiffPool(2);
  const buffer = createDiffBuffer(rule, pool);
  for (let id = 1; id <= 5; id += 1) buffer.push(diffOf(id), batch);
  buffer.push(diffOf(100), batch); // does not follow 5
  assert.equal(buffer.diffs.length, 1);
  assert.equal(pool.levels, LEVELS);
});

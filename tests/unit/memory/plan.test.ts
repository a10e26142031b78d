// Owns the tests of how shared memory is divided among the books.
// Promise: levels are worked out by hand from the drawing in wasm/layout.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPACITIES, levelsWithin, planMemory } from '../../../engine/memory/plan.ts';

const MIB = 1 << 20;

test('plan: few books get all the levels there may be, many share the bytes', () => {
  assert.equal(levelsWithin(64 * MIB, 20, 8192), 8192);
  assert.equal(levelsWithin(64 * MIB, 255, 8192), 8192);
  assert.equal(levelsWithin(64 * MIB, 256, 8192), 8128); // 262,144 bytes, of them 128 a header
  assert.equal(levelsWithin(64 * MIB, 1000, 8192), 2048);
  assert.equal(levelsWithin(64 * MIB, 4096, 8192), 448);
});

test('plan: a book of less than 64 levels a side is none', () => {
  const least = 128 + 2 * 64 * 16;
  assert.equal(levelsWithin(least * 10, 10, 8192), 64);
  assert.equal(levelsWithin(least * 10 - 1, 10, 8192), null);
});

test('plan: the books of a thousand instruments stay within the bytes they may have', () => {
  const levels = levelsWithin(64 * MIB, 1000, 8192) ?? 0;
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 1000, assets: 1000, levels });
  assert.ok(1000 * plan.bookBytes <= 64 * MIB + 1000 * 64, `${1000 * plan.bookBytes} bytes`);
});

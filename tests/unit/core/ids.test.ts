// Owns the proof that order ids are unique, legal at every venue, and never ahead of the journal.
// Promise: an id is handed out only from a block the journal has made durable.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdSource, formatOrderId, ID_BLOCK, parseOrderId } from '../../../engine/core/ids.ts';

test('ids: an id has 14 characters every venue allows, and sorts by epoch and number', () => {
  assert.equal(formatOrderId(1, 35), 'c0001x0000000z');
  const ids = [formatOrderId(1, 36 ** 7), formatOrderId(2, 0), formatOrderId(1, 9)];
  assert.deepEqual(ids.toSorted(), [ids[2], ids[0], ids[1]]);
  for (const id of ids) assert.match(id, /^[a-z0-9]{14}$/);
});

test('ids: none is asked for before the start, none given before its block is durable', () => {
  const reserved: number[][] = [];
  const source = createIdSource(3, 5000, (from, to) => reserved.push([from, to]));
  assert.equal(source.next(), null);
  assert.deepEqual(reserved, []);
  source.start();
  assert.deepEqual(reserved, [[5000, 5000 + ID_BLOCK]]);
  assert.equal(source.next(), null);
  assert.equal(source.nextNumber, 5000);
  source.markDurable(5000 + ID_BLOCK);
  assert.equal(source.next(), formatOrderId(3, 5000));
  assert.equal(source.nextNumber, 5001);
});

test('ids: the next block is asked for when half of one is left, once', () => {
  const reserved: number[][] = [];
  const source = createIdSource(1, 0, (from, to) => reserved.push([from, to]));
  source.start();
  source.markDurable(ID_BLOCK);
  for (let k = 0; k < ID_BLOCK / 2; k += 1) assert.ok(source.next());
  assert.equal(reserved.length, 1);
  assert.ok(source.next());
  assert.deepEqual(reserved.at(-1), [ID_BLOCK, 2 * ID_BLOCK]);
  for (let k = ID_BLOCK / 2 + 1; k < ID_BLOCK; k += 1) assert.ok(source.next());
  assert.equal(source.next(), null, 'the second block is not durable yet');
  source.markDurable(2 * ID_BLOCK);
  assert.equal(source.next(), formatOrderId(1, ID_BLOCK));
});

test('ids: a durable mark runs neither back nor beyond what was reserved', () => {
  const source = createIdSource(1, 0, () => {});
  source.start();
  source.markDurable(10 * ID_BLOCK);
  source.markDurable(1);
  const given = new Set<string>();
  for (let id = source.next(); id !== null && given.size < 5 * ID_BLOCK; id = source.next()) {
    given.add(id);
  }
  assert.equal(given.size, ID_BLOCK, 'one durable block, no id twice');
});

test('ids: an id is read as it was made, and nothing else is one', () => {
  for (const [epoch, number] of [
    [1, 1],
    [36 ** 4 - 1, 36 ** 8 - 1],
    [1295, 46655],
  ] as const) {
    assert.deepEqual(parseOrderId(formatOrderId(epoch, number)), { epoch, number });
  }
  for (const id of [
    '',
    'web-1',
    'c1',
    'c0003x',
    'c0003x0000000Z',
    'xc0003x00000001',
    'c0003x000000011',
  ]) {
    assert.equal(parseOrderId(id), null, id);
  }
});

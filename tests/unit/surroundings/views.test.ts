// Owns the tests of what is shown of the markets: what changed, a page at a time.
// Promise: a thousand markets never make one message, and a view that was lost comes again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { createMarketViews } from '../../../engine/surroundings/views.ts';
import { at, createTestBooks, linear } from '../../trading-fixture.ts';

const many: Instrument[] = Array.from({ length: 300 }, (_, index) => ({
  ...linear,
  index,
  key: `A${index}.test`,
}));

/** Books whose receive time is `times[index]`. */
const booksAt = (times: readonly number[]) => ({
  ...createTestBooks(),
  receiveUs: ({ index }: Instrument) => times[index] ?? 0,
});

test('views: every market is shown once, 128 at most in one view', () => {
  const views = createMarketViews(() => many, booksAt([]));
  const pages = [views(at(0)), views(at(1)), views(at(2)), views(at(3))];
  assert.deepEqual(
    pages.map(({ length }) => length),
    [128, 128, 44, 0],
  );
  const keys = new Set(pages.flat().map(({ instrument }) => instrument));
  assert.equal(keys.size, 300);
});

test('views: a market that changed is shown again, one that did not after 5 s', () => {
  const times = many.map(() => 1);
  const views = createMarketViews(() => many.slice(0, 3), booksAt(times));
  assert.equal(views(at(0)).length, 3);
  assert.deepEqual(views(at(1)), []);
  times[1] = 2;
  assert.deepEqual(
    views(at(2)).map(({ instrument }) => instrument),
    ['A1.test'],
  );
  assert.equal(views(at(4_999_999)).length, 0);
  assert.equal(views(at(5_000_000)).length, 2);
  assert.equal(views(at(5_000_002)).length, 1);
});

test('views: instruments that come later are shown as well, and none at all is no error', () => {
  const list: Instrument[] = [];
  const views = createMarketViews(() => list, booksAt([]));
  assert.deepEqual(views(at(0)), []);
  list.push(linear);
  assert.equal(views(at(1)).length, 1);
});

// Owns the tests of the sequence rules, rule by rule and at their edges.
// Promise: each line of the table is one sentence of the venues' documentation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedRule } from '../../../engine/core/feed-rule.ts';
import {
  createFeed,
  type DiffStep,
  loseFeed,
  OLDER_UPDATES_MAX,
  startFeed,
  stepDiff,
  stepSnapshot,
} from '../../../engine/market/feed.ts';

const rules = {
  spot: { chain: 'first_id', snapshots: 'asked' },
  futures: { chain: 'previous_id', snapshots: 'asked' },
} as const satisfies Readonly<Record<string, FeedRule>>;
type Name = keyof typeof rules;

type Row = readonly [name: string, U: number, u: number, pu: number, step: DiffStep];

const first: Readonly<Record<Name, readonly Row[]>> = {
  spot: [
    ['ends at the snapshot', 95, 100, -1, 'drop'],
    ['ends right after it', 95, 101, -1, 'apply'],
    ['begins right after it', 101, 105, -1, 'apply'],
    ['leaves one id out', 102, 105, -1, 'gap'],
  ],
  futures: [
    ['ends before the snapshot', 90, 99, 80, 'drop'],
    ['ends at the snapshot', 95, 100, 90, 'apply'],
    ['begins at the snapshot', 100, 105, 90, 'apply'],
    ['names the snapshot as its predecessor', 103, 105, 100, 'apply'],
    ['begins after it with another predecessor', 101, 105, 99, 'gap'],
  ],
};
const later: Readonly<Record<Name, readonly Row[]>> = {
  spot: [
    ['repeats the last', 101, 105, -1, 'drop'],
    ['continues it', 106, 110, -1, 'apply'],
    ['leaves one id out', 107, 110, -1, 'gap'],
    ['overlaps it', 105, 110, -1, 'gap'],
  ],
  futures: [
    ['repeats the last', 101, 105, 100, 'drop'],
    ['continues it over other symbols’ ids', 140, 150, 105, 'apply'],
    ['names another predecessor', 140, 150, 120, 'gap'],
    ['repeats the id of the book, as OKX does in silence', 105, 105, 105, 'apply'],
    ['steps back but names its predecessor, as OKX does once', 3, 3, 105, 'apply'],
  ],
};

for (const rule of ['spot', 'futures'] as const) {
  for (const [name, U, u, pu, step] of first[rule]) {
    test(`feed: ${rule}, the first diff on a snapshot ${name}: ${step}`, () => {
      const feed = createFeed(rules[rule]);
      startFeed(feed, 100);
      assert.equal(stepDiff(feed, U, u, pu), step);
      assert.equal(feed.state, step === 'gap' ? 'stale' : 'synchronised');
    });
  }
  for (const [name, U, u, pu, step] of later[rule]) {
    test(`feed: ${rule}, a later diff ${name}: ${step}`, () => {
      const feed = createFeed(rules[rule]);
      startFeed(feed, 100);
      assert.equal(stepDiff(feed, 101, 105, 100), 'apply');
      assert.equal(stepDiff(feed, U, u, pu), step);
    });
  }
}

test('feed: without a snapshot every diff is buffered and the feed keeps waiting', () => {
  const feed = createFeed(rules.spot);
  assert.equal(stepDiff(feed, 1, 2, -1), 'buffer');
  loseFeed(feed);
  assert.equal(feed.state, 'waiting');
});

test('feed: a stale feed buffers until the next snapshot', () => {
  const feed = createFeed(rules.spot);
  startFeed(feed, 100);
  assert.equal(stepDiff(feed, 200, 201, -1), 'gap');
  assert.equal(stepDiff(feed, 202, 203, -1), 'buffer');
  startFeed(feed, 203);
  assert.equal(stepDiff(feed, 204, 205, -1), 'apply');
});

test('feed: updates that are only older lose the book, one newer counts anew', () => {
  for (const rule of Object.values(rules)) {
    const feed = createFeed(rule);
    startFeed(feed, 100_000);
    const older = (id: number): DiffStep => stepDiff(feed, id, id, id - 1);
    for (let id = 1; id < OLDER_UPDATES_MAX; id += 1) assert.equal(older(id), 'drop');
    assert.equal(stepDiff(feed, 100_001, 100_001, 100_000), 'apply');
    for (let id = 1; id < OLDER_UPDATES_MAX; id += 1) assert.equal(older(id), 'drop');
    assert.equal(feed.state, 'synchronised');
    assert.equal(older(OLDER_UPDATES_MAX), 'older_only');
    assert.equal(feed.state, 'stale');
  }
});

test('feed: the last update repeated for ever is no step back', () => {
  const feed = createFeed(rules.futures);
  startFeed(feed, 100);
  assert.equal(stepDiff(feed, 101, 105, 100), 'apply');
  for (let k = 0; k < 3 * OLDER_UPDATES_MAX; k += 1) {
    assert.equal(stepDiff(feed, 101, 105, 100), 'drop');
  }
});

test('feed: a streamed snapshot restarts at any id, an asked one must be newer', () => {
  const asked = createFeed(rules.spot);
  assert.equal(stepSnapshot(asked, 7), 'load');
  startFeed(asked, 100);
  assert.deepEqual(
    [99, 100, 101].map((id) => stepSnapshot(asked, id)),
    ['stepped_back', 'same', 'load'],
  );
  const streamed = createFeed({ chain: 'first_id', snapshots: 'streamed' });
  startFeed(streamed, 100);
  assert.deepEqual(
    [1, 100, 101].map((id) => stepSnapshot(streamed, id)),
    ['restart', 'restart', 'restart'],
  );
});

// Owns the tests of the sequence rules, rule by rule and at their edges.
// Promise: each line of the table is one sentence of the venues' documentation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createFeed,
  type DiffStep,
  type FeedRule,
  loseFeed,
  startFeed,
  stepDiff,
} from '../../../engine/market/feed.ts';

type Row = readonly [name: string, U: number, u: number, pu: number, step: DiffStep];

const first: Readonly<Record<FeedRule, readonly Row[]>> = {
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
const later: Readonly<Record<FeedRule, readonly Row[]>> = {
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
  ],
};

for (const rule of ['spot', 'futures'] as const) {
  for (const [name, U, u, pu, step] of first[rule]) {
    test(`feed: ${rule}, the first diff on a snapshot ${name}: ${step}`, () => {
      const feed = createFeed(rule);
      startFeed(feed, 100);
      assert.equal(stepDiff(feed, U, u, pu), step);
      assert.equal(feed.state, step === 'gap' ? 'stale' : 'synchronised');
    });
  }
  for (const [name, U, u, pu, step] of later[rule]) {
    test(`feed: ${rule}, a later diff ${name}: ${step}`, () => {
      const feed = createFeed(rule);
      startFeed(feed, 100);
      assert.equal(stepDiff(feed, 101, 105, 100), 'apply');
      assert.equal(stepDiff(feed, U, u, pu), step);
    });
  }
}

test('feed: without a snapshot every diff is buffered and the feed keeps waiting', () => {
  const feed = createFeed('spot');
  assert.equal(stepDiff(feed, 1, 2, -1), 'buffer');
  loseFeed(feed);
  assert.equal(feed.state, 'waiting');
});

test('feed: a stale feed buffers until the next snapshot', () => {
  const feed = createFeed('spot');
  startFeed(feed, 100);
  assert.equal(stepDiff(feed, 200, 201, -1), 'gap');
  assert.equal(stepDiff(feed, 202, 203, -1), 'buffer');
  startFeed(feed, 203);
  assert.equal(stepDiff(feed, 204, 205, -1), 'apply');
});

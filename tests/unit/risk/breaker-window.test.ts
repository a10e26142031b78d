// Owns the cases of what breakers remember: extremes, counts and latencies of a window.
// Promise: a window of 160 has buckets of 10, so that every edge can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createExtremes,
  createLatencies,
  createTally,
} from '../../../engine/risk/breaker-window.ts';
import { at } from '../../trading-fixture.ts';

test('extremes: before the first value there is none', () => {
  const window = createExtremes(1, 160);
  assert.ok(Number.isNaN(window.last(0)));
  assert.deepEqual([window.low(0, at(5)), window.high(0, at(5))], [Infinity, -Infinity]);
});

test('extremes: lowest, highest and last of the window, within a bucket and across buckets', () => {
  const window = createExtremes(1, 160);
  window.add(0, 5, at(1));
  window.add(0, 3, at(2));
  window.add(0, 4, at(9));
  assert.deepEqual([window.low(0, at(9)), window.high(0, at(9)), window.last(0)], [3, 5, 4]);
  window.add(0, 6, at(10));
  assert.deepEqual([window.low(0, at(10)), window.high(0, at(10)), window.last(0)], [3, 6, 6]);
  window.add(0, 1, at(155));
  assert.deepEqual([window.low(0, at(155)), window.high(0, at(155))], [1, 6]);
});

test('extremes: a value is forgotten with its bucket, never remembered beyond the window', () => {
  const window = createExtremes(1, 160);
  window.add(0, 1, at(9)); // buckets 0..15 are within the window until 160
  window.add(0, 9, at(10));
  window.add(0, 5, at(20));
  assert.equal(window.low(0, at(159)), 1);
  assert.equal(window.low(0, at(160)), 5);
  assert.equal(window.high(0, at(169)), 9);
  assert.equal(window.high(0, at(170)), 5);
  assert.equal(window.high(0, at(180)), -Infinity);
  assert.equal(window.low(0, at(180)), Infinity);
});

test('extremes: after a silence longer than the window nothing of before counts', () => {
  const window = createExtremes(1, 160);
  for (let us = 0; us < 160; us += 10) window.add(0, 100 + us, at(us));
  window.add(0, 7, at(1_000_003));
  assert.deepEqual([window.low(0, at(1_000_003)), window.high(0, at(1_000_003))], [7, 7]);
});

test('extremes: series do not touch each other', () => {
  const window = createExtremes(3, 160);
  window.add(0, 1, at(1));
  window.add(1, 2, at(1));
  window.add(2, 3, at(1));
  assert.deepEqual([window.low(0, at(1)), window.low(1, at(1)), window.low(2, at(1))], [1, 2, 3]);
  assert.deepEqual([window.high(0, at(20)), window.low(2, at(20))], [1, 3]); // buckets turned
  window.add(1, 9, at(200));
  assert.deepEqual([window.high(0, at(20)), window.high(1, at(200))], [1, 9]);
});

test('extremes: an earlier time counts as now, for time never runs back', () => {
  const window = createExtremes(1, 160);
  window.add(0, 5, at(500));
  window.add(0, 2, at(100));
  assert.deepEqual([window.low(0, at(500)), window.high(0, at(100))], [2, 5]);
});

test('tally: it counts what lies within the window and forgets bucket by bucket', () => {
  const tally = createTally(2, 160);
  assert.equal(tally.total(0, at(0)), 0);
  tally.add(0, at(0));
  tally.add(0, at(9));
  tally.add(0, at(10));
  tally.add(1, at(10));
  assert.deepEqual([tally.total(0, at(10)), tally.total(1, at(10))], [3, 1]);
  assert.equal(tally.total(0, at(159)), 3);
  assert.equal(tally.total(0, at(160)), 1);
  assert.equal(tally.total(0, at(170)), 0);
  tally.add(0, at(175));
  assert.equal(tally.total(0, at(175)), 1);
});

test('tally: what is cleared starts from nothing, and nothing else is cleared', () => {
  const tally = createTally(3, 160);
  for (const one of [0, 1, 2]) tally.add(one, at(5));
  assert.equal(tally.total(0, at(12)), 1); // a bucket turned: the next series' are not its own
  tally.clear(1);
  assert.deepEqual(
    [0, 1, 2].map((one) => tally.total(one, at(6))),
    [1, 0, 1],
  );
  assert.deepEqual(
    [0, 1, 2].map((one) => tally.total(one, at(15))),
    [1, 0, 1],
  );
  tally.add(1, at(20));
  assert.equal(tally.total(1, at(20)), 1);
});

test('latencies: the 90th percentile is that of the nearest rank', () => {
  const latencies = createLatencies(2, 50);
  assert.equal(latencies.percentile90(0), 0);
  for (const value of [3, 1, 10, 2, 9, 8, 4, 7, 5, 6]) latencies.add(0, value);
  assert.equal(latencies.percentile90(0), 9); // the 9th of 10
  latencies.add(0, 11);
  assert.equal(latencies.percentile90(0), 10); // the 10th of 11
  assert.deepEqual([latencies.count(0), latencies.count(1)], [11, 0]);
  latencies.add(1, 5);
  assert.equal(latencies.percentile90(1), 5);
});

test('latencies: only the last ones count, and others stay when one series is cleared', () => {
  const latencies = createLatencies(2, 4);
  for (const value of [900, 900, 900, 900, 1, 2, 3, 4]) latencies.add(0, value);
  latencies.add(1, 7);
  assert.deepEqual([latencies.count(0), latencies.percentile90(0)], [4, 4]);
  latencies.add(0, 5);
  assert.equal(latencies.percentile90(0), 5);
  latencies.clear(0);
  assert.deepEqual([latencies.count(0), latencies.percentile90(0)], [0, 0]);
  latencies.add(0, 2);
  assert.deepEqual([latencies.percentile90(0), latencies.percentile90(1)], [2, 7]);
});

// Owns the cases of what each kind of breaker measures: its unit, its window, what it leaves out.
// Promise: the numbers are small and exact; thresholds are the breakers' own test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  latencyOf,
  lossRateOf,
  rejectRateOf,
  staleDataOf,
  venueFaultsOf,
  volatilityOf,
} from '../../../engine/risk/observers.ts';
import { NAMES, riskConfig } from '../../guard-fixture.ts';
import { at } from '../../trading-fixture.ts';

const { breakers: SETTINGS } = riskConfig();
const WINDOW_US = 60_000_000;

test('volatility: the distance from the lowest and the highest mid, whichever is larger', () => {
  const observer = volatilityOf(SETTINGS, NAMES, 3);
  assert.equal(observer.measure(0, at(1)), 0);
  observer.add(0, 100, at(1));
  assert.equal(observer.measure(0, at(1)), 0);
  observer.add(0, 125, at(2));
  assert.equal(observer.measure(0, at(2)), 0.25);
  observer.add(0, 100, at(3));
  assert.equal(observer.measure(0, at(3)), 0.2); // of the high, from which it fell
  observer.add(0, 150, at(4));
  assert.equal(observer.measure(0, at(4)), 0.5);
  assert.equal(observer.measure(1, at(4)), 0);
});

test('volatility: a move is forgotten with the window', () => {
  const observer = volatilityOf(SETTINGS, NAMES, 3);
  observer.add(0, 100, at(0));
  observer.add(0, 125, at(4_000_000));
  assert.equal(observer.measure(0, at(WINDOW_US - 1)), 0.25);
  assert.equal(observer.measure(0, at(WINDOW_US)), 0);
  assert.equal(observer.measure(0, at(5 * WINDOW_US)), 0); // nothing at all was seen of late
});

test('loss rate: equity lost since the best of the window, as a fraction of that best', () => {
  const observer = lossRateOf(SETTINGS, NAMES);
  assert.equal(observer.measure(0, at(1)), 0);
  observer.addEquity(900, at(1));
  observer.addEquity(1000, at(2));
  assert.equal(observer.measure(0, at(2)), 0);
  observer.addEquity(995, at(3));
  assert.equal(observer.measure(0, at(3)), 0.005);
  for (const bad of [Number.NaN, Infinity, -Infinity]) observer.addEquity(bad, at(4));
  assert.equal(observer.measure(0, at(4)), 0.005);
  assert.equal(observer.measure(0, at(WINDOW_US)), 0);
});

test('loss rate: equity that falls below zero has lost everything', () => {
  const observer = lossRateOf(SETTINGS, NAMES);
  observer.addEquity(0, at(1));
  assert.equal(observer.measure(0, at(1)), 0);
  observer.addEquity(-1, at(2));
  assert.equal(observer.measure(0, at(2)), 1);
});

test('loss rate: what a strategy lost since its best profit is a fraction of equity', () => {
  const observer = lossRateOf(SETTINGS, NAMES);
  assert.deepEqual(observer.scopes, ['system', 'strategy:test', 'strategy:manual']);
  observer.addProfit(0, -50, 1000, at(1));
  assert.equal(observer.measure(1, at(1)), 0);
  observer.addProfit(0, -60, 1000, at(2));
  assert.equal(observer.measure(1, at(2)), 0.01);
  observer.addProfit(0, -60, 500, at(2));
  assert.equal(observer.measure(1, at(2)), 0.02);
  assert.equal(observer.measure(2, at(2)), 0);
  observer.addProfit(0, Number.NaN, 500, at(3));
  observer.addProfit(0, -1000, Number.NaN, at(3));
  assert.equal(observer.measure(1, at(3)), 0.02);
  observer.addProfit(0, -60, 0, at(3));
  assert.equal(observer.measure(1, at(3)), 1);
});

test('reject rate: the share of the orders sent that was refused, once there are enough', () => {
  const observer = rejectRateOf({ ...SETTINGS, rejectOrdersMin: 4 }, NAMES);
  for (let n = 0; n < 3; n += 1) observer.sent(0, at(1));
  observer.refused(0, at(1));
  assert.equal(observer.measure(0, at(1)), 0);
  observer.sent(0, at(2));
  assert.equal(observer.measure(0, at(2)), 0.25);
  assert.equal(observer.measure(1, at(2)), 0);
  for (let n = 0; n < 5; n += 1) observer.refused(0, at(2)); // of orders sent before the window
  assert.equal(observer.measure(0, at(2)), 1);
  assert.equal(observer.measure(0, at(WINDOW_US)), 0);
});

test('reject rate: while it probes as many orders are enough as it lets out', () => {
  const observer = rejectRateOf({ ...SETTINGS, rejectOrdersMin: 20, probeOrders: 3 }, NAMES);
  for (let n = 0; n < 19; n += 1) observer.sent(0, at(1));
  observer.refused(0, at(1));
  assert.equal(observer.measure(0, at(1)), 0);
  observer.breakers[0]!.state = 'half_open';
  observer.forget(0);
  assert.equal(observer.measure(0, at(1)), 0);
  observer.sent(0, at(2));
  observer.sent(0, at(2));
  observer.refused(0, at(2));
  assert.equal(observer.measure(0, at(2)), 0);
  observer.sent(0, at(2));
  assert.equal(observer.measure(0, at(2)), 1 / 3);
  observer.breakers[0]!.state = 'open';
  assert.equal(observer.measure(0, at(2)), 0);
});

test('stale data: the share of the books that were not heard in sequence for long enough', () => {
  const venueOf = Int32Array.of(0, 0, 1);
  const observer = staleDataOf(SETTINGS, NAMES, venueOf);
  assert.equal(observer.measure(0, at(1e9)), 0);
  observer.turned(0, true, at(100));
  observer.turned(2, true, at(100));
  assert.equal(observer.measure(0, at(100 + 4_999_999)), 0);
  assert.equal(observer.measure(0, at(100 + 5_000_000)), 1); // the other was never in sequence
  observer.turned(1, true, at(100 + 5_000_000));
  assert.equal(observer.measure(0, at(100 + 5_000_000)), 0.5);
  assert.equal(observer.measure(1, at(100 + 5_000_000)), 1);
  observer.marked(0, at(200 + 5_000_000));
  assert.equal(observer.measure(0, at(200 + 5_000_000)), 0);
});

test('stale data: a book out of sequence ages from when it was last heard, marked or not', () => {
  const observer = staleDataOf(SETTINGS, NAMES, Int32Array.of(0, 0, 1));
  observer.turned(0, true, at(0));
  observer.marked(0, at(1_000_000));
  observer.turned(0, false, at(2_000_000));
  observer.marked(0, at(3_000_000)); // a mark of a broken book says nothing
  observer.turned(0, false, at(3_500_000));
  assert.equal(observer.measure(0, at(5_999_999)), 0);
  assert.equal(observer.measure(0, at(6_000_000)), 1);
  observer.turned(0, true, at(7_000_000));
  assert.equal(observer.measure(0, at(7_000_000)), 0);
  observer.turned(0, true, at(9_000_000)); // said again: nothing was heard
  assert.equal(observer.measure(0, at(12_000_000)), 1);
});

test('stale data: a mark before the book was ever in sequence counts for nothing', () => {
  const observer = staleDataOf(SETTINGS, NAMES, Int32Array.of(0, 0, 1));
  observer.marked(0, at(1));
  assert.equal(observer.measure(0, at(1e9)), 0);
});

test('latency: milliseconds at the 90th percentile, once there are enough', () => {
  const observer = latencyOf({ ...SETTINGS, latencyOrdersMin: 3 }, NAMES);
  observer.add(0, 1000);
  observer.add(0, 2000);
  assert.equal(observer.measure(0, at(1)), 0);
  observer.add(0, 5000);
  assert.equal(observer.measure(0, at(1)), 5);
  assert.equal(observer.measure(1, at(1)), 0);
  observer.opened(0); // what came before the trip would never grow old
  assert.equal(observer.measure(0, at(1)), 0);
});

test('latency: as many are kept as it takes to judge', () => {
  const observer = latencyOf({ ...SETTINGS, latencyOrdersMin: 60 }, NAMES);
  for (let n = 0; n < 60; n += 1) observer.add(0, 7000);
  assert.equal(observer.measure(0, at(1)), 7);
  const short = latencyOf({ ...SETTINGS, latencyOrdersMin: 1 }, NAMES);
  for (let n = 0; n < 50; n += 1) short.add(0, 7000);
  for (let n = 0; n < 45; n += 1) short.add(0, 1000);
  assert.equal(short.measure(0, at(1)), 1); // 45 of the last 50
});

test('latency: while it probes as many are enough as it lets out', () => {
  const observer = latencyOf({ ...SETTINGS, latencyOrdersMin: 20, probeOrders: 2 }, NAMES);
  observer.breakers[1]!.state = 'half_open';
  observer.add(1, 3000);
  assert.equal(observer.measure(1, at(1)), 0);
  observer.add(1, 3000);
  assert.equal(observer.measure(1, at(1)), 3);
  observer.forget(1);
  assert.equal(observer.measure(1, at(1)), 0);
});

test('venue faults: they are counted by venue and forgotten with the window', () => {
  const observer = venueFaultsOf(SETTINGS, NAMES);
  observer.add(0, at(1));
  observer.add(0, at(2));
  assert.deepEqual([observer.measure(0, at(2)), observer.measure(1, at(2))], [2, 0]);
  assert.equal(observer.measure(0, at(WINDOW_US)), 0);
  observer.add(0, at(WINDOW_US));
  observer.forget(0);
  assert.equal(observer.measure(0, at(WINDOW_US)), 0);
  assert.equal(observer.probeThreshold, 1);
});

test('observers: a reason names what was measured in its unit', () => {
  const venueOf = Int32Array.of(0, 0, 1);
  const texts = [
    volatilityOf(SETTINGS, NAMES, 3).describe(0.0213),
    lossRateOf(SETTINGS, NAMES).describe(0.012),
    rejectRateOf(SETTINGS, NAMES).describe(0.55),
    staleDataOf(SETTINGS, NAMES, venueOf).describe(0.6),
    latencyOf(SETTINGS, NAMES).describe(1200.4),
    venueFaultsOf(SETTINGS, NAMES).describe(3),
  ];
  assert.deepEqual(texts, [
    'moved 2.13 % within 60 s',
    'lost 1.20 % of equity within 60 s',
    '55.00 % of the orders refused within 60 s',
    '60.00 % of the books stale for 5 s',
    'orders are acknowledged after 1200 ms (90th percentile)',
    '3 broken connections or unclear orders within 60 s',
  ]);
});

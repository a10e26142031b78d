// Owns the cases of one circuit breaker: trips, cool-downs that double, probing, closing.
// Promise: times are whole and small, so that every edge can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Breaker, createBreaker, settle, trip } from '../../../engine/risk/breaker.ts';
import { at } from '../../trading-fixture.ts';

const TIMES = { coolDownUs: 100, probeUs: 40 };

const tripped = (us: number): Breaker => {
  const breaker = createBreaker();
  trip(breaker, TIMES, at(us));
  return breaker;
};

test('breaker: it starts closed and time alone changes nothing', () => {
  const breaker = createBreaker();
  assert.equal(settle(breaker, TIMES, true, at(1e9)), false);
  assert.deepEqual(breaker, { state: 'closed', trips: 0, row: 0, changedUs: 0, retryUs: 0 });
});

test('breaker: a trip opens it for the cool-down', () => {
  assert.deepEqual(tripped(1000), {
    state: 'open',
    trips: 1,
    row: 1,
    changedUs: 1000,
    retryUs: 1100,
  });
});

test('breaker: it probes when it has cooled down, not a moment before', () => {
  const breaker = tripped(1000);
  assert.equal(settle(breaker, TIMES, true, at(1099)), false);
  assert.equal(breaker.state, 'open');
  assert.equal(settle(breaker, TIMES, true, at(1100)), true);
  assert.deepEqual([breaker.state, breaker.changedUs], ['half_open', 1100]);
});

test('breaker: it waits beyond its cool-down while the measure is not below the threshold', () => {
  const breaker = tripped(1000);
  assert.equal(settle(breaker, TIMES, false, at(5000)), false);
  assert.equal(breaker.state, 'open');
  assert.equal(settle(breaker, TIMES, true, at(5001)), true);
});

test('breaker: it closes when it was quiet for as long as it probes, not a moment before', () => {
  const breaker = tripped(1000);
  settle(breaker, TIMES, true, at(1100));
  assert.equal(settle(breaker, TIMES, true, at(1139)), false);
  assert.equal(settle(breaker, TIMES, false, at(1140)), false);
  assert.equal(breaker.state, 'half_open');
  assert.equal(settle(breaker, TIMES, true, at(1140)), true);
  assert.deepEqual(breaker, {
    state: 'closed',
    trips: 1,
    row: 0,
    changedUs: 1140,
    retryUs: 1100,
  });
});

test('breaker: each trip in a row doubles the cool-down, up to sixteen times the first', () => {
  const breaker = createBreaker();
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const now = 10_000 * (1 + round);
    trip(breaker, TIMES, at(now));
    waits.push(breaker.retryUs - now);
    assert.equal(settle(breaker, TIMES, true, at(breaker.retryUs)), true);
  }
  assert.deepEqual(waits, [100, 200, 400, 800, 1600, 1600, 1600]);
  assert.equal(breaker.trips, 7);
});

test('breaker: once closed it cools down as the first time', () => {
  const breaker = tripped(1000);
  settle(breaker, TIMES, true, at(1100));
  trip(breaker, TIMES, at(1110));
  assert.equal(breaker.retryUs, 1310);
  settle(breaker, TIMES, true, at(1310));
  settle(breaker, TIMES, true, at(1350));
  assert.equal(breaker.state, 'closed');
  trip(breaker, TIMES, at(2000));
  assert.deepEqual([breaker.retryUs, breaker.trips], [2100, 3]);
});

test('breaker: an open one cannot trip', () => {
  assert.throws(() => trip(tripped(1), TIMES, at(2)), /cannot trip/);
});

// Owns the laws of breakers: windows against a slow model, and what a breaker may ever do.
// Promise: the slow model keeps every value with its time and looks at all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COOL_DOWN_MAX, createBreaker, settle, trip } from '../../../engine/risk/breaker.ts';
import { createExtremes, createTally } from '../../../engine/risk/breaker-window.ts';
import { at } from '../../trading-fixture.ts';

const WINDOW_US = 1600;
const BUCKET_US = WINDOW_US / 16;

const walk = fc.array(
  fc.record({
    gapUs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 5000 })),
    value: fc.integer({ min: 1, max: 1000 }),
  }),
  { minLength: 1, maxLength: 60 },
);

test('window: what it remembers is all of the last 15/16 and nothing beyond its length', () => {
  fc.assert(
    fc.property(walk, (steps) => {
      const extremes = createExtremes(1, WINDOW_US);
      const tally = createTally(1, WINDOW_US);
      const all: { us: number; value: number }[] = [];
      let us = 0;
      for (const { gapUs, value } of steps) {
        us += gapUs;
        all.push({ us, value });
        extremes.add(0, value, at(us));
        tally.add(0, at(us));
        const oldest = (Math.floor(us / BUCKET_US) - 15) * BUCKET_US;
        const seen = all.filter((one) => one.us >= oldest);
        assert.ok(us - oldest < WINDOW_US && us - oldest >= (WINDOW_US * 15) / 16);
        const values = seen.map((one) => one.value);
        assert.equal(extremes.low(0, at(us)), Math.min(...values));
        assert.equal(extremes.high(0, at(us)), Math.max(...values));
        assert.equal(extremes.last(0), value);
        assert.equal(tally.total(0, at(us)), seen.length);
      }
    }),
    { seed: 21, numRuns: 500 },
  );
});

const COOL_US = 100;
const PROBE_US = 40;
const times = { coolDownUs: COOL_US, probeUs: PROBE_US };

const acts = fc.array(
  fc.record({
    gapUs: fc.integer({ min: 0, max: 150 }),
    isTrip: fc.boolean(),
    isQuiet: fc.boolean(),
  }),
  { maxLength: 80 },
);

test('breaker: from open only to half-open, after its cool-down; to closed only by probing', () => {
  fc.assert(
    fc.property(acts, (steps) => {
      const breaker = createBreaker();
      let us = 0;
      let openedUs = 0;
      for (const { gapUs, isTrip, isQuiet } of steps) {
        us += gapUs;
        const { state: from, changedUs, row } = breaker;
        if (isTrip && from !== 'open') {
          trip(breaker, times, at(us));
          openedUs = us;
          const factor = Math.min(2 ** row, COOL_DOWN_MAX);
          assert.deepEqual([breaker.state, breaker.retryUs - us], ['open', COOL_US * factor]);
          continue;
        }
        const isChanged = settle(breaker, times, isQuiet, at(us));
        assert.equal(isChanged, breaker.state !== from);
        if (!isChanged) continue;
        assert.ok(isQuiet);
        assert.equal(breaker.changedUs, us);
        if (from === 'open') {
          assert.equal(breaker.state, 'half_open');
          assert.ok(us - openedUs >= COOL_US);
        } else {
          assert.deepEqual([from, breaker.state], ['half_open', 'closed']);
          assert.ok(us - changedUs >= PROBE_US);
        }
      }
    }),
    { seed: 22, numRuns: 500 },
  );
});

// Owns the laws of marks: random walks with holes, jumps and nonsense against a slow model.
// Promise: one printed seed decides every path.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configSchema } from '../../../engine/config/schema.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import { createMarks, type Marks, type MarksOptions } from '../../../engine/market/marks.ts';
import { linear } from '../../trading-fixture.ts';
import { SlowMark } from './slow-marks.ts';

const seed = Number(process.env.SEED ?? 20_261_128);
const RUNS = 400;
const { marks: bounds, markAgeMsMax } = configSchema.parse({}).risk;
const OPTIONS: MarksOptions = { ...bounds, markAgeMsMax };
const START = 1_700_000_000_000_000;

/** One update: how long after the last, what becomes of the price, and what of the sides. */
interface Step {
  readonly ms: number;
  readonly kind: 'walk' | 'jump' | 'hole' | 'venue' | 'nonsense' | 'sleep';
  readonly size: number; // -1..1
}

const NONSENSE = [Number.NaN, 0, -1, Number.POSITIVE_INFINITY, Number.MAX_VALUE, 5e-324];

const steps = fc.array(
  fc.record<Step>({
    ms: fc.integer({ min: 0, max: 300 }),
    kind: fc.constantFrom('walk', 'walk', 'jump', 'hole', 'hole', 'venue', 'nonsense', 'sleep'),
    size: fc.double({ min: -1, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 150, size: 'max' },
);

/** Calls `top` or `venue` for each step; the price goes on from step to step. */
function walk(
  path: readonly Step[],
  act: {
    top(bid: number, ask: number, us: number): void;
    venue(price: number, us: number): void;
    sleep?(us: number): void;
  },
): void {
  let us = START;
  let price = 100;
  for (const { ms, kind, size } of path) {
    us += ms * 1000;
    if (kind === 'sleep') {
      us += 5_000_000;
      act.sleep?.(5_000_000);
      continue;
    }
    if (kind === 'walk') price *= 1 + size * 0.002;
    if (kind === 'jump') price *= 1 + size * 0.1;
    const hole = kind === 'hole' ? Math.abs(size) * 0.1 * price : 0;
    const odd = NONSENSE[Math.floor(Math.abs(size) * (NONSENSE.length - 1))] ?? 0;
    if (kind === 'venue') act.venue(price * (1 + size * 0.001), us);
    else if (kind !== 'nonsense') act.top(price - (size < 0 ? hole : 0), price + 0.01 + hole, us);
    else if (size < -0.3) act.top(odd, price, us);
    else if (size < 0.3) act.top(price, odd, us);
    else act.venue(odd, us);
  }
}

const state = (marks: Marks) => ({
  mark: marks.mark(linear),
  long: marks.longMark(linear),
  short: marks.shortMark(linear),
  us: marks.markUs(linear) as number,
  doubt: marks.doubt(linear),
});

test(`marks: they are what a slow model says, step by step (seed ${seed})`, () => {
  let good = 0;
  let all = 0;
  const check = (whole: readonly Step[], hasVenue: boolean): void => {
    const path = whole.filter(({ kind }) => hasVenue || kind !== 'venue');
    const marks = createMarks(1, OPTIONS);
    const slow = new SlowMark(OPTIONS);
    const compare = (): void => {
      const { mark = Number.NaN, long = Number.NaN, short = Number.NaN } = slow.prices ?? {};
      const { doubt } = slow;
      assert.deepEqual(state(marks), { mark, long, short, us: slow.markUs, doubt });
      all += 1;
      if (doubt === null) good += 1;
    };
    walk(path, {
      top(bid, ask, us) {
        marks.onTop(linear, bid, ask, asEpochUs(us));
        slow.top(bid, ask, us);
        compare();
      },
      sleep(us) {
        marks.onSleep(us);
        slow.sleep(us);
      },
      venue(price, us) {
        marks.onVenueMark(linear, price, asEpochUs(us));
        slow.venueMark(price, us);
        compare();
      },
    });
  };
  fc.assert(fc.property(steps, fc.boolean(), check), { seed, numRuns: RUNS });
  assert.ok(good > 0.2 * all && good < 0.9 * all, `${good} of ${all} good: both were seen`);
});

test(`marks: in doubt nothing moves, and no nonsense gets in (seed ${seed})`, () => {
  const check = (path: readonly Step[]): void => {
    const marks = createMarks(1, OPTIONS);
    const follow = (act: () => string): void => {
      const before = state(marks);
      const step = act();
      const after = state(marks);
      if (step !== 'doubtful') assert.equal(after.doubt, null);
      const { mark, long, short } = after;
      if (step !== 'moved')
        assert.deepEqual([mark, long, short], [before.mark, before.long, before.short]);
      if (Number.isNaN(mark))
        return assert.ok(Number.isNaN(before.mark), 'once known always known');
      assert.ok(long > 0 && long <= mark && mark <= short && Number.isFinite(short));
    };
    walk(path, {
      top: (bid, ask, us) => follow(() => marks.onTop(linear, bid, ask, asEpochUs(us))),
      venue: (price, us) => follow(() => marks.onVenueMark(linear, price, asEpochUs(us))),
    });
  };
  fc.assert(fc.property(steps, check), { seed, numRuns: RUNS });
});

const holes = fc.array(
  fc.record({
    lastMs: fc.integer({ min: 1, max: bounds.lastMs - 1 }),
    updates: fc.integer({ min: 1, max: 20 }),
    depth: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
    side: fc.constantFrom('bids', 'asks', 'both up', 'both down'),
    restMs: fc.integer({ min: 1, max: 2000 }),
  }),
  { minLength: 1, maxLength: 30, size: 'max' },
);

test(`marks: no hole shorter than lastMs moves a mark, whatever its shape (seed ${seed})`, () => {
  fc.assert(
    fc.property(holes, (all) => {
      const marks = createMarks(1, OPTIONS);
      let us = START;
      const top = (bid: number, ask: number): string =>
        marks.onTop(linear, bid, ask, asEpochUs(us));
      top(99.995, 100.005);
      for (const { lastMs, updates, depth, side, restMs } of all) {
        for (let k = 0; k <= updates; k += 1) {
          const down = side === 'bids' || side === 'both down' ? 100 * depth : 0;
          const up = side === 'asks' || side === 'both up' ? 100 * depth : 0;
          const isBoth = side.startsWith('both');
          const bid = 99.995 - down + (isBoth ? up : 0);
          const ask = 100.005 + up - (isBoth ? down : 0);
          top(bid, ask);
          const { mark, long, short } = state(marks);
          const near = (price: number): boolean => Math.abs(price / 100 - 1) <= bounds.jumpMax;
          assert.ok(near(mark) && near(long) && near(short), `${mark} ${long} ${short}`);
          us += Math.floor((lastMs * 1000) / (updates + 1));
        }
        top(99.995, 100.005);
        us += restMs * 1000;
        top(99.995, 100.005);
        assert.deepEqual(state(marks).doubt, null);
        assert.ok(Math.abs(marks.mark(linear) / 100 - 1) <= bounds.jumpMax);
      }
    }),
    { seed, numRuns: RUNS },
  );
});

test(`marks: a price that stays is the mark after twice lastMs (seed ${seed})`, () => {
  const check = (path: readonly Step[], to: number, everyMs: number): void => {
    const marks = createMarks(1, OPTIONS);
    let us = START;
    walk(
      path.filter(({ kind }) => kind !== 'venue' && kind !== 'nonsense'),
      {
        top(bid, ask, at) {
          us = at;
          marks.onTop(linear, bid, ask, asEpochUs(us));
        },
        venue: () => undefined,
      },
    );
    // Each of two windows begins with an update and ends with the first one after lastMs.
    const lastUs = us + 2 * bounds.lastMs * 1000 + 4 * everyMs * 1000;
    for (; us <= lastUs; us += everyMs * 1000) {
      marks.onTop(linear, to - 0.001 * to * 0.01, to + 0.001 * to * 0.01, asEpochUs(us));
    }
    assert.equal(marks.doubt(linear), null);
    assert.ok(Math.abs(marks.mark(linear) / to - 1) < 1e-12, `${marks.mark(linear)}, not ${to}`);
  };
  const price = fc.double({ min: 1, max: 1000, noNaN: true });
  const every = fc.integer({ min: 1, max: Math.floor(bounds.lastMs / 3) });
  fc.assert(fc.property(steps, price, every, check), { seed, numRuns: RUNS });
});

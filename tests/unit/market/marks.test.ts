// Owns the cases of the mark room: narrow and wide books, jumps, the venue's own mark, silence.
// Promise: prices around 100 and the default bounds, so that every number can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { configSchema } from '../../../engine/config/schema.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import { createMarks, type Marks, type MarksOptions } from '../../../engine/market/marks.ts';
import { inverse, linear } from '../../trading-fixture.ts';

const { marks: bounds, markAgeMsMax } = configSchema.parse({}).risk;
const at = (ms: number) => asEpochUs(1_700_000_000_000_000 + ms * 1000);

const open = (options: Partial<MarksOptions> = {}): Marks =>
  createMarks(2, { ...bounds, markAgeMsMax, ...options });

/** Mark, what a long is worth, what a short costs. */
const pricesOf = (marks: Marks): readonly number[] => [
  marks.mark(linear),
  marks.longMark(linear),
  marks.shortMark(linear),
];

/** Whether the mark is good after it. */
const take = (marks: Marks, bid: number, ask: number, ms: number): boolean =>
  marks.onTop(linear, bid, ask, at(ms)) !== 'doubtful';

const hear = (marks: Marks, price: number, ms: number): boolean =>
  marks.onVenueMark(linear, price, at(ms)) !== 'doubtful';

/** A book of a cent around `mid` at each of `times`. */
function narrow(marks: Marks, mid: number, ...times: readonly number[]): boolean {
  return times.map((ms) => take(marks, mid - 0.005, mid + 0.005, ms)).at(-1) ?? false;
}

test('marks: a mark is unknown until a narrow book says it, and then it is the mid', () => {
  const marks = open();
  assert.deepEqual([marks.mark(linear), marks.markUs(linear)], [Number.NaN, Number.NaN]);
  assert.deepEqual([marks.doubt(linear), marks.source(linear)], ['unknown', 'last_good']);
  assert.equal(marks.doubtful, 2);
  assert.equal(take(marks, 99.99, 100.01, 7), true);
  assert.deepEqual(pricesOf(marks), [100, 100, 100]);
  assert.deepEqual([marks.doubt(linear), marks.source(linear)], [null, 'mid']);
  assert.equal(marks.markUs(linear), at(7));
  assert.equal(marks.doubtful, 1); // the other one
});

test('marks: one side pulled for 300 ms moves nothing, whichever side it is', () => {
  for (const [bid, ask] of [
    [99.995, 110],
    [90, 100.005],
  ] as const) {
    const marks = open();
    narrow(marks, 100, 0, 100, 200);
    for (const ms of [300, 400, 500, 599]) {
      assert.equal(take(marks, bid, ask, ms), false);
      assert.deepEqual([marks.doubt(linear), marks.source(linear)], ['wide', 'last_good']);
      assert.deepEqual(pricesOf(marks), [100, 100, 100]);
      assert.equal(marks.markUs(linear), at(200), 'it ages');
    }
    assert.equal(narrow(marks, 100, 600), true);
    assert.equal(marks.doubt(linear), null);
  }
});

test('marks: a wide book that lasts values longs at the bid and shorts at the ask', () => {
  const marks = open();
  narrow(marks, 100, 0);
  const times = [100, 200, 300, 400, 500, 600];
  const answers = times.map((ms) => take(marks, 97, 100.2, ms));
  assert.deepEqual(answers, [false, false, false, false, false, true]); // after 500 ms
  assert.deepEqual(pricesOf(marks), [100, 97, 100.2]);
  take(marks, 97.1, 99.9, 700); // the ask says that it is worth less
  assert.deepEqual(pricesOf(marks), [99.9, 97.1, 99.9]);
});

test('marks: a book exactly at the bound is narrow, one beyond it is wide', () => {
  const marks = open({ spreadMin: 0.001, spreadTimes: 1 });
  narrow(marks, 100, 0);
  assert.equal(take(marks, 99.951, 100.049, 1), true);
  assert.equal(take(marks, 99.949, 100.051, 2), false);
  assert.equal(marks.doubt(linear), 'wide');
});

test('marks: what is usual for an instrument is narrow, up to spreadMax', () => {
  const marks = open();
  for (let k = 0; k < 400; k += 1) take(marks, 99.9, 100.1 + (k % 2) / 1e9, k * 100); // 20 bp
  assert.equal(marks.longMark(linear), marks.mark(linear), 'it became usual');
  take(marks, 99.55, 100.45, 40_000); // 90 bp: less than 20 times the usual
  assert.equal(marks.doubt(linear), null);
  take(marks, 99.45, 100.55, 40_100); // 110 bp
  assert.equal(marks.doubt(linear), 'wide');
});

test('marks: a jump of both sides counts when it has lasted, in time and in updates', () => {
  const marks = open();
  narrow(marks, 100, 0);
  assert.equal(narrow(marks, 95, 100, 200, 300, 400, 500), false);
  assert.equal(marks.doubt(linear), 'jump');
  assert.equal(narrow(marks, 95, 600), true);
  assert.deepEqual(pricesOf(marks), [95, 95, 95]);
  const slow = open();
  narrow(slow, 100, 0);
  assert.equal(narrow(slow, 95, 100, 2000), false, 'two updates are no three');
  assert.equal(narrow(slow, 95, 2100), true);
});

test('marks: the same top again says that the mark is as it was, and fresh', () => {
  const marks = open();
  assert.equal(marks.onTop(linear, 99.995, 100.005, at(0)), 'moved');
  assert.equal(marks.onTop(linear, 99.995, 100.005, at(900)), 'same');
  assert.equal(marks.markUs(linear), at(900));
  marks.advance(at(900 + markAgeMsMax + 1));
  assert.equal(marks.onTop(linear, 99.995, 100.005, at(7000)), 'moved', 'stale was told before');
  assert.equal(marks.doubt(linear), null);
});

test('marks: exactly jumpMax is no jump', () => {
  const marks = open({ jumpMax: 0.5 });
  narrow(marks, 100, 0);
  assert.equal(narrow(marks, 150, 1), true);
  assert.equal(narrow(marks, 224.9, 2), false, 'twice as far from where it stood just before');
});

test('marks: steps too small to be jumps do not add up to one within lastMs', () => {
  const marks = open();
  narrow(marks, 100, 0);
  assert.equal(narrow(marks, 99.7, 50), true);
  assert.equal(narrow(marks, 99.4, 100), false); // 0.6 % within 100 ms
  assert.equal(marks.mark(linear), 99.7);
});

test('marks: a move of 0.4 % each half second is followed at once', () => {
  const marks = open();
  for (let k = 0; k <= 50; k += 1) {
    assert.equal(narrow(marks, 100 * 0.9992 ** k, k * 100), true, `step ${k}`);
  }
});

test('marks: of a fall that goes on, what has held all the time is taken over', () => {
  const marks = open();
  narrow(marks, 100, 0);
  for (let k = 1; k <= 6; k += 1) narrow(marks, 100 - k, k * 100); // 99 … 94
  assert.deepEqual(pricesOf(marks), [99, 99, 99]);
  narrow(marks, 94, 700, 800, 900, 1000, 1100, 1200); // through within twice lastMs
  assert.deepEqual(pricesOf(marks), [94, 94, 94]);
});

test('marks: a hole does not last while this engine sleeps', () => {
  const marks = open();
  narrow(marks, 100, 0);
  take(marks, 90, 100.005, 100); // of 300 ms, and then nothing was read for 6 s
  marks.onSleep(6_000_000);
  for (const ms of [6200, 6200, 6200]) assert.equal(take(marks, 90, 100.006, ms), false);
  assert.equal(narrow(marks, 100, 6200), true);
  assert.deepEqual(pricesOf(marks), [100, 100, 100]);
});

test('marks: where a tick is coarse, a step by the usual spread is no jump', () => {
  const marks = open();
  const step = (price: number, ms: number) => take(marks, price, price + 0.9, ms); // 0.9 %
  for (let k = 0; k < 400; k += 1) step(100 + (k % 2) / 1e6, k * 100);
  assert.equal(step(100.89, 40_000), true);
  assert.equal(step(101.9, 40_100), false);
});

test('marks: one good update ends the doubt, and lasting begins anew', () => {
  const marks = open();
  narrow(marks, 100, 0);
  narrow(marks, 95, 100, 200, 300, 400);
  narrow(marks, 100, 450);
  assert.equal(narrow(marks, 95, 500, 600, 700), false);
});

test('marks: the first book, when wide, has to last like any other', () => {
  const marks = open();
  assert.equal(take(marks, 90, 110, 0), false);
  assert.ok(Number.isNaN(marks.mark(linear)));
  take(marks, 90, 110, 250);
  assert.equal(take(marks, 90, 110, 500), true);
  assert.deepEqual(pricesOf(marks), [100, 90, 110]);
});

test('marks: an empty side, a crossed book and a lost one are doubts of their own', () => {
  const marks = open();
  narrow(marks, 100, 0);
  const doubts = [
    [Number.NaN, 100],
    [100, Number.NaN],
    [100, 100],
    [101, 100],
    [0, 100],
    [-1, 100],
    [100, Number.POSITIVE_INFINITY],
    [Number.NaN, Number.NaN],
  ].map(([bid = 0, ask = 0]) => {
    assert.equal(take(marks, bid, ask, 1), false);
    return marks.doubt(linear);
  });
  const sides = ['one_sided', 'one_sided', 'crossed', 'crossed', 'one_sided', 'one_sided'];
  assert.deepEqual(doubts, [...sides, 'one_sided', 'lost']);
  assert.deepEqual(pricesOf(marks), [100, 100, 100]);
  narrow(marks, 100, 2);
  marks.onLost(linear, at(3));
  assert.equal(marks.doubt(linear), 'lost');
  assert.equal(marks.doubtful, 2);
});

test("marks: the venue's own mark counts before the mid, and a wide book still bounds", () => {
  const marks = open();
  narrow(marks, 100, 0);
  assert.equal(hear(marks, 100.2, 10), true);
  assert.deepEqual(pricesOf(marks), [100.2, 100.2, 100.2]);
  assert.equal(marks.source(linear), 'venue_mark');
  narrow(marks, 100, 500);
  assert.equal(marks.mark(linear), 100.2);
  assert.equal(marks.markUs(linear), at(10), 'it is as old as what it rests on');
  for (const ms of [600, 800, 1000, 1200]) take(marks, 99, 100.1, ms);
  assert.deepEqual(pricesOf(marks), [100.2, 99, 100.2]);
});

test("marks: a venue's mark that has not come for venueMarkMs gives way to the mid", () => {
  const marks = open();
  hear(marks, 100.2, 0);
  narrow(marks, 100, 3000);
  assert.equal(marks.mark(linear), 100.2);
  narrow(marks, 100, 3001);
  assert.deepEqual([marks.mark(linear), marks.source(linear)], [100, 'mid']);
});

test("marks: the venue's mark stands without a book, and what is no price is not heard", () => {
  const marks = open();
  for (const price of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
    assert.equal(hear(marks, price, 0), false);
  }
  assert.equal(marks.doubt(linear), 'unknown');
  assert.equal(hear(marks, 100, 1), true);
  marks.onLost(linear, at(2));
  assert.equal(marks.doubt(linear), null);
  assert.equal(hear(marks, 1, 3), false, 'a venue can be wrong, too');
  assert.equal(marks.doubt(linear), 'jump');
});

test('marks: a mark not heard of for longer than its age is stale until it is heard again', () => {
  const marks = open();
  narrow(marks, 100, 0);
  marks.advance(at(markAgeMsMax));
  assert.equal(marks.doubt(linear), null);
  marks.advance(at(markAgeMsMax + 1));
  assert.deepEqual([marks.doubt(linear), marks.mark(linear)], ['stale', 100]);
  assert.equal(marks.doubt(inverse), 'unknown');
  assert.equal(narrow(marks, 100, markAgeMsMax + 2), true);
  assert.equal(marks.doubt(linear), null);
});

const BOXED_BYTES = 16; // a double on the heap
const UPDATES = 20_000;

test('marks: an update allocates nothing, in doubt or not', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const marks = open();
  // Beside null numbers stay boxed, made once: what the calls themselves need is not counted.
  const times: (ReturnType<typeof at> | null)[] = [null];
  const asks: (number | null)[] = [null];
  for (let k = 1; k <= UPDATES; k += 1) {
    times.push(at(k));
    asks.push(k % 50 < 3 ? 109.005 : 100.005);
  }
  const run = (): number => {
    let good = 0;
    for (let k = 1; k <= UPDATES; k += 1) {
      const nowUs = times[k];
      const ask = asks[k];
      if (!nowUs || !ask) continue;
      if (marks.onTop(linear, 99.995, ask, nowUs) !== 'doubtful') good += 1;
      if (k % 1000 === 0) marks.advance(nowUs);
    }
    return good;
  };
  const measure = (): number => {
    collect();
    const before = getHeapStatistics().used_heap_size;
    const good = run();
    assert.ok(good > 0.75 * UPDATES && good < UPDATES);
    return (getHeapStatistics().used_heap_size - before) / UPDATES;
  };
  // The compiler works beside this thread, and on a busy machine it comes late.
  let bytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 200 && bytes >= BOXED_BYTES / 4; round += 1) bytes = measure();
  assert.ok(bytes < BOXED_BYTES / 4, `${bytes} bytes an update`);
});

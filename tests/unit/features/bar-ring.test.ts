// Owns the tests of reading bars while they are written: the writer's steps are put in between.
// Promise: the interleaving is given, not hoped for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BarRing, copyBar, oldestOf } from '../../../engine/features/bar-ring.ts';
import { BAR_BYTES, BAR_LOW, BARS_KEPT } from '../../../wasm/layout.ts';

const COLUMNS = BAR_BYTES / 8;
const blank = () => ({ openUs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 });

/** `closed` bars, each of its own number; `meanwhile` runs when the low is read, once. */
function ringOf(closed: number, meanwhile: (close: (count: number) => void) => void): BarRing {
  const control = new Uint32Array(new SharedArrayBuffer(4));
  const bars = new Float64Array(BARS_KEPT * COLUMNS);
  const close = (count: number): void => {
    for (let k = 0; k < count; k += 1) {
      const number = Atomics.load(control, 0);
      bars.fill(number, (number % BARS_KEPT) * COLUMNS, ((number % BARS_KEPT) + 1) * COLUMNS);
      Atomics.store(control, 0, number + 1);
    }
  };
  close(closed);
  let isDone = false;
  const watched = new Proxy(bars, {
    get(target, key) {
      if (!isDone && Number(key) % COLUMNS === BAR_LOW / 8) {
        isDone = true;
        meanwhile(close);
      }
      return Reflect.get(target, key, target);
    },
  });
  return { control, bars: watched };
}

test('bar ring: a bar is told whole, the newest and the oldest that nobody writes over', () => {
  const ring = ringOf(1000, () => undefined);
  const bar = blank();
  for (const k of [999, oldestOf(1000)]) {
    assert.equal(copyBar(ring, k, bar), true);
    assert.deepEqual(new Set(Object.values(bar)), new Set([k]));
  }
  assert.equal(oldestOf(1000), 1000 - BARS_KEPT + 1);
  assert.equal(oldestOf(3), 0);
});

test('bar ring: a catch-up that comes upon the bar in hand makes it none, torn as it is', () => {
  const bar = blank();
  const late = ringOf(1000, (close) => close(240));
  assert.equal(copyBar(late, oldestOf(1000), bar), false);
  assert.equal(new Set(Object.values(bar)).size, 2, 'the writer was not in between');
  const inTime = ringOf(1000, (close) => close(240));
  assert.equal(copyBar(inTime, oldestOf(1240), bar), true);
});

test('bar ring: the slot that is written next counts as written', () => {
  const ring = ringOf(1000, (close) => close(1));
  assert.equal(copyBar(ring, oldestOf(1000), blank()), false);
});

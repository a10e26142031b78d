// Owns the cases of the drawdown controller: thresholds, hysteresis, the latched halt, the days.
// Promise: equities are round numbers whose drawdown can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createDrawdown,
  DAY_US,
  type Drawdown,
  type DrawdownState,
  type DrawdownTurn,
} from '../../../engine/risk/drawdown.ts';
import { at } from '../../trading-fixture.ts';

const make = (restored?: Omit<DrawdownState, 'capital'>): Drawdown =>
  createDrawdown({
    warning: 0.03,
    hard: 0.05,
    ...(restored === undefined ? {} : { restored: { ...restored, capital: 0 } }),
  });

const observe = (drawdown: Drawdown, equity: number, us = 1): DrawdownTurn | null =>
  drawdown.observe(equity, equity, at(us));

test('drawdown: the warning comes at its threshold, not before', () => {
  const drawdown = make();
  assert.equal(observe(drawdown, 1000), null);
  assert.equal(observe(drawdown, 970.01), null);
  assert.equal(drawdown.level, 'normal');
  assert.deepEqual(observe(drawdown, 970), {
    from: 'normal',
    to: 'warning',
    drawdown: 0.03,
    peak: 1000,
    capital: 0,
    value: 970,
    measure: 'day',
  });
  assert.equal(drawdown.level, 'warning');
  assert.equal(observe(drawdown, 960), null);
});

test('drawdown: a warning ends at two thirds of its threshold, so that it does not flutter', () => {
  const drawdown = createDrawdown({ warning: 0.375, hard: 0.75 });
  observe(drawdown, 1024);
  assert.equal(observe(drawdown, 640)?.to, 'warning');
  assert.equal(observe(drawdown, 767.9), null);
  const turn = observe(drawdown, 768); // a quarter below: 2/3 of 0.375
  assert.deepEqual([turn?.from, turn?.to, turn?.drawdown], ['warning', 'normal', 0.25]);
  assert.equal(turn?.measure, 'start');
});

test('drawdown: the hard limit comes at its threshold, from any level', () => {
  const drawdown = make();
  observe(drawdown, 1000);
  assert.equal(observe(drawdown, 950.01)?.to, 'warning');
  const turn = observe(drawdown, 950);
  assert.deepEqual([turn?.from, turn?.to], ['warning', 'halted']);
  const steep = make();
  observe(steep, 1000);
  assert.equal(observe(steep, 949)?.to, 'halted');
});

test('drawdown: a halt stays through any recovery until somebody starts again', () => {
  const drawdown = make();
  observe(drawdown, 1000);
  observe(drawdown, 950);
  assert.equal(observe(drawdown, 2000), null);
  assert.equal(drawdown.level, 'halted');
  observe(drawdown, 900);
  const turn = drawdown.rearm();
  assert.deepEqual([turn?.from, turn?.to, turn?.peak], ['halted', 'normal', 900]);
  assert.deepEqual([drawdown.level, drawdown.peak, drawdown.dayPeak], ['normal', 900, 900]);
  assert.equal(observe(drawdown, 873.01), null);
  assert.equal(observe(drawdown, 873)?.to, 'warning');
});

test('drawdown: without a value there is nothing to start again from', () => {
  const drawdown = make({ level: 'halted', peak: 1000, day: 0, dayPeak: 1000 });
  assert.throws(() => drawdown.rearm(), /at a value that is known/);
  observe(drawdown, 500);
  assert.equal(drawdown.rearm()?.to, 'normal');
  assert.deepEqual([drawdown.peak, drawdown.dayPeak], [500, 500]);
});

test('drawdown: a peak, a day and a level of an earlier run still count', () => {
  const before = { level: 'normal', peak: 1000, day: 0, dayPeak: 960 } as const;
  const drawdown = make(before);
  assert.equal(observe(drawdown, 940)?.to, 'halted');
  assert.equal(drawdown.dayPeak, 960);
  const latched = make({ ...before, level: 'halted' });
  assert.equal(observe(latched, 1000), null);
  assert.equal(latched.level, 'halted');
  const warned = make({ ...before, level: 'warning' });
  assert.equal(observe(warned, 975), null); // between release and warning: as it was
  assert.equal(warned.level, 'warning');
});

test('drawdown: a restored peak of the day is never above the one since the start', () => {
  const drawdown = make({ level: 'normal', peak: 900, day: 0, dayPeak: 1000 }); // after a rearm
  observe(drawdown, 890);
  assert.deepEqual([drawdown.peak, drawdown.dayPeak], [900, 900]);
});

test('drawdown: the peak of the day starts again at midnight UTC, the other does not', () => {
  const drawdown = make();
  observe(drawdown, 1000, 1);
  observe(drawdown, 980, DAY_US - 1);
  assert.deepEqual([drawdown.day, drawdown.dayPeak, drawdown.dayDrawdown], [0, 1000, 0.02]);
  observe(drawdown, 975, DAY_US);
  assert.deepEqual([drawdown.day, drawdown.dayPeak, drawdown.peak], [1, 975, 1000]);
  assert.equal(drawdown.drawdown, 0.025);
  assert.equal(drawdown.dayDrawdown, 0);
  const turn = observe(drawdown, 970, DAY_US + 1);
  assert.deepEqual([turn?.to, turn?.measure], ['warning', 'start']);
  assert.equal(drawdown.dayDrawdown, 5 / 975);
  observe(drawdown, 990, DAY_US + 2);
  assert.equal(drawdown.dayPeak, 990);
  observe(drawdown, 980, 5); // the engine's clock never goes back; if it did, the day would not
  assert.deepEqual([drawdown.day, drawdown.dayPeak], [1, 990]);
});

test('drawdown: a day that begins without a new value begins at the last one', () => {
  const drawdown = make();
  drawdown.advance(at(DAY_US)); // nothing was seen: no day yet
  assert.ok(Number.isNaN(drawdown.day));
  observe(drawdown, 1000, 1);
  observe(drawdown, 980, 2);
  drawdown.advance(at(DAY_US - 1));
  assert.equal(drawdown.dayPeak, 1000);
  drawdown.advance(at(DAY_US));
  assert.deepEqual([drawdown.day, drawdown.dayPeak], [1, 980]);
});

test('drawdown: a fall of the day that is enough by itself is said to be of the day', () => {
  const drawdown = make();
  observe(drawdown, 1000, 1);
  observe(drawdown, 995, DAY_US);
  assert.equal(observe(drawdown, 966, DAY_US + 1)?.measure, 'start'); // 2.9 % today
  assert.equal(observe(drawdown, 945, DAY_US + 2)?.measure, 'day'); // 5.03 % today
});

test('drawdown: a value or an equity that is not a number changes nothing', () => {
  const drawdown = make();
  observe(drawdown, 1000);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.equal(observe(drawdown, bad), null);
    assert.equal(drawdown.observe(900, bad, at(1)), null);
  }
  assert.deepEqual([drawdown.drawdown, drawdown.value, drawdown.peak], [0, 1000, 1000]);
});

test('drawdown: an equity below zero has lost everything, whatever its peak was', () => {
  const drawdown = make();
  assert.equal(observe(drawdown, 0), null);
  assert.equal(drawdown.drawdown, 0);
  const turn = observe(drawdown, -1);
  assert.deepEqual([turn?.to, turn?.drawdown], ['halted', 1]);
  const born = make();
  assert.equal(observe(born, -1)?.to, 'halted');
});

test('drawdown: a strategy falls from its best profit by a fraction of equity', () => {
  const drawdown = createDrawdown({ warning: 0.02, hard: 0.03, against: 'equity' });
  assert.equal(drawdown.observe(-10, 1000, at(1)), null); // a first loss is no fall
  assert.equal(drawdown.drawdown, 0);
  assert.equal(drawdown.observe(50, 1000, at(1)), null);
  assert.equal(drawdown.observe(30.01, 1000, at(1)), null);
  assert.equal(drawdown.observe(30, 1000, at(1))?.to, 'warning');
  assert.equal(drawdown.drawdown, 0.02);
  assert.equal(drawdown.observe(30, 500, at(1))?.to, 'halted'); // the same loss of less
});

test('drawdown: a strategy that lost money while nothing is left has lost everything', () => {
  const drawdown = createDrawdown({ warning: 0.02, hard: 0.03, against: 'equity' });
  drawdown.observe(0, 0, at(1));
  assert.equal(drawdown.drawdown, 0);
  assert.equal(drawdown.observe(-1, 0, at(1))?.to, 'halted');
  assert.equal(drawdown.drawdown, 1);
});

test('drawdown: thresholds that contradict each other are refused', () => {
  const bounds = /0 < warning <= hard <= 1/;
  assert.throws(() => createDrawdown({ warning: 0.05, hard: 0.03 }), bounds);
  assert.throws(() => createDrawdown({ warning: 0, hard: 0.03 }), bounds);
  assert.throws(() => createDrawdown({ warning: 0.05, hard: 1.01 }), bounds);
  assert.equal(createDrawdown({ warning: 1, hard: 1 }).level, 'normal');
});

// Owns the cases of when a step is due: its start, its steps, what was sent, what has ended.
// Promise: a position of 100 in 4 steps of 1000 us, so that every step can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createSchedules,
  RETRY_US,
  type Schedules,
} from '../../../engine/risk/reduction-schedule.ts';
import { at, instruments, spot } from '../../trading-fixture.ts';

const INTERVAL_US = 1_000_000;

interface Rig {
  readonly schedules: Schedules;
  readonly held: Map<string, number>; // by scope and key
  due(us: number): string[]; // 'system 1/4 0.25'
}

function rig(): Rig {
  const held = new Map([['system ETHUSDT.spot', 100]]);
  const schedules = createSchedules({
    slots: 3,
    accounts: ['main'],
    instruments,
    intervalUs: INTERVAL_US,
    held: (scope, _, { key }) => held.get(`${scope} ${key}`) ?? 0,
  });
  const due = (us: number): string[] =>
    schedules
      .due(at(us))
      .map(({ scope, step, steps, fraction }) => `${scope} ${step}/${steps} ${fraction}`);
  return { schedules, held, due };
}

const first = (schedules: Schedules, us: number) => schedules.due(at(us))[0]!;

test('schedule: nothing is due until a reduction begins', () => {
  assert.deepEqual(rig().due(1), []);
});

test('schedule: the first step is due at once, the others an interval apart, then the last', () => {
  const { schedules, due } = rig();
  schedules.begin('system', 4, 'drawdown');
  assert.deepEqual(due(500), ['system 1/4 0.25']);
  assert.deepEqual(due(500 + INTERVAL_US - 1), ['system 1/4 0.25']);
  assert.deepEqual(due(500 + INTERVAL_US), ['system 2/4 0.5']);
  assert.deepEqual(due(500 + 3 * INTERVAL_US), ['system 4/4 1']);
  assert.deepEqual(due(500 + 9 * INTERVAL_US), ['system 4/4 1']);
});

test('schedule: the start is what was held at the first look, and is not looked at again', () => {
  const { schedules, held } = rig();
  schedules.begin('system', 4, 'drawdown 3 %');
  held.set('system BTCUSD.test', -7);
  const step = first(schedules, 1);
  assert.deepEqual([...(step.start.get('main') ?? [])], [0, -7, 100]);
  assert.equal(step.reason, 'drawdown 3 %');
  held.set('system ETHUSDT.spot', 90);
  assert.deepEqual([...(first(schedules, 2).start.get('main') ?? [])], [0, -7, 100]);
});

test('schedule: a step is due for as long as more is held than it keeps', () => {
  const { schedules, held, due } = rig();
  schedules.begin('system', 4, 'drawdown');
  due(0);
  held.set('system ETHUSDT.spot', 76);
  assert.deepEqual(due(1), ['system 1/4 0.25']);
  held.set('system ETHUSDT.spot', 75);
  assert.deepEqual(due(2), []);
  assert.deepEqual(due(INTERVAL_US), ['system 2/4 0.5']);
  held.set('system ETHUSDT.spot', 0);
  assert.deepEqual(due(9 * INTERVAL_US), []);
  held.set('system ETHUSDT.spot', 1); // a late fill is beyond the last step
  assert.deepEqual(due(9 * INTERVAL_US), ['system 4/4 1']);
});

test('schedule: orders that were sent get time before the step is tried again', () => {
  const { schedules, due } = rig();
  schedules.begin('system', 4, 'drawdown');
  schedules.sent(first(schedules, 10), at(10), 0);
  assert.deepEqual(due(10 + RETRY_US - 1), []);
  assert.deepEqual(due(10 + RETRY_US), ['system 1/4 0.25']);
});

test('schedule: the next step does not wait for the orders of the one before', () => {
  const { schedules, due } = rig();
  schedules.begin('system', 4, 'drawdown');
  due(0);
  schedules.sent(first(schedules, INTERVAL_US - 1), at(INTERVAL_US - 1), 0);
  assert.deepEqual(due(INTERVAL_US), ['system 2/4 0.5']);
});

test('schedule: a new reduction takes the place of the old one and waits for nothing', () => {
  const { schedules, held, due } = rig();
  schedules.begin('system', 4, 'warning');
  const old = first(schedules, 10);
  held.set('system ETHUSDT.spot', 80);
  schedules.begin('system', 1, 'hard');
  schedules.sent(old, at(20), 0); // told too late
  assert.deepEqual(due(20), ['system 1/1 1']);
  assert.equal(first(schedules, 20).start.get('main')?.[spot.index], 80);
});

test('schedule: a reduction that has ended is not due', () => {
  const { schedules, due } = rig();
  schedules.begin('system', 4, 'drawdown');
  schedules.end('system');
  assert.deepEqual(due(1), []);
});

test('schedule: scopes have their own schedules, and the system goes first', () => {
  const { schedules, held, due } = rig();
  held.set('strategy:test ETHUSDT.spot', 60);
  schedules.begin('strategy:test', 2, 'drawdown');
  assert.deepEqual(due(0), ['strategy:test 1/2 0.5']);
  schedules.begin('system', 4, 'drawdown');
  assert.deepEqual(due(INTERVAL_US), ['system 1/4 0.25', 'strategy:test 2/2 1']);
  schedules.end('strategy:test');
  assert.deepEqual(due(INTERVAL_US), ['system 1/4 0.25']);
});

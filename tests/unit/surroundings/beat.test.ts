// Owns the cases of the beat: what comes first after a stall, and what is told of it.
// Promise: the clock is a variable; nothing waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asEpochUs } from '../../../engine/core/units.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { createBeat, LAG_ALARM_US } from '../../../engine/surroundings/beat.ts';

const START = 1_700_000_000_000_000;
const BEAT_MS = 2;

function openBeat() {
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 1, levels: 64 });
  const { buffer } = createMemory(plan);
  assert.ok(buffer instanceof SharedArrayBuffer);
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const desk = { ms: 0, waiting: [] as number[], told: [] as string[] };
  const at = (us: number) => (us - START) / 1000;
  const beat = createBeat({
    source: {
      nextUs: () => START + (desk.waiting[0] ?? Number.POSITIVE_INFINITY) * 1000,
      step: () => desk.told.push(`frame ${desk.waiting.shift()}`),
    },
    nowUs: () => asEpochUs(START + desk.ms * 1000),
    tick: (nowUs) => desk.told.push(`tick ${at(nowUs)}`),
    telemetry,
    beatUs: BEAT_MS * 1000,
    onStall: (lagMs) => desk.told.push(`stall ${lagMs}`),
  });
  const beatAt = (ms: number): readonly string[] => {
    desk.ms = ms;
    desk.told.length = 0;
    beat();
    return [...desk.told];
  };
  return { desk, telemetry, beatAt };
}

test('beat: frames come with every beat, the clock each 100 ms and behind them', () => {
  const { desk, beatAt } = openBeat();
  desk.waiting = [1, 2, 3, 101, 102, 103];
  assert.deepEqual(beatAt(2), ['frame 1', 'frame 2', 'tick 2']);
  assert.deepEqual(beatAt(4), ['frame 3']);
  assert.deepEqual(beatAt(101), ['frame 101']);
  assert.deepEqual(beatAt(102), ['frame 102', 'tick 102']);
  assert.deepEqual(desk.waiting, [103], 'what is not due waits');
  assert.deepEqual(beatAt(90), [], 'an earlier time feeds nothing');
});

test('beat: after a stall the clock stands still until every waiting frame has been fed', () => {
  const { desk, telemetry, beatAt } = openBeat();
  beatAt(2);
  desk.waiting = [5, 104, 105, 106, 206, 3000];
  assert.deepEqual(beatAt(6002), ['frame 5', 'frame 104', 'frame 105'], 'a tenth of a second');
  assert.deepEqual(beatAt(6004), ['frame 106', 'frame 206']);
  assert.equal(telemetry.read('engineLagSeconds'), 6);
  assert.deepEqual(beatAt(6006), ['frame 3000', 'stall 6002', 'tick 6006']);
  assert.deepEqual(beatAt(6008), [], 'told once');
  assert.equal(telemetry.read('engineLagSeconds'), 0);
  assert.equal(telemetry.read('engineLagSecondsMax'), 6.002);
  assert.equal(telemetry.read('engineStalls'), 1);
});

test('beat: a lag just below the alarm is measured and not told, one at it is', () => {
  const { telemetry, beatAt } = openBeat();
  beatAt(0);
  const alarmMs = LAG_ALARM_US / 1000;
  assert.deepEqual(
    beatAt(BEAT_MS + alarmMs - 1).filter((word) => word.startsWith('stall')),
    [],
  );
  assert.equal(telemetry.read('engineLagSeconds'), (alarmMs - 1) / 1000);
  assert.equal(telemetry.read('engineStalls'), 0);
  const next = BEAT_MS + alarmMs - 1 + BEAT_MS + alarmMs;
  assert.ok(beatAt(next).includes(`stall ${alarmMs}`));
  assert.equal(telemetry.read('engineStalls'), 1);
});

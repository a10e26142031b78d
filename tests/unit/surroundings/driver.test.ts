// Owns the cases of the drive: what comes before what, in a recording's time and in real time.
// Promise: sources are doubles; only what is about real time takes some of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRealClock, OFFSETS_KEPT } from '../../../engine/core/clock.ts';
import type { EpochUs } from '../../../engine/core/units.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { type Driven, driveLive, driveRecorded } from '../../../engine/surroundings/driver.ts';
import type { Recording } from '../../../engine/surroundings/house.ts';

const START = 1_700_000_000_000_000;
const at = (us: number): number => (us - START) / 1000;

/** Tells what is done to it, times in milliseconds after the start. */
function openDriven() {
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 1, levels: 64 });
  const { buffer } = createMemory(plan);
  assert.ok(buffer instanceof SharedArrayBuffer);
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const told: string[] = [];
  const desk = { isPending: false, told };
  const driven: Driven = {
    ground: { buffer, plan, telemetry },
    apply: () => undefined,
    tick: (nowUs) => told.push(`tick ${at(nowUs)}`),
    forecasts: {
      isPending: () => desk.isPending,
      async settle() {
        await Promise.resolve();
        desk.isPending = false;
        told.push('forecasts');
      },
    },
  };
  return { desk, driven, told };
}

/** Batches of frames, each its time in milliseconds. */
function record(batches: readonly (readonly number[])[], onFrame: (ms: number) => void) {
  const left = batches.map((batch) => [...batch]);
  let waiting: number[] = [];
  const source: Recording = {
    connect: () => undefined,
    nextUs: () => START + (waiting[0] ?? Number.POSITIVE_INFINITY) * 1000,
    step: () => onFrame(waiting.shift() ?? Number.NaN),
    requestSnapshot: () => undefined,
    list: () => undefined,
    unlist: () => undefined,
    async load() {
      waiting = left.shift() ?? [];
      return waiting.length > 0;
    },
    async close() {
      onFrame(Number.POSITIVE_INFINITY);
    },
  };
  return source;
}

const nowNs = (): number => 0;

test('driver: in a recording the clock comes up to a frame before the frame does', async () => {
  const { driven, told } = openDriven();
  const source = record([[0, 99], [200]], (ms) => told.push(`frame ${ms}`));
  await driveRecorded({ source, driven, nowNs, onProgress: () => told.push('progress') });
  assert.deepEqual(told, [
    'tick 0',
    'frame 0',
    'frame 99',
    'progress',
    'tick 100',
    'tick 200',
    'frame 200',
    'progress',
    'frame Infinity',
  ]);
});

test('driver: a silence of a minute is ticked through, a longer one is skipped', async () => {
  const ticksIn = async (silenceMs: number): Promise<number> => {
    const { driven, told } = openDriven();
    await driveRecorded({ source: record([[0, silenceMs]], () => undefined), driven, nowNs });
    return told.length;
  };
  assert.equal(await ticksIn(60_100), 602); // 0, 100 … 60,100
  assert.equal(await ticksIn(60_101), 2);
});

test('driver: forecasts of a frame are there before the next one', async () => {
  const { desk, driven, told } = openDriven();
  const source = record([[0, 1, 2]], (ms) => {
    told.push(`frame ${ms}`);
    desk.isPending = ms === 1;
  });
  await driveRecorded({ source, driven, nowNs });
  const wanted = ['tick 0', 'frame 0', 'frame 1', 'forecasts', 'frame 2', 'frame Infinity'];
  assert.deepEqual(told, wanted);
});

test('driver: a fault ends a replay behind its frame, and the files are closed', async () => {
  const { driven, told } = openDriven();
  const source = record([[0, 1, 2], [3]], (ms) => told.push(`frame ${ms}`));
  const isOver = (): boolean => told.includes('frame 1');
  await driveRecorded({ source, driven, nowNs, isOver });
  assert.deepEqual(told, ['tick 0', 'frame 0', 'frame 1', 'frame Infinity']);
});

test('driver: files are closed also where a frame throws', async () => {
  const { driven } = openDriven();
  let isClosed = false;
  const source = record([[0]], (ms) => {
    isClosed = ms === Number.POSITIVE_INFINITY;
    if (!isClosed) throw new Error('a broken invariant');
  });
  await assert.rejects(driveRecorded({ source, driven, nowNs }), /a broken invariant/);
  assert.ok(isClosed);
});

test('driver: at a speed, a frame waits for its moment', async () => {
  const { driven, told } = openDriven();
  const source = record([[0, 40]], (ms) => told.push(`frame ${ms}`));
  const began = performance.now();
  await driveRecorded({ source, driven, nowNs, speed: 2 });
  assert.ok(performance.now() - began >= 19, 'half of 40 ms'); // a timer may be a moment early
});

test('driver: live, the clock goes on by itself, and nothing comes after the stop', async () => {
  const { driven, told } = openDriven();
  const { promise, resolve } = Promise.withResolvers<void>();
  const tick = (nowUs: EpochUs): void => {
    driven.tick(nowUs);
    if (told.length === 2) resolve();
  };
  const stop = driveLive({
    source: record([], () => undefined),
    driven: { ...driven, tick },
    clock: createRealClock(Date.now(), () => performance.now() * 1e6),
    beatMs: 2,
    onStall: () => undefined,
    onClockStep: () => undefined,
  });
  await promise;
  stop();
  await new Promise((done) => setTimeout(done, 250)); // two ticks would have come
  assert.equal(told.length, 2);
});

test('driver: live, a clock that is behind the wall goes forward, and it is told', (t) => {
  const looks: (() => void)[] = [];
  t.mock.method(globalThis, 'setInterval', (look: () => void) => looks.push(look));
  const steps: number[] = [];
  const stop = driveLive({
    source: record([], () => undefined),
    driven: openDriven().driven,
    clock: createRealClock(Date.now() - 500, () => performance.now() * 1e6),
    beatMs: 2,
    onStall: () => undefined,
    onClockStep: (ms) => steps.push(ms),
  });
  t.mock.restoreAll();
  for (let second = 0; second < OFFSETS_KEPT; second += 1) {
    assert.deepEqual(steps, []);
    looks[1]?.();
  }
  assert.equal(steps.length, 1);
  assert.ok(Math.abs((steps[0] ?? 0) - 500) < 20, `${steps[0]} ms`);
  stop();
});

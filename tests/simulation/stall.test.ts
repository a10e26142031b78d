// Owns the whole house in a crash on a machine that stops for seconds: the driver's order of work.
// Promise: the wall clock is a variable that jumps; market, fills and marks come from the seed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CRASH_SETTINGS } from '../../cli/trade/crash.ts';
import { asEpochUs } from '../../engine/core/units.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { createBeat } from '../../engine/surroundings/beat.ts';
import { testInstruments } from '../../engine/venues/binance/test-instruments.ts';
import { START_US } from '../engine-fixture.ts';
import {
  closableOf,
  marketOf,
  openOrThrow,
  type RunningSystem,
  temporaryFolder,
} from '../system-fixture.ts';

const SECOND = 1_000_000;
const SEED = 'monday';
const SYMBOLS = 8;
const BEAT_US = 20_000;
const HARD = 0.05; // risk.drawdownHard, the default
const STEPS = 4; // risk.reductionSteps, the default

interface Stall {
  readonly fromUs: number; // after the start
  readonly us: number;
}

/** Runs the crash to its 75th second; the process does nothing at all during the stalls. */
async function crash(t: TestContext, stalls: readonly Stall[]) {
  const stateDir = temporaryFolder(t);
  const instruments = listInstruments(testInstruments(SYMBOLS));
  const settings = CRASH_SETTINGS;
  const run = await openOrThrow({ stateDir, seed: SEED, instruments, settings });
  const told = drive(run, stalls);
  const { rooms, ground } = run.system;
  const found = {
    told,
    state: rooms.guard.tradingState(),
    left: closableOf(rooms),
    drawdownMax: ground.telemetry.read('drawdownMax'),
    lagMax: ground.telemetry.read('engineLagSecondsMax'),
    stalls: ground.telemetry.read('engineStalls'),
  };
  await run.system.stop('test');
  assert.deepEqual(run.faults, []);
  return { ...found, journal: readFileSync(join(stateDir, 'journal', '000001.log'), 'utf8') };
}

/** What was told of stalls, milliseconds. */
function drive(run: RunningSystem, stalls: readonly Stall[]): number[] {
  const { tick, ground } = run.system;
  let wallUs = START_US;
  const told: number[] = [];
  const beat = createBeat({
    source: marketOf(run, SEED, START_US, 'crash'),
    nowUs: () => asEpochUs(wallUs),
    tick,
    telemetry: ground.telemetry,
    beatUs: BEAT_US,
    onStall: (lagMs) => told.push(lagMs),
  });
  const waiting = [...stalls];
  while (wallUs < START_US + 75 * SECOND) {
    const [next] = waiting;
    const isStall = next !== undefined && wallUs >= START_US + next.fromUs;
    wallUs += isStall ? (waiting.shift()?.us ?? 0) : BEAT_US;
    beat();
  }
  return told;
}

test('stall: a machine that stops for 6 and 12 s in a crash sells like any other', async (t) => {
  const stalls = [
    { fromUs: 22 * SECOND, us: 6 * SECOND },
    { fromUs: 32 * SECOND, us: 12 * SECOND },
  ];
  const run = await crash(t, stalls);
  assert.equal(run.state, 'halted');
  assert.deepEqual(run.left, [], 'nothing is held any more that its venue takes an order for');
  assert.ok(run.drawdownMax >= HARD, `drawdown ${run.drawdownMax} reached the hard limit`);
  assert.ok(run.drawdownMax <= HARD * (1 + 1 / STEPS), `drawdown ${run.drawdownMax}`);
  assert.equal(run.stalls, 2);
  assert.equal(run.told.length, 2);
  assert.ok(run.lagMax > 11.9 && run.lagMax < 15, `lag ${run.lagMax} s`);
  assert.doesNotMatch(run.journal, /"stale_data"/, 'no venue is to blame');
  assert.doesNotMatch(run.journal, /reference_price_stale/, 'no reduction was refused for age');
});

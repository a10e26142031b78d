// Owns the tests of the report of a run: figures are of all threads.
// Promise: a real system that has stopped; its threads' timings are written by the test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeReport } from '../../../cli/trade/report.ts';
import { createTelemetry, STAGES } from '../../../engine/memory/telemetry.ts';
import { HISTOGRAM_BYTES } from '../../../wasm/layout.ts';
import { openOrThrow, temporaryFolder } from '../../system-fixture.ts';

const STAGE_BYTES = Math.ceil(HISTOGRAM_BYTES / 64) * 64;

test('report: stages of every shard are in the figures', async (t) => {
  const stateDir = temporaryFolder(t);
  const { system } = await openOrThrow({ stateDir, settings: ['ai.shards=3'] });
  const { buffer, plan } = system.ground;
  for (const shard of [0, 1, 2]) {
    const set = plan.shardHistograms + shard * STAGES.length * STAGE_BYTES;
    const { stages } = createTelemetry(buffer, plan.counters, set);
    stages.feature.record(1000 * (shard + 1));
    stages.inference.record(5000 * (shard + 1));
  }
  const ending = await system.stop('test');
  const { latencyUs } = await makeReport(system, ending, 'test', stateDir, 0);
  assert.deepEqual([latencyUs.feature?.count, latencyUs.inference?.count], [3, 3]);
  assert.equal(latencyUs.inference?.max, 15);
  assert.equal(latencyUs.apply?.count, system.ground.telemetry.stages.apply.count);
});

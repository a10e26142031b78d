// Owns the proof that a real signal worker answers by rings, in order, and stops when asked.
// Promise: a real Piscina thread, real kernels, a real onnxruntime session.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Piscina } from 'piscina';
import { forecastsAt, requestsAt } from '../../../engine/memory/plan.ts';
import { createSlotReader, createSlotWriter } from '../../../engine/memory/ring.ts';
import { writeModel } from '../../../engine/models/registry.ts';
import { createReadings } from '../../../gateway/latency.ts';
import * as layout from '../../../wasm/layout.ts';
import type { SignalReport, SignalTask } from '../../../workers/signal.ts';
import { workerUrl } from '../../../workers/start.ts';
import { createGround, type Ground, ladder } from '../../unit/features/ground.ts';
import { buildTestModel } from '../../unit/models/model-fixture.ts';

const T0 = 1_700_000_000e6;
let modelDir = '';
before(async () => {
  modelDir = await mkdtemp(join(tmpdir(), 'colin-signal-'));
  const { manifest, bytes } = buildTestModel();
  await writeModel(modelDir, manifest, bytes);
});
after(() => rm(modelDir, { recursive: true }));

function startWorker(ground: Ground, dir: string | null) {
  const { memory, module, plan, instruments, buffer } = ground;
  const slots = plan.capacities.forecastSlots;
  const stop = new Int32Array(new SharedArrayBuffer(8));
  const pool = new Piscina({ filename: workerUrl('signal').href, name: 'run', maxThreads: 1 });
  const task: SignalTask = { memory, module, plan, instruments, shard: 0, modelDir: dir, stop };
  const done: Promise<SignalReport> = pool.run(task);
  const writer = createSlotWriter(buffer, requestsAt(plan, 0), slots, layout.REQUEST_BYTES);
  const reader = createSlotReader(buffer, forecastsAt(plan, 0), slots, layout.FORECAST_BYTES);
  return {
    stop,
    done,
    ask(instrument: number, us: number, tickNs: number): void {
      const slot = writer.claim();
      assert.ok(slot !== null);
      slot[layout.REQUEST_INSTRUMENT / 8] = instrument;
      slot[layout.REQUEST_US / 8] = us;
      slot[layout.REQUEST_TICK_NS / 8] = tickNs;
      writer.publish();
    },
    async answer(): Promise<number[]> {
      for (;;) {
        await Promise.race([reader.waitAsync(5000), done]); // a worker that fails fails the test
        const slot = reader.peek();
        if (slot === null) continue;
        const copy = [...slot];
        reader.release();
        return copy;
      }
    },
    async end(): Promise<SignalReport> {
      Atomics.store(stop, 0, 1);
      const report = await done;
      await pool.close();
      return report;
    },
  };
}

const at = (slot: number[], offset: number): number => slot[offset / 8]!;

test('signal worker: answers come in order, valid once warm, as the book leans', async () => {
  const ground = createGround(2);
  const { bids, asks } = ladder(600_000, 30, 1000);
  const heavy = ladder(600_000, 30, 9000);
  ground.load(0, heavy.bids, asks, T0);
  ground.load(1, bids, heavy.asks, T0);
  const worker = startWorker(ground, modelDir);
  for (let k = 0; k < 8; k += 1) {
    for (const index of [0, 1]) worker.ask(index, T0 + k * 100e3, k);
    for (const index of [0, 1]) {
      const slot = await worker.answer();
      assert.equal(at(slot, layout.FORECAST_INSTRUMENT), index);
      assert.equal(at(slot, layout.FORECAST_TICK_NS), k);
      assert.equal(at(slot, layout.FORECAST_REQUEST_US), T0 + k * 100e3);
      assert.equal(at(slot, layout.FORECAST_HORIZON_US), 1e6);
      const status = at(slot, layout.FORECAST_STATUS);
      const probability = at(slot, layout.FORECAST_PROBABILITY);
      assert.equal(status, k < 5 ? layout.FORECAST_NOT_FINITE : layout.FORECAST_VALID);
      if (k < 5) assert.ok(Number.isNaN(probability));
      else assert.ok(index === 0 ? probability > 0.7 : probability < 0.3, `${probability}`);
    }
  }
  ground.invalidate(0);
  worker.ask(0, T0 + 900e3, 9);
  assert.equal(at(await worker.answer(), layout.FORECAST_STATUS), layout.FORECAST_STALE_BOOK);
  const report = await worker.end();
  assert.equal(report.forecasts, 17);
  assert.equal(report.dropped, 0);
  assert.ok(Atomics.load(worker.stop, 1) > 0, 'the loop left its heartbeat');
  const { buffer, plan } = ground;
  const readings = createReadings(buffer, plan);
  assert.equal(readings.stage('feature').count, 17);
  assert.equal(readings.stage('inference').count, 6);
});

test('signal worker: more requests than a batch holds are all answered, in order', async () => {
  const ground = createGround(1);
  const { bids, asks } = ladder(600_000, 30, 1000);
  ground.load(0, bids, asks, T0);
  const worker = startWorker(ground, modelDir);
  for (let k = 0; k < 60; k += 1) worker.ask(0, T0 + k * 10e3, k);
  for (let k = 0; k < 60; k += 1) {
    assert.equal(at(await worker.answer(), layout.FORECAST_TICK_NS), k);
  }
  await worker.end();
});

test('signal worker: without a model every forecast says so', async () => {
  const ground = createGround(1);
  const worker = startWorker(ground, null);
  worker.ask(0, T0, 1);
  const slot = await worker.answer();
  assert.equal(at(slot, layout.FORECAST_STATUS), layout.FORECAST_NO_MODEL);
  assert.ok(Number.isNaN(at(slot, layout.FORECAST_PROBABILITY)));
  await worker.end();
});

test('signal worker: a folder without a model ends the task with what to do', async () => {
  const worker = startWorker(createGround(1), join(tmpdir(), 'colin-no-such-model'));
  await assert.rejects(worker.done, /colin train/);
});

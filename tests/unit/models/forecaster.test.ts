// Owns the proof that the forecaster never lets a bad number out and keeps requests in order.
// Promise: the model is a stand-in whose answers the test chooses; books and features are real.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFeatureRows } from '../../../engine/features/rows.ts';
import { FEATURES } from '../../../engine/features/vector.ts';
import { createForecaster, type ForecastFields } from '../../../engine/models/forecaster.ts';
import type { Model } from '../../../engine/models/model.ts';
import { LINEAR_FEATURES } from '../../../engine/models/training.ts';
import * as layout from '../../../wasm/layout.ts';
import { createGround, ladder } from '../features/ground.ts';
import { buildTestModel } from './model-fixture.ts';

const T0 = 1_700_000_000e6;

/** A warm forecaster on two books, whose model answers with `answers` in turn. */
function createCase(answers: (rows: number) => number[]) {
  const ground = createGround(2);
  const { kernels, buffer, plan, instruments } = ground;
  const { bids, asks } = ladder(600_000, 30, 1000);
  for (const index of [0, 1]) ground.load(index, bids, asks, T0);
  const rows = createFeatureRows({ kernels, buffer, plan, shard: 0, instruments });
  const runs: number[] = [];
  const model: Model = {
    kind: 'model',
    manifest: buildTestModel().manifest,
    batchMax: 32,
    input: new Float32Array(32 * LINEAR_FEATURES.length),
    async run(count) {
      runs.push(count);
      return Float32Array.from(answers(count));
    },
    close: async () => undefined,
  };
  const out: ForecastFields[] = [];
  const seen: number[] = [];
  let ns = 0;
  const forecaster = createForecaster({
    rows,
    model,
    modelIndex: 3,
    buffer,
    plan,
    shard: 0,
    nowNs: () => {
      ns += 1000;
      return ns;
    },
    onForecast: (forecast) => out.push({ ...forecast }),
    onRow: (_instrument, _nowUs, status, row) => seen.push(status, row.length),
  });
  const row = new Float32Array(FEATURES.length);
  for (const instrument of instruments) {
    for (let ms = 0; ms <= 900; ms += 100) rows.compute(instrument, T0 + ms * 1e3, row, 0);
  }
  return { ground, forecaster, model, out, runs, seen, instruments };
}

test('forecaster: one run answers a batch, in the order of the requests', async () => {
  const { forecaster, out, runs, instruments, seen } = createCase(() => [0.6, 0.4]);
  assert.equal(forecaster.request(instruments[1]!, T0 + 1e6, 11), true);
  assert.equal(forecaster.request(instruments[0]!, T0 + 1e6, 12), true);
  assert.equal(forecaster.pending, 2);
  await forecaster.run();
  assert.deepEqual(runs, [2]);
  assert.equal(forecaster.pending, 0);
  const found = out.map(({ instrument, tickNs, probability, status, model }) => [
    instrument.index,
    tickNs,
    probability.toFixed(2),
    status,
    model,
  ]);
  assert.deepEqual(found, [
    [1, 11, '0.60', layout.FORECAST_VALID, 3],
    [0, 12, '0.40', layout.FORECAST_VALID, 3],
  ]);
  assert.deepEqual(seen, [0, FEATURES.length, 0, FEATURES.length]);
});

test('forecaster: NaN, Infinity and numbers outside 0..1 come out as not finite', async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -0.01, 1.01]) {
    const { forecaster, out, instruments } = createCase(() => [bad]);
    forecaster.request(instruments[0]!, T0 + 1e6, 0);
    await forecaster.run();
    assert.equal(out[0]!.status, layout.FORECAST_NOT_FINITE);
    assert.ok(Number.isNaN(out[0]!.probability));
  }
});

test('forecaster: a stale book does not reach the model and moves no other answer', async () => {
  const { ground, forecaster, out, runs, instruments } = createCase(() => [0.7]);
  ground.invalidate(0);
  forecaster.request(instruments[0]!, T0 + 1e6, 0);
  forecaster.request(instruments[1]!, T0 + 1e6, 0);
  await forecaster.run();
  assert.deepEqual(runs, [1]);
  assert.equal(out[0]!.status, layout.FORECAST_STALE_BOOK);
  assert.ok(Number.isNaN(out[0]!.probability));
  assert.equal(out[1]!.probability.toFixed(2), '0.70');
});

test('forecaster: the model gets its columns in its own order', async () => {
  const { ground, forecaster, model, instruments } = createCase(() => [0.5]);
  ground.apply(0, [[599_999, 3000]], [], T0 + 1e6);
  forecaster.request(instruments[0]!, T0 + 1e6, 0);
  await forecaster.run();
  assert.equal(model.input[LINEAR_FEATURES.indexOf('imbalance_1')]!.toFixed(4), '0.5000');
});

test('forecaster: a full batch refuses until it has run, as does a run in progress', async () => {
  const { forecaster, out, instruments } = createCase((rows) => new Array(rows).fill(0.5));
  for (let k = 0; k < 32; k += 1) {
    assert.equal(forecaster.request(instruments[0]!, T0 + 1e6, k), true);
  }
  assert.equal(forecaster.request(instruments[0]!, T0 + 1e6, 32), false);
  const running = forecaster.run();
  assert.equal(forecaster.request(instruments[0]!, T0 + 1e6, 33), false);
  await running;
  assert.equal(out.length, 32);
  assert.equal(forecaster.request(instruments[0]!, T0 + 1e6, 34), true);
});

test('forecaster: a model that fails rejects the run and leaves no request behind', async () => {
  const { forecaster, out, instruments } = createCase(() => {
    throw new Error('onnxruntime is gone');
  });
  forecaster.request(instruments[0]!, T0 + 1e6, 0);
  await assert.rejects(forecaster.run(), /gone/);
  assert.equal(out.length, 0);
  assert.equal(forecaster.pending, 0);
});

// Owns the proof that logistic regression and calibration find what was planted.
// Promise: planted weights, a closed form and known figures of the literature, not our own output.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitCalibration, UNCALIBRATED } from '../../../engine/models/calibration.ts';
import {
  fitLinear,
  type LinearModel,
  scoreLinear,
  sigmoid,
} from '../../../engine/models/linear.ts';
import { drawDataset } from './model-fixture.ts';

const all = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

function fitted(data: ReturnType<typeof drawDataset>, l2: number, symmetric: boolean): LinearModel {
  const fit = fitLinear(data, all(data.rows), { l2, clip: 10, isSymmetric: symmetric });
  if (fit.kind !== 'fitted') throw new Error(fit.reason);
  return fit.model;
}

test('linear: planted weights are found', () => {
  const weights = [1, -0.5, 0, 0.25];
  const model = fitted(drawDataset(40_000, weights, 'planted'), 1e-6, false);
  for (const [k, weight] of weights.entries()) {
    const found = model.weights[k]! / model.scale[k]!;
    assert.ok(Math.abs(found - weight) < 0.05, `weight ${k}: ${found}, planted ${weight}`);
  }
});

test('linear: with one binary feature the fit is the log odds of the two groups', () => {
  // 30 of 40 up where the feature is 1, 12 of 60 up where it is 0 (odds 3 and 0.25).
  const features = Float32Array.from([...new Array(40).fill(1), ...new Array(60).fill(0)]);
  const labels = Uint8Array.from({ length: 100 }, (_, k) => Number(k < 30 || (k >= 40 && k < 52)));
  const sample = { features, columns: 1, labels };
  const fit = fitLinear(sample, all(100), { l2: 0, clip: 10, isSymmetric: false });
  assert.equal(fit.kind, 'fitted');
  if (fit.kind !== 'fitted') return;
  assert.ok(Math.abs(scoreLinear(fit.model, sample, 0) - Math.log(3)) < 1e-9);
  assert.ok(Math.abs(scoreLinear(fit.model, sample, 99) - Math.log(0.25)) < 1e-9);
});

test('linear: a symmetric model gives the mirrored row the mirrored probability', () => {
  const data = drawDataset(2000, [0.8, -0.3], 'mirror');
  const model = fitted(data, 1, true);
  const mirrored = { ...data, features: data.features.map((value) => -value) };
  assert.equal(model.bias, 0);
  for (let row = 0; row < 20; row += 1) {
    const p = sigmoid(scoreLinear(model, data, row)) + sigmoid(scoreLinear(model, mirrored, row));
    assert.ok(Math.abs(p - 1) < 1e-12);
  }
});

test('linear: a feature that is not finite is refused, and so are too few rows', () => {
  const data = drawDataset(500, [1, 1], 'bad');
  data.features[7] = Number.NaN;
  const options = { l2: 1, clip: 5, isSymmetric: true };
  assert.equal(fitLinear(data, all(500), options).kind, 'not_fitted');
  assert.equal(fitLinear(data, all(3), options).kind, 'not_fitted');
});

test('linear: two equal columns without a penalty are refused as dependent', () => {
  const one = drawDataset(500, [1], 'twin');
  const features = Float32Array.from({ length: 1000 }, (_, k) => one.features[k >> 1]!);
  const fit = fitLinear({ ...one, columns: 2, features }, all(500), {
    l2: 0,
    clip: 5,
    isSymmetric: true,
  });
  assert.equal(fit.kind, 'not_fitted');
});

test('calibration: scores twice too sure are halved', () => {
  const data = drawDataset(20_000, [1], 'calibrate');
  const z = [...data.features].map((value) => 2 * value);
  const { slope, offset } = fitCalibration(z, [...data.labels], true);
  assert.ok(Math.abs(slope - 0.5) < 0.03, `slope ${slope}`);
  assert.equal(offset, 0);
});

test('calibration: an added shift is taken back by the offset', () => {
  const data = drawDataset(20_000, [1], 'shift');
  const z = [...data.features].map((value) => value + 0.7);
  const { slope, offset } = fitCalibration(z, [...data.labels], false);
  assert.ok(Math.abs(slope - 1) < 0.05 && Math.abs(offset + 0.7) < 0.08, `${slope} ${offset}`);
});

test('calibration: too few rows change nothing; a useless model is flattened, not turned', () => {
  assert.deepEqual(fitCalibration([1, -1], [1, 0], true), UNCALIBRATED);
  const data = drawDataset(5000, [1], 'wrong');
  const z = [...data.features].map((value) => -value);
  assert.ok(fitCalibration(z, [...data.labels], true).slope > 0);
});

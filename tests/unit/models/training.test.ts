// Owns the proof that training reports what is there: skill where it was planted, none in noise.
// Promise: seeded data with a known best accuracy; the noise case fails if anything leaks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINEAR_FEATURES, trainLinear } from '../../../engine/models/training.ts';
import { drawDataset } from './model-fixture.ts';

const OPTIONS = { horizonUs: 1e6, embargoUs: 1e6, folds: 5, l2: 10 };
const weights = (first: number): number[] => LINEAR_FEATURES.map((_, k) => (k === 0 ? first : 0));

function trained(rows: number, first: number, seed: string) {
  const result = trainLinear(drawDataset(rows, weights(first), seed), OPTIONS);
  if (result.kind !== 'trained') throw new Error(result.reason);
  return result;
}

test('training: noise has an accuracy whose interval holds 50 %, and no edge in confidence', () => {
  const { overall } = trained(6000, 0, 'noise');
  for (const { low, high, coverage } of overall.coverage) {
    assert.ok(low < 0.5 && high > 0.5, `top ${coverage}: [${low}, ${high}]`);
  }
  assert.ok(overall.logLoss < 0.7, 'calibration flattens a model that knows nothing');
});

test('training: a planted edge is found, calibrated and grows with confidence', () => {
  const { overall, folds, model } = trained(6000, 2, 'edge');
  const [whole, , , tenth] = overall.coverage;
  assert.ok(whole!.accuracy > 0.76 && whole!.accuracy < 0.84, `${whole!.accuracy}`);
  assert.ok(tenth!.accuracy > 0.94);
  assert.ok(overall.calibrationError < 0.03);
  assert.equal(folds.length, 5);
  assert.ok(Math.abs(model.weights[0]!) > 10 * Math.abs(model.weights[1]!));
});

test('training: every fold is tested later than it was trained, on more rows each time', () => {
  const { folds } = trained(3000, 1, 'folds');
  for (const [k, fold] of folds.entries()) {
    const before = folds[k - 1];
    if (before === undefined) continue;
    assert.ok(fold.fromUs > before.toUs);
    assert.ok(fold.trainRows > before.trainRows);
  }
});

test('training: the same data gives the same model, bit for bit', () => {
  assert.deepEqual(trained(2000, 1, 'again'), trained(2000, 1, 'again'));
});

test('training: too little data is refused with a reason', () => {
  const result = trainLinear(drawDataset(30, weights(1), 'few'), OPTIONS);
  assert.equal(result.kind, 'not_trained');
});

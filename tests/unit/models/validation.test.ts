// Owns the proof that the figures of validation are the textbook's.
// Promise: expected numbers come from tables or are worked out by hand here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brierOf,
  calibrationErrorOf,
  countEffective,
  coverageOf,
  logLossOf,
  wilson,
} from '../../../engine/models/validation.ts';

const close = (actual: number, expected: number, slack = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= slack, `${actual} is not ${expected}`);

test('validation: the Wilson interval of 81 in 263 is that of Newcombe (1998), table I', () => {
  const { low, high } = wilson(81 / 263, 263);
  close(low, 0.2553, 5e-5);
  close(high, 0.3662, 5e-5);
});

test('validation: the Wilson interval of 0 in 20 is that of Newcombe (1998), table I', () => {
  const { low, high } = wilson(0, 20);
  close(low, 0, 1e-12);
  close(high, 0.1611, 5e-5);
});

test('validation: no rows give no knowledge', () => {
  assert.deepEqual(wilson(0.5, 0), { low: 0, high: 1 });
});

test('validation: rows that repeat each other count once per block', () => {
  const hits = Array.from({ length: 400 }, (_, row) => Number(Math.floor(row / 10) % 2 === 0));
  const blocks = hits.map((_, row) => Math.floor(row / 10));
  const effective = countEffective(hits, blocks);
  assert.ok(effective > 35 && effective < 45, `${effective} of 40 blocks`);
});

test('validation: independent rows keep their number, one block keeps one', () => {
  const hits = Array.from({ length: 1000 }, (_, row) => (row * 7919) % 2);
  const alone = countEffective(
    hits,
    hits.map((_, row) => row),
  );
  assert.ok(alone > 990 && alone <= 1000, `${alone}`);
  assert.equal(countEffective([1, 1, 0], [5, 5, 5]), 1);
  assert.equal(countEffective([1, 1, 1, 1], [1, 1, 2, 2]), 2, 'all right: one per block');
});

const judged = {
  probability: [0.9, 0.8, 0.45, 0.3],
  label: [1, 0, 0, 0],
  block: [0, 1, 2, 3],
};

test('validation: log loss, Brier score and calibration error of four rows by hand', () => {
  close(logLossOf(judged), -(Math.log(0.9) + Math.log(0.2) + Math.log(0.55) + Math.log(0.7)) / 4);
  close(brierOf(judged), (0.01 + 0.64 + 0.2025 + 0.09) / 4);
  // bins: 0.9 -> 1, 0.8 -> 0, 0.45 -> 0, 0.3 -> 0
  close(calibrationErrorOf(judged), (0.1 + 0.8 + 0.45 + 0.3) / 4);
});

test('validation: coverage keeps the most confident rows', () => {
  const [whole, half, quarter] = coverageOf(judged);
  close(whole!.accuracy, 3 / 4);
  assert.equal(half!.rows, 2);
  close(half!.accuracy, 1 / 2);
  assert.equal(quarter!.rows, 1);
  close(quarter!.accuracy, 1);
  for (const { low, high, accuracy } of [whole!, half!, quarter!]) {
    assert.ok(low <= accuracy && accuracy <= high);
  }
});

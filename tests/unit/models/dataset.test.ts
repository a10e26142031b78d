// Owns the proof that labels look only at what comes after their row.
// Promise: each case names its mids; none depends on rounding.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDataset } from '../../../engine/models/dataset.ts';

const create = (rowsMax = 10) =>
  createDataset({ columns: 1, instruments: 2, rowsMax, horizonUs: 1000, delayUs: 100 });
const value = (x: number): Float32Array => Float32Array.from([x]);

test('dataset: the label is the move from the delay to the end of the horizon', () => {
  const builder = create();
  builder.addMid(0, 0, 50);
  builder.addRow(0, 10, value(7));
  builder.addMid(0, 105, 60); // inside the delay: where the label starts
  builder.addMid(0, 1110, 59); // exactly at its end
  builder.addMid(0, 9000, 80);
  const { dataset } = builder.build();
  assert.equal(dataset.rows, 1);
  assert.deepEqual([...dataset.labels], [0]);
  assert.deepEqual([...dataset.features], [7]);
  assert.deepEqual([...dataset.labelEndUs], [1110]);
});

test('dataset: a move that comes after the horizon is not seen', () => {
  const builder = create();
  builder.addMid(0, 0, 50);
  builder.addRow(0, 10, value(1));
  builder.addMid(0, 1111, 99);
  assert.deepEqual(builder.build().left, { unmoved: 1, unknown: 0, full: 0 });
});

test('dataset: a gap inside the span and the end of the recording give no label', () => {
  const builder = create();
  builder.addMid(0, 0, 50);
  builder.addRow(0, 10, value(1));
  builder.addMid(0, 500, Number.NaN);
  builder.addMid(0, 600, 70);
  builder.addRow(0, 700, value(2)); // after the gap: 70 -> 71
  builder.addMid(0, 1800, 71);
  builder.addRow(0, 1800, value(3)); // nothing comes after it
  const { dataset, left } = builder.build();
  assert.deepEqual(left, { unmoved: 0, unknown: 2, full: 0 });
  assert.deepEqual([...dataset.features], [2]);
  assert.deepEqual([...dataset.labels], [1]);
});

test('dataset: instruments do not see each other', () => {
  const builder = create();
  builder.addMid(0, 0, 50);
  builder.addMid(1, 0, 500);
  builder.addRow(0, 10, value(1));
  builder.addRow(1, 10, value(2));
  builder.addMid(0, 200, 51);
  builder.addMid(1, 200, 499);
  builder.addMid(0, 2000, 40);
  builder.addMid(1, 2000, 600);
  const { dataset } = builder.build();
  assert.deepEqual([...dataset.instrument], [0, 1]);
  assert.deepEqual([...dataset.labels], [1, 0]);
});

test('dataset: rows beyond the bound are refused and counted', () => {
  const builder = create(1);
  builder.addMid(0, 0, 50);
  assert.equal(builder.addRow(0, 1, value(1)), true);
  assert.equal(builder.addRow(0, 2, value(2)), false);
  assert.equal(builder.build().left.full, 1);
});

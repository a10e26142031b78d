// Owns the tests of the slice of a run: epochs, and which order ids may be out there unrecorded.
// Promise: ids are made by core/ids.ts, not written as they ought to look.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOrderId } from '../../../engine/core/ids.ts';
import { createRunSlice, type RunSlice } from '../../../engine/run/run-slice.ts';
import { runStarted, verdictOf } from '../../orders-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const reserve = (run: RunSlice, epoch: number, from: number, to: number): void =>
  run.fold({ kind: 'ids_reserved', epoch, from, to }, 0);

const start = (run: RunSlice, epoch: number): void => run.fold(runStarted(epoch), 0);

test('run: above the highest record and below the reserved end an id may be ours', () => {
  const run = createRunSlice();
  start(run, 3);
  reserve(run, 3, 1, 1025);
  run.fold(verdictOf(intentOf(), formatOrderId(3, 7)), 0);
  const may = (number: number): boolean => run.mayBeUnrecorded(formatOrderId(3, number));
  assert.ok(!may(8), 'the engine that runs has records of all it sent');
  reserve(run, 3, 1025, 2049);
  start(run, 4);
  reserve(run, 4, 1, 1025);
  assert.deepEqual(run.save().unrecorded, [{ epoch: 3, from: 8, to: 2049 }]);
  const seen = [1, 7, 8, 1024, 2048, 2049].map(may);
  assert.deepEqual(seen, [false, false, true, true, true, false]);
  for (const id of ['', 'web-1', 'c1', 'c0003x', 'c0003x0000000Z', formatOrderId(2, 8)]) {
    assert.ok(!run.mayBeUnrecorded(id), id);
  }
});

test('run: an engine that ended in good order leaves no id in doubt, nor those before it', () => {
  const run = createRunSlice();
  start(run, 1);
  reserve(run, 1, 1, 1025);
  start(run, 2); // the first one died
  assert.ok(run.mayBeUnrecorded(formatOrderId(1, 5)) && !run.isStopped);
  reserve(run, 2, 1, 1025);
  run.fold({ kind: 'run_stopped', reason: 'asked', stateHash: '' }, 0);
  assert.ok(run.isStopped);
  start(run, 3);
  assert.deepEqual(run.save().unrecorded, []);
});

test('run: there and back, bounded, and nothing that contradicts', () => {
  const run = createRunSlice();
  for (let epoch = 1; epoch <= 18; epoch += 1) {
    start(run, epoch);
    reserve(run, epoch, 1, 1025);
  }
  assert.equal(run.save().unrecorded.length, 16, 'the oldest of the 17 that died is given up');
  const may = (epoch: number): boolean => run.mayBeUnrecorded(formatOrderId(epoch, 5));
  assert.ok(!may(1) && may(2) && may(17) && !may(18));
  const copy = createRunSlice();
  copy.load(JSON.parse(JSON.stringify(run.save())));
  assert.equal(copy.hash(), run.hash());
  assert.ok(copy.mayBeUnrecorded(formatOrderId(2, 5)));
  assert.throws(() => start(run, 18), /epoch 18 starts after epoch 18/);
  assert.throws(() => reserve(run, 17, 1, 1025), /ids of epoch 17 in epoch 18/);
  assert.throws(() => copy.load({ ...run.save(), epoch: Number.NaN }), /has no epoch/);
});

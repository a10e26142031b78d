// Owns the proof that a math space hands out room that is zero, aligned, apart and bounded.
// Promise: what is given back is clean when it is taken again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMathSpace } from '../../../engine/analysis/math-space.ts';
import { openMathSpace } from './room.ts';

const { kernels } = openMathSpace(64);
const buffer = (bytes: number) => new SharedArrayBuffer(bytes);

test('math space: blocks are zero, on cache lines and apart', () => {
  const space = createMathSpace(kernels, buffer(1024), 64, 1024);
  const first = space.take(3);
  const second = space.take(9);
  assert.deepEqual([first.at, second.at, space.take(1).at], [64, 128, 256]);
  first.view.fill(5);
  second.view.fill(7);
  assert.deepEqual([...first.view], [5, 5, 5]);
  assert.equal(first.view.byteOffset, first.at);
});

test('math space: work gives its room back, also when it throws, and it is zero again', () => {
  const space = createMathSpace(kernels, buffer(1024), 0, 1024);
  const kept = space.take(8);
  kept.view.fill(1);
  const at = space.within(() => {
    const inner = space.take(8);
    inner.view.fill(2);
    return inner.at;
  });
  assert.throws(() =>
    space.within(() => {
      space.take(16);
      throw new Error('no');
    }),
  );
  const again = space.take(8);
  assert.equal(again.at, at);
  assert.ok(again.view.every((value) => value === 0));
  assert.ok(kept.view.every((value) => value === 1));
  space.reset();
  assert.equal(space.take(1).at, 0);
});

test('math space: the last number fits and the one after does not', () => {
  const space = createMathSpace(kernels, buffer(256), 64, 192);
  assert.throws(() => space.take(17), /no room/);
  space.take(16);
  assert.throws(() => space.take(1), /no room/);
});

test('math space: a range outside its memory or off a cache line is refused', () => {
  assert.throws(() => createMathSpace(kernels, buffer(256), 0, 264), /outside/);
  assert.throws(() => createMathSpace(kernels, buffer(256), 8, 256), /cache line/);
  assert.throws(() => createMathSpace(kernels, buffer(256), 192, 128), /outside/);
});

test('math space: columns are copied a stride apart and must have one length', () => {
  const space = createMathSpace(kernels, buffer(1024), 0, 1024);
  const columns = space.takeColumns([Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)]);
  assert.deepEqual([columns.count, columns.rows, columns.stride], [2, 3, 64]);
  assert.deepEqual([...columns.views[1]!], [4, 5, 6]);
  assert.equal(columns.views[1]!.byteOffset, columns.at + columns.stride);
  const uneven = [Float64Array.of(1), Float64Array.of(1, 2)];
  assert.throws(() => space.takeColumns(uneven), /differ in length/);
});

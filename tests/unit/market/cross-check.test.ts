// Owns the tests of the top-of-book comparison by id.
// Promise: pairs are compared once, in either order of arrival, within a bounded memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCrossCheck } from '../../../engine/market/cross-check.ts';

test('cross-check: a pair is compared once, whichever side came first', () => {
  const check = createCrossCheck(1);
  check.addQuote(0, 10, 1, 2, 3, 4);
  assert.equal(check.addTop(0, 10, 1, 2, 3, 4), false);
  check.addTop(0, 20, 5, 6, 7, 8);
  assert.equal(check.addQuote(0, 20, 5, 6, 7, 8), false);
  assert.equal(check.addQuote(0, 20, 5, 6, 7, 9), false); // the same id again: not compared
  assert.deepEqual(check.count(0), { compared: 2, mismatched: 0 });
});

for (const [side, quote] of [
  ['bid price', [9, 2, 3, 4]],
  ['bid size', [1, 9, 3, 4]],
  ['ask price', [1, 2, 9, 4]],
  ['ask size', [1, 2, 3, 9]],
] as const) {
  test(`cross-check: another ${side} is a mismatch`, () => {
    const check = createCrossCheck(1);
    check.addTop(0, 10, 1, 2, 3, 4);
    const [bid, bidQty, ask, askQty] = quote;
    assert.equal(check.addQuote(0, 10, bid, bidQty, ask, askQty), true);
    assert.deepEqual(check.total(), { compared: 1, mismatched: 1 });
  });
}

test('cross-check: ids between the updates are not compared', () => {
  const check = createCrossCheck(2);
  check.addTop(0, 10, 1, 2, 3, 4);
  check.addQuote(0, 9, 1, 2, 3, 4);
  check.addQuote(0, 11, 1, 2, 3, 4);
  check.addQuote(1, 10, 1, 2, 3, 4); // another instrument
  assert.deepEqual(check.total(), { compared: 0, mismatched: 0 });
});

test('cross-check: old ids are forgotten, the newest are found', () => {
  const check = createCrossCheck(1);
  for (let id = 1; id <= 10000; id += 1) check.addQuote(0, id, 1, 2, 3, 4);
  check.addTop(0, 5, 1, 2, 3, 4);
  assert.equal(check.total().compared, 0);
  check.addTop(0, 9000, 1, 2, 3, 4);
  check.addTop(0, 10000, 1, 2, 3, 4);
  assert.equal(check.total().compared, 2);
});

test('cross-check: many instruments share the memory, each keeps its newest ids', () => {
  for (const [instruments, kept] of [
    [64, 2048],
    [65, 1024],
    [1000, 128],
    [4096, 64],
  ] as const) {
    const check = createCrossCheck(instruments);
    const last = instruments - 1;
    for (let id = 1; id <= 5000; id += 1) check.addQuote(last, id, 1, 2, 3, 4);
    check.addTop(last, 5000 - kept, 1, 2, 3, 4);
    assert.equal(check.total().compared, 0, `${instruments} instruments keep more than ${kept}`);
    check.addTop(last, 5000 - kept + 1, 1, 2, 3, 4);
    assert.equal(check.total().compared, 1, `${instruments} instruments keep less than ${kept}`);
  }
});

test('cross-check: ids that begin anew are compared anew', () => {
  const check = createCrossCheck(1);
  check.addQuote(0, 1000, 1, 2, 3, 4);
  check.addQuote(0, 5, 1, 2, 3, 4);
  check.addTop(0, 5, 1, 2, 3, 4);
  assert.equal(check.total().compared, 1);
});

// Owns the proof of counters, histograms in shared memory, assertions and the engine's book view.
// Promise: names and places agree; a view shows the best level first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNever, InvariantError, assert as invariant } from '../../../engine/core/assert.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { createBookView } from '../../../engine/memory/book-view.ts';
import {
  bookAt,
  createMemory,
  DEFAULT_CAPACITIES,
  planMemory,
} from '../../../engine/memory/plan.ts';
import { COUNTERS, createTelemetry, STAGES } from '../../../engine/memory/telemetry.ts';
import * as layout from '../../../wasm/layout.ts';

const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 2, levels: 8 });
const open = () => createMemory(plan).buffer as unknown as SharedArrayBuffer;

test('telemetry: each counter and stage has its own place', () => {
  const buffer = open();
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  COUNTERS.forEach((name, k) => {
    telemetry.add(name, k);
    telemetry.add(name, 1);
  });
  STAGES.forEach((stage, k) => {
    telemetry.stages[stage].record(1000 * k);
  });
  const other = createTelemetry(buffer, plan.counters, plan.histograms); // another thread's view
  COUNTERS.forEach((name, k) => {
    assert.equal(other.read(name), k + 1, name);
  });
  STAGES.forEach((stage, k) => {
    assert.equal(other.stages[stage].max, 1000 * k, stage);
  });
  telemetry.set('equity', -2.5);
  assert.equal(other.read('equity'), -2.5);
});

test('assert: a broken invariant is an InvariantError that says what broke', () => {
  invariant(true, 'never seen');
  assert.throws(() => invariant(false, 'the sky fell'), { name: 'InvariantError' });
  assert.throws(() => assertNever({ kind: 'new' } as never), /unexpected case: {"kind":"new"}/);
  assert.ok(new InvariantError('x') instanceof Error);
});

test('book view: level 0 is the best and a level that is not there is NaN', () => {
  const buffer = open();
  const view = createBookView(buffer, plan);
  const instrument = { index: 1 } as Instrument;
  const at = bookAt(plan, 1);
  const words = new Uint32Array(buffer);
  const numbers = new Float64Array(buffer);
  words[(at + layout.BOOK_FLAGS) / 4] = layout.BOOK_READY;
  words[(at + layout.BOOK_BID_COUNT) / 4] = 2;
  words[(at + layout.BOOK_ASK_COUNT) / 4] = 1;
  numbers[(at + layout.BOOK_UPDATE_ID) / 8] = 77;
  numbers.set([99, 7, 100, 5], (at + layout.BOOK_LEVELS) / 8);
  numbers.set([101, 3], (at + layout.BOOK_LEVELS + 8 * 16) / 8);
  assert.equal(view.isReady(instrument), true);
  assert.equal(view.isReady({ index: 0 } as Instrument), false);
  assert.equal(view.updateId(instrument), 77);
  assert.deepEqual([view.bidCount(instrument), view.askCount(instrument)], [2, 1]);
  assert.deepEqual([view.bidPrice(instrument, 0), view.bidQty(instrument, 0)], [100, 5]);
  assert.deepEqual([view.bidPrice(instrument, 1), view.bidQty(instrument, 1)], [99, 7]);
  assert.deepEqual([view.askPrice(instrument, 0), view.askQty(instrument, 0)], [101, 3]);
  assert.equal(view.bidPrice(instrument, 2), Number.NaN);
  assert.equal(view.askPrice(instrument, -1), Number.NaN);
});

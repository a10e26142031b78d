// Owns the proof that a checkpoint which could outgrow a ring is refused before the start.
// Promise: the bound is the journal port's own, asked at, below and above it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLICES, type SliceName, type SliceSizes } from '../../../engine/facts/slice-names.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { problemsOfCheckpoint, ringBytesFor } from '../../../engine/storage/checkpoint-size.ts';
import { createJournalPort } from '../../../engine/storage/journal-writer.ts';

const sizesOf = (sizes: Partial<Record<SliceName, number>> = {}): SliceSizes => ({
  ...{ run: 100, instruments: 100, accounts: 100, orders: 100, strategies: 100 },
  ...{ limits: 100, standings: 100, models: 100 },
  ...sizes,
});
const RING = 8192;
const rings = { journalBytes: RING, gatewayBytes: RING };

test('size: a thousand instruments and 4,096 open orders fit rings of eight megabytes', () => {
  const sizes = sizesOf({ instruments: 1000 * 420, accounts: 1000 * 900, orders: 4096 * 900 });
  const [problem] = problemsOfCheckpoint(sizes, DEFAULT_CAPACITIES);
  assert.equal(problem?.path, 'capacity.journalRingBytes');
  assert.match(problem?.message ?? '', /slice 'orders' can take 3686400 B.*raise it to 8388608/);
  const bytes = ringBytesFor(sizes);
  assert.equal(bytes, 8 << 20);
  assert.deepEqual(problemsOfCheckpoint(sizes, { journalBytes: bytes, gatewayBytes: bytes }), []);
});

test('size: each ring that is too small is named with its own key', () => {
  const sizes = sizesOf({ limits: 5000 });
  const keys = (journalBytes: number, gatewayBytes: number): string[] =>
    problemsOfCheckpoint(sizes, { journalBytes, gatewayBytes }).map(({ path }) => path);
  assert.deepEqual(keys(RING, 2 * RING), ['capacity.journalRingBytes']);
  assert.deepEqual(keys(2 * RING, RING), ['capacity.gatewayRingBytes']);
  assert.deepEqual(keys(RING, RING).length, 2);
  assert.deepEqual(keys(2 * RING, 2 * RING), []);
});

test('size: what passes is taken by the journal port, one byte more is a problem', () => {
  const least = (bytes: number): number => {
    for (let ring = 64; ; ring += 8) {
      if (
        problemsOfCheckpoint(sizesOf({ orders: bytes }), { journalBytes: ring, gatewayBytes: ring })
          .length === 0
      )
        return ring;
    }
  };
  const largest = RING / 2 - 16 - 160;
  assert.equal(least(largest), RING);
  assert.ok(least(largest + 1) > RING);
  const plan = planMemory({
    ...DEFAULT_CAPACITIES,
    instruments: 1,
    levels: 16,
    journalBytes: RING,
  });
  const buffer = createMemory(plan).buffer as unknown as SharedArrayBuffer;
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const firstSeq = 999_999_999_999_999; // the longest numbers there are
  const port = createJournalPort({
    buffer,
    plan,
    telemetry,
    firstSeq,
    onFull: 'queue',
    queueMax: 1,
  });
  const state = 'x'.repeat(largest - 2);
  for (const slice of SLICES.slice(0, 1)) {
    port.record(Number.MAX_SAFE_INTEGER, { kind: 'checkpoint', slice, state });
  }
  assert.equal(port.queued, 0, 'it is in the ring');
});

test('size: a size that is no count of bytes, or longer than a line may be, is a problem', () => {
  for (const bytes of [Number.NaN, -1, 0, 1.5, Number.POSITIVE_INFINITY]) {
    const [problem] = problemsOfCheckpoint(sizesOf({ accounts: bytes }), rings);
    assert.match(problem?.message ?? '', /slice 'accounts' states .* B as its size/);
  }
  const paths = (['orders', 'accounts'] as const).map((slice) => {
    const [problem] = problemsOfCheckpoint(sizesOf({ [slice]: 33 << 20 }), rings);
    assert.match(problem?.message ?? '', /more than a line of the journal may .*: lower it/);
    return problem?.path;
  });
  assert.deepEqual(paths, ['capacity.orders', 'capacity.instruments']);
});

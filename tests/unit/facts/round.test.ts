// Owns the proof that a round is whole and of one moment, whatever a stream of records loses.
// Promise: losses are drawn from one seed; each round handed over is one that was written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError } from '../../../engine/core/assert.ts';
import type { JournalRecord } from '../../../engine/facts/fact.ts';
import {
  createRoundCollector,
  epochOf,
  loadRound,
  type Round,
  saveRound,
} from '../../../engine/facts/round.ts';
import type { Slice } from '../../../engine/facts/slice.ts';
import { SLICES, type SliceName } from '../../../engine/facts/slice-names.ts';

interface TestSlice extends Slice<object> {
  state: object;
}

const slicesAt = (epoch: number): TestSlice[] =>
  SLICES.map((name) => ({
    name,
    state: { epoch, name } as object,
    fold: () => undefined,
    save(): object {
      return this.state;
    },
    load(saved: object) {
      this.state = saved;
    },
    hash: () => '',
  }));

const recordsOf = (from: number, epoch: number): JournalRecord[] =>
  saveRound(slicesAt(epoch)).map((body, k) => ({ seq: from + k, timeUs: 1, body }));

function feedAll(records: readonly JournalRecord[]): Round[] {
  const collector = createRoundCollector();
  return records.flatMap((record) => {
    const round = collector.feed(record);
    return round === 'incomplete' ? [] : [round];
  });
}

test('round: a round written in order comes out once, with the state of every slice', () => {
  const rounds = feedAll([...recordsOf(1, 3), ...recordsOf(8, 4)]);
  assert.deepEqual(rounds.map(epochOf), [3, 4]);
  assert.deepEqual([...(rounds[0]?.keys() ?? [])], [...SLICES]);
});

test('round: loading what was saved gives every slice its state back', () => {
  const [round] = feedAll(recordsOf(1, 5));
  assert.ok(round !== undefined);
  const slices = slicesAt(0);
  loadRound(slices, round);
  assert.deepEqual(
    slices.map(({ state }) => state),
    slicesAt(5).map(({ state }) => state),
  );
});

test('round: whatever records are lost or between, a round is of one moment or is none', () => {
  const book = { kind: 'book', instrument: 'A', state: 'stale', reason: 'r' } as const;
  const between: JournalRecord[] = [{ seq: 0, timeUs: 1, body: book }];
  const stream = [1, 2, 3, 4, 5].flatMap((epoch) => [...between, ...recordsOf(0, epoch)]);
  const numbered = stream.map((record, k) => ({ ...record, seq: k + 1 }));
  const losses = fc.array(fc.boolean(), { minLength: numbered.length, maxLength: numbered.length });
  fc.assert(
    fc.property(losses, (isKept) => {
      const left = numbered.filter((_, k) => isKept[k]);
      const wholes = [1, 2, 3, 4, 5].filter((epoch) => {
        const start = (epoch - 1) * (SLICES.length + 1) + 1;
        return SLICES.every((_, k) => isKept[start + k]);
      });
      const rounds = feedAll(left);
      assert.deepEqual(rounds.map(epochOf), wholes);
      for (const round of rounds) {
        const epochs = new Set([...round.values()].map((state) => JSON.stringify(state)));
        assert.equal(epochs.size, SLICES.length);
      }
    }),
    { seed: 8, numRuns: 3000, examples: [[numbered.map(() => true)]] },
  );
});

test('round: one record lost between two rounds does not join their halves', () => {
  const first = recordsOf(1, 1).slice(0, 4);
  const second = recordsOf(8, 2).slice(4);
  assert.deepEqual(feedAll([...first, ...second]), []);
});

test('round: slices in another order, or too few, are refused', () => {
  const slices = slicesAt(1);
  assert.throws(() => saveRound(slices.toReversed()), InvariantError);
  assert.throws(() => saveRound(slices.slice(1)), /in this order/);
  const round: Round = new Map([['run', { epoch: 1 }]]);
  assert.throws(() => loadRound(slices, round), /without the slice 'instruments'/);
});

test('round: an epoch that is none is refused', () => {
  for (const epoch of [undefined, null, 0, -1, 1.5, Number.NaN, '1']) {
    const round = new Map<SliceName, never>([['run', { epoch } as never]]);
    assert.throws(() => epochOf(round), /saved without an epoch/);
  }
});

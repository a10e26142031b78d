// Owns a checkpoint round: one record a slice, told apart from what is only a part of one.
// Promise: pure; a round is whole, of one moment and in the order of SLICES, or it is no round.
import { assert } from '../core/assert.ts';
import type { Json } from '../core/json.ts';
import type { FactOf, JournalRecord } from './fact.ts';
import type { Slice } from './slice.ts';
import { SLICES, type SliceName } from './slice-names.ts';

/** The state of every slice, in the order in which they are loaded. */
export type Round = ReadonlyMap<SliceName, Json>;

export interface RoundCollector {
  /**
   * Takes every record of a journal, or of a stream that may have lost some: a record between two
   * of a round, or one that is missing, ends that round, and the next one is waited for.
   */
  feed(record: JournalRecord): Round | 'incomplete';
}

export function createRoundCollector(): RoundCollector {
  let states = new Map<SliceName, Json>();
  let nextSeq = 0;
  return {
    feed({ seq, body }) {
      if (body.kind !== 'checkpoint') {
        if (states.size > 0) states = new Map();
        return 'incomplete';
      }
      if (seq !== nextSeq || body.slice !== SLICES[states.size]) states = new Map();
      nextSeq = seq + 1;
      if (body.slice !== SLICES[states.size]) return 'incomplete'; // the rest of a broken round
      states.set(body.slice, body.state);
      if (states.size < SLICES.length) return 'incomplete';
      const round = states;
      states = new Map();
      return round;
    },
  };
}

/** The records of a round, to be written one after the other with nothing in between. */
export function saveRound(slices: readonly Slice[]): readonly FactOf<'checkpoint'>[] {
  assertAll(slices);
  return slices.map((slice) => ({
    kind: 'checkpoint',
    slice: slice.name,
    state: slice.save() as Json, // a slice promises plain JSON
  }));
}

/** Replaces the state of every slice by that of the round. */
export function loadRound(slices: readonly Slice[], round: Round): void {
  assertAll(slices);
  for (const slice of slices) {
    const state = round.get(slice.name);
    assert(state !== undefined, `a round without the slice '${slice.name}'`);
    slice.load(state);
  }
}

function assertAll(slices: readonly Slice[]): void {
  const names = slices.map(({ name }) => name).join(' ');
  const wanted = SLICES.join(' ');
  assert(names === wanted, `a round has the slices '${wanted}' in this order, not '${names}'`);
}

/** The epoch of the engine that wrote a round: what its slice `run` saves has it. */
export function epochOf(round: Round): number {
  const run = round.get('run');
  const epoch = run !== null && typeof run === 'object' && 'epoch' in run ? run.epoch : null;
  const isEpoch = typeof epoch === 'number' && Number.isSafeInteger(epoch) && epoch > 0;
  assert(isEpoch, `the slice 'run' was saved without an epoch: ${JSON.stringify(epoch)}`);
  return epoch;
}

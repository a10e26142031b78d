// Owns the slice of a run: which engine this is, which order ids it may have used, its counters.
// Promise: after a crash the ids that nobody wrote down lie in the ranges it names, only there.
import { assert } from '../core/assert.ts';
import { parseOrderId } from '../core/ids.ts';
import { hashOf } from '../core/json.ts';
import type { Fact } from '../facts/fact.ts';
import type { Slice } from '../facts/slice.ts';

/** Numbers [from, to) of an epoch that were reserved and of which no verdict was written. */
export interface IdRange {
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}

export interface RunSaved {
  readonly epoch: number; // of the engine that runs; the next one takes a higher one
  readonly reservedTo: number; // of this epoch, exclusive
  readonly recordedTo: number; // one above the highest number a verdict was written of
  readonly unrecorded: readonly IdRange[]; // of engines that did not end in good order
  readonly nextSignalId: number;
  readonly isStopped: boolean; // the last record said so
}

export interface RunSlice extends Slice<RunSaved> {
  readonly epoch: number;
  readonly nextSignalId: number;
  readonly isStopped: boolean;
  /** Whether an earlier engine may have sent this order and died before it was written down. */
  mayBeUnrecorded(orderId: string): boolean;
}

// An engine that dies again and again before it has asked its venues: the oldest are given up.
const UNRECORDED_MAX = 16;

const NOTHING: RunSaved = {
  epoch: 0,
  reservedTo: 0,
  recordedTo: 0,
  unrecorded: [],
  nextSignalId: 1,
  isStopped: true,
};

export function createRunSlice(): RunSlice {
  let state = NOTHING;
  return {
    name: 'run',
    fold(fact) {
      state = next(state, fact);
    },
    save: () => state,
    load(saved) {
      assert(Number.isSafeInteger(saved.epoch), 'a checkpoint of the run has no epoch');
      state = saved;
    },
    hash: () => hashOf(state),
    get epoch() {
      return state.epoch;
    },
    get nextSignalId() {
      return state.nextSignalId;
    },
    get isStopped() {
      return state.isStopped;
    },
    mayBeUnrecorded(orderId) {
      const id = parseOrderId(orderId);
      return state.unrecorded.some(
        ({ epoch, from, to }) => id?.epoch === epoch && id.number >= from && id.number < to,
      );
    },
  };
}

function next(state: RunSaved, fact: Fact): RunSaved {
  switch (fact.kind) {
    case 'run_started':
      return start(state, fact.epoch);
    case 'ids_reserved':
      assert(fact.epoch === state.epoch, `ids of epoch ${fact.epoch} in epoch ${state.epoch}`);
      return { ...state, reservedTo: Math.max(state.reservedTo, fact.to) };
    case 'verdict':
      return record(state, fact.orderId);
    case 'order':
      return record(state, fact.order.id);
    case 'signal':
      return { ...state, nextSignalId: Math.max(state.nextSignalId, fact.id + 1) };
    case 'run_stopped': // its orders were settled: no id of it is in doubt
      return { ...state, unrecorded: [], recordedTo: state.reservedTo, isStopped: true };
    default:
      return state;
  }
}

function start(state: RunSaved, epoch: number): RunSaved {
  assert(epoch > state.epoch, `epoch ${epoch} starts after epoch ${state.epoch}`);
  const { reservedTo: to, recordedTo: from } = state;
  const doubt = from < to ? [{ epoch: state.epoch, from, to }] : [];
  const unrecorded = [...state.unrecorded, ...doubt].slice(-UNRECORDED_MAX);
  return { ...state, epoch, reservedTo: 0, recordedTo: 0, unrecorded, isStopped: false };
}

/** A refused intent uses a number as well; one that had none ('') uses none. */
function record(state: RunSaved, orderId: string): RunSaved {
  const id = parseOrderId(orderId);
  if (id === null || id.epoch !== state.epoch || id.number < state.recordedTo) return state;
  return { ...state, recordedTo: id.number + 1 };
}

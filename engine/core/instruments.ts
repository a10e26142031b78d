// Owns which instruments there are: one a slot, the row of every table, given and taken back.
// Promise: a slot never changes hands unseen: who holds another object than it does holds the past.
import { assert } from './assert.ts';
import {
  type Instrument,
  type InstrumentSpec,
  instrumentAt,
  problemOfInstrument,
} from './instrument.ts';

export type ListingAnswer =
  | { readonly kind: 'listed'; readonly instrument: Instrument }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Instruments {
  readonly capacity: number;
  /**
   * By slot, the same array for the whole run: it grows, and its elements are replaced. A retired
   * instrument stays in its slot, inert, until another takes it.
   */
  readonly list: readonly Instrument[];
  /** How many are in use. */
  readonly count: number;
  /** Those in use, by slot; another array after each change. */
  traded(): readonly Instrument[];
  /** In use, or null. */
  byKey(key: string): Instrument | null;
  /** Whether `instrument` is the one its slot belongs to now. */
  isListed(instrument: Instrument): boolean;
  /** Pure: what `add` would come to. */
  plan(spec: InstrumentSpec): ListingAnswer;
  /** Its slot is the one it had before, else the first free one, else a new one. */
  add(spec: InstrumentSpec): ListingAnswer;
  /** Its slot is free for another; asserts that it is listed. */
  retire(instrument: Instrument): void;
}

/** Asserts that the first ones stand in their own slots and fit. */
export function createInstruments(first: readonly Instrument[], capacity: number): Instruments {
  assert(first.length <= capacity, `${first.length} instruments, and slots for ${capacity}`);
  const list = [...first];
  const inUse = keysOf(first);
  let traded: readonly Instrument[] = [...first];
  const isListed = (instrument: Instrument): boolean => inUse.get(instrument.key) === instrument;
  const plan = (spec: InstrumentSpec): ListingAnswer => {
    const { key } = spec;
    const problem = inUse.has(key) ? `${key} is traded already` : problemOfInstrument(spec);
    if (problem !== null) return { kind: 'refused', reason: problem };
    const slot = slotFor(list, isListed, key);
    if (slot < capacity) {
      return { kind: 'listed', instrument: instrumentAt(spec, slot) };
    }
    const reason =
      `no slot is free for ${key}: capacity.instruments is ${capacity}; retire another, ` +
      'or start with more';
    return { kind: 'refused', reason };
  };
  const renew = (): void => {
    traded = list.filter(isListed);
  };
  return {
    capacity,
    list,
    traded: () => traded,
    plan,
    get count() {
      return inUse.size;
    },
    byKey: (key) => inUse.get(key) ?? null,
    isListed,
    add(spec) {
      const answer = plan(spec);
      if (answer.kind === 'refused') return answer;
      const { instrument } = answer;
      list[instrument.index] = instrument;
      inUse.set(instrument.key, instrument);
      renew();
      return answer;
    },
    retire(instrument) {
      assert(isListed(instrument), `${instrument.key} is not what slot ${instrument.index} holds`);
      inUse.delete(instrument.key);
      renew();
    },
  };
}

/** Its own from before, a free one, a new one. */
function slotFor(
  list: readonly Instrument[],
  isListed: (instrument: Instrument) => boolean,
  key: string,
): number {
  const own = list.findIndex((one) => one.key === key);
  if (own >= 0) return own;
  const free = list.findIndex((one) => !isListed(one));
  return free >= 0 ? free : list.length;
}

function keysOf(first: readonly Instrument[]): Map<string, Instrument> {
  const keys = new Map<string, Instrument>();
  for (const [slot, instrument] of first.entries()) {
    const { index, key } = instrument;
    assert(index === slot, `${key} says it is slot ${index}, and stands in slot ${slot}`);
    assert(!keys.has(key), `${key} comes twice`);
    keys.set(key, instrument);
  }
  return keys;
}

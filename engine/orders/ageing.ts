// Owns memory that forgets: a map in the order in which its members came, with a bound.
// Promise: the oldest goes first, those still needed last; adding costs the same at any size.
import { assert } from '../core/assert.ts';

export interface Ageing<V> {
  readonly size: number;
  has(key: string): boolean;
  get(key: string): V | undefined;
  /** A key that is there keeps its age. */
  set(key: string, value: V): void;
  delete(key: string): void;
  /** Takes the oldest out. */
  shift(): readonly [string, V] | undefined;
  /** Oldest first. */
  entries(): readonly (readonly [string, V])[];
  /** Replaces everything; the oldest beyond the bound, of a larger memory, are left out. */
  load(entries: readonly (readonly [string, V])[]): void;
}

const LOOKS_MAX = 64; // oldest members looked at for each one that is added

/**
 * Keeps `capacity` members. What `isNeeded` is passed over and becomes the youngest, up to twice
 * the capacity; beyond that the oldest goes whatever it is.
 */
export function createAgeing<V>(
  capacity: number,
  isNeeded: ((value: V, key: string) => boolean) | null = null,
): Ageing<V> {
  assert(Number.isInteger(capacity) && capacity > 0, 'memory needs a capacity above zero');
  const most = isNeeded === null ? capacity : 2 * capacity;
  const queue = createQueue<V>();
  const { members, shift } = queue;
  const forget = (): void => {
    const looksMax = Math.min(LOOKS_MAX, members.size); // once round leaves the order as it was
    for (let looks = 0; members.size > capacity && looks < looksMax; looks += 1) {
      const isRoomy = members.size <= 2 * capacity;
      const first = shift();
      if (first === undefined) return;
      const [key, value] = first;
      if (isRoomy && isNeeded?.(value, key) === true) members.set(key, value);
    }
  };
  return {
    get size() {
      return members.size;
    },
    has: (key) => members.has(key),
    get: (key) => members.get(key),
    set(key, value) {
      const isNew = !members.has(key);
      members.set(key, value);
      if (isNew) forget();
    },
    delete: (key) => void members.delete(key),
    shift,
    entries: () => [...members],
    load: (entries) => queue.load(entries.slice(-most)),
  };
}

interface Queue<V> {
  readonly members: Map<string, V>;
  readonly shift: () => readonly [string, V] | undefined;
  readonly load: (entries: readonly (readonly [string, V])[]) => void;
}

/** One iterator goes through all that come: a new one would step over the deleted each time. */
function createQueue<V>(): Queue<V> {
  const members = new Map<string, V>();
  let walk = members.entries();
  return {
    members,
    shift() {
      let step = walk.next();
      if (step.done === true) {
        walk = members.entries();
        step = walk.next();
      }
      if (step.done === true) return undefined;
      members.delete(step.value[0]);
      return step.value;
    },
    load(entries) {
      members.clear();
      walk = members.entries();
      for (const [key, value] of entries) members.set(key, value);
    },
  };
}

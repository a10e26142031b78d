// Owns the newest N of a stream of things, each under a growing number.
// Promise: memory is bounded; adding is constant time; reading goes from the newest backwards.

export interface Entry<T> {
  readonly number: number; // grows strictly; what a page cursor holds
  readonly value: T;
}

export interface BoundedLog<T> {
  /** Numbers must grow from call to call. */
  add(number: number, value: T): void;
  /** Entries below `before`, newest first. */
  newest(before: number): IterableIterator<Entry<T>>;
  readonly size: number;
}

export function createBoundedLog<T>(sizeMax: number): BoundedLog<T> {
  const slots: Entry<T>[] = [];
  let added = 0;
  return {
    add(number, value) {
      slots[added % sizeMax] = { number, value };
      added += 1;
    },
    *newest(before) {
      const oldest = Math.max(0, added - sizeMax);
      for (let at = added - 1; at >= oldest; at -= 1) {
        const entry = slots[at % sizeMax];
        if (entry !== undefined && entry.number < before) yield entry;
      }
    },
    get size() {
      return Math.min(added, sizeMax);
    },
  };
}

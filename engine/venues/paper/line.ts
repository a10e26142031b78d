// Owns messages on their way to and from the simulated venue, one direction a line.
// Promise: first in, first out: a delay or a fault never lets one message pass another.
import { assert } from '../../core/assert.ts';
import type { Random } from '../../core/ports.ts';

/** A delay is latency x (1 .. 1 + JITTER), uniform. */
const JITTER = 0.25;

export interface Line<Item> {
  /** `extraUs`: held up for so long, and everything behind it. */
  push(item: Item, nowUs: number, extraUs: number): void;
  /** Infinity when empty. */
  dueUs(): number;
  shift(): Item;
  /** What is on its way, for saving. */
  waiting(): readonly Waiting<Item>[];
}

export interface Waiting<Item> {
  readonly item: Item;
  readonly dueUs: number;
}

export function createLine<Item>(
  latencyUs: number,
  random: Random,
  waiting: readonly Waiting<Item>[] = [],
): Line<Item> {
  let items = [...waiting];
  let head = 0;
  let lastUs = waiting.at(-1)?.dueUs ?? Number.NEGATIVE_INFINITY;
  return {
    push(item, nowUs, extraUs) {
      const delayUs = Math.round(latencyUs * (1 + JITTER * random.uniform()));
      lastUs = Math.max(lastUs, nowUs + delayUs + extraUs);
      items.push({ item, dueUs: lastUs });
    },
    dueUs: () => items[head]?.dueUs ?? Number.POSITIVE_INFINITY,
    shift() {
      const first = items[head];
      assert(first !== undefined, 'nothing is on its way');
      head += 1;
      if (head >= 1024 || head === items.length) {
        items = items.slice(head);
        head = 0;
      }
      return first.item;
    },
    waiting: () => items.slice(head),
  };
}

// Owns whose turn it is among many generated instruments: a heap by the time of the next frame.
// Promise: the earliest comes first, of equals the one that stands first in the list.

interface Turn {
  readonly nextUs: number;
}

export interface Turns<Item extends Turn> {
  earliest(): Item | undefined;
  /** After the next time of the earliest has moved forward: finds its new place. */
  sink(): void;
  /** As the last in the list. */
  add(item: Item): void;
  remove(item: Item): void;
}

export function createTurns<Item extends Turn>(items: readonly Item[]): Turns<Item> {
  // A sorted list is a heap; the place in it is kept beside the item to decide between equals.
  const heap = items.map((item, place) => ({ item, place }));
  const sort = (): unknown =>
    heap.sort((a, b) => a.item.nextUs - b.item.nextUs || a.place - b.place);
  let places = items.length;
  sort();
  const isBefore = (a: number, b: number): boolean => {
    const left = heap[a];
    const right = heap[b];
    if (left === undefined || right === undefined) return left !== undefined;
    const by = left.item.nextUs - right.item.nextUs;
    return by < 0 || (by === 0 && left.place < right.place);
  };
  return {
    earliest: () => heap[0]?.item,
    sink() {
      for (let at = 0; ; ) {
        const child = 2 * at + (isBefore(2 * at + 2, 2 * at + 1) ? 2 : 1);
        const parent = heap[at];
        const earlier = heap[child];
        if (parent === undefined || earlier === undefined || !isBefore(child, at)) return;
        heap[at] = earlier;
        heap[child] = parent;
        at = child;
      }
    },
    add(item) {
      heap.push({ item, place: places });
      places += 1;
      sort();
    },
    remove(item) {
      const at = heap.findIndex((turn) => turn.item === item);
      if (at >= 0) heap.splice(at, 1);
      sort();
    },
  };
}

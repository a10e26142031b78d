// Owns a set of objects as a dense list: members know their place in it.
// Promise: adding and removing cost the same at any size; reading allocates nothing.

export interface Dense<T extends { denseAt: number }> {
  readonly items: readonly T[];
  set(item: T, isIn: boolean): void;
  clear(): void;
}

/** An item may be in one such list at a time; denseAt is -1 while it is in none. */
export function createDense<T extends { denseAt: number }>(): Dense<T> {
  const items: T[] = [];
  return {
    items,
    set(item, isIn) {
      if (item.denseAt >= 0 === isIn) return;
      if (isIn) {
        item.denseAt = items.length;
        items.push(item);
        return;
      }
      const last = items.pop();
      if (last !== undefined && last !== item) {
        items[item.denseAt] = last;
        last.denseAt = item.denseAt;
      }
      item.denseAt = -1;
    },
    clear() {
      for (const item of items) item.denseAt = -1;
      items.length = 0;
    },
  };
}

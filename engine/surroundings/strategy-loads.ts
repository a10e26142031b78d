// Owns whose strategy file is loaded when: how many at once, and what a later request replaces.
// Promise: one load an instance, two in all; of requests that wait for an instance the last counts.

/** Each has a thread and compiles: more of them at once would take the cores that trade. */
const LOADS_AT_ONCE = 2;

type Load = () => Promise<unknown>; // never rejects

export interface Loads {
  /** Begins it when there is room; another request of that name that still waits never begins. */
  ask(name: string, load: Load): void;
  /** What waits never begins. */
  close(): void;
}

export function createLoads(): Loads {
  const loading = new Set<string>();
  const waiting = new Map<string, Load>(); // by instance; who asks again keeps its turn
  const begin = async (name: string, load: Load): Promise<void> => {
    loading.add(name);
    await load();
    loading.delete(name);
    advance();
  };
  const advance = (): void => {
    for (const [name, load] of waiting) {
      if (loading.size >= LOADS_AT_ONCE) return;
      if (loading.has(name)) continue;
      waiting.delete(name);
      void begin(name, load);
    }
  };
  return {
    ask(name, load) {
      waiting.set(name, load);
      advance();
    },
    close: () => waiting.clear(),
  };
}

// Owns the law of the house as data: which room may import which, and who may brand an order.
// Promise: one array, in the order in which data flows; tests/tidy.test.ts holds the tree to it.

export type Room = {
  /** A folder, or one file; the longest match wins. */
  readonly path: string;
  /** Rooms it may import besides itself: all earlier ones, or those named. */
  readonly sees: 'earlier' | readonly string[];
  /** No I/O, timers, wall clock or randomness. `by-header`: unless the header says I/O. */
  readonly pure?: 'always' | 'by-header';
};

const adapter = {
  sees: ['wasm/layout.ts', 'engine/core', 'engine/memory', 'engine/facts', 'engine/config'],
} as const;
const pure = { sees: 'earlier', pure: 'always' } as const;

/** In the order in which data flows. A later room may import an earlier one, never the reverse. */
export const LAW: readonly Room[] = [
  { path: 'types', sees: [] },
  { path: 'wasm/layout.ts', sees: [] },
  { path: 'wasm', sees: ['wasm/layout.ts'] },
  { path: 'engine/core', sees: ['wasm/layout.ts'], pure: 'by-header' },
  { path: 'engine/memory', sees: 'earlier', pure: 'always' },
  { path: 'engine/facts', ...pure },
  { path: 'engine/config', sees: 'earlier' },
  { path: 'engine/market', ...pure },
  { path: 'engine/accounts', ...pure },
  { path: 'engine/orders', ...pure },
  { path: 'engine/run', ...pure },
  { path: 'engine/features', ...pure },
  { path: 'engine/models', sees: 'earlier', pure: 'by-header' },
  { path: 'engine/signals', ...pure },
  { path: 'engine/strategies', ...pure },
  { path: 'engine/compliance', ...pure },
  { path: 'engine/risk', ...pure },
  { path: 'engine/state.ts', ...pure },
  { path: 'engine/execution', ...pure },
  { path: 'engine/conductor.ts', ...pure },
  { path: 'engine/dispatch.ts', ...pure },
  { path: 'engine/engine.ts', ...pure },
  {
    path: 'engine/analysis',
    sees: ['wasm/layout.ts', 'engine/core', 'engine/memory', 'engine/facts'],
    pure: 'always',
  },
  { path: 'engine/venues', ...adapter },
  { path: 'engine/storage', ...adapter },
  { path: 'engine/bus', ...adapter },
  { path: 'engine/monitoring', ...adapter },
  { path: 'dashboard', sees: ['engine/core', 'engine/facts'] },
  {
    path: 'gateway',
    sees: [
      'wasm/layout.ts',
      'engine/core',
      'engine/memory',
      'engine/facts',
      'engine/config',
      'engine/state.ts', // folded here as well
      'dashboard',
    ],
  },
  { path: 'workers', sees: 'earlier' },
  { path: 'engine/surroundings', sees: 'earlier' },
  { path: 'cli', sees: 'earlier' },
  { path: 'bench', sees: 'earlier' },
  { path: 'tests', sees: 'earlier' },
];

/** Who may call the functions that brand an order; each step of its life has one door. */
export const BRANDS: ReadonlyMap<string, string> = new Map([
  ['markCompliant', 'engine/compliance/pre-trade.ts'],
  ['approve', 'engine/risk/pre-trade.ts'],
  ['toPlacement', 'engine/execution/place.ts'],
]);

export const roomOf = (path: string): Room | undefined =>
  LAW.filter((room) => path === room.path || path.startsWith(`${room.path}/`)).sort(
    (a, b) => b.path.length - a.path.length,
  )[0];

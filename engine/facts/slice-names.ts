// Owns the names of the slices of durable state, and what is told of their sizes.
// Promise: one order for folding, saving and loading; a later slice may read an earlier one.

export const SLICES = [
  'run', // epoch, ids, counters
  'instruments', // every one that was ever traded
  'accounts', // ledger, positions, holdings, capital
  'orders', // orders, requests in flight, fill ids and client keys seen
  'strategies', // instances, what they saved
  'limits', // the tree and its proposals
  'standings', // words of people, drawdowns
  'models', // which versions traded
] as const;
export type SliceName = (typeof SLICES)[number];

/** Largest text of each slice's state, bytes, for the capacities of a run. */
export type SliceSizes = Readonly<Record<SliceName, number>>;

// Owns the arguments every group of book features takes.
// Promise: one carrier per shard, refilled for each look, so nothing is allocated per row.

/** One look at one book: whose, when, where its copy and its kernel row lie, and where to write. */
export interface Look {
  instrument: number;
  nowUs: number;
  elapsedUs: number; // since the look before at the same instrument
  copy: number; // byte offset of the book copy
  row: number; // f64 index of the kernel row
  qtyUnit: number; // real quantity of one step
}

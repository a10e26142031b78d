// Owns what was put in and taken out as capital, at the marks of its day.
// Promise: what had no mark yet waits by name, and is never taken for nothing.
import { assert } from '../core/assert.ts';
import type { Posting } from '../facts/money.ts';
import { type Amount, formatAmount, parseAmount } from './amount.ts';

/** Movements that wait for their marks at most; more are refused (movements.ts). */
export const PENDING_MAX = 256;

export interface PendingCapital {
  readonly id: string; // of the movement
  readonly amounts: Readonly<Record<string, string>>; // by asset, + came in
}

export interface Capital {
  readonly value: number; // base currency
  readonly pending: readonly PendingCapital[];
}

export interface CapitalBook {
  add(value: number): void;
  hasRoom(): boolean;
  wait(id: string, postings: readonly Posting[]): void;
  settle(id: string, value: number): void;
  read(): Capital;
  save(): Capital;
  load(saved: Capital): void;
}

export function createCapital(): CapitalBook {
  let value = 0;
  const pending = new Map<string, PendingCapital>(); // in the order in which they came
  const read = (): Capital => ({ value, pending: [...pending.values()] });
  return {
    add(more) {
      value += more;
    },
    hasRoom: () => pending.size < PENDING_MAX,
    wait(id, postings) {
      pending.set(id, { id, amounts: capitalOf(postings) });
    },
    settle(id, more) {
      assert(pending.has(id), `movement ${id} does not wait for a value`);
      assert(Number.isFinite(more), `movement ${id} is worth ${more}`);
      pending.delete(id);
      value += more;
    },
    read,
    save: read,
    load(saved) {
      assert(Number.isFinite(saved.value), `capital: ${saved.value} is not a value`);
      value = saved.value;
      pending.clear();
      for (const each of saved.pending) pending.set(each.id, each);
    },
  };
}

/** The book `capital` is the world's side: negative where it came in. Sorted by asset. */
export function capitalOf(postings: readonly Posting[]): Record<string, string> {
  const sums = new Map<string, Amount>();
  for (const { book, asset, amount } of postings) {
    if (book !== 'capital') continue;
    sums.set(asset, (sums.get(asset) ?? 0n) - (parseAmount(amount) ?? 0n));
  }
  const sorted = [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([asset, sum]) => [asset, formatAmount(sum)]));
}

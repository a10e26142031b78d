// Owns keyset pages over numbered entries: newest first, an opaque cursor to go on from.
// Promise: a page never repeats nor skips what was there when its cursor was given out.
import type { Entry } from './bounded-log.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null; // null: nothing older is kept
}

export const encodeCursor = (number: number): string =>
  Buffer.from(`before:${number}`).toString('base64url');

/** The number in a cursor, Infinity without one, null when the text is not a cursor of ours. */
export function decodeCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return Number.POSITIVE_INFINITY;
  const match = /^before:(\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString());
  return match?.[1] === undefined ? null : Number(match[1]);
}

/** The first `limit` values of `entries` (newest first) that `wanted` accepts. */
export function pageOf<T>(
  entries: Iterable<Entry<T>>,
  limit: number,
  wanted: (value: T) => boolean,
): Page<T> {
  const items: T[] = [];
  let last = 0;
  for (const { number, value } of entries) {
    if (!wanted(value)) continue;
    if (items.length === limit) return { items, nextCursor: encodeCursor(last) };
    items.push(value);
    last = number;
  }
  return { items, nextCursor: null };
}

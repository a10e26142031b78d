// Owns the way from the bytes of a symbol to its instrument, without making a string a frame.
// Promise: the same bytes always give the same answer; the table is bounded.
import type { Instrument } from '../../core/instrument.ts';

/** The instrument a venue's symbol (upper case) stands for; null when it is not traded here. */
export type ResolveSymbol = (symbol: string) => Instrument | null;

interface Known {
  readonly bytes: Uint8Array;
  readonly instrument: Instrument | null;
}

const BUCKETS = 1024; // a power of two
const BUCKET_MAX = 16; // beyond it a bucket forgets: hostile symbols must not fill memory

const NOTHING: Known = { bytes: new Uint8Array(0), instrument: null };

export interface SymbolTable {
  /** The instrument whose symbol lies in bytes[start, end), or null. */
  find(bytes: Uint8Array, start: number, end: number): Instrument | null;
  /** What symbols stand for has changed: each is asked about again. */
  forget(): void;
}

export function createSymbolTable(resolve: ResolveSymbol): SymbolTable {
  const buckets: Known[][] = Array.from({ length: BUCKETS }, () => []);
  let last = NOTHING;
  return {
    find(bytes, start, end) {
      if (isSame(last.bytes, bytes, start, end)) return last.instrument;
      let hash = 0x811c9dc5;
      for (let at = start; at < end; at += 1) {
        hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193); // FNV-1a
      }
      const bucket = buckets[(hash >>> 8) & (BUCKETS - 1)] ?? [];
      for (const known of bucket) {
        if (!isSame(known.bytes, bytes, start, end)) continue;
        last = known;
        return known.instrument;
      }
      const symbol = Buffer.from(bytes.subarray(start, end)).toString('latin1');
      // A copy: slice() of a Buffer would be a view on bytes that the caller uses again.
      last = { bytes: new Uint8Array(bytes.subarray(start, end)), instrument: resolve(symbol) };
      if (bucket.length >= BUCKET_MAX) bucket.length = 0;
      bucket.push(last);
      return last.instrument;
    },
    forget() {
      for (const bucket of buckets) bucket.length = 0;
      last = NOTHING;
    },
  };
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (known.length !== length || length === 0) return false;
  for (let at = 0; at < length; at += 1) if (known[at] !== bytes[start + at]) return false;
  return true;
}

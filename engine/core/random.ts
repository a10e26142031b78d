// Owns seeded randomness: xoshiro128** seeded by splitmix32, normals by Marsaglia's polar method.
// Promise: the same seed gives the same sequence on every machine; nothing else is random.
import type { Random } from '../core/ports.ts';

const TWO_POW_32 = 4294967296;

/** A generator for `seed` (any string); forks for sub-systems: createRandom(`${seed}/fees`). */
export function createRandom(seed: string): Random {
  let a = hash(`${seed}#a`);
  let b = hash(`${seed}#b`);
  let c = hash(`${seed}#c`);
  let d = hash(`${seed}#d`) | 1; // never the all-zero state
  let spare = Number.NaN;

  // Blackman & Vigna (2018), xoshiro128** 1.1
  function next(): number {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return scrambled;
  }
  const uniform = (): number => (next() * 2097152 + (next() >>> 11)) / (TWO_POW_32 * 2097152);
  function normal(): number {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = Number.NaN;
      return kept;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * scale;
      return u * scale;
    }
  }
  return { uniform, normal, integer: (bound) => Math.floor(uniform() * bound) };
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

// FNV-1a with a final avalanche (murmur3): enough to spread short seed strings.
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

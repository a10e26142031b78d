// Owns exact arithmetic for the slow model: a finite double is m x 2^e, and so is every sum and
// Promise: product of them; nothing is ever rounded. What is not finite stays a plain double.

/** A finite number m x 2^e, or one of NaN, Infinity, -Infinity. */
export type Exact = Dyadic | number;
export interface Dyadic {
  readonly m: bigint;
  readonly e: number;
}

/** Three answers: a number closer to its limit than doubles can tell may fall either way. */
export type Truth = 'yes' | 'no' | 'either';

// 2^-40 = 9.1e-13: below the promised 1e-12, so the promise is held a little more strictly.
const TOLERANCE_BITS = 40n;
// Numbers so small that the kernel's products underflow are no money.
const DUST: Dyadic = { m: 1n, e: -860 };
const OVERFLOW_BITS = 1024;

export const ZERO: Dyadic = { m: 0n, e: 0 };
export const ONE: Dyadic = { m: 1n, e: 0 };

const bits = new DataView(new ArrayBuffer(8));

/** The exact value of a double. */
export function exact(value: number): Exact {
  if (!Number.isFinite(value)) return value;
  if (Number.isSafeInteger(value)) return { m: BigInt(value), e: 0 };
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const raw = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const m = raw === 0 ? fraction : fraction | 0x10000000000000n;
  return { m: high >>> 31 === 1 ? -m : m, e: (raw === 0 ? 1 : raw) - 1075 };
}

// A finite number beside an infinite one acts by its sign alone.
const sign = (x: Exact): number => (typeof x === 'number' ? x : x.m > 0n ? 1 : x.m < 0n ? -1 : 0);

const up = (x: Dyadic, e: number): bigint => (x.e === e ? x.m : x.m << BigInt(x.e - e));

export function add(x: Exact, y: Exact): Exact {
  if (typeof x === 'number' || typeof y === 'number') return sign(x) + sign(y);
  const e = Math.min(x.e, y.e);
  return { m: up(x, e) + up(y, e), e };
}

/** A product that no double can hold is Infinity here as there: it fails closed. */
export function mul(x: Exact, y: Exact): Exact {
  if (typeof x === 'number' || typeof y === 'number') return sign(x) * sign(y);
  const product = { m: x.m * y.m, e: x.e + y.e };
  return product.e > 700 ? fold(product) : product;
}

function fold(x: Dyadic): Exact {
  const magnitude = x.m < 0n ? -x.m : x.m;
  if (magnitude === 0n) return ZERO;
  const size = magnitude.toString(2).length + x.e;
  return size > OVERFLOW_BITS ? (x.m < 0n ? -Infinity : Infinity) : x;
}

export const neg = (x: Exact): Exact =>
  typeof x === 'number' ? -x : x.m === 0n ? ZERO : { m: -x.m, e: x.e };
export const sub = (x: Exact, y: Exact): Exact => add(x, neg(y));
export const abs = (x: Exact): Exact =>
  typeof x === 'number' ? Math.abs(x) : x.m < 0n ? { m: -x.m, e: x.e } : x;
export const sum = (...terms: readonly Exact[]): Exact => terms.reduce(add);
export const product = (...terms: readonly Exact[]): Exact => terms.reduce(mul);
/** The sum of magnitudes: what a rounding error is measured against. */
export const size = (...terms: readonly Exact[]): Exact => terms.map(abs).reduce(add);

export const isNaNExact = (x: Exact): boolean => typeof x === 'number' && Number.isNaN(x);
export const isFiniteExact = (x: Exact): x is Dyadic => typeof x !== 'number';

/** -1, 0 or 1; NaN when either is NaN. */
export function compare(x: Exact, y: Exact): number {
  if (typeof x === 'number' || typeof y === 'number') {
    const [a, b] = [sign(x), sign(y)];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
    if (a === b) return 0; // two infinities of one sign
    return (typeof x === 'number' ? a : -b) > 0 ? 1 : -1;
  }
  const e = Math.min(x.e, y.e);
  const [a, b] = [up(x, e), up(y, e)];
  return a === b ? 0 : a > b ? 1 : -1;
}

/** NaN of either wins, as it does in the kernel. */
export const larger = (x: Exact, y: Exact): Exact => {
  const order = compare(x, y);
  return Number.isNaN(order) ? Number.NaN : order >= 0 ? x : y;
};
export const smaller = (x: Exact, y: Exact): Exact => neg(larger(neg(x), neg(y)));

/**
 * Is x > y? `either` when they differ by less than 2^-40 of `scale` and are not equal: equal is
 * told from greater by any arithmetic that rounds less than the kernel's slack. No NaN.
 */
export function isGreater(x: Exact, y: Exact, scale: Exact): Truth {
  if (typeof x === 'number' || typeof y === 'number') return truth(compare(x, y) > 0);
  const e = Math.min(x.e, y.e);
  const apart = up(x, e) - up(y, e);
  if (apart === 0n) return 'no';
  const far = { m: (apart < 0n ? -apart : apart) << TOLERANCE_BITS, e };
  if (!(compare(far, scale) > 0) || compare(far, DUST) <= 0) return 'either';
  return truth(apart > 0n);
}

/** The nearest double, within a few units in the last place. */
export function toDouble(x: Exact): number {
  if (typeof x === 'number') return x;
  const m = Number(x.m);
  if (x.e >= -1000 && Number.isFinite(m)) return m * 2 ** x.e;
  const cut = Math.max(0, x.m.toString(16).length - 32) * 4;
  return Number(x.m >> BigInt(cut)) * 2 ** Math.max(-1074, x.e + cut);
}

export const and = (a: Truth, b: Truth): Truth =>
  a === 'no' || b === 'no' ? 'no' : a === 'yes' && b === 'yes' ? 'yes' : 'either';
export const or = (a: Truth, b: Truth): Truth => not(and(not(a), not(b)));
export const not = (a: Truth): Truth => (a === 'yes' ? 'no' : a === 'no' ? 'yes' : 'either');
export const truth = (value: boolean): Truth => (value ? 'yes' : 'no');

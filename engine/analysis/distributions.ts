// Owns the distributions of risk: normal, Student's t, chi-squared, binomial.
// Promise: quantiles invert the distribution functions near 1e-14; NaN outside the domain.
import { gammaHalfStep, incompleteBeta } from './special-functions.ts';

const SQRT_TWO_PI = 2.5066282746310007;

/** Standard normal density. */
export const normalPdf = (z: number): number => Math.exp(-0.5 * z * z) / SQRT_TWO_PI;

// Where the series about 0 hands over to the continued fraction of the tail.
const SERIES_TO = 2;

/**
 * Standard normal distribution function: near 0 the all-positive series of Marsaglia (2004),
 * "Evaluating the Normal Distribution"; in the tails the continued fraction DLMF 7.9.3.
 */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  const x = Math.abs(z);
  if (x >= SERIES_TO) return z < 0 ? normalTail(x) : 1 - normalTail(x);
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > Math.abs(sum) * 1e-17; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + normalPdf(z) * sum;
}

/** P(Z > x), x >= SERIES_TO: phi(x) / (x + 1/(x + 2/(x + 3/(x + …)))) from the inside out. */
function normalTail(x: number): number {
  let fraction = x;
  for (let k = Math.ceil(20 + 600 / (x * x)); k > 0; k -= 1) fraction = x + k / fraction;
  return normalPdf(x) / fraction;
}

// Wichura (1988), Algorithm AS 241, routine PPND16: numerators and denominators, highest power
// first, about 0, in the tail, and in the far tail.
const CENTRE = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1,
  ],
] as const;
const TAIL = [
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
    3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
    0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
  ],
] as const;
const FAR_TAIL = [
  [
    2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
  ],
] as const;

type Rational = readonly [readonly number[], readonly number[]];

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

const ratio = ([above, below]: Rational, x: number): number =>
  polynomial(above, x) / polynomial(below, x);

/** Standard normal quantile, about 1e-16 relative (Wichura 1988, AS 241). */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const tail = q < 0 ? p : 1 - p;
  if (tail === 0) return q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const r = Math.sqrt(-Math.log(tail));
  const z = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5);
  return q < 0 ? -z : z;
}

/** Density of Student's t with `nu` > 0 degrees of freedom, not necessarily whole. */
export function studentPdf(t: number, nu: number): number {
  const peak = gammaHalfStep(nu / 2).value - 0.5 * Math.log(Math.PI * nu);
  return Math.exp(peak - 0.5 * (nu + 1) * Math.log1p((t * t) / nu));
}

/** Distribution function of Student's t: half an incomplete beta at nu/(nu + t²) (DLMF 8.17). */
export function studentCdf(t: number, nu: number): number {
  if (Number.isNaN(t) || !(nu > 0)) return Number.NaN;
  const tail = studentTail(Math.abs(t), nu);
  return t < 0 ? tail : 1 - tail;
}

/** P(T > t), t >= 0. */
function studentTail(t: number, nu: number): number {
  const scaled = (t * t) / nu;
  if (scaled === Number.POSITIVE_INFINITY) return 0;
  return 0.5 * incompleteBeta(1 / (1 + scaled), scaled / (1 + scaled), nu / 2, 0.5);
}

/**
 * Quantile of Student's t. Newton's method on ln P(T > e^u) against u: the function is concave, so
 * from the second step on the iterates fall on one side and settle; steps are held to 2 in u.
 */
export function studentQuantile(p: number, nu: number): number {
  if (!(p >= 0 && p <= 1 && nu > 0)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentQuantile(1 - p, nu);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  const target = Math.log(p);
  let u = Math.log(-normalQuantile(p));
  for (let round = 0; round < 500; round += 1) {
    const t = Math.exp(u);
    const tail = studentTail(t, nu);
    const step = ((Math.log(tail) - target) * tail) / (t * studentPdf(t, nu));
    u += Math.max(-2, Math.min(2, step));
    if (!(Math.abs(step) > 1e-15 * Math.max(1, Math.abs(u)))) break;
  }
  return -Math.exp(u);
}

/** P(X > x) of chi-squared with 1 or 2 degrees of freedom, both in closed form. */
export function chiSquaredSurvival(x: number, degreesOfFreedom: 1 | 2): number {
  if (!(x > 0)) return Number.isNaN(x) ? Number.NaN : 1;
  return degreesOfFreedom === 1 ? 2 * normalCdf(-Math.sqrt(x)) : Math.exp(-0.5 * x);
}

/** P(X <= x) of the binomial with `n` trials of probability `p`: I_(1-p)(n - x, x + 1). */
export function binomialCdf(x: number, n: number, p: number): number {
  if (!(p >= 0 && p <= 1 && n >= 0)) return Number.NaN;
  if (x < 0) return 0;
  if (x >= n) return 1;
  const k = Math.floor(x);
  return incompleteBeta(1 - p, p, n - k, k + 1);
}

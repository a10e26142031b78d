// Owns the gamma and beta functions that the distributions are made of.
// Promise: relative error near 1e-14 over the arguments used here; NaN outside the domain.

/** Value and first two derivatives of a function at one point. */
export interface Jet {
  readonly value: number;
  readonly first: number;
  readonly second: number;
}

// Below this the asymptotic series are not yet exact; recurrences climb up to it.
const ASYMPTOTIC_FROM = 20;
const HALF_LN_TWO_PI = 0.9189385332046728;

/** ln Gamma(x), x > 0: the series of Stirling (DLMF 5.11.1) from 20 on, the recurrence below. */
export function lnGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let product = 1;
  let z = x;
  for (; z < ASYMPTOTIC_FROM; z += 1) product *= z;
  const w = 1 / (z * z);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + HALF_LN_TWO_PI + series - Math.log(product);
}

// ln Gamma(x+1/2) - ln Gamma(x) = ln(x)/2 + sum_k HALF_STEP[k] x^-(2k+1), from the Stirling series
// with Bernoulli polynomials at 1/2 (DLMF 5.11.8): coefficients (B_2k(1/2) - B_2k) / (2k (2k-1)).
const HALF_STEP = [
  -1 / 8,
  1 / 192,
  -1 / 640,
  17 / 14336,
  -31 / 18432,
  691 / 180224,
  -5461 / 425984,
] as const;

/**
 * D(x) = ln Gamma(x + 1/2) - ln Gamma(x) and its derivatives, x > 0, without the cancellation of
 * two large logarithms. It is all that Student's density knows of the gamma function.
 */
export function gammaHalfStep(x: number): Jet {
  if (!(x > 0)) return { value: Number.NaN, first: Number.NaN, second: Number.NaN };
  let value = 0;
  let first = 0;
  let second = 0;
  let z = x;
  for (; z < ASYMPTOTIC_FROM; z += 1) {
    value -= Math.log1p(0.5 / z);
    first += 0.5 / (z * (z + 0.5)); // 1/z - 1/(z + 1/2)
    second -= (z + 0.25) / (z * (z + 0.5)) ** 2; // 1/(z + 1/2)^2 - 1/z^2
  }
  value += 0.5 * Math.log(z);
  first += 0.5 / z;
  second -= 0.5 / (z * z);
  HALF_STEP.forEach((coefficient, k) => {
    const power = 2 * k + 1;
    const term = coefficient * z ** -power;
    value += term;
    first -= (power * term) / z;
    second += (power * (power + 1) * term) / (z * z);
  });
  return { value, first, second };
}

/** ln B(a, b), a > 0 and b > 0. */
export function lnBeta(a: number, b: number): number {
  if (b === 0.5) return HALF_LN_PI - gammaHalfStep(a).value;
  if (a === 0.5) return HALF_LN_PI - gammaHalfStep(b).value;
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
}

const HALF_LN_PI = 0.5723649429247001;

/**
 * Regularised incomplete beta I_x(a, b), with `y` = 1 - x given apart so that neither end loses
 * digits. Continued fraction DLMF 8.17.22, on the side of the mean where it converges fast.
 */
export function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (!(x >= 0 && y >= 0 && a > 0 && b > 0)) return Number.NaN;
  if (x === 0) return 0;
  if (y === 0) return 1;
  const front = Math.exp(a * logOf(x, y) + b * logOf(y, x) - lnBeta(a, b));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(y, b, a)) / b;
}

/** ln x where x = 1 - y: from y when x is near 1. */
const logOf = (x: number, y: number): number => (y < 0.5 ? Math.log1p(-y) : Math.log(x));

const TINY = 1e-300;
const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

/** The continued fraction by the modified method of Lentz (Thompson & Barnett 1986). */
function betaFraction(x: number, a: number, b: number): number {
  const rounds = 200 + 4 * Math.ceil(Math.sqrt(Math.max(a, b))); // needs about sqrt(max(a, b))
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= rounds; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) return fraction;
  }
  return fraction;
}

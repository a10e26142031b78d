// Owns the distributions of risk: normal, Student's t, chi-squared, binomial.
// Promise: quantiles invert the distribution functions near 1e-14; NaN outside the domain.
import { gammaHalfStep, incompleteBeta } from './special-functions.ts';

const SQRT_TWO_PI = 2.506_628_274_631_000_5;

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
    2.509_080_928_730_122_672_7e3, 3.343_057_558_358_812_810_5e4, 6.726_577_092_700_870_085_3e4,
    4.592_195_393_154_987_145_7e4, 1.373_169_376_550_946_112_5e4, 1.971_590_950_306_551_442_7e3,
    1.331_416_678_917_843_774_5e2, 3.387_132_872_796_366_608,
  ],
  [
    5.226_495_278_852_854_561e3, 2.872_908_573_572_194_267_4e4, 3.930_789_580_009_271_061e4,
    2.121_379_430_158_659_586_7e4, 5.394_196_021_424_751_107_7e3, 6.871_870_074_920_579_083e2,
    4.231_333_070_160_091_125_2e1, 1,
  ],
] as const;
const TAIL = [
  [
    7.745_450_142_783_414_076_4e-4, 2.272_384_498_926_918_458_33e-2, 2.417_807_251_774_506_117_7e-1,
    1.270_458_252_452_368_382_58, 3.647_848_324_763_204_605_04, 5.769_497_221_460_691_405_5,
    4.630_337_846_156_545_295_9, 1.423_437_110_749_683_577_34,
  ],
  [
    1.050_750_071_644_416_843_24e-9, 5.475_938_084_995_344_946e-4, 1.519_866_656_361_645_719_66e-2,
    1.481_039_764_274_800_745_9e-1, 6.897_673_349_851_000_045_5e-1, 1.676_384_830_183_803_849_4,
    2.053_191_626_637_758_821_87, 1,
  ],
] as const;
const FAR_TAIL = [
  [
    2.010_334_399_292_288_132_65e-7, 2.711_555_568_743_487_578_15e-5,
    1.242_660_947_388_078_438_6e-3, 2.653_218_952_657_612_309_3e-2, 2.965_605_718_285_048_912_3e-1,
    1.784_826_539_917_291_335_8, 5.463_784_911_164_114_369_9, 6.657_904_643_501_103_777_2,
  ],
  [
    2.044_263_103_389_939_785_64e-15, 1.421_511_758_316_445_888_7e-7,
    1.846_318_317_510_054_681_8e-5, 7.868_691_311_456_132_591e-4, 1.487_536_129_085_061_485_25e-2,
    1.369_298_809_227_358_053_1e-1, 5.998_322_065_558_879_376_9e-1, 1,
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

/** Distribution function of Student's t: half an incomplete beta (DLMF 8.17, with x = nu/(nu+t²)). */
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

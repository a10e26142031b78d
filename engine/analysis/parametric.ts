// Owns VaR and ES in closed form: normal, Student's t, Cornish-Fisher.
// Promise: pure formulas on moments; what has no value there is NaN.
import { normalPdf, normalQuantile, studentPdf, studentQuantile } from './distributions.ts';
import type { Moments } from './pnl.ts';

/** Positive for a loss, unit of the P&L. */
export interface TailRisk {
  readonly var: number;
  readonly es: number;
}

/** Zero-mean normal: `VaR = z_c sd`, `ES = sd phi(z_c) / tail`. */
export function normalTailRisk(sd: number, tail: number): TailRisk {
  const z = -normalQuantile(tail);
  return { var: z * sd, es: (sd * normalPdf(z)) / tail };
}

/** The same loss with an expected P&L of `mean`. */
export const lessMean = (risk: TailRisk, mean: number): TailRisk => ({
  var: risk.var - mean,
  es: risk.es - mean,
});

export interface StudentParameters {
  readonly nu: number; // degrees of freedom; infinity is the normal
  readonly loc: number;
  readonly scale: number;
}

/**
 * Location-scale Student's t (McNeil, Frey & Embrechts, Quantitative Risk Management, chapter 2):
 * `VaR = -(loc + scale q)`, `ES = scale f(q)/tail (nu + q²)/(nu - 1) - loc`, q = t_nu^-1(tail).
 * ES is NaN for nu <= 1, where the mean of the tail does not exist.
 */
export function studentTailRisk({ nu, loc, scale }: StudentParameters, tail: number): TailRisk {
  if (nu === Number.POSITIVE_INFINITY) return lessMean(normalTailRisk(scale, tail), loc);
  const q = studentQuantile(tail, nu);
  const es = ((scale * studentPdf(q, nu)) / tail) * ((nu + q * q) / (nu - 1)) - loc;
  return { var: -(loc + scale * q), es: nu > 1 ? es : Number.NaN };
}

/** Zero-mean t with `nu` > 2 whose standard deviation is `sd`: scale = sd sqrt((nu - 2) / nu). */
export const matchVariance = (sd: number, nu: number): StudentParameters => ({
  nu,
  loc: 0,
  scale: sd * Math.sqrt((nu - 2) / nu),
});

export interface CornishFisherRisk extends TailRisk {
  /** The quantile in standard deviations, negative. */
  readonly zCf: number;
  readonly varZeroMean: number;
  /** False: the expansion is no quantile function on [-4, -1], so its figures mean little. */
  readonly isMonotone: boolean;
}

/**
 * Cornish-Fisher expansion with skew S and excess kurtosis K (Zangari 1996; Favre & Galeano 2002):
 * `z_cf = z + (z²-1)S/6 + (z³-3z)K/24 - (2z³-5z)S²/36`. ES is the mean of that quantile over
 * (0, tail), by the integrals of z^k phi; not the Edgeworth form of Boudt, Peterson & Croux (2008).
 */
export function cornishFisherRisk(moments: Moments, tail: number): CornishFisherRisk {
  const { mean, sd, skew, excessKurtosis } = moments;
  const z = normalQuantile(tail);
  const bend = [skew / 6, excessKurtosis / 24, (skew * skew) / 36] as const;
  const zCf =
    z + (z * z - 1) * bend[0] + (z ** 3 - 3 * z) * bend[1] - (2 * z ** 3 - 5 * z) * bend[2];
  // Means over the tail of z, z²-1, z³-3z and 2z³-5z, each over phi(z)/tail.
  const zMean = -1 - z * bend[0] + (1 - z * z) * bend[1] - (1 - 2 * z * z) * bend[2];
  return {
    zCf,
    var: -(mean + zCf * sd),
    es: -(mean + ((zMean * normalPdf(z)) / tail) * sd),
    varZeroMean: -zCf * sd,
    isMonotone: isRising(bend),
  };
}

const MONOTONE_FROM = -4;
const MONOTONE_TO = -1;

/** Whether the expansion rises on [-4, -1]; its slope is a parabola in z. */
function isRising([s, k, ss]: readonly [number, number, number]): boolean {
  const slope = (z: number): number => 1 + 2 * z * s + (3 * z * z - 3) * k - (6 * z * z - 5) * ss;
  const curvature = 3 * k - 6 * ss;
  const vertex = Math.max(MONOTONE_FROM, Math.min(MONOTONE_TO, -s / curvature));
  const inside = Number.isFinite(vertex) ? [vertex] : [];
  return [MONOTONE_FROM, MONOTONE_TO, ...inside].every((z) => slope(z) > 0);
}

// Owns historical VaR and ES: order statistics of a P&L, equally or age weighted.
// Promise: the conventions are named in the result; nothing is assumed about the distribution.
import { at } from './pnl.ts';

/** A P&L and its rows from the worst to the best; `rows[i]` has P&L `sorted[i]`. */
export interface RankedPnl {
  readonly sorted: Float64Array; // ascending; empty when a P&L is not finite: nothing is known then
  readonly rows: readonly number[]; // ties in the order of the rows
}

export function rankPnl(pnl: Float64Array): RankedPnl {
  if (!pnl.every(Number.isFinite)) return { sorted: new Float64Array(0), rows: [] };
  const rows = Array.from(pnl.keys()).sort((a, b) => at(pnl, a) - at(pnl, b) || a - b);
  return { sorted: Float64Array.from(rows, (row) => at(pnl, row)), rows };
}

export interface HistoricalTail {
  readonly var_linear: number;
  readonly var_lower: number;
  readonly var_higher: number;
  readonly es_acerbi_tasche: number;
  readonly es_tail_mean_ge_var_linear: number;
}

/**
 * Quantiles of ascending P&L at the tail probability `tail` = 1 - level: type 7 of Hyndman & Fan
 * (1996) and its two neighbours, and two forms of ES. Positive for a loss, unit of the P&L.
 */
export function historicalTail(sorted: Float64Array, tail: number): HistoricalTail {
  const varLinear = linearVar(sorted, tail);
  const index = tailIndex(sorted.length, tail);
  const count = countTail(sorted, varLinear);
  return {
    var_linear: varLinear,
    var_lower: -at(sorted, index),
    var_higher: -at(sorted, index + 1),
    es_acerbi_tasche: weighTail(tailWeights(sorted.length, tail), sorted),
    es_tail_mean_ge_var_linear: -sorted.subarray(0, count).reduce((sum, p) => sum + p, 0) / count,
  };
}

// 1000 x (1 - 0.9) is 99.99999999999997: an index is whole when it is this near to a whole number.
const SNAP = 1e-9;
const snap = (x: number): number => {
  const whole = Math.round(x);
  return Math.abs(x - whole) < SNAP ? whole : x;
};

/** 0-based rank of the order statistic at or below the quantile: floor((T - 1) tail). */
export const tailIndex = (count: number, tail: number): number =>
  Math.floor(snap((count - 1) * tail));

/** Minus the quantile at `tail`, interpolated linearly at the rank (T - 1) tail (type 7). */
export function linearVar(sorted: Float64Array, tail: number): number {
  const rank = snap((sorted.length - 1) * tail);
  const index = Math.floor(rank);
  const low = at(sorted, index);
  return rank === index ? -low : -(low + (rank - index) * (at(sorted, index + 1) - low));
}

/**
 * Share of each of the worst scenarios in the ES of Acerbi & Tasche (2002): 1/(T tail) for the
 * floor(T tail) worst, the rest for the next, so that they sum to one.
 */
export function tailWeights(count: number, tail: number): Float64Array {
  if (count === 0) return new Float64Array(0);
  const mass = snap(count * tail);
  const whole = Math.floor(mass);
  const weights = new Float64Array(Math.min(count, whole + 1)).fill(1 / mass);
  weights[whole] = (mass - whole) / mass;
  return weights;
}

/** ES of ascending P&L under the weights of its tail; NaN when there is no tail. */
export function weighTail(weights: Float64Array, sorted: Float64Array): number {
  if (weights.length === 0) return Number.NaN;
  return -weights.reduce((sum, weight, i) => sum + weight * at(sorted, i), 0);
}

/** How many losses are at or beyond `loss`. */
export function countTail(sorted: Float64Array, loss: number): number {
  let count = 0;
  while (count < sorted.length && -at(sorted, count) >= loss) count += 1;
  return count;
}

/** One row's P&L with its age weight accumulated from the worst row on. */
interface AgedPnl {
  readonly pnl: number;
  readonly weight: number;
  readonly cumulative: number; // own weight included
}

export interface AgeWeightedTail {
  readonly var_step: number;
  readonly var_interpolated: number;
  readonly es: number;
}

/** Decay of an observation's weight per row of age in the age-weighted method. */
export const AGE_LAMBDA = 0.98;

/**
 * Boudoukh, Richardson & Whitelaw (1998), "The Best of Both Worlds": weights
 * `lambda^age (1 - lambda) / (1 - lambda^T)`, age 0 the newest row. `var_step` is the first loss at
 * which the cumulative weight reaches `tail`, `var_interpolated` the line through the cumulative
 * weights, `es` the weighted mean of the tail with the boundary row cut at `tail`.
 */
export function ageWeightedTail(ranked: RankedPnl, tail: number): AgeWeightedTail {
  const aged = accumulateWeights(ranked);
  const boundary = aged.findIndex(({ cumulative }) => cumulative >= tail);
  const reached = aged[boundary];
  if (reached === undefined) {
    return { var_step: Number.NaN, var_interpolated: Number.NaN, es: Number.NaN };
  }
  const before = aged[boundary - 1];
  const part = before === undefined ? 1 : (tail - before.cumulative) / reached.weight;
  const from = before?.pnl ?? reached.pnl;
  let sum = (tail - (before?.cumulative ?? 0)) * reached.pnl;
  for (const { weight, pnl } of aged.slice(0, boundary)) sum += weight * pnl;
  return {
    var_step: -reached.pnl,
    var_interpolated: -(from + part * (reached.pnl - from)),
    es: -sum / tail,
  };
}

function accumulateWeights({ sorted, rows }: RankedPnl): readonly AgedPnl[] {
  const newest = rows.length - 1;
  const unit = (1 - AGE_LAMBDA) / (1 - AGE_LAMBDA ** rows.length);
  let cumulative = 0;
  return rows.map((row, i) => {
    const weight = unit * AGE_LAMBDA ** (newest - row);
    cumulative += weight;
    return { pnl: at(sorted, i), weight, cumulative };
  });
}

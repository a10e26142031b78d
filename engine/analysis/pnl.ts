// Owns the P&L of fixed positions over scenarios, and its sample moments.
// Promise: a position of 0 takes nothing from its column, not even a NaN.

/** P&L of each scenario, `p_t = sum_j notional_j columns_j[t]`, in the currency of the notional. */
export function scenarioPnl(
  columns: readonly Float64Array[],
  notional: Float64Array,
): Float64Array {
  const pnl = new Float64Array(columns[0]?.length ?? 0);
  columns.forEach((column, j) => {
    const held = notional[j] ?? 0;
    if (held !== 0)
      for (let t = 0; t < pnl.length; t += 1) pnl[t] = at(pnl, t) + held * at(column, t);
  });
  return pnl;
}

/** The element `index`, NaN outside: what is not there is undefined, not wrong. */
export const at = (values: Float64Array, index: number): number => values[index] ?? Number.NaN;

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** ddof = 1; NaN below two rows, exactly 0 when the P&L never moves. */
  readonly sd: number;
  readonly skew: number; // g1, population; NaN when sd is 0
  readonly excessKurtosis: number; // g2, population; NaN when sd is 0
}

// A spread this small against the numbers themselves is rounding, not risk.
const FLAT = 1e-13;

/** Sample moments, sums of powers of deviations from the mean. */
export function takeMoments(pnl: Float64Array): Moments {
  const count = pnl.length;
  let sum = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const p of pnl) {
    sum += p;
    low = Math.min(low, p);
    high = Math.max(high, p);
  }
  const mean = sum / count;
  let [m2, m3, m4] = [0, 0, 0];
  for (const p of pnl) {
    const d = p - mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  const isFlat = high - low <= FLAT * Math.max(Math.abs(low), Math.abs(high));
  if (isFlat || count < 2) {
    const sd = count < 2 ? Number.NaN : 0;
    return { count, mean, sd, skew: Number.NaN, excessKurtosis: Number.NaN };
  }
  return {
    count,
    mean,
    sd: Math.sqrt(m2 / (count - 1)),
    skew: m3 / count / (m2 / count) ** 1.5,
    excessKurtosis: (count * m4) / (m2 * m2) - 3,
  };
}

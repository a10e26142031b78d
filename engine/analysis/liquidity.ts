// Owns what it costs to get out of a book: spread, impact, time, and the VaR of a slow exit.
// Promise: pure; every cost is at least 0, in the currency of the notional; bounds are stated.

/** What is known of the market of a position. Fractions of price; volume in US dollars. */
export interface UnwindTerms {
  readonly halfSpread: number; // mean half spread, fraction of the mid
  readonly halfSpreadSd?: number; // its standard deviation, 0 when unknown
  readonly dailyVolatility: number; // standard deviation of the daily simple return
  readonly dailyVolume: number; // US dollars traded a day
}

/** How a stressed market differs from the one the terms were measured in. */
export interface MarketCondition {
  readonly spreadMultiplier: number; // at least 1
  readonly depthMultiplier: number; // above 0, at most 1
}

export const NORMAL_MARKET: MarketCondition = { spreadMultiplier: 1, depthMultiplier: 1 };

/** Prefactor of the square-root law; measured values are near 1 (Tóth et al. 2011). */
const IMPACT_PREFACTOR = 1;
/** Standard deviations added to the mean spread: Bangia et al. (1999) find 2 to 4.5. */
const SPREAD_DEVIATIONS = 3;
/** Days beyond which an exit is not planned any more: the answer is then this bound. */
export const UNWIND_DAYS_MAX = 250;

/**
 * Square-root law: the price moves by Y sigma sqrt(Q / V) when Q of a daily volume V is traded.
 * Fraction of price. 0 for Q = 0; Infinity without volume.
 */
export function squareRootImpact(
  prefactor: number,
  dailyVolatility: number,
  quantity: number,
  dailyVolume: number,
): number {
  if (quantity === 0) return 0;
  if (!(dailyVolume > 0)) return Number.POSITIVE_INFINITY;
  return prefactor * dailyVolatility * Math.sqrt(Math.abs(quantity) / dailyVolume);
}

export interface UnwindCost {
  readonly spread: number;
  readonly impact: number;
  readonly cost: number; // at most the notional: a position cannot be sold for less than nothing
}

/**
 * Spread part: |N| (mu + k sd) m with half spreads, the exogenous cost of Bangia, Diebold,
 * Schuermann & Stroughair (1999), "Modeling liquidity risk". Impact part: |N| Y sigma
 * sqrt(|N| / (V d)), the whole move charged to the whole position: an upper bound, the mean along
 * a square-root path is two thirds of it. m and d: how much wider and thinner the market is.
 * Without volume the position cannot be sold: the cost is the whole notional.
 */
export function unwindCost(
  notional: number,
  terms: UnwindTerms,
  market: MarketCondition = NORMAL_MARKET,
): UnwindCost {
  const size = Math.abs(notional);
  const half = terms.halfSpread + SPREAD_DEVIATIONS * (terms.halfSpreadSd ?? 0);
  const spread = Math.min(size, size * half * market.spreadMultiplier);
  const volume = terms.dailyVolume * market.depthMultiplier;
  const move = squareRootImpact(IMPACT_PREFACTOR, terms.dailyVolatility, size, volume);
  const impact = Math.min(size - spread, size * move);
  return { spread, impact, cost: spread + impact };
}

/**
 * Whole days needed to sell `notional` at `participation` of the daily volume (0 to 1), at least 1
 * for a position that is not zero, at most UNWIND_DAYS_MAX.
 */
export function daysToUnwind(
  notional: number,
  terms: UnwindTerms,
  participation: number,
  market: MarketCondition = NORMAL_MARKET,
): number {
  const aDay = participation * terms.dailyVolume * market.depthMultiplier;
  const size = Math.abs(notional);
  if (size === 0) return 0;
  return aDay > 0 ? Math.min(UNWIND_DAYS_MAX, Math.ceil(size / aDay)) : UNWIND_DAYS_MAX;
}

export interface LiquidityPosition {
  readonly symbol: string;
  readonly notional: number;
  readonly terms: UnwindTerms;
}

export interface LiquidityRow {
  readonly symbol: string;
  readonly notional: number;
  readonly days: number;
  readonly spread: number;
  readonly impact: number;
  readonly cost: number;
}

export interface LiquidityReport {
  readonly positions: readonly LiquidityRow[]; // the dearest first
  readonly days: number; // until the last position is gone
  readonly cost: number;
  readonly varOneDay: number;
  readonly varUnwinding: number; // over the whole schedule
  readonly liquidityAdjusted: number; // varUnwinding + cost
}

/**
 * Liquidity-adjusted loss at normal quantile `z`. Each position is sold in equal daily slices over
 * its own days; with x_t what is left on day t, the variance of the exit is sum_t x_t' S x_t (days
 * independent, zero mean), which is Shamroukh's factor for one position and sqrt(T) for one that is
 * not sold. `covariance` of daily simple returns, n x n row-major, in the order of `positions`.
 */
export function liquidityAdjustedLoss(
  positions: readonly LiquidityPosition[],
  covariance: Float64Array,
  z: number,
  participation: number,
  market: MarketCondition = NORMAL_MARKET,
): LiquidityReport {
  const rows = positions.map(({ symbol, notional, terms }) => ({
    symbol,
    notional,
    days: daysToUnwind(notional, terms, participation, market),
    ...unwindCost(notional, terms, market),
  }));
  const days = rows.reduce((most, row) => Math.max(most, row.days), 0);
  let variance = 0;
  let first = 0;
  for (let day = 0; day < days; day += 1) {
    const left = rows.map((row) =>
      row.days > day ? (row.notional * (row.days - day)) / row.days : 0,
    );
    const today = quadraticForm(covariance, left);
    if (day === 0) first = today;
    variance += today;
  }
  const cost = rows.reduce((sum, row) => sum + row.cost, 0);
  const varUnwinding = z * Math.sqrt(variance);
  return {
    positions: rows.sort((a, b) => b.cost - a.cost),
    days,
    cost,
    varOneDay: z * Math.sqrt(first),
    varUnwinding,
    liquidityAdjusted: varUnwinding + cost,
  };
}

/** x' S x, at least 0: rounding must not give a negative variance. */
function quadraticForm(matrix: Float64Array, x: readonly number[]): number {
  let sum = 0;
  x.forEach((xi, i) => {
    x.forEach((xj, j) => {
      sum += xi * xj * (matrix[i * x.length + j] ?? 0);
    });
  });
  return Math.max(0, sum);
}

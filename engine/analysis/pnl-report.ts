// Owns every VaR method that needs nothing but a P&L series, at every level.
// Promise: what is undefined is null, never NaN, and no data makes it throw.
import { assert } from '../core/assert.ts';
import { forecastVolatility, scaleToForecast } from './filtered.ts';
import {
  AGE_LAMBDA,
  ageWeightedTail,
  countTail,
  historicalTail,
  type RankedPnl,
  rankPnl,
} from './historical.ts';
import {
  cornishFisherRisk,
  lessMean,
  matchVariance,
  normalTailRisk,
  studentTailRisk,
  type TailRisk,
} from './parametric.ts';
import { at, type Moments, takeMoments } from './pnl.ts';
import { fitStudent, type StudentFitResult } from './student.ts';
import {
  figure,
  type PnlLevel,
  type PnlReport,
  type StudentFit,
  scaleFigures,
  withTenDays,
} from './var-report.ts';

export const DEFAULT_LEVELS = [0.95, 0.975, 0.99] as const;

/** A P&L with everything the methods need that does not depend on the level. */
export interface PreparedPnl {
  readonly pnl: Float64Array;
  readonly moments: Moments;
  readonly ranked: RankedPnl;
  readonly filtered: RankedPnl; // at the volatility forecast
  readonly fit: StudentFitResult;
}

export function preparePnl(pnl: Float64Array): PreparedPnl {
  const moments = takeMoments(pnl);
  return {
    pnl,
    moments,
    ranked: rankPnl(pnl),
    filtered: rankPnl(scaleToForecast(pnl)),
    fit: fitStudent(pnl, moments),
  };
}

/** The figures of a report that belong to no level. */
export function summarisePnl({ pnl, moments, fit }: PreparedPnl): Omit<PnlReport, 'levels'> {
  return {
    pnl_mean: figure(moments.mean),
    pnl_std_ddof1: figure(moments.sd),
    pnl_skew: figure(moments.skew),
    pnl_excess_kurtosis: figure(moments.excessKurtosis),
    t_mle: describeFit(fit, moments),
    fhs_sigma_forecast: figure(at(forecastVolatility(pnl), pnl.length)),
  };
}

/** Keys as a level is written ("0.975"); refuses levels that are no level of confidence. */
export function byLevel<Level>(
  levels: readonly number[],
  describe: (level: number) => Level,
): Record<string, Level> {
  for (const level of levels) {
    assert(level > 0.5 && level < 1, `value at risk: ${level} is not between 0.5 and 1`);
  }
  return Object.fromEntries(levels.map((level) => [String(level), describe(level)]));
}

/** Every method at the tail probability `tail` = 1 - level. */
export function pnlLevel({ moments, ranked, filtered, fit }: PreparedPnl, tail: number): PnlLevel {
  const { mean, sd } = moments;
  const historical = historicalTail(ranked.sorted, tail);
  const normal = normalTailRisk(sd, tail);
  const student = (nu: number): TailRisk => studentTailRisk(matchVariance(sd, nu), tail);
  const bent = cornishFisherRisk(moments, tail);
  return {
    historical: {
      ...withTenDays({ ...historical }),
      tail_count: countTail(ranked.sorted, historical.var_linear),
    },
    age_weighted: { lambda: AGE_LAMBDA, ...withTenDays({ ...ageWeightedTail(ranked, tail) }) },
    filtered_historical_portfolio: filteredTail(filtered, tail),
    normal_zero_mean: tailHorizons(normal),
    normal_with_mean: {
      ...tailHorizons(lessMean(normal, mean)),
      h10_drift_scaled: scaleFigures(
        { ...lessMean(normal, mean * Math.sqrt(10)) }, // times sqrt(10): the drift grows tenfold
        Math.sqrt(10),
      ),
    },
    student_t_mle: tailHorizons(fit.kind === 'fitted' ? studentTailRisk(fit, tail) : UNKNOWN),
    student_t_nu4_variance_matched_zero_mean: tailHorizons(student(4)),
    student_t_nu6_variance_matched_zero_mean: tailHorizons(student(6)),
    cornish_fisher: {
      z_cf: figure(bent.zCf),
      ...tailHorizons(bent),
      monotone_on_minus4_minus1: Number.isFinite(bent.zCf) ? bent.isMonotone : null,
    },
    cornish_fisher_zero_mean: withTenDays({ var: bent.varZeroMean }),
  };
}

/** Quantile and ES of P&L that was scaled to the volatility forecast. */
export function filteredTail(
  { sorted }: RankedPnl,
  tail: number,
): PnlLevel['filtered_historical_portfolio'] {
  const { var_linear, var_lower, es_acerbi_tasche } = historicalTail(sorted, tail);
  return withTenDays({ var_linear, var_lower, es_acerbi_tasche });
}

const UNKNOWN: TailRisk = { var: Number.NaN, es: Number.NaN };

const tailHorizons = ({ var: loss, es }: TailRisk): PnlLevel['normal_zero_mean'] =>
  withTenDays({ var: loss, es });

function describeFit(fit: StudentFitResult, { excessKurtosis }: Moments): StudentFit {
  const known = fit.kind === 'fitted' ? fit : null;
  return {
    log_likelihood_of_pnl: figure(known?.logLikelihood ?? Number.NaN),
    nu: figure(known?.nu ?? Number.NaN),
    loc: figure(known?.loc ?? Number.NaN),
    scale: figure(known?.scale ?? Number.NaN),
    nu_method_of_moments: excessKurtosis > 0 ? figure(4 + 6 / excessKurtosis) : null,
  };
}

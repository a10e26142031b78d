// Owns the shape of a value-at-risk report, key by key as it is printed and stored.
// Promise: an undefined number is null here, never NaN; VaR and ES are positive for a loss.

/** A number in the currency of the notional unless said, or null where it is undefined. */
export type Figure = number | null;

type Figures<Key extends string> = { readonly [K in Key]: Figure };

/** One-day figures; under `h10` times sqrt(10): ten days by the square root of time. */
export type Horizons<Key extends string> = Figures<Key> & { readonly h10: Figures<Key> };

export interface StudentFit {
  readonly log_likelihood_of_pnl: Figure;
  /** Degrees of freedom; null with a location given means the likelihood rises to the normal. */
  readonly nu: Figure;
  readonly loc: Figure;
  readonly scale: Figure;
  readonly nu_method_of_moments: Figure;
}

/** What one level of confidence says about a P&L series alone. */
export interface PnlLevel {
  readonly historical: Horizons<
    'var_linear' | 'var_lower' | 'var_higher' | 'es_acerbi_tasche' | 'es_tail_mean_ge_var_linear'
  > & { readonly tail_count: number };
  readonly age_weighted: Horizons<'var_step' | 'var_interpolated' | 'es'> & {
    readonly lambda: number;
  };
  readonly filtered_historical_portfolio: Horizons<'var_linear' | 'var_lower' | 'es_acerbi_tasche'>;
  readonly normal_zero_mean: Horizons<'var' | 'es'>;
  readonly normal_with_mean: Horizons<'var' | 'es'> & {
    readonly h10_drift_scaled: Figures<'var' | 'es'>;
  };
  readonly student_t_mle: Horizons<'var' | 'es'>;
  readonly student_t_nu4_variance_matched_zero_mean: Horizons<'var' | 'es'>;
  readonly student_t_nu6_variance_matched_zero_mean: Horizons<'var' | 'es'>;
  readonly cornish_fisher: Horizons<'var' | 'es'> & {
    readonly z_cf: Figure; // standard deviations
    /** Whether the expansion is a quantile function where it is used; null when undefined. */
    readonly monotone_on_minus4_minus1: boolean | null;
  };
  readonly cornish_fisher_zero_mean: Horizons<'var'>;
}

/** Sample moments of the P&L, the fits that need no level, and every level. */
export interface PnlSummary<Level> {
  readonly pnl_mean: Figure;
  readonly pnl_std_ddof1: Figure;
  readonly pnl_skew: Figure; // population g1
  readonly pnl_excess_kurtosis: Figure; // population g2
  readonly levels: Readonly<Record<string, Level>>;
  readonly t_mle: StudentFit;
  readonly fhs_sigma_forecast: Figure; // standard deviation of the next row's P&L
}

export type PnlReport = PnlSummary<PnlLevel>;

export interface NormalComponents {
  readonly marginal: readonly Figure[]; // VaR per unit of notional
  readonly component: readonly Figure[];
  readonly sum: Figure;
  readonly percent: readonly Figure[]; // fractions of `sum`
  readonly es_component: readonly Figure[];
}

export interface HistoricalComponents {
  readonly scenario_index: Figure; // row of the `var_lower` scenario
  readonly scenario_date: string | null;
  readonly var_lower_component: readonly Figure[];
  readonly es_acerbi_tasche_component: readonly Figure[];
}

/** What an order of `notional` in `symbol` would change; negative reduces risk. */
export interface IncrementalRisk {
  readonly symbol: string;
  readonly index: number; // of the symbol's column, -1 when it has none
  readonly notional: Figure;
  readonly normal_exact: Figure;
  readonly normal_linear: Figure;
  readonly historical_linear_exact: Figure;
  readonly historical_es_exact: Figure;
}

/** What a simulation of the normal model must come to; `var` and `es` where one was run. */
export interface MonteCarloRisk extends MonteCarloFigures {
  readonly limit_var: Figure;
  readonly limit_es: Figure;
  readonly var_standard_error: Figure;
  readonly band_low: Figure; // limit_var less four standard errors
  readonly band_high: Figure;
}

export interface MonteCarloFigures {
  readonly paths: number;
  readonly var?: number;
  readonly es?: number;
  readonly seed?: string | number;
}

export interface PortfolioLevel extends PnlLevel {
  readonly filtered_historical_per_asset: Horizons<'var_linear' | 'var_lower' | 'es_acerbi_tasche'>;
  readonly components_normal_zero_mean: NormalComponents;
  readonly components_historical: HistoricalComponents;
  readonly incremental: readonly IncrementalRisk[];
  readonly monte_carlo_normal_zero_mean: MonteCarloRisk;
}

/** The keys of one portfolio; positions in the order of the table's symbols. */
export interface VarReport extends PnlSummary<PortfolioLevel> {
  readonly notional: readonly Figure[];
  readonly gross: Figure;
  readonly net: Figure;
}

/** NaN and infinities stand for "undefined" in the calculations and become null in a report. */
export const figure = (value: number): Figure => (Number.isFinite(value) ? value : null);

export const figures = (values: Float64Array): readonly Figure[] => Array.from(values, figure);

/** The one-day figures with their ten-day counterparts by the square root of time. */
export function withTenDays<Key extends string>(
  oneDay: Readonly<Record<Key, number>>,
): Horizons<Key> {
  return { ...scaleFigures(oneDay, 1), h10: scaleFigures(oneDay, Math.sqrt(10)) };
}

/** Each value times `factor`, as a figure. */
export function scaleFigures<Key extends string>(
  values: Readonly<Record<Key, number>>,
  factor: number,
): Figures<Key> {
  const scaled: Partial<Record<Key, Figure>> = {};
  for (const key in values) scaled[key] = figure(values[key] * factor);
  return scaled as Figures<Key>; // every key of `values` was just set
}

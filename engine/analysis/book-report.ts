// Owns the whole risk report of one book: value at risk, stress, reverse stress, correlations.
// Promise: pure; says what it was made of; a book that holds nothing has a report, too.
import type { AnalysisReport } from '../facts/gateway-message.ts';
import {
  type Breakdown,
  type BreakdownLevel,
  compareCorrelations,
  liveCorrelation,
} from './correlation.ts';
import { correlationOf, sampleCovariance } from './estimators.ts';
import type { MathSpace } from './math-space.ts';
import { createMonteCarlo, monteCarloVar } from './monte-carlo.ts';
import { type ReverseStress, reverseStress, roomToLimits } from './reverse-stress.ts';
import type { Scenario } from './scenario.ts';
import { type CashBalance, type StressPosition, type StressReport, stressTest } from './stress.ts';
import { valueAtRiskOfScenarios } from './value-at-risk.ts';
import type { VarReport } from './var-report.ts';

/** The book at one moment; lists are in the order of the instruments, money in US dollars. */
export interface BookSnapshot {
  readonly timeUs: number;
  readonly equity: number;
  readonly peakEquity: number;
  readonly drawdownHard: number; // fraction of the peak
  readonly positions: readonly StressPosition[]; // every instrument, also what is not held
  readonly cash: readonly CashBalance[]; // money that no instrument carries
  readonly columns: readonly Float64Array[]; // simple returns of a day, a column an instrument
  readonly covariance: Float64Array; // of daily returns, n x n, row-major
  readonly source: string; // where the columns come from
  readonly scenarios: readonly Scenario[];
  readonly seed: string;
  readonly previous: BreakdownLevel; // of the alarm, at the report before
}

/** What of the tables a screen can show; the book itself is never cut. */
const SHOWN_MAX = 40;
const FAT_TAILS = 4; // degrees of freedom of the simulated Student t

export interface BookReport extends AnalysisReport {
  readonly var: VarReport & {
    readonly symbols: readonly string[];
    readonly monte_carlo_t4: unknown;
  };
  readonly stress: StressReport;
  readonly reverseStress: readonly ReverseStress[];
  readonly correlation: ReturnType<typeof liveCorrelation> & { readonly alarm: Breakdown };
}

/** Everything but how long it took. `space` is the room in which the kernels work. */
export function reportBook(space: MathSpace, book: BookSnapshot): Omit<BookReport, 'elapsedMs'> {
  const { positions, columns, covariance, equity, peakEquity, drawdownHard } = book;
  const n = positions.length;
  const held = indices(n).filter((k) => notionalAt(book, k) !== 0);
  const symbols = held.map((k) => positions[k]?.symbol ?? '');
  const own = held.map((k) => columns[k] ?? new Float64Array());
  const notional = Float64Array.from(held, (k) => notionalAt(book, k));
  const ownCovariance = pick(covariance, n, held);
  const monteCarlo = createMonteCarlo(space, { seed: book.seed });
  const report = valueAtRiskOfScenarios({ symbols, columns: own }, notional, {
    monteCarlo,
    incremental: [],
  });
  const options = { seed: book.seed, degreesOfFreedom: FAT_TAILS };
  const tails = held.length === 0 ? null : monteCarloVar(space, ownCovariance, notional, options);
  const holding = held.flatMap((k) => positions[k] ?? []);
  const rooms = roomToLimits({ equity, peakEquity, drawdownHard });
  const shown = [...held, ...indices(n).filter((k) => !held.includes(k))].slice(0, SHOWN_MAX);
  const names = shown.map((k) => positions[k]?.symbol ?? '');
  const days = shown.map((k) => columns[k] ?? new Float64Array());
  const past = correlationOf(sampleCovariance(space, days, 1), shown.length);
  const live = pick(covariance, n, shown);
  const now = correlationOf(live, shown.length);
  return {
    timeUs: book.timeUs,
    equity,
    source: book.source,
    var: { symbols, ...report, monte_carlo_t4: tails },
    stress: stressTest(holding, book.scenarios, equity, book.cash),
    reverseStress: reverseStress(holding, rooms, { symbols, matrix: ownCovariance }),
    correlation: {
      ...liveCorrelation(live, names),
      alarm: compareCorrelations(past, now, names, { previous: book.previous }),
    },
  };
}

const indices = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

const notionalAt = ({ positions }: BookSnapshot, k: number): number => positions[k]?.notional ?? 0;

const pick = (matrix: Float64Array, n: number, kept: readonly number[]): Float64Array =>
  Float64Array.from(kept.flatMap((i) => kept.map((j) => matrix[i * n + j] ?? Number.NaN)));

// Owns what is shown of a risk report: methods x levels, stresses, the correlation heat map.
// Promise: what does not read as expected is left out; the report itself is handed on untouched.
import { z } from 'zod';
import type {
  AnalysisWire,
  CorrelationWire,
  StressRowWire,
  VarRowWire,
} from '../dashboard/risk-wire.ts';
import type { AnalysisReport } from '../engine/facts/gateway-message.ts';
import { isoOf, snakeKeys } from './words.ts';

const SYMBOLS_MAX = 40; // of the heat map: more cells than these no eye takes in
const LEVELS_MAX = 8;
const SCENARIOS_MAX = 64;

const figure = z.number().nullish().catch(null);
const figures = z.record(z.string(), z.unknown());

/** Where each method keeps its two figures in a level of the report. */
const METHODS = [
  ['historical', 'historical', 'var_linear', 'es_acerbi_tasche'],
  ['age_weighted', 'age_weighted', 'var_interpolated', 'es'],
  ['filtered_historical', 'filtered_historical_portfolio', 'var_linear', 'es_acerbi_tasche'],
  ['normal', 'normal_zero_mean', 'var', 'es'],
  ['student_t', 'student_t_mle', 'var', 'es'],
  ['cornish_fisher', 'cornish_fisher', 'var', 'es'],
  ['monte_carlo', 'monte_carlo_normal_zero_mean', 'var', 'es'],
] as const;

const varReport = z.object({ levels: z.record(z.string(), z.record(z.string(), z.unknown())) });

export function varRows(report: unknown): VarRowWire[] {
  const read = varReport.safeParse(report);
  if (!read.success) return [];
  const levels = Object.entries(read.data.levels).sort(([a], [b]) => Number(a) - Number(b));
  return levels.slice(0, LEVELS_MAX).flatMap(([level, found]) =>
    METHODS.flatMap(([method, place, var_, es]) => {
      const one = figures.safeParse(found[place]);
      if (!one.success) return [];
      const ten = figures.safeParse(one.data.h10);
      const of = (values: Readonly<Record<string, unknown>> | undefined, name: string) =>
        figure.parse(values?.[name]) ?? null;
      return {
        method,
        level,
        value_at_risk: of(one.data, var_),
        expected_shortfall: of(one.data, es),
        value_at_risk_10d: of(ten.data, var_),
        expected_shortfall_10d: of(ten.data, es),
      };
    }),
  );
}

const stressResult = z.object({
  scenario: z.string(),
  description: z.string().catch(''),
  loss: z.number(),
  loss_of_equity: figure,
  positions: z
    .array(z.object({ symbol: z.string(), loss: z.number() }))
    .catch([])
    .default([]),
});
const stressReport = z.union([
  z.array(stressResult),
  z.object({ scenarios: z.array(stressResult) }).transform(({ scenarios }) => scenarios),
]);

export function stressRows(report: unknown): StressRowWire[] {
  const read = stressReport.safeParse(snakeKeys(report));
  if (!read.success) return [];
  const worstFirst = [...read.data].sort((a, b) => b.loss - a.loss);
  return worstFirst.slice(0, SCENARIOS_MAX).map((result) => {
    const worst = result.positions.reduce(
      (most, position) => (position.loss > most.loss ? position : most),
      { symbol: '', loss: 0 },
    );
    return {
      scenario: result.scenario,
      description: result.description,
      loss: result.loss,
      loss_of_equity: result.loss_of_equity ?? null,
      worst_position: worst.symbol,
      worst_position_loss: worst.loss,
    };
  });
}

const correlationReport = z.object({
  symbols: z.array(z.string()),
  correlation: z.array(z.array(z.number().nullable())), // null where an asset never moved
  leaf_order: z.array(z.number().int().min(0)).catch([]),
  alarm: z.object({ level: z.string(), distance: figure }).nullable().catch(null),
});

/** Symbols that move together stand together: rows and columns in leaf order of the clusters. */
export function correlationView(report: unknown): CorrelationWire | null {
  const read = correlationReport.safeParse(snakeKeys(report));
  if (!read.success) return null;
  const { symbols, correlation, leaf_order: order, alarm } = read.data;
  const size = symbols.length;
  if (size === 0 || correlation.length !== size) return null;
  if (correlation.some((row) => row.length !== size)) return null;
  const places = isPermutation(order, size) ? order : [...symbols.keys()];
  const shown = places.slice(0, SYMBOLS_MAX);
  const at = (row: number, column: number): number | null => {
    const value = correlation[row]?.[column] ?? null;
    return value === null ? null : Math.round(1000 * value) / 1000;
  };
  return {
    symbols: shown.map((place) => symbols[place] ?? ''),
    rows: shown.map((row) => shown.map((column) => at(row, column))),
    symbols_total: size,
    alarm: alarm === null ? 'unknown' : alarm.level,
    distance: alarm?.distance ?? null,
  };
}

const isPermutation = (places: readonly number[], size: number): boolean =>
  places.length === size && new Set(places).size === size && places.every((place) => place < size);

export const analysisView = (report: AnalysisReport): AnalysisWire => ({
  as_of: isoOf(report.timeUs),
  elapsed_ms: report.elapsedMs,
  equity: report.equity,
  source: report.source,
  var: varRows(report.var),
  stress: stressRows(report.stress),
  correlation: correlationView(report.correlation),
});

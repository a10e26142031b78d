// Owns `colin risk covariance`: every estimator of covariance and correlation over daily returns.
// Promise: --json is the published key names; a window that is not there is refused, not shortened.

import { type Breakdown, ewmaBreakdown } from '../../engine/analysis/correlation.ts';
import {
  type CovarianceReport,
  covarianceReport,
  covarianceReportBytes,
  type Window,
  type WindowReport,
} from '../../engine/analysis/covariance-report.ts';
import { createPrivateMathSpace } from '../../engine/analysis/math-space.ts';
import type { ReturnsTable } from '../../engine/analysis/returns.ts';
import { flagOption, listOption, type Options, readKernels, textOption } from '../invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText } from '../terminal.ts';
import { parseNumberOption, readReturns } from './input.ts';
import { askCovariance } from './running.ts';
import { decimal, percent, plural } from './words.ts';

const WINDOW_ROWS = 60;
const SYMBOLS_SHOWN = 16; // of the correlation table

export async function runCovariance(options: Options): Promise<number> {
  const returns = textOption(options, 'returns');
  if (returns === undefined) return askCovariance(options);
  const wanted = listOption(options, 'window').map((text) => parseNumberOption(text, 1));
  if (wanted.some((rows) => rows === null || !Number.isInteger(rows))) {
    complain('risk covariance: --window takes a whole number of rows from 2.');
    return EXIT.usage;
  }
  const table = readReturns(returns);
  if (table === null) return EXIT.configuration;
  const sizes = wanted.flatMap((rows) => rows ?? []);
  const short = sizes.find((rows) => rows > table.rows);
  if (short !== undefined) {
    complain(`risk covariance: --window ${short}: ${returns} has ${plural(table.rows, 'row')}.`);
    return EXIT.usage;
  }
  const bytes = 2 * covarianceReportBytes(table.rows, table.symbols.length);
  const space = createPrivateMathSpace(readKernels(), bytes);
  const windows = (sizes.length > 0 ? sizes : defaultWindows(table)).map((rows) =>
    nameWindow(rows, table.symbols.length),
  );
  const report = covarianceReport(table, { space, windows });
  const breakdown = ewmaBreakdown(space, table.columns, table.symbols);
  const { shareChange: share_change, ...rest } = breakdown;
  const document = { ...report, breakdown: { ...rest, share_change } };
  if (flagOption(options, 'json')) await printDocument(document);
  else await printText(`${formatCovariance(report, table)}\n${formatAlarm(breakdown)}\n`);
  return EXIT.done;
}

/**
 * The last 60 rows where there are as many, and a window of two thirds as many rows as there are
 * symbols: there the sample matrix is singular, and shows what shrinkage is for.
 */
function defaultWindows({ rows, symbols }: ReturnsTable): readonly number[] {
  const singular = Math.floor((symbols.length * 2) / 3);
  return [WINDOW_ROWS, singular].filter((size) => size >= 2 && size <= rows);
}

const nameWindow = (rows: number, symbols: number): Window => ({
  name: rows <= symbols ? `last_${rows}_rank_deficient` : `last_${rows}`,
  rows,
});

function formatCovariance(report: CovarianceReport, table: ReturnsTable): string {
  const { symbols, ...windows } = report;
  const named = Object.entries(windows) as [string, WindowReport][];
  const lines = named.map(([name, window]) => {
    const { sample, ledoit_wolf_constant_correlation: shrunk } = window.conditioning;
    return [
      name,
      String(window.rows),
      sample.condition === null ? 'singular' : decimal(sample.condition, 1),
      decimal(shrunk.condition, 1),
      percent(window.ledoit_wolf_constant_correlation.shrinkage),
      percent(window.ledoit_wolf_identity.shrinkage),
      decimal(window.ledoit_wolf_constant_correlation.rbar),
    ];
  });
  const titles = [
    'window',
    'rows',
    'condition',
    'shrunk',
    'shrinkage',
    'to identity',
    'mean corr.',
  ];
  const days = `${plural(table.rows, 'day')} ${table.dates[0]} to ${table.dates.at(-1)}`;
  const head = `${days}, ${plural(symbols.length, 'symbol')}`;
  const matrix = formatCorrelation(symbols, report.full);
  return `${head}\n\n${formatTable(titles, lines)}\n\n${matrix}\n`;
}

/** The last weeks (half-life 10 days) against the last year (120 days). */
function formatAlarm({ level, distance, shareChange, pairs }: Breakdown): string {
  const told = level === 'broken' ? 'BREAKDOWN ALARM' : `alarm ${level}`;
  const [first] = pairs;
  const most =
    first === undefined
      ? ''
      : `; most: ${first.a} and ${first.b}, ${decimal(first.slow, 2)} to ${decimal(first.fast, 2)}`;
  const share = `largest eigenvalue's share ${decimal(shareChange, 2)}`;
  return `correlation ${told}: mean change ${decimal(distance, 2)}, ${share}${most}`;
}

/** Correlations in the order of the average-linkage tree: what moves together stands together. */
function formatCorrelation(symbols: readonly string[], window: WindowReport): string {
  const order = (window.clustering.average?.leaf_order ?? [...symbols.keys()]).slice(
    0,
    SYMBOLS_SHOWN,
  );
  const short = order.map((i) => (symbols[i] ?? '').split('/')[0] ?? '');
  const lines = order.map((i, row) => [
    symbols[i] ?? '',
    percent(Math.sqrt(window.sample[i]?.[i] ?? Number.NaN), 2),
    ...order.map((j, column) => (column > row ? '' : decimal(window.correlation[i]?.[j], 2))),
  ]);
  const rest = symbols.length - order.length;
  const more = rest > 0 ? `\n${rest} more; --json has all` : '';
  return `${formatTable(['correlation, full', 'daily sd', ...short], lines)}${more}`;
}

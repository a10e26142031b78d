// Owns `colin risk backtest`: how often the VaR of a book was exceeded, and whether that is chance.
// Promise: --json is the published key names; too few rows for one forecast is refused.
import { basename } from 'node:path';
import {
  backtestVar,
  type ExceedanceTests,
  type RollingBacktest,
} from '../../engine/analysis/backtest.ts';
import { flagOption, listOption, type Options, textOption } from '../invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText } from '../terminal.ts';
import { parseNumberOption, readNotional, readReturns } from './input.ts';
import { decimal, percent, plural } from './words.ts';

const WINDOW_ROWS = 250;

export async function runBacktest(options: Options): Promise<number> {
  const returns = textOption(options, 'returns');
  const portfolio = textOption(options, 'portfolio');
  if (returns === undefined || portfolio === undefined) {
    complain(
      `risk backtest: --${returns === undefined ? 'returns' : 'portfolio'} FILE is missing.`,
    );
    return EXIT.usage;
  }
  const texts = listOption(options, 'window');
  const window = parseNumberOption(texts[0] ?? String(WINDOW_ROWS), 1);
  if (texts.length > 1 || window === null || !Number.isInteger(window)) {
    complain('risk backtest: --window takes one whole number of rows from 2.');
    return EXIT.usage;
  }
  const table = readReturns(returns);
  if (table === null) return EXIT.configuration;
  if (table.rows <= window) {
    const rows = plural(table.rows, 'row');
    complain(`${returns}: ${rows} leave nothing to forecast after a window of ${window}.`);
    return EXIT.configuration;
  }
  const notional = readNotional(portfolio, table);
  if (notional === null) return EXIT.configuration;
  const name = basename(portfolio, '.json');
  const report = backtestVar(table, notional, { window, portfolio: name });
  if (flagOption(options, 'json')) await printDocument(report);
  else await printText(formatBacktest(report, table.rows));
  return EXIT.done;
}

function formatBacktest(report: RollingBacktest, rows: number): string {
  const { window, first_forecast_date, models } = report;
  const lines = Object.entries(models).map(([name, { all, last_250 }]) => [
    name,
    ...describe(all),
    last_250?.zone ?? '-',
  ]);
  const titles = [
    'model',
    'days',
    'exceeded',
    'expected',
    'Kupiec p',
    'Christoffersen p',
    'last 250',
  ];
  const head =
    `VaR of ${plural(rows - window, 'day')} from ${first_forecast_date}, each forecast from the ` +
    `${window} before it\n`;
  return `${head}\n${formatTable(titles, lines)}\n`;
}

function describe(tests: ExceedanceTests | null): readonly string[] {
  if (tests === null) return ['0', '-', '-', '-', '-'];
  return [
    String(tests.T),
    `${tests.exceedances} (${percent(tests.rate)})`,
    decimal(tests.p * tests.T, 1),
    decimal(tests.p_pof),
    decimal(tests.p_cc),
  ];
}

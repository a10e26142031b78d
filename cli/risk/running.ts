// Owns what `colin risk` does without files: it asks the running system about its own book.
// Promise: never answers with an empty book; without a report yet it says when to ask again.

import type { CorrelationWire, StressRowWire, VarRowWire } from '../../dashboard/risk-wire.ts';
import { correlationView, stressRows, varRows } from '../../gateway/analysis-view.ts';
import { callApi, failApi, fieldOf, openApi } from '../control/api-client.ts';
import { flagOption, type Options } from '../invocation.ts';
import { EXIT, formatTable, printDocument, printText } from '../terminal.ts';
import { decimal, money, percent } from './words.ts';

type Ask = (options: Options) => Promise<number>;

/** GET one report; `format` makes the table, --json prints it with when and of what it is. */
const asks =
  (path: string, format: (report: unknown) => string): Ask =>
  async (options) => {
    const api = openApi(options);
    if (typeof api === 'number') return api;
    const outcome = await callApi(api, 'GET', path);
    if (outcome.kind !== 'reply' || outcome.status !== 200) return failApi(api, outcome);
    const { body } = outcome;
    const { report, ...conditions } = body as Readonly<Record<string, unknown>>;
    if (flagOption(options, 'json')) {
      const document = Array.isArray(report) ? { report } : Object(report);
      await printDocument({ ...document, conditions });
      return EXIT.done;
    }
    const equity = money(Number(fieldOf(body, 'equity')));
    const head = `running book at ${fieldOf(body, 'as_of')}, equity ${equity} USD`;
    await printText(`${head}\nscenarios: ${fieldOf(body, 'source')}\n\n${format(report)}\n`);
    return EXIT.done;
  };

function formatVar(rows: readonly VarRowWire[]): string {
  const cells = rows.map((row) => [
    `${percent(Number(row.level))} ${row.method}`,
    money(row.value_at_risk),
    money(row.expected_shortfall),
    money(row.value_at_risk_10d),
    money(row.expected_shortfall_10d),
  ]);
  return formatTable(['level, method', 'VaR 1 d', 'ES 1 d', 'VaR 10 d', 'ES 10 d'], cells);
}

function formatStress(rows: readonly StressRowWire[]): string {
  const cells = rows.map((row) => [
    row.scenario,
    money(row.loss),
    percent(row.loss_of_equity, 2),
    row.worst_position,
    money(row.worst_position_loss),
  ]);
  const head = ['scenario', 'loss USD', 'of equity', 'worst position', 'its loss'];
  return formatTable(head, cells);
}

function formatCorrelation(view: CorrelationWire | null): string {
  if (view === null) return 'The report has no correlation that can be shown.';
  const rows = view.rows.map((row, at) => [
    view.symbols[at] ?? '',
    ...row.map((value) => decimal(value, 2)),
  ]);
  const more =
    view.symbols_total > view.symbols.length
      ? `\n${view.symbols.length} of ${view.symbols_total} symbols; --json has all.`
      : '';
  const changed = `mean change ${decimal(view.distance, 2)}`;
  const told = view.alarm === 'broken' ? 'BREAKDOWN ALARM' : `alarm ${view.alarm}`;
  const alarm = `${told}, ${changed}`;
  return `${formatTable(['correlation', ...view.symbols], rows)}${more}\n${alarm}`;
}

export const askVar: Ask = asks('/api/v2/risk/var', (report) => formatVar(varRows(report)));
export const askCovariance: Ask = asks('/api/v2/risk/covariance', (report) =>
  formatCorrelation(correlationView(report)),
);
export const askStress: Ask = asks('/api/v2/risk/stress', (report) =>
  formatStress(stressRows(report)),
);

// Owns `colin risk var`: value at risk and expected shortfall of a book over a file of returns.
// Promise: every method, level and horizon; --json is the published key names at top level.
import { sampleCovariance } from '../../engine/analysis/estimators.ts';
import { createPrivateMathSpace } from '../../engine/analysis/math-space.ts';
import { createMonteCarlo } from '../../engine/analysis/monte-carlo.ts';
import type { ReturnsTable } from '../../engine/analysis/returns.ts';
import {
  type IncrementalOrder,
  type VarOptions,
  valueAtRisk,
} from '../../engine/analysis/value-at-risk.ts';
import type { PortfolioLevel, VarReport } from '../../engine/analysis/var-report.ts';
import { MONTE_CARLO_BYTES } from '../../wasm/layout.ts';
import { flagOption, listOption, type Options, readKernels, textOption } from '../invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText } from '../terminal.ts';
import { parseNumberOption, readNotional, readReturns } from './input.ts';
import { askVar } from './running.ts';
import { money, percent, plural } from './words.ts';

const PATHS = 100_000;
const PATHS_MAX = 1_000_000;
const SEED = 'colin';

export async function runVar(options: Options): Promise<number> {
  const returns = textOption(options, 'returns');
  const portfolio = textOption(options, 'portfolio');
  if (returns === undefined && portfolio === undefined) return askVar(options);
  if (returns === undefined || portfolio === undefined) {
    complain(`risk var: --${returns === undefined ? 'returns' : 'portfolio'} FILE is missing.`);
    return EXIT.usage;
  }
  const paths = parseNumberOption(textOption(options, 'paths') ?? String(PATHS), 0);
  if (paths === null || !Number.isInteger(paths) || paths > PATHS_MAX) {
    complain(`risk var: --paths takes a whole number from 1 to ${PATHS_MAX}.`);
    return EXIT.usage;
  }
  const table = readReturns(returns);
  if (table === null) return EXIT.configuration;
  const notional = readNotional(portfolio, table);
  if (notional === null) return EXIT.configuration;
  const incremental = readOrders(listOption(options, 'incremental'), table);
  if (incremental === null) return EXIT.usage;
  const seed = textOption(options, 'seed') ?? SEED;
  const document = varDocument(table, notional, { seed, paths, incremental });
  if (flagOption(options, 'json')) await printDocument(document);
  else await printText(formatVar(document));
  return EXIT.done;
}

function readOrders(
  texts: readonly string[],
  table: ReturnsTable,
): readonly IncrementalOrder[] | null {
  const orders: IncrementalOrder[] = [];
  for (const text of texts) {
    const [, symbol = '', amount = ''] = /^(.*)=(.*)$/.exec(text) ?? [];
    const notional = parseNumberOption(amount);
    if (notional === null || !table.symbols.includes(symbol)) {
      const why = notional === null ? 'write SYMBOL=NOTIONAL' : `no column is named '${symbol}'`;
      complain(`risk var: --incremental ${text}: ${why}.`);
      return null;
    }
    orders.push({ symbol, notional });
  }
  return orders;
}

interface VarSettings {
  readonly seed: string;
  readonly paths: number;
  readonly incremental: readonly IncrementalOrder[];
}

interface VarDocument extends VarReport {
  readonly symbols: readonly string[];
  readonly rows: number;
  readonly first_date: string | null;
  readonly last_date: string | null;
  readonly covariance_simple_returns_ddof1: readonly (readonly number[])[];
  readonly conditions: Readonly<Record<string, string | number>>;
}

function varDocument(
  table: ReturnsTable,
  notional: Float64Array,
  { seed, paths, incremental }: VarSettings,
): VarDocument {
  const n = table.symbols.length;
  const numbers = paths + 6 * n * n + (n + 1) * (table.rows + 64);
  const bytes = 8 * numbers + MONTE_CARLO_BYTES + 2 ** 20;
  const space = createPrivateMathSpace(readKernels(), bytes);
  const varOptions: VarOptions = {
    monteCarlo: createMonteCarlo(space, { paths, seed }),
    ...(incremental.length > 0 ? { incremental } : {}),
  };
  const simple = table.columns.map((column) => column.map(Math.expm1));
  const matrix = sampleCovariance(space, simple, 1);
  return {
    symbols: table.symbols,
    rows: table.rows,
    first_date: table.dates[0] ?? null,
    last_date: table.dates.at(-1) ?? null,
    ...valueAtRisk(table, notional, varOptions),
    covariance_simple_returns_ddof1: table.symbols.map((_, i) =>
      Array.from(matrix.subarray(i * n, i * n + n)),
    ),
    conditions: {
      returns: 'log returns of one day; positions are linear in simple returns exp(r) - 1',
      horizon: 'one day; h10 is one day times the square root of 10',
      sign: 'a positive number is a loss, in the currency of the notional',
      lambda_age_weighted: 0.98,
      lambda_ewma: 0.94,
      monte_carlo_paths: paths,
      monte_carlo_seed: seed,
    },
  };
}

type Row = readonly [name: string, tail: (level: PortfolioLevel) => Tail];

interface Tail {
  readonly var: number | null;
  readonly es: number | null;
  readonly var10: number | null;
  readonly es10: number | null;
}

type Pair = { readonly var: number | null; readonly es: number | null };

const plain = ({ h10, ...day }: Pair & { readonly h10: Pair }): Tail => ({
  var: day.var,
  es: day.es,
  var10: h10.var,
  es10: h10.es,
});

type Linear = { readonly var_linear: number | null; readonly es_acerbi_tasche: number | null };

const linear = ({ h10, ...day }: Linear & { readonly h10: Linear }): Tail => ({
  var: day.var_linear,
  es: day.es_acerbi_tasche,
  var10: h10.var_linear,
  es10: h10.es_acerbi_tasche,
});

const METHODS: readonly Row[] = [
  ['historical', (level) => linear(level.historical)],
  [
    'age weighted',
    ({ age_weighted: { h10, ...day } }) => ({
      var: day.var_interpolated,
      es: day.es,
      var10: h10.var_interpolated,
      es10: h10.es,
    }),
  ],
  ['filtered historical, portfolio', (level) => linear(level.filtered_historical_portfolio)],
  ['filtered historical, by asset', (level) => linear(level.filtered_historical_per_asset)],
  ['normal', (level) => plain(level.normal_zero_mean)],
  ['normal, with mean', (level) => plain(level.normal_with_mean)],
  ['Student t, fitted', (level) => plain(level.student_t_mle)],
  ['Student t, 4 degrees', (level) => plain(level.student_t_nu4_variance_matched_zero_mean)],
  ['Student t, 6 degrees', (level) => plain(level.student_t_nu6_variance_matched_zero_mean)],
  ['Cornish-Fisher', (level) => plain(level.cornish_fisher)],
  [
    'Monte Carlo, normal',
    ({ monte_carlo_normal_zero_mean: { var: value = null, es = null } }) => ({
      var: value,
      es,
      var10: value === null ? null : value * Math.sqrt(10),
      es10: es === null ? null : es * Math.sqrt(10),
    }),
  ],
];

function formatVar(document: VarDocument): string {
  const { rows, first_date, last_date, gross, net, levels } = document;
  const days = `${plural(rows, 'day')} ${first_date} to ${last_date}`;
  const head = `${days}, gross ${money(gross)}, net ${money(net)}\n`;
  const tables = Object.entries(levels).map(([level, figures]) => {
    const lines = METHODS.map(([name, tail]) => {
      const { var: value, es, var10, es10 } = tail(figures);
      return [name, money(value), money(es), money(var10), money(es10)];
    });
    const titles = [percent(Number(level)), 'VaR 1 day', 'ES 1 day', 'VaR 10 days', 'ES 10 days'];
    return formatTable(titles, lines);
  });
  const last = Object.entries(levels).at(-1);
  const parts =
    last === undefined ? [] : [formatComponents(document, ...last), formatOrders(...last)];
  return `${[head, ...tables.map((table) => `${table}\n`), ...parts].join('\n')}`;
}

function formatComponents(
  { symbols, notional }: VarDocument,
  level: string,
  { components_normal_zero_mean: normal, components_historical: historical }: PortfolioLevel,
): string {
  const lines = symbols.flatMap((symbol, i) =>
    notional[i] === 0
      ? []
      : [
          [
            symbol,
            money(notional[i]),
            percent(normal.marginal[i], 3),
            money(normal.component[i]),
            percent(normal.percent[i]),
            money(historical.var_lower_component[i]),
          ],
        ],
  );
  const titles = ['part of VaR', 'notional', 'marginal', 'normal', 'share', 'historical'];
  return `Contributions at ${percent(Number(level))}, one day\n${formatTable(titles, lines)}\n`;
}

function formatOrders(level: string, { incremental }: PortfolioLevel): string {
  if (incremental.length === 0) return '';
  const lines = incremental.map((order) => [
    order.symbol,
    money(order.notional),
    money(order.normal_exact),
    money(order.normal_linear),
    money(order.historical_linear_exact),
    money(order.historical_es_exact),
  ]);
  const titles = ['order', 'notional', 'normal', 'by margin', 'historical', 'ES'];
  return `Change of VaR at ${percent(Number(level))} by an order\n${formatTable(titles, lines)}\n`;
}

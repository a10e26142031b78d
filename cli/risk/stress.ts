// Owns `colin risk stress`: the six crises and a user's own scenarios against a book in a file.
// Promise: worst first; a scenario that names an asset nobody knows is refused with exit 3.
import { covarianceMatrix } from '../../engine/analysis/contributions.ts';
import { type CrisisMove, crisisScenarios } from '../../engine/analysis/crises.ts';
import { normalQuantile } from '../../engine/analysis/distributions.ts';
import { type LiquidityReport, liquidityAdjustedLoss } from '../../engine/analysis/liquidity.ts';
import type { ReturnsTable } from '../../engine/analysis/returns.ts';
import {
  type LossRoom,
  type ReturnCovariance,
  type ReverseStress,
  reverseStress,
  roomToLimits,
} from '../../engine/analysis/reverse-stress.ts';
import { isCoin, type Scenario } from '../../engine/analysis/scenario.ts';
import { parseScenarios } from '../../engine/analysis/scenario-file.ts';
import { type StressReport, stressTest } from '../../engine/analysis/stress.ts';
import { flagOption, type Options, readSetup, textOption } from '../invocation.ts';
import { complain, EXIT, printDocument, printText } from '../terminal.ts';
import type { Book } from './book.ts';
import { complainAll, parseNumberOption, readBook, readReturns, readText } from './input.ts';
import { askStress } from './running.ts';
import { formatExit, formatReverse, formatStress } from './stress-words.ts';

export async function runStress(options: Options): Promise<number> {
  const portfolio = textOption(options, 'portfolio');
  if (portfolio === undefined) return askStress(options);
  const amounts = readAmounts(options);
  if (amounts === null) return EXIT.usage;
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  const book = readBook(portfolio);
  if (book === null) return EXIT.configuration;
  const move: CrisisMove = flagOption(options, 'day') ? 'day' : 'low';
  const own = readScenarios(textOption(options, 'scenarios'), book);
  if (own === null) return EXIT.configuration;
  const report = stressTest(book, [...crisisScenarios(move), ...own], amounts.equity);
  const covariance = readCovariance(textOption(options, 'returns'), book);
  if (covariance === 'unreadable') return EXIT.configuration;
  const rooms = roomsOf(amounts, setup.config.risk.drawdownHard);
  const reverse = reverseStress(book, rooms, covariance);
  const exit = covariance === null ? null : exitOf(book, covariance);
  if (setup.json) await printDocument(stressDocument(report, reverse, exit, move));
  else {
    const parts = [
      formatStress(report, move),
      formatExit(exit, EXIT_TERMS),
      formatReverse(reverse),
    ];
    await printText(parts.join(''));
  }
  return EXIT.done;
}

interface Amounts {
  readonly equity: number | null;
  readonly lossLimit: number | null;
}

function readAmounts(options: Options): Amounts | null {
  const amounts = (['equity', 'loss-limit'] as const).map((name) => {
    const text = textOption(options, name);
    if (text === undefined) return null;
    const value = parseNumberOption(text, 0);
    if (value === null) complain(`risk stress: --${name} takes an amount above 0, not '${text}'.`);
    return value ?? 'wrong';
  });
  const [equity = null, lossLimit = null] = amounts;
  return equity === 'wrong' || lossLimit === 'wrong' ? null : { equity, lossLimit };
}

/** The limits asked about: a loss that was named, the hard drawdown, and the whole equity. */
function roomsOf({ equity, lossLimit }: Amounts, drawdownHard: number): readonly LossRoom[] {
  const loss = lossLimit === null ? {} : { lossLimit };
  if (equity === null) return roomToLimits({ equity: 0, ...loss });
  const whole = { limit: 'whole equity', room: equity };
  return [...roomToLimits({ equity, drawdownHard, ...loss }), whole];
}

/** Scenarios of the user's file, none without one, null after a complaint. */
function readScenarios(path: string | undefined, book: Book): readonly Scenario[] | null {
  if (path === undefined) return [];
  const text = readText(path);
  if (text === null) return null;
  const assets = new Set(book.flatMap(({ base, quote }) => [base, quote]));
  const result = parseScenarios(text, assets);
  return result.kind === 'invalid' ? complainAll(path, result.problems) : result.scenarios;
}

/**
 * Covariance of simple returns for the coins of the book. A position takes the column of its own
 * symbol, or else the first of its base asset; a coin without one leaves no likeliest move.
 */
function readCovariance(
  path: string | undefined,
  book: Book,
): ReturnCovariance | null | 'unreadable' {
  if (path === undefined) return null;
  const table = readReturns(path);
  if (table === null) return 'unreadable';
  const held = new Map<string, number>();
  for (const { symbol, base } of book) {
    const column = columnOf(table, symbol, base);
    if (column !== null) held.set(symbol, column);
    else if (isCoin(base)) complain(`${path}: no column for ${symbol}: no likeliest move is told`);
  }
  const symbols = [...held.keys()];
  const columns = [...held.values()].flatMap((column) => table.columns[column] ?? []);
  const matrix = covarianceMatrix(columns.map((column) => column.map(Math.expm1)));
  return { symbols, matrix };
}

function columnOf({ symbols }: ReturnsTable, symbol: string, base: string): number | null {
  const exact = symbols.indexOf(symbol);
  const column = exact >= 0 ? exact : symbols.findIndex((name) => name.split('/')[0] === base);
  return column >= 0 ? column : null;
}

/** How the exit of liquidity.ts is asked for: a tenth of the volume a day, VaR at 99 %. */
const EXIT_TERMS = { participation: 0.1, level: 0.99 };

/** The exit of the positions whose market and covariance are known; null without one. */
function exitOf(book: Book, { symbols, matrix }: ReturnCovariance): LiquidityReport | null {
  const held = book.flatMap(({ symbol, notional, unwind }) => {
    const column = symbols.indexOf(symbol);
    return unwind === undefined || column < 0 ? [] : [{ symbol, notional, terms: unwind, column }];
  });
  if (held.length === 0) return null;
  const chosen = held.flatMap((row) =>
    held.map(({ column }) => matrix[row.column * symbols.length + column] ?? Number.NaN),
  );
  const z = normalQuantile(EXIT_TERMS.level);
  return liquidityAdjustedLoss(held, Float64Array.from(chosen), z, EXIT_TERMS.participation);
}

/** The report with the key names of the other risk documents. */
export function stressDocument(
  report: StressReport,
  reverse: readonly ReverseStress[],
  exit: LiquidityReport | null,
  move: CrisisMove,
): unknown {
  return {
    equity: report.equity,
    gross: report.gross,
    net: report.net,
    crisis_move: move === 'low' ? 'whole fall, to the lowest trade' : 'worst day, close to close',
    scenarios: report.scenarios.map((result) => ({
      scenario: result.scenario,
      description: result.description,
      loss: result.loss,
      loss_of_equity: result.lossOfEquity,
      by_source: result.bySource,
      silent: result.silent,
      positions: result.positions.map(({ settleLoss, ...position }) => ({
        ...position,
        settle_loss: settleLoss,
      })),
    })),
    exit: exit && {
      ...EXIT_TERMS,
      days: exit.days,
      cost: exit.cost,
      var_one_day: exit.varOneDay,
      var_unwinding: exit.varUnwinding,
      liquidity_adjusted: exit.liquidityAdjusted,
      positions: exit.positions,
    },
    reverse: reverse.map(({ isBroken, byFactor, market, likeliest, ...room }) => ({
      ...room,
      broken: isBroken,
      by_factor: byFactor,
      market,
      likeliest: likeliest && {
        sigmas: likeliest.sigmas,
        probability_normal: likeliest.probabilityNormal,
        probability_t4: likeliest.probabilityT4,
        possible: likeliest.isPossible,
        moves: likeliest.moves,
      },
    })),
  };
}

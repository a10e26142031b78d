// Owns how stress and reverse stress read on a terminal.
// Promise: pure; worst first, every loss with its largest causes, silence told.
import type { CrisisMove } from '../../engine/analysis/crises.ts';
import type { LiquidityReport } from '../../engine/analysis/liquidity.ts';
import type { ReverseStress } from '../../engine/analysis/reverse-stress.ts';
import type { StressReport, StressResult } from '../../engine/analysis/stress.ts';
import { formatTable } from '../terminal.ts';
import { decimal, money, percent } from './words.ts';

const POSITIONS_SHOWN = 10;
const MOVES_SHOWN = 8;

export function formatStress(report: StressReport, move: CrisisMove): string {
  const { equity, gross, net, scenarios } = report;
  const meaning =
    move === 'low' ? 'crises: close before the fall to the lowest trade' : 'crises: the worst day';
  const money_ = equity === null ? '' : `, equity ${money(equity)}`;
  const lines = scenarios.map((result) => [
    result.scenario,
    money(result.loss),
    percent(result.lossOfEquity),
    causes(result),
    result.positions[0]?.symbol ?? '-',
  ]);
  const titles = ['scenario', 'loss', 'of equity', 'largest causes', 'worst position'];
  const worst = scenarios[0];
  const parts = [
    `gross ${money(gross)}, net ${money(net)}${money_}; ${meaning}; a loss is positive\n`,
    `${formatTable(titles, lines)}\n`,
    ...(worst === undefined ? [] : [formatPositions(worst)]),
    ...formatSilence(scenarios),
  ];
  return parts.join('\n');
}

function causes({ bySource }: StressResult): string {
  const largest = Object.entries(bySource)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, 2);
  return largest.map(([source, loss]) => `${source} ${money(loss)}`).join(', ') || '-';
}

function formatPositions({ scenario, positions }: StressResult): string {
  const lines = positions
    .slice(0, POSITIONS_SHOWN)
    .map((held) => [
      held.symbol,
      money(held.notional),
      percent(held.shock),
      money(held.loss),
      money(held.settleLoss),
    ]);
  const rest = positions.length - lines.length;
  const more = rest > 0 ? `${rest} more; --json has all\n` : '';
  const titles = [scenario, 'notional', 'shock', 'loss', 'on margin'];
  return `${formatTable(titles, lines)}\n${more}`;
}

function formatSilence(scenarios: readonly StressResult[]): readonly string[] {
  const lines = scenarios
    .filter(({ silent }) => silent.length > 0)
    .map(({ scenario, silent }) => `${scenario} says nothing about ${silent.join(', ')}: at rest`);
  return lines.length > 0 ? [`${lines.join('\n')}\n`] : [];
}

/** What getting out of the positions with a known market costs; nothing when there are none. */
export function formatExit(
  exit: LiquidityReport | null,
  { participation, level }: { readonly participation: number; readonly level: number },
): string {
  if (exit === null) return '';
  const lines = exit.positions.map(({ symbol, notional, days, spread, impact, cost }) => [
    symbol,
    money(notional),
    String(days),
    ...[spread, impact, cost].map(money),
  ]);
  const titles = ['exit', 'notional', 'days', 'spread', 'impact', 'cost'];
  const head = `Exit at ${percent(participation, 0)} of the daily volume`;
  const sum =
    `VaR ${percent(level, 0)} of a day ${money(exit.varOneDay)}, ` +
    `of the whole exit ${money(exit.varUnwinding)}; ` +
    `with its cost of ${money(exit.cost)}: ${money(exit.liquidityAdjusted)}`;
  return `\n${head}\n\n${formatTable(titles, lines)}\n${sum}\n`;
}

export function formatReverse(reverse: readonly ReverseStress[]): string {
  if (reverse.length === 0) return '';
  return `\nSmallest moves that break a limit\n\n${reverse.map(formatLimit).join('\n')}`;
}

function formatLimit({
  limit,
  room,
  isBroken,
  byFactor,
  market,
  likeliest,
}: ReverseStress): string {
  if (isBroken) return `${limit}: already broken by ${money(-room)}\n`;
  const lines = [market, ...byFactor].map(({ direction, exposure, move }) => [
    direction,
    money(exposure),
    move === null ? 'cannot' : percent(move),
  ]);
  const table = formatTable([limit, 'exposure', 'move'], lines);
  const head = `${limit}: ${money(room)} may still be lost\n${table}\n`;
  if (likeliest === null) return head;
  const moves = [...likeliest.moves]
    .sort((a, b) => Math.abs(b.move) - Math.abs(a.move))
    .slice(0, MOVES_SHOWN)
    .map(({ symbol, move }) => `${symbol} ${percent(move)}`);
  const doubt = likeliest.isPossible ? '' : ' (beyond zero: out of reach of a straight line)';
  const odds =
    `likeliest way: ${decimal(likeliest.sigmas, 2)} sigmas of a day, probability ` +
    `${likeliest.probabilityNormal.toExponential(1)} normal, ` +
    `${likeliest.probabilityT4.toExponential(1)} Student t4${doubt}`;
  return likeliest.isPossible ? `${head}${odds}\n  ${moves.join(', ')}\n` : `${head}${odds}\n`;
}

// Owns `colin status`: whether a running system lives, is ready, trades, and what it holds.
// Promise: exit 0 when it is ready, 4 when it says that it is not, 5 when nobody answers.
import type { RiskWire } from '../../dashboard/risk-wire.ts';
import type { PortfolioWire } from '../../dashboard/wire.ts';
import { flagOption, hasWords, readOptions } from '../invocation.ts';
import { money, percent, plural } from '../risk/words.ts';
import { EXIT, formatTable, printDocument, printText } from '../terminal.ts';
import {
  API_OPTIONS,
  type Api,
  type ApiFailure,
  type ApiReply,
  callApi,
  failApi,
  fieldOf,
  openApi,
} from './api-client.ts';

const PARTS = ['health', 'ready', 'portfolio', 'risk'] as const;
type Part = (typeof PARTS)[number];
type Answers = Readonly<Record<Part, ApiReply>>;

/** Its exit code; unexpected faults are thrown. */
export async function runStatus(args: string[]): Promise<number> {
  const options = readOptions('status', args, API_OPTIONS);
  if (options === null || hasWords('status', options)) return EXIT.usage;
  const api = openApi(options);
  if (typeof api === 'number') return api;
  const answers = await askAll(api);
  if ('kind' in answers) return failApi(api, answers);
  const isReady = answers.ready.status === 200;
  if (flagOption(options, 'json')) {
    const told = PARTS.map((part) => [part, documentOf(answers[part])] as const);
    await printDocument({ url: api.url, is_ready: isReady, ...Object.fromEntries(told) });
  } else {
    await printText(formatStatus(api.url, answers));
  }
  return isReady ? EXIT.done : EXIT.checkFailed;
}

/** All parts, or the first answer that makes the rest meaningless. */
async function askAll(api: Api): Promise<Answers | ApiReply | ApiFailure> {
  const answers: Partial<Record<Part, ApiReply>> = {};
  for (const part of PARTS) {
    const outcome = await callApi(api, 'GET', `/api/v2/${part}`);
    if (outcome.kind !== 'reply') return outcome;
    if (outcome.status >= 400 && outcome.status !== 503) return outcome;
    answers[part] = outcome;
  }
  return answers as Answers; // every part was asked
}

/** A 503 means that the engine has not spoken yet; only /ready says something with one. */
const documentOf = ({ status, body }: ApiReply): unknown =>
  status === 200 || fieldOf(body, 'checks') !== undefined ? body : null;

function formatStatus(url: string, answers: Answers): string {
  const health = answers.health.body;
  const portfolio = documentOf(answers.portfolio) as PortfolioWire | null; // our gateway wrote it
  const risk = documentOf(answers.risk) as RiskWire | null;
  const facts = [
    `${url}  Colin ${fieldOf(health, 'version')}, ${fieldOf(health, 'mode')} mode`,
    `ready    ${answers.ready.status === 200 ? 'yes' : 'NO'}${checksOf(answers.ready.body)}`,
    `trading  ${fieldOf(health, 'trading_state')}`,
    ...(portfolio === null ? [] : portfolioLines(portfolio)),
    ...(risk === null ? ['risk     not told yet'] : riskLines(risk)),
  ];
  const stopped = risk?.states ?? [];
  if (stopped.length === 0) return `${facts.join('\n')}\n`;
  const rows = stopped.map(({ scope, state, reasons }) => [scope, state, reasons.join('; ')]);
  return `${facts.join('\n')}\n\n${formatTable(['scope', 'state', 'why'], rows)}\n`;
}

function checksOf(body: unknown): string {
  const checks = fieldOf(body, 'checks');
  if (!Array.isArray(checks)) return '';
  const told = checks.map((check) => `${fieldOf(check, 'name')} ${fieldOf(check, 'detail')}`);
  return `  (${told.join('; ')})`;
}

const portfolioLines = (portfolio: PortfolioWire): string[] => [
  `equity   ${equityWords(portfolio)}, profit ${moneyWords(portfolio.pnl)}, ` +
    `drawdown ${percent(portfolio.drawdown, 2)}`,
  `book     gross ${money(portfolio.gross_exposure)}, net ${money(portfolio.net_exposure)}, ` +
    plural(portfolio.open_orders, 'open order'),
  ...strategyLines(portfolio),
];

const moneyWords = (text: string): string => (text === 'unknown' ? text : money(Number(text)));

const equityWords = ({ equity, unpriced, base_currency }: PortfolioWire): string =>
  equity === 'unknown'
    ? `unknown (no price for ${unpriced.join(', ')})`
    : `${moneyWords(equity)} ${base_currency}`;

const strategyLines = ({ strategies }: PortfolioWire): string[] =>
  strategies.map(({ name, state, profit, reason, by }, at) => {
    const why = state === null || state === 'running' ? '' : ` (${by}: ${reason})`;
    const told = state === null ? name : `${name} ${state}${why}`;
    return `${at === 0 ? 'strategy' : '        '} ${told}, profit ${moneyWords(profit)}`;
  });

function riskLines(risk: RiskWire): string[] {
  const open = risk.breakers.filter(({ state }) => state !== 'closed');
  const names = open.map(({ breaker, scope, state }) => `${breaker} of ${scope} ${state}`);
  const [fullest] = risk.top_uses;
  const use =
    fullest === undefined
      ? 'nothing in use'
      : `fullest ${fullest.limit} of ${fullest.scope}, ${percent(fullest.utilization)}`;
  return [
    `risk     VaR 95 % 1 d ${money(risk.value_at_risk)}, stress ${money(risk.stress_loss)}`,
    `limits   version ${risk.limits_version}, ${use}`,
    `breakers ${open.length === 0 ? 'all closed' : names.join(', ')}`,
  ];
}

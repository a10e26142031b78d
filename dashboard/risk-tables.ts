// Owns the columns of the Risk page's tables.
// Promise: what a colour says a word says too; the first level of columns alone tells the story.
import {
  formatCompact,
  formatNumber,
  formatPercent,
  formatScope,
  formatTime,
  formatUs,
  formatWords,
} from './format.ts';
import type {
  BreakerWire,
  KillWire,
  LimitUseWire,
  ProposalWire,
  ScopeStateWire,
  StressRowWire,
  VarRowWire,
} from './risk-wire.ts';
import type { Cell, Column } from './table.ts';

const muted = (text: string): Cell => ({ text, tone: 'muted' });
const percentOf = (part: number, whole: number): number =>
  whole > 0 ? Math.max(0, Math.min(100, (100 * part) / whole)) : 0;

/** A value in the unit of its limit. */
export function formatUnit(value: number, unit: string): string {
  if (unit === 'fraction') return formatPercent(value, 2);
  if (unit === 'ratio') return formatNumber(value, 2);
  return formatCompact(value);
}

export type UseLevel = 'within' | 'beyond soft' | 'beyond hard';
export const levelOf = ({ used, soft, hard }: LimitUseWire): UseLevel =>
  used > hard ? 'beyond hard' : used > soft ? 'beyond soft' : 'within';

const USE_TONES = { within: 'plain', 'beyond soft': 'warn', 'beyond hard': 'down' } as const;

export const USE_COLUMNS: readonly Column<LimitUseWire>[] = [
  {
    title: 'Scope',
    kind: 'text',
    level: 1,
    // A line may end before the venue.
    cell: (u) => ({ text: formatScope(u.scope).replace('.', '.\u200b'), title: u.scope }),
  },
  { title: 'Limit', kind: 'text', level: 1, cell: (u) => ({ text: formatWords(u.limit) }) },
  {
    title: 'Used, soft and hard',
    kind: 'room',
    level: 1,
    cell: (u) => ({
      text: '',
      tone: USE_TONES[levelOf(u)],
      bar: { size: percentOf(u.used, u.hard), mark: percentOf(u.soft, u.hard) },
    }),
  },
  {
    title: '',
    kind: 'number',
    level: 1,
    cell: (u) => ({
      text: formatPercent(u.utilization, 0),
      tone: USE_TONES[levelOf(u)],
    }),
  },
  {
    title: 'Level',
    kind: 'text',
    level: 2,
    cell: (u) => ({ text: levelOf(u), tone: USE_TONES[levelOf(u)] }),
  },
  { title: 'Used', kind: 'number', level: 2, cell: (u) => ({ text: formatUnit(u.used, u.unit) }) },
  { title: 'Soft', kind: 'number', level: 3, cell: (u) => muted(formatUnit(u.soft, u.unit)) },
  { title: 'Hard', kind: 'number', level: 2, cell: (u) => muted(formatUnit(u.hard, u.unit)) },
];

const STATE_TONES = { active: 'up', probing: 'warn', reducing: 'warn', halted: 'down' } as const;

export const STATE_COLUMNS: readonly Column<ScopeStateWire>[] = [
  {
    title: 'Scope',
    kind: 'text',
    level: 1,
    cell: (s) => ({ text: formatScope(s.scope), title: s.scope }),
  },
  {
    title: 'State',
    kind: 'text',
    level: 1,
    cell: (s) => ({ text: s.state, tone: STATE_TONES[s.state] }),
  },
  {
    title: 'Why',
    kind: 'text',
    level: 1,
    cell: (s) => ({ text: s.reasons.join('; '), tone: 'muted', title: s.reasons.join('\n') }),
  },
];

/** One method with its figures at each level of confidence. */
export interface VarLine {
  readonly method: string;
  readonly byLevel: Readonly<Record<string, VarRowWire>>;
}

export function toVarLines(rows: readonly VarRowWire[]): VarLine[] {
  const lines = new Map<string, Record<string, VarRowWire>>();
  for (const row of rows) {
    const line = lines.get(row.method) ?? {};
    line[row.level] = row;
    lines.set(row.method, line);
  }
  return [...lines].map(([method, byLevel]) => ({ method, byLevel }));
}

const METHOD_TITLES: Readonly<Record<string, string>> = {
  historical: 'Historical',
  age_weighted: 'Age weighted',
  filtered_historical: 'Filtered historical',
  normal: 'Normal',
  student_t: 'Student t',
  cornish_fisher: 'Cornish–Fisher',
  monte_carlo: 'Monte Carlo',
};

export type Horizon = '1d' | '10d';

/** Levels as golden reports have them; `horizon` is asked at each drawing. */
export function varColumns(horizon: () => Horizon): readonly Column<VarLine>[] {
  const figure = (value: number | null | undefined): Cell =>
    value == null ? muted('–') : { text: formatCompact(value) };
  const pair = (level: string, title: string, rank: 1 | 2): Column<VarLine>[] => [
    {
      title: `VaR ${title}`,
      kind: 'number',
      level: rank,
      cell: ({ byLevel }) => {
        const row = byLevel[level];
        return figure(horizon() === '1d' ? row?.value_at_risk : row?.value_at_risk_10d);
      },
    },
    {
      title: 'ES',
      kind: 'number',
      level: 2,
      cell: ({ byLevel }) => {
        const row = byLevel[level];
        return figure(horizon() === '1d' ? row?.expected_shortfall : row?.expected_shortfall_10d);
      },
    },
  ];
  return [
    {
      title: 'Method',
      kind: 'text',
      level: 1,
      cell: ({ method }) => ({ text: METHOD_TITLES[method] ?? formatWords(method) }),
    },
    ...pair('0.95', '95 %', 1),
    ...pair('0.975', '97.5 %', 2),
    ...pair('0.99', '99 %', 1),
  ];
}

/** `worst` loss is where a bar ends. */
export const stressColumns = (worst: () => number): readonly Column<StressRowWire>[] => [
  {
    title: 'Scenario',
    kind: 'text',
    level: 1,
    cell: (s) => ({ text: formatWords(s.scenario), title: s.description }),
  },
  {
    title: 'Loss',
    kind: 'number',
    level: 1,
    cell: (s) => ({ text: formatCompact(s.loss), tone: s.loss > 0 ? 'plain' : 'up' }),
  },
  {
    title: 'Of equity',
    kind: 'bar',
    level: 1,
    cell: (s) => {
      const share = s.loss_of_equity ?? Number.NaN;
      return {
        text: Number.isFinite(share) ? formatPercent(share, 1) : '–',
        tone: share > 0 ? 'warn' : 'up',
        bar: { size: percentOf(s.loss, worst()) },
      };
    },
  },
  {
    title: 'Worst position',
    kind: 'text',
    level: 2,
    cell: (s) =>
      s.worst_position === ''
        ? muted('–')
        : muted(`${s.worst_position} ${formatCompact(s.worst_position_loss)}`),
  },
];

const BREAKER_TONES = { closed: 'up', half_open: 'warn', open: 'down' } as const;

const measured = (value: number, breaker: BreakerWire['breaker']): string => {
  if (breaker === 'latency') return `${formatNumber(value, 0)} ms`;
  if (breaker === 'venue') return formatNumber(value, 0);
  return formatPercent(value, 1);
};

export const BREAKER_COLUMNS: readonly Column<BreakerWire>[] = [
  { title: 'Breaker', kind: 'text', level: 1, cell: (b) => ({ text: formatWords(b.breaker) }) },
  {
    title: 'Scope',
    kind: 'text',
    level: 1,
    cell: (b) => ({ text: formatScope(b.scope), title: b.scope }),
  },
  {
    title: 'State',
    kind: 'text',
    level: 1,
    cell: (b) => ({ text: formatWords(b.state), tone: BREAKER_TONES[b.state] }),
  },
  {
    title: 'Measured',
    kind: 'number',
    level: 2,
    cell: (b) => ({ text: measured(b.measured, b.breaker) }),
  },
  {
    title: 'Opens at',
    kind: 'number',
    level: 2,
    cell: (b) => muted(measured(b.threshold, b.breaker)),
  },
  { title: 'Trips', kind: 'number', level: 3, cell: (b) => ({ text: formatNumber(b.trips, 0) }) },
  {
    title: 'Probes at',
    kind: 'text',
    level: 3,
    cell: (b) => muted(b.retry_at === null ? '–' : b.retry_at.slice(11, 19)),
  },
];

export const PROPOSAL_COLUMNS: readonly Column<ProposalWire>[] = [
  { title: '#', kind: 'number', level: 1, cell: (p) => muted(String(p.proposal)) },
  {
    title: 'Change',
    kind: 'text',
    level: 1,
    cell: (p) => {
      const told = p.changes.map(changeWords);
      const more = told.length > 1 ? ` and ${told.length - 1} more` : '';
      return { text: `${told[0] ?? ''}${more}`, title: `${told.join('\n')}\n${p.reason}` };
    },
  },
  {
    title: 'State',
    kind: 'text',
    level: 1,
    cell: (p) => ({
      text: p.state === 'pending' ? 'waits for approval' : p.state,
      tone: p.state === 'pending' ? 'warn' : 'muted',
    }),
  },
  { title: 'By', kind: 'text', level: 2, cell: (p) => muted(p.proposed_by) },
  { title: 'Decided', kind: 'text', level: 2, cell: (p) => muted(p.decided_by ?? '–') },
];

/** One change of a proposal: whose limit, from where to where. */
export function changeWords({ scope, limit, from, hard }: ProposalWire['changes'][number]): string {
  const level = (value: number): string => formatNumber(value, value < 100 ? 2 : 0);
  const before = from === null ? 'none' : level(from.hard);
  return `${formatScope(scope)} ${formatWords(limit)} ${before} → ${level(hard)}`;
}

export const KILL_COLUMNS: readonly Column<KillWire>[] = [
  { title: 'Time', kind: 'text', level: 1, cell: (k) => muted(formatTime(k.started_at)) },
  { title: '', kind: 'text', level: 1, cell: (k) => ({ text: k.drill ? 'drill' : 'kill' }) },
  {
    title: 'Zero open',
    kind: 'text',
    level: 1,
    cell: (k) => ({
      text: k.is_confirmed ? `confirmed, ${formatUs(k.confirmed_us ?? 0)}` : 'NOT CONFIRMED',
      tone: k.is_confirmed ? 'up' : 'down',
      title: k.problem,
    }),
  },
  { title: 'Orders', kind: 'number', level: 2, cell: (k) => ({ text: String(k.orders.length) }) },
  { title: 'By', kind: 'text', level: 2, cell: (k) => muted(`${k.by}: ${k.reason}`) },
];

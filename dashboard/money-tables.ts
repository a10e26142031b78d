// Owns the columns of strategies and of balances: who earns, what lies where.
// Promise: what nobody can tell is written as unknown; a balance is never shown as more than it is.
import { formatAmountText, formatSigned, formatTime } from './format.ts';
import type { Cell, Column } from './table.ts';
import type { BalanceWire, StrategyWire } from './wire.ts';

const muted = (text: string): Cell => ({ text, tone: 'muted' });

const STATE_TONES = { running: 'up', stopped: 'muted', failed: 'down' } as const;

/** Orders by hand, or what an instance left that is no longer configured. */
const stateCell = ({ name, state }: StrategyWire): Cell =>
  state === null
    ? muted(name === 'manual' ? 'by hand' : '–')
    : { text: state, tone: STATE_TONES[state] };

function profitCell({ profit }: StrategyWire): Cell {
  const value = Number(profit);
  if (Number.isNaN(value)) return { text: 'unknown', tone: 'warn' };
  return { text: formatSigned(value, 2), tone: value > 0 ? 'up' : value < 0 ? 'down' : 'muted' };
}

export const STRATEGY_COLUMNS: readonly Column<StrategyWire>[] = [
  {
    title: 'Strategy',
    kind: 'text',
    level: 1,
    cell: (s) => ({
      text: s.name,
      title: s.module,
      notes: { 2: s.state === 'failed' ? whyOf(s) : '' },
    }),
  },
  { title: 'State', kind: 'text', level: 1, cell: stateCell },
  { title: 'Profit', kind: 'number', level: 1, cell: profitCell },
  { title: 'Positions', kind: 'number', level: 2, cell: (s) => ({ text: String(s.positions) }) },
  {
    title: 'Since',
    kind: 'text',
    level: 3,
    cell: (s) => muted(s.changed_at === '' ? '' : formatTime(s.changed_at).slice(0, 8)),
  },
  {
    title: 'Why',
    kind: 'text',
    level: 2,
    cell: (s) => (s.reason === '' ? muted('') : { ...muted(whyOf(s)), title: whyOf(s) }),
  },
];

const whyOf = ({ by, reason }: StrategyWire): string => `${by}: ${reason}`;

export const BALANCE_COLUMNS: readonly Column<BalanceWire>[] = [
  { title: 'Account', kind: 'text', level: 3, cell: (b) => muted(b.account) },
  { title: 'Venue', kind: 'text', level: 1, cell: (b) => ({ text: b.venue }) },
  { title: 'Asset', kind: 'text', level: 1, cell: (b) => ({ text: b.asset }) },
  {
    title: 'Balance',
    kind: 'number',
    level: 1,
    cell: ({ balance }) => ({
      text: formatAmountText(balance),
      tone: balance.startsWith('-') ? 'down' : 'plain',
      title: balance,
    }),
  },
];

const placeOf = ({ account, venue, asset }: BalanceWire): string => `${account} ${venue} ${asset}`;

/** By account, venue and asset: a row keeps its place while its amount moves. */
export const balancesInOrder = (balances: readonly BalanceWire[]): BalanceWire[] =>
  [...balances].sort((a, b) => placeOf(a).localeCompare(placeOf(b)));

export const balanceKey = placeOf;

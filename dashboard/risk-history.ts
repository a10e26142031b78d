// Owns how a record of breakers, drawdowns, states and reductions reads in one line.
// Promise: says what changed, by how much and why, in words; the colour only repeats it.
import { formatCompact, formatPercent, formatScope, formatTime, formatWords } from './format.ts';
import { assertNever } from './never.ts';
import type { RiskEventWire } from './risk-wire.ts';
import type { Cell, Column } from './table.ts';

interface Told {
  readonly what: string;
  readonly tone: NonNullable<Cell['tone']>;
  readonly detail: string;
}

const MEASURES = {
  start: 'the run',
  day: 'the day',
  day_loss: 'the run, beyond the loss limit of the day',
  loss: 'the run, beyond the loss limit',
} as const;

export function tellEvent(event: RiskEventWire): Told {
  switch (event.kind) {
    case 'breaker':
      return {
        what: `${formatWords(event.breaker)} breaker ${formatWords(event.to)}`,
        tone: event.to === 'open' ? 'down' : event.to === 'half_open' ? 'warn' : 'up',
        detail: event.reason,
      };
    case 'drawdown':
      return {
        what: `drawdown ${event.to}`,
        tone: event.to === 'halted' ? 'down' : event.to === 'warning' ? 'warn' : 'up',
        detail:
          `${formatPercent(event.drawdown, 2)} below the peak of ` +
          `${MEASURES[event.measure]}, ${formatCompact(event.peak)}`,
      };
    case 'trading_state':
      return {
        what: event.state,
        tone: event.state === 'halted' ? 'down' : event.state === 'active' ? 'up' : 'warn',
        detail: `${event.by}: ${event.reason}`,
      };
    case 'reduction':
      return {
        what: `reduction ${event.step} of ${event.steps}`,
        tone: 'warn',
        detail:
          `${formatCompact(event.gross)} to ${formatCompact(event.target)} in ` +
          `${event.orders} orders: ${event.reason}`,
      };
    default:
      return assertNever(event);
  }
}

export const HISTORY_COLUMNS: readonly Column<RiskEventWire>[] = [
  {
    title: 'Time',
    kind: 'text',
    level: 1,
    cell: (e) => ({ text: formatTime(e.created_at).slice(0, 8), tone: 'muted' }),
  },
  {
    title: 'Scope',
    kind: 'text',
    level: 2,
    cell: (e) => ({ text: formatScope(e.scope), title: e.scope }),
  },
  {
    title: 'What',
    kind: 'text',
    level: 1,
    cell: (e) => {
      const { what, tone } = tellEvent(e);
      return { text: what, tone, title: e.scope };
    },
  },
  {
    title: 'Why',
    kind: 'text',
    level: 1,
    cell: (e) => {
      const { detail } = tellEvent(e);
      return { text: detail, tone: 'muted', title: detail };
    },
  },
];

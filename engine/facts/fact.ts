// Owns the vocabulary of the journal: every decision, as one closed union of plain JSON facts.
// Promise: a fact holds no object identity, no float where exactness matters, and no secret.
import type { MoneyFact } from './money.ts';
import type { OrderFact } from './order.ts';
import type { RiskFact } from './risk.ts';
import type { RunFact } from './run.ts';
import type { StrategyFact } from './strategy.ts';

export type Fact = RunFact | OrderFact | MoneyFact | RiskFact | StrategyFact;

export type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

const KINDS = {
  ...{ run_started: 1, recovered: 1, run_stopped: 1, ids_reserved: 1, checkpoint: 1 },
  ...{ instrument: 1, book: 1, signal: 1, verdict: 1, order: 1, request: 1 },
  ...{ fill: 1, money: 1, capital_valued: 1, strategy: 1, strategy_saved: 1, refusals: 1 },
  ...{ trading_state: 1, limits_configured: 1, limits: 1, breaker: 1, drawdown: 1 },
  ...{ reduction: 1, kill: 1, peaks: 1, risk_report: 1 },
} as const satisfies Record<Fact['kind'], 1>;

/** Whether this version knows what such a record says. */
export const isFactKind = (kind: unknown): kind is Fact['kind'] =>
  typeof kind === 'string' && Object.hasOwn(KINDS, kind);

/** `seq` starts at 1 and never skips; `timeUs` is the engine's clock (virtual in a replay). */
export interface JournalRecord {
  readonly seq: number;
  readonly timeUs: number;
  readonly body: Fact;
}

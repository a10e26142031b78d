// Owns the vocabulary of the journal: every decision, as one closed union of plain JSON facts.
// Promise: a fact holds no object identity, no float where exactness matters, and no secret.
import type { MoneyFact } from './money.ts';
import type { OrderFact } from './order.ts';
import type { RiskFact } from './risk.ts';
import type { RunFact } from './run.ts';
import type { StrategyFact } from './strategy.ts';

export type Fact = RunFact | OrderFact | MoneyFact | RiskFact | StrategyFact;

export type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

/** `seq` starts at 1 and never skips; `timeUs` is the engine's clock (virtual in a replay). */
export interface JournalRecord {
  readonly seq: number;
  readonly timeUs: number;
  readonly body: Fact;
}

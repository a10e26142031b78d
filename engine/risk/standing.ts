// Owns why a scope is in its state: a kill, the word of a person, a drawdown, a breaker.
// Promise: the strictest cause counts; tables and journal hear of every change, of nothing else.
import type { TradingState } from '../core/event.ts';
import type { LimitScope } from '../core/limit.ts';
import type { BreakerKind, BreakerState, KillOptions, ScopeState } from '../core/risk.ts';
import type { Fact, StateRecord } from '../facts/fact.ts';
import type { Drawdown } from './drawdown.ts';

/** `state` and `reasons`: what the scope lets through after all, and what holds it there. */
export interface Standing {
  readonly state: ScopeState;
  readonly reasons: readonly string[];
}

export interface StandingsOptions {
  readonly scopes: readonly LimitScope[];
  readonly words: readonly StateRecord[]; // of an earlier run
  readonly drawdowns: ReadonlyMap<LimitScope, Drawdown>;
  readonly troubled: (scope: LimitScope) => readonly { kind: BreakerKind; state: BreakerState }[];
  readonly setState: (scope: LimitScope, state: ScopeState) => void;
  readonly record: (body: Fact) => void;
}

export interface Standings {
  /** Every scope with what it lets through, parents first. */
  readonly states: ReadonlyMap<LimitScope, ScopeState>;
  of(scope: LimitScope): Standing;
  /** A cause has changed: tells tables and journal when the state does too. */
  refresh(scope: LimitScope, by: string, reason: string): void;
  /** What people have set and nobody has taken back. */
  words(): readonly StateRecord[];
  setWord(word: StateRecord): void;
  /** Takes back what a person has set, if anything; true when there was something. */
  dropWord(scope: LimitScope): boolean;
  /** Journals that a person let the scope go, and what holds it all the same. */
  recordRelease(scope: LimitScope, reason: string, by: string): void;
  startKill(options: KillOptions): void;
  endKill(): void;
}

interface Table {
  readonly options: StandingsOptions;
  readonly states: Map<LimitScope, ScopeState>;
  readonly words: Map<LimitScope, StateRecord>;
  kill: KillOptions | null;
}

/** Tells every scope's state once. */
export function createStandings(options: StandingsOptions): Standings {
  const { scopes, words } = options;
  const table: Table = {
    options,
    states: new Map(),
    words: new Map(words.map((word) => [word.scope, word])),
    kill: null,
  };
  for (const scope of scopes) tell(table, scope, strictest(table, scope).state);
  return {
    states: table.states,
    of: (scope) => ({
      state: strictest(table, scope).state,
      reasons: causesOf(table, scope).map(textOf),
    }),
    refresh: (scope, by, reason) => change(table, scope, by, reason),
    words: () => [...table.words.values()],
    setWord: (word) => setWord(table, word),
    dropWord: (scope) => table.words.delete(scope),
    recordRelease(scope, reason, by) {
      recordWord(table, scope, 'active', reason, by);
      keepKill(table, scope);
    },
    startKill: (kill) => startKill(table, kill),
    endKill: () => endKill(table),
  };
}

interface Cause {
  readonly state: ScopeState;
  readonly by: string;
  readonly reason: string;
}

const RANK = { active: 0, probing: 1, reducing: 2, halted: 3 } as const satisfies Record<
  ScopeState,
  number
>;
const NOTHING: Cause = { state: 'active', by: '', reason: '' };

function causesOf({ options, words, kill }: Table, scope: LimitScope): Cause[] {
  const causes: Cause[] = [];
  if (kill !== null && scope === 'system') {
    causes.push({ state: 'halted', by: 'kill', reason: killReason(kill) });
  }
  const word = words.get(scope);
  if (word !== undefined) causes.push(word);
  const drawdown = options.drawdowns.get(scope);
  if (drawdown !== undefined && drawdown.level !== 'normal') {
    const state = drawdown.level === 'halted' ? 'halted' : 'reducing';
    causes.push({ state, by: 'drawdown', reason: drawdownReason(scope, drawdown) });
  }
  for (const { kind, state } of options.troubled(scope)) {
    const isOpen = state === 'open';
    const reason = `${kind} breaker ${isOpen ? 'open' : 'half-open'}`;
    causes.push({ state: isOpen ? 'reducing' : 'probing', by: 'breaker', reason });
  }
  return causes;
}

// Of two that are equally strict the first: a kill, a person, a drawdown, a breaker.
const strictest = (table: Table, scope: LimitScope): Cause =>
  causesOf(table, scope).reduce(
    (found, cause) => (RANK[cause.state] > RANK[found.state] ? cause : found),
    NOTHING,
  );

const SELF_EVIDENT: ReadonlySet<string> = new Set(['kill', 'drawdown', 'breaker']);
const textOf = ({ by, reason }: Cause): string =>
  SELF_EVIDENT.has(by) ? reason : `${by}: ${reason}`;

const killReason = ({ drill, reason }: KillOptions): string =>
  `${drill ? 'drill' : 'kill'}: ${reason}`;

/** 'drawdown 5.02 % of the peak 10000000.00' */
export function drawdownReason(scope: LimitScope, { value, drawdown, peak }: Drawdown): string {
  if (Number.isNaN(value)) return 'drawdown, as it was before the restart';
  const whole = scope === 'system' ? 'the peak' : 'equity, from a profit of';
  return `drawdown ${(100 * drawdown).toFixed(2)} % of ${whole} ${peak.toFixed(2)}`;
}

function change(table: Table, scope: LimitScope, by: string, reason: string): void {
  const { state } = strictest(table, scope);
  if (!tell(table, scope, state)) return;
  table.options.record({ kind: 'trading_state', scope, state, reason, by });
}

function tell({ options, states }: Table, scope: LimitScope, state: ScopeState): boolean {
  if (states.get(scope) === state) return false;
  states.set(scope, state);
  options.setState(scope, state);
  return true;
}

function setWord(table: Table, word: StateRecord): void {
  const { scope, state, reason, by } = word;
  const before = table.words.get(scope);
  if (before?.state === state && before.reason === reason && before.by === by) {
    return; // an invariant that stays broken says so again and again
  }
  table.words.set(scope, word);
  recordWord(table, scope, state, reason, by);
  keepKill(table, scope);
}

// A word in the middle of a kill does not outweigh it, and a crash then must find the halt.
function keepKill(table: Table, scope: LimitScope): void {
  const { kill, words } = table;
  if (scope !== 'system' || kill === null || kill.drill) return;
  if (words.get(scope)?.state !== 'halted') setWord(table, wordOf(kill));
}

// The journal has the word itself, and after it what holds the scope in another state, if anything
// does: the last word of a person and the state that results can both be read from it.
function recordWord(
  table: Table,
  scope: LimitScope,
  state: TradingState,
  reason: string,
  by: string,
): void {
  const { record } = table.options;
  record({ kind: 'trading_state', scope, state, reason, by });
  const cause = strictest(table, scope);
  tell(table, scope, cause.state);
  if (cause.state !== state) record({ kind: 'trading_state', scope, ...cause });
}

function startKill(table: Table, options: KillOptions): void {
  const drill = options.drill && (table.kill?.drill ?? true);
  const kill = { ...options, drill };
  table.kill = kill;
  if (drill) change(table, 'system', 'kill', killReason(kill));
  else setWord(table, wordOf(kill));
}

const wordOf = (kill: KillOptions): StateRecord => ({
  scope: 'system',
  state: 'halted',
  reason: killReason(kill),
  by: kill.by,
});

function endKill(table: Table): void {
  const { kill } = table;
  table.kill = null;
  if (kill === null) return;
  if (kill.drill) change(table, 'system', 'kill', 'the drill is over');
}

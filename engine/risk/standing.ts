// Owns why a scope is in its state: a kill, the word of a person or machine, a drawdown, a breaker.
// Promise: the strictest cause counts; tables and journal hear of every change, of nothing else.
import type { TradingState } from '../core/event.ts';
import type { LimitScope } from '../core/limit.ts';
import {
  type BreakerKind,
  type BreakerState,
  type KillOptions,
  type ScopeState,
  STRICTNESS,
} from '../core/risk.ts';
import type { Fact } from '../facts/fact.ts';
import { isMachine, type StateRecord } from '../facts/risk.ts';
import type { Drawdown, Loss } from './drawdown.ts';
import type { StandingsSlice } from './standings-slice.ts';

/** `state` and `reasons`: what the scope lets through after all, and what holds it there. */
export interface Standing {
  readonly state: ScopeState;
  readonly reasons: readonly string[];
}

export interface StandingsOptions {
  readonly scopes: readonly LimitScope[];
  readonly words: Pick<StandingsSlice, 'wordsOn'>; // from this run and earlier ones
  readonly drawdowns: ReadonlyMap<LimitScope, Drawdown>;
  readonly troubled: (scope: LimitScope) => readonly { kind: BreakerKind; state: BreakerState }[];
  readonly setState: (scope: LimitScope, state: ScopeState) => void;
  readonly commit: (fact: Fact) => void;
}

export interface Standings {
  /** Every scope with what it lets through, parents first. */
  readonly states: ReadonlyMap<LimitScope, ScopeState>;
  of(scope: LimitScope): Standing;
  /** A scope that came while it runs: tells its state. */
  add(scope: LimitScope): void;
  /** A scope that is gone: nothing holds it, and nobody is told. */
  drop(scope: LimitScope): void;
  /** A cause has changed: tells tables and journal when the state does too. */
  refresh(scope: LimitScope, by: string, reason: string): void;
  /** That of a machine takes the place of no person's, and of no stricter one of a machine. */
  setWord(word: StateRecord): void;
  /** A person lets the scope go: their word is taken back; something else may hold it still. */
  release(scope: LimitScope, reason: string, by: string): void;
  startKill(options: KillOptions): void;
  endKill(): void;
}

interface Table {
  readonly options: StandingsOptions;
  readonly states: Map<LimitScope, ScopeState>;
  kill: KillOptions | null;
}

/** Tells every scope's state once. */
export function createStandings(options: StandingsOptions): Standings {
  const table: Table = { options, states: new Map(), kill: null };
  for (const scope of options.scopes) tell(table, scope, strictest(table, scope).state);
  return {
    states: table.states,
    of: (scope) => ({
      state: strictest(table, scope).state,
      reasons: causesOf(table, scope).map(textOf),
    }),
    add: (scope) => tell(table, scope, strictest(table, scope).state),
    drop: (scope) => {
      table.states.delete(scope);
    },
    refresh: (scope, by, reason) => change(table, scope, by, reason),
    setWord: (word) => setWord(table, word),
    release(scope, reason, by) {
      commitWord(table, scope, 'active', reason, by);
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

const NOTHING: Cause = { state: 'active', by: '', reason: '' };

function causesOf({ options, kill }: Table, scope: LimitScope): Cause[] {
  const causes: Cause[] = [];
  if (kill !== null && scope === 'system') {
    causes.push({ state: 'halted', by: 'kill', reason: killReason(kill) });
  }
  causes.push(...options.words.wordsOn(scope));
  const drawdown = options.drawdowns.get(scope);
  if (drawdown !== undefined && (drawdown.level !== 'normal' || drawdown.isSuspect)) {
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
    (found, cause) => (STRICTNESS[cause.state] > STRICTNESS[found.state] ? cause : found),
    NOTHING,
  );

const SELF_EVIDENT: ReadonlySet<string> = new Set(['kill', 'drawdown', 'breaker']);
const textOf = ({ by, reason }: Cause): string =>
  SELF_EVIDENT.has(by) ? reason : `${by}: ${reason}`;

const killReason = ({ drill, reason }: KillOptions): string =>
  `${drill ? 'drill' : 'kill'}: ${reason}`;

/** 'drawdown 5.02 % of the peak 10000000.00' */
export function drawdownReason(scope: LimitScope, one: Drawdown): string {
  const { value, drawdown, peak, isSuspect, loss } = one;
  if (Number.isNaN(value)) return 'drawdown, as it was before the restart';
  const whole = scope === 'system' ? 'the peak' : 'equity, from a profit of';
  const down = `drawdown ${(100 * drawdown).toFixed(2)} % of ${whole} ${peak.toFixed(2)}`;
  const fall = loss === null ? down : lossReason(loss);
  return isSuspect ? `${fall}, by marks of which some are in doubt` : fall;
}

/** 'lost 10.02 % of the first equity of the day 1000000.00' */
export function lossReason({ measure, lost, base }: Loss): string {
  const of = measure === 'loss' ? 'the first equity' : 'the first equity of the day';
  return `lost ${(100 * lost).toFixed(2)} % of ${of} ${base.toFixed(2)}`;
}

function change(table: Table, scope: LimitScope, by: string, reason: string): void {
  const { state } = strictest(table, scope);
  if (!tell(table, scope, state)) return;
  table.options.commit({ kind: 'trading_state', scope, state, reason, by, isWord: false });
}

function tell({ options, states }: Table, scope: LimitScope, state: ScopeState): boolean {
  if (states.get(scope) === state) return false;
  states.set(scope, state);
  options.setState(scope, state);
  return true;
}

function setWord(table: Table, word: StateRecord): void {
  const { scope, state, reason, by } = word;
  const isOfMachine = isMachine(by);
  const said = table.options.words.wordsOn(scope);
  const before = said.find((one) => isMachine(one.by) === isOfMachine);
  if (before?.state === state && before.reason === reason && before.by === by) {
    return; // an invariant that stays broken says so again and again
  }
  if (isOfMachine && before !== undefined && STRICTNESS[before.state] > STRICTNESS[state]) return;
  commitWord(table, scope, state, reason, by);
  keepKill(table, scope);
}

// A word in the middle of a kill does not outweigh it, and a crash then must find the halt.
function keepKill(table: Table, scope: LimitScope): void {
  const { kill, options } = table;
  if (scope !== 'system' || kill === null || kill.drill) return;
  const [word] = options.words.wordsOn(scope);
  if (word?.state !== 'halted') setWord(table, wordOf(kill));
}

// The journal has the word itself, and after it what holds the scope in another state, if anything
// does: the last word of a person and the state that results can both be read from it.
function commitWord(
  table: Table,
  scope: LimitScope,
  state: TradingState,
  reason: string,
  by: string,
): void {
  const { commit } = table.options;
  commit({ kind: 'trading_state', scope, state, reason, by, isWord: true });
  const cause = strictest(table, scope);
  tell(table, scope, cause.state);
  if (cause.state === state) return;
  const { state: held, reason: why, by: who } = cause;
  commit({ kind: 'trading_state', scope, state: held, reason: why, by: who, isWord: false });
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

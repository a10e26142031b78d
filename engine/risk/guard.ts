// Owns the trading state of every scope: the strictest of people, drawdowns, breakers and kills.
// Promise: every change is recorded with its reason; what stops trading never waits for a person.
import type { Config } from '../config/schema.ts';
import type { TradingState } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type {
  BreakerView,
  DrawdownView,
  KillOptions,
  ScopeState,
  ScopeStateView,
} from '../core/risk.ts';
import { asEpochUs, type EpochUs } from '../core/units.ts';
import type { Fact } from '../facts/fact.ts';
import { type Breakers, type BreakerTurn, createBreakers } from './breakers.ts';
import { createDoubts, type DoubtOptions, type Doubts } from './doubt.ts';
import type { Drawdown, DrawdownTurn } from './drawdown.ts';
import { type Drawdowns, openDrawdowns, viewDrawdowns } from './drawdowns.ts';
import { changedPeaks } from './peaks.ts';
import { type RiskNames, scopesOf } from './places.ts';
import type { Reduction } from './reduction.ts';
import { createSchedules, type Schedules } from './reduction-schedule.ts';
import { createRestartGate, type RestartGate } from './restart-gate.ts';
import {
  createStandings,
  drawdownReason,
  lossReason,
  type Standing,
  type Standings,
} from './standing.ts';
import type { StandingsSlice } from './standings-slice.ts';

export interface GuardOptions {
  readonly risk: Config['risk'];
  readonly names: RiskNames;
  readonly slots: number; // for instruments
  /** Called once for every scope at the start, then on change only. */
  readonly setState: (scope: LimitScope, state: ScopeState) => void;
  /** What a half-open breaker lets out: so many orders, each at most so large (base currency). */
  readonly setProbes: (scope: LimitScope, orders: number, notional: number) => void;
  readonly commit: (fact: Fact) => void;
  /** Signed steps that the scope ('system' or a strategy) holds of an instrument in an account. */
  readonly held: (scope: LimitScope, account: string, instrument: Instrument) => number;
  /** Words and peaks as they were committed, by this run and earlier ones. */
  readonly standings: Pick<StandingsSlice, 'wordsOn' | 'drawdown'>;
  /** Which marks are in doubt, and what rests on them: by those no peak grows and no fall sells. */
  readonly marks: DoubtOptions['marks'];
  readonly stake: DoubtOptions['stake'];
}

export interface GuardView {
  readonly states: readonly ScopeStateView[];
  readonly breakers: readonly BreakerView[];
  readonly drawdowns: readonly DrawdownView[];
}

export type StateAnswer =
  | ({ readonly kind: 'done' } & Standing)
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] }
  | { readonly kind: 'not_found' };

/** What became of a step: gross notionals in the base currency, and the orders it sent. */
export interface ReductionOutcome {
  readonly gross: number; // of the scope, before the step
  readonly target: number; // gross it aims at
  readonly orders: number;
  readonly refused: number; // orders that did not pass the checks
}

export interface Guard {
  /** An instrument that has taken its slot in the names, with no past. */
  add(instrument: Instrument): void;
  /** It is gone: no breaker of it trips. What people said of it counts again when it is back. */
  retire(instrument: Instrument): void;
  /** A new mid in the quote asset. O(1), no allocation. */
  onMark(instrument: Instrument, mid: number, nowUs: EpochUs): void;
  /** This engine itself did nothing for `us` up to now: no venue is to be blamed for it. */
  onSleep(us: number, nowUs: EpochUs): void;
  /**
   * Base currency; not a number changes nothing. `capital`: put in less taken out, at the marks
   * of its day; where it moves, peaks move along.
   */
  onEquity(equity: number, capital: number, nowUs: EpochUs): void;
  /** Running profits in the order of names.strategies, and equity, base currency. */
  onStrategyProfits(profits: Float64Array, equity: number, nowUs: EpochUs): void;
  onSent(order: Order, nowUs: EpochUs): void;
  /** The venue's first word on an order; `refused`: rejected by the venue. */
  onAnswered(order: Order, nowUs: EpochUs, refused: boolean): void;
  /** Nobody can say what became of the order. */
  onUnclear(order: Order, nowUs: EpochUs): void;
  onDisconnect(venue: string, nowUs: EpochUs): void;
  onBook(instrument: Instrument, isReady: boolean, nowUs: EpochUs): void;
  /** Every clock event: cool-downs, half-open breakers, stale books, the change of day. */
  advance(nowUs: EpochUs): void;
  /**
   * The word of a person, or of a machine, which loosens nobody's. 'active' takes back both and
   * starts a halted drawdown again from a new peak where two people say so, or one after the
   * cool-off (a warning too, when nothing else of a person's stands); it never closes a breaker.
   */
  setState(
    scope: LimitScope,
    state: TradingState,
    reason: string,
    by: string,
    nowUs: EpochUs,
  ): StateAnswer;
  /** Halts the system for a kill. Called again: a kill that is no drill outweighs a drill. */
  startKill(options: KillOptions, nowUs: EpochUs): void;
  /** After a drill the system is as it was; after a kill it stays halted until 'active'. */
  endKill(nowUs: EpochUs): void;
  stateOf(scope: LimitScope): ScopeState;
  /** Of the system; probing counts as reducing. */
  tradingState(): TradingState;
  /**
   * Steps that are due now and not done: something beyond them is still held. Plan them in this
   * order, placing the orders of one before the next is planned, and tell reductionDone of each.
   */
  reductions(nowUs: EpochUs): readonly Reduction[];
  /** Records the step when it sent orders; what was sent or refused gets time before a retry. */
  reductionDone(reduction: Reduction, outcome: ReductionOutcome, nowUs: EpochUs): void;
  /** Of the system: fraction below the peak since the start. */
  drawdown(): number;
  view(): GuardView;
}

interface Desk {
  readonly options: GuardOptions;
  readonly drawdowns: Drawdowns;
  readonly doubts: Doubts;
  readonly strategies: readonly LimitScope[];
  readonly breakers: Breakers;
  readonly schedules: Schedules;
  readonly standings: Standings;
  readonly restarts: RestartGate;
  capital: number; // net, as last told
  nowUs: EpochUs;
}

/** Words on scopes and drawdowns of strategies that are not there any more bind nobody. */
export function createGuard(options: GuardOptions): Guard {
  const desk = openDesk(options);
  const { breakers, schedules, standings } = desk;
  const stateOf = (scope: LimitScope): ScopeState => standings.states.get(scope) ?? 'halted';
  return {
    add: (instrument) => follow(desk, instrument, standings.add),
    retire: (instrument) => follow(desk, instrument, standings.drop),
    onMark: breakers.onMark,
    onSleep: breakers.onSleep,
    onEquity: (equity, capital, nowUs) => onEquity(desk, equity, capital, nowUs),
    onStrategyProfits: (profits, equity, nowUs) => onProfits(desk, profits, equity, nowUs),
    onSent: breakers.onSent,
    onAnswered: breakers.onAnswered,
    onUnclear: breakers.onUnclear,
    onDisconnect: breakers.onDisconnect,
    onBook: breakers.onBook,
    advance: (nowUs) => advance(desk, nowUs),
    setState: (scope, state, reason, by, nowUs) => obey(desk, scope, state, reason, by, nowUs),
    startKill: (kill) => standings.startKill(kill),
    endKill: () => standings.endKill(),
    stateOf,
    tradingState() {
      const state = stateOf('system');
      return state === 'probing' ? 'reducing' : state;
    },
    reductions: schedules.due,
    reductionDone: (reduction, outcome, nowUs) => reduced(desk, reduction, outcome, nowUs),
    drawdown: () => desk.drawdowns.get('system')?.drawdown ?? Number.NaN,
    view: () => viewOf(desk),
  };
}

function follow({ breakers }: Desk, one: Instrument, tell: (scope: LimitScope) => void): void {
  breakers.take(one);
  tell(`instrument:${one.key}`);
}

function openDesk(options: GuardOptions): Desk {
  const { risk, names, commit, setState, held, marks, stake } = options;
  const strategies = names.strategies.map((name): LimitScope => `strategy:${name}`);
  const drawdowns = openDrawdowns(risk, options.standings, strategies);
  const breakers = createBreakers({
    config: risk.breakers,
    names,
    slots: options.slots,
    onTurn: (turn) => onBreaker(desk, turn),
  });
  const schedules = createSchedules({
    instruments: names.instruments,
    slots: options.slots,
    accounts: names.portfolios,
    intervalUs: risk.reductionIntervalMs * 1000,
    held,
  });
  const standings = createStandings({
    scopes: scopesOf(names),
    words: options.standings,
    drawdowns,
    troubled: breakers.troubled,
    setState,
    commit,
  });
  const boundUs = risk.drawdownDoubtMs * 1000;
  const doubts = createDoubts({ marks, breakers, stake, boundUs });
  const nowUs = asEpochUs(0);
  const restarts = createRestartGate(risk.drawdownCoolOffMs * 1000);
  const rooms = { drawdowns, doubts, strategies, breakers, schedules, standings, restarts };
  const desk: Desk = { options, ...rooms, capital: Number.NaN, nowUs };
  for (const [scope, drawdown] of drawdowns) {
    if (drawdown.level !== 'normal') beginReduction(desk, scope, drawdown);
  }
  return desk;
}

// ---- People --------------------------------------------------------------------------------

function obey(
  desk: Desk,
  scope: LimitScope,
  state: TradingState,
  reason: string,
  by: string,
  nowUs: EpochUs,
): StateAnswer {
  const { standings } = desk;
  if (!standings.states.has(scope)) return { kind: 'not_found' };
  if (state === 'active') {
    const problem = release(desk, scope, reason, by, nowUs);
    if (problem !== null) return { kind: 'refused', problems: [problem] };
  } else standings.setWord({ scope, state, reason, by });
  return { kind: 'done', ...standingOf(desk, scope, nowUs) };
}

function standingOf({ standings, restarts }: Desk, scope: LimitScope, nowUs: EpochUs): Standing {
  const { state, reasons } = standings.of(scope);
  const wish = restarts.waiting(scope, nowUs);
  return { state, reasons: wish === null ? reasons : [...reasons, wish] };
}

// A halt ends with the word, where the gate lets it; a warning, which steps of reduction answer,
// only on a second one. A new peak is a value that is known. Null: done.
function release(
  desk: Desk,
  scope: LimitScope,
  reason: string,
  by: string,
  nowUs: EpochUs,
): FieldProblem | null {
  const hadWord = desk.options.standings.wordsOn(scope).length > 0;
  const drawdown = desk.drawdowns.get(scope);
  const level = drawdown?.level ?? 'normal';
  const isAsked = level === 'halted' || (level === 'warning' && !hadWord);
  if (!hadWord && !isAsked) return null;
  const message = isAsked && drawdown !== undefined ? noRestart(drawdown) : null;
  if (message !== null) return { path: 'state', message };
  const isFreed = isAsked && (level === 'warning' || desk.restarts.ask(scope, by, nowUs));
  if (isAsked && !isFreed && !hadWord) {
    const asked = { scope, state: 'halted', reason: `asks to start again: ${reason}`, by } as const;
    desk.options.commit({ kind: 'trading_state', ...asked, isWord: false });
    return null;
  }
  const turn = isFreed ? drawdown?.rearm() : null;
  if (turn) {
    desk.restarts.close(scope);
    recordTurn(desk, scope, turn);
    desk.schedules.end(scope);
  }
  desk.standings.release(scope, reason, by);
  tellPeaks(desk);
  return null;
}

/** Why a drawdown cannot start again now, whoever asks; null: it can. */
function noRestart({ value, loss }: Drawdown): string | null {
  if (Number.isNaN(value)) {
    return 'equity is not known yet, and a drawdown starts again from it: try again soon';
  }
  if (loss === null) return null;
  const key = loss.measure === 'loss' ? 'totalLossLimit' : 'dailyLossLimit';
  const end = loss.measure === 'loss' ? '' : ' the UTC day ends, or';
  const limit = `${(100 * loss.allowed).toFixed(2)} % (risk.${key})`;
  return (
    `${lossReason(loss)}, and the limit is ${limit}: nobody’s word starts it again before${end} ` +
    'a start with another limit'
  );
}

// ---- Drawdowns and breakers ----------------------------------------------------------------

function onEquity(desk: Desk, equity: number, capital: number, nowUs: EpochUs): void {
  if (Number.isFinite(equity) && Number.isFinite(capital)) {
    const flow = capital - desk.capital;
    if (flow !== 0 && Number.isFinite(flow)) desk.breakers.onCapital(flow, equity);
    desk.capital = capital;
    desk.drawdowns.get('system')?.onCapital(capital, equity, equity);
  }
  watch(desk, 'system', equity, equity, nowUs);
  desk.breakers.onEquity(equity, nowUs);
  tellPeaks(desk);
}

function onProfits(desk: Desk, profits: Float64Array, equity: number, nowUs: EpochUs): void {
  for (const [at, scope] of desk.strategies.entries()) {
    const profit = profits[at] ?? Number.NaN;
    desk.drawdowns.get(scope)?.onCapital(desk.capital, profit, equity);
    watch(desk, scope, profit, equity, nowUs);
  }
  desk.breakers.onStrategyProfits(profits, equity, nowUs);
  tellPeaks(desk);
}

function watch(desk: Desk, scope: LimitScope, value: number, equity: number, nowUs: EpochUs): void {
  const drawdown = desk.drawdowns.get(scope);
  if (drawdown === undefined) return;
  const { doubts } = desk;
  const wasSuspect = drawdown.isSuspect;
  const trust = { mayRise: doubts.mayRise(scope), slack: doubts.slack(scope, nowUs) };
  const turn = drawdown.observe(value, equity, nowUs, trust);
  doubts.looked(scope, drawdown.isSuspect, nowUs);
  if (turn === null && drawdown.isSuspect === wasSuspect) return;
  if (turn !== null) recordTurn(desk, scope, turn);
  if (turn?.to === 'normal') desk.schedules.end(scope);
  else if (turn !== null) beginReduction(desk, scope, drawdown);
  desk.standings.refresh(scope, 'drawdown', drawdownReason(scope, drawdown));
}

function recordTurn(desk: Desk, scope: LimitScope, { value, ...turn }: DrawdownTurn): void {
  desk.options.commit({ kind: 'drawdown', scope, equity: value, ...turn });
}

// In steps while it is a warning, everything at once from the hard limit on.
function beginReduction(desk: Desk, scope: LimitScope, drawdown: Drawdown): void {
  const steps = drawdown.level === 'halted' ? 1 : desk.options.risk.reductionSteps;
  desk.schedules.begin(scope, steps, drawdownReason(scope, drawdown));
}

function onBreaker(desk: Desk, turn: BreakerTurn): void {
  const { commit, setProbes, risk } = desk.options;
  const { scope, breaker, to, reason } = turn;
  commit(turn);
  if (to === 'half_open') {
    setProbes(scope, risk.breakers.probeOrders, risk.breakers.probeNotionalUsd);
  }
  desk.standings.refresh(scope, 'breaker', `${breaker} breaker: ${reason}`);
}

function advance(desk: Desk, nowUs: EpochUs): void {
  desk.nowUs = nowUs;
  for (const drawdown of desk.drawdowns.values()) drawdown.advance(nowUs);
  desk.breakers.advance(nowUs);
  tellPeaks(desk);
}

function reduced(
  desk: Desk,
  reduction: Reduction,
  { gross, target, orders, refused }: ReductionOutcome,
  nowUs: EpochUs,
): void {
  if (orders + refused > 0) desk.schedules.sent(reduction, nowUs, refused);
  if (orders === 0) return;
  const { scope, step, steps, reason } = reduction;
  desk.options.commit({ kind: 'reduction', scope, step, steps, reason, gross, target, orders });
}

function viewOf(desk: Desk): GuardView {
  const { standings, drawdowns, breakers, nowUs } = desk;
  const states: ScopeStateView[] = [];
  for (const [scope, state] of standings.states) {
    if (state === 'active' && scope !== 'system') continue;
    states.push({ scope, state, reasons: standingOf(desk, scope, nowUs).reasons });
    if (states.length === 200) break; // of a view
  }
  return { states, breakers: breakers.view(nowUs), drawdowns: viewDrawdowns(drawdowns) };
}

function tellPeaks({ drawdowns, options }: Desk): void {
  const changed = changedPeaks(drawdowns, options.standings);
  if (changed.length > 0) options.commit({ kind: 'peaks', drawdowns: changed });
}

// Owns the trading state of every scope: the strictest of people, drawdowns, breakers and kills.
// Promise: every change is recorded with its reason; what stops trading never waits for a person.
import type { Config } from '../config/schema.ts';
import type { TradingState } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type {
  BreakerView,
  DrawdownView,
  KillOptions,
  ScopeState,
  ScopeStateView,
} from '../core/risk.ts';
import { asEpochUs, type EpochUs } from '../core/units.ts';
import type { DrawdownRecord, Fact, StateRecord } from '../facts/fact.ts';
import { type Breakers, type BreakerTurn, createBreakers } from './breakers.ts';
import {
  createDrawdown,
  type Drawdown,
  type DrawdownOptions,
  type DrawdownTurn,
} from './drawdown.ts';
import { type RiskNames, scopesOf } from './places.ts';
import type { Reduction } from './reduction.ts';
import { createSchedules, type Schedules } from './reduction-schedule.ts';
import { createStandings, drawdownReason, type Standing, type Standings } from './standing.ts';

export interface GuardOptions {
  readonly risk: Config['risk'];
  readonly names: RiskNames;
  /** Called once for every scope at the start, then on change only. */
  readonly setState: (scope: LimitScope, state: ScopeState) => void;
  /** What a half-open breaker lets out: so many orders, each at most so large (base currency). */
  readonly setProbes: (scope: LimitScope, orders: number, notional: number) => void;
  readonly record: (body: Fact) => void;
  /** Signed steps that the scope ('system' or a strategy) holds of an instrument now. */
  readonly held: (scope: LimitScope, instrument: Instrument) => number;
  readonly restored?: GuardCheckpoint;
}

/** Parts of Checkpoint: the operators' words, and the peaks with their levels. */
export interface GuardCheckpoint {
  readonly states: readonly StateRecord[];
  readonly drawdowns: readonly DrawdownRecord[];
}

export interface GuardView {
  readonly states: readonly ScopeStateView[];
  readonly breakers: readonly BreakerView[];
  readonly drawdowns: readonly DrawdownView[];
}

export type StateAnswer = ({ readonly kind: 'done' } & Standing) | { readonly kind: 'not_found' };

/** What became of a step: gross notionals in the base currency, and the orders it sent. */
export interface ReductionOutcome {
  readonly gross: number; // of the scope, before the step
  readonly target: number; // gross it aims at
  readonly orders: number;
  readonly refused: number; // orders that did not pass the checks
}

export interface Guard {
  /** A new mid in the quote asset. O(1), no allocation. */
  onMark(instrument: Instrument, mid: number, nowUs: EpochUs): void;
  /** Base currency; not a number changes nothing. */
  onEquity(equity: number, nowUs: EpochUs): void;
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
   * The word of a person, or of an invariant ('order-state'). 'active' takes back that word and
   * starts a halted drawdown again from a new peak (a warning too, when nothing else of a person's
   * stands); it never closes a breaker, and the reasons then say so.
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
  checkpoint(): GuardCheckpoint;
}

interface Desk {
  readonly options: GuardOptions;
  readonly drawdowns: ReadonlyMap<LimitScope, Drawdown>; // the system's, then the strategies'
  readonly strategies: readonly LimitScope[];
  readonly breakers: Breakers;
  readonly schedules: Schedules;
  readonly standings: Standings;
  nowUs: EpochUs;
}

/** Words on scopes and drawdowns of strategies that are not there any more bind nobody. */
export function createGuard(options: GuardOptions): Guard {
  const desk = openDesk(options);
  const { breakers, schedules, standings } = desk;
  const stateOf = (scope: LimitScope): ScopeState => standings.states.get(scope) ?? 'halted';
  return {
    onMark: breakers.onMark,
    onEquity: (equity, nowUs) => onEquity(desk, equity, nowUs),
    onStrategyProfits: (profits, equity, nowUs) => onProfits(desk, profits, equity, nowUs),
    onSent: breakers.onSent,
    onAnswered: breakers.onAnswered,
    onUnclear: breakers.onUnclear,
    onDisconnect: breakers.onDisconnect,
    onBook: breakers.onBook,
    advance: (nowUs) => advance(desk, nowUs),
    setState: (scope, state, reason, by) => obey(desk, scope, state, reason, by),
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
    checkpoint: () => ({ states: standings.words(), drawdowns: drawdownRecords(desk) }),
  };
}

function openDesk(options: GuardOptions): Desk {
  const { risk, names, record, setState, held, restored } = options;
  const strategies = names.strategies.map((name): LimitScope => `strategy:${name}`);
  const drawdowns = openDrawdowns(options, strategies);
  const breakers = createBreakers({
    config: risk.breakers,
    names,
    onTurn: (turn) => onBreaker(desk, turn),
  });
  const schedules = createSchedules({
    instruments: names.instruments,
    intervalUs: risk.reductionIntervalMs * 1000,
    held,
  });
  const standings = createStandings({
    scopes: scopesOf(names),
    words: restored?.states ?? [],
    drawdowns,
    troubled: breakers.troubled,
    setState,
    record,
  });
  const nowUs = asEpochUs(0);
  const desk: Desk = { options, drawdowns, strategies, breakers, schedules, standings, nowUs };
  for (const [scope, drawdown] of drawdowns) {
    if (drawdown.level !== 'normal') beginReduction(desk, scope, drawdown);
  }
  return desk;
}

function openDrawdowns(
  { risk, restored }: GuardOptions,
  strategies: readonly LimitScope[],
): ReadonlyMap<LimitScope, Drawdown> {
  const kept = new Map((restored?.drawdowns ?? []).map((record) => [record.scope, record]));
  const beforeOf = (scope: LimitScope): Pick<DrawdownOptions, 'restored'> => {
    const record = kept.get(scope);
    return record === undefined ? {} : { restored: record };
  };
  const system = createDrawdown({
    warning: risk.drawdownWarning,
    hard: risk.drawdownHard,
    ...beforeOf('system'),
  });
  const ofStrategy = (scope: LimitScope): Drawdown =>
    createDrawdown({
      warning: risk.strategyDrawdownWarning,
      hard: risk.strategyDrawdownHard,
      against: 'equity',
      ...beforeOf(scope),
    });
  const others = strategies.map((scope) => [scope, ofStrategy(scope)] as const);
  return new Map<LimitScope, Drawdown>([['system', system], ...others]);
}

// ---- People --------------------------------------------------------------------------------

function obey(
  desk: Desk,
  scope: LimitScope,
  state: TradingState,
  reason: string,
  by: string,
): StateAnswer {
  const { standings } = desk;
  if (!standings.states.has(scope)) return { kind: 'not_found' };
  if (state === 'active') release(desk, scope, reason, by);
  else standings.setWord({ scope, state, reason, by });
  return { kind: 'done', ...standings.of(scope) };
}

// A halt ends with the word; a warning, which steps of reduction answer, only on a second one.
function release(desk: Desk, scope: LimitScope, reason: string, by: string): void {
  const hadWord = desk.standings.dropWord(scope);
  const drawdown = desk.drawdowns.get(scope);
  const level = drawdown?.level ?? 'normal';
  const isFreed = level === 'halted' || (level === 'warning' && !hadWord);
  if (!hadWord && !isFreed) return;
  const turn = isFreed ? drawdown?.rearm() : null;
  if (turn) {
    recordTurn(desk, scope, turn);
    desk.schedules.end(scope);
  }
  desk.standings.recordRelease(scope, reason, by);
}

// ---- Drawdowns and breakers ----------------------------------------------------------------

function onEquity(desk: Desk, equity: number, nowUs: EpochUs): void {
  watch(desk, 'system', equity, equity, nowUs);
  desk.breakers.onEquity(equity, nowUs);
}

function onProfits(desk: Desk, profits: Float64Array, equity: number, nowUs: EpochUs): void {
  for (const [at, scope] of desk.strategies.entries()) {
    watch(desk, scope, profits[at] ?? Number.NaN, equity, nowUs);
  }
  desk.breakers.onStrategyProfits(profits, equity, nowUs);
}

function watch(desk: Desk, scope: LimitScope, value: number, equity: number, nowUs: EpochUs): void {
  const drawdown = desk.drawdowns.get(scope);
  const turn = drawdown?.observe(value, equity, nowUs) ?? null;
  if (drawdown === undefined || turn === null) return;
  recordTurn(desk, scope, turn);
  if (turn.to === 'normal') desk.schedules.end(scope);
  else beginReduction(desk, scope, drawdown);
  desk.standings.refresh(scope, 'drawdown', drawdownReason(scope, drawdown));
}

function recordTurn(desk: Desk, scope: LimitScope, { value, ...turn }: DrawdownTurn): void {
  desk.options.record({ kind: 'drawdown', scope, equity: value, ...turn });
}

// In steps while it is a warning, everything at once from the hard limit on.
function beginReduction(desk: Desk, scope: LimitScope, drawdown: Drawdown): void {
  const steps = drawdown.level === 'halted' ? 1 : desk.options.risk.reductionSteps;
  desk.schedules.begin(scope, steps, drawdownReason(scope, drawdown));
}

function onBreaker(desk: Desk, turn: BreakerTurn): void {
  const { record, setProbes, risk } = desk.options;
  const { scope, breaker, to, reason } = turn;
  record(turn);
  if (to === 'half_open') {
    setProbes(scope, risk.breakers.probeOrders, risk.breakers.probeNotionalUsd);
  }
  desk.standings.refresh(scope, 'breaker', `${breaker} breaker: ${reason}`);
}

function advance(desk: Desk, nowUs: EpochUs): void {
  desk.nowUs = nowUs;
  for (const drawdown of desk.drawdowns.values()) drawdown.advance(nowUs);
  desk.breakers.advance(nowUs);
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
  desk.options.record({ kind: 'reduction', scope, step, steps, reason, gross, target, orders });
}

// ---- What is told --------------------------------------------------------------------------

const STATES_MAX = 200; // of a view

function viewOf({ standings, drawdowns: all, breakers, nowUs }: Desk): GuardView {
  const states: ScopeStateView[] = [];
  for (const [scope, state] of standings.states) {
    if (state === 'active' && scope !== 'system') continue;
    states.push({ scope, state, reasons: standings.of(scope).reasons });
    if (states.length === STATES_MAX) break;
  }
  const drawdowns: DrawdownView[] = [];
  for (const [scope, { level, drawdown, peak, dayDrawdown, dayPeak }] of all) {
    if (!Number.isFinite(peak)) continue; // nothing seen yet
    drawdowns.push({ scope, level, drawdown, peak, dayDrawdown, dayPeak });
  }
  return { states, breakers: breakers.view(nowUs), drawdowns };
}

// A strategy's peaks are told above its profit now: its successor counts profit from 0 again.
function drawdownRecords({ drawdowns }: Desk): DrawdownRecord[] {
  const records: DrawdownRecord[] = [];
  for (const [scope, { level, peak, day, dayPeak, value }] of drawdowns) {
    if (!Number.isFinite(peak)) continue; // nothing seen yet
    const base = scope === 'system' || Number.isNaN(value) ? 0 : value;
    records.push({ scope, level, peak: peak - base, day, dayPeak: dayPeak - base });
  }
  return records;
}

// Owns a call into a strategy: begun, guarded, timed, and what it asked for sent when it is over.
// Promise: what throws, floods or takes too long is failed alone; no call starts inside another.
import { assertNever } from '../core/assert.ts';
import type { LimitCode } from '../core/decision.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Order, OrderIntent } from '../core/order.ts';
import { asEpochUs, type EpochUs, type Price, type Qty } from '../core/units.ts';
import type { FactOf } from '../facts/fact.ts';
import type { StrategyFact } from '../facts/strategy.ts';
import { type Action, createSeat, type DeskPorts, type Seat } from './desk.ts';
import { type InstanceSpec, instrumentsOf } from './instances.ts';
import type { Isolated, StrategyLink } from './isolated.ts';
import { createLateness, type Lateness } from './lateness.ts';
import { type createStrategy, describeThrown, refusePromise } from './module.ts';
import { referenceOf } from './own-orders.ts';
import { createPacing, FLOOD_PER_SECOND, type Pacing } from './pacing.ts';
import type { Strategies } from './strategies-slice.ts';
import {
  ACTIONS_PER_CALL_MAX,
  type Desk,
  type Fill,
  type Refusal,
  type Strategy,
} from './strategy.ts';

/** What came of opening a module, and what its worker says afterwards. */
export type StrategyNews =
  | { readonly kind: 'opened'; readonly opening: number; readonly opened: Opened }
  | { readonly kind: 'answer'; readonly life: number; readonly answer: unknown }
  | { readonly kind: 'gone'; readonly life: number; readonly reason: string };

export type Opened =
  | { readonly kind: 'not_opened'; readonly moduleHash: string; readonly reason: string }
  | {
      readonly kind: 'inside'; // on the engine's thread
      readonly moduleHash: string;
      readonly url: string; // for the line of an error
      create(parameters: InstanceSpec['parameters'], desk: Desk): ReturnType<typeof createStrategy>;
    }
  | {
      readonly kind: 'isolated';
      readonly moduleHash: string;
      readonly life: number; // of its worker; news of an earlier one are ignored
      readonly instruments: readonly Instrument[]; // that the worker was opened with
      readonly link: StrategyLink;
    };

export interface HostPorts extends DeskPorts {
  readonly nowNs: () => number; // monotonic: budgets and silence, never decisions
  /** Leads an intent through the checks, verdict recorded: null when it left, else why not. */
  submit(intent: OrderIntent, nowUs: EpochUs): readonly LimitCode[] | null;
  cancel(order: Order, by: string, reason: string, nowUs: EpochUs): void;
  /** Null when it left, else why not. */
  amend(
    order: Order,
    change: { readonly qty: Qty; readonly price: Price },
    by: string,
    reason: string,
    nowUs: EpochUs,
  ): readonly LimitCode[] | null;
  /** Takes back every living order of a strategy. */
  takeBack(strategy: string, reason: string, nowUs: EpochUs): void;
  /** Folds and records a fact. */
  commit(fact: StrategyFact, nowUs: EpochUs): void;
  /** For people, at once: it failed and why, or at a start that it still is. */
  tellFailed(strategy: string, reason: string): void;
  /** Opens a user's module, at once or later: the answer is news 'opened' of that number. */
  open(spec: InstanceSpec, opening: number): void;
}

export interface HostOptions {
  readonly specs: readonly InstanceSpec[];
  readonly instruments: readonly Instrument[];
  readonly slice: Strategies;
  readonly ports: HostPorts;
  readonly intentsPerSecond: number;
  readonly intentsBurst: number;
  readonly callMsMax: number; // Infinity: not held to the clock, as in a replay
  readonly isolatedTimeoutMs: number;
}

export interface Instance {
  readonly spec: InstanceSpec;
  readonly instruments: Instrument[]; // they come and go; its desk shows the same array
  readonly seat: Seat;
  readonly pacing: Pacing;
  strategy: Strategy | null; // null: it does not run
  isolated: Isolated | null;
  link: StrategyLink | null;
  leaving: Isolated | null; // told that it stops; what it saves then still counts
  life: number;
  url: string;
  moduleHash: string;
  isTimed: boolean;
  readonly lateness: Lateness;
  startNs: number; // of the call in hand
  logTokens: number;
  /** Who wants it to run as soon as its module is open, the start of the run or a person. */
  asked: 'start' | { readonly by: string; readonly reason: string } | null;
  openings: number; // asked for so far; of several on their way the last one counts
}

/** Something that happened to an own order during a call; told when the call is over. */
export type Delivery = { readonly one: Instance } & (
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'fill'; readonly order: Order; readonly fill: Fill }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
);

export interface State {
  readonly options: HostOptions;
  readonly byName: Map<string, Instance>;
  readonly readers: Instance[][]; // by instrument index: those with onBook
  readonly waiting: Delivery[]; // of orders that changed during a call
  isInCall: boolean;
  isDraining: boolean;
  isRefusing: boolean; // in a call of onRefused
  isOver: boolean; // the run ends: nobody is started any more
  savedUs: number;
}

const LOGS_BURST = 50;
const REASON_LENGTH_MAX = 1000;

export function createInstance(state: State, spec: InstanceSpec): Instance {
  const { options } = state;
  const { ports } = options;
  const instruments = [...instrumentsOf(spec, options.instruments)];
  const log = (_name: string, text: string): void => {
    if (one.logTokens < 1) return;
    one.logTokens -= 1;
    ports.log(spec.name, text);
  };
  const one: Instance = {
    spec,
    instruments,
    seat: createSeat(spec, instruments, { ...ports, log }),
    pacing: createPacing({
      strategy: spec.name,
      perSecond: options.intentsPerSecond,
      burst: options.intentsBurst,
      record: (fact: FactOf<'refusals'>, nowUs) => ports.commit(fact, asEpochUs(nowUs)),
    }),
    strategy: null,
    isolated: null,
    link: null,
    leaving: null,
    life: 0,
    url: '',
    moduleHash: '',
    isTimed: false,
    lateness: createLateness(),
    startNs: 0,
    logTokens: LOGS_BURST,
    asked: null,
    openings: 0,
  };
  return one;
}

// Every call is begin, handler, end. Handlers are named at each place: a closure a tick is garbage.
export function begin(state: State, one: Instance, nowUs: EpochUs, tickNs: number): void {
  const { call } = one.seat;
  call.nowUs = nowUs;
  call.tickNs = tickNs;
  call.cause = 'other';
  call.signalId = 0;
  call.bookSequence = -1;
  call.actionsMax = ACTIONS_PER_CALL_MAX;
  state.isInCall = true;
  if (one.isTimed) one.startNs = state.options.ports.nowNs();
}

/** Sends what was asked for, unless calls took too long; then tells of orders that changed. */
export function end(state: State, one: Instance, nowUs: EpochUs): void {
  const { actions } = one.seat;
  if (one.isTimed) endTimed(state, one, nowUs);
  // One that is failed on the way has no actions left.
  for (let at = 0; at < actions.length; at += 1) {
    const action = actions[at];
    if (action !== undefined) perform(state, one, action, nowUs);
  }
  actions.length = 0;
  state.isInCall = false;
  if (state.waiting.length > 0) drain(state, nowUs);
  if (!state.isDraining) one.isolated?.pump();
}

function endTimed(state: State, one: Instance, nowUs: EpochUs): void {
  const { ports, callMsMax } = state.options;
  const nowNs = ports.nowNs();
  const tookMs = (nowNs - one.startNs) / 1e6;
  if (tookMs <= callMsMax) return;
  const { isOver, text } = one.lateness.onLate(tookMs, callMsMax, nowNs);
  if (isOver) fail(state, one, text, nowUs);
  else ports.log(one.spec.name, text);
}

export function failedCall(state: State, one: Instance, thrown: unknown, nowUs: EpochUs): void {
  const text = describeThrown(thrown, one.url);
  fail(state, one, one.isolated === null ? text : text.replace(/^StrategyError: /, ''), nowUs);
}

/** Stopped for good until a person starts it: told, recorded, its orders taken back. */
export function fail(state: State, one: Instance, reason: string, nowUs: EpochUs): void {
  if (one.strategy === null) return;
  detach(state, one);
  markFailed(state, one, reason, 'host', nowUs);
}

/** `by`: 'host' for what it did while it ran, 'configuration' for what could not be opened. */
export function markFailed(
  state: State,
  one: Instance,
  reason: string,
  by: 'host' | 'configuration',
  nowUs: EpochUs,
): void {
  const { ports } = state.options;
  const text = reason.slice(0, REASON_LENGTH_MAX);
  commitState(state, one, 'failed', text, by, nowUs);
  ports.tellFailed(one.spec.name, text);
  ports.takeBack(one.spec.name, `strategy failed: ${text}`.slice(0, REASON_LENGTH_MAX), nowUs);
}

export function commitState(
  { options }: State,
  { spec, moduleHash }: Instance,
  state: FactOf<'strategy'>['state'],
  reason: string,
  by: string,
  nowUs: EpochUs,
): void {
  const { name, module } = spec;
  options.ports.commit({ kind: 'strategy', name, state, module, moduleHash, reason, by }, nowUs);
}

/** From here on nobody calls it, and its worker is ended. */
export function detach(state: State, one: Instance): void {
  one.link?.end();
  one.link = null;
  one.isolated = null;
  one.strategy = null;
  one.seat.actions.length = 0;
  for (const { index } of one.instruments) {
    state.readers[index] = (state.readers[index] ?? []).filter((other) => other !== one);
  }
}

// ---- What it asked for ----------------------------------------------------------------------

function perform(state: State, one: Instance, action: Action, nowUs: EpochUs): void {
  const { ports } = state.options;
  const { pacing, seat, spec } = one;
  switch (action.kind) {
    case 'intent':
      performIntent(state, one, action, nowUs);
      break;
    case 'cancel': {
      const order = seat.own.find(action.order.id);
      if (order === null || order.cancelRequested) return;
      ports.cancel(order, spec.name, action.reason, nowUs);
      break;
    }
    case 'amend': {
      const order = seat.own.find(action.order.id);
      if (order === null || order.cancelRequested) return;
      performAmend(state, one, order, action, nowUs);
      break;
    }
    default:
      assertNever(action);
  }
  if (!pacing.isFlooding(nowUs)) return;
  fail(state, one, `floods: ${FLOOD_PER_SECOND} intents beyond its budget in a second`, nowUs);
}

/** What an intent and an order have in common. */
type Asked = Pick<OrderIntent, 'instrument' | 'side' | 'origin'>;

function performIntent(state: State, one: Instance, intent: OrderIntent, nowUs: EpochUs): void {
  if (isHeld(state, one, intent, nowUs)) return;
  follow(state, one, intent, state.options.ports.submit(intent, nowUs), nowUs);
}

function performAmend(
  state: State,
  one: Instance,
  order: Order,
  action: Extract<Action, { kind: 'amend' }>,
  nowUs: EpochUs,
): void {
  if (isHeld(state, one, order, nowUs)) return;
  const { ports } = state.options;
  const limits = ports.amend(order, action, one.spec.name, action.reason, nowUs);
  follow(state, one, order, limits, nowUs);
}

function isHeld(state: State, one: Instance, asked: Asked, nowUs: EpochUs): boolean {
  const held = one.pacing.admit(asked, nowUs);
  // Asked for again by onRefused and held back again: counted, and not told for ever.
  if (held !== null && !state.isRefusing) refuse(state, one, asked, held);
  return held !== null;
}

function follow(
  state: State,
  one: Instance,
  asked: Asked,
  limits: readonly LimitCode[] | null,
  nowUs: EpochUs,
): void {
  if (limits === null) {
    one.pacing.onSent(asked, nowUs);
    return;
  }
  one.pacing.onRefused(asked, limits, nowUs);
  refuse(state, one, asked, limits);
}

function refuse(state: State, one: Instance, asked: Asked, limits: readonly LimitCode[]): void {
  if (one.strategy?.onRefused === undefined) return;
  const { instrument, side } = asked;
  const refusal = { instrument, side, reference: referenceOf(asked), limits };
  state.waiting.push({ kind: 'refused', one, refusal });
}

/** Tells now, or when the call in hand is over. */
export function deliver(state: State, delivery: Delivery, nowUs: EpochUs): void {
  state.waiting.push(delivery);
  if (!state.isInCall) drain(state, nowUs);
}

// What a handler asks for here may change orders again; that joins the end of the same queue. It
// ends because every intent costs a token of its strategy's budget.
function drain(state: State, nowUs: EpochUs): void {
  if (state.isDraining) return;
  state.isDraining = true;
  for (let next = state.waiting.shift(); next !== undefined; next = state.waiting.shift()) {
    tell(state, next, nowUs);
  }
  state.isDraining = false;
  for (const { isolated } of state.byName.values()) isolated?.pump();
}

function tell(state: State, next: Delivery, nowUs: EpochUs): void {
  const { one } = next;
  if (one.strategy === null) return;
  begin(state, one, nowUs, 0);
  state.isRefusing = next.kind === 'refused';
  try {
    call(one, one.strategy, next);
  } catch (thrown) {
    failedCall(state, one, thrown, nowUs);
  }
  end(state, one, nowUs);
  state.isRefusing = false;
}

function call({ seat }: Instance, strategy: Strategy, next: Delivery): void {
  switch (next.kind) {
    case 'order':
      if (strategy.onOrder === undefined) return;
      refusePromise('onOrder', strategy.onOrder(next.order, lookAt(seat, next.order)));
      return;
    case 'fill':
      if (strategy.onFill === undefined) return;
      refusePromise('onFill', strategy.onFill(next.fill, next.order, lookAt(seat, next.order)));
      return;
    case 'refused':
      refusePromise('onRefused', strategy.onRefused?.(next.refusal));
      return;
    default:
      assertNever(next);
  }
}

const lookAt = ({ desk }: Seat, { instrument }: Order): ReturnType<Desk['look']> =>
  desk.look(instrument);

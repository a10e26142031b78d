// Owns the kill switch: block, cancel, ask every venue until it says zero, flatten, report.
// Promise: pure; it never says confirmed while an order lives or a venue last said more than zero.
import { isTerminal, type Order } from '../core/order.ts';
import type { KilledOrder, KillOptions, KillReport } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';

export interface KillSetup {
  readonly venues: readonly string[];
  /** Not even then confirmed: the report says what is missing. Default 10 s. */
  readonly timeoutUs?: number;
  /**
   * What the report's times are read from: a clock that goes on while the engine does not. By
   * default engine time. Nothing is decided by it.
   */
  readonly stampUs?: () => number;
}

export type KillAction =
  /** Guard.startKill with these options: nothing but liquidations passes from here on. */
  | { readonly kind: 'block'; readonly options: KillOptions }
  | { readonly kind: 'cancel'; readonly orderId: string; readonly venue: string }
  /** Open at the venue, but unknown or already over to us. */
  | { readonly kind: 'cancel_unknown'; readonly orderId: string; readonly venue: string }
  | { readonly kind: 'ask'; readonly venue: string }
  /** Close every position at these venues; nothing of ours is open there. */
  | { readonly kind: 'flatten'; readonly venues: readonly string[] }
  /** The kill is over: Guard.endKill, record and answer. Always the last action. */
  | { readonly kind: 'report'; readonly report: KillReport };

export interface Kill {
  readonly isRunning: boolean;
  /**
   * Begins a kill, or joins the one that runs: one report for both, and the stricter of the two
   * (a kill beside a drill is no drill; flatten when either says so). The report counts from when
   * the wish was received, `waitedUs` before the engine looked at it.
   */
  start(
    options: KillOptions,
    openOrders: readonly Order[],
    positions: number,
    nowUs: EpochUs,
    waitedUs?: number,
  ): readonly KillAction[];
  /** After each change of an order, and for each order placed while a kill runs. */
  onOrder(order: Order, nowUs: EpochUs): readonly KillAction[];
  onOpenOrders(venue: string, orderIds: readonly string[], nowUs: EpochUs): readonly KillAction[];
  /** How many positions of at least a lot are left. */
  onPositions(left: number, nowUs: EpochUs): readonly KillAction[];
  advance(nowUs: EpochUs): readonly KillAction[];
}

/** A cancel or a question without an answer is sent again after this long. */
export const RESEND_US = 250_000;
const AT_ONCE = Number.NEGATIVE_INFINITY;
const TIMEOUT_US = 10_000_000;
const STRANGERS_MAX = 10_000; // listed in a report; every one is cancelled

interface Victim {
  readonly orderId: string;
  readonly venue: string;
  readonly kind: 'ours' | 'liquidation' | 'stranger';
  firstUs: number; // when its first cancel was sent, NaN: never
  cancelUs: number; // when the next cancel may be sent
  endedUs: number; // NaN while it lives
  state: string;
}

interface Place {
  readonly venue: string;
  live: number; // orders there that are not over
  open: number; // as the venue last said, NaN before it said anything
  askUs: number; // when the next question may be sent
  isAsked: boolean; // since the last order there ended
  isZero: boolean; // and this was the answer: one to an older question may be older still
}

interface Run {
  options: KillOptions;
  readonly startedUs: number;
  readonly stamp: (nowUs: number) => number;
  readonly receivedUs: number; // a stamp, as all times that are only told
  readonly blockedUs: number;
  readonly victims: Map<string, Victim>;
  readonly places: Map<string, Place>;
  positions: number;
  cancelledUs: number; // NaN: not yet
  confirmedUs: number;
  flattenUs: number; // when positions may be closed again
  strangers: number;
}

export function createKill({ venues, timeoutUs = TIMEOUT_US, stampUs }: KillSetup): Kill {
  const stamp = (nowUs: number): number => stampUs?.() ?? nowUs;
  let run: Run | null = null;
  // What follows from an input: whatever is due, and the report when it is over.
  const after = (actions: KillAction[], nowUs: EpochUs): readonly KillAction[] => {
    if (run === null) return actions;
    pursue(run, actions, nowUs);
    const isOver = isDone(run) || nowUs - run.startedUs >= timeoutUs;
    if (!isOver) return actions;
    actions.push({ kind: 'report', report: reportOf(run, nowUs) });
    run = null;
    return actions;
  };
  return {
    get isRunning() {
      return run !== null;
    },
    start(options, openOrders, positions, nowUs, waitedUs = 0) {
      if (run !== null) return after(join(run, options), nowUs);
      run = openRun({ options, venues, positions, stamp, waitedUs }, nowUs);
      for (const order of openOrders) hunt(run, order.id, order.instrument.venue, 'ours', order);
      return after([{ kind: 'block', options }], nowUs);
    },
    onOrder(order, nowUs) {
      if (run === null) return [];
      follow(run, order, nowUs);
      return after([], nowUs);
    },
    onOpenOrders(venue, orderIds, nowUs) {
      return run === null ? [] : after(hear(run, venue, orderIds, nowUs), nowUs);
    },
    onPositions(left, nowUs) {
      if (run !== null) run.positions = left;
      return after([], nowUs);
    },
    advance: (nowUs) => after([], nowUs),
  };
}

interface Wish {
  readonly options: KillOptions;
  readonly venues: readonly string[];
  readonly positions: number;
  readonly stamp: Run['stamp'];
  readonly waitedUs: number;
}

function openRun({ options, venues, positions, stamp, waitedUs }: Wish, nowUs: EpochUs): Run {
  const blockedUs = stamp(nowUs);
  const run: Run = {
    options,
    startedUs: nowUs,
    stamp,
    receivedUs: blockedUs - waitedUs,
    blockedUs,
    victims: new Map(),
    places: new Map(),
    positions,
    cancelledUs: Number.NaN,
    confirmedUs: Number.NaN,
    flattenUs: AT_ONCE,
    strangers: 0,
  };
  for (const venue of venues) placeOf(run, venue);
  return run;
}

function placeOf(run: Run, venue: string): Place {
  const known = run.places.get(venue);
  if (known !== undefined) return known;
  const unasked = { askUs: AT_ONCE, isAsked: false, isZero: false };
  const place = { venue, live: 0, open: Number.NaN, ...unasked };
  run.places.set(venue, place);
  return place;
}

function join(run: Run, { flatten, drill, reason, by }: KillOptions): KillAction[] {
  const before = run.options;
  const words = before.drill && !drill ? { reason, by } : {};
  const both = { flatten: before.flatten || flatten, drill: before.drill && drill };
  run.options = { ...before, ...words, ...both };
  return before.drill === both.drill ? [] : [{ kind: 'block', options: run.options }];
}

/** One more order that has to end before anything is confirmed. */
function hunt(
  run: Run,
  orderId: string,
  venue: string,
  kind: Victim['kind'],
  { state }: { readonly state: string },
  cancelUs = AT_ONCE,
): void {
  const living = { firstUs: Number.NaN, cancelUs, endedUs: Number.NaN };
  run.victims.set(orderId, { orderId, venue, kind, state, ...living });
  const place = placeOf(run, venue);
  place.live += 1;
  place.isAsked = false;
  place.isZero = false;
  if (kind === 'liquidation') return; // it comes after all others have been confirmed
  run.cancelledUs = Number.NaN;
  run.confirmedUs = Number.NaN;
}

function end(run: Run, victim: Victim, state: string, nowUs: EpochUs): void {
  victim.state = state;
  victim.endedUs = run.stamp(nowUs);
  const place = placeOf(run, victim.venue);
  place.live -= 1;
  if (place.live === 0) place.askUs = AT_ONCE;
}

function follow(run: Run, order: Order, nowUs: EpochUs): void {
  const victim = run.victims.get(order.id);
  if (victim === undefined) {
    if (isTerminal(order)) return;
    const isLiquidation = order.origin.kind === 'risk'; // it gets time to be filled
    const kind = isLiquidation ? 'liquidation' : 'ours';
    hunt(
      run,
      order.id,
      order.instrument.venue,
      kind,
      order,
      isLiquidation ? nowUs + RESEND_US : AT_ONCE,
    );
  } else if (Number.isNaN(victim.endedUs)) {
    if (isTerminal(order)) end(run, victim, order.state, nowUs);
    else victim.state = order.state;
  }
}

function hear(run: Run, venue: string, orderIds: readonly string[], nowUs: EpochUs): KillAction[] {
  const place = placeOf(run, venue);
  const actions: KillAction[] = [];
  place.open = orderIds.length;
  const listed = new Set(orderIds);
  for (const victim of run.victims.values()) {
    const isGone = victim.kind === 'stranger' && !listed.has(victim.orderId);
    if (isGone && victim.venue === venue && Number.isNaN(victim.endedUs)) {
      end(run, victim, 'gone', nowUs);
    }
  }
  for (const orderId of orderIds) {
    const victim = run.victims.get(orderId);
    if (victim !== undefined && Number.isNaN(victim.endedUs)) continue; // it is being cancelled
    actions.push({ kind: 'cancel_unknown', orderId, venue });
    if (victim !== undefined || run.strangers === STRANGERS_MAX) continue;
    run.strangers += 1;
    hunt(run, orderId, venue, 'stranger', { state: 'open, not ours' }, nowUs + RESEND_US);
    const stranger = run.victims.get(orderId);
    if (stranger !== undefined) stranger.firstUs = run.stamp(nowUs);
  }
  place.isZero = orderIds.length === 0 && place.live === 0 && place.isAsked;
  return actions;
}

// ---- What is due ---------------------------------------------------------------------------

function pursue(run: Run, actions: KillAction[], nowUs: EpochUs): void {
  for (const victim of run.victims.values()) {
    if (!Number.isNaN(victim.endedUs) || nowUs < victim.cancelUs) continue;
    if (Number.isNaN(victim.firstUs)) victim.firstUs = run.stamp(nowUs);
    victim.cancelUs = nowUs + RESEND_US;
    const { orderId, venue } = victim;
    const kind = victim.kind === 'stranger' ? 'cancel_unknown' : 'cancel';
    actions.push({ kind, orderId, venue });
  }
  for (const place of run.places.values()) {
    if (place.isZero || nowUs < place.askUs) continue;
    if (place.live > 0 && nowUs - run.startedUs < RESEND_US) continue; // the cancels go first
    place.askUs = nowUs + RESEND_US;
    place.isAsked = place.live === 0;
    actions.push({ kind: 'ask', venue: place.venue });
  }
  const places = [...run.places.values()];
  const isOver = [...run.victims.values()].every(
    ({ kind, endedUs }) => kind === 'liquidation' || !Number.isNaN(endedUs),
  );
  if (isOver && Number.isNaN(run.cancelledUs)) run.cancelledUs = run.stamp(nowUs);
  const isZero = places.every((place) => place.isZero);
  if (isZero && Number.isNaN(run.confirmedUs)) run.confirmedUs = run.stamp(nowUs);
  flatten(run, places, actions, nowUs);
}

function flatten(run: Run, places: readonly Place[], actions: KillAction[], nowUs: EpochUs): void {
  if (!run.options.flatten || run.positions === 0 || nowUs < run.flattenUs) return;
  const venues = places.filter((place) => place.isZero).map(({ venue }) => venue);
  if (venues.length === 0) return;
  run.flattenUs = nowUs + RESEND_US;
  actions.push({ kind: 'flatten', venues });
}

function isDone({ options, positions, places }: Run): boolean {
  if (options.flatten && positions > 0) return false;
  return [...places.values()].every(({ live, isZero }) => live === 0 && isZero);
}

// ---- The report ----------------------------------------------------------------------------

function reportOf(run: Run, nowUs: EpochUs): KillReport {
  const { options, startedUs, receivedUs, positions } = run;
  const isConfirmed = isDone(run);
  const since = (us: number): number | null => (Number.isNaN(us) ? null : us - receivedUs);
  const openAtVenues: Record<string, number> = {};
  for (const { venue, open } of run.places.values()) {
    if (!Number.isNaN(open)) openAtVenues[venue] = open;
  }
  const orders: KilledOrder[] = [];
  for (const { orderId, firstUs, endedUs, state } of run.victims.values()) {
    const cancelUs = since(firstUs);
    if (cancelUs !== null) orders.push({ orderId, cancelUs, endedUs: since(endedUs), state });
  }
  return {
    ...options,
    startedUs,
    blockedUs: run.blockedUs - receivedUs,
    cancelledUs: since(run.cancelledUs),
    confirmedUs: since(run.confirmedUs),
    flatUs: options.flatten && isConfirmed ? run.stamp(nowUs) - receivedUs : null,
    orders,
    openAtVenues,
    positionsLeft: positions,
    isConfirmed,
    problem: isConfirmed ? '' : problemOf(run),
  };
}

const NAMED_MAX = 3; // orders a problem names; all of them are in the report

function problemOf({ options, victims, places, positions }: Run): string {
  const living = [...victims.values()].filter(({ endedUs }) => Number.isNaN(endedUs));
  const missing = living
    .slice(0, NAMED_MAX)
    .map(({ orderId, venue, state }) => `order ${orderId} at ${venue} is ${state}`);
  if (living.length > NAMED_MAX) missing.push(`${living.length - NAMED_MAX} more orders live`);
  for (const { venue, open, isZero } of places.values()) {
    if (Number.isNaN(open)) missing.push(`${venue} did not say what is open`);
    else if (open > 0) missing.push(`${venue} says that ${open} are open`);
    else if (!isZero) missing.push(`${venue} has not said zero since its last order ended`);
  }
  if (options.flatten && positions > 0) missing.push(`${positions} positions are left`);
  const state = options.drill ? 'Trading is as it was before.' : 'Trading stays halted.';
  const advice = "Look at the venue's own page, cancel and close there what is left, kill again.";
  return `${missing.join('; ')}. ${advice} ${state}`;
}

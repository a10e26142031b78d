// Owns the pace of one strategy: its budget of intents, and the spacing after refused ones.
// Promise: whatever it asks for, refused verdicts and refusals facts stay below a stated rate.
import type { LimitCode } from '../core/decision.ts';
import type { OrderIntent } from '../core/order.ts';
import type { FactOf } from '../facts/fact.ts';

/** After a refusal the next intent of that instrument and side waits; twice as long each time. */
export const SPACING_US_MIN = 100_000;
export const SPACING_US_MAX = 5_000_000;
/** Refused verdicts and refusals facts of one strategy together, in the long run. */
export const REFUSALS_PER_SECOND = 2;
export const REFUSALS_BURST = 20;
/** Counts are told at most this often while the reasons stay the same. */
export const TOLD_US = 10_000_000;
/** Intents beyond the budget within a second that make it a flood. */
export const FLOOD_PER_SECOND = 1000;
const FORGOTTEN_US = 60_000_000; // a refusal that nothing followed

export const THROTTLED: readonly LimitCode[] = Object.freeze(['throttled']);

type Refusals = FactOf<'refusals'>;

export interface PacingOptions {
  readonly strategy: string;
  readonly perSecond: number; // intents and amends, in the long run
  readonly burst: number;
  record(fact: Refusals, nowUs: number): void;
}

/** An intent, or an order that is to be amended. */
type Asked = Pick<OrderIntent, 'instrument' | 'side'>;

export interface Pacing {
  /** Null: it may go to the checks. Else it is held back and counted; why is the answer. */
  admit(asked: Asked, nowUs: number): readonly LimitCode[] | null;
  onSent(asked: Asked, nowUs: number): void;
  onRefused(asked: Asked, limits: readonly LimitCode[], nowUs: number): void;
  /** Tells counts whose time has come; `all`: every count there is. */
  advance(nowUs: number, all: boolean): void;
  /** More than FLOOD_PER_SECOND beyond the budget in the second in hand. */
  isFlooding(nowUs: number): boolean;
  /** It begins anew: an earlier life's flood is not its own. Budget and spacing stand. */
  renew(): void;
}

interface Bucket {
  tokens: number;
  atUs: number;
  readonly perSecond: number;
  readonly burst: number;
}

/** Intents of one instrument and side that are refused for the same reasons. */
interface Slot {
  readonly instrument: string;
  limits: readonly LimitCode[];
  key: string;
  spacingUs: number; // 0: not refused, only throttled
  nextUs: number;
  count: number;
  fromUs: number;
  toUs: number;
  toldUs: number;
}

interface State {
  readonly options: PacingOptions;
  readonly slots: Map<number, Slot>;
  readonly intents: Bucket;
  readonly refusals: Bucket;
  secondUs: number;
  excess: number; // intents beyond the budget in that second
}

export function createPacing(options: PacingOptions): Pacing {
  const bucket = (perSecond: number, burst: number): Bucket => ({
    tokens: burst,
    atUs: 0,
    perSecond,
    burst,
  });
  const state: State = {
    options,
    slots: new Map(),
    intents: bucket(options.perSecond, options.burst),
    refusals: bucket(REFUSALS_PER_SECOND, REFUSALS_BURST),
    secondUs: 0,
    excess: 0,
  };
  return {
    admit: (intent, nowUs) => admit(state, intent, nowUs),
    onSent(intent, nowUs) {
      if (state.slots.size === 0) return;
      const slot = state.slots.get(placeOf(intent));
      if (slot === undefined) return;
      tell(state, slot, nowUs);
      state.slots.delete(placeOf(intent));
    },
    onRefused: (intent, limits, nowUs) => onRefused(state, intent, limits, nowUs),
    advance: (nowUs, all) => advance(state, nowUs, all),
    isFlooding: (nowUs) => state.excess > FLOOD_PER_SECOND && nowUs - state.secondUs < 1e6,
    renew() {
      state.excess = 0;
    },
  };
}

// Two places an instrument and side: refused by the checks (even), beyond the budget (odd).
const placeOf = ({ instrument, side }: Asked): number =>
  instrument.index * 4 + (side === 'buy' ? 0 : 2);

function admit(state: State, intent: Asked, nowUs: number): readonly LimitCode[] | null {
  const place = placeOf(intent);
  const slot = state.slots.size === 0 ? undefined : state.slots.get(place);
  if (slot !== undefined && (nowUs < slot.nextUs || filled(state.refusals, nowUs).tokens < 1)) {
    count(slot, nowUs);
    return slot.limits;
  }
  if (take(state.intents, nowUs)) return null;
  if (nowUs - state.secondUs >= 1e6) {
    state.secondUs = nowUs;
    state.excess = 0;
  }
  state.excess += 1;
  const full = slotAt(state, place + 1, intent.instrument.key, THROTTLED, nowUs);
  count(full, nowUs);
  return THROTTLED;
}

function onRefused(state: State, intent: Asked, limits: readonly LimitCode[], nowUs: number): void {
  filled(state.refusals, nowUs).tokens -= 1;
  const slot = slotAt(state, placeOf(intent), intent.instrument.key, limits, nowUs);
  slot.spacingUs =
    slot.spacingUs === 0 ? SPACING_US_MIN : Math.min(slot.spacingUs * 2, SPACING_US_MAX);
  slot.nextUs = nowUs + slot.spacingUs;
}

/** The slot of a place; other reasons than before tell what was counted, and begin anew. */
function slotAt(
  state: State,
  place: number,
  instrument: string,
  limits: readonly LimitCode[],
  nowUs: number,
): Slot {
  const key = limits.length === 1 ? String(limits[0]) : [...limits].sort().join(' ');
  const known = state.slots.get(place);
  if (known !== undefined && known.key === key) return known;
  if (known !== undefined) tell(state, known, nowUs);
  const times = { nextUs: nowUs, fromUs: nowUs, toUs: nowUs, toldUs: nowUs };
  const slot: Slot = { instrument, limits: [...limits], key, spacingUs: 0, count: 0, ...times };
  state.slots.set(place, slot);
  return slot;
}

function count(slot: Slot, nowUs: number): void {
  if (slot.count === 0) slot.fromUs = nowUs;
  slot.count += 1;
  slot.toUs = nowUs;
}

function advance(state: State, nowUs: number, all: boolean): void {
  for (const [place, slot] of state.slots) {
    const isTime = nowUs - slot.toldUs >= TOLD_US && filled(state.refusals, nowUs).tokens >= 1;
    if (all || isTime) tell(state, slot, nowUs);
    if (slot.count === 0 && nowUs - Math.max(slot.nextUs, slot.toUs) > FORGOTTEN_US) {
      state.slots.delete(place);
    }
  }
}

function tell(state: State, slot: Slot, nowUs: number): void {
  slot.toldUs = nowUs;
  if (slot.count === 0) return;
  filled(state.refusals, nowUs).tokens -= 1;
  const { instrument, limits, count: told, fromUs, toUs } = slot;
  const { strategy } = state.options;
  const fact: Refusals = {
    kind: 'refusals',
    strategy,
    instrument,
    limits,
    count: told,
    fromUs,
    toUs,
  };
  slot.count = 0;
  state.options.record(fact, nowUs);
}

function filled(bucket: Bucket, nowUs: number): Bucket {
  const { tokens, atUs, perSecond, burst } = bucket;
  if (nowUs > atUs) bucket.tokens = Math.min(burst, tokens + ((nowUs - atUs) * perSecond) / 1e6);
  bucket.atUs = Math.max(atUs, nowUs);
  return bucket;
}

function take(bucket: Bucket, nowUs: number): boolean {
  if (filled(bucket, nowUs).tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

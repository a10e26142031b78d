// Owns the bars (1m to 1d) of every instrument: trades in, closed bars into shared memory.
// Promise: bars start on UTC boundaries; a minute without trades is a flat bar, up to a bound.
import { BAR_BYTES, BARS_KEPT, CACHE_LINE } from '../../wasm/layout.ts';
import { barsAt, type MemoryPlan, TIME_FRAMES_US } from '../memory/plan.ts';

/** Flat bars made in a row, at most: a longer silence is a gap, seen by its open times. */
export const FLAT_BARS_MAX = 240;
/** A bar is closed by the clock this long after its end, so that late trades still find it. */
export const BAR_GRACE_US = 2_000_000;

const CLOSED_MAX = 65_536; // nobody looks at them: the rings have them all the same

const COLUMNS = BAR_BYTES / 8;
const FRAMES = TIME_FRAMES_US.length;

/** A bar that was just closed: prices and volume in steps. */
export interface ClosedBar {
  readonly instrument: number;
  readonly lengthUs: number;
  readonly openUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly trades: number;
}

export interface Bars {
  /** One trade (steps, event time). One older than the open bar is added to it, and counted. */
  addTrade(
    instrument: number,
    price: number,
    qty: number,
    buyerIsMaker: boolean,
    eventUs: number,
  ): void;
  /** No bar of the instrument was ever closed, none is open: readers begin anew. */
  clear(instrument: number): void;
  /** Closes bars whose end lies more than BAR_GRACE_US behind `nowUs`; cheap to call often. */
  advance(nowUs: number): void;
  readonly late: number; // trades older than the open 1m bar
  readonly gaps: number; // silences longer than FLAT_BARS_MAX bars
  /** Closed since somebody looked, oldest first; whoever looks takes them out. */
  readonly closed: ClosedBar[];
}

interface State {
  readonly numbers: Float64Array; // the whole shared memory
  readonly words: Int32Array;
  readonly plan: MemoryPlan;
  readonly open: Float64Array; // open bars, COLUMNS for each instrument and time frame
  readonly instruments: number;
  nextUs: number; // `advance` has nothing to do before this second
  readonly closed: ClosedBar[];
  late: number;
  gaps: number;
}

/** Bars for `instruments` rows. Open bars are private; closed ones go to the rings of the plan. */
export function createBars(buffer: SharedArrayBuffer, plan: MemoryPlan, instruments: number): Bars {
  const state: State = {
    numbers: new Float64Array(buffer),
    words: new Int32Array(buffer),
    plan,
    open: new Float64Array(instruments * FRAMES * COLUMNS),
    instruments,
    nextUs: 0,
    closed: [],
    late: 0,
    gaps: 0,
  };
  return {
    addTrade(instrument, price, qty, buyerIsMaker, eventUs) {
      for (let frame = 0; frame < FRAMES; frame += 1) {
        addToFrame(state, instrument, frame, price, qty, buyerIsMaker, eventUs);
      }
    },
    clear(instrument) {
      state.open.fill(0, instrument * FRAMES * COLUMNS, (instrument + 1) * FRAMES * COLUMNS);
      for (let frame = 0; frame < FRAMES; frame += 1) {
        Atomics.store(state.words, barsAt(plan, instrument, frame) / 4, 0);
      }
    },
    advance(nowUs) {
      if (nowUs < state.nextUs) return;
      state.nextUs = nowUs - (nowUs % 1e6) + 1e6;
      for (let instrument = 0; instrument < instruments; instrument += 1) {
        for (let frame = 0; frame < FRAMES; frame += 1) {
          closeUntil(state, instrument, frame, nowUs - BAR_GRACE_US);
        }
      }
    },
    closed: state.closed,
    get late() {
      return state.late;
    },
    get gaps() {
      return state.gaps;
    },
  };
}

// Columns of an open bar, as in wasm/layout.ts; openUs 0 = no trade seen yet.
const OPEN_US = 0;
const OPEN = 1;
const HIGH = 2;
const LOW = 3;
const CLOSE = 4;
const VOLUME = 5;
const BUY_VOLUME = 6;
const TRADES = 7;

const lengthUs = (frame: number): number => TIME_FRAMES_US[frame] ?? 0;

function addToFrame(
  state: State,
  instrument: number,
  frame: number,
  price: number,
  qty: number,
  buyerIsMaker: boolean,
  eventUs: number,
): void {
  const { open } = state;
  const at = (instrument * FRAMES + frame) * COLUMNS;
  const openUs = open[at + OPEN_US] ?? 0;
  if (openUs === 0) startBar(open, at, eventUs - (eventUs % lengthUs(frame)), price);
  else if (eventUs < openUs) state.late += frame === 0 ? 1 : 0;
  else if (eventUs >= openUs + lengthUs(frame)) {
    closeUntil(state, instrument, frame, eventUs);
    if (open[at + TRADES] === 0) restartBar(open, at, price);
  } else if (open[at + TRADES] === 0) restartBar(open, at, price);
  if (price > (open[at + HIGH] ?? 0)) open[at + HIGH] = price;
  if (price < (open[at + LOW] ?? 0)) open[at + LOW] = price;
  open[at + CLOSE] = price;
  open[at + VOLUME] = (open[at + VOLUME] ?? 0) + qty;
  if (!buyerIsMaker) open[at + BUY_VOLUME] = (open[at + BUY_VOLUME] ?? 0) + qty;
  open[at + TRADES] = (open[at + TRADES] ?? 0) + 1;
}

// Closes every bar that ends at or before `us`, so that the open bar holds `us`.
function closeUntil(state: State, instrument: number, frame: number, us: number): void {
  const { open } = state;
  const length = lengthUs(frame);
  const at = (instrument * FRAMES + frame) * COLUMNS;
  const openUs = open[at + OPEN_US] ?? 0;
  if (openUs === 0 || us < openUs + length) return;
  const target = us - (us % length);
  const close = open[at + CLOSE] ?? 0;
  publishBar(state, instrument, frame, at);
  const flat = (target - openUs) / length - 1;
  if (flat > FLAT_BARS_MAX) {
    state.gaps += 1;
    startBar(open, at, target, close);
    return;
  }
  for (let k = 1; k <= flat; k += 1) {
    startBar(open, at, openUs + k * length, close);
    publishBar(state, instrument, frame, at);
  }
  startBar(open, at, target, close);
}

// A bar opens flat at the previous close; its first trade sets open, high and low.
function startBar(open: Float64Array, at: number, openUs: number, price: number): void {
  open[at + OPEN_US] = openUs;
  open[at + VOLUME] = 0;
  open[at + BUY_VOLUME] = 0;
  open[at + TRADES] = 0;
  open[at + CLOSE] = price;
  restartBar(open, at, price);
}

function restartBar(open: Float64Array, at: number, price: number): void {
  open[at + OPEN] = price;
  open[at + HIGH] = price;
  open[at + LOW] = price;
}

// The slot first, then the count: a reader that sees the count sees the bar.
function publishBar(state: State, instrument: number, frame: number, at: number): void {
  const ring = barsAt(state.plan, instrument, frame);
  const count = Atomics.load(state.words, ring / 4);
  const slot = (ring + CACHE_LINE + (count % BARS_KEPT) * BAR_BYTES) / 8;
  for (let k = 0; k < COLUMNS; k += 1) state.numbers[slot + k] = state.open[at + k] ?? 0;
  Atomics.store(state.words, ring / 4, count + 1);
  if (state.closed.length < CLOSED_MAX) state.closed.push(closedBar(state, instrument, frame, at));
}

function closedBar(
  { open: numbers }: State,
  instrument: number,
  frame: number,
  at: number,
): ClosedBar {
  const read = (column: number): number => numbers[at + column] ?? 0;
  return {
    instrument,
    lengthUs: lengthUs(frame),
    openUs: read(OPEN_US),
    open: read(OPEN),
    high: read(HIGH),
    low: read(LOW),
    close: read(CLOSE),
    volume: read(VOLUME),
    trades: read(TRADES),
  };
}

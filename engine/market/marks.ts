// Owns the mark of every instrument: the price that may value a position and pull a trigger.
// Promise: fixed memory, no allocation; NaN until known; what is doubtful never replaces it.
import type { Config } from '../config/schema.ts';
import type { Instrument } from '../core/instrument.ts';
import { asEpochUs, type EpochUs } from '../core/units.ts';

/** Why a mark is not to be trusted now. The last good one stands meanwhile, and ages. */
export type MarkDoubt =
  | 'unknown' // nothing has been seen yet
  | 'wide' // the book has become wide, or wider by far, and that has not lasted
  | 'jump' // a narrow book far from where the mark stood, and that has not lasted
  | 'one_sided' // bids or asks only
  | 'crossed'
  | 'lost' // no book in sequence, and no mark of the venue's own
  | 'stale'; // nothing heard for risk.markAgeMsMax

/** What an update did: the mark is good and may have moved, is good and as it was, is in doubt. */
export type MarkStep = 'moved' | 'same' | 'doubtful';

export type MarkSource = 'venue_mark' | 'mid' | 'last_good';

/**
 * A book says that the price lies between its bid and its ask, and no more than that. While it is
 * narrow the mark is the mid, or the venue's own mark price where there is a fresh one. While it is
 * wide the mark stays where it was as long as that lies within the book, longs are worth no more
 * than the bid and shorts cost no less than the ask.
 *
 * A book that has become wide, and a price further than `jumpMax` from where it stood up to
 * `lastMs` ago, are doubtful until they have lasted: `lastMs` and `lastUpdates` updates without one
 * that was neither. What is taken over then is what held all the time: the value within that range
 * that is nearest to the old one. So a hole shorter than `lastMs` moves nothing, a real move is
 * through after twice `lastMs` at most, and trades are not asked: one lot prints at any price that
 * a hole offers.
 */
export interface Marks {
  /** The top of the book, quote asset; NaN for an empty side. */
  onTop(instrument: Instrument, bid: number, ask: number, nowUs: EpochUs): MarkStep;
  /** The venue's own mark price; what is no finite price above 0 is not heard. */
  onVenueMark(instrument: Instrument, price: number, nowUs: EpochUs): MarkStep;
  /** The book is no longer in sequence. */
  onLost(instrument: Instrument, nowUs: EpochUs): void;
  /** Another has the slot: nothing is known of its price. */
  add(instrument: Instrument): void;
  /** Nobody has the slot: no price, and no doubt either. */
  retire(instrument: Instrument): void;
  /** This engine itself did nothing for `us`: what waits to be read has not lasted that long. */
  onSleep(us: number): void;
  /** Time passes: what has not been heard of for too long becomes stale. */
  advance(nowUs: EpochUs): void;
  /** The last good mark, quote asset; NaN before the first. */
  mark(instrument: Instrument): number;
  /** What one unit of a long is worth, and what one of a short costs. */
  longMark(instrument: Instrument): number;
  shortMark(instrument: Instrument): number;
  /** When what the mark rests on was received; NaN before the first. */
  markUs(instrument: Instrument): EpochUs;
  /** null: good. */
  doubt(instrument: Instrument): MarkDoubt | null;
  source(instrument: Instrument): MarkSource;
  /** How many instruments are in doubt. */
  readonly doubtful: number;
}

export type MarksOptions = Config['risk']['marks'] & { readonly markAgeMsMax: number };

const DOUBTS = ['unknown', 'wide', 'jump', 'one_sided', 'crossed', 'lost', 'stale'] as const;
type Code = number; // 0: good, else 1 + the place in DOUBTS
const codeOf = (doubt: MarkDoubt): Code => 1 + DOUBTS.indexOf(doubt);
const GOOD: Code = 0;
const UNKNOWN = codeOf('unknown');
const WIDE = codeOf('wide');
const JUMP = codeOf('jump');
const ONE_SIDED = codeOf('one_sided');
const CROSSED = codeOf('crossed');
const LOST = codeOf('lost');
const STALE = codeOf('stale');

// Three prices an instrument: the mark, what a long is worth, what a short costs.
const LANES = 3;
const LONG = 1;
const SHORT = 2;

// Of the update in hand.
const NOW_US = 0;
const SPREAD = 1;
const VENUE = 2;

const USUAL_SHARE = 1 / 64; // of each good book in what is the usual spread

interface Desk {
  readonly options: MarksOptions;
  readonly lastUs: number;
  readonly venueUsMax: number;
  readonly bids: Float64Array; // of the book as it is now
  readonly asks: Float64Array;
  readonly venueMarks: Float64Array;
  readonly venueUs: Float64Array;
  readonly usual: Float64Array; // spread of good books, a fraction of the mid
  readonly isWide: Uint8Array; // as last taken over
  readonly values: Float64Array; // lanes, as last taken over
  readonly anchors: Float64Array; // lanes, as they stood up to lastUs ago
  readonly anchorUs: Float64Array;
  readonly lows: Float64Array; // lanes, of the updates in doubt
  readonly highs: Float64Array;
  readonly seen: Uint32Array; // updates in doubt; 0: none
  readonly sinceUs: Float64Array; // the first of them
  readonly markUs: Float64Array;
  readonly codes: Uint8Array;
  readonly isVenues: Uint8Array; // the mark is the venue's own
  readonly isWhole: Uint8Array; // what was taken over is all that the book says
  // The update in hand. Numbers lie in arrays: as arguments they would be boxed.
  readonly hand: Float64Array; // time, spread, the venue's mark
  readonly asked: Float64Array; // lanes
  doubtful: number;
}

/** Of the first `instruments` of so many slots. */
export function createMarks(
  instruments: number,
  options: MarksOptions,
  slots = instruments,
): Marks {
  const desk = openDesk(slots, options);
  desk.doubtful = instruments;
  const { bids, asks, hand } = desk;
  return {
    onTop({ index }, bid, ask, nowUs) {
      hand[NOW_US] = nowUs;
      if (bid === bids[index] && ask === asks[index] && stands(desk, index)) return 'same';
      bids[index] = bid;
      asks[index] = ask;
      return judge(desk, index);
    },
    onVenueMark({ index }, price, nowUs) {
      if (!(price > 0 && price < Number.MAX_VALUE)) return 'doubtful';
      desk.venueMarks[index] = price;
      desk.venueUs[index] = nowUs;
      hand[NOW_US] = nowUs;
      return judge(desk, index);
    },
    onLost({ index }, nowUs) {
      bids[index] = Number.NaN;
      asks[index] = Number.NaN;
      hand[NOW_US] = nowUs;
      judge(desk, index);
    },
    add({ index }) {
      clear(desk, index);
      desk.doubtful += 1;
    },
    retire({ index }) {
      if (desk.codes[index] !== GOOD) desk.doubtful -= 1;
      clear(desk, index);
    },
    onSleep(us) {
      for (let index = 0; index < slots; index += 1) {
        desk.sinceUs[index] = (desk.sinceUs[index] ?? Number.NaN) + us;
      }
    },
    advance: (nowUs) => advance(desk, nowUs),
    ...readingsOf(desk),
    get doubtful() {
      return desk.doubtful;
    },
  };
}

type Readings = Pick<Marks, 'mark' | 'longMark' | 'shortMark' | 'markUs' | 'doubt' | 'source'>;

function readingsOf(desk: Desk): Readings {
  const { values } = desk;
  return {
    mark: ({ index }) => values[index * LANES] ?? Number.NaN,
    longMark: ({ index }) => values[index * LANES + LONG] ?? Number.NaN,
    shortMark: ({ index }) => values[index * LANES + SHORT] ?? Number.NaN,
    markUs: ({ index }) => asEpochUs(desk.markUs[index] ?? Number.NaN),
    doubt: ({ index }) => DOUBTS[(desk.codes[index] ?? UNKNOWN) - 1] ?? null,
    source({ index }) {
      if (desk.codes[index] !== GOOD) return 'last_good';
      return desk.isVenues[index] === 1 ? 'venue_mark' : 'mid';
    },
  };
}

function openDesk(instruments: number, options: MarksOptions): Desk {
  const unknown = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);
  return {
    options,
    lastUs: options.lastMs * 1000,
    venueUsMax: options.venueMarkMs * 1000,
    bids: unknown(instruments),
    asks: unknown(instruments),
    venueMarks: unknown(instruments),
    venueUs: unknown(instruments),
    usual: new Float64Array(instruments),
    isWide: new Uint8Array(instruments),
    values: unknown(instruments * LANES),
    anchors: unknown(instruments * LANES),
    anchorUs: new Float64Array(instruments).fill(Number.NEGATIVE_INFINITY),
    lows: unknown(instruments * LANES),
    highs: unknown(instruments * LANES),
    seen: new Uint32Array(instruments),
    sinceUs: unknown(instruments),
    markUs: unknown(instruments),
    codes: new Uint8Array(instruments).fill(UNKNOWN),
    isVenues: new Uint8Array(instruments),
    isWhole: new Uint8Array(instruments),
    hand: unknown(3),
    asked: unknown(LANES),
    doubtful: instruments,
  };
}

/** Nothing is known of the slot, and nobody counts it. */
function clear(desk: Desk, index: number): void {
  const { values, anchors, lows, highs } = desk;
  for (const lanes of [values, anchors, lows, highs]) {
    lanes.fill(Number.NaN, index * LANES, (index + 1) * LANES);
  }
  const { bids, asks, venueMarks, venueUs, sinceUs, markUs } = desk;
  for (const column of [bids, asks, venueMarks, venueUs, sinceUs, markUs])
    column[index] = Number.NaN;
  const { usual, isWide, seen, isVenues, isWhole } = desk;
  for (const column of [usual, isWide, seen, isVenues, isWhole]) column[index] = 0;
  desk.anchorUs[index] = Number.NEGATIVE_INFINITY;
  desk.codes[index] = UNKNOWN;
}

/** The same top again, and the mark good: most updates are of deeper levels. */
function stands(desk: Desk, index: number): boolean {
  const { codes, hand, isWhole, isVenues, markUs, venueUs, venueUsMax } = desk;
  const nowUs = hand[NOW_US] ?? Number.NaN;
  if (codes[index] !== GOOD || isWhole[index] === 0) return false;
  if (isVenues[index] === 1) return nowUs - (venueUs[index] ?? Number.NaN) <= venueUsMax;
  markUs[index] = nowUs;
  return true;
}

function judge(desk: Desk, index: number): MarkStep {
  const { hand } = desk;
  const bid = desk.bids[index] ?? Number.NaN;
  const ask = desk.asks[index] ?? Number.NaN;
  const ageUs = (hand[NOW_US] ?? Number.NaN) - (desk.venueUs[index] ?? Number.NaN);
  const isFresh = ageUs <= desk.venueUsMax;
  const hasBook = bid > 0 && bid < ask && ask < Number.MAX_VALUE;
  if (!hasBook && !isFresh) {
    desk.seen[index] = 0;
    doubt(desk, index, missingOf(desk, index));
    return 'doubtful';
  }
  hand[VENUE] = isFresh ? (desk.venueMarks[index] ?? Number.NaN) : Number.NaN;
  hand[SPREAD] = hasBook ? (ask - bid) / ((ask + bid) / 2) : 0;
  anchor(desk, index);
  const isWide = isBeyondBound(desk, index);
  propose(desk, index, isWide);
  const hasToLast = jumps(desk, index) || (isWide && desk.isWide[index] === 0);
  if (hasToLast) {
    if (!hasLasted(desk, index)) {
      doubt(desk, index, isWide ? WIDE : JUMP);
      return 'doubtful';
    }
    keepNearest(desk, index);
    desk.anchorUs[index] = Number.NEGATIVE_INFINITY; // jumps count from here on
  }
  take(desk, index);
  if (hasBook) learn(desk, index);
  desk.isWide[index] = isWide ? 1 : 0;
  desk.isWhole[index] = hasToLast ? 0 : 1;
  return 'moved';
}

function missingOf({ bids, asks }: Desk, index: number): Code {
  const bid = bids[index] ?? Number.NaN;
  const ask = asks[index] ?? Number.NaN;
  if (bid >= ask) return CROSSED;
  return bid > 0 || ask > 0 ? ONE_SIDED : LOST;
}

/** Beyond its bound a book is wide: what it usually is, so many times over. */
function isBeyondBound({ options, usual, hand }: Desk, index: number): boolean {
  const { spreadMin, spreadMax, spreadTimes } = options;
  const bound = Math.min(spreadMax, Math.max(spreadMin, spreadTimes * (usual[index] ?? 0)));
  return (hand[SPREAD] ?? 0) > bound; // 0 without a book
}

function learn({ usual, hand }: Desk, index: number): void {
  const before = usual[index] ?? 0;
  usual[index] = before + ((hand[SPREAD] ?? 0) - before) * USUAL_SHARE;
}

/** What the update in hand says of the three prices. */
function propose({ asked, values, bids, asks, hand }: Desk, index: number, isWide: boolean): void {
  const bid = bids[index] ?? Number.NaN;
  const ask = asks[index] ?? Number.NaN;
  const venue = hand[VENUE] ?? Number.NaN;
  const before = values[index * LANES] ?? Number.NaN;
  let mark = (bid + ask) / 2;
  if (venue > 0) mark = venue;
  else if (isWide && before > 0) mark = Math.min(Math.max(before, bid), ask);
  asked[0] = mark;
  asked[LONG] = isWide ? Math.min(mark, bid) : mark;
  asked[SHORT] = isWide ? Math.max(mark, ask) : mark;
}

/** Where the mark stood before this update, once the last anchor is lastUs old. */
function anchor({ anchors, anchorUs, hand, values, lastUs }: Desk, index: number): void {
  const nowUs = hand[NOW_US] ?? Number.NaN;
  const isKnown = (anchors[index * LANES] ?? Number.NaN) > 0;
  if (isKnown && nowUs - (anchorUs[index] ?? Number.NaN) < lastUs) return;
  anchorUs[index] = nowUs;
  for (let at = index * LANES; at < (index + 1) * LANES; at += 1) {
    anchors[at] = values[at] ?? Number.NaN;
  }
}

/**
 * Without an anchor nothing jumps: there is nowhere it could have come from. Where a tick is coarse
 * a step by the usual spread is none either.
 */
function jumps({ asked, anchors, usual, options }: Desk, index: number): boolean {
  const bound = Math.max(options.jumpMax, usual[index] ?? 0);
  for (let lane = 0; lane < LANES; lane += 1) {
    const anchor = anchors[index * LANES + lane] ?? Number.NaN;
    const away = Math.abs((asked[lane] ?? Number.NaN) / anchor - 1);
    if (away > bound) return true;
  }
  return false;
}

function hasLasted(desk: Desk, index: number): boolean {
  const { asked, hand, lows, highs, seen, sinceUs, lastUs, options } = desk;
  const nowUs = hand[NOW_US] ?? Number.NaN;
  const isFirst = seen[index] === 0;
  if (isFirst) sinceUs[index] = nowUs;
  seen[index] = (seen[index] ?? 0) + 1;
  for (let lane = 0; lane < LANES; lane += 1) {
    const at = index * LANES + lane;
    const price = asked[lane] ?? Number.NaN;
    lows[at] = isFirst ? price : Math.min(lows[at] ?? price, price);
    highs[at] = isFirst ? price : Math.max(highs[at] ?? price, price);
  }
  const isLong = nowUs - (sinceUs[index] ?? Number.NaN) >= lastUs;
  return isLong && (seen[index] ?? 0) >= options.lastUpdates;
}

/** Of the range that was seen while it lasted, what is nearest to the mark as it was. */
function keepNearest({ asked, values, lows, highs }: Desk, index: number): void {
  for (let lane = 0; lane < LANES; lane += 1) {
    const at = index * LANES + lane;
    const before = values[at] ?? Number.NaN;
    if (Number.isNaN(before)) continue;
    asked[lane] = Math.min(Math.max(before, lows[at] ?? Number.NaN), highs[at] ?? Number.NaN);
  }
}

function take(desk: Desk, index: number): void {
  const { asked, hand, values, markUs, venueUs } = desk;
  for (let lane = 0; lane < LANES; lane += 1) {
    values[index * LANES + lane] = asked[lane] ?? Number.NaN;
  }
  const isVenues = (hand[VENUE] ?? Number.NaN) > 0;
  markUs[index] = (isVenues ? venueUs[index] : hand[NOW_US]) ?? Number.NaN;
  desk.isVenues[index] = isVenues ? 1 : 0;
  desk.seen[index] = 0;
  doubt(desk, index, GOOD);
}

function doubt(desk: Desk, index: number, code: Code): void {
  const before = desk.codes[index] ?? UNKNOWN;
  if (before === GOOD && code !== GOOD) desk.doubtful += 1;
  if (before !== GOOD && code === GOOD) desk.doubtful -= 1;
  desk.codes[index] = code;
}

function advance(desk: Desk, nowUs: number): void {
  const ageUs = desk.options.markAgeMsMax * 1000;
  for (let index = 0; index < desk.codes.length; index += 1) {
    if (desk.codes[index] !== GOOD) continue;
    if (nowUs - (desk.markUs[index] ?? Number.NaN) > ageUs) doubt(desk, index, STALE);
  }
}

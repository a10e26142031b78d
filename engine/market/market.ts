// Owns market data inside the engine: feeds, books, tapes, bars and the top-of-book check.
// Promise: a book marked ready is in sequence; the applied path allocates nothing.
import { BATCH_LEVELS_MAX, BOOK_CROSSED } from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Kernels } from '../memory/kernels.ts';
import { bookAt, type MemoryPlan } from '../memory/plan.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import { type Bars, createBars } from './bars.ts';
import { type BookTop, createBookTop } from './book-top.ts';
import { type CrossCheck, createCrossCheck } from './cross-check.ts';
import { type BufferedDiff, createDiffBuffer, type DiffBuffer } from './diff-buffer.ts';
import {
  bridges,
  createFeed,
  type Feed,
  type FeedState,
  isBefore,
  loseFeed,
  ruleOf,
  startFeed,
  stepDiff,
} from './feed.ts';

export type MarketReason =
  | 'in_sequence'
  | 'waiting_for_snapshot'
  | 'repeated' // older than what we have, or the same again
  | 'sequence_gap'
  | 'crossed' // best bid at or above best ask
  | 'snapshot_too_old' // it ends before the first diff we hold
  | 'snapshot_loaded'
  | 'bad_ids' // a diff that ends before it begins
  | 'mismatch' // the venue's best bid and ask at this id are not ours
  | 'disconnected';

/** What became of an event. `wantsSnapshot`: the book cannot go on without a new one. */
export interface MarketOutcome {
  readonly kind: 'applied' | 'buffered' | 'dropped' | 'gap' | 'synchronised' | 'refused';
  readonly reason: MarketReason;
  readonly wantsSnapshot: boolean;
}

/** Counts since start, all instruments. */
export interface MarketStats {
  applied: number; // depth updates, replayed ones included
  dropped: number;
  gaps: number;
  crossed: number; // books or snapshots found crossed
  snapshots: number;
  timeBackwards: number; // events received before their predecessor
}

export interface MarketOptions {
  readonly instruments: readonly Instrument[];
  readonly kernels: Kernels;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly telemetry: Telemetry;
  /** A feed changed its state: tell risk (tradable or not), metrics, people. */
  readonly onState: (instrument: Instrument, state: FeedState, reason: MarketReason) => void;
}

export interface Market {
  /** Levels of the event are in the level batch, which replaying may overwrite. */
  depth(event: DepthEvent): MarketOutcome;
  snapshot(event: SnapshotEvent): MarketOutcome;
  trade(event: TradeEvent): MarketOutcome;
  quote(event: QuoteEvent): MarketOutcome;
  /** Every book of the venue is lost until its next snapshot. */
  disconnect(venue: string): void;
  /** Time passes: closes bars of quiet instruments. */
  advance(nowUs: number): void;
  state(instrument: Instrument): FeedState;
  readonly stats: Readonly<MarketStats>;
  readonly crossCheck: CrossCheck;
  readonly bars: Bars;
}

interface Line {
  readonly instrument: Instrument;
  readonly book: number; // byte offset
  readonly feed: Feed;
  readonly buffer: DiffBuffer;
  lastTradeId: number;
}

interface State extends MarketOptions {
  readonly lines: readonly Line[];
  readonly batch: Float64Array;
  readonly top: BookTop;
  readonly crossCheck: CrossCheck;
  readonly bars: Bars;
  readonly stats: MarketStats;
  lastUs: number;
}

const outcome = (
  kind: MarketOutcome['kind'],
  reason: MarketReason,
  wantsSnapshot: boolean,
): MarketOutcome => Object.freeze({ kind, reason, wantsSnapshot });

const APPLIED = outcome('applied', 'in_sequence', false);
const MISMATCH = outcome('applied', 'mismatch', false);
const REPEATED = outcome('dropped', 'repeated', false);
const BUFFERED = outcome('buffered', 'waiting_for_snapshot', false);
const BUFFERED_FIRST = outcome('buffered', 'waiting_for_snapshot', true);
const GAP = outcome('gap', 'sequence_gap', true);
const CROSSED = outcome('gap', 'crossed', true);
const BAD_IDS = outcome('refused', 'bad_ids', false);
const SYNCHRONISED = outcome('synchronised', 'snapshot_loaded', false);
const SNAPSHOT_REPEATED = outcome('dropped', 'repeated', false);
const SNAPSHOT_CROSSED = outcome('refused', 'crossed', true);
const SNAPSHOT_TOO_OLD = outcome('refused', 'snapshot_too_old', true);

/** Empties every book of `instruments` (indexed by their `index`) and waits for snapshots. */
export function createMarket(options: MarketOptions): Market {
  const state = createState(options);
  return {
    depth: (event) => takeDepth(state, event),
    snapshot: (event) => takeSnapshot(state, event),
    trade: (event) => takeTrade(state, event),
    quote: (event) => takeQuote(state, event),
    disconnect(venue) {
      for (const line of state.lines) {
        if (line.instrument.venue !== venue) continue;
        line.buffer.drop(line.buffer.diffs.length);
        lose(state, line, 'disconnected');
      }
    },
    advance: (nowUs) => state.bars.advance(nowUs),
    state: (instrument) => lineOf(state, instrument).feed.state,
    stats: state.stats,
    crossCheck: state.crossCheck,
    bars: state.bars,
  };
}

function createState(options: MarketOptions): State {
  const { instruments, kernels, buffer, plan } = options;
  const lines = instruments.map((instrument, index): Line => {
    assert(
      instrument.index === index,
      `${instrument.key}: index ${instrument.index}, not ${index}`,
    );
    const rule = ruleOf(instrument.venue);
    const book = bookAt(plan, index);
    kernels.bookInit(book, plan.capacities.levels);
    return {
      instrument,
      book,
      feed: createFeed(rule),
      buffer: createDiffBuffer(rule),
      lastTradeId: -1,
    };
  });
  return {
    ...options,
    lines,
    batch: new Float64Array(buffer, plan.batch, BATCH_LEVELS_MAX * 2),
    top: createBookTop(buffer, plan),
    crossCheck: createCrossCheck(instruments.length),
    bars: createBars(buffer, plan, instruments.length),
    stats: { applied: 0, dropped: 0, gaps: 0, crossed: 0, snapshots: 0, timeBackwards: 0 },
    lastUs: 0,
  };
}

function lineOf(state: State, instrument: Instrument): Line {
  const line = state.lines[instrument.index];
  assert(line !== undefined, `${instrument.key} is not in this market`);
  return line;
}

function takeDepth(state: State, event: DepthEvent): MarketOutcome {
  const line = lineOf(state, event.instrument);
  watchTime(state, event.receiveUs);
  state.telemetry.add('depthUpdates', 1);
  if (event.firstId > event.lastId) return BAD_IDS;
  switch (stepDiff(line.feed, event.firstId, event.lastId, event.previousId)) {
    case 'apply':
      return apply(state, line, event) ? APPLIED : CROSSED;
    case 'drop':
      state.stats.dropped += 1;
      return REPEATED;
    case 'gap':
      line.buffer.push(event, state.batch);
      reportLoss(state, line, 'sequence_gap');
      return GAP;
    default:
      return keep(state, line, event);
  }
}

function keep(state: State, line: Line, event: DepthEvent): MarketOutcome {
  const isFirst = line.buffer.diffs.length === 0;
  if (line.buffer.push(event, state.batch)) return isFirst ? BUFFERED_FIRST : BUFFERED;
  state.stats.dropped += 1;
  return REPEATED;
}

/** Applies a diff whose levels are in the batch. False: the book came out crossed and is lost. */
function apply(state: State, line: Line, diff: DepthEvent | BufferedDiff): boolean {
  const { kernels, plan } = state;
  const { bidCount, askCount, lastId, eventUs, receiveUs } = diff;
  const { book } = line;
  const flags = kernels.bookApply(book, plan.batch, bidCount, askCount, lastId, eventUs, receiveUs);
  state.stats.applied += 1;
  if ((flags & BOOK_CROSSED) !== 0) {
    state.stats.crossed += 1;
    loseFeed(line.feed);
    reportLoss(state, line, 'crossed');
    return false;
  }
  const { top } = state;
  if (top.read(book)) {
    const index = line.instrument.index;
    state.crossCheck.addTop(index, lastId, top.bid, top.bidQty, top.ask, top.askQty);
  }
  return true;
}

function takeSnapshot(state: State, event: SnapshotEvent): MarketOutcome {
  const line = lineOf(state, event.instrument);
  const { feed, buffer } = line;
  watchTime(state, event.receiveUs);
  if (feed.state === 'synchronised' && event.lastId <= feed.lastId) return SNAPSHOT_REPEATED;
  if (isCrossed(state.batch, event.bidCount, event.askCount)) {
    state.stats.crossed += 1;
    return SNAPSHOT_CROSSED;
  }
  const { rule } = feed;
  const from = buffer.diffs.findIndex((diff) => !isBefore(rule, diff.lastId, event.lastId));
  const first = from < 0 ? undefined : buffer.diffs[from];
  if (
    first !== undefined &&
    !bridges(rule, first.firstId, first.lastId, first.previousId, event.lastId)
  ) {
    return SNAPSHOT_TOO_OLD;
  }
  state.kernels.bookLoad(
    line.book,
    state.plan.batch,
    event.bidCount,
    event.askCount,
    event.lastId,
    event.receiveUs,
  );
  state.stats.snapshots += 1;
  startFeed(feed, event.lastId);
  const isWhole = replay(state, line, from < 0 ? buffer.diffs.length : from);
  buffer.drop(buffer.diffs.length);
  if (!isWhole) return CROSSED;
  state.onState(line.instrument, 'synchronised', 'snapshot_loaded');
  countStale(state);
  return SYNCHRONISED;
}

// The buffered diffs from `from` on; those before it are in the snapshot already.
function replay(state: State, line: Line, from: number): boolean {
  const { diffs } = line.buffer;
  state.stats.dropped += from;
  for (const diff of diffs.slice(from)) {
    const step = stepDiff(line.feed, diff.firstId, diff.lastId, diff.previousId);
    assert(step === 'apply', `${line.instrument.key}: a buffered chain broke (${step})`);
    state.batch.set(diff.levels);
    if (!apply(state, line, diff)) return false;
  }
  return true;
}

function takeTrade(state: State, event: TradeEvent): MarketOutcome {
  const line = lineOf(state, event.instrument);
  watchTime(state, event.receiveUs);
  state.telemetry.add('trades', 1);
  if (event.tradeId <= line.lastTradeId) {
    state.stats.dropped += 1;
    return REPEATED;
  }
  line.lastTradeId = event.tradeId;
  const { price, qty, buyerIsMaker } = event;
  state.kernels.bookTrade(line.book, price, qty, buyerIsMaker ? 1 : 0);
  state.bars.addTrade(event.instrument.index, price, qty, buyerIsMaker, event.eventUs);
  return APPLIED;
}

function takeQuote(state: State, event: QuoteEvent): MarketOutcome {
  watchTime(state, event.receiveUs);
  state.telemetry.add('quotes', 1);
  const { instrument, updateId, bid, bidQty, ask, askQty } = event;
  const index = instrument.index;
  const isWrong = state.crossCheck.addQuote(index, updateId, bid, bidQty, ask, askQty);
  return isWrong ? MISMATCH : APPLIED;
}

function watchTime(state: State, receiveUs: number): void {
  if (receiveUs < state.lastUs) state.stats.timeBackwards += 1;
  else state.lastUs = receiveUs;
}

function lose(state: State, line: Line, reason: MarketReason): void {
  const wasLive = line.feed.state === 'synchronised';
  loseFeed(line.feed);
  if (wasLive) reportLoss(state, line, reason);
}

// The feed is stale by now; readers must stop trusting the book before anyone is told.
function reportLoss(state: State, line: Line, reason: MarketReason): void {
  state.kernels.bookInvalidate(line.book);
  if (reason === 'sequence_gap') {
    state.stats.gaps += 1;
    state.telemetry.add('gaps', 1);
  }
  state.onState(line.instrument, line.feed.state, reason);
  countStale(state);
}

function countStale(state: State): void {
  const stale = state.lines.filter((line) => line.feed.state === 'stale').length;
  state.telemetry.set('staleBooks', stale);
}

function isCrossed(batch: Float64Array, bidCount: number, askCount: number): boolean {
  let bid = 0;
  for (let k = 0; k < bidCount; k += 1) bid = Math.max(bid, batch[k * 2] ?? 0);
  let ask = Number.POSITIVE_INFINITY;
  for (let k = bidCount; k < bidCount + askCount; k += 1) ask = Math.min(ask, batch[k * 2] ?? 0);
  return bid >= ask;
}

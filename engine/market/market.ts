// Owns market data inside the engine: feeds, books, tapes, bars and the top-of-book check.
// Promise: a book marked ready is in sequence; the applied path allocates nothing.
import { BATCH_LEVELS_MAX, BOOK_CROSSED } from '../../wasm/layout.ts';
import { assert, assertNever } from '../core/assert.ts';
import type { DepthEvent, QuoteEvent, SnapshotEvent, TradeEvent } from '../core/event.ts';
import type { FeedRule } from '../core/feed-rule.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Kernels } from '../memory/kernels.ts';
import { bookAt, type MemoryPlan } from '../memory/plan.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import { type Bars, createBars } from './bars.ts';
import { type BookTop, createBookTop } from './book-top.ts';
import { type CrossCheck, createCrossCheck } from './cross-check.ts';
import {
  type BufferedDiff,
  createDiffBuffer,
  createDiffPool,
  type DiffBuffer,
  type DiffPool,
} from './diff-buffer.ts';
import {
  bridges,
  createFeed,
  type Feed,
  type FeedState,
  isBefore,
  loseFeed,
  startFeed,
  stepDiff,
  stepSnapshot,
} from './feed.ts';
import type { MarketOutcome, MarketReason } from './outcomes.ts';
import * as outcomes from './outcomes.ts';
import { createSnapshotAsks, type SnapshotAsks } from './snapshot-asks.ts';
import { createTradeIds, type TradeIds } from './trade-ids.ts';

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
  /** How the venue numbers its updates, as its adapter says. */
  readonly feedRule: (venue: string) => FeedRule;
  /** A feed changed its state: tell risk (tradable or not), metrics, people. */
  readonly onState: (instrument: Instrument, state: FeedState, reason: MarketReason) => void;
}

export interface Market {
  /** Levels of the event are in the level batch, which replaying may overwrite. */
  depth(event: DepthEvent): MarketOutcome;
  snapshot(event: SnapshotEvent): MarketOutcome;
  trade(event: TradeEvent): MarketOutcome;
  quote(event: QuoteEvent): MarketOutcome;
  /** An instrument that has taken its slot: an empty book that waits for its snapshot. */
  add(instrument: Instrument): void;
  /** Its book is empty and not ready; what still comes of it is dropped. */
  retire(instrument: Instrument): void;
  /** Every book of the venue is lost until its next snapshot. */
  disconnect(venue: string): void;
  /** Time passes: closes bars of quiet instruments. */
  advance(nowUs: number): void;
  /** Instruments whose snapshot was asked for and has not come: it is to be asked for again. */
  overdue(nowUs: number): readonly Instrument[];
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
  readonly isTraded: boolean;
}

interface State extends MarketOptions {
  readonly lines: Line[]; // by slot
  readonly pool: DiffPool;
  readonly batch: Float64Array;
  readonly top: BookTop;
  readonly crossCheck: CrossCheck;
  readonly bars: Bars;
  readonly asks: SnapshotAsks;
  readonly tradeIds: TradeIds;
  readonly stats: MarketStats;
  lastUs: number;
}

/** Empties every book of `instruments` (indexed by their `index`) and waits for snapshots. */
export function createMarket(options: MarketOptions): Market {
  const state = createState(options);
  return {
    depth: (event) => follow(state, event, takeDepth(state, event)),
    snapshot: (event) => follow(state, event, takeSnapshot(state, event)),
    trade: (event) => takeTrade(state, event),
    quote: (event) => follow(state, event, takeQuote(state, event)),
    add(instrument) {
      state.lines[instrument.index] = openLine(state, instrument);
    },
    retire(instrument) {
      const line = lineOf(state, instrument);
      if (line === null) return;
      line.buffer.drop(line.buffer.diffs.length);
      lose(state, line, 'retired');
      state.lines[instrument.index] = { ...openLine(state, instrument), isTraded: false };
    },
    disconnect(venue) {
      for (const line of state.lines) {
        if (line.instrument.venue !== venue || !line.isTraded) continue;
        line.buffer.drop(line.buffer.diffs.length);
        lose(state, line, 'disconnected');
      }
    },
    advance: (nowUs) => state.bars.advance(nowUs),
    overdue: (nowUs) => overdue(state, nowUs),
    state: (instrument) => lineOf(state, instrument)?.feed.state ?? 'stale',
    stats: state.stats,
    crossCheck: state.crossCheck,
    bars: state.bars,
  };
}

function createState(options: MarketOptions): State {
  const { instruments, buffer, plan } = options;
  const slots = plan.capacities.instruments;
  const state: State = {
    ...options,
    lines: [],
    pool: createDiffPool(slots),
    batch: new Float64Array(buffer, plan.batch, BATCH_LEVELS_MAX * 2),
    top: createBookTop(buffer, plan),
    crossCheck: createCrossCheck(slots),
    bars: createBars(buffer, plan, slots),
    asks: createSnapshotAsks(slots),
    tradeIds: createTradeIds(slots),
    stats: { applied: 0, dropped: 0, gaps: 0, crossed: 0, snapshots: 0, timeBackwards: 0 },
    lastUs: 0,
  };
  for (const [index, instrument] of instruments.entries()) {
    const { key } = instrument;
    assert(instrument.index === index, `${key}: index ${instrument.index}, not ${index}`);
    state.lines.push(openLine(state, instrument));
  }
  return state;
}

/** Nothing of whoever had the slot before is left. */
function openLine(state: State, instrument: Instrument): Line {
  const { kernels, plan, pool, crossCheck, bars, tradeIds, feedRule } = state;
  const { index, venue } = instrument;
  const rule = feedRule(venue);
  const book = bookAt(plan, index);
  kernels.bookInit(book, plan.capacities.levels);
  crossCheck.clear(index);
  bars.clear(index);
  tradeIds.clear(index);
  return {
    instrument,
    book,
    feed: createFeed(rule),
    buffer: createDiffBuffer(rule, pool),
    isTraded: true,
  };
}

/** Null for an instrument that has lost its slot: what still comes of it is of the past. */
function lineOf(state: State, instrument: Instrument): Line | null {
  const line = state.lines[instrument.index];
  assert(line !== undefined, `${instrument.key} is not in this market`);
  const isIts = line.instrument === instrument || line.instrument.key === instrument.key;
  return isIts && line.isTraded ? line : null;
}

/** Whoever waits for a snapshot, or has it. */
function follow(
  { asks }: State,
  { instrument: { index }, receiveUs }: DepthEvent | SnapshotEvent | QuoteEvent,
  outcome: MarketOutcome,
): MarketOutcome {
  if (outcome.wantsSnapshot) asks.asked(index, receiveUs);
  else if (outcome.kind === 'synchronised') asks.came(index);
  return outcome;
}

/** Only where updates come: what has no feed has nothing to put on a snapshot. */
const overdue = ({ lines, asks }: State, nowUs: number): readonly Instrument[] =>
  asks
    .due(nowUs, (slot) => isWaiting(lines[slot]))
    .flatMap((slot) => lines[slot]?.instrument ?? []);

const isWaiting = (line: Line | undefined): boolean =>
  line !== undefined && line.feed.state !== 'synchronised' && line.buffer.diffs.length > 0;

function takeDepth(state: State, event: DepthEvent): MarketOutcome {
  const line = lineOf(state, event.instrument);
  if (line === null) return outcomes.RETIRED;
  watchTime(state, event.receiveUs);
  state.telemetry.add('depthUpdates', 1);
  if (event.firstId > event.lastId) return outcomes.BAD_IDS;
  const step = stepDiff(line.feed, event.firstId, event.lastId, event.previousId);
  switch (step) {
    case 'apply':
      if (!apply(state, line, event)) return outcomes.CROSSED;
      return isContradicted(state, line) ? outcomes.CONTRADICTED : outcomes.APPLIED;
    case 'drop':
      state.stats.dropped += 1;
      return outcomes.REPEATED;
    case 'gap':
      line.buffer.push(event, state.batch);
      reportLoss(state, line, 'sequence_gap');
      return outcomes.GAP;
    case 'older_only':
      line.buffer.push(event, state.batch);
      reportLoss(state, line, 'older_only');
      return outcomes.OLDER_ONLY;
    case 'buffer':
      return keep(state, line, event);
    default:
      return assertNever(step);
  }
}

function keep(state: State, line: Line, event: DepthEvent): MarketOutcome {
  const isFirst = line.buffer.diffs.length === 0;
  if (line.buffer.push(event, state.batch))
    return isFirst ? outcomes.BUFFERED_FIRST : outcomes.BUFFERED;
  state.stats.dropped += 1;
  return outcomes.REPEATED;
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
  if (line === null) return outcomes.RETIRED;
  const { feed, buffer } = line;
  watchTime(state, event.receiveUs);
  const step = stepSnapshot(feed, event.lastId);
  if (step === 'same') return outcomes.SNAPSHOT_REPEATED;
  if (step === 'stepped_back') return doubt(feed);
  if (isCrossed(state.batch, event.bidCount, event.askCount)) {
    state.stats.crossed += 1;
    return outcomes.SNAPSHOT_CROSSED;
  }
  if (step === 'restart') buffer.drop(buffer.diffs.length);
  const { rule } = feed;
  const from = buffer.diffs.findIndex((diff) => !isBefore(rule, diff.lastId, event.lastId));
  const first = from < 0 ? undefined : buffer.diffs[from];
  if (
    first !== undefined &&
    !bridges(rule, first.firstId, first.lastId, first.previousId, event.lastId)
  ) {
    return outcomes.SNAPSHOT_TOO_OLD;
  }
  return loadSnapshot(state, line, event, from);
}

// Asked for another once: one that is late again says nothing new, and if the venue does count
// again, its updates will (feed.ts OLDER_UPDATES_MAX).
function doubt(feed: Feed): MarketOutcome {
  if (feed.isDoubted) return outcomes.SNAPSHOT_BACK;
  feed.isDoubted = true;
  return outcomes.SNAPSHOT_BACK_FIRST;
}

function loadSnapshot(state: State, line: Line, event: SnapshotEvent, from: number): MarketOutcome {
  const { feed, buffer, book, instrument } = line;
  const { bidCount, askCount, lastId, receiveUs } = event;
  state.kernels.bookLoad(book, state.plan.batch, bidCount, askCount, lastId, receiveUs);
  state.stats.snapshots += 1;
  startFeed(feed, lastId);
  const isWhole = replay(state, line, from < 0 ? buffer.diffs.length : from);
  buffer.drop(buffer.diffs.length);
  if (!isWhole) return outcomes.CROSSED;
  state.crossCheck.forgive(instrument.index);
  state.onState(instrument, 'synchronised', 'snapshot_loaded');
  countStale(state);
  return outcomes.SYNCHRONISED;
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
  if (line === null) return outcomes.RETIRED;
  watchTime(state, event.receiveUs);
  state.telemetry.add('trades', 1);
  if (!state.tradeIds.take(line.instrument.index, event.tradeId, event.eventUs)) {
    state.stats.dropped += 1;
    return outcomes.REPEATED;
  }
  const { price, qty, buyerIsMaker } = event;
  state.kernels.bookTrade(line.book, price, qty, buyerIsMaker ? 1 : 0);
  state.bars.addTrade(event.instrument.index, price, qty, buyerIsMaker, event.eventUs);
  return outcomes.APPLIED;
}

function takeQuote(state: State, event: QuoteEvent): MarketOutcome {
  watchTime(state, event.receiveUs);
  state.telemetry.add('quotes', 1);
  const { instrument, updateId, bid, bidQty, ask, askQty } = event;
  const line = lineOf(state, instrument);
  if (line === null) return outcomes.RETIRED;
  const index = instrument.index;
  const isWrong = state.crossCheck.addQuote(index, updateId, bid, bidQty, ask, askQty);
  if (!isWrong) return outcomes.APPLIED;
  return isContradicted(state, line) ? outcomes.CONTRADICTED : outcomes.MISMATCH;
}

// One may be a race of two streams; the next one too is a book that has gone wrong unnoticed.
const MISMATCHES_MAX = 2;

/** Loses a book that the venue's ticker has contradicted so often in a row. */
function isContradicted(state: State, line: Line): boolean {
  const { crossCheck } = state;
  const { index } = line.instrument;
  if (line.feed.state !== 'synchronised' || crossCheck.inRow(index) < MISMATCHES_MAX) return false;
  crossCheck.forgive(index);
  lose(state, line, 'mismatch');
  return true;
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
  if (reason === 'sequence_gap' || reason === 'older_only') {
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

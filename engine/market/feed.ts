// Owns the sequence rules of depth feeds: which diff follows which, and when a book is lost.
// Promise: a diff is applied only when nothing can be missing between it and the book.
import type { FeedRule } from '../core/feed-rule.ts';

/**
 * So many updates in a row that are older than the book, and none that continues it: the venue has
 * begun to count again, and the book would stand still for ever. A snapshot that was ahead of its
 * stream is caught up with in fewer (spot and futures send 10 to 50 a second).
 */
export const OLDER_UPDATES_MAX = 32;

/** waiting: no snapshot yet; synchronised: in sequence; stale: was, until something was lost. */
export type FeedState = 'waiting' | 'synchronised' | 'stale';

export interface Feed {
  readonly rule: FeedRule;
  state: FeedState;
  lastId: number; // id of the book; NaN while not synchronised
  isFirst: boolean; // no diff applied since the snapshot
  olderUpdates: number; // in a row
  isDoubted: boolean; // a snapshot stepped back: another has been asked for
}

export const createFeed = (rule: FeedRule): Feed => ({
  rule,
  state: 'waiting',
  lastId: Number.NaN,
  isFirst: true,
  olderUpdates: 0,
  isDoubted: false,
});

/**
 * What to do with a diff. After 'gap' (something is missing) and 'older_only' (the venue counts
 * again from below) the feed is stale and the diff belongs in the buffer.
 */
export type DiffStep = 'apply' | 'buffer' | 'drop' | 'gap' | 'older_only';

/**
 * Moves the feed over one diff (ids U, u, pu; pu -1 where the venue has none).
 * Rules: Binance API docs, "How to manage a local order book correctly", spot and futures.
 */
export function stepDiff(
  feed: Feed,
  firstId: number,
  lastId: number,
  previousId: number,
): DiffStep {
  if (feed.state !== 'synchronised') return 'buffer';
  const { rule, lastId: book } = feed;
  const follows = feed.isFirst
    ? bridges(rule, firstId, lastId, previousId, book)
    : continues(rule, firstId, previousId, book);
  if (follows) {
    feed.lastId = lastId;
    feed.isFirst = false;
    feed.olderUpdates = 0;
    return 'apply';
  }
  if (!isOld(rule, feed.isFirst, lastId, book)) {
    loseFeed(feed);
    return 'gap';
  }
  // The same again is no step back: OKX repeats its last id while nothing happens.
  if (lastId < book) feed.olderUpdates += 1;
  if (feed.olderUpdates < OLDER_UPDATES_MAX) return 'drop';
  loseFeed(feed);
  return 'older_only';
}

/**
 * True when a diff directly continues one that ended at `id`. One that names it as its predecessor
 * does so whatever its own id: after maintenance OKX steps back once in this way.
 */
export const continues = (
  rule: FeedRule,
  firstId: number,
  previousId: number,
  id: number,
): boolean => (rule.chain === 'first_id' ? firstId === id + 1 : previousId === id);

/** True when a diff that ends at `lastId` tells a snapshot of `snapshotId` nothing new. */
export const isBefore = (rule: FeedRule, lastId: number, snapshotId: number): boolean =>
  rule.chain === 'first_id' ? lastId <= snapshotId : lastId < snapshotId;

/**
 * True when a diff may be the first on a snapshot: spot U <= id + 1 <= u, futures U <= id <= u.
 * Futures also when pu is the snapshot's id: the chain itself says that nothing lies between.
 */
export const bridges = (
  rule: FeedRule,
  firstId: number,
  lastId: number,
  previousId: number,
  snapshotId: number,
): boolean =>
  rule.chain === 'first_id'
    ? firstId <= snapshotId + 1 && snapshotId + 1 <= lastId
    : (firstId <= snapshotId && snapshotId <= lastId) || previousId === snapshotId;

/**
 * What a snapshot means to a feed. load: it is the new book, with the diffs that wait; restart: it
 * is the new book and what waits is of an older count; same: the book is there already;
 * stepped_back: it is older than a book in sequence, so it is late, or the venue counts again.
 */
export type SnapshotStep = 'load' | 'restart' | 'same' | 'stepped_back';

export function stepSnapshot(feed: Feed, snapshotId: number): SnapshotStep {
  const isLive = feed.state === 'synchronised';
  if (feed.rule.snapshots === 'streamed') return 'restart';
  if (!isLive || snapshotId > feed.lastId) return 'load';
  return snapshotId === feed.lastId ? 'same' : 'stepped_back';
}

/** A snapshot was loaded: the feed is synchronised at its id. */
export function startFeed(feed: Feed, snapshotId: number): void {
  feed.state = 'synchronised';
  feed.lastId = snapshotId;
  feed.isFirst = true;
  feed.olderUpdates = 0;
  feed.isDoubted = false;
}

/** The chain broke: stale when there was a book, still waiting when there was none. */
export function loseFeed(feed: Feed): void {
  if (feed.state === 'synchronised') feed.state = 'stale';
  feed.lastId = Number.NaN;
  feed.isFirst = true;
  feed.olderUpdates = 0;
  feed.isDoubted = false;
}

// After the first diff a repeated one (u equal to the book's) is old under both rules.
function isOld(rule: FeedRule, isFirst: boolean, lastId: number, book: number): boolean {
  return isFirst ? isBefore(rule, lastId, book) : lastId <= book;
}

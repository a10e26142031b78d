// Owns the sequence rules of depth feeds: which diff follows which, and when a book is lost.
// Promise: a diff is applied only when nothing can be missing between it and the book.

/** How a venue numbers its diffs: spot chains U = u + 1, futures name their predecessor (pu). */
export type FeedRule = 'spot' | 'futures';

/** waiting: no snapshot yet; synchronised: in sequence; stale: was, until something was lost. */
export type FeedState = 'waiting' | 'synchronised' | 'stale';

export interface Feed {
  readonly rule: FeedRule;
  state: FeedState;
  lastId: number; // id of the book; NaN while not synchronised
  isFirst: boolean; // no diff applied since the snapshot
}

export const ruleOf = (venue: string): FeedRule => (venue === 'binance-spot' ? 'spot' : 'futures');

export const createFeed = (rule: FeedRule): Feed => ({
  rule,
  state: 'waiting',
  lastId: Number.NaN,
  isFirst: true,
});

/** What to do with a diff. After 'gap' the feed is stale and the diff belongs in the buffer. */
export type DiffStep = 'apply' | 'buffer' | 'drop' | 'gap';

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
  const book = feed.lastId;
  if (isOld(feed.rule, feed.isFirst, lastId, book)) return 'drop';
  const follows = feed.isFirst
    ? bridges(feed.rule, firstId, lastId, previousId, book)
    : continues(feed.rule, firstId, previousId, book);
  if (!follows) {
    loseFeed(feed);
    return 'gap';
  }
  feed.lastId = lastId;
  feed.isFirst = false;
  return 'apply';
}

/** True when a diff directly continues one that ended at `id`. */
export const continues = (
  rule: FeedRule,
  firstId: number,
  previousId: number,
  id: number,
): boolean => (rule === 'spot' ? firstId === id + 1 : previousId === id);

/** True when a diff that ends at `lastId` tells a snapshot of `snapshotId` nothing new. */
export const isBefore = (rule: FeedRule, lastId: number, snapshotId: number): boolean =>
  rule === 'spot' ? lastId <= snapshotId : lastId < snapshotId;

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
  rule === 'spot'
    ? firstId <= snapshotId + 1 && snapshotId + 1 <= lastId
    : (firstId <= snapshotId && snapshotId <= lastId) || previousId === snapshotId;

/** A snapshot was loaded: the feed is synchronised at its id. */
export function startFeed(feed: Feed, snapshotId: number): void {
  feed.state = 'synchronised';
  feed.lastId = snapshotId;
  feed.isFirst = true;
}

/** The chain broke: stale when there was a book, still waiting when there was none. */
export function loseFeed(feed: Feed): void {
  if (feed.state === 'synchronised') feed.state = 'stale';
  feed.lastId = Number.NaN;
  feed.isFirst = true;
}

// After the first diff a repeated one (u equal to the book's) is old under both rules.
function isOld(rule: FeedRule, isFirst: boolean, lastId: number, book: number): boolean {
  return isFirst ? isBefore(rule, lastId, book) : lastId <= book;
}

// Owns the diffs that arrive before their snapshot, with their levels, for one instrument.
// Promise: what it holds is an unbroken chain, bounded alone and with all others; the oldest go.
import type { DepthEvent } from '../core/event.ts';
import type { FeedRule } from '../core/feed-rule.ts';
import type { EpochUs } from '../core/units.ts';
import { continues, OLDER_UPDATES_MAX } from './feed.ts';

export const BUFFERED_DIFFS_MAX = 4096;
export const BUFFERED_LEVELS_MAX = 262144; // 4 MiB
/** All instruments together: a thousand feeds lost at once wait for a thousand snapshots. */
export const POOLED_LEVELS_MAX = 2_097_152; // 32 MiB

export interface BufferedDiff {
  readonly firstId: number;
  readonly lastId: number;
  readonly previousId: number;
  readonly bidCount: number;
  readonly askCount: number;
  readonly eventUs: EpochUs;
  readonly receiveUs: EpochUs;
  readonly levels: Float64Array; // bids first: { price, quantity } in steps
}

export interface DiffBuffer {
  /** Copies the diff and its levels (from the level batch). False: a repetition, not kept. */
  push(event: DepthEvent, batch: Float64Array): boolean;
  /** Oldest first. */
  readonly diffs: readonly BufferedDiff[];
  /** Forgets the first `count` diffs. */
  drop(count: number): void;
}

/**
 * What the buffers of a market hold together. Once that is the most there may be, a buffer that
 * holds more than its fair share lets its oldest go when it takes another: no feed is left without
 * room by the others, and together they never hold more than twice the most.
 */
export interface DiffPool {
  readonly levelsMax: number;
  readonly buffersMax: number;
  levels: number;
}

export const createDiffPool = (
  buffersMax: number,
  levelsMax: number = POOLED_LEVELS_MAX,
): DiffPool => ({ levelsMax, buffersMax: Math.max(1, buffersMax), levels: 0 });

export function createDiffBuffer(rule: FeedRule, pool: DiffPool): DiffBuffer {
  const diffs: BufferedDiff[] = [];
  let levels = 0;
  let older = 0; // diffs in a row that are older than what waits
  const count = (change: number): void => {
    levels += change;
    pool.levels += change;
  };
  const drop = (length: number): void => {
    for (const gone of diffs.splice(0, length)) count(-gone.levels.length / 2);
  };
  return {
    diffs,
    drop,
    push(event, batch) {
      const newest = diffs.at(-1);
      if (newest !== undefined) {
        const isNext = continues(rule, event.firstId, event.previousId, newest.lastId);
        if (!isNext && event.lastId <= newest.lastId) {
          if (event.lastId < newest.lastId) older += 1;
          if (older < OLDER_UPDATES_MAX) return false; // else the venue counts again from below
        }
        if (!isNext) drop(diffs.length);
      }
      older = 0;
      const taken = event.bidCount + event.askCount;
      diffs.push({ ...idsOf(event), levels: batch.slice(0, taken * 2) });
      count(taken);
      const isFull = pool.levels > pool.levelsMax && levels > pool.levelsMax / pool.buffersMax;
      const isOver = diffs.length > BUFFERED_DIFFS_MAX || levels > BUFFERED_LEVELS_MAX;
      if (isFull || isOver) drop(Math.ceil(diffs.length / 2));
      return true;
    },
  };
}

const idsOf = (event: DepthEvent): Omit<BufferedDiff, 'levels'> => ({
  firstId: event.firstId,
  lastId: event.lastId,
  previousId: event.previousId,
  bidCount: event.bidCount,
  askCount: event.askCount,
  eventUs: event.eventUs,
  receiveUs: event.receiveUs,
});

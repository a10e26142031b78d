// Owns the diffs that arrive before their snapshot, with their levels, for one instrument.
// Promise: what it holds is an unbroken chain and bounded; when full the oldest go.
import type { DepthEvent } from '../core/event.ts';
import type { EpochUs } from '../core/units.ts';
import { continues, type FeedRule } from './feed.ts';

export const BUFFERED_DIFFS_MAX = 4096;
export const BUFFERED_LEVELS_MAX = 262144; // 4 MiB

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

export function createDiffBuffer(rule: FeedRule): DiffBuffer {
  const diffs: BufferedDiff[] = [];
  let levels = 0;
  const drop = (count: number): void => {
    for (const gone of diffs.splice(0, count)) levels -= gone.levels.length / 2;
  };
  return {
    diffs,
    drop,
    push(event, batch) {
      const newest = diffs.at(-1);
      if (newest !== undefined) {
        if (event.lastId <= newest.lastId) return false;
        if (!continues(rule, event.firstId, event.previousId, newest.lastId)) drop(diffs.length);
      }
      const count = event.bidCount + event.askCount;
      diffs.push({ ...idsOf(event), levels: batch.slice(0, count * 2) });
      levels += count;
      const isOver = diffs.length > BUFFERED_DIFFS_MAX || levels > BUFFERED_LEVELS_MAX;
      if (isOver) drop(Math.ceil(diffs.length / 2));
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

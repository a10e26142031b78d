// Owns reading several capture files as one stream of frames in the order they were received.
// Promise: order in a file is kept, ties go to the file named first, no string is made a line.
import {
  type CaptureBlock,
  type CaptureSource,
  createCaptureSource,
  type OnCaptureProblem,
} from './capture-source.ts';

const BATCH_FRAMES = 8192;

/** Frames in order: number k is buffers[sources[k]] from starts[k] to ends[k]. */
export interface CaptureBatch {
  count: number;
  readonly sources: Uint16Array; // index into the paths given
  readonly starts: Int32Array;
  readonly ends: Int32Array; // exclusive
  readonly receiveUs: Float64Array;
  readonly lines: Float64Array; // 1-based line in its file
  readonly buffers: Buffer[]; // of each source; valid until the next batch is asked for
}

/**
 * Every frame of `paths`, merged by receive time. A frame without any time (a bare snapshot) goes
 * first, at the time of the earliest other frame. Faults go to `onProblem` and do not stop the
 * rest; the same batch object is yielded again and again.
 */
export async function* readCaptures(
  paths: readonly string[],
  onProblem: OnCaptureProblem,
): AsyncGenerator<CaptureBatch, void, undefined> {
  const sources = paths.map((path) => createCaptureSource(path, onProblem));
  const batch: CaptureBatch = {
    count: 0,
    sources: new Uint16Array(BATCH_FRAMES),
    starts: new Int32Array(BATCH_FRAMES),
    ends: new Int32Array(BATCH_FRAMES),
    receiveUs: new Float64Array(BATCH_FRAMES),
    lines: new Float64Array(BATCH_FRAMES),
    buffers: paths.map(() => Buffer.alloc(0)),
  };
  const live = new Set(sources.keys());
  try {
    for (;;) {
      for (const index of [...live]) {
        const source = sources[index];
        if (source === undefined || source.block.next < source.block.count) continue;
        if (await source.load()) batch.buffers[index] = source.block.bytes;
        else live.delete(index);
      }
      if (live.size === 0) return;
      merge(sources, [...live], batch);
      yield batch;
    }
  } finally {
    for (const source of sources) await source.close();
  }
}

// Runs of the earliest source, until the batch is full or a block is used up.
function merge(
  sources: readonly CaptureSource[],
  live: readonly number[],
  batch: CaptureBatch,
): void {
  batch.count = 0;
  while (batch.count < BATCH_FRAMES) {
    let first = -1;
    let firstUs = Number.POSITIVE_INFINITY;
    let secondUs = Number.POSITIVE_INFINITY; // of the best other source
    let isSecondBefore = false; // that source was named before the first
    let timedUs = Number.POSITIVE_INFINITY; // of the best source that has a time
    for (const index of live) {
      const us = headUs(sources[index]?.block);
      if (us > Number.NEGATIVE_INFINITY && us < timedUs) timedUs = us;
      if (first < 0 || us < firstUs) {
        secondUs = firstUs;
        isSecondBefore = true;
        first = index;
        firstUs = us;
      } else if (us < secondUs) {
        secondUs = us;
        isSecondBefore = false;
      }
    }
    const block = sources[first]?.block;
    if (block === undefined) return;
    takeRun(block, first, secondUs, isSecondBefore, timedUs, batch);
    if (block.next >= block.count) return;
  }
}

// A frame without a time sorts before every other.
function headUs(block: CaptureBlock | undefined): number {
  const us = block?.receiveUs[block.next] ?? Number.NaN;
  return Number.isNaN(us) ? Number.NEGATIVE_INFINITY : us;
}

function takeRun(
  block: CaptureBlock,
  source: number,
  secondUs: number,
  isSecondBefore: boolean,
  timedUs: number,
  batch: CaptureBatch,
): void {
  let { count } = batch;
  let at = block.next;
  for (; at < block.count && count < BATCH_FRAMES; at += 1, count += 1) {
    const us = block.receiveUs[at] ?? Number.NaN;
    if (us > secondUs || (us === secondUs && isSecondBefore)) break;
    batch.sources[count] = source;
    batch.starts[count] = block.starts[at] ?? 0;
    batch.ends[count] = block.ends[at] ?? 0;
    batch.lines[count] = block.lines[at] ?? 0;
    batch.receiveUs[count] = us;
    if (Number.isNaN(us)) batch.receiveUs[count] = Number.isFinite(timedUs) ? timedUs : 0;
  }
  block.next = at;
  batch.count = count;
}

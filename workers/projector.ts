// Owns the projector thread: follows the journal's files and keeps the database beside them.
// Promise: it waits for nobody and nobody waits for it; a failing database costs the database only.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../engine/core/assert.ts';
import { createDurableRegion, type DurableRegion } from '../engine/memory/durable-region.ts';
import { openDisk } from '../engine/storage/disk.ts';
import type {
  ProjectorThreadData,
  ProjectorThreadMessage,
} from '../engine/storage/journal-thread.ts';
import { openProjector, type Projector } from '../engine/storage/projector.ts';
import { openSqliteSink, type SqliteSink } from '../engine/storage/sqlite-sink.ts';
import { lowerPriority } from './priority.ts';

const LOOK_MS = 25; // between two looks at the durable sequence
const STEP_RECORDS = 256; // one transaction
const LATE_MS_MAX = 5000; // after the journal's end; what is left comes at the next start

function post(message: ProjectorThreadMessage): void {
  parentPort?.postMessage(message);
}

const isOver = (region: DurableRegion): boolean =>
  region.status() === 'stopped' || region.status() === 'failed';

async function open(data: ProjectorThreadData, sink: SqliteSink): Promise<Projector> {
  const projector = await openProjector(sink, openDisk(data.dir), data.place.seq);
  const reason = projector.isRestarted ? 'it does not fit this journal' : sink.reason;
  if (reason !== '') post({ kind: 'rebuilt', reason });
  return projector;
}

/** Until the journal thread has ended and all of its records are projected, or that takes long. */
async function follow(projector: Projector, region: DurableRegion): Promise<void> {
  let overMs = Number.POSITIVE_INFINITY;
  for (;;) {
    const isLast = isOver(region); // read first: its last sequence stands by then
    if (isLast) overMs = Math.min(overMs, performance.now());
    const hasMore = await projector.step(region.seq(), STEP_RECORDS);
    const isLate = performance.now() - overMs > LATE_MS_MAX;
    if (hasMore && !isLate) continue;
    if (isLast) return;
    region.waitForStatus(LOOK_MS);
  }
}

/** Says that it has stopped once nobody holds the database any more. */
async function run(data: ProjectorThreadData): Promise<void> {
  const { buffer } = data.memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is shared');
  const region = createDurableRegion(buffer, data.plan.durable);
  const sink = openSqliteSink(data.database);
  let seq = 0;
  try {
    const projector = await open(data, sink);
    await follow(projector, region);
    seq = projector.seq;
  } finally {
    await sink.close();
  }
  post({ kind: 'stopped', seq });
}

if (parentPort !== null) {
  lowerPriority('the projections');
  run(workerData as ProjectorThreadData).catch((error: unknown) => {
    post({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  });
}

// Owns the journal thread: drains the engine's ring into the hash-chained files, then projects.
// Promise: the durable sequence moves after the sync, never before; a disk fault is said, once.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../engine/core/assert.ts';
import { type ByteReader, createByteReader } from '../engine/memory/ring.ts';
import { type JournalAppender, openAppender } from '../engine/storage/journal-append.ts';
import {
  createDurableRegion,
  type DurableRegion,
  type JournalThreadData,
  type JournalThreadMessage,
  monotonicNs,
} from '../engine/storage/journal-thread.ts';
import { openProjector, type Projector } from '../engine/storage/projections.ts';

const BATCH_BYTES_MAX = 1 << 20;
const PROJECTING_MS_MAX = 5000; // after a stop; what is left is projected at the next start
const PROJECTED_MAX = 256; // records projected between two looks at the ring

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);

function post(message: JournalThreadMessage): void {
  parentPort?.postMessage(message);
}

/** Takes what the ring holds, for at most `groupCommitMs`, and makes it durable together. */
function commitBatch(
  reader: ByteReader,
  appender: JournalAppender,
  region: DurableRegion,
  groupCommitMs: number,
): number {
  const untilMs = performance.now() + groupCommitMs;
  let records = 0;
  while (appender.pendingBytes < BATCH_BYTES_MAX) {
    const json = reader.read();
    if (json === null) break; // idle: there is nobody to wait for
    appender.append(json);
    records += 1;
    if (performance.now() >= untilMs) break;
  }
  if (records === 0) return 0;
  reader.wakeWriter();
  appender.commit();
  region.setDurable(appender.place.seq, monotonicNs());
  return records;
}

/** Projections are a cache: their fault costs the database, not the journal. */
function openProjections(data: JournalThreadData): Projector | null {
  if (data.database === null) return null;
  try {
    const projector = openProjector(data.database, data.dir, data.place);
    if (projector.rebuilt !== null)
      post({ kind: 'projections_rebuilt', reason: projector.rebuilt });
    return projector;
  } catch (error) {
    post({ kind: 'projections_failed', reason: reasonOf(error) });
    return null;
  }
}

/** One step of projecting; true when there is more to do. A failed projector is given up. */
function project(projector: Projector, appender: JournalAppender): 'more' | 'done' | 'failed' {
  try {
    return projector.step(appender.place, PROJECTED_MAX) ? 'more' : 'done';
  } catch (error) {
    post({ kind: 'projections_failed', reason: reasonOf(error) });
    return 'failed';
  }
}

/** Until a stop is asked for and everything is written. Returns the number of records. */
function drain(data: JournalThreadData, appender: JournalAppender, region: DurableRegion): number {
  const { buffer } = data.memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is shared');
  const { journalRing, capacities } = data.plan;
  const reader = createByteReader(buffer, journalRing, capacities.journalBytes);
  let projector = openProjections(data);
  const idleMs = Math.max(1, data.groupCommitMs / 2); // and as long again for what comes then
  let records = 0;
  let stopMs = Number.POSITIVE_INFINITY;
  for (;;) {
    const isStopping = region.isStopRequested(); // read first: what came before it is drained
    const written = commitBatch(reader, appender, region, data.groupCommitMs);
    records += written;
    const projected = projector === null ? 'done' : project(projector, appender);
    if (projected === 'failed') projector = null;
    if (isStopping) stopMs = Math.min(stopMs, performance.now());
    const isLate = performance.now() - stopMs > PROJECTING_MS_MAX;
    if (written > 0 || (projected === 'more' && !isLate)) continue;
    if (isStopping) break;
    reader.wait(idleMs); // the engine does not wake us: that would cost it more than the record
  }
  projector?.close();
  return records;
}

export function runJournal(data: JournalThreadData): void {
  const { buffer } = data.memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is shared');
  const region = createDurableRegion(buffer, data.plan.durable);
  try {
    const appender = openAppender(data.dir, data.place, data.fileBytes);
    region.setDurable(appender.place.seq, monotonicNs());
    region.setStatus('running');
    post({ kind: 'ready', seq: appender.place.seq });
    const records = drain(data, appender, region);
    appender.close();
    region.setStatus('stopped');
    post({ kind: 'stopped', records, place: appender.place });
  } catch (error) {
    region.setStatus('failed');
    post({ kind: 'fatal', reason: `journal: ${reasonOf(error)}`, seq: region.seq() });
  }
}

if (parentPort !== null) runJournal(workerData as JournalThreadData);

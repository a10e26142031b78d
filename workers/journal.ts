// Owns the journal thread: drains the engine's ring into the hash-chained files.
// Promise: the durable sequence moves after the sync, never before; a disk fault is said, once.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../engine/core/assert.ts';
import { createDurableRegion, type DurableRegion } from '../engine/memory/durable-region.ts';
import { type ByteReader, createByteReader } from '../engine/memory/ring.ts';
import { describeDiskFault, openDisk } from '../engine/storage/disk.ts';
import {
  BATCH_BYTES_MAX,
  type JournalAppender,
  openAppender,
  pathOfJournal,
} from '../engine/storage/journal-append.ts';
import {
  type JournalThreadData,
  type JournalThreadMessage,
  monotonicNs,
} from '../engine/storage/journal-thread.ts';

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

/** Until a stop is asked for and everything is written. Returns the number of records. */
function drain(data: JournalThreadData, appender: JournalAppender, region: DurableRegion): number {
  const { buffer } = data.memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is shared');
  const { journalRing, capacities } = data.plan;
  const reader = createByteReader(buffer, journalRing, capacities.journalBytes);
  const idleMs = Math.max(1, data.groupCommitMs / 2); // and as long again for what comes then
  let records = 0;
  for (;;) {
    const isStopping = region.isStopRequested(); // read first: what came before it is drained
    const written = commitBatch(reader, appender, region, data.groupCommitMs);
    records += written;
    if (written > 0) continue;
    if (isStopping) return records;
    reader.wait(idleMs); // the engine does not wake us: that would cost it more than the record
  }
}

export function runJournal(data: JournalThreadData): void {
  const { buffer } = data.memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is shared');
  const region = createDurableRegion(buffer, data.plan.durable);
  const disk = openDisk(data.dir);
  let appender: JournalAppender | null = null;
  try {
    appender = openAppender(disk, data.place, data.fileBytes);
    region.setDurable(appender.place.seq, monotonicNs());
    region.setStatus('running');
    post({ kind: 'ready', seq: appender.place.seq });
    const records = drain(data, appender, region);
    appender.close();
    region.setStatus('stopped');
    post({ kind: 'stopped', records, place: appender.place });
  } catch (error) {
    region.setStatus('failed');
    const reason = describeDiskFault(error, pathOfJournal(disk, (appender ?? data).place));
    post({ kind: 'fatal', reason, seq: region.seq() });
  }
}

if (parentPort !== null) runJournal(workerData as JournalThreadData);

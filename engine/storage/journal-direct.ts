// Owns a journal without a thread: records go to a disk when the caller says so.
// Promise: the same port, lines and files as the journal thread's; a fault of the disk ends it.
import { assert, InvariantError } from '../core/assert.ts';
import type { Fact } from '../facts/fact.ts';
import type { JournalStatus } from '../memory/durable-region.ts';
import { type Disk, describeDiskFault } from './disk.ts';
import { BATCH_BYTES_MAX, openAppender, pathOfJournal } from './journal-append.ts';
import { LINE_BYTES_MAX } from './journal-format.ts';
import type { JournalPlace } from './journal-scan.ts';
import { JournalLostError, type JournalPort } from './journal-writer.ts';

export interface DirectPortOptions {
  readonly disk: Disk;
  readonly place: JournalPlace; // where to go on: JOURNAL_START or what recovery returned
  readonly fileBytes: number;
  readonly onFatal: (reason: string) => void; // said once; nothing can be recorded after it
}

/**
 * For simulation and tests, on a disk in memory: what is recorded waits until flush() writes and
 * syncs all of it together (or a batch is full), so whoever drives decides what a crash finds
 * unsynced. Throws what the disk throws where the journal cannot be opened.
 */
export function createDirectPort(options: DirectPortOptions): JournalPort {
  const appender = openAppender(options.disk, options.place, options.fileBytes);
  const { disk, onFatal } = options;
  const guard = createGuard(onFatal, () => pathOfJournal(disk, appender.place));
  let seq = options.place.seq;
  let queued = 0;
  return {
    record(timeUs, body) {
      const { status } = guard;
      if (status !== 'running') {
        throw new JournalLostError(`the journal has ${status}`, status === 'failed');
      }
      const json = lineOf(seq + 1, timeUs, body);
      seq += 1;
      queued += 1;
      guard.attempt(() => {
        appender.append(json);
        if (appender.pendingBytes >= BATCH_BYTES_MAX) appender.commit();
      });
      return seq;
    },
    flush() {
      if (guard.attempt(() => appender.commit())) queued = 0;
      return queued === 0;
    },
    durableSeq: () => appender.place.seq,
    stop() {
      const isWritten = guard.attempt(() => {
        appender.commit();
        appender.close();
      });
      if (!isWritten) return;
      queued = 0;
      guard.stop();
    },
    get lastSeq() {
      return seq;
    },
    get queued() {
      return queued;
    },
    get status() {
      return guard.status;
    },
  };
}

interface Guard {
  /** True where it is done; after the first fault of the disk nothing is. */
  attempt(work: () => void): boolean;
  stop(): void;
  readonly status: JournalStatus;
}

function createGuard(onFatal: (reason: string) => void, pathOf: () => string): Guard {
  let status: JournalStatus = 'running';
  return {
    attempt(work) {
      if (status !== 'running') return false;
      try {
        work();
        return true;
      } catch (error) {
        if (error instanceof InvariantError) throw error;
        status = 'failed';
        onFatal(describeDiskFault(error, pathOf()));
        return false;
      }
    },
    stop() {
      status = 'stopped';
    },
    get status() {
      return status;
    },
  };
}

function lineOf(seq: number, timeUs: number, body: Fact): string {
  const json = JSON.stringify({ seq, timeUs, body });
  const isShort = Buffer.byteLength(json) <= LINE_BYTES_MAX - 128;
  assert(isShort, `a journal record of ${json.length} characters is too long`);
  return json;
}

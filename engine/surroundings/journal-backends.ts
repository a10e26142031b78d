// Owns what stands behind a journal: two threads on real files, or a disk in memory.
// Promise: both take the same records and end alike; the database never holds up the journal.
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../workers/start.ts';
import type { MemoryPlan } from '../memory/plan.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import type { Disk } from '../storage/disk.ts';
import { createDirectPort } from '../storage/journal-direct.ts';
import { type JournalPlace, scanJournal } from '../storage/journal-scan.ts';
import type {
  JournalThreadData,
  JournalThreadMessage,
  ProjectorThreadData,
  ProjectorThreadMessage,
} from '../storage/journal-thread.ts';
import { createJournalPort, JournalLostError } from '../storage/journal-writer.ts';
import type { StatePaths } from '../storage/state-folder.ts';
import type { JournalBackend, JournalEnding } from './journal.ts';

const QUEUED_RECORDS_MAX = 100_000;

export interface ThreadBackendOptions {
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly telemetry: Telemetry;
  readonly paths: StatePaths;
  readonly place: JournalPlace; // what recovery returned
  readonly groupCommitMs: number;
  readonly fileBytes: number;
  readonly isReplay: boolean; // virtual time waits for the disk; real time queues
  readonly onFatal: (reason: string) => void; // the journal is lost: trading ends
  readonly onDatabase: (message: ProjectorThreadMessage) => void; // to be logged, no more
}

/** Starts the journal thread, waits until it runs, and starts the projector behind it. */
export async function startJournalThreads(options: ThreadBackendOptions): Promise<JournalBackend> {
  const { memory, plan, buffer, telemetry, paths, place } = options;
  const { groupCommitMs, fileBytes } = options;
  const data: JournalThreadData = {
    ...{ memory, plan, dir: paths.journal, place, groupCommitMs, fileBytes },
  };
  const thread = watchThread(startWorker('journal', data), options.onFatal);
  await thread.ready;
  const { database } = paths;
  const followed: ProjectorThreadData = { memory, plan, dir: paths.journal, place, database };
  const projected = watchProjector(startWorker('projector', followed), options.onDatabase);
  const port = createJournalPort({
    ...{ buffer, plan, telemetry, firstSeq: place.seq + 1, queueMax: QUEUED_RECORDS_MAX },
    onFull: options.isReplay ? 'wait' : 'queue',
  });
  return {
    port,
    async stopped() {
      const ending = await thread.stopped;
      await projected();
      return ending;
    },
  };
}

export interface DirectBackendOptions {
  readonly disk: Disk;
  readonly place: JournalPlace;
  readonly fileBytes: number;
  readonly onFatal: (reason: string) => void;
}

/** For simulation and tests: no thread, no database; poll() is what makes records durable. */
export function createDirectBackend(options: DirectBackendOptions): JournalBackend {
  const port = createDirectPort(options);
  return {
    port,
    async stopped() {
      if (port.status !== 'stopped') throw new JournalLostError('the journal has failed');
      return endOf(options.disk, options.place);
    },
  };
}

function endOf(disk: Disk, from: JournalPlace): JournalEnding {
  const entries = scanJournal(disk, from);
  let next = entries.next();
  while (next.done !== true) next = entries.next();
  const { seq, hash } = next.value.place;
  return { records: seq, head: hash };
}

interface WatchedThread {
  readonly ready: Promise<void>;
  readonly stopped: Promise<JournalEnding>;
}

function watchThread(thread: Worker, onFatal: (reason: string) => void): WatchedThread {
  const ready = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<JournalEnding>();
  let isOver = false;
  const fail = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    const error = new JournalLostError(reason);
    ready.reject(error);
    stopped.reject(error);
    onFatal(reason);
  };
  stopped.promise.catch(() => undefined); // who closes the journal sees it; nobody else must
  thread.on('message', (message: JournalThreadMessage) => {
    if (message.kind === 'ready') ready.resolve();
    if (message.kind === 'fatal') fail(message.reason);
    if (message.kind !== 'stopped') return;
    isOver = true;
    stopped.resolve({ records: message.place.seq, head: message.place.hash });
  });
  thread.on('error', (error) => fail(error.message));
  thread.on('exit', (code) => fail(`it ended with code ${code}`)); // nobody waits for it in vain
  return { ready: ready.promise, stopped: stopped.promise };
}

/** What it returns waits for the projector's end, well or not: its fault costs nothing else. */
function watchProjector(
  thread: Worker,
  onDatabase: (message: ProjectorThreadMessage) => void,
): () => Promise<void> {
  const ended = Promise.withResolvers<void>();
  thread.unref(); // a process that has to end does not wait for its database
  thread.on('message', onDatabase);
  thread.on('error', ({ message }) => onDatabase({ kind: 'failed', reason: message }));
  thread.on('exit', () => ended.resolve());
  return () => {
    thread.ref();
    return ended.promise;
  };
}

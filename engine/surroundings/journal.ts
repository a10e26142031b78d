// Owns the journal of a running engine: folder, recovery, thread, and the way to a clean end.
// Promise: nothing is traded before the first block of order ids is durable.
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../workers/start.ts';
import { InvariantError } from '../core/assert.ts';
import { createIdSource, type IdSource } from '../core/ids.ts';
import type { Checkpoint, Fact, JournalRecord } from '../facts/fact.ts';
import type { MemoryPlan } from '../memory/plan.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import type { Damage } from '../storage/journal-format.ts';
import type { JournalThreadData, JournalThreadMessage } from '../storage/journal-thread.ts';
import { createJournalPort, type JournalPort } from '../storage/journal-writer.ts';
import { type Recovery, recoverJournal } from '../storage/recovery.ts';
import { openStateFolder, type StateFolder, type StateProblem } from '../storage/state-folder.ts';

const READY_MS_MAX = 10_000;
const QUEUED_RECORDS_MAX = 100_000;

/** What was found in the state folder: the beginning of a start. */
export type Found =
  | { readonly kind: 'open'; readonly folder: StateFolder; readonly recovery: RecoveredState }
  | { readonly kind: 'damaged'; readonly damage: Damage }
  | StateProblem;

export type RecoveredState = Exclude<Recovery, Damage>;

/** Takes the folder and reads the journal in it; gives the folder back when that is damaged. */
export function findState(dir: string): Found {
  const folder = openStateFolder(dir);
  if (folder.kind !== 'open') return folder;
  const recovery = recoverJournal(folder.paths.journal);
  if (recovery.kind !== 'damaged') return { kind: 'open', folder, recovery };
  folder.close();
  return { kind: 'damaged', damage: recovery };
}

export interface JournalEnding {
  readonly records: number; // in the whole journal
  readonly head: string;
}

export interface OpenJournal {
  readonly ids: IdSource;
  readonly epoch: number; // of this engine: one above the last
  readonly checkpoint: Checkpoint | null; // where the last engine stopped
  /** Numbers one record and hands it to the journal thread and to whoever follows. */
  record(timeUs: number, body: Fact): void;
  /** Records since the last one that holds a checkpoint. */
  sinceCheckpoint(): number;
  /** Call now and then: lets order ids go that became durable, hands over what is queued. */
  poll(): void;
  /** Waits until an order id may be given out. */
  waitForIds(): Promise<void>;
  /** Drains, syncs, ends the thread and gives the folder back. */
  close(): Promise<JournalEnding>;
}

export interface JournalOptions {
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly telemetry: Telemetry;
  readonly folder: StateFolder;
  readonly recovery: RecoveredState;
  readonly groupCommitMs: number;
  readonly fileBytes: number;
  readonly isReplay: boolean; // virtual time waits for the disk; real time queues
  readonly nowUs: () => number; // engine time
  readonly onFatal: (reason: string) => void;
  readonly onRecord: (record: JournalRecord) => void;
}

/** Starts the journal thread and waits until it runs. Rejects where it cannot. */
export async function openJournal(options: JournalOptions): Promise<OpenJournal> {
  const { recovery, plan, buffer, telemetry, folder } = options;
  const thread = watchThread(startWorker('journal', threadData(options)), options.onFatal);
  await thread.ready;
  const port = createJournalPort({
    buffer,
    plan,
    telemetry,
    firstSeq: recovery.place.seq + 1,
    onFull: options.isReplay ? 'wait' : 'queue',
    queueMax: QUEUED_RECORDS_MAX,
  });
  let since = 0;
  const record = (timeUs: number, body: Fact): number => {
    const seq = port.record(timeUs, body);
    options.onRecord({ seq, timeUs, body });
    since = 'checkpoint' in body ? 0 : since + 1;
    return seq;
  };
  const epoch = recovery.kind === 'recovered' ? recovery.epoch + 1 : 1;
  const blocks = createBlocks(port, (body) => record(options.nowUs(), body), epoch);
  return {
    ids: blocks.ids,
    epoch,
    checkpoint: recovery.kind === 'recovered' ? recovery.checkpoint : null,
    record,
    sinceCheckpoint: () => since,
    poll: blocks.poll,
    waitForIds: blocks.waitForIds,
    async close() {
      try {
        port.stop();
        return await thread.stopped;
      } finally {
        folder.close();
      }
    },
  };
}

function threadData(options: JournalOptions): JournalThreadData {
  const { memory, plan, folder, recovery, groupCommitMs, fileBytes } = options;
  return {
    memory,
    plan,
    dir: folder.paths.journal,
    place: recovery.place,
    database: folder.paths.database,
    groupCommitMs,
    fileBytes,
  };
}

interface Blocks {
  readonly ids: IdSource;
  poll(): void;
  waitForIds(): Promise<void>;
}

/** Order ids of one epoch; a block may be used once the record that reserves it is durable. */
function createBlocks(port: JournalPort, record: (body: Fact) => number, epoch: number): Blocks {
  const waiting: { readonly seq: number; readonly to: number }[] = [];
  const ids = createIdSource(epoch, 0, (from, to) => {
    waiting.push({ seq: record({ kind: 'ids_reserved', epoch, from, to }), to });
  });
  const poll = (): void => {
    port.flush();
    const durable = port.durableSeq();
    while (waiting.length > 0 && (waiting[0]?.seq ?? 0) <= durable) {
      ids.markDurable(waiting.shift()?.to ?? 0);
    }
  };
  const waitForIds = async (): Promise<void> => {
    const deadline = performance.now() + READY_MS_MAX;
    for (poll(); waiting.length > 0; poll()) {
      if (performance.now() > deadline) {
        throw new InvariantError(`the journal made nothing durable for ${READY_MS_MAX} ms`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { ids, poll, waitForIds };
}

interface WatchedThread {
  readonly ready: Promise<void>;
  readonly stopped: Promise<JournalEnding>;
}

function watchThread(thread: Worker, onFatal: (reason: string) => void): WatchedThread {
  const ready = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<JournalEnding>();
  const fail = (reason: string): void => {
    const error = new Error(`the journal thread failed: ${reason}`);
    ready.reject(error);
    stopped.reject(error);
    onFatal(reason);
  };
  stopped.promise.catch(() => undefined); // who closes the journal sees it; nobody else must
  thread.on('message', (message: JournalThreadMessage) => {
    if (message.kind === 'ready') ready.resolve();
    if (message.kind === 'fatal') fail(message.reason);
    if (message.kind !== 'stopped') return;
    stopped.resolve({ records: message.place.seq, head: message.place.hash });
  });
  thread.on('error', (error) => fail(error.message));
  return { ready: ready.promise, stopped: stopped.promise };
}

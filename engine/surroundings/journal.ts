// Owns the journal of a running engine: folder, recovery, what writes it, and a clean end.
// Promise: nothing is traded before the first block of order ids is durable.
import { InvariantError } from '../core/assert.ts';
import { createIdSource, type IdSource } from '../core/ids.ts';
import type { Fact, JournalRecord } from '../facts/fact.ts';
import { openDisk } from '../storage/disk.ts';
import { type Damage, describeDamage } from '../storage/journal-format.ts';
import { describeFormat, type OtherFormat } from '../storage/journal-version.ts';
import { JournalLostError, type JournalPort } from '../storage/journal-writer.ts';
import { type Recovery, type RecoveryTarget, recoverJournal } from '../storage/recovery.ts';
import { openStateFolder, type StateFolder, type StateProblem } from '../storage/state-folder.ts';

const READY_MS_MAX = 10_000;

export type RecoveredState = Exclude<Recovery, Damage | OtherFormat>;

/** What was found in the state folder: the beginning of a start. */
export type Found =
  | { readonly kind: 'open'; readonly folder: StateFolder; readonly recovery: RecoveredState }
  | { readonly kind: 'damaged'; readonly damage: Damage; readonly message: string }
  /** A configuration problem (exit 3): the folder holds the journal of another version. */
  | { readonly kind: 'format'; readonly message: string }
  | StateProblem;

/** Takes the folder and reads its journal into `target`; gives it back when that cannot be. */
export function findState(dir: string, target: RecoveryTarget): Found {
  const folder = openStateFolder(dir);
  if (folder.kind !== 'open') return folder;
  try {
    const recovery = recoverJournal(openDisk(folder.paths.journal), target);
    if (recovery.kind === 'fresh' || recovery.kind === 'recovered') {
      return { kind: 'open', folder, recovery };
    }
    folder.close();
    if (recovery.kind === 'damaged') {
      return { kind: 'damaged', damage: recovery, message: describeDamage(recovery) };
    }
    return { kind: 'format', message: describeFormat(recovery, folder.paths.journal) };
  } catch (error) {
    folder.close();
    throw error;
  }
}

export interface JournalEnding {
  readonly records: number; // in the whole journal
  readonly head: string;
}

/** What writes the records: threads on real files, or a disk in memory in this thread. */
export interface JournalBackend {
  readonly port: JournalPort;
  /** After port.stop(): drains, syncs, ends. Rejects with a JournalLostError that says why not. */
  stopped(): Promise<JournalEnding>;
}

export interface JournalOptions {
  readonly backend: JournalBackend;
  readonly recovery: RecoveredState;
  /** Folds a fact and records it: how the journal reserves blocks of order ids. */
  readonly commit: (fact: Fact) => void;
  /** Hands over what was committed and is not recorded yet. */
  readonly write: () => void;
  readonly onRecord: (record: JournalRecord) => void;
}

export interface OpenJournal {
  /** Gives no id out before waitForIds(). */
  readonly ids: IdSource;
  readonly epoch: number; // of this engine: one above the last
  /** Numbers one record and hands it to the backend and to whoever follows. */
  record(timeUs: number, body: Fact): void;
  readonly lastSeq: number;
  /** Records since the last one of a checkpoint. */
  sinceCheckpoint(): number;
  /** Call now and then: lets order ids go that became durable, hands over what is queued. */
  poll(): void;
  /** After the start of the run is recorded: reserves ids, waits until one may be given out. */
  waitForIds(): Promise<void>;
  /** Nothing can be recorded any more. */
  readonly isLost: boolean;
  /** Drains, syncs and ends what writes; rejects with a JournalLostError where it is lost. */
  close(): Promise<JournalEnding>;
}

export function openJournal(options: JournalOptions): OpenJournal {
  const { recovery, backend } = options;
  const { port } = backend;
  const epoch = recovery.kind === 'recovered' ? recovery.epoch + 1 : 1;
  const blocks = createBlocks(port, options, epoch);
  let since = 0;
  let isLost = false;
  const write = (timeUs: number, body: Fact): number => {
    try {
      return port.record(timeUs, body);
    } catch (error) {
      isLost ||= error instanceof JournalLostError;
      throw error;
    }
  };
  return {
    ids: blocks.ids,
    epoch,
    record(timeUs, body) {
      const seq = write(timeUs, body);
      if (body.kind === 'ids_reserved') blocks.onReserved(seq, body.to);
      options.onRecord({ seq, timeUs, body });
      since = body.kind === 'checkpoint' ? 0 : since + 1;
    },
    get lastSeq() {
      return port.lastSeq;
    },
    sinceCheckpoint: () => since,
    poll: blocks.poll,
    waitForIds: blocks.waitForIds,
    get isLost() {
      return isLost || port.status === 'failed';
    },
    async close() {
      if (port.status !== 'failed') port.stop();
      return await backend.stopped();
    },
  };
}

interface Blocks {
  readonly ids: IdSource;
  /** The record that reserves ids below `to` has this number: a fact may wait to be written. */
  onReserved(seq: number, to: number): void;
  poll(): void;
  waitForIds(): Promise<void>;
}

/** Order ids of one epoch; a block may be used once the record that reserves it is durable. */
function createBlocks(
  port: JournalPort,
  { commit, write }: Pick<JournalOptions, 'commit' | 'write'>,
  epoch: number,
): Blocks {
  const waiting: { readonly seq: number; readonly to: number }[] = [];
  const ids = createIdSource(epoch, 0, (from, to) =>
    commit({ kind: 'ids_reserved', epoch, from, to }),
  );
  const poll = (): void => {
    port.flush();
    const durable = port.durableSeq();
    while (waiting.length > 0 && (waiting[0]?.seq ?? 0) <= durable) {
      ids.markDurable(waiting.shift()?.to ?? 0);
    }
  };
  return {
    ids,
    poll,
    onReserved(seq, to) {
      waiting.push({ seq, to });
    },
    async waitForIds() {
      ids.start();
      write();
      const deadline = performance.now() + READY_MS_MAX;
      for (poll(); waiting.length > 0; poll()) {
        if (port.status === 'failed') throw new JournalLostError('the journal has failed', true);
        if (performance.now() > deadline) {
          throw new InvariantError(`the journal made nothing durable for ${READY_MS_MAX} ms`);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

// Owns where the durable state of an engine lies: a folder that is ours alone, or a disk in memory.
// Promise: what the journal proves is in the state when it is open; a refusal has changed nothing.
import type { Telemetry } from '../memory/telemetry.ts';
import type { State } from '../state.ts';
import { describeDamage } from '../storage/journal-format.ts';
import { describeFormat } from '../storage/journal-version.ts';
import { recoverJournal } from '../storage/recovery.ts';
import type { Ground } from './ground.ts';
import type { SystemOptions } from './house.ts';
import { findState, type JournalBackend, type RecoveredState } from './journal.ts';
import { createDirectBackend, startJournalThreads } from './journal-backends.ts';

export interface Storage {
  readonly recovery: RecoveredState;
  /** Starts what writes the journal. */
  open(ground: Ground): Promise<JournalBackend>;
  /** Lets the folder go. */
  close(): void;
}

export type StorageResult =
  | { readonly kind: 'open'; readonly storage: Storage }
  | { readonly kind: 'refused'; readonly exitCode: 3 | 4 | 5; readonly message: string };

/** Reads the journal into `state`, which is new. */
export function openStorage(options: SystemOptions, state: State): StorageResult {
  return options.disk === undefined ? openFolder(options, state) : openDisk(options, state);
}

function openFolder(options: SystemOptions, state: State): StorageResult {
  const { config, isReplay, onFault, onTrouble = () => undefined } = options;
  const found = findState(options.stateDir, state);
  switch (found.kind) {
    case 'open':
      break;
    case 'damaged':
      return refuseDamage(found.message);
    case 'in_use':
      return { kind: 'refused', exitCode: 5, message: found.message };
    default:
      return { kind: 'refused', exitCode: 3, message: found.message };
  }
  const { folder, recovery } = found;
  const open = ({ memory, buffer, plan, telemetry }: ThreadGround): Promise<JournalBackend> =>
    startJournalThreads({
      ...{ memory, buffer, plan, telemetry, isReplay },
      paths: folder.paths,
      place: recovery.place,
      groupCommitMs: config.storage.groupCommitMs,
      fileBytes: config.storage.journalFileBytes,
      onFatal: onFault,
      onDatabase(message) {
        if (message.kind === 'failed') onTrouble(`the database: ${message.reason}`);
      },
    });
  return { kind: 'open', storage: { recovery, open, close: folder.close } };
}

type ThreadGround = Pick<Ground, 'memory' | 'buffer' | 'plan'> & { readonly telemetry: Telemetry };

function openDisk({ disk, config, onFault }: SystemOptions, state: State): StorageResult {
  if (disk === undefined) throw new Error('a storage in memory needs a disk');
  const recovery = recoverJournal(disk, state);
  if (recovery.kind === 'damaged') {
    return refuseDamage(describeDamage(recovery));
  }
  if (recovery.kind !== 'fresh' && recovery.kind !== 'recovered') {
    return { kind: 'refused', exitCode: 3, message: describeFormat(recovery, disk.path) };
  }
  const backend = createDirectBackend({
    disk,
    place: recovery.place,
    fileBytes: config.storage.journalFileBytes,
    onFatal: onFault,
  });
  const storage: Storage = {
    recovery,
    open: () => Promise.resolve(backend),
    close: () => undefined,
  };
  return { kind: 'open', storage };
}

const refuseDamage = (message: string): StorageResult => ({
  kind: 'refused',
  exitCode: 4,
  message: `${message}; nothing was changed. 'colin audit verify' tells more`,
});

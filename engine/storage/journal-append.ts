// Owns the end of the journal: the open file, the chain's head, the sync and the next file.
// Promise: after commit() returns, every record appended before it is on the disk.
import { assert } from '../core/assert.ts';
import type { Disk, DiskFile } from './disk.ts';
import { chainHash, JSON_AT, journalFileName, jsonStart } from './journal-format.ts';
import type { JournalPlace } from './journal-scan.ts';

/** What shares a sync: commit() is called where so much is pending; one line may exceed it. */
export const BATCH_BYTES_MAX = 1 << 20;

export interface JournalAppender {
  /** Takes the JSON of the next record; goes on in the next file when this one is full. */
  append(json: string): void;
  /** Writes and syncs what was appended. */
  commit(): void;
  close(): void;
  /** The place after the last committed record. */
  readonly place: JournalPlace;
  readonly pendingBytes: number;
}

/**
 * Opens the journal at `from` (the end recovery found). Every method throws what the file system
 * throws; after a throw the state on the disk is unknown and nothing more may be appended.
 */
export function openAppender(disk: Disk, from: JournalPlace, fileBytes: number): JournalAppender {
  let file = openAt(disk, from.file);
  const size = file.bytes();
  assert(size === from.offset, `${journalFileName(from.file)} has ${size} B, not ${from.offset}`);
  file.sync(); // a process that died may have left records nobody synced: they count from here on
  let place = from;
  let { seq, hash } = from;
  let lines = '';
  let pendingBytes = 0;
  const commit = (): void => {
    if (pendingBytes === 0) return;
    file.append(Buffer.from(lines));
    file.sync();
    place = { file: place.file, offset: place.offset + pendingBytes, seq, hash };
    lines = '';
    pendingBytes = 0;
  };
  const rotate = (): void => {
    commit();
    file.close();
    place = { ...place, file: place.file + 1, offset: 0 };
    file = openAt(disk, place.file);
  };
  return {
    append(json) {
      assert(json.startsWith(jsonStart(seq + 1)), `record after ${seq}: ${json.slice(0, 40)}`);
      const bytes = JSON_AT + Buffer.byteLength(json) + 1;
      const filled = place.offset + pendingBytes;
      if (filled > 0 && filled + bytes > fileBytes) rotate();
      seq += 1;
      hash = chainHash(hash, json);
      lines += `${hash} ${json}\n`;
      pendingBytes += bytes;
    },
    commit,
    close: () => file.close(),
    get place() {
      return place;
    },
    get pendingBytes() {
      return pendingBytes;
    },
  };
}

/** Of the file that is written to, for messages. */
export const pathOfJournal = ({ path }: Disk, { file }: JournalPlace): string =>
  `${path}/${journalFileName(file)}`;

/** Opens for appending; a new file's name is made durable before anything is written to it. */
function openAt(disk: Disk, number: number): DiskFile {
  const file = disk.open(journalFileName(number), 'append');
  disk.syncNames();
  return file;
}

// Owns the end of the journal: the open file, the chain's head, the sync and the next file.
// Promise: after commit() returns, every record appended before it is on the disk.
import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../core/assert.ts';
import { chainHash, JSON_AT, journalFileName, jsonStart } from './journal-format.ts';
import type { JournalPlace } from './journal-scan.ts';

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
export function openAppender(dir: string, from: JournalPlace, fileBytes: number): JournalAppender {
  let file = openAt(dir, from.file);
  const size = fstatSync(file).size;
  assert(size === from.offset, `${journalFileName(from.file)} has ${size} B, not ${from.offset}`);
  let place = from;
  let { seq, hash } = from;
  let lines = '';
  let pendingBytes = 0;
  const commit = (): void => {
    if (pendingBytes === 0) return;
    writeAll(file, Buffer.from(lines));
    fdatasyncSync(file);
    place = { file: place.file, offset: place.offset + pendingBytes, seq, hash };
    lines = '';
    pendingBytes = 0;
  };
  const rotate = (): void => {
    commit();
    closeSync(file);
    place = { ...place, file: place.file + 1, offset: 0 };
    file = openAt(dir, place.file);
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
    close: () => closeSync(file),
    get place() {
      return place;
    },
    get pendingBytes() {
      return pendingBytes;
    },
  };
}

/** Opens for appending; a new file's name is made durable with a sync of its folder. */
function openAt(dir: string, number: number): number {
  const file = openSync(join(dir, journalFileName(number)), 'a', 0o640);
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return file;
}

function writeAll(file: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

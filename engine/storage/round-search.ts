// Owns finding where the newest checkpoint round begins, from the end of a journal backwards.
// Promise: reads no more than it must; whether a round is whole is for the reader to find out.
import { SLICES } from '../facts/slice-names.ts';
import type { Disk } from './disk.ts';
import { BATCH_BYTES_MAX } from './journal-append.ts';
import { type Damage, GENESIS, journalFileName, LINE_BYTES_MAX } from './journal-format.ts';
import {
  countLines,
  JOURNAL_START,
  type JournalPlace,
  lastOffsetOf,
  lineStart,
  readLineBefore,
  readLines,
} from './journal-scan.ts';

export type RoundStart =
  /** The place before the first record of a round, which may have been cut short. */
  | { readonly kind: 'round'; readonly place: JournalPlace }
  | { readonly kind: 'none'; readonly place: JournalPlace } // the start of the journal
  | Damage;

/** Inside a text its quotes are escaped; where a strategy saved it as it is, no round follows. */
const NEEDLE = `"body":{"kind":"checkpoint","slice":"${SLICES[0]}"`;
const UNSYNCED_BYTES_MAX = BATCH_BYTES_MAX + LINE_BYTES_MAX; // the last line may go beyond a batch

/** The newest start of a round before `to` (of the whole journal where it is null). */
export function findRoundStart(
  disk: Disk,
  files: readonly number[],
  to: JournalPlace | null,
): RoundStart {
  for (const file of files.toReversed()) {
    if (to !== null && file > to.file) continue;
    const name = journalFileName(file);
    const end = to !== null && file === to.file ? to.offset : endOfLines(disk, name);
    const at = lastOffsetOf(disk, name, NEEDLE, end);
    if (at >= 0) return placeBefore(disk, files, file, lineStart(disk, name, at));
  }
  return { kind: 'none', place: JOURNAL_START };
}

/**
 * The place from which everything that one crash may have left unsynced can be checked: it lies in
 * the last file, as no other is written to before that one is synced.
 */
export function findTail(disk: Disk, files: readonly number[], lastFile: number): RoundStart {
  const name = journalFileName(lastFile);
  const from = bytesOf(disk, name) - UNSYNCED_BYTES_MAX;
  return placeBefore(disk, files, lastFile, from <= 0 ? 0 : lineStart(disk, name, from));
}

/** Bytes of a file that end in a line feed. */
const endOfLines = (disk: Disk, name: string): number => lineStart(disk, name, bytesOf(disk, name));

function bytesOf(disk: Disk, name: string): number {
  const file = disk.open(name, 'read');
  try {
    return file.bytes();
  } finally {
    file.close();
  }
}

/** The record before byte `offset` of `file` tells which hash and seq the next one continues. */
function placeBefore(
  disk: Disk,
  files: readonly number[],
  file: number,
  offset: number,
): RoundStart {
  const holders = files.filter((number) => number <= file).toReversed();
  for (const holder of holders) {
    const name = journalFileName(holder);
    const end = holder === file ? offset : bytesOf(disk, name);
    if (end === 0) continue;
    const before = readLineBefore(disk, name, end);
    if (before !== null) return { kind: 'round', place: { file, offset, ...before } };
    const after = readLineBefore(disk, journalFileName(file), endOfLine(disk, file, offset));
    return {
      kind: 'damaged',
      file: name,
      line: countLines(disk, name, end),
      offset: lineStart(disk, name, end - 1),
      seq: (after?.seq ?? 0) - 1,
      reason: 'this line, which the newest checkpoint continues, is not a journal line',
    };
  }
  return { kind: 'round', place: { file, offset, seq: 0, hash: GENESIS } };
}

function endOfLine(disk: Disk, file: number, offset: number): number {
  const [line] = readLines(disk, journalFileName(file), offset);
  return offset + (line?.bytes.length ?? 0);
}

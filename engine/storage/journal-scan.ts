// Owns reading journal files: line by line, forward with the chain checked, and backward.
// Promise: memory is bounded by one chunk and one line, whatever the size of the journal.
import type { Disk } from './disk.ts';
import {
  checkLine,
  claimedSeq,
  type Damage,
  GENESIS,
  JSON_AT,
  journalFileName,
  LINE_BYTES_MAX,
  listJournalFiles,
} from './journal-format.ts';

const CHUNK_BYTES = 1 << 20;
const LINE_FEED = 10;

export interface RawLine {
  readonly bytes: Buffer; // with its line feed when it has one; valid until the next line is read
  readonly offset: number; // of its first byte in the file
}

/** Lines of a file from byte `from` up to `to`; the last may lack its line feed. */
export function* readLines(
  disk: Disk,
  name: string,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): Generator<RawLine, void> {
  const file = disk.open(name, 'read');
  try {
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = 0;
    let base = from; // file offset of buffer[0]
    for (;;) {
      const room = Math.min(buffer.length - filled, to - base - filled);
      const got = room > 0 ? file.read(buffer, filled, room, base + filled) : 0;
      const end = filled + got;
      let start = 0;
      for (let feed = buffer.indexOf(LINE_FEED, filled); feed >= 0 && feed < end; ) {
        yield { bytes: buffer.subarray(start, feed + 1), offset: base + start };
        start = feed + 1;
        feed = buffer.indexOf(LINE_FEED, start);
      }
      const isLast = got === 0 || end - start > LINE_BYTES_MAX;
      if (isLast && end > start) yield { bytes: buffer.subarray(start, end), offset: base + start };
      if (isLast) return;
      const next =
        start === 0 && end === buffer.length ? Buffer.allocUnsafe(2 * buffer.length) : buffer;
      buffer.copy(next, 0, start, end);
      buffer = next;
      filled = end - start;
      base += start;
    }
  } finally {
    file.close();
  }
}

/** A place between two records. */
export interface JournalPlace {
  readonly file: number;
  readonly offset: number; // bytes
  readonly seq: number; // of the record before it, 0 at the start
  readonly hash: string; // of that record
}

export const JOURNAL_START: JournalPlace = { file: 1, offset: 0, seq: 0, hash: GENESIS };

export interface JournalEntry {
  readonly seq: number;
  readonly hash: string;
  readonly json: Buffer; // valid until the next entry is read
  readonly file: number;
  readonly offset: number;
  readonly bytes: number; // of the whole line
}

export type ScanEnd =
  | { readonly kind: 'end'; readonly place: JournalPlace; readonly files: number }
  | (Damage & { readonly place: JournalPlace; readonly isIncomplete: boolean });

/** Every record after `from`, its chain checked; returns where it ended or what was damaged. */
export function* scanJournal(
  disk: Disk,
  from: JournalPlace = JOURNAL_START,
): Generator<JournalEntry, ScanEnd> {
  const all = listJournalFiles(disk);
  const files = all.filter((number) => number >= from.file);
  let place = from;
  for (const file of files) {
    if (file > place.file) {
      const missing = all.includes(place.file) ? place.file + 1 : place.file;
      if (file !== missing) {
        return damageAt(disk, place, `${journalFileName(missing)} is missing`, false);
      }
      place = { ...place, file, offset: 0 };
    }
    for (const line of readLines(disk, journalFileName(file), place.offset)) {
      const check = checkLine(line.bytes, place.hash, place.seq + 1);
      if (check.kind === 'bad') {
        const isIncomplete = line.bytes[line.bytes.length - 1] !== LINE_FEED;
        return damageAt(disk, place, check.reason, isIncomplete && file === files.at(-1));
      }
      const bytes = line.bytes.length;
      const { hash, json } = check;
      place = { file, offset: line.offset + bytes, seq: place.seq + 1, hash };
      yield { seq: place.seq, hash, json, file, offset: line.offset, bytes };
    }
  }
  if (files.length === 0 && all.length > 0) {
    return damageAt(disk, place, `${journalFileName(place.file)} is missing`, false);
  }
  return { kind: 'end', place, files: all.length };
}

function damageAt(disk: Disk, place: JournalPlace, reason: string, isIncomplete: boolean): ScanEnd {
  const file = journalFileName(place.file);
  const line = countLines(disk, file, place.offset) + 1;
  const { offset } = place;
  return { kind: 'damaged', file, line, offset, seq: place.seq + 1, reason, place, isIncomplete };
}

/** What is wrong with a record whose line and chain are as they should be. */
export function damageOf(disk: Disk, entry: JournalEntry, reason: string): Damage {
  const { offset, seq } = entry;
  const file = journalFileName(entry.file);
  return { kind: 'damaged', file, line: countLines(disk, file, offset) + 1, offset, seq, reason };
}

/** Lines that end before byte `to`. */
export function countLines(disk: Disk, name: string, to: number): number {
  let lines = 0;
  if (to === 0) return 0;
  for (const _ of readLines(disk, name, 0, to)) lines += 1;
  return lines;
}

/** Walks back through the file: `visit` gets windows, last first, until it returns a number. */
function searchBack(
  disk: Disk,
  name: string,
  to: number,
  overlap: number,
  visit: (window: Buffer) => number,
): number {
  const file = disk.open(name, 'read');
  try {
    let end = Math.min(to, file.bytes());
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    while (end > 0) {
      const start = Math.max(0, end - CHUNK_BYTES);
      const got = file.read(buffer, 0, end - start, start);
      const found = visit(buffer.subarray(0, got));
      if (found >= 0) return start + found;
      if (start === 0) return -1;
      end = start + overlap; // a needle may lie across the border of two windows
    }
    return -1;
  } finally {
    file.close();
  }
}

/** Offset of the last occurrence of `needle` that ends at or before byte `to`, or -1. */
export const lastOffsetOf = (disk: Disk, name: string, needle: string, to: number): number =>
  searchBack(disk, name, to, needle.length - 1, (window) => window.lastIndexOf(needle));

/** Offset of the line that holds byte `at`. */
export const lineStart = (disk: Disk, name: string, at: number): number =>
  searchBack(disk, name, at, 0, (window) => window.lastIndexOf(LINE_FEED)) + 1;

/** What the line that ends at byte `end` of the file says of itself; null when it is no line. */
export function readLineBefore(
  disk: Disk,
  name: string,
  end: number,
): { seq: number; hash: string } | null {
  if (end === 0) return null;
  const [line] = readLines(disk, name, lineStart(disk, name, end - 1), end);
  const text = line?.bytes.toString('latin1', 0, JSON_AT - 1) ?? '';
  const seq = line === undefined ? null : claimedSeq(line.bytes.subarray(JSON_AT));
  return /^[0-9a-f]{64}$/.test(text) && seq !== null ? { seq, hash: text } : null;
}

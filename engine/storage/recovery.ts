// Owns the start after a stop of any kind: what the journal proves, and cutting a torn end.
// Promise: a torn end is kept aside before it is cut; damage anywhere else changes nothing.
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint, JournalRecord } from '../facts/fact.ts';
import { type Damage, GENESIS, journalFileName, listJournalFiles } from './journal-format.ts';
import {
  countLines,
  JOURNAL_START,
  type JournalPlace,
  lastOffsetOf,
  lineStart,
  readLineBefore,
  readLines,
  type ScanEnd,
  scanJournal,
} from './journal-scan.ts';
import { createFold, type Fold } from './recovery-fold.ts';

export type Recovery =
  /** No record: begin at `place`. Some torn bytes of a first record may have been cut. */
  | { readonly kind: 'fresh'; readonly place: JournalPlace; readonly tornBytes: number }
  | {
      readonly kind: 'recovered';
      readonly seq: number; // of the last record
      readonly head: string; // its hash
      readonly file: number;
      readonly place: JournalPlace; // the same three with the offset, for the journal thread
      readonly checkpoint: Checkpoint; // state after the last record
      readonly epoch: number; // of the last engine; the next one takes a higher one
      readonly records: number; // read: the last checkpoint and what follows it
      readonly tornBytes: number; // cut from the end, kept in torn-<seq>.bin
      readonly unresolvedOrders: readonly string[]; // to be asked of their venues
      readonly isStopped: boolean; // the last engine ended in good order
    }
  | Damage;

/** Checkpoints and starts of runs have this key; inside a string its quotes are escaped. */
const NEEDLE = '"checkpoint":{';

/**
 * Reads from the newest checkpoint in `dir` to the end, verifying the chain of what it reads, and
 * cuts a torn end: an incomplete last line, or zeros the disk never filled, with no record after.
 * `colin audit verify` reads the rest. Throws what the file system throws.
 */
export function recoverJournal(dir: string): Recovery {
  const files = listJournalFiles(dir);
  const lastFile = files.at(-1);
  if (lastFile === undefined) return { kind: 'fresh', place: JOURNAL_START, tornBytes: 0 };
  let bound: JournalPlace | null = null;
  for (;;) {
    const from = newestCheckpoint(dir, files, bound);
    if (from.kind === 'damaged') return from;
    const { fold, records, end } = foldFrom(dir, from.place);
    if (end.kind === 'end') return conclude(fold, records, end.place, 0);
    if (!isTorn(dir, end, lastFile)) return withoutPlace(end);
    // A torn line right where we began: it is the checkpoint itself, so an older one is needed.
    if (records === 0 && end.place.seq > 0 && bound === null) bound = end.place;
    else return conclude(fold, records, end.place, cut(dir, end.place));
  }
}

function conclude(fold: Fold, records: number, place: JournalPlace, tornBytes: number): Recovery {
  if (place.seq === 0) return { kind: 'fresh', place, tornBytes };
  const checkpoint = fold.checkpoint();
  return {
    kind: 'recovered',
    seq: place.seq,
    head: place.hash,
    file: place.file,
    place,
    checkpoint,
    epoch: checkpoint.epoch,
    records,
    tornBytes,
    unresolvedOrders: fold.unresolvedOrders(),
    isStopped: fold.isStopped,
  };
}

function withoutPlace({ file, line, offset, seq, reason }: Damage): Damage {
  return { kind: 'damaged', file, line, offset, seq, reason };
}

function foldFrom(dir: string, from: JournalPlace): { fold: Fold; records: number; end: ScanEnd } {
  const fold = createFold();
  const entries = scanJournal(dir, from);
  let records = 0;
  for (let next = entries.next(); ; next = entries.next()) {
    if (next.done === true) return { fold, records, end: next.value };
    const { body, timeUs } = JSON.parse(next.value.json.toString()) as JournalRecord;
    fold.apply(body, timeUs);
    records += 1;
  }
}

type Found = { readonly kind: 'found'; readonly place: JournalPlace } | Damage;

/** The place before the newest record that holds a checkpoint; the start when there is none. */
function newestCheckpoint(dir: string, files: readonly number[], to: JournalPlace | null): Found {
  for (const file of files.toReversed()) {
    if (to !== null && file > to.file) continue;
    const path = join(dir, journalFileName(file));
    const end = to !== null && file === to.file ? to.offset : endOfLines(path);
    const at = lastOffsetOf(path, NEEDLE, end);
    if (at >= 0) return placeBefore(dir, files, file, lineStart(path, at));
  }
  return { kind: 'found', place: JOURNAL_START };
}

/** Bytes of a file that end in a line feed. */
const endOfLines = (path: string): number => lineStart(path, statSync(path).size);

/** The record before byte `offset` of `file` tells which hash and seq the next one continues. */
function placeBefore(dir: string, files: readonly number[], file: number, offset: number): Found {
  const holders = files.filter((number) => number <= file).toReversed();
  for (const holder of holders) {
    const path = join(dir, journalFileName(holder));
    const end = holder === file ? offset : statSync(path).size;
    if (end === 0) continue;
    const before = readLineBefore(path, end);
    if (before !== null) return { kind: 'found', place: { file, offset, ...before } };
    const after = readLineBefore(join(dir, journalFileName(file)), endOfLine(dir, file, offset));
    return {
      kind: 'damaged',
      file: journalFileName(holder),
      line: countLines(path, end),
      offset: lineStart(path, end - 1),
      seq: (after?.seq ?? 0) - 1,
      reason: 'this line, which the newest checkpoint continues, is not a journal line',
    };
  }
  return { kind: 'found', place: { file, offset, seq: 0, hash: GENESIS } };
}

function endOfLine(dir: string, file: number, offset: number): number {
  const [line] = readLines(join(dir, journalFileName(file)), offset);
  return offset + (line?.bytes.length ?? 0);
}

/**
 * A write that was cut short leaves an incomplete line; a lost page leaves zeros. Neither can have
 * a record behind it. Anything else was changed after it was written: damage.
 */
function isTorn(dir: string, end: ScanEnd, lastFile: number): boolean {
  if (end.kind !== 'damaged' || end.place.file !== lastFile) return false;
  const path = join(dir, journalFileName(lastFile));
  let isFirst = true;
  for (const { bytes } of readLines(path, end.place.offset)) {
    if (isFirst && !end.isIncomplete && !bytes.includes(0)) return false;
    if (!isFirst && /^[0-9a-f]{64} \{"seq":/.test(bytes.toString('latin1', 0, 72))) return false;
    isFirst = false;
  }
  return true;
}

/** Keeps the bytes after `place` in torn-<seq>.bin, then removes them. Returns how many. */
function cut(dir: string, place: JournalPlace): number {
  const file = openSync(join(dir, journalFileName(place.file)), 'r+');
  const kept = openNew(dir, `torn-${place.seq + 1}`);
  try {
    const buffer = Buffer.allocUnsafe(1 << 16);
    let bytes = 0;
    for (;;) {
      const got = readSync(file, buffer, 0, buffer.length, place.offset + bytes);
      if (got === 0) break;
      for (let done = 0; done < got; ) done += writeSync(kept, buffer, done, got - done);
      bytes += got;
    }
    fsyncSync(kept);
    ftruncateSync(file, place.offset);
    fsyncSync(file);
    return bytes;
  } finally {
    closeSync(file);
    closeSync(kept);
  }
}

/** A file that did not exist before: `<stem>.bin`, `<stem>-2.bin`, … */
function openNew(dir: string, stem: string): number {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return openSync(join(dir, `${stem}${attempt === 1 ? '' : `-${attempt}`}.bin`), 'wx', 0o640);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt >= 1000) throw error;
    }
  }
}

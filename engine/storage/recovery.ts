// Owns the start after a stop of any kind: what the journal proves, and cutting a torn end.
// Promise: a torn end is kept aside before it is cut; damage anywhere else changes nothing.
import { assert, InvariantError } from '../core/assert.ts';
import type { Json } from '../core/json.ts';
import type { Fact, JournalRecord } from '../facts/fact.ts';
import { createRoundCollector, epochOf, type Round } from '../facts/round.ts';
import { JOURNAL_FORMAT } from '../facts/run.ts';
import type { Slice } from '../facts/slice.ts';
import type { SliceName } from '../facts/slice-names.ts';
import type { Disk } from './disk.ts';
import { type Damage, journalFileName, listJournalFiles } from './journal-format.ts';
import {
  damageOf,
  JOURNAL_START,
  type JournalEntry,
  type JournalPlace,
  type ScanEnd,
  scanJournal,
} from './journal-scan.ts';
import { findOtherFormat, type OtherFormat, otherFormat } from './journal-version.ts';
import { findKindProblem } from './record-kind.ts';
import { findRoundStart, findTail, type RoundStart } from './round-search.ts';
import { cutTorn, isTorn } from './torn-end.ts';

/** Whose state is recovered: the slices of an engine, of a simulator, of a tool. */
export interface RecoveryTarget {
  /** Replaces the state of a slice; for each of SLICES in order, or not at all. */
  load(slice: SliceName, state: Json): void;
  /** Every fact after the round that was loaded, in order. */
  fold(fact: Fact, timeUs: number): void;
}

/** The slices of a run, in the order of SLICES, as what is recovered. */
export function targetOf(slices: readonly Slice[]): RecoveryTarget {
  const byName = new Map(slices.map((slice) => [slice.name, slice]));
  return {
    load(name, state) {
      const slice = byName.get(name);
      assert(slice !== undefined, `nobody takes the slice '${name}' of the journal`);
      slice.load(state);
    },
    fold(fact, timeUs) {
      for (const slice of slices) slice.fold(fact, timeUs);
    },
  };
}

export type Recovery =
  /** No record: begin at `place`. Some torn bytes of a first record may have been cut. */
  | { readonly kind: 'fresh'; readonly place: JournalPlace; readonly tornBytes: number }
  | Recovered
  | OtherFormat
  | Damage;

export interface Recovered {
  readonly kind: 'recovered';
  readonly seq: number; // of the last record
  readonly head: string; // its hash
  readonly place: JournalPlace; // the same two with file and offset, for the appender
  readonly hasRound: boolean; // false: nothing was loaded, every record was folded
  readonly epoch: number; // of the last engine; the next one takes a higher one
  readonly records: number; // read: the newest whole round and what follows it
  readonly tornBytes: number; // cut from the end, kept in torn-<seq>.bin
  readonly isStopped: boolean; // the last engine ended in good order
}

/**
 * Loads the newest whole round into `target` and folds what follows it, verifying the chain of
 * what it reads; then cuts a torn end: an incomplete last line, or zeros the disk never filled,
 * with no record after. Where no round is whole, the first start was cut short: all is folded.
 * Of anything but 'fresh' and 'recovered' the target holds a part and is to be thrown away.
 * `colin audit verify` reads the rest. Throws what the disk throws, and InvariantError with the
 * record's number for a fact that the target refuses.
 */
export function recoverJournal(disk: Disk, target: RecoveryTarget): Recovery {
  const files = listJournalFiles(disk);
  const lastFile = files.at(-1);
  if (lastFile === undefined) return { kind: 'fresh', place: JOURNAL_START, tornBytes: 0 };
  const other = findOtherFormat(disk);
  if (other !== null) return other;
  const tail = findTail(disk, files, lastFile);
  let from = findRoundStart(disk, files, null);
  for (;;) {
    if (from.kind === 'damaged') return from;
    const isInTail = tail.kind !== 'damaged' && tail.place.seq < from.place.seq;
    const read = readFrom(disk, from, isInTail ? tail.place : from.place, target);
    if (read.kind === 'format' || read.kind === 'damaged') return read;
    if (read.kind === 'no_round') {
      from = findRoundStart(disk, files, from.place); // torn or cut short: the one before
      continue;
    }
    const { end } = read;
    if (end.kind === 'end') return conclude(read, 0);
    if (!isTorn(disk, end, lastFile)) return withoutPlace(end);
    return conclude(read, cutTorn(disk, end.place));
  }
}

interface Read {
  readonly kind: 'read';
  readonly end: ScanEnd;
  readonly hasRound: boolean;
  readonly epoch: number;
  readonly records: number;
  readonly isStopped: boolean;
}

function conclude({ end, hasRound, epoch, records, isStopped }: Read, tornBytes: number): Recovery {
  const { place } = end;
  if (place.seq === 0) return { kind: 'fresh', place, tornBytes };
  const { seq, hash: head } = place;
  return { kind: 'recovered', seq, head, place, hasRound, epoch, records, tornBytes, isStopped };
}

function withoutPlace({ file, line, offset, seq, reason }: Damage): Damage {
  return { kind: 'damaged', file, line, offset, seq, reason };
}

/**
 * Loads the round at `from`, where one is there whole, and folds from it to the end; the chain is
 * checked from `start` on, which may lie before: a crash can leave a hole in front of a round.
 */
function readFrom(
  disk: Disk,
  from: Exclude<RoundStart, Damage>,
  start: JournalPlace,
  target: RecoveryTarget,
): Read | OtherFormat | Damage | { readonly kind: 'no_round' } {
  const entries = scanJournal(disk, start);
  for (let { seq } = start; seq < from.place.seq; seq += 1) {
    if (entries.next().done === true) return { kind: 'no_round' };
  }
  const hasRound = from.kind === 'round';
  const round = hasRound ? readRound(entries) : null;
  if (round === 'incomplete') return { kind: 'no_round' };
  if (round !== null) for (const [slice, state] of round) target.load(slice, state);
  let epoch = round === null ? 0 : epochOf(round);
  let records = round === null ? 0 : round.size;
  let isStopped = false;
  for (let next = entries.next(); ; next = entries.next()) {
    if (next.done === true) {
      return { kind: 'read', end: next.value, hasRound, epoch, records, isStopped };
    }
    const problem = findKindProblem(next.value.json);
    if (problem !== null) return damageOf(disk, next.value, problem);
    const { body, timeUs } = recordOf(next.value);
    if (body.kind === 'run_started') {
      if (body.format !== JOURNAL_FORMAT) return ofRun(body.format, next.value);
      epoch = body.epoch;
    }
    fold(target, next.value, body, timeUs);
    records += 1;
    isStopped = body.kind === 'run_stopped';
  }
}

const recordOf = (entry: JournalEntry): JournalRecord =>
  JSON.parse(entry.json.toString()) as JournalRecord;

const ofRun = (format: unknown, { file }: JournalEntry): OtherFormat =>
  otherFormat(typeof format === 'number' ? format : null, journalFileName(file));

function readRound(entries: Generator<JournalEntry, ScanEnd>): Round | 'incomplete' {
  const collector = createRoundCollector();
  for (let next = entries.next(); next.done !== true; next = entries.next()) {
    const record = recordOf(next.value);
    if (record.body.kind !== 'checkpoint') break;
    const round = collector.feed(record);
    if (round !== 'incomplete') return round;
  }
  return 'incomplete';
}

function fold(target: RecoveryTarget, entry: JournalEntry, body: Fact, timeUs: number): void {
  try {
    target.fold(body, timeUs);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    const where = `${journalFileName(entry.file)}, byte offset ${entry.offset}`;
    const what = `record ${entry.seq} (${body.kind}; ${where}) contradicts those before it`;
    throw new InvariantError(`${what}: ${error.message}`, { cause: error });
  }
}

// Owns how the tables follow the journal: from its files, by a cursor the tables hold themselves.
// Promise: only durable records, each once and chained; a cursor of another journal is a rebuild.
import { InvariantError } from '../core/assert.ts';
import type { JournalRecord } from '../facts/fact.ts';
import type { Disk } from './disk.ts';
import { checkLine, journalFileName, listJournalFiles } from './journal-format.ts';
import { JOURNAL_START, type JournalPlace, readLineBefore, readLines } from './journal-scan.ts';
import { rowsOf } from './rows.ts';
import type { Sink } from './sink.ts';

export interface Projector {
  /**
   * Projects at most `max` records up to number `durableSeq`, of which all are on the disk; true
   * when more are left. Rejects where the sink or the journal fails; nothing half done stays.
   */
  step(durableSeq: number, max: number): Promise<boolean>;
  /** Of the last record projected. */
  readonly seq: number;
  readonly isRestarted: boolean; // the tables were of another journal
}

/** Goes on where the sink stopped, in the journal on `disk` that holds `durableSeq` records. */
export async function openProjector(
  sink: Sink,
  disk: Disk,
  durableSeq: number,
): Promise<Projector> {
  const cursor = await sink.cursor();
  const isRestarted = cursor !== null && !fitsJournal(cursor, disk, durableSeq);
  if (isRestarted) await sink.restart();
  let place = cursor === null || isRestarted ? JOURNAL_START : cursor;
  return {
    async step(upTo, max) {
      if (place.seq >= upTo) return false;
      place = await projectSome(sink, disk, place, Math.min(upTo, place.seq + max));
      return place.seq < upTo;
    },
    get seq() {
      return place.seq;
    },
    isRestarted,
  };
}

/** The cursor stands right behind the record it names, in this journal. */
function fitsJournal(cursor: JournalPlace, disk: Disk, durableSeq: number): boolean {
  if (cursor.seq > durableSeq || !listJournalFiles(disk).includes(cursor.file)) return false;
  const last = readLineBefore(disk, journalFileName(cursor.file), cursor.offset);
  return last !== null && last.seq === cursor.seq && last.hash === cursor.hash;
}

/** What one file still holds up to record `upTo`, in one transaction. */
async function projectSome(
  sink: Sink,
  disk: Disk,
  from: JournalPlace,
  upTo: number,
): Promise<JournalPlace> {
  const { file } = from;
  let place = from;
  for (const line of readLines(disk, journalFileName(file), from.offset)) {
    if (place.seq >= upTo) break; // what follows may be half written
    const check = checkLine(line.bytes, place.hash, place.seq + 1);
    if (check.kind === 'bad') throw broken(place, check.reason);
    if (place === from) sink.begin();
    const record = JSON.parse(check.json.toString()) as JournalRecord;
    for (const row of rowsOf(record, { file, offset: line.offset })) sink.put(row);
    const offset = line.offset + line.bytes.length;
    place = { file, offset, seq: record.seq, hash: check.hash };
  }
  if (place === from) return nextFile(disk, from);
  await sink.commit(place);
  return place;
}

function nextFile(disk: Disk, from: JournalPlace): JournalPlace {
  const file = from.file + 1;
  if (!listJournalFiles(disk).includes(file)) throw broken(from, 'it is in none of the files');
  return { ...from, file, offset: 0 };
}

const broken = ({ file, seq }: JournalPlace, reason: string): InvariantError =>
  new InvariantError(`record ${seq + 1} after ${journalFileName(file)} is durable, but ${reason}`);

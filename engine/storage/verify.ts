// Owns the proof that a journal is what was written: every line, every link, every file.
// Promise: reads only, in bounded memory, and names the first record that is not as it should be.
import { setTimeout } from 'node:timers/promises';
import { JOURNAL_FORMAT } from '../facts/run.ts';
import type { Disk } from './disk.ts';
import type { Damage } from './journal-format.ts';
import { damageOf, type JournalEntry, type ScanEnd, scanJournal } from './journal-scan.ts';
import { statedFormat } from './journal-version.ts';
import { findKindProblem } from './record-kind.ts';

/** `format`: of the last run; null where none is stated. */
export type Verification = { readonly format: number | null } & (
  | {
      readonly kind: 'intact';
      readonly records: number;
      readonly head: string; // hash of the last record; 64 zeros where there is none
      readonly files: number;
    }
  | Damage
);

const YIELD_EVERY = 4096; // records between two turns of the event loop
const GROWTH_WAITS_MAX = 40;
const GROWTH_WAIT_MS = 25;

const RUN_STARTED = '"body":{"kind":"run_started"';
const HEAD_BYTES = 96; // of a record, in which its kind stands

/**
 * Reads the whole journal on `disk`, of whatever format; of this version's, kinds of records that
 * nobody knows are damage. It may be in use: a last line that is just
 * being written is waited for, and counts as damage only when it stays incomplete. A missing folder
 * has 0 records.
 */
export async function verifyJournal(
  disk: Disk,
  visit: (entry: JournalEntry) => void = () => undefined,
): Promise<Verification> {
  let format: number | null = null;
  const found: Damage[] = []; // the first record that is chained and still cannot be taken
  const look = (entry: JournalEntry): void => {
    const isStart = entry.json.toString('latin1', 0, HEAD_BYTES).includes(RUN_STARTED);
    if (isStart) format = statedFormat(entry.json.toString());
    if (found.length === 0 && format === JOURNAL_FORMAT) {
      const problem = findKindProblem(entry.json);
      if (problem !== null) found.push(damageOf(disk, entry, problem));
    }
    visit(entry);
  };
  let end = await scanInTurns(scanJournal(disk), look);
  let waits = 0;
  while (end.kind === 'damaged' && end.isIncomplete && waits < GROWTH_WAITS_MAX) {
    await setTimeout(GROWTH_WAIT_MS);
    const { seq } = end;
    end = await scanInTurns(scanJournal(disk, end.place), look);
    waits = end.kind === 'damaged' && end.seq === seq ? waits + 1 : 0;
  }
  const [unknown] = found;
  if (unknown !== undefined) return { ...unknown, format };
  if (end.kind === 'end') {
    const { place, files } = end;
    return { kind: 'intact', records: place.seq, head: place.hash, files, format };
  }
  const { file, line, offset, seq, reason } = end;
  return { kind: 'damaged', file, line, offset, seq, reason, format };
}

async function scanInTurns(
  entries: Generator<JournalEntry, ScanEnd>,
  visit: (entry: JournalEntry) => void,
): Promise<ScanEnd> {
  for (;;) {
    for (let count = 0; count < YIELD_EVERY; count += 1) {
      const next = entries.next();
      if (next.done === true) return next.value;
      visit(next.value);
    }
    await setTimeout(0);
  }
}

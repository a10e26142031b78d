// Owns the proof that a journal is what was written: every line, every link, every file.
// Promise: reads only, in bounded memory, and names the first record that is not as it should be.
import { setTimeout } from 'node:timers/promises';
import type { Damage } from './journal-format.ts';
import { type JournalEntry, type ScanEnd, scanJournal } from './journal-scan.ts';

export type Verification =
  | {
      readonly kind: 'intact';
      readonly records: number;
      readonly head: string; // hash of the last record; 64 zeros where there is none
      readonly files: number;
    }
  | Damage;

const YIELD_EVERY = 4096; // records between two turns of the event loop
const GROWTH_WAITS_MAX = 40;
const GROWTH_WAIT_MS = 25;

/**
 * Reads the whole journal in `dir`. It may be in use: a last line that is just being written is
 * waited for, and counts as damage only when it stays incomplete. A missing folder has 0 records.
 */
export async function verifyJournal(
  dir: string,
  visit: (entry: JournalEntry) => void = () => undefined,
): Promise<Verification> {
  let end = await scanInTurns(scanJournal(dir), visit);
  let waits = 0;
  while (end.kind === 'damaged' && end.isIncomplete && waits < GROWTH_WAITS_MAX) {
    await setTimeout(GROWTH_WAIT_MS);
    const { seq } = end;
    end = await scanInTurns(scanJournal(dir, end.place), visit);
    waits = end.kind === 'damaged' && end.seq === seq ? waits + 1 : 0;
  }
  if (end.kind === 'end') {
    return { kind: 'intact', records: end.place.seq, head: end.place.hash, files: end.files };
  }
  const { file, line, offset, seq, reason } = end;
  return { kind: 'damaged', file, line, offset, seq, reason };
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

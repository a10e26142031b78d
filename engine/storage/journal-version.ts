// Owns which format a journal is written in, told by the start of its first run.
// Promise: reads one line; a journal of another format is named as such, never half understood.
import type { JournalRecord } from '../facts/fact.ts';
import { JOURNAL_FORMAT } from '../facts/run.ts';
import type { Disk } from './disk.ts';
import { checkLine, GENESIS, journalFileName, listJournalFiles } from './journal-format.ts';
import { readLines } from './journal-scan.ts';

/** The first record is no start of a run in the format of this version. */
export interface OtherFormat {
  readonly kind: 'format';
  readonly found: number | null; // null: none is stated, as before there were formats
  readonly wanted: number;
  readonly file: string; // name within the journal folder
}

const FIRST = journalFileName(1);

/**
 * The format of the journal on `disk`. Null where no first record can be read: there is none, it is
 * torn or damaged, which recovery and verification find out and say.
 */
export function formatOf(disk: Disk): { readonly format: number | null } | null {
  if (!listJournalFiles(disk).includes(1)) return null;
  const [line] = readLines(disk, FIRST);
  if (line === undefined) return null;
  const check = checkLine(line.bytes, GENESIS, 1);
  if (check.kind === 'bad') return null;
  return { format: statedFormat(check.json.toString()) };
}

/** The format a record states; null where it states none. */
export function statedFormat(json: string): number | null {
  const { body } = JSON.parse(json) as { readonly body: Partial<JournalRecord['body']> };
  return body.kind === 'run_started' && typeof body.format === 'number' ? body.format : null;
}

/** Null where the journal is of this version's format, or holds nothing yet. */
export function findOtherFormat(disk: Disk): OtherFormat | null {
  const stated = formatOf(disk);
  if (stated === null || stated.format === JOURNAL_FORMAT) return null;
  return otherFormat(stated.format, FIRST);
}

export const otherFormat = (found: number | null, file: string): OtherFormat => ({
  kind: 'format',
  found,
  wanted: JOURNAL_FORMAT,
  file,
});

/** One sentence for a person: what is there, what is wanted, what to do. */
export function describeFormat({ found, wanted, file }: OtherFormat, folder: string): string {
  const has = found === null ? 'states no format' : `is of format ${found}`;
  return (
    `the journal in ${folder} ${has} (${file}), this version reads format ${wanted} only; ` +
    'choose another folder with --state. Nothing was changed: the version that wrote it still ' +
    'reads it, and colin audit verify checks its chain'
  );
}

// Owns what a database has to do to hold the tables: keep rows together with its place.
// Promise: rows and cursor move together or not at all, so any record may be put again.
import type { JournalPlace } from './journal-scan.ts';
import type { Row } from './tables.ts';

/** Every method rejects with what the database says; the sink is then closed and given up. */
export interface Sink {
  /** The place after the last record it holds, null while it holds none. */
  cursor(): Promise<JournalPlace | null>;
  /** Empties it, because it does not fit the journal. */
  restart(): Promise<void>;
  begin(): void;
  /** Between begin and commit. A row takes the place of the one with its key. */
  put(row: Row): void;
  commit(cursor: JournalPlace): Promise<void>;
  close(): Promise<void>;
}

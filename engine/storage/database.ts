// Owns the embedded database file: opening, its schema's version, starting over.
// Promise: what is in it can be thrown away at any time; the journal is the truth.
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Raise it when SCHEMA or what is written into it changes: every database is then rebuilt. */
export const SCHEMA_VERSION = 1;

// A float may be null: JSON writes null for what is not finite.
const SCHEMA = `
create table cursor (
  one integer primary key check (one = 1),
  file integer not null, offset integer not null, seq integer not null, hash text not null
) strict;
create table records (
  seq integer primary key, time_us integer not null, kind text not null, order_id text,
  file integer not null, offset integer not null
) strict;
create index records_by_order on records (order_id) where order_id is not null;
create index records_by_kind on records (kind, seq);
create table orders (
  id text primary key, instrument text not null, account text not null, strategy text not null,
  side text not null, type text not null, qty text not null, price text,
  time_in_force text not null, state text not null, filled_qty text not null, average_price text,
  reason text not null, created_us integer not null, updated_us integer not null,
  seq integer not null
) strict;
create index orders_by_state on orders (state, seq);
create table fills (
  seq integer primary key, time_us integer not null, id text not null, order_id text not null,
  instrument text not null, side text not null, price text not null, qty text not null,
  fee text not null, fee_asset text not null, realised text not null, liquidity text not null
) strict;
create index fills_by_order on fills (order_id);
create table positions (
  instrument text primary key, qty text not null, cost text not null, entry_price text not null,
  realised text not null, fees text not null, seq integer not null
) strict;
create table ledger (
  seq integer not null, line integer not null, time_us integer not null,
  account text not null, amount text not null, primary key (seq, line)
) strict;
create index ledger_by_account on ledger (account, seq);
create table signals (
  seq integer primary key, time_us integer not null, id integer not null,
  instrument text not null, direction text not null, probability real,
  confidence real, strength real, horizon_us integer not null,
  model text not null, book_sequence integer not null, mid real, action text not null
) strict;
create table verdicts (
  seq integer primary key, time_us integer not null, order_id text not null,
  instrument text not null, side text not null, qty text not null, price text,
  book_sequence integer not null, approved integer not null, decided_by text not null,
  breaches text not null, notional real, var_after real
) strict;
create index verdicts_by_order on verdicts (order_id);
pragma user_version = ${SCHEMA_VERSION};
`;

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly isNew: boolean;
  readonly reason: string; // why it is new, '' when it is not
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 1000 });
  // WAL: readers never block the writer. No syncs: after a crash it is rebuilt where it lags.
  database.exec('pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -4000;');
  return database;
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('pragma user_version').get()?.user_version ?? 0);
}

/** Opens the database, or starts it anew when it is missing, unreadable or of another version. */
export function openDatabase(path: string): OpenedDatabase {
  let reason = 'there was none';
  try {
    const database = open(path);
    const version = versionOf(database);
    if (version === SCHEMA_VERSION) return { database, isNew: false, reason: '' };
    if (version !== 0) reason = `its schema is version ${version}, not ${SCHEMA_VERSION}`;
    database.close();
  } catch (error) {
    reason = `it cannot be read (${error instanceof Error ? error.message : error})`;
  }
  return recreateDatabase(path, reason);
}

/** Deletes the file and its companions and creates the empty schema. Throws when it cannot. */
export function recreateDatabase(path: string, reason: string): OpenedDatabase {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const database = open(path);
  database.exec(`begin; ${SCHEMA} commit;`);
  return { database, isNew: true, reason };
}

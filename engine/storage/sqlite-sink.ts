// Owns the tables in an embedded SQLite file: opening, its schema's version, starting over.
// Promise: what is in it can be thrown away at any time; the journal is the truth.
import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { assert } from '../core/assert.ts';
import type { JournalPlace } from './journal-scan.ts';
import type { Sink } from './sink.ts';
import { columnName, type Row, TABLES, type TableShape } from './tables.ts';

/** Raise it when TABLES or what is written into them changes: every database is then rebuilt. */
export const SCHEMA_VERSION = 4;

export interface SqliteSink extends Sink {
  /** Why it was started anew, '' when it was not. */
  readonly reason: string;
}

const SHAPES: readonly (readonly [string, TableShape])[] = Object.entries(TABLES);

const CURSOR = `
create table cursor (
  one integer primary key check (one = 1),
  file integer not null, offset integer not null, seq integer not null, hash text not null
) strict;`;

const names = (columns: readonly string[]): string => columns.map(columnName).join(', ');

function tableSql([table, { columns, key, indices }]: readonly [string, TableShape]): string {
  const lines = Object.entries(columns).map(([column, type]) =>
    type.endsWith('?')
      ? `${columnName(column)} ${type.slice(0, -1)}`
      : `${columnName(column)} ${type} not null`,
  );
  const indexSql = indices.map(
    (index) =>
      `create index ${table}_by_${index.map(columnName).join('_')} on ${table} (${names(index)});`,
  );
  const body = [...lines, `primary key (${names(key)})`].join(', ');
  return [`create table ${table} (${body}) strict;`, ...indexSql].join('\n');
}

const SCHEMA = [CURSOR, ...SHAPES.map(tableSql), `pragma user_version = ${SCHEMA_VERSION};`].join(
  '\n',
);

interface Opened {
  readonly database: DatabaseSync;
  readonly reason: string;
}

/** Opens the file, or starts it anew when it is missing, unreadable or of another version. */
export function openSqliteSink(path: string): SqliteSink {
  const opened = openOrCreate(path);
  let { database } = opened;
  let inserts = insertsOf(database);
  return {
    reason: opened.reason,
    async cursor() {
      const row = database.prepare('select file, offset, seq, hash from cursor').get();
      if (row === undefined) return null;
      const [file, offset, seq] = [Number(row.file), Number(row.offset), Number(row.seq)];
      return { file, offset, seq, hash: String(row.hash) };
    },
    async restart() {
      database.close();
      database = create(path);
      inserts = insertsOf(database);
    },
    begin: () => database.exec('begin'),
    put: (row) => put(inserts, row),
    async commit(cursor) {
      saveCursor(database, cursor);
      database.exec('commit');
    },
    async close() {
      database.close(); // what was not committed goes
    },
  };
}

function saveCursor(database: DatabaseSync, { file, offset, seq, hash }: JournalPlace): void {
  const statement = database.prepare('insert or replace into cursor values (1, ?, ?, ?, ?)');
  statement.run(file, offset, seq, hash);
}

type Inserts = ReadonlyMap<
  string,
  { readonly columns: readonly string[]; readonly sql: StatementSync }
>;

function insertsOf(database: DatabaseSync): Inserts {
  return new Map(
    SHAPES.map(([table, shape]) => {
      const columns = Object.keys(shape.columns);
      const marks = columns.map(() => '?').join(', ');
      const into = `insert or replace into ${table} (${names(columns)})`;
      return [table, { columns, sql: database.prepare(`${into} values (${marks})`) }];
    }),
  );
}

function put(inserts: Inserts, { table, values }: Row): void {
  const insert = inserts.get(table);
  assert(insert !== undefined, `there is no table '${table}'`);
  const row: Readonly<Record<string, string | number | null>> = values;
  insert.sql.run(...insert.columns.map((column) => row[column] ?? null));
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 1000 });
  // WAL: readers never block the writer. No syncs: after a crash it is rebuilt where it lags.
  database.exec('pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -4000;');
  return database;
}

function openOrCreate(path: string): Opened {
  let reason = 'there was none';
  try {
    const database = open(path);
    const version = Number(database.prepare('pragma user_version').get()?.user_version ?? 0);
    if (version === SCHEMA_VERSION) return { database, reason: '' };
    if (version !== 0) reason = `its schema is version ${version}, not ${SCHEMA_VERSION}`;
    database.close();
  } catch (error) {
    reason = `it cannot be read (${error instanceof Error ? error.message : error})`;
  }
  return { database: create(path), reason };
}

/** Deletes the file and its companions and creates the empty tables. Throws when it cannot. */
function create(path: string): DatabaseSync {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const database = open(path);
  database.exec(`begin; ${SCHEMA} commit;`);
  return database;
}

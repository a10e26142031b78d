// Owns the journal's projections: tables a person can query, fed from the journal files themselves.
// Promise: only durable records are projected, each once; a cursor that does not fit is a rebuild.
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { assertNever } from '../core/assert.ts';
import type { Fact, JournalRecord, LedgerLine } from '../facts/fact.ts';
import { openDatabase, recreateDatabase } from './database.ts';
import { JSON_AT, journalFileName, listJournalFiles } from './journal-format.ts';
import { JOURNAL_START, type JournalPlace, readLineBefore, readLines } from './journal-scan.ts';

export interface Projector {
  /** Projects at most `max` records that lie before `end`; true when more are left. */
  step(end: JournalPlace, max: number): boolean;
  close(): void;
  /** Why the tables were started anew, null when they were not. */
  readonly rebuilt: string | null;
}

/** Opens the database for the journal in `dir` that ends at `end`. Throws what SQLite throws. */
export function openProjector(path: string, dir: string, end: JournalPlace): Projector {
  let opened = openDatabase(path);
  let cursor = opened.isNew ? null : readCursor(opened.database);
  if (cursor !== null && !fitsJournal(cursor, dir, end)) {
    opened.database.close();
    opened = recreateDatabase(path, 'it does not fit this journal');
    cursor = null;
  }
  const { database } = opened;
  const write = createTableWriter(database);
  const saveCursor = database.prepare('insert or replace into cursor values (1, ?, ?, ?, ?)');
  let place: JournalPlace = cursor ?? JOURNAL_START;
  const saved = (next: JournalPlace): void => {
    saveCursor.run(next.file, next.offset, next.seq, next.hash);
  };
  return {
    step(upTo, max) {
      if (place.seq >= upTo.seq) return false;
      database.exec('begin');
      try {
        place = projectSome(dir, place, upTo, max, write, saved);
        database.exec('commit');
      } catch (error) {
        database.exec('rollback');
        throw error;
      }
      return place.seq < upTo.seq;
    },
    close: () => database.close(),
    rebuilt: opened.isNew ? opened.reason : null,
  };
}

function readCursor(database: DatabaseSync): JournalPlace | null {
  const row = database.prepare('select file, offset, seq, hash from cursor').get();
  if (row === undefined) return null;
  return {
    file: Number(row.file),
    offset: Number(row.offset),
    seq: Number(row.seq),
    hash: String(row.hash),
  };
}

/** The cursor stands right behind the record it names, in this journal. */
function fitsJournal(cursor: JournalPlace, dir: string, end: JournalPlace): boolean {
  if (cursor.seq > end.seq || !listJournalFiles(dir).includes(cursor.file)) return false;
  const last = readLineBefore(join(dir, journalFileName(cursor.file)), cursor.offset);
  return last !== null && last.seq === cursor.seq && last.hash === cursor.hash;
}

type WriteRecord = (record: JournalRecord, file: number, offset: number) => void;

function projectSome(
  dir: string,
  from: JournalPlace,
  upTo: JournalPlace,
  max: number,
  write: WriteRecord,
  save: (place: JournalPlace) => void,
): JournalPlace {
  let place = from;
  const path = join(dir, journalFileName(from.file));
  const end = from.file === upTo.file ? upTo.offset : Number.POSITIVE_INFINITY;
  for (const line of readLines(path, from.offset, end)) {
    if (place.seq - from.seq >= max) break;
    const json = line.bytes.toString('utf8', JSON_AT);
    const record = JSON.parse(json) as JournalRecord;
    write(record, from.file, line.offset);
    const hash = line.bytes.toString('latin1', 0, JSON_AT - 1);
    const offset = line.offset + line.bytes.length;
    place = { file: from.file, offset, seq: record.seq, hash };
  }
  if (place !== from) save(place);
  // Nothing left in this file: the next record is in the next one.
  else if (from.file < upTo.file) return { ...from, file: from.file + 1, offset: 0 };
  return place;
}

/** Order a record speaks of, null where it speaks of none. */
export function orderIdOf(body: Fact): string | null {
  if (body.kind === 'order') return body.order.id;
  if (body.kind === 'fill') return body.fill.orderId;
  return body.kind === 'verdict' ? body.orderId : null;
}

type Row = readonly SQLInputValue[];
type Insert = (...values: SQLInputValue[]) => void;

function createInsert(database: DatabaseSync, table: string, columns: number): Insert {
  const marks = Array.from({ length: columns }, () => '?').join(', ');
  const statement = database.prepare(`insert or replace into ${table} values (${marks})`);
  return (...values) => {
    statement.run(...values);
  };
}

type Table = 'records' | 'orders' | 'fills' | 'positions' | 'ledger' | 'signals' | 'verdicts';
type Inserts = Readonly<Record<Table, Insert>>;

function createTableWriter(database: DatabaseSync): WriteRecord {
  const insert: Inserts = {
    records: createInsert(database, 'records', 6),
    orders: createInsert(database, 'orders', 16),
    fills: createInsert(database, 'fills', 12),
    positions: createInsert(database, 'positions', 7),
    ledger: createInsert(database, 'ledger', 5),
    signals: createInsert(database, 'signals', 13),
    verdicts: createInsert(database, 'verdicts', 13),
  };
  return (record, file, offset) => {
    const { seq, timeUs, body } = record;
    insert.records(seq, timeUs, body.kind, orderIdOf(body), file, offset);
    writeBody(insert, record);
  };
}

function writeBody(insert: Inserts, record: JournalRecord): void {
  const { seq, body } = record;
  const postLedger = (lines: readonly LedgerLine[]): void => {
    for (const [line, { account, amount }] of lines.entries()) {
      insert.ledger(seq, line, record.timeUs, account, amount);
    }
  };
  switch (body.kind) {
    case 'order':
      insert.orders(...orderRow(seq, body));
      break;
    case 'fill':
      insert.fills(...fillRow(record, body));
      insert.positions(...positionRow(seq, body));
      postLedger(body.ledger);
      break;
    case 'deposit':
      postLedger(body.ledger);
      break;
    case 'signal':
      insert.signals(...signalRow(record, body));
      break;
    case 'verdict':
      insert.verdicts(...verdictRow(record, body));
      break;
    case 'run_started':
    case 'recovered':
    case 'ids_reserved':
    case 'checkpoint':
    case 'trading_state':
    case 'book':
    case 'limits':
    case 'breaker':
    case 'drawdown':
    case 'reduction':
    case 'kill':
    case 'risk_report':
    case 'run_stopped':
      break;
    default:
      assertNever(body);
  }
}

type Body<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

function orderRow(seq: number, { order }: Body<'order'>): Row {
  const { id, instrument, account, strategy, side, type, qty, price, timeInForce } = order;
  const { state, filledQty, averagePrice, reason, createdUs, updatedUs } = order;
  const terms = [id, instrument, account, strategy, side, type, qty, price, timeInForce];
  return [...terms, state, filledQty, averagePrice, reason, createdUs, updatedUs, seq];
}

function fillRow({ seq, timeUs }: JournalRecord, { fill }: Body<'fill'>): Row {
  const { id, orderId, instrument, side, price, qty, fee, feeAsset, realised, liquidity } = fill;
  const terms = [seq, timeUs, id, orderId, instrument, side, price, qty];
  return [...terms, fee, feeAsset, realised, liquidity];
}

function positionRow(seq: number, { position }: Body<'fill'>): Row {
  const { instrument, qty, cost, entryPrice, realised, fees } = position;
  return [instrument, qty, cost, entryPrice, realised, fees, seq];
}

function signalRow({ seq, timeUs }: JournalRecord, body: Body<'signal'>): Row {
  const { id, instrument, direction, probability, confidence, strength } = body;
  const { horizonUs, model, bookSequence, mid, action } = body;
  const judged = [seq, timeUs, id, instrument, direction, probability, confidence, strength];
  return [...judged, horizonUs, model, bookSequence, mid, action];
}

function verdictRow({ seq, timeUs }: JournalRecord, body: Body<'verdict'>): Row {
  const { orderId, instrument, side, qty, price, bookSequence, approved, by } = body;
  const terms = [seq, timeUs, orderId, instrument, side, qty, price, bookSequence];
  const breaches = JSON.stringify(body.breaches);
  return [...terms, approved ? 1 : 0, by, breaches, body.notional, body.varAfter];
}

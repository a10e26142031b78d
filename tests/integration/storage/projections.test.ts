// Owns the proof that the tables say what the journal says, and come back when they are lost.
// Promise: real SQLite files, fed from real journals.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Fact } from '../../../engine/facts/fact.ts';
import { openDisk } from '../../../engine/storage/disk.ts';
import type { JournalPlace } from '../../../engine/storage/journal-scan.ts';
import { openProjector } from '../../../engine/storage/projector.ts';
import { openSqliteSink } from '../../../engine/storage/sqlite-sink.ts';
import {
  capitalValued,
  deposit,
  fill,
  instrumentAdded,
  refusals,
  request,
  signal,
  strategy,
  verdict,
} from './fact-fixture.ts';
import {
  bodies,
  flipByte,
  order,
  temporaryFolder,
  timeUs,
  writeJournal,
} from './journal-fixture.ts';

/** Projects everything in small steps; why the tables were started anew, if they were. */
async function projectAll(path: string, dir: string, end: JournalPlace): Promise<string | null> {
  const sink = openSqliteSink(path);
  const projector = await openProjector(sink, openDisk(dir), end.seq);
  while (await projector.step(end.seq, 7));
  assert.equal(projector.seq, end.seq);
  await sink.close();
  return projector.isRestarted ? 'it does not fit' : sink.reason || null;
}

const rowsOf = (path: string, sql: string): object[] => {
  const database = new DatabaseSync(path);
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map((row) => ({ ...row }));
};

const count = (path: string): unknown =>
  (rowsOf(path, 'select count(*) n from records')[0] as { n: number }).n;

test('projections: each record is projected once, over rotated files and starts', async () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  const first = writeJournal(dir, bodies(50), 4000);
  assert.equal(await projectAll(path, dir, first), 'there was none');
  const second = writeJournal(dir, bodies(20), 4000, first);
  assert.equal(await projectAll(path, dir, second), null, 'the cursor fits: nothing is rebuilt');
  assert.equal(await projectAll(path, dir, second), null);
  assert.equal(count(path), 70);
  const open = rowsOf(path, "select id from orders where state = 'open' order by id limit 2");
  assert.deepEqual(open, [{ id: order(2, 'open').id }, { id: order(4, 'open').id }]);
});

test('projections: a database that is missing, foreign or of old schema is rebuilt', async () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  const end = writeJournal(dir, bodies(30));
  await projectAll(path, dir, end);
  rmSync(path);
  assert.equal(await projectAll(path, dir, end), 'there was none');
  writeFileSync(path, 'this is no database, but long enough to be taken for one'.repeat(40));
  assert.match((await projectAll(path, dir, end)) ?? '', /cannot be read/);
  const database = new DatabaseSync(path);
  database.exec('pragma user_version = 99');
  database.close();
  assert.match((await projectAll(path, dir, end)) ?? '', /version 99/);
  assert.equal(count(path), 30);
});

test('projections: a database of another journal, or ahead of this one, is rebuilt', async () => {
  const path = join(temporaryFolder(), 'p.db');
  const [one, other] = [temporaryFolder(), temporaryFolder()];
  await projectAll(path, one, writeJournal(one, bodies(40)));
  const end = writeJournal(other, [...bodies(39), ...bodies(9).slice(1)]);
  assert.match((await projectAll(path, other, end)) ?? '', /does not fit/);
  assert.equal(count(path), 47);
  const short = temporaryFolder();
  assert.match(
    (await projectAll(path, short, writeJournal(short, bodies(5)))) ?? '',
    /does not fit/,
  );
  assert.equal(count(path), 5);
});

test('projections: each kind of row has its table, with what people ask for', async () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  const mid = Number.NaN; // JSON has no NaN: it becomes null, in the table too
  const waiting: Fact = { ...deposit, value: null };
  const facts = [waiting, fill, { ...signal, mid }, verdict, request, strategy, refusals];
  const all = [...facts, capitalValued, instrumentAdded];
  await projectAll(path, dir, writeJournal(dir, all));
  const sum = rowsOf(
    path,
    'select account, venue, book, asset, count(*) n from postings group by 3',
  );
  const usdm = { account: 'main', venue: 'binance-usdm', n: 1 };
  assert.deepEqual(sum, [
    { ...usdm, book: 'balance', asset: 'BNB', n: 2 },
    { ...usdm, book: 'capital', asset: 'USDT' },
    { ...usdm, book: 'fees', asset: 'BNB' },
  ]);
  const [one] = rowsOf(path, 'select seq, time_us, account, strategy, fee, fee_asset from fills');
  const expected = { seq: 2, time_us: timeUs(2), account: 'main', strategy: 'manual' };
  assert.deepEqual(one, { ...expected, fee: '0.002', fee_asset: 'BNB' });
  assert.deepEqual(rowsOf(path, 'select qty, seq from positions'), [{ qty: '0.7', seq: 2 }]);
  assert.deepEqual(rowsOf(path, 'select qty, seq from holdings'), [{ qty: '0.5', seq: 2 }]);
  assert.deepEqual(rowsOf(path, 'select id, mid from signals'), [{ id: 4, mid: null }]);
  const [judged] = rowsOf(path, 'select approved, breaches, warnings, stress_after from verdicts');
  const { approved, breaches, warnings, stress_after } = judged as Record<string, string>;
  assert.deepEqual([approved, stress_after], [0, 14]);
  assert.deepEqual(JSON.parse(breaches ?? '')[0].limit, 'position');
  assert.deepEqual(JSON.parse(warnings ?? '')[0].limit, 'gross');
  const who = rowsOf(path, "select by, reason from requests where request = 'cancel'");
  assert.deepEqual(who, [{ by: 'anna', reason: 'too far away' }]);
  const ofOrder = rowsOf(path, `select kind from records where order_id = '${fill.fill.orderId}'`);
  assert.deepEqual(ofOrder, [{ kind: 'fill' }, { kind: 'verdict' }, { kind: 'request' }]);
  assert.deepEqual(rowsOf(path, 'select value from capital'), [{ value: 998.5 }]);
  assert.deepEqual(rowsOf(path, 'select name, state from strategies')[0], {
    name: 'mine',
    state: 'failed',
  });
  assert.deepEqual(rowsOf(path, 'select key, state from instruments')[0], {
    key: 'BTCUSDT.binance-usdm',
    state: 'added',
  });
});

test('projections: what is not durable yet is not read, though it lies in the file', async () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  writeJournal(dir, bodies(10));
  const sink = openSqliteSink(path);
  const projector = await openProjector(sink, openDisk(dir), 0);
  assert.equal(await projector.step(4, 100), false);
  assert.equal(projector.seq, 4);
  await sink.close();
  assert.equal(count(path), 4);
});

test('projections: a record that does not continue the chain is refused by number', async () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  const end = writeJournal(dir, bodies(10));
  flipByte(join(dir, '000001.log'), end.offset - 20);
  const sink = openSqliteSink(path);
  const projector = await openProjector(sink, openDisk(dir), 10);
  await assert.rejects(projector.step(10, 100), /record 10 .*the hash does not match/);
  await sink.close();
  assert.equal(count(path), 0, 'the step was one transaction');
});

// Owns the proof that the tables say what the journal says, and come back when they are lost.
// Promise: real SQLite files, fed from real journals.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Fact } from '../../../engine/facts/fact.ts';
import type { JournalPlace } from '../../../engine/storage/journal-scan.ts';
import { openProjector } from '../../../engine/storage/projections.ts';
import { bodies, order, temporaryFolder, timeUs, writeJournal } from './journal-fixture.ts';

/** Projects everything in small steps; why the tables were started anew, if they were. */
function projectAll(path: string, dir: string, end: JournalPlace): string | null {
  const projector = openProjector(path, dir, end);
  while (projector.step(end, 7));
  projector.close();
  return projector.rebuilt;
}

const rowsOf = (path: string, sql: string): object[] => {
  const database = new DatabaseSync(path);
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map((row) => ({ ...row }));
};

const count = (path: string): unknown =>
  (rowsOf(path, 'select count(*) n from records')[0] as { n: number }).n;

test('projections: each record is projected once, over rotated files and several starts', () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  const first = writeJournal(dir, bodies(50), 4000);
  assert.equal(projectAll(path, dir, first), 'there was none');
  const second = writeJournal(dir, bodies(20), 4000, first);
  assert.equal(projectAll(path, dir, second), null, 'the cursor fits: nothing is rebuilt');
  assert.equal(projectAll(path, dir, second), null);
  assert.equal(count(path), 70);
  const open = rowsOf(path, "select id from orders where state = 'open' order by id limit 2");
  assert.deepEqual(open, [{ id: order(2, 'open').id }, { id: order(4, 'open').id }]);
});

test('projections: a database that is missing, foreign or of another version is rebuilt', () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  const end = writeJournal(dir, bodies(30));
  projectAll(path, dir, end);
  rmSync(path);
  assert.equal(projectAll(path, dir, end), 'there was none');
  writeFileSync(path, 'this is no database, but long enough to be taken for one'.repeat(40));
  assert.match(projectAll(path, dir, end) ?? '', /cannot be read/);
  const database = new DatabaseSync(path);
  database.exec('pragma user_version = 99');
  database.close();
  assert.match(projectAll(path, dir, end) ?? '', /version 99/);
  assert.equal(count(path), 30);
});

test('projections: a database of another journal, or ahead of this one, is rebuilt', () => {
  const path = join(temporaryFolder(), 'p.db');
  const [one, other] = [temporaryFolder(), temporaryFolder()];
  projectAll(path, one, writeJournal(one, bodies(40)));
  const end = writeJournal(other, [...bodies(39), ...bodies(9).slice(1)]);
  assert.match(projectAll(path, other, end) ?? '', /does not fit/);
  assert.equal(count(path), 47);
  const short = temporaryFolder();
  assert.match(projectAll(path, short, writeJournal(short, bodies(5))) ?? '', /does not fit/);
  assert.equal(count(path), 5);
});

const instrument = 'BTCUSDT.binance-usdm';
const ledger = [
  { account: 'cash:USDT', amount: '-1.25' },
  { account: 'fees:USDT', amount: '1.25' },
];
const common = { instrument, side: 'buy', qty: '0.5', price: '61800.2' } as const;
const mixed: Fact[] = [
  { kind: 'deposit', ledger },
  {
    kind: 'fill',
    fill: {
      ...common,
      id: 'v1',
      orderId: 'c1',
      account: 'main',
      strategy: 'manual',
      fee: '1.25',
      feeAsset: 'USDT',
      realised: '0',
      liquidity: 'maker',
    },
    ledger,
    position: { instrument, qty: '0.5', cost: '1', entryPrice: '2', realised: '0', fees: '1.25' },
  },
  {
    kind: 'signal',
    id: 5,
    instrument,
    direction: 'up',
    probability: 0.61,
    confidence: 0.22,
    strength: 0.1,
    horizonUs: 1e6,
    model: 'm1',
    bookSequence: 9,
    mid: Number.NaN, // JSON has no NaN: it becomes null, in the table too
    action: 'trade',
  },
  {
    kind: 'verdict',
    ...common,
    orderId: 'c2',
    account: 'main',
    strategy: 'manual',
    origin: { kind: 'signal', signalId: 5 },
    bookSequence: 9,
    approved: false,
    by: 'risk',
    breaches: [{ limit: 'position', scope: `instrument:${instrument}`, asked: 2, allowed: 1 }],
    warnings: [],
    notional: 30900.1,
    varAfter: 12,
    historicalVarAfter: 13,
    stressAfter: 14,
  },
];

test('projections: fills, positions, ledger, signals and verdicts have their tables', () => {
  const dir = temporaryFolder();
  const path = join(temporaryFolder(), 'p.db');
  projectAll(path, dir, writeJournal(dir, mixed));
  const sum = rowsOf(path, 'select account, count(*) n from ledger group by account');
  assert.deepEqual(sum, [
    { account: 'cash:USDT', n: 2 },
    { account: 'fees:USDT', n: 2 },
  ]);
  const [fill] = rowsOf(path, 'select seq, time_us, id, fee, liquidity from fills');
  const expected = { seq: 2, time_us: timeUs(2), id: 'v1', fee: '1.25', liquidity: 'maker' };
  assert.deepEqual(fill, expected);
  assert.deepEqual(rowsOf(path, 'select qty, seq from positions'), [{ qty: '0.5', seq: 2 }]);
  assert.deepEqual(rowsOf(path, 'select id, mid from signals'), [{ id: 5, mid: null }]);
  const [verdict] = rowsOf(path, 'select approved, breaches from verdicts') as [
    { approved: number; breaches: string },
  ];
  assert.equal(verdict.approved, 0);
  assert.deepEqual(JSON.parse(verdict.breaches)[0].limit, 'position');
  const ofOrder = rowsOf(path, "select kind from records where order_id = 'c1'");
  assert.deepEqual(ofOrder, [{ kind: 'fill' }]);
});

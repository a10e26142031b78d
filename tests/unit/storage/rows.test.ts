// Owns the proof of what each fact puts into the tables: who, whose, why and how much.
// Promise: every kind of fact is asked; rows hold exactly the columns their table has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact } from '../../../engine/facts/fact.ts';
import { orderIdOf, rowsOf } from '../../../engine/storage/rows.ts';
import { type Row, type RowOf, TABLES, type Table } from '../../../engine/storage/tables.ts';
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
} from '../../integration/storage/fact-fixture.ts';
import { bodies, order, round } from '../../integration/storage/journal-fixture.ts';

const rows = (body: Fact): readonly Row[] =>
  rowsOf({ seq: 5, timeUs: 77, body }, { file: 2, offset: 99 });

function rowIn<Name extends Table>(table: Name, body: Fact): RowOf<Name>['values'] {
  const found = rows(body).find((row) => row.table === table);
  assert.ok(found !== undefined, `${body.kind} has no row in ${table}`);
  return found.values as RowOf<Name>['values'];
}

test('rows: a row has exactly the columns of its table', () => {
  const facts = [deposit, fill, instrumentAdded, refusals, request, signal, strategy, verdict];
  const orders: Fact[] = [{ kind: 'order', order: order(4, 'open') }, capitalValued];
  const seen = new Set<string>();
  for (const body of [...facts, ...orders]) {
    for (const { table, values } of rows(body)) {
      seen.add(table);
      assert.deepEqual(Object.keys(values).sort(), Object.keys(TABLES[table].columns).sort());
    }
  }
  assert.deepEqual([...seen].sort(), Object.keys(TABLES).sort(), 'every table is written');
});

test('rows: every record has a row that says where it lies and which order it speaks of', () => {
  for (const body of [...bodies(10), ...round(1), request, fill, verdict]) {
    const { seq, timeUs, kind, orderId, file, offset } = rowIn('records', body);
    assert.deepEqual([seq, timeUs, kind, file, offset], [5, 77, body.kind, 2, 99]);
    assert.equal(orderId, orderIdOf(body));
  }
  assert.equal(orderIdOf(request), order(4, 'open').id);
});

test('rows: a verdict keeps whose order it was, its warnings and its stress', () => {
  const { account, strategy: whose, warnings, stressAfter, approved } = rowIn('verdicts', verdict);
  assert.deepEqual([account, whose, stressAfter, approved], ['main', 'manual', 14, 0]);
  assert.equal(JSON.parse(warnings)[0].limit, 'gross');
  assert.equal(rowIn('verdicts', verdict).clientKey, 'anna/k-1');
});

test('rows: a fill keeps whose it was and the fee in its own asset, and both holdings', () => {
  const { account, strategy: whose, fee, feeAsset, number } = rowIn('fills', fill);
  assert.deepEqual([account, whose, fee, feeAsset, number], ['main', 'manual', '0.002', 'BNB', 3]);
  assert.equal(rowIn('positions', fill).qty, '0.7');
  assert.equal(rowIn('holdings', fill).qty, '0.5');
  assert.equal(rowIn('holdings', fill).strategy, 'manual');
});

test('rows: postings say account, venue, book and asset, line by line', () => {
  const postings = rows(fill).filter((row) => row.table === 'postings');
  assert.deepEqual(postings[1]?.values, {
    ...{ seq: 5, timeUs: 77, line: 1, account: 'main', venue: 'binance-usdm' },
    ...{ book: 'fees', asset: 'BNB', amount: '0.002' },
  });
  assert.equal(rows(deposit).filter((row) => row.table === 'postings').length, 2);
});

test('rows: a request says who asked for it and why', () => {
  const { orderId, request: what, state, by, reason, attempt } = rowIn('requests', request);
  const expected = [order(4, 'open').id, 'cancel', 'sent', 'anna', 'too far away', 1];
  assert.deepEqual([orderId, what, state, by, reason, attempt], expected);
});

test('rows: capital that is valued later has its row then, and not before', () => {
  const waiting: Fact = { ...deposit, value: null };
  assert.equal(rowIn('capital', deposit).value, 1000);
  assert.ok(rows(waiting).every(({ table }) => table !== 'capital'));
  assert.deepEqual(
    [rowIn('capital', capitalValued).id, rowIn('capital', capitalValued).value],
    ['d1', 998.5],
  );
});

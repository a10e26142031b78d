// Owns the tests of the market façade on real kernels: gaps, snapshots, faults of the feed.
// Promise: a book is ready exactly while nothing can be missing in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedRule } from '../../../engine/core/feed-rule.ts';
import { barsAt } from '../../../engine/memory/plan.ts';
import {
  createDesk,
  type Desk,
  SPOT_ONLY as SPOT,
  snapshotText,
  spotDepth,
  tickerText,
  tradeText,
  USDM_ONLY as USDM,
  usdmDepth,
} from '../../market-fixture.ts';

const topOf = ({ books }: Desk): readonly number[] => [
  books.bidPrice(USDM, 0),
  books.bidQty(USDM, 0),
  books.askPrice(USDM, 0),
  books.askQty(USDM, 0),
];
const book100 = snapshotText(100, [['10.00', '1']], [['10.10', '2']]);

function liveDesk(): Desk {
  const desk = createDesk([USDM]);
  assert.equal(desk.take(book100, USDM).kind, 'synchronised');
  return desk;
}

test('market: diffs before the snapshot wait, then those newer than it are applied', () => {
  const desk = createDesk([USDM]);
  const old = desk.take(usdmDepth(90, 95, 89, [['9.00', '7']], []), USDM);
  assert.deepEqual(old, { kind: 'buffered', reason: 'waiting_for_snapshot', wantsSnapshot: true });
  const spans = desk.take(usdmDepth(96, 105, 95, [['10.05', '3']], []), USDM);
  assert.equal(spans.wantsSnapshot, false);
  assert.equal(desk.books.isReady(USDM), false);
  assert.equal(desk.take(book100, USDM).kind, 'synchronised');
  assert.equal(desk.books.isReady(USDM), true);
  assert.deepEqual(topOf(desk), [1005, 3000, 1010, 2000]);
  assert.equal(desk.books.bidCount(USDM), 2); // 9.00 was older than the snapshot
  assert.equal(desk.books.updateId(USDM), 105);
  assert.deepEqual(desk.states, ['BTCUSDT.binance-usdm synchronised snapshot_loaded']);
});

test('market: a gap makes the book stale, says so once, and a snapshot heals it', () => {
  const desk = liveDesk();
  desk.take(usdmDepth(101, 105, 100, [], []), USDM);
  const gap = desk.take(usdmDepth(120, 125, 119, [['9.90', '5']], []), USDM);
  assert.deepEqual(gap, { kind: 'gap', reason: 'sequence_gap', wantsSnapshot: true });
  assert.equal(desk.books.isReady(USDM), false);
  assert.equal(desk.market.state(USDM), 'stale');
  assert.equal(desk.counter('gaps'), 1);
  assert.equal(desk.counter('staleBooks'), 1);
  assert.equal(desk.take(usdmDepth(126, 130, 125, [], []), USDM).kind, 'buffered');
  const healed = desk.take(snapshotText(122, [['9.80', '1']], [['10.10', '2']]), USDM);
  assert.equal(healed.kind, 'synchronised');
  assert.deepEqual(topOf(desk), [990, 5000, 1010, 2000]);
  assert.equal(desk.books.updateId(USDM), 130);
  assert.equal(desk.counter('staleBooks'), 0);
  assert.equal(desk.market.stats.gaps, 1);
});

test('market: a snapshot older than the diffs that wait is refused and another is wanted', () => {
  const desk = createDesk([USDM]);
  desk.take(usdmDepth(110, 115, 109, [], []), USDM);
  const answer = desk.take(book100, USDM);
  assert.deepEqual(answer, { kind: 'refused', reason: 'snapshot_too_old', wantsSnapshot: true });
  assert.equal(desk.books.isReady(USDM), false);
  assert.equal(
    desk.take(snapshotText(112, [['10', '1']], [['11', '1']]), USDM).kind,
    'synchronised',
  );
});

test('market: a crossed or locked snapshot is refused and leaves the old book alone', () => {
  const desk = liveDesk();
  for (const ask of ['9.00', '10.00']) {
    const crossed = snapshotText(
      200,
      [['10.00', '1']],
      [
        ['10.50', '1'],
        [ask, '1'],
      ],
    );
    const answer = desk.take(crossed, USDM);
    assert.deepEqual(answer, { kind: 'refused', reason: 'crossed', wantsSnapshot: true });
  }
  assert.deepEqual(topOf(desk), [1000, 1000, 1010, 2000]);
  assert.equal(desk.books.isReady(USDM), true);
});

test('market: a diff that crosses the book makes it stale instead of tradable', () => {
  const desk = liveDesk();
  const answer = desk.take(usdmDepth(101, 105, 100, [['10.20', '1']], []), USDM);
  assert.deepEqual(answer, { kind: 'gap', reason: 'crossed', wantsSnapshot: true });
  assert.equal(desk.books.isReady(USDM), false);
  assert.equal(desk.market.stats.crossed, 1);
  assert.equal(desk.market.stats.gaps, 0);
});

test('market: repeated frames are dropped and counted, and change nothing', () => {
  const desk = liveDesk();
  const frame = usdmDepth(101, 105, 100, [['10.00', '4']], []);
  assert.equal(desk.take(frame, USDM).kind, 'applied');
  assert.equal(desk.take(frame, USDM).kind, 'dropped');
  assert.equal(desk.take(book100, USDM).kind, 'dropped');
  const trade = tradeText(7, 1723161256322, '10.10', '0.5', false);
  assert.equal(desk.take(trade, USDM).kind, 'applied');
  assert.equal(desk.take(trade, USDM).kind, 'dropped');
  assert.equal(desk.market.stats.dropped, 2);
});

const BYBIT: FeedRule = { chain: 'first_id', snapshots: 'streamed' };

test('market: where snapshots are streamed, one that steps back is the new book (S7)', () => {
  const desk = createDesk([SPOT], 1024, () => BYBIT);
  desk.take(snapshotText(5000, [['10.00', '1']], [['10.10', '2']]), SPOT);
  desk.take(spotDepth(5001, 5001, [['10.01', '1']], []), SPOT);
  const reset = desk.take(snapshotText(1, [['9.00', '3']], [['9.10', '4']]), SPOT);
  assert.equal(reset.kind, 'synchronised');
  assert.equal(desk.take(spotDepth(2, 2, [['9.05', '7']], []), SPOT).kind, 'applied');
  assert.equal(desk.books.updateId(SPOT), 2);
  assert.deepEqual([desk.books.bidPrice(SPOT, 0), desk.books.bidCount(SPOT)], [905_000_000, 2]);
  assert.equal(desk.books.isReady(SPOT), true);
});

test('market: an asked snapshot that steps back is told, and another is asked for once', () => {
  const desk = liveDesk();
  const old = snapshotText(1, [['9.00', '1']], [['9.10', '2']]);
  const told = { kind: 'dropped', reason: 'snapshot_stepped_back' } as const;
  assert.deepEqual(desk.take(old, USDM), { ...told, wantsSnapshot: true });
  assert.deepEqual(desk.take(old, USDM), { ...told, wantsSnapshot: false });
  assert.deepEqual(topOf(desk), [1000, 1000, 1010, 2000]);
});

test('market: a feed that hears only older updates is lost, and heals by a snapshot (S7)', () => {
  const desk = liveDesk();
  let answer = desk.take(usdmDepth(1, 1, 0, [], []), USDM);
  let heard = 1;
  while (answer.kind === 'dropped' && heard < 1000) {
    heard += 1;
    answer = desk.take(usdmDepth(heard, heard, heard - 1, [], []), USDM);
  }
  assert.deepEqual(answer, { kind: 'gap', reason: 'older_only', wantsSnapshot: true });
  assert.equal(heard, 32);
  assert.equal(desk.books.isReady(USDM), false);
  const book = snapshotText(32, [['9.00', '1']], [['9.10', '2']]);
  assert.equal(desk.take(book, USDM).kind, 'synchronised');
  assert.equal(desk.take(usdmDepth(33, 33, 32, [], []), USDM).kind, 'applied');
});

test('market: a feed that waits while its venue begins to count again takes the new count', () => {
  const desk = createDesk([USDM]);
  desk.take(usdmDepth(9000, 9001, 8999, [], []), USDM);
  for (let id = 1; id <= 40; id += 1) desk.take(usdmDepth(id, id, id - 1, [], []), USDM);
  const book = snapshotText(38, [['9.00', '1']], [['9.10', '2']]);
  assert.equal(desk.take(book, USDM).kind, 'synchronised');
  assert.equal(desk.books.updateId(USDM), 40);
});

test('market: an unbroken chain counts from its last break while waiting', () => {
  const desk = createDesk([USDM]);
  desk.take(usdmDepth(1, 5, 0, [['1.00', '1']], []), USDM);
  desk.take(usdmDepth(90, 95, 89, [['9.50', '1']], []), USDM);
  desk.take(usdmDepth(96, 101, 95, [['9.60', '1']], []), USDM);
  assert.equal(desk.take(book100, USDM).kind, 'synchronised');
  assert.equal(desk.books.updateId(USDM), 101);
  assert.equal(desk.books.bidCount(USDM), 2);
});

test('market: a disconnect loses the books of that venue until the next snapshot', () => {
  const desk = liveDesk();
  desk.market.disconnect('binance-spot');
  assert.equal(desk.books.isReady(USDM), true);
  desk.market.disconnect('binance-usdm');
  assert.equal(desk.books.isReady(USDM), false);
  assert.equal(desk.states.at(-1), 'BTCUSDT.binance-usdm stale disconnected');
  assert.equal(desk.take(usdmDepth(500, 510, 499, [], []), USDM).wantsSnapshot, true);
});

test('market: ids the wrong way round are refused', () => {
  const desk = liveDesk();
  const answer = desk.take(usdmDepth(110, 105, 100, [], []), USDM);
  assert.deepEqual(answer, { kind: 'refused', reason: 'bad_ids', wantsSnapshot: false });
  assert.equal(desk.books.isReady(USDM), true);
});

test('market: receive times that run backwards are counted, the data is used', () => {
  const desk = createDesk([USDM]);
  desk.take(book100, USDM, 1000);
  assert.equal(desk.take(usdmDepth(101, 105, 100, [], []), USDM, 999).kind, 'applied');
  assert.equal(desk.take(usdmDepth(106, 107, 105, [], []), USDM, 1000).kind, 'applied');
  assert.equal(desk.market.stats.timeBackwards, 1);
});

test('market: spot chains by U = u + 1 and heals the same way', () => {
  const desk = createDesk([SPOT]);
  desk.take(snapshotText(10, [['1', '1']], [['2', '1']]), SPOT);
  assert.equal(desk.take(spotDepth(9, 12, [['1.1', '1']], []), SPOT).kind, 'applied');
  assert.equal(desk.take(spotDepth(13, 14, [], []), SPOT).kind, 'applied');
  assert.equal(desk.take(spotDepth(16, 17, [], []), SPOT).kind, 'gap');
});

test('market: a ticker at the id of our book is compared, whichever comes first', () => {
  const desk = liveDesk();
  desk.take(tickerText(105, '10.00', '4', '10.10', '2'), USDM);
  desk.take(usdmDepth(101, 105, 100, [['10.00', '4']], []), USDM);
  desk.take(usdmDepth(106, 110, 105, [['10.00', '5']], []), USDM);
  const wrong = desk.take(tickerText(110, '10.00', '9', '10.10', '2'), USDM);
  assert.equal(wrong.reason, 'mismatch');
  assert.deepEqual(desk.market.crossCheck.total(), { compared: 2, mismatched: 1 });
  assert.deepEqual(desk.market.crossCheck.count(0), { compared: 2, mismatched: 1 });
});

test('market: one mismatch with the ticker is told, a second in a row loses the book', () => {
  const desk = liveDesk();
  const step = (id: number): string =>
    desk.take(usdmDepth(id, id, id - 1, [['10.00', String(id)]], []), USDM).reason;
  const quote = (id: number, qty: number) =>
    desk.take(tickerText(id, '10.00', String(qty), '10.10', '2'), USDM);
  step(101);
  assert.deepEqual(quote(101, 9), { kind: 'applied', reason: 'mismatch', wantsSnapshot: false });
  step(102);
  quote(102, 102); // agrees: the row ends
  step(103);
  assert.equal(quote(103, 9).kind, 'applied');
  assert.equal(desk.books.isReady(USDM), true);
  step(104);
  assert.deepEqual(quote(104, 9), { kind: 'gap', reason: 'mismatch', wantsSnapshot: true });
  assert.equal(desk.books.isReady(USDM), false);
  assert.equal(desk.market.state(USDM), 'stale');
  assert.equal(desk.states.at(-1), 'BTCUSDT.binance-usdm stale mismatch');
  assert.equal(step(105), 'waiting_for_snapshot');
  desk.take(snapshotText(104, [['10.00', '104']], [['10.10', '2']]), USDM);
  assert.equal(desk.books.isReady(USDM), true);
  step(106);
  assert.equal(quote(106, 9).kind, 'applied', 'a new book is forgiven the old one');
});

test('market: the diff that is contradicted a second time loses the book as well', () => {
  const desk = liveDesk();
  for (const id of [101, 102]) desk.take(tickerText(id, '10.00', '9', '10.10', '2'), USDM);
  const diff = (id: number) => desk.take(usdmDepth(id, id, id - 1, [['10.00', '4']], []), USDM);
  assert.equal(diff(101).kind, 'applied');
  assert.deepEqual(diff(102), { kind: 'gap', reason: 'mismatch', wantsSnapshot: true });
  assert.equal(desk.books.isReady(USDM), false);
});

test('market: waiting diffs are bounded, and the newest are kept', () => {
  const desk = createDesk([USDM]);
  for (let id = 1; id <= 5000; id += 1) desk.take(usdmDepth(id, id, id - 1, [], []), USDM);
  assert.equal(desk.take(snapshotText(1, [['1', '1']], [['2', '1']]), USDM).kind, 'refused');
  assert.equal(
    desk.take(snapshotText(4990, [['1', '1']], [['2', '1']]), USDM).kind,
    'synchronised',
  );
  assert.equal(desk.books.updateId(USDM), 5000);
});

test('market: a waiting diff that crosses its snapshot leaves the book stale', () => {
  const desk = createDesk([USDM]);
  desk.take(usdmDepth(96, 105, 95, [['10.50', '3']], []), USDM);
  assert.deepEqual(desk.take(book100, USDM), {
    kind: 'gap',
    reason: 'crossed',
    wantsSnapshot: true,
  });
  assert.equal(desk.books.isReady(USDM), false);
  assert.equal(
    desk.take(snapshotText(106, [['10', '1']], [['11', '1']]), USDM).kind,
    'synchronised',
  );
});

test('market: the clock closes the bars of quiet instruments', () => {
  const desk = createDesk([USDM]);
  const ms = 1723161660000;
  desk.take(tradeText(7, ms, '10.10', '0.5', false), USDM);
  desk.market.advance((ms + 70_000) * 1000);
  const count = new Uint32Array(desk.buffer)[barsAt(desk.plan, 0, 0) / 4];
  assert.equal(count, 1);
});

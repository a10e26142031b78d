// Owns the cases of a snapshot that does not come, and of trades that are counted anew.
// Promise: times are whole seconds; every ask is one that a venue would see.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OLDER_UPDATES_MAX } from '../../../engine/market/feed.ts';
import { createSnapshotAsks } from '../../../engine/market/snapshot-asks.ts';
import { createTradeIds } from '../../../engine/market/trade-ids.ts';
import { createDesk, snapshotText, USDM_ONLY, usdmDepth } from '../../market-fixture.ts';

const S = 1e6;

/** Seconds at which it is asked for again, looked at each second. */
function asksOf(waits: (slot: number) => boolean, seconds: number): number[] {
  const asks = createSnapshotAsks(2);
  asks.asked(1, 0);
  const found: number[] = [];
  for (let s = 0; s <= seconds; s += 1) if (asks.due(s * S, waits).includes(1)) found.push(s);
  return found;
}

test('snapshot asks: again after ten seconds, then each time after twice as long', () => {
  assert.deepEqual(
    asksOf(() => true, 200),
    [10, 30, 70, 150],
  );
  assert.deepEqual(
    asksOf((slot) => slot === 0, 200),
    [],
    'nobody waits',
  );
  const hours = asksOf(() => true, 20_000);
  assert.equal((hours.at(-1) ?? 0) - (hours.at(-2) ?? 0), 640, 'and no longer than that');
});

test('snapshot asks: one that has come is asked for no more', () => {
  const asks = createSnapshotAsks(1);
  asks.asked(0, 0);
  asks.came(0);
  assert.deepEqual(
    asks.due(1e12, () => true),
    [],
  );
});

test('market: a snapshot whose answer was lost is asked for again while updates come', () => {
  const desk = createDesk([USDM_ONLY]);
  assert.deepEqual(desk.market.overdue(60 * S), [], 'nothing has come of it');
  assert.equal(desk.take(usdmDepth(101, 105, 100, [], []), USDM_ONLY, 0).wantsSnapshot, true);
  assert.equal(desk.take(usdmDepth(106, 110, 105, [], []), USDM_ONLY, S).wantsSnapshot, false);
  assert.deepEqual(desk.market.overdue(10 * S - 1), []);
  assert.deepEqual(desk.market.overdue(10 * S), [USDM_ONLY]);
  assert.deepEqual(desk.market.overdue(11 * S), []);
  desk.take(snapshotText(105, [['10.00', '1']], [['10.10', '1']]), USDM_ONLY, 12 * S);
  assert.deepEqual(desk.market.overdue(100 * S), []);
});

test('trade ids: what is told twice is taken once, a count from below after a while', () => {
  const ids = createTradeIds(1);
  const take = (id: number, second: number): boolean => ids.take(0, id, second * S);
  assert.deepEqual(
    [take(7, 1), take(7, 1), take(8, 2), take(6, 0), take(8, 2)],
    [...[true, false, true, false, false]],
  );
  for (let k = 0; k < 100; k += 1) assert.equal(take(k % 8, 2), false, 'a repetition is no count');
  for (let k = 1; k < OLDER_UPDATES_MAX; k += 1) assert.equal(take(0, 2 + k), false);
  assert.equal(take(1, 100), true);
  assert.deepEqual([take(1, 100), take(2, 100)], [false, true]);
});

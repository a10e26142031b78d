// Owns the proof that everything the gateway keeps is bounded and keeps the right part.
// Promise: each law is checked below, at and above its bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OrderState } from '../../../engine/core/order.ts';
import type { OrderRecord } from '../../../engine/facts/order.ts';
import { createBoundedLog } from '../../../gateway/bounded-log.ts';
import { createEquityCurve } from '../../../gateway/equity-curve.ts';
import { createOrderShelf } from '../../../gateway/order-shelf.ts';
import { decodeCursor, encodeCursor, type Page, pageOf } from '../../../gateway/page.ts';
import { createRateLimit, WINDOW_MS } from '../../../gateway/rate-limit.ts';
import { createFakeEngine } from '../../integration/gateway/fake-engine.ts';

const ALL = Number.POSITIVE_INFINITY;

test('log: pages of any size put together are the newest entries, each once', () => {
  const sizes = { max: fc.integer({ min: 1, max: 40 }), added: fc.integer({ min: 0, max: 100 }) };
  fc.assert(
    fc.property(sizes.max, sizes.added, fc.integer({ min: 1, max: 9 }), (max, added, limit) => {
      const log = createBoundedLog<number>(max);
      for (let number = 1; number <= added; number += 1) log.add(number, number);
      const seen: number[] = [];
      let before: number | null = ALL;
      while (before !== null) {
        const page: Page<number> = pageOf(log.newest(before), limit, () => true);
        seen.push(...page.items);
        before = page.nextCursor === null ? null : decodeCursor(page.nextCursor);
      }
      const kept = Math.min(max, added);
      assert.deepEqual(
        seen,
        Array.from({ length: kept }, (_, k) => added - k),
      );
      assert.equal(log.size, kept);
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('page: a cursor is ours or it is nothing', () => {
  assert.equal(decodeCursor(undefined), ALL);
  assert.equal(decodeCursor(encodeCursor(42)), 42);
  for (const text of ['', 'abc', Buffer.from('before:x').toString('base64url')]) {
    assert.equal(decodeCursor(text), null);
  }
});

const engine = createFakeEngine();
const order = (id: string, state: OrderState): OrderRecord => engine.makeOrder({ id, state });

test('shelf: an order that lives is never pushed out by ones that ended', () => {
  const shelf = createOrderShelf(3);
  shelf.put(1, order('old-open', 'open'));
  for (let k = 2; k < 10; k += 1) shelf.put(k, order(`filled-${k}`, 'filled'));
  assert.notEqual(shelf.get('old-open'), null);
  assert.equal(shelf.get('filled-7'), null);
  assert.deepEqual(
    shelf.newest(ALL).map(({ value }) => value.order.id),
    ['filled-9', 'filled-8', 'old-open'],
  );
});

test('shelf: an update keeps the place and the verdict; open ones are counted', () => {
  const shelf = createOrderShelf(10);
  shelf.putVerdict({
    kind: 'verdict',
    amends: false,
    orderId: 'a',
    account: 'main',
    strategy: 'manual',
    parentId: null,
    instrument: 'BTCUSDT.binance-usdm',
    side: 'buy',
    ...{ type: 'market', qty: '1', price: null, timeInForce: 'IOC' },
    ...{ postOnly: false, reduceOnly: false, client: null, metadata: null },
    origin: { kind: 'api', key: 'k' },
    bookSequence: 0,
    approved: true,
    by: 'risk',
    breaches: [],
    warnings: [],
    notional: 1,
    varAfter: 1,
    historicalVarAfter: 0,
    stressAfter: 0,
  });
  shelf.put(1, order('a', 'open'));
  shelf.put(2, order('b', 'open'));
  assert.equal(shelf.open, 2);
  const updated = shelf.put(3, order('a', 'filled'));
  assert.equal(updated.verdict?.orderId, 'a');
  assert.equal(shelf.open, 1);
  assert.deepEqual(
    shelf.newest(ALL).map(({ number }) => number),
    [2, 1],
  );
});

test('curve: it stays below its bound, in order, and keeps the first and the last point', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 50 }),
      fc.integer({ min: 1, max: 3000 }),
      (max, count) => {
        const curve = createEquityCurve(max);
        for (let k = 0; k < count; k += 1) curve.add(k * 100_000, k);
        const { points } = curve;
        assert.ok(points.length <= max);
        assert.equal(points[0]?.[0], 0);
        assert.equal(points.at(-1)?.[1], count - 1);
        assert.ok(points.every((point, k) => k === 0 || point[0] > (points[k - 1]?.[0] ?? 0)));
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

test('curve: an equity that is unknown leaves no point and no gap in time', () => {
  const curve = createEquityCurve(10);
  curve.add(1, 5);
  curve.add(300_000, Number.NaN);
  curve.add(600_000, 7);
  assert.deepEqual(curve.points, [
    [1, 5],
    [600_000, 7],
  ]);
});

test('limit: a window lets through exactly its limit, then a new one begins', () => {
  const limit = createRateLimit(3, 100);
  const take = (ms: number) => limit.take('a', ms);
  assert.deepEqual(
    [0, 10, 20].map((ms) => take(ms).isAllowed),
    [true, true, true],
  );
  const refused = take(30);
  assert.equal(refused.isAllowed, false);
  assert.equal(refused.headers['retry-after'], '60');
  assert.equal(take(WINDOW_MS - 1).isAllowed, false);
  assert.equal(take(WINDOW_MS).isAllowed, true);
});

test('limit: callers past the bound push out the oldest window only', () => {
  const limit = createRateLimit(1, 2);
  limit.take('a', 0);
  limit.take('b', 0);
  limit.take('c', 0);
  assert.equal(limit.take('b', 1).isAllowed, false);
  assert.equal(limit.take('a', 1).isAllowed, true);
});

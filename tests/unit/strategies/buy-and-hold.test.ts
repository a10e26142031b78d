// Owns the cases of buy and hold: slices up to the share of an instrument, and then nothing.
// Promise: the view is a book of 99.90 / 100.00 with a fair amount on both sides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { createBuyAndHold } from '../../../engine/strategies/buy-and-hold.ts';
import type { StrategyView } from '../../../engine/strategies/strategy.ts';
import { at, linear, orderOf } from '../../trading-fixture.ts';

const viewOf = (parts: Partial<StrategyView> = {}): StrategyView => ({
  position: 0,
  openOrders: [],
  mid: 100,
  bid: asPrice(9_990),
  ask: asPrice(10_010),
  bidQty: asQty(100_000),
  askQty: asQty(100_000),
  bookSequence: 77,
  tickNs: 5,
  equity: 10_000,
  quoteRate: 1,
  nowUs: at(1000),
  tradingState: 'active',
  ...parts,
});

/** 10,000 of equity, half of it over two instruments: 2,500 each, by 1,000 at a time. */
const open = () =>
  createBuyAndHold({
    account: 'main',
    targetExposure: 0.5,
    instruments: 2,
    sliceNotional: 1000,
    spacingUs: 500,
  });

const qtyOf = (parts: Partial<StrategyView>): number | null =>
  open().onBook?.(linear, viewOf(parts))?.qty ?? null;

test('buy-and-hold: buys a slice at the ask, and the rest of its share at the end', () => {
  const intent = open().onBook?.(linear, viewOf());
  assert.ok(intent);
  assert.deepEqual([intent.side, intent.price, intent.timeInForce], ['buy', 10_010, 'IOC']);
  assert.equal(intent.qty, 10_000); // 10.000 units of 100
  assert.equal(qtyOf({ position: 24_000 }), 1_000);
  assert.equal(qtyOf({ position: 25_000 }), null);
  assert.equal(qtyOf({ position: 26_000 }), null, 'it never sells');
});

test('buy-and-hold: takes half of what the best level shows at most', () => {
  assert.equal(qtyOf({ askQty: asQty(600) }), 300);
  assert.equal(qtyOf({ askQty: asQty(1) }), null);
});

test('buy-and-hold: waits between slices, for its open order, and for open trading', () => {
  const strategy = open();
  assert.ok(strategy.onBook?.(linear, viewOf()));
  assert.equal(strategy.onBook?.(linear, viewOf({ nowUs: at(1499) })), null);
  assert.ok(strategy.onBook?.(linear, viewOf({ nowUs: at(1500) })));
  assert.equal(qtyOf({ openOrders: [orderOf()] }), null);
  for (const tradingState of ['reducing', 'halted'] as const) {
    assert.equal(qtyOf({ tradingState }), null);
  }
});

test('buy-and-hold: without a price, a rate or equity it does nothing', () => {
  for (const bad of [Number.NaN, 0, -1]) {
    assert.equal(qtyOf({ mid: bad }), null, `mid ${bad}`);
    assert.equal(qtyOf({ quoteRate: bad }), null, `rate ${bad}`);
    assert.equal(qtyOf({ equity: bad }), null, `equity ${bad}`);
    assert.equal(qtyOf({ ask: asPrice(bad) }), null, `ask ${bad}`);
  }
  assert.equal(open().onSignal({} as never, viewOf()), null);
});

// Owns the cases of buy and hold: slices up to the share of an instrument, and then nothing.
// Promise: the view is a book of 99.90 / 100.10 with a fair amount on both sides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { buyAndHold } from '../../../engine/strategies/buy-and-hold.ts';
import type { View } from '../../../engine/strategies/strategy.ts';
import { at, linear, orderOf, spot } from '../../trading-fixture.ts';
import { openPaper, viewOf } from './built-in-desk.ts';

const fair = (parts: Partial<View> = {}): View =>
  viewOf({ mid: 100, ask: asPrice(10_010), askQty: asQty(100_000), ...parts });

/** 10,000 of equity, half of it over two instruments: 2,500 each, by 1,000 at a time. */
const open = (equity = 10_000, rate = 1) => {
  const values = { exposure: 0.5, notionalUsd: 1000, spacingMs: 1 };
  return openPaper(buyAndHold, values, { equity, rate, own: [linear, spot] });
};

const qtyOf = (parts: Partial<View>, equity?: number, rate?: number): number | null =>
  open(equity, rate).ask((strategy) => strategy.onBook?.(fair(parts)))?.qty ?? null;

test('buy-and-hold: buys a slice at the ask, and the rest of its share at the end', () => {
  const wish = open().ask((strategy) => strategy.onBook?.(fair()));
  assert.deepEqual([wish?.side, wish?.price, wish?.timeInForce], ['buy', 10_010, 'IOC']);
  assert.equal(wish?.qty, 10_000); // 10.000 units of 100
  assert.equal(qtyOf({ position: 24_000 }), 1_000);
  assert.equal(qtyOf({ position: 25_000 }), null);
  assert.equal(qtyOf({ position: 26_000 }), null, 'it never sells');
});

test('buy-and-hold: takes half of what the best level shows at most', () => {
  assert.equal(qtyOf({ askQty: asQty(600) }), 300);
  assert.equal(qtyOf({ askQty: asQty(1) }), null);
});

test('buy-and-hold: waits between slices, for its open order, and for open trading', () => {
  const paper = open();
  const at0 = (us: number) => paper.ask((one) => one.onBook?.(fair({ nowUs: at(us) })));
  assert.ok(at0(1000));
  assert.equal(at0(1999), null);
  assert.ok(at0(2000));
  assert.equal(qtyOf({ openOrders: [orderOf()] }), null);
  for (const tradingState of ['reducing', 'halted', 'probing'] as const) {
    assert.equal(qtyOf({ tradingState }), null);
  }
});

test('buy-and-hold: without a price, a rate or equity it does nothing', () => {
  for (const bad of [Number.NaN, 0, -1]) {
    assert.equal(qtyOf({ mid: bad }), null, `mid ${bad}`);
    assert.equal(qtyOf({}, 10_000, bad), null, `rate ${bad}`);
    assert.equal(qtyOf({}, bad), null, `equity ${bad}`);
    assert.equal(qtyOf({ ask: asPrice(bad) }), null, `ask ${bad}`);
  }
});

// Owns the cases of the two strategies: what they wish, at which price, and when they hold back.
// Promise: the view is a book of 99.90 / 100.00 unless a test says otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { imbalanceTaker } from '../../../engine/strategies/imbalance-taker.ts';
import { signalFollower } from '../../../engine/strategies/signal-follower.ts';
import type { View, Wish } from '../../../engine/strategies/strategy.ts';
import { signalOf } from '../../strategies-fixture.ts';
import { at, orderOf, spot } from '../../trading-fixture.ts';
import { openPaper, viewOf } from './built-in-desk.ts';

const follower = () =>
  openPaper(signalFollower, { notionalUsd: 1000, maxPositionUsd: 5000, restMs: 3 });

const follow = (strength: number, view: Partial<View> = {}, action: 'trade' | 'hold' = 'trade') =>
  follower().ask((one) => one.onSignal?.(signalOf(strength, { action }), viewOf(view)));

const shape = (wish: Wish | null) =>
  wish === null
    ? null
    : [wish.side, wish.price, wish.timeInForce, wish.postOnly ?? false, wish.reduceOnly];

test('signal-follower: a strong signal takes, two ticks beyond the touch at most', () => {
  assert.deepEqual(shape(follow(0.5)), ['buy', 10_020, 'IOC', false, false]);
  assert.deepEqual(shape(follow(-0.9)), ['sell', 9_970, 'IOC', false, false]);
});

test('signal-follower: a weaker signal rests at its own side of the touch, post-only', () => {
  assert.deepEqual(shape(follow(0.49)), ['buy', 9_990, 'GTC', true, false]);
  assert.deepEqual(shape(follow(-0.3)), ['sell', 10_000, 'GTC', true, false]);
});

test('signal-follower: an order that only closes says so', () => {
  const closing = follow(-0.9, { position: 4_000 });
  assert.deepEqual([closing?.qty, closing?.reduceOnly], [4_000, true]);
});

test('signal-follower: holds on hold, while an order lives, and without a book', () => {
  assert.equal(follow(0.9, {}, 'hold'), null);
  assert.equal(follow(0.9, { openOrders: [orderOf()] }), null);
  const none = asPrice(Number.NaN);
  assert.equal(follow(0.9, { bid: none }), null);
  assert.equal(follow(0.3, { ask: none }), null);
  const penny = { bid: asPrice(20), ask: asPrice(30), mid: 0.25 };
  assert.equal(follow(-0.9, penny), null); // two ticks below 20 is no price
});

test('signal-follower: a resting order is taken back at its age, once, and not before', () => {
  const expired = (us: number, parts: object = {}): boolean => {
    const paper = follower();
    paper.orders = [{ ...orderOf(), state: 'open', ...parts }];
    paper.strategy.onTimer?.(at(us));
    return paper.cancels.length > 0;
  };
  assert.equal(expired(2_999), false);
  assert.equal(expired(3_000), true);
  assert.equal(expired(3_000, { cancelRequested: true }), false);
  assert.equal(expired(3_000, { state: 'unknown' }), false);
  assert.equal(expired(3_000, { state: 'partially_filled' }), true);
});

const taker = (spacingMs = 0) =>
  openPaper(imbalanceTaker, {
    threshold: 0.8,
    notionalUsd: 99.95,
    maxPositionUsd: 199.9,
    spacingMs,
  });

const take = (view: Partial<View> = {}): Wish | null =>
  taker().ask((one) => one.onBook?.(viewOf(view)));

test('imbalance-taker: at its threshold it takes the other side of the touch', () => {
  assert.deepEqual(shape(take()), ['buy', 10_000, 'IOC', false, false]);
  assert.equal(take()?.qty, 1_000);
  const sale = take({ bidQty: asQty(10), askQty: asQty(90) });
  assert.deepEqual(shape(sale), ['sell', 9_990, 'IOC', false, false]);
  assert.equal(take({ bidQty: asQty(89) }), null);
  assert.equal(take({ bidQty: asQty(0), askQty: asQty(0) }), null);
  assert.equal(take({ mid: Number.NaN }), null);
});

test('imbalance-taker: stays inside its position, one order at a time, spaced', () => {
  assert.notEqual(take({ position: 1_000 }), null);
  assert.equal(take({ position: 1_001 }), null);
  assert.equal(take({ openOrders: [orderOf()] }), null);
  const sells = { bidQty: asQty(10), askQty: asQty(90) };
  assert.equal(take({ instrument: spot, ...sells }), null);
  const spaced = taker(1);
  const ask = (us: number) => spaced.ask((one) => one.onBook?.(viewOf({ nowUs: at(us) })));
  assert.notEqual(ask(1000), null);
  assert.equal(ask(1999), null);
  assert.notEqual(ask(2000), null);
});

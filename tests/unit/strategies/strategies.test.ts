// Owns the cases of the two strategies: what they order, at which price, and when they hold back.
// Promise: the view is a book of 99.90 / 100.00 unless a test says otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signal } from '../../../engine/core/event.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { createImbalanceTaker } from '../../../engine/strategies/imbalance-taker.ts';
import { createSignalFollower } from '../../../engine/strategies/signal-follower.ts';
import type { StrategyView } from '../../../engine/strategies/strategy.ts';
import { at, linear, orderOf, spot } from '../../trading-fixture.ts';

const viewOf = (parts: Partial<StrategyView> = {}): StrategyView => ({
  position: 0,
  openOrders: [],
  mid: 99.95,
  bid: asPrice(9_990),
  ask: asPrice(10_000),
  bidQty: asQty(90),
  askQty: asQty(10),
  bookSequence: 77,
  tickNs: 5,
  equity: 1e6,
  quoteRate: 1,
  nowUs: at(1000),
  tradingState: 'active',
  ...parts,
});

const signalOf = (strength: number, action: Signal['action'] = 'trade'): Signal => ({
  id: 3,
  instrument: linear,
  direction: strength > 0 ? 'up' : 'down',
  probability: 0.5 + Math.abs(strength) / 2,
  confidence: Math.abs(strength),
  strength,
  horizonUs: 1,
  model: 'm',
  bookSequence: 76,
  timeUs: at(999),
  mid: 99.95,
  action,
});

const follower = createSignalFollower({
  account: 'main',
  defaultNotional: 1000,
  maxPosition: 5000,
  restUsMax: 3000,
});

const shape = (intent: OrderIntent | null) =>
  intent === null
    ? null
    : [intent.side, intent.price, intent.timeInForce, intent.postOnly, intent.reduceOnly];

test('signal-follower: a strong signal takes, two ticks beyond the touch at most', () => {
  assert.deepEqual(shape(follower.onSignal(signalOf(0.5), viewOf())), [
    'buy',
    10_020,
    'IOC',
    false,
    false,
  ]);
  assert.deepEqual(shape(follower.onSignal(signalOf(-0.9), viewOf())), [
    'sell',
    9_970,
    'IOC',
    false,
    false,
  ]);
});

test('signal-follower: a weaker signal rests at its own side of the touch, post-only', () => {
  const intent = follower.onSignal(signalOf(0.49), viewOf());
  assert.deepEqual(shape(intent), ['buy', 9_990, 'GTC', true, false]);
  assert.deepEqual(intent?.origin, { kind: 'signal', signalId: 3 });
  assert.equal(intent?.bookSequence, 77);
  assert.equal(intent?.tickNs, 5);
  assert.deepEqual(shape(follower.onSignal(signalOf(-0.3), viewOf())), [
    'sell',
    10_000,
    'GTC',
    true,
    false,
  ]);
});

test('signal-follower: an order that only closes says so', () => {
  const closing = follower.onSignal(signalOf(-0.9), viewOf({ position: 4_000 }));
  assert.equal(closing?.qty, 4_000);
  assert.equal(closing?.reduceOnly, true);
});

test('signal-follower: holds on hold, while an order lives, and without a book', () => {
  assert.equal(follower.onSignal(signalOf(0.9, 'hold'), viewOf()), null);
  assert.equal(follower.onSignal(signalOf(0.9), viewOf({ openOrders: [orderOf()] })), null);
  const none = asPrice(Number.NaN);
  assert.equal(follower.onSignal(signalOf(0.9), viewOf({ bid: none })), null);
  assert.equal(follower.onSignal(signalOf(0.3), viewOf({ ask: none })), null);
  const penny = viewOf({ bid: asPrice(20), ask: asPrice(30), mid: 0.25 });
  assert.equal(follower.onSignal(signalOf(-0.9), penny), null); // two ticks below 20 is no price
});

test('signal-follower: a resting order expires once, at its age and not before', () => {
  const order = { ...orderOf(), state: 'open' as const };
  const expired = (us: number, parts: object = {}) =>
    follower.expired?.({ ...order, ...parts }, at(us));
  assert.equal(expired(2_999), false);
  assert.equal(expired(3_000), true);
  assert.equal(expired(3_000, { cancelRequested: true }), false);
  assert.equal(expired(3_000, { state: 'unknown' }), false);
  assert.equal(expired(3_000, { state: 'partially_filled' }), true);
});

const taker = (spacingUsMin?: number) =>
  createImbalanceTaker({
    account: 'main',
    threshold: 0.8,
    notional: 99.95,
    maxPosition: 199.9,
    ...(spacingUsMin === undefined ? {} : { spacingUsMin }),
  });

test('imbalance-taker: at its threshold it takes the other side of the touch', () => {
  const intent = taker().onBook?.(linear, viewOf());
  assert.deepEqual(shape(intent ?? null), ['buy', 10_000, 'IOC', false, false]);
  assert.equal(intent?.qty, 1_000);
  const sale = taker().onBook?.(linear, viewOf({ bidQty: asQty(10), askQty: asQty(90) }));
  assert.deepEqual(shape(sale ?? null), ['sell', 9_990, 'IOC', false, false]);
  assert.equal(taker().onBook?.(linear, viewOf({ bidQty: asQty(89) })), null);
  assert.equal(taker().onBook?.(linear, viewOf({ bidQty: asQty(0), askQty: asQty(0) })), null);
  assert.equal(taker().onSignal(signalOf(1), viewOf()), null);
});

test('imbalance-taker: stays inside its position, one order at a time, spaced', () => {
  assert.notEqual(taker().onBook?.(linear, viewOf({ position: 1_000 })), null);
  assert.equal(taker().onBook?.(linear, viewOf({ position: 1_001 })), null);
  assert.equal(taker().onBook?.(linear, viewOf({ openOrders: [orderOf()] })), null);
  const sells = viewOf({ bidQty: asQty(10), askQty: asQty(90) });
  assert.equal(taker().onBook?.(spot, sells), null);
  const spaced = taker(500);
  assert.notEqual(spaced.onBook?.(linear, viewOf()), null);
  assert.equal(spaced.onBook?.(linear, viewOf({ nowUs: at(1499) })), null);
  assert.notEqual(spaced.onBook?.(linear, viewOf({ nowUs: at(1500) })), null);
});

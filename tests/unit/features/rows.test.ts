// Owns the proof that feature rows are right on books written by hand, and refuse bad ones.
// Promise: expected numbers are worked out in the test, not taken from the code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFeatureRows } from '../../../engine/features/rows.ts';
import { FEATURES, MODEL_FEATURES } from '../../../engine/features/vector.ts';
import { FORECAST_NOT_FINITE, FORECAST_STALE_BOOK, FORECAST_VALID } from '../../../wasm/layout.ts';
import { createGround, type Ground, ladder } from './ground.ts';

const T0 = 1_700_000_000e6;
const { bids, asks } = ladder(600_000, 30, 1000);

function rowsOn(ground: Ground) {
  const { kernels, buffer, plan, instruments } = ground;
  const rows = createFeatureRows({ kernels, buffer, plan, shard: 0, instruments });
  const out = new Float32Array(FEATURES.length);
  return {
    rows,
    look: (us: number, index = 0): number => rows.compute(instruments[index]!, us, out, 0),
    value: (name: string): number => out[FEATURES.indexOf(name)]!,
    out,
  };
}

const close = (actual: number, expected: number, slack = 1e-6): void =>
  assert.ok(
    Math.abs(actual - expected) <= slack * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );

test('rows: a book that was never loaded is stale and the row is all NaN', () => {
  const { look, out } = rowsOn(createGround(1));
  assert.equal(look(T0), FORECAST_STALE_BOOK);
  assert.ok(out.every(Number.isNaN));
});

test('rows: an invalidated, a crossed and a too old book are stale', () => {
  const ground = createGround(1);
  const { look } = rowsOn(ground);
  ground.load(0, bids, asks, T0);
  assert.equal(look(T0), FORECAST_NOT_FINITE);
  assert.equal(look(T0 + 10e6), FORECAST_VALID, 'exactly at the age limit');
  assert.equal(look(T0 + 10e6 + 1), FORECAST_STALE_BOOK);
  ground.apply(0, [[600_005, 5]], [], T0 + 11e6);
  assert.equal(look(T0 + 11e6), FORECAST_STALE_BOOK, 'crossed');
  ground.load(0, bids, asks, T0 + 12e6);
  ground.invalidate(0);
  assert.equal(look(T0 + 12e6), FORECAST_STALE_BOOK);
});

test('rows: model features are finite within a second of a fresh book, without any bar', () => {
  const ground = createGround(1);
  const { look, value } = rowsOn(ground);
  ground.load(0, bids, asks, T0);
  for (let ms = 0; ms < 500; ms += 100) assert.equal(look(T0 + ms * 1e3), FORECAST_NOT_FINITE);
  assert.equal(look(T0 + 500e3), FORECAST_VALID);
  for (const name of MODEL_FEATURES) assert.ok(Number.isFinite(value(name)), name);
  assert.ok(Number.isNaN(value('rsi14_1m')), 'no bar has closed');
});

test('rows: imbalance, spread and pressure are those of the book', () => {
  const ground = createGround(1);
  const { look, value } = rowsOn(ground);
  ground.load(0, bids, asks, T0);
  ground.apply(0, [[599_999, 3000]], [], T0 + 1);
  look(T0 + 1);
  close(value('imbalance_1'), (3000 - 1000) / 4000);
  close(value('spread_bps'), (2 / 600_000) * 1e4);
  close(value('size_pressure_1'), Math.log(3));
  close(value('microprice_bps'), (0.5 / 600_000) * 1e4, 1e-5);
  close(value('wall_pressure'), 0);
});

test('rows: a resting wall is found at its distance and with its size', () => {
  const ground = createGround(1);
  const { look, value } = rowsOn(ground);
  ground.load(0, bids, [...asks.slice(0, 29), [600_030, 90_000]], T0);
  look(T0);
  const mean = (asks.slice(0, 29).reduce((sum, [, qty]) => sum + qty, 0) + 90_000) / 30;
  close(value('wall_ask_bps'), (30 / 600_000) * 1e4, 1e-5);
  close(value('wall_ask_size'), Math.log(90_000 / mean), 1e-5);
  close(value('wall_bid_bps'), 25);
  assert.ok(value('wall_pressure') < 0);
});

test('rows: order flow and trades fall into the window they happened in', () => {
  const ground = createGround(1);
  const { look, value } = rowsOn(ground);
  ground.load(0, bids, asks, T0);
  ground.apply(0, [[599_999, 1000]], [], T0); // the first update counts no flow
  for (let ms = 0; ms <= 2000; ms += 50) look(T0 + ms * 1e3);
  ground.apply(0, [[599_999, 1800]], [], T0 + 2010e3); // + 800 at the best bid
  ground.trade(0, 600_001, 300, 0);
  ground.trade(0, 599_999, 100, 1);
  look(T0 + 2060e3);
  close(value('trade_imbalance_100ms'), 0.5);
  assert.ok(value('ofi_100ms') > 0.5, `${value('ofi_100ms')}`);
  close(value('trades_1s'), Math.log(3), 0.01); // the sample is 1.01 s old
  for (let ms = 2110; ms <= 2400; ms += 50) look(T0 + ms * 1e3);
  close(value('ofi_100ms'), 0);
  close(value('trade_imbalance_100ms'), 0);
  close(value('trade_imbalance_1s'), 0.5);
  assert.ok(value('ofi_1s') > 0.5);
});

test('rows: the last move has its direction and fades with its age', () => {
  const ground = createGround(1);
  const { look, value } = rowsOn(ground);
  ground.load(0, bids, asks, T0);
  for (let ms = 0; ms <= 1000; ms += 100) look(T0 + ms * 1e3);
  ground.apply(0, [], [[600_001, 0]], T0 + 1100e3); // best ask gone: the mid rises
  look(T0 + 1100e3);
  assert.equal(value('last_move'), 1);
  close(value('last_move_fresh'), 1);
  assert.ok(value('return_100ms') > 0);
  look(T0 + 2100e3);
  close(value('last_move_fresh'), Math.exp(-1));
  close(value('last_move_age'), Math.log(1001));
});

test('rows: a rebuilt book starts its history anew', () => {
  const ground = createGround(1);
  const { look } = rowsOn(ground);
  ground.load(0, bids, asks, T0);
  for (let ms = 0; ms <= 1000; ms += 100) look(T0 + ms * 1e3);
  ground.invalidate(0);
  assert.equal(look(T0 + 1100e3), FORECAST_STALE_BOOK);
  ground.load(0, bids, asks, T0 + 1200e3);
  assert.equal(look(T0 + 1200e3), FORECAST_NOT_FINITE);
});

test('rows: bar features come from closed bars of shared memory, each bar once', () => {
  const ground = createGround(2);
  const { look, value } = rowsOn(ground);
  ground.load(1, bids, asks, T0);
  const bar = (k: number): number[] => {
    const price = 600_000 + k * 10;
    return [T0 + k * 60e6, price, price + 5, price - 5, price + 2, 100];
  };
  ground.closeBars(
    1,
    0,
    Array.from({ length: 14 }, (_, k) => bar(k)),
  );
  look(T0, 1);
  assert.ok(Number.isNaN(value('rsi14_1m')));
  ground.closeBars(1, 0, [bar(14)]);
  look(T0, 1);
  assert.equal(value('rsi14_1m'), 100, 'fourteen rises and no fall');
  ground.closeBars(
    1,
    0,
    Array.from({ length: 300 }, (_, k) => bar(15 + k)),
  );
  look(T0, 1);
  assert.equal(value('rsi14_1m'), 100);
  assert.ok(Number.isFinite(value('realised60_1m')));
  assert.ok(Number.isNaN(value('rsi14_5m')), 'no 5-minute bar has closed');
});

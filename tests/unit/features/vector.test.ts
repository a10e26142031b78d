// Owns the proof that the feature schema is what its hash says and fits the kernel's columns.
// Promise: a renamed, moved or added feature fails here until the version and the hash follow.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as vector from '../../../engine/features/vector.ts';
import * as layout from '../../../wasm/layout.ts';

const LEVELS = [1, 5, 10, 20] as const;
const BANDS_BPS = [1, 5, 10, 25] as const;
const NOTIONALS = [10_000, 250_000, 2_000_000] as const;

/** Name of every kernel column (wasm/layout.ts FEATURE_*), in its order. */
const KERNEL_COLUMNS: readonly string[] = [
  'mid',
  'microprice',
  'spread',
  'spread_bps',
  ...LEVELS.map((n) => `imbalance_${n}`),
  ...LEVELS.map((n) => `bid_size_${n}`),
  ...LEVELS.map((n) => `ask_size_${n}`),
  ...BANDS_BPS.map((bps) => `depth_bid_${bps}bps`),
  ...BANDS_BPS.map((bps) => `depth_ask_${bps}bps`),
  ...BANDS_BPS.map((bps) => `depth_bid_notional_${bps}bps`),
  ...BANDS_BPS.map((bps) => `depth_ask_notional_${bps}bps`),
  'slope_bid_20',
  'slope_ask_20',
  ...NOTIONALS.map((notional) => `vwap_buy_${notional}`),
  ...NOTIONALS.map((notional) => `vwap_sell_${notional}`),
  ...NOTIONALS.map((notional) => `slippage_bps_buy_${notional}`),
  ...NOTIONALS.map((notional) => `slippage_bps_sell_${notional}`),
  ...NOTIONALS.map((notional) => `levels_buy_${notional}`),
  ...NOTIONALS.map((notional) => `levels_sell_${notional}`),
];

test('vector: the hash is that of version and names', () => {
  const text = `${vector.FEATURE_VERSION}\n${vector.FEATURES.join('\n')}`;
  const hash = createHash('sha256').update(text).digest('hex');
  assert.equal(vector.FEATURE_SCHEMA_HASH, hash);
});

test('vector: names are unique, at least 30, and begin with the model features', () => {
  assert.ok(vector.FEATURES.length >= 30);
  assert.equal(new Set(vector.FEATURES).size, vector.FEATURES.length);
  const head = vector.FEATURES.slice(0, vector.MODEL_FEATURES.length);
  assert.deepEqual(head, vector.MODEL_FEATURES);
});

test('vector: the names of the kernel columns stand at the offsets of the layout', () => {
  assert.equal(KERNEL_COLUMNS.length, layout.FEATURE_COLUMNS);
  assert.equal(new Set(KERNEL_COLUMNS).size, layout.FEATURE_COLUMNS);
  const at = (name: string): number => KERNEL_COLUMNS.indexOf(name);
  assert.equal(at('microprice'), layout.FEATURE_MICROPRICE);
  assert.equal(at('imbalance_1'), layout.FEATURE_IMBALANCE);
  assert.equal(at('depth_ask_1bps'), layout.FEATURE_DEPTH_ASK);
  assert.equal(at('slope_ask_20'), layout.FEATURE_SLOPE_ASK);
  assert.equal(at('slippage_bps_sell_10000'), layout.FEATURE_SLIPPAGE_SELL);
  assert.equal(at('levels_sell_2000000'), layout.FEATURE_LEVELS_SELL + 2);
});

test('vector: a row of the features file has as many cells as its head, gaps empty', () => {
  const row = new Float32Array(vector.FEATURES.length).fill(Number.NaN);
  row[0] = 1.5;
  const cells = vector.featureCsvRow(12, 'BTCUSDT.binance-usdm', 0, row).split(',');
  assert.equal(cells.length, vector.featureCsvHeader().split(',').length);
  assert.deepEqual(cells.slice(0, 5), ['12', 'BTCUSDT.binance-usdm', '0', '1.5', '']);
});

// Owns the proof that book and order-book features give the golden numbers of a recorded market.
// Promise: all records are compared: levels, sizes, order-flow imbalance and every feature.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parseDecimal } from '../../../engine/core/units.ts';
import * as layout from '../../../wasm/layout.ts';
import { sharedPath } from '../../shared-data.ts';
import { createArena, createTestBook, type Level, type TestBook } from './arena.ts';

const GOLDEN = sharedPath('golden/order-book.json');
const RAW = sharedPath('market-data/l2-raw/binance-usdm-btcusdt-20240808.ndjson.gz');
const skip =
  GOLDEN === null || RAW === null ? 'no recorded market data beside the checkout' : false;
const PRICE_SCALE = 2;
const QTY_SCALE = 3;

interface GoldenRecord {
  readonly update: number;
  readonly u: number;
  readonly bid_levels: number;
  readonly ask_levels: number;
  readonly bid_total_size: string;
  readonly ask_total_size: string;
  readonly ofi_cumulative: number;
  readonly top20?: { readonly bids: [string, string][]; readonly asks: [string, string][] };
  readonly features: Readonly<Record<string, number>>;
}

interface Diff {
  readonly U: number;
  readonly u: number;
  readonly pu: number;
  readonly b: [string, string][];
  readonly a: [string, string][];
}

const steps = (text: string, scale: number): number => {
  const value = parseDecimal(text, scale);
  assert.ok(typeof value === 'number', `${text} at scale ${scale}`);
  return value;
};

const levels = (rows: [string, string][]): Level[] =>
  rows.map(([price, qty]) => [steps(price, PRICE_SCALE), steps(qty, QTY_SCALE)]);

const several = (name: string, at: number, ends: readonly (number | string)[]) =>
  ends.map((end, k) => [name.replace('#', String(end)), at + k] as const);

const SIZES = [1, 5, 10, 20];
const BPS = [1, 5, 10, 25];
const NOTIONALS = [10000, 250000, 2000000];
const COLUMNS: readonly (readonly [string, number])[] = [
  ['mid', layout.FEATURE_MID],
  ['microprice', layout.FEATURE_MICROPRICE],
  ['spread', layout.FEATURE_SPREAD],
  ['spread_bps', layout.FEATURE_SPREAD_BPS],
  ...several('imbalance_#', layout.FEATURE_IMBALANCE, SIZES),
  ...several('bid_size_#', layout.FEATURE_BID_SIZE, SIZES),
  ...several('ask_size_#', layout.FEATURE_ASK_SIZE, SIZES),
  ...several('depth_bid_#bps', layout.FEATURE_DEPTH_BID, BPS),
  ...several('depth_ask_#bps', layout.FEATURE_DEPTH_ASK, BPS),
  ...several('depth_bid_notional_#bps', layout.FEATURE_DEPTH_BID_NOTIONAL, BPS),
  ...several('depth_ask_notional_#bps', layout.FEATURE_DEPTH_ASK_NOTIONAL, BPS),
  ['slope_bid_20', layout.FEATURE_SLOPE_BID],
  ['slope_ask_20', layout.FEATURE_SLOPE_ASK],
  ...several('vwap_buy_#', layout.FEATURE_VWAP_BUY, NOTIONALS),
  ...several('vwap_sell_#', layout.FEATURE_VWAP_SELL, NOTIONALS),
  ...several('slippage_bps_buy_#', layout.FEATURE_SLIPPAGE_BUY, NOTIONALS),
  ...several('slippage_bps_sell_#', layout.FEATURE_SLIPPAGE_SELL, NOTIONALS),
  ...several('levels_buy_#', layout.FEATURE_LEVELS_BUY, NOTIONALS),
  ...several('levels_sell_#', layout.FEATURE_LEVELS_SELL, NOTIONALS),
];

/** Depth diffs of the file in order, those before the snapshot included, and the snapshot. */
function readRaw(path: string) {
  const diffs: Diff[] = [];
  let snapshot: { lastUpdateId: number; bids: [string, string][]; asks: [string, string][] } = {
    lastUpdateId: 0,
    bids: [],
    asks: [],
  };
  for (const line of gunzipSync(readFileSync(path)).toString('latin1').split('\n')) {
    if (line.includes('"depthUpdate"')) diffs.push(JSON.parse(line.slice(20)).data);
    else if (line.includes('"lastUpdateId"')) snapshot = JSON.parse(line.slice(20));
  }
  return { diffs, snapshot };
}

const totalOf = (side: readonly Level[]): number => side.reduce((sum, [, qty]) => sum + qty, 0);

function compareBook(book: TestBook, record: GoldenRecord): void {
  const where = `record of update ${record.update}`;
  const bids = book.side(false);
  const asks = book.side(true);
  assert.equal(book.column(layout.BOOK_UPDATE_ID), record.u, where);
  assert.equal(bids.length, record.bid_levels, where);
  assert.equal(asks.length, record.ask_levels, where);
  assert.equal(totalOf(bids), steps(record.bid_total_size, QTY_SCALE), where);
  assert.equal(totalOf(asks), steps(record.ask_total_size, QTY_SCALE), where);
  const flow = book.column(layout.BOOK_OFI) / 10 ** QTY_SCALE;
  assert.ok(Math.abs(flow - record.ofi_cumulative) < 1e-9, `${where}: ofi ${flow}`);
  if (record.top20 === undefined) return;
  assert.deepEqual(bids.slice(0, 20), levels(record.top20.bids), where);
  assert.deepEqual(asks.slice(0, 20), levels(record.top20.asks), where);
}

function compareFeatures(book: TestBook, out: number, record: GoldenRecord): void {
  const { arena } = book;
  assert.equal(arena.kernels.bookCopy(book.at, book.copy), 1);
  arena.kernels.bookFeatures(book.copy, 10 ** -PRICE_SCALE, 10 ** -QTY_SCALE, out);
  for (const [name, column] of COLUMNS) {
    const got = arena.readF64(out + column * 8);
    const wanted = record.features[name];
    assert.ok(wanted !== undefined, `the golden record has no ${name}`);
    const bound = name.startsWith('slippage') ? 1e-6 : 1e-9 * Math.abs(wanted);
    const where = `${name} at update ${record.update}: ${got}, wanted ${wanted}`;
    assert.ok(Math.abs(got - wanted) <= bound, where);
  }
}

test('book: a recorded day gives every golden record, features included', { skip }, () => {
  const golden = JSON.parse(readFileSync(GOLDEN!, 'utf8')) as { records: GoldenRecord[] };
  const byUpdate = new Map(golden.records.map((record) => [record.update, record]));
  const { diffs, snapshot } = readRaw(RAW!);
  const book = createTestBook(createArena(4 << 20), 8192);
  const out = book.arena.take(layout.FEATURE_COLUMNS * 8);
  const live = diffs.filter((diff) => diff.u >= snapshot.lastUpdateId);
  assert.equal(diffs.length - live.length, 4);
  book.load(levels(snapshot.bids), levels(snapshot.asks), snapshot.lastUpdateId);
  let compared = 0;
  for (const [k, diff] of live.entries()) {
    const flags = book.apply(levels(diff.b), levels(diff.a), diff.u);
    assert.equal(flags, layout.BOOK_READY);
    const record = byUpdate.get(k);
    if (record === undefined) continue;
    compareBook(book, record);
    compareFeatures(book, out, record);
    compared += 1;
  }
  assert.equal(live.length, 6547);
  assert.equal(compared, 205);
  assert.equal(COLUMNS.length, layout.FEATURE_COLUMNS);
});

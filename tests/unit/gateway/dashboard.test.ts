// Owns the proof of the dashboard's parts that need no document: how figures read, what is kept.
// Promise: texts are compared whole, with the true minus sign.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as format from '../../../dashboard/format.ts';
import { createState, takeFrame } from '../../../dashboard/state.ts';
import type { MarketWire, PortfolioWire } from '../../../dashboard/wire.ts';

test('format: numbers keep their digits and a zero has no sign', () => {
  assert.equal(format.formatNumber(12_345.678, 2), '12,345.68');
  assert.equal(format.formatNumber(-0.004, 2), '0.00');
  assert.equal(format.formatSigned(-1.5, 2), '−1.50');
  assert.equal(format.formatSigned(1.5, 2), '+1.50');
  assert.equal(format.formatSigned(0, 2), '0.00');
  assert.equal(format.formatNumber(Number.NaN, 2), '–');
  assert.equal(format.formatPercent(0.0123, 2), '1.23 %');
  assert.equal(format.formatPercent(Number.NaN, 2), '–');
});

test('format: exact decimals are grouped and never rounded', () => {
  assert.equal(format.formatDecimalText('1234567.123456789'), '1,234,567.123456789');
  assert.equal(format.formatDecimalText('-1000'), '−1,000');
  assert.equal(format.formatDecimalText('0.5'), '0.5');
});

test('format: a balance is cut, never rounded up, and unknown stays a word', () => {
  assert.equal(format.formatAmountText('4999616.119'), '4,999,616.11');
  assert.equal(format.formatAmountText('-1000.999'), '−1,000.99');
  assert.equal(format.formatAmountText('0.988946059'), '0.98894605');
  assert.equal(format.formatAmountText('5'), '5.00000000');
  assert.equal(format.formatMoneyText('unknown'), 'unknown');
});

test('format: prices have digits by their size', () => {
  const prices = [61_824.5, 518.1, 6.04, 0.6095, 0.00001234];
  assert.deepEqual(prices.map(format.formatPrice), [
    '61,824.50',
    '518.100',
    '6.0400',
    '0.60950',
    '0.00001234',
  ]);
});

test('format: times go from nanoseconds to seconds', () => {
  const times = [0.65, 21, 250, 1900, 250_000, 2_100_000];
  assert.deepEqual(times.map(format.formatUs), [
    '650 ns',
    '21.0 µs',
    '250 µs',
    '1.90 ms',
    '250 ms',
    '2.10 s',
  ]);
  assert.equal(format.formatSpan(59), '59 s');
  assert.equal(format.formatSpan(12_000), '3 h 20 min');
  assert.equal(format.formatSpan(187_200), '2 d 4 h');
  assert.equal(format.formatCompact(371_621), '371.6k');
  assert.equal(format.formatTime('2026-01-05T09:30:01.234567Z'), '09:30:01.234');
  assert.equal(format.formatWords('partially_filled'), 'partially filled');
});

const portfolioAt = (seconds: number, equity: number): PortfolioWire =>
  ({
    as_of: new Date(seconds * 1000).toISOString(),
    equity: String(equity),
    trading_state: 'active',
    positions: [],
  }) as unknown as PortfolioWire;

test('state: a snapshot replaces the curve and frames carry it on, within bounds', () => {
  const state = createState();
  const envelope = { channel: 'portfolio', sequence: 0, time_us: 0 } as const;
  const curve = [
    [1_000_000, 10],
    [2_000_000, 11],
  ] as const;
  takeFrame(state, { ...envelope, type: 'snapshot', data: { equity_curve: curve } });
  for (let k = 3; k < 9000; k += 1) {
    takeFrame(state, { ...envelope, type: 'portfolio', data: portfolioAt(k, k) });
  }
  const { times, equities } = state.curve;
  assert.ok(times.length <= 4001);
  assert.equal(times[0], 1);
  assert.equal(times.at(-1), 8999);
  assert.equal(equities.at(-1), 8999);
  assert.equal(times.length, equities.length);
  takeFrame(state, { ...envelope, type: 'snapshot', data: { equity_curve: curve } });
  assert.deepEqual(state.curve, { times: [1, 2], equities: [10, 11] });
});

test('state: an equity that is unknown leaves no point in the curve', () => {
  const state = createState();
  const data = { ...portfolioAt(1, 1), equity: 'unknown' };
  takeFrame(state, { channel: 'portfolio', sequence: 1, time_us: 0, type: 'portfolio', data });
  assert.deepEqual(state.curve, { times: [], equities: [] });
  assert.equal(state.portfolio?.equity, 'unknown');
});

test('state: an order that changes keeps its row', () => {
  const state = createState();
  const envelope = { channel: 'orders', sequence: 0, time_us: 0 } as const;
  const put = (id: string, status: string): void =>
    takeFrame(state, { ...envelope, type: 'order', data: { id, status } as never });
  put('a', 'open');
  put('b', 'open');
  put('a', 'filled');
  assert.deepEqual(
    state.orders.map((order) => [order.id, order.status]),
    [
      ['b', 'open'],
      ['a', 'filled'],
    ],
  );
  for (let k = 0; k < 200; k += 1) put(`n${k}`, 'open');
  assert.equal(state.orders.length, 100);
});

test('dashboard: a frame of markets changes those it names and forgets no other', () => {
  const state = createState();
  const market = (symbol: string, mid: number) => ({ symbol, venue: 'v', mid }) as MarketWire;
  const frameOf = (data: readonly MarketWire[]) =>
    ({ channel: 'market', sequence: 1, time_us: 0, type: 'markets', data }) as const;
  takeFrame(state, frameOf([market('a', 1), market('b', 2)]));
  takeFrame(state, frameOf([market('c', 3), market('a', 4)]));
  assert.deepEqual(
    state.markets.map(({ symbol, mid }) => [symbol, mid]),
    [
      ['a', 4],
      ['b', 2],
      ['c', 3],
    ],
  );
});

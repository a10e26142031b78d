// Owns the edges of the check that no limit of a desk reaches by itself: slack, infinity, rings.
// Promise: each case stands on the last double that passes and the first that does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import {
  createRiskDesk,
  DEFAULT_ORDER,
  LEVELS,
  NODE_CHECKS,
  NOW_US,
  type RiskDesk,
  ROW_BYTES,
  ROWS,
} from './risk-desk.ts';

const { RISK_HALTED, RISK_PROBING } = layout;
const SELL = 1;
const ULP = 2 ** -52; // of numbers in [1, 2)

/** A desk whose four books all hold `position` with `openBuy` and `openSell` on their way. */
function deskOf(position: number, openBuy = 0, openSell = 0): RiskDesk {
  const desk = createRiskDesk();
  for (const level of LEVELS) desk.setBook(desk.book(level), position, openBuy, openSell);
  return desk;
}

test('risk: an order beyond every limit of every node is refused by every one of them', () => {
  const desk = createRiskDesk();
  for (const level of LEVELS) {
    desk.setWord(desk.node(level) + layout.NODE_STATE, RISK_HALTED);
    for (const check of NODE_CHECKS) desk.setNodeLimit(level, check, 0, 0);
  }
  const wanted = LEVELS.flatMap((level) => NODE_CHECKS.map((check) => `${level}.${check}`));
  assert.deepEqual(desk.check(), wanted);
});

test('risk: what shrinks a book is forgiven 1e-15 of what went in, and no more', () => {
  // qty = closable + 1e-15 x (qty + held), to the last bit: 1 + 9 ulps beside a position of 1
  const last = 1 + 9 * ULP;
  assert.equal(1 + 1e-15 * (last + 1), last);
  const desk = deskOf(1);
  desk.setWord(desk.row + layout.ROW_STATE, layout.RISK_REDUCING);
  const closes = (qty: number, side = SELL): boolean => desk.check({ side, qty }).length === 0;
  assert.ok(closes(last));
  assert.ok(!closes(last + ULP));
});

for (const [position, openBuy, openSell, side] of [
  [1, 1000, 0, SELL],
  [-1, 0, 1000, 0],
] as const) {
  test(`risk: orders on the other side count in what is forgiven (position ${position})`, () => {
    const desk = deskOf(position, openBuy, openSell);
    desk.setWord(desk.row + layout.ROW_STATE, layout.RISK_REDUCING);
    const closes = (qty: number): boolean => desk.check({ side, qty }).length === 0;
    assert.ok(closes(1 + 5e-13));
    assert.ok(!closes(1 + 2e-12));
  });
}

test('risk: a probe may be as large as its notional less 2^-48 of it, to the last bit', () => {
  const desk = createRiskDesk();
  desk.setWord(desk.row + layout.ROW_STATE, RISK_PROBING);
  desk.setNumber(desk.row + layout.ROW_PROBES, 3);
  const least = 1000 * (1 - 2 ** -48);
  desk.setNumber(desk.row + layout.ROW_PROBE_NOTIONAL, least);
  assert.deepEqual(desk.check(), []);
  desk.setNumber(desk.row + layout.ROW_PROBE_NOTIONAL, least - 2 ** -43); // an ulp of 999
  assert.deepEqual(desk.check(), ['state']);
});

test('risk: a price below 1 is a price', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.row + layout.ROW_MARK, 0.5);
  assert.deepEqual(desk.check({ price: 0.5 }), []);
});

test('risk: an infinite price is none, whatever a contract is worth', () => {
  const desk = createRiskDesk();
  desk.setWord(desk.row + layout.ROW_FLAGS, layout.ROW_TRADABLE | layout.ROW_INVERSE);
  assert.ok(desk.check({ price: Infinity }).includes('input'));
});

test('risk: a notional that no double can hold is none', () => {
  assert.ok(
    createRiskDesk()
      .check({ price: 1e300, qty: 2 ** 40 })
      .includes('input'),
  );
});

test('risk: a mark whose money no double can hold is no reason to let out what shrinks', () => {
  const desk = deskOf(10);
  assert.deepEqual(desk.check({ side: SELL, qty: 1 }), []);
  desk.setNumber(desk.row + layout.ROW_MARK, 1e308);
  desk.setNumber(desk.row + layout.ROW_MULTIPLIER, 100);
  assert.ok(desk.check({ side: SELL, qty: 1 }).includes('position'));
});

test('risk: a market order meets what rests within its protection, and nothing beyond', () => {
  const desk = createRiskDesk();
  const market = { side: SELL, price: 0.5, value: 100, flags: layout.ORDER_MARKET };
  desk.setNumber(desk.row + layout.ROW_OWN_BID, 0.5);
  assert.deepEqual(desk.check(market), ['selfTrade']);
  desk.setNumber(desk.row + layout.ROW_OWN_BID, 0.49);
  assert.deepEqual(desk.check(market), []);
  desk.setNumber(desk.row + layout.ROW_OWN_BID, 0);
  assert.deepEqual(desk.check(market), []);
});

test('risk: what lies in a ring that was not written is no order', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, 1e6);
  desk.setNumber(desk.row + layout.ROW_RECENT_US, NOW_US);
  desk.setNumber(desk.recent + layout.RECENT_US, NOW_US);
  desk.setNumber(desk.recent + layout.RECENT_PRICE, 100);
  desk.setNumber(desk.recent + layout.RECENT_QTY, 10);
  desk.setWord(desk.recent + layout.RECENT_SIDE, 2 * DEFAULT_ORDER.portfolio);
  desk.setWord(desk.recent + layout.RECENT_STRATEGY, 2);
  assert.deepEqual(desk.check(), []);
  assert.deepEqual(desk.check(), ['duplicate']); // now it was
});

test('risk: a window of one microsecond holds the order of this very microsecond', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, 1);
  assert.deepEqual(desk.check(), []);
  assert.deepEqual(desk.check(), ['duplicate']);
  assert.deepEqual(desk.check({ nowUs: NOW_US + 1 }), []);
});

test('risk: limits of history are none where the system does not ask for history', () => {
  const desk = createRiskDesk();
  const limits = [
    [layout.RISK_HISTORICAL_VAR, 'historicalVar'],
    [layout.RISK_STRESS, 'stress'],
  ] as const;
  for (const [limit, check] of limits) {
    desk.setLimit(desk.system + limit, Number.NaN);
    desk.setWord(desk.system + layout.RISK_FLAGS, layout.RISK_USES_HISTORY);
    assert.deepEqual(desk.check(), [check]);
    desk.setWord(desk.system + layout.RISK_FLAGS, 0);
    assert.deepEqual(desk.check(), []);
    desk.setLimit(desk.system + limit, Infinity);
  }
});

test('risk: no row is read beyond its table, even at the end of memory', () => {
  const desk = createRiskDesk();
  const { words, buffer } = desk.arena;
  const bytes = ROWS * ROW_BYTES;
  const end = buffer.byteLength;
  words.copyWithin((end - bytes) / 4, desk.rowOf(0) / 4, (desk.rowOf(0) + bytes) / 4);
  desk.setWord(desk.system + layout.RISK_ROWS, end - bytes);
  assert.deepEqual(desk.check(), []);
  assert.ok(desk.check({ instrument: ROWS }).includes('input'));
});

test('risk: a bucket whose size is no number is not taken from', () => {
  for (const burst of [Infinity, -Infinity, Number.NaN]) {
    const desk = createRiskDesk();
    const node = desk.node('venue');
    desk.setBook(desk.book('venue'), -50, 0, 0);
    desk.setNodeLimit('venue', 'rate', burst);
    desk.setNumber(node + layout.NODE_TOKENS, 7);
    desk.check({ flags: layout.ORDER_LIQUIDATION });
    assert.equal(desk.readNumber(node + layout.NODE_TOKENS), 7, `burst ${burst}`);
    assert.equal(desk.readNumber(node + layout.NODE_MESSAGES), 1, 'and yet it went out');
  }
});

// Owns the proof of what venue and account ask of an order: price, size, money that is there.
// Promise: every check is met below, at and above; risk's own orders answer to all of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import { createRiskDesk, LEVELS, type RiskDesk, type RiskOrder } from './risk-desk.ts';

const INF = Number.POSITIVE_INFINITY;
const [BUY, SELL] = [0, 1];
const LIQUIDATION = layout.ORDER_LIQUIDATION;

/** A desk whose four books all hold `position`. */
function deskOf(position: number): RiskDesk {
  const desk = createRiskDesk();
  for (const level of LEVELS) desk.setBook(desk.book(level), position, 0, 0);
  return desk;
}

test('risk: the collar holds what pays too much, the passive one what rests far away', () => {
  const desk = createRiskDesk();
  desk.setLimit(desk.row + layout.ROW_COLLAR, 0.02);
  desk.setLimit(desk.row + layout.ROW_PASSIVE_COLLAR, 0.2);
  const said = (side: number, price: number): string => desk.check({ side, price }).join();
  for (const [side, paying, resting] of [
    [BUY, 1, -1],
    [SELL, -1, 1],
  ] as const) {
    assert.equal(said(side, 100 + paying * 1.99), '');
    assert.equal(said(side, 100 + paying * 2), '');
    assert.equal(said(side, 100 + paying * 2.01), 'collar');
    assert.equal(said(side, 100 + resting * 2.01), '');
    assert.equal(said(side, 100 + resting * 20), '');
    assert.equal(said(side, 100 + resting * 20.01), 'passiveCollar');
    assert.equal(desk.answer('collar').asked, 0, 'it is far away, but not towards the other side');
  }
  assert.equal(said(BUY, 100), '');
  assert.deepEqual([desk.answer('collar').asked, desk.answer('passiveCollar').asked], [0, 0]);
});

test('risk: a passive collar warns beyond soft and is closed where nobody wrote it', () => {
  const desk = createRiskDesk();
  desk.setLimit(desk.row + layout.ROW_PASSIVE_COLLAR, 0.2, 0.1);
  assert.deepEqual(desk.check({ price: 89 }), []);
  assert.deepEqual(desk.warnings(), ['passiveCollar']);
  desk.setLimit(desk.row + layout.ROW_PASSIVE_COLLAR, Number.NaN);
  assert.deepEqual(desk.check(), ['passiveCollar']);
});

test('risk: the band of the venue is as wide as it says, below and above, for either side', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.row + layout.ROW_BAND_BELOW, 0.1);
  desk.setNumber(desk.row + layout.ROW_BAND_ABOVE, 0.05);
  for (const side of [BUY, SELL]) {
    const said = (price: number): string => desk.check({ side, price }).join();
    assert.equal(said(105), '');
    assert.equal(said(105.01), 'priceBand');
    assert.equal(said(90), '');
    assert.equal(said(89.99), 'priceBand');
    assert.equal(said(100), '');
  }
  desk.setNumber(desk.row + layout.ROW_BAND_BELOW, Number.NaN);
  assert.deepEqual(desk.check({ price: 99 }), ['priceBand']);
});

test('risk: a venue takes so much of a limit order, and so much of a market order', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.row + layout.ROW_QTY_MAX, 20);
  desk.setNumber(desk.row + layout.ROW_MARKET_QTY_MAX, 10);
  const market = layout.ORDER_MARKET;
  assert.deepEqual(desk.check({ qty: 20 }), []);
  assert.deepEqual(desk.check({ qty: 20.001 }), ['qtyMax']);
  assert.deepEqual(desk.answer('qtyMax'), { asked: 20.001, hard: 20, soft: 20 });
  assert.deepEqual(desk.check({ qty: 10, flags: market }), []);
  assert.deepEqual(desk.check({ qty: 10.001, flags: market }), ['qtyMax']);
  desk.setNumber(desk.row + layout.ROW_MARKET_QTY_MAX, Number.NaN);
  assert.deepEqual(desk.check({ qty: 1, flags: market }), ['qtyMax']);
  assert.deepEqual(desk.check({ qty: 1 }), []);
});

test('risk: an order is worth at least what its venue asks for, in the quote asset', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.row + layout.ROW_NOTIONAL_MIN, 1000);
  desk.setNumber(desk.row + layout.ROW_QUOTE_RATE, 0.5);
  assert.deepEqual(desk.check({ qty: 9.999 }), ['notionalMin']);
  const { asked, hard } = desk.answer('notionalMin');
  assert.deepEqual([asked, Number(hard.toPrecision(12))], [500, 499.95], 'the least, the order');
  assert.deepEqual(desk.check({ qty: 10 }), []);
  assert.deepEqual(desk.check({ qty: 10.001 }), []);
  assert.deepEqual(desk.check({ qty: 10, value: 99.9 }), ['notionalMin'], 'as it is valued');
  for (const least of [Number.NaN, INF, -1]) {
    desk.setNumber(desk.row + layout.ROW_NOTIONAL_MIN, least);
    assert.deepEqual(desk.check(), ['notionalMin'], `${least}`);
  }
});

test('risk: what closes a contract may be as small as it likes, what sells a coin may not', () => {
  const desk = deskOf(10);
  desk.setNumber(desk.row + layout.ROW_NOTIONAL_MIN, 1000);
  const small = { side: SELL, qty: 1 };
  const closing = [layout.ORDER_REDUCE_ONLY, LIQUIDATION];
  assert.deepEqual(desk.check(small), ['notionalMin'], 'nothing binds it to closing');
  for (const flags of closing) assert.deepEqual(desk.check({ ...small, flags }), []);
  desk.setWord(desk.row + layout.ROW_FLAGS, layout.ROW_TRADABLE | layout.ROW_SPOT);
  for (const flags of closing) assert.deepEqual(desk.check({ ...small, flags }), ['notionalMin']);
});

test('risk: no order spends more than is free, and none of what is not known', () => {
  const desk = createRiskDesk();
  const said = (spends: number, available: number): string =>
    desk.check({ spends, available }).join();
  assert.equal(said(999, 1000), '');
  assert.equal(said(1000, 1000), '');
  assert.equal(said(1000.000001, 1000), 'balance');
  assert.deepEqual(desk.answer('balance'), { asked: 1000.000001, hard: 1000, soft: 1000 });
  assert.equal(said(0.1 + 0.2, 0.3), '', 'the rounding of a sum of decimals is forgiven');
  assert.equal(said(0, 0), '');
  assert.equal(said(1, INF), '');
  for (const [spends, available] of [
    [Number.NaN, INF],
    [INF, INF],
    [-1, INF],
    [1, Number.NaN],
    [0, Number.NaN],
    [0, -1],
  ] as const) {
    assert.equal(said(spends, available), 'balance', `${spends} of ${available}`);
  }
});

test("risk: neither closing nor risk's own hand sells coins that are not there", () => {
  const desk = deskOf(10);
  const flags = [0, layout.ORDER_REDUCE_ONLY, LIQUIDATION];
  for (const one of flags) {
    const order = { side: SELL, qty: 5, spends: 5, flags: one };
    assert.deepEqual(desk.check({ ...order, available: 5 }), []);
    assert.deepEqual(desk.check({ ...order, available: 4.999 }), ['balance']);
    assert.deepEqual(desk.check({ ...order, available: Number.NaN }), ['balance']);
  }
});

test("risk: risk's own order does not ask its venue for what that would refuse", () => {
  const order: Partial<RiskOrder> = { side: SELL, qty: 5, flags: LIQUIDATION };
  const cases = [
    [layout.ROW_QTY_MAX, 4.999, 'qtyMax', {}],
    [layout.ROW_BAND_BELOW, 0.009, 'priceBand', { price: 99 }],
    [layout.ROW_PASSIVE_COLLAR, 0.009, 'passiveCollar', { price: 101 }],
    [layout.ROW_COLLAR, 0.009, 'collar', { price: 99 }],
  ] as const;
  for (const [column, value, name, parts] of cases) {
    const desk = deskOf(10);
    assert.deepEqual(desk.check({ ...order, ...parts }), []);
    desk.setNumber(desk.row + column, value);
    assert.deepEqual(desk.check({ ...order, ...parts }), [name]);
  }
});

test('risk: an order is held to its worst price and told at the one it is valued at', () => {
  const desk = createRiskDesk();
  desk.setLimit(desk.row + layout.ROW_COLLAR, 0.02);
  desk.setLimit(desk.row + layout.ROW_ORDER_NOTIONAL, 1010);
  desk.setLimit(desk.row + layout.ROW_MAX_POSITION, 1000);
  const market = { flags: layout.ORDER_MARKET, price: 102 };
  assert.deepEqual(desk.check({ ...market, value: 101 }), []);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_NOTIONAL), 1010);
  assert.equal(desk.answer('position').asked, 1000, 'held, it is worth its mark');
  assert.deepEqual(desk.check({ ...market, value: 101.1 }), ['orderNotional']);
  assert.deepEqual(desk.check({ ...market, price: 102.1, value: 101 }), ['collar']);
});

test('risk: a market order at the collar is warned of when the book makes it pay that much', () => {
  const desk = createRiskDesk();
  desk.setLimit(desk.row + layout.ROW_COLLAR, 0.02, 0.016);
  const market = { flags: layout.ORDER_MARKET, price: 102 };
  desk.check({ ...market, value: 101 });
  assert.ok(Math.abs(desk.answer('collar').asked - 0.01) < 1e-14);
  desk.check({ price: 102 });
  assert.ok(Math.abs(desk.answer('collar').asked - 0.02) < 1e-14, 'a limit order may fill there');
});

test('risk: a value that is not above 0 and finite is none, for a contract of any kind', () => {
  const desk = createRiskDesk();
  for (const flags of [layout.ROW_TRADABLE, layout.ROW_TRADABLE | layout.ROW_INVERSE]) {
    desk.setWord(desk.row + layout.ROW_FLAGS, flags);
    for (const value of [-0.5, -INF, INF, Number.NaN]) {
      assert.ok(desk.check({ value }).includes('input'), `${value}`);
    }
    assert.deepEqual(desk.check({ value: 5e-324 }), []);
  }
});

test('risk: losses with an order are those of its book at the mark, whatever is paid', () => {
  const desk = createRiskDesk();
  const n = 4; // rows
  const own = desk.row + layout.ROW_VARIANCE;
  desk.setNumber(own, 1e-4);
  desk.setNumber(desk.covariance + layout.COVARIANCE_WEIGHTS + n * 8 + 8, 0);
  assert.deepEqual(desk.check({ value: 200, qty: 10 }), []);
  const z = 1.6448536269514722;
  const after = desk.readNumber(desk.order + layout.ORDER_VAR_AFTER);
  assert.ok(Math.abs(after - z * 0.01 * 1000) < 1e-9, `${after}`);
});

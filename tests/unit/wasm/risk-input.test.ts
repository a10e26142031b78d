// Owns the proof of what an order may be: readable, known, permitted, not sent before, not against
// ourselves. Promise: what cannot be read fails closed, and only an approved order leaves traces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import {
  ASSETS,
  type CheckName,
  createRiskDesk,
  DEFAULT_ORDER,
  LEVELS,
  MARGIN_PLACES,
  NOW_US,
  PORTFOLIOS,
  type RiskDesk,
  type RiskOrder,
  ROWS,
  STRATEGIES,
  VENUES,
} from './risk-desk.ts';

const INF = Number.POSITIVE_INFINITY;

test('risk: a quantity above 0 and below 2^53 is one, no other is', () => {
  const desk = createRiskDesk();
  for (const qty of [2 ** 53 - 1, 5e-324, 1]) assert.deepEqual(desk.check({ qty }), [], `${qty}`);
  for (const qty of [2 ** 53, INF, 0, -0, -1, -INF, Number.NaN]) {
    const found = desk.check({ qty });
    for (const check of ['input', 'orderQty', 'orderNotional', 'position', 'var'] as const) {
      assert.ok(found.includes(check), `${check} of ${qty}`);
    }
    assert.ok(desk.check({ qty, flags: layout.ORDER_REDUCE_ONLY }).includes('reduceOnly'));
  }
});

test('risk: a price is above 0 and finite, with and without a price that was asked for', () => {
  const desk = createRiskDesk();
  for (const price of [5e-324, 1, 1.7e308 / 10]) {
    assert.equal(desk.check({ price, qty: 1 }).includes('input'), false, `${price}`);
  }
  for (const price of [0, -0, -1, INF, -INF, Number.NaN]) {
    for (const flags of [0, layout.ORDER_MARKET]) {
      const found = desk.check({ price, value: 100, flags });
      assert.deepEqual(found, ['input', 'collar', 'passiveCollar', 'priceBand', 'selfTrade']);
    }
  }
  assert.ok(desk.check({ price: 1e308, qty: 1e3 }).includes('input'), 'a notional overflows');
});

test('risk: a mark that is not above 0 and finite values nothing', () => {
  for (const mark of [0, -0, -1, INF, Number.NaN]) {
    const desk = createRiskDesk();
    desk.setNumber(desk.row + layout.ROW_MARK, mark);
    const found = desk.check();
    assert.ok(found.includes('collar') && found.includes('position'), `${mark}`);
    assert.ok(found.includes('input'), 'a price of its own values the order, not the position');
    desk.setNumber(desk.row + layout.ROW_POSITION, 10);
    const flags = layout.ORDER_LIQUIDATION;
    const wanted = ['input', 'collar', 'passiveCollar', 'priceBand'];
    assert.deepEqual(desk.check({ side: 1, qty: 1, flags }), wanted, `${mark}`);
  }
});

test('risk: a unit worth more than a double can say is refused, to those who close too', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.row + layout.ROW_MARK, 1.7e308);
  desk.setNumber(desk.row + layout.ROW_MULTIPLIER, 10);
  for (const level of LEVELS) desk.setBook(desk.book(level), 10, 0, 0);
  const found = desk.check({ side: 1, qty: 1, price: 1 });
  assert.ok(found.includes('input'));
  assert.ok(found.includes('position') && found.includes('portfolio.gross'));
  desk.setLimit(desk.row + layout.ROW_COLLAR, 2);
  desk.setLimit(desk.row + layout.ROW_PASSIVE_COLLAR, 2);
  const flags = layout.ORDER_LIQUIDATION;
  assert.deepEqual(
    desk.check({ side: 1, qty: 1, price: 1, flags }),
    ['input'],
    'who gets out, too',
  );
});

test('risk: money is quantity x multiplier x price x rate, without the price when inverse', () => {
  const desk = createRiskDesk();
  const flags = layout.ROW_TRADABLE | layout.ROW_INVERSE;
  desk.setNumber(desk.row + layout.ROW_MULTIPLIER, 50);
  desk.setNumber(desk.row + layout.ROW_QUOTE_RATE, 0.5);
  desk.setNumber(desk.row + layout.ROW_MARK, 200);
  assert.deepEqual(desk.check({ qty: 7, price: 100 }), []);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_NOTIONAL), 17_500);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_EXPOSURE_AFTER), 35_000);
  desk.setWord(desk.row + layout.ROW_FLAGS, flags);
  for (const price of [-1, INF]) {
    assert.ok(desk.check({ price }).includes('input'), 'its price is checked all the same');
  }
  assert.deepEqual(desk.check({ qty: 7 }), []);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_NOTIONAL), 175);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_EXPOSURE_AFTER), 175);
  for (const column of [layout.ROW_MULTIPLIER, layout.ROW_QUOTE_RATE]) {
    for (const value of [0, -1, INF, Number.NaN]) {
      const bad = createRiskDesk();
      bad.setNumber(bad.row + column, value);
      assert.ok(bad.check().includes('input'), `${column}: ${value}`);
    }
  }
  const both = createRiskDesk();
  both.setNumber(both.row + layout.ROW_MULTIPLIER, -1);
  both.setNumber(both.row + layout.ROW_QUOTE_RATE, -1);
  assert.ok(both.check().includes('input'), 'two wrongs');
});

test('risk: a time is finite and not before the epoch', () => {
  const desk = createRiskDesk();
  for (const nowUs of [Number.NaN, -1, INF]) {
    assert.ok(desk.check({ nowUs }).includes('input'), `${nowUs}`);
  }
  desk.setNumber(desk.row + layout.ROW_MARK_US, 0);
  desk.setNumber(desk.system + layout.RISK_EQUITY_US, 0);
  desk.setNumber(desk.margin + layout.MARGIN_US, 0);
  assert.deepEqual(desk.check({ nowUs: 0 }), []);
});

test('risk: what names nothing is refused, the last of each table is not', () => {
  const desk = createRiskDesk();
  const unknown: readonly [keyof RiskOrder, number][] = [
    ['instrument', ROWS],
    ['portfolio', PORTFOLIOS],
    ['strategy', STRATEGIES],
    ['side', 2],
  ];
  for (const [field, count] of unknown) {
    assert.deepEqual(desk.check({ [field]: count - 1 }), [], field);
    for (const number of [count, count + 1, 0xffffffff]) {
      const found = desk.check({ [field]: number });
      assert.ok(found.includes('input') && found.includes('orderQty'), `${field} ${number}`);
      assert.ok(found.includes('tradable') && found.includes('markAge'), `${field} ${number}`);
    }
  }
  desk.setWord(desk.rowOf(0) + layout.ROW_STATE, layout.RISK_REDUCING);
  desk.check({ instrument: ROWS });
  assert.equal(desk.answer('state').asked, 2, 'answered with the first, nothing beyond is read');
  const places: readonly [number, number][] = [
    [layout.ROW_VENUE, VENUES],
    [layout.ROW_MARGIN, MARGIN_PLACES],
    [layout.ROW_ASSET, ASSETS],
  ];
  for (const [column, count] of places) {
    const other = createRiskDesk();
    other.setWord(other.row + column, count - 1);
    assert.deepEqual(other.check(), []);
    other.setWord(other.row + column, count);
    assert.ok(other.check().includes('input'));
  }
});

test('risk: an instrument that may not be traded is refused by name', () => {
  const desk = createRiskDesk();
  desk.setWord(desk.row + layout.ROW_FLAGS, layout.ROW_INVERSE);
  assert.deepEqual(desk.check(), ['tradable']);
  assert.deepEqual(desk.answer('tradable'), { asked: 1, hard: 0, soft: 0 });
});

test('risk: the same order within the window is a duplicate, another one is not', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, 1000);
  const at = (us: number, order: Partial<RiskOrder> = {}): CheckName[] =>
    desk.check({ nowUs: NOW_US + us, flags: layout.ORDER_PREVIEW, ...order });
  assert.deepEqual(desk.check(), []);
  assert.deepEqual(at(0), ['duplicate']);
  assert.deepEqual(at(999), ['duplicate']);
  assert.deepEqual(at(1000), []);
  assert.deepEqual(at(-5000), ['duplicate'], 'a time ahead counts as within');
  const others = [{ side: 1 }, { price: 101 }, { qty: 9 }, { strategy: 1 }];
  for (const other of others) assert.deepEqual(at(0, other), [], JSON.stringify(other));
  assert.deepEqual(at(0, { instrument: 2 }), []);
  assert.deepEqual(at(0, { portfolio: 0 }), [], 'another account, another order');
  const market = layout.ORDER_MARKET;
  assert.deepEqual(at(0, { flags: market | layout.ORDER_PREVIEW }), [], 'nobody asked for 100');
  assert.deepEqual(desk.check({ flags: market }), []);
  const moved = { flags: market | layout.ORDER_PREVIEW, price: 101, value: 100.5 };
  assert.deepEqual(at(0, moved), ['duplicate'], 'its protection follows the mark, not the order');
  assert.equal(desk.readNumber(desk.recent + layout.RECENT_BYTES + layout.RECENT_PRICE), 0);
  desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, 0);
  assert.deepEqual(at(0), []);
  assert.deepEqual(at(-1), []);
  for (const window of [Number.NaN, -1]) {
    desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, window);
    assert.deepEqual(at(5000, { qty: 3 }), ['duplicate'], `a window of ${window}`);
  }
});

test('risk: the last sixteen approved orders are remembered, the seventeenth is not', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, 1e9);
  assert.deepEqual(desk.check({ instrument: 2, qty: 99 }), [], 'in the ring that lies next');
  for (let k = 0; k < 16; k += 1) assert.deepEqual(desk.check({ qty: 10 + k }), []);
  assert.equal(desk.readWord(desk.row + layout.ROW_RECENT), 16);
  for (let k = 0; k < 16; k += 1) assert.deepEqual(desk.check({ qty: 10 + k }), ['duplicate']);
  assert.deepEqual(desk.check({ qty: 99 }), []);
  assert.equal(desk.readNumber(desk.recent + layout.RECENT_QTY), 99, 'in the place of the oldest');
  assert.deepEqual(desk.check({ qty: 11 }), ['duplicate']);
  assert.deepEqual(desk.check({ qty: 10 }), []);
  desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, 0);
  desk.check({ qty: 13 });
  desk.setNumber(desk.system + layout.RISK_DUPLICATE_US, 1e9);
  desk.check({ qty: 13 });
  assert.equal(desk.answer('duplicate').asked, 2, 'it says how many');
});

test('risk: an order does not meet a resting order of our own', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.row + layout.ROW_OWN_BID, 99);
  desk.setNumber(desk.row + layout.ROW_OWN_ASK, 101);
  assert.deepEqual(desk.check({ price: 100.9 }), []);
  assert.deepEqual(desk.check({ price: 101 }), ['selfTrade']);
  assert.deepEqual(desk.answer('selfTrade'), { asked: 1, hard: 0, soft: 0 });
  assert.deepEqual(desk.check({ price: 101.1 }), ['selfTrade']);
  assert.deepEqual(desk.check({ side: 1, price: 99.1 }), []);
  assert.deepEqual(desk.check({ side: 1, price: 99 }), ['selfTrade']);
  assert.deepEqual(desk.check({ side: 1, price: 98 }), ['selfTrade']);
  desk.setNumber(desk.row + layout.ROW_OWN_BID, 0);
  assert.deepEqual(desk.check({ side: 1, price: 98 }), []);
  desk.setNumber(desk.row + layout.ROW_OWN_ASK, INF);
  assert.deepEqual(desk.check({ price: 101.1 }), []);
  for (const column of [layout.ROW_OWN_BID, layout.ROW_OWN_ASK]) {
    const unknown = createRiskDesk();
    unknown.setNumber(unknown.row + column, Number.NaN);
    assert.deepEqual(unknown.check(), ['selfTrade']);
    assert.deepEqual(unknown.check({ side: 1 }), ['selfTrade']);
  }
});

/** Everything but the order record. */
const stateOf = (desk: RiskDesk): Uint8Array =>
  new Uint8Array(desk.arena.buffer.slice(desk.system, desk.order));

test('risk: an approved order takes a token and a message at each node and enters the ring', () => {
  const desk = createRiskDesk();
  for (const level of LEVELS) {
    desk.setNodeLimit(level, 'rate', 20);
    desk.setNumber(desk.node(level) + layout.NODE_TOKENS, 8);
    desk.setNumber(desk.node(level) + layout.NODE_MESSAGES, 4);
  }
  const before = stateOf(desk);
  assert.deepEqual(desk.check({ flags: layout.ORDER_PREVIEW }), []);
  assert.deepEqual(desk.check({ qty: -1 }).includes('input'), true);
  const opens = { flags: layout.ORDER_REDUCE_ONLY, closable: 0 };
  assert.deepEqual(desk.check(opens), ['reduceOnly']);
  const scratch = desk.history - desk.system; // scenarios have scratch of their own
  assert.deepEqual(stateOf(desk).slice(0, scratch), before.slice(0, scratch));
  assert.deepEqual(desk.check({ nowUs: NOW_US + 7, side: 1 }), []);
  for (const level of LEVELS) {
    const node = desk.node(level);
    assert.equal(desk.readNumber(node + layout.NODE_TOKENS), 7);
    assert.equal(desk.readNumber(node + layout.NODE_TOKENS_US), NOW_US + 7);
    assert.equal(desk.readNumber(node + layout.NODE_MESSAGES), 5);
  }
  assert.equal(desk.readWord(desk.row + layout.ROW_RECENT), 1);
  assert.equal(desk.readNumber(desk.recent + layout.RECENT_US), NOW_US + 7);
  assert.equal(desk.readNumber(desk.recent + layout.RECENT_PRICE), DEFAULT_ORDER.price);
  assert.equal(desk.readNumber(desk.recent + layout.RECENT_QTY), DEFAULT_ORDER.qty);
  assert.equal(desk.readWord(desk.recent + layout.RECENT_SIDE), 1 + 2 * DEFAULT_ORDER.portfolio);
  assert.equal(desk.readWord(desk.recent + layout.RECENT_STRATEGY), DEFAULT_ORDER.strategy);
});

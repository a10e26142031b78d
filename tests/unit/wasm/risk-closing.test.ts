// Owns the proof of what gets out of a position: trading states, probes, exemptions, liquidation.
// Promise: what shrinks a book passes its limits, never what cannot be computed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import {
  type CheckName,
  createRiskDesk,
  LEVELS,
  NODE_CHECKS,
  NOW_US,
  ORDER_CHECKS,
  type RiskDesk,
  type RiskOrder,
  ROW_LIMITS,
  SYSTEM_LIMITS,
} from './risk-desk.ts';

const INF = Number.POSITIVE_INFINITY;
const { ORDER_LIQUIDATION, ORDER_PREVIEW, ORDER_REDUCE_ONLY } = layout;

/** Ten long in every book, and 1000 of it in every sum. */
function holdTen(desk: RiskDesk, sign = 1): void {
  for (const level of LEVELS) {
    const book = desk.book(level);
    desk.setBook(book, 10 * sign, 0, 0);
    desk.setNumber(book + layout.CELL_EXPOSURE, 1000);
    desk.setNumber(book + layout.CELL_LONG, 1000 * sign);
    desk.setNumber(book + layout.CELL_SHORT, 1000 * sign);
    desk.setNumber(desk.node(level) + layout.NODE_GROSS, 1000);
    desk.setNumber(desk.node(level) + layout.NODE_LONG, 1000 * sign);
    desk.setNumber(desk.node(level) + layout.NODE_SHORT, 1000 * sign);
  }
  desk.setNumber(desk.asset + layout.ASSET_LONG, 1000 * sign);
  desk.setNumber(desk.asset + layout.ASSET_SHORT, 1000 * sign);
}

/** Where each scope of an ordinary order keeps its state and its probes. */
const scopes: readonly [CheckName, (desk: RiskDesk) => { state: number; probes: number }][] = [
  ['state', ({ row }) => ({ state: row + layout.ROW_STATE, probes: row + layout.ROW_PROBES })],
  ...LEVELS.map((level): (typeof scopes)[number] => [
    `${level}.state`,
    (desk) => ({
      state: desk.node(level) + layout.NODE_STATE,
      probes: desk.node(level) + layout.NODE_PROBES,
    }),
  ]),
];
const SELL: Partial<RiskOrder> = { side: 1, qty: 1 };

for (const [check, of] of scopes) {
  test(`risk: ${check} lets out what shrinks when reducing, a liquidation when halted`, () => {
    const desk = createRiskDesk();
    holdTen(desk);
    const { state } = of(desk);
    desk.setWord(state, layout.RISK_REDUCING);
    assert.deepEqual(desk.check({ side: 1, qty: 10 }), []);
    assert.deepEqual(desk.answer(check), { asked: 2, hard: 2, soft: 2 });
    assert.deepEqual(desk.check({ side: 1, qty: 10.1 }), [check], 'a flip is no reduction');
    assert.deepEqual(desk.check({ qty: 1 }), [check]);
    assert.deepEqual(desk.answer(check), { asked: 2, hard: 0, soft: 0 });
    desk.setWord(state, layout.RISK_HALTED);
    assert.deepEqual(desk.check(SELL), [check]);
    assert.deepEqual(desk.check({ ...SELL, flags: ORDER_REDUCE_ONLY }), [check]);
    assert.deepEqual(desk.check({ ...SELL, flags: ORDER_LIQUIDATION }), []);
    assert.deepEqual(desk.answer(check), { asked: 3, hard: 3, soft: 3 });
    desk.setWord(state, 99);
    assert.deepEqual(desk.check(SELL), [check], 'a state nobody knows is a halt');
    desk.setWord(state, layout.RISK_ACTIVE);
    assert.deepEqual(desk.check(), []);
  });

  test(`risk: ${check} lets probes out, few and small, and counts what went out as one`, () => {
    const desk = createRiskDesk();
    holdTen(desk);
    const { state, probes } = of(desk);
    desk.setWord(state, layout.RISK_PROBING);
    desk.setNumber(probes, 2);
    desk.setNumber(probes + 8, 110);
    assert.deepEqual(desk.check({ qty: 1.2 }), [check]);
    assert.deepEqual(desk.check({ qty: 1.1, flags: ORDER_PREVIEW }), []);
    assert.deepEqual(desk.answer(check), { asked: 1, hard: 1, soft: 1 });
    assert.equal(desk.readNumber(probes), 2, 'neither a refusal nor a preview takes one');
    assert.deepEqual(desk.check({ qty: 1 }), []);
    assert.equal(desk.readNumber(probes), 1);
    assert.deepEqual(desk.check(SELL), [], 'what shrinks is no probe');
    assert.deepEqual(desk.check({ ...SELL, flags: ORDER_LIQUIDATION }), []);
    assert.equal(desk.readNumber(probes), 1);
    assert.deepEqual(desk.check({ qty: 1 }), []);
    assert.equal(desk.readNumber(probes), 0);
    assert.deepEqual(desk.check({ qty: 1 }), [check]);
    desk.setNumber(probes, 0.999);
    assert.deepEqual(desk.check({ qty: 1 }), [check]);
    desk.setNumber(probes, Number.NaN);
    assert.deepEqual(desk.check({ qty: 1 }), [check]);
    desk.setNumber(probes, 5);
    desk.setNumber(probes + 8, Number.NaN);
    assert.deepEqual(desk.check({ qty: 1 }), [check]);
    const kept = 100 * (1 - 2 ** -48); // the rounding forgiven of a notional of 100
    desk.setNumber(probes + 8, kept);
    assert.deepEqual(desk.check({ qty: 1, flags: ORDER_PREVIEW }), []);
    desk.setNumber(probes + 8, kept * (1 - 2 ** -53));
    assert.deepEqual(desk.check({ qty: 1 }), [check]);
    desk.setNumber(probes + 8, 1e9);
    desk.setWord(state, layout.RISK_REDUCING);
    assert.deepEqual(desk.check({ qty: 1 }), [check], 'probes are for a half-open breaker only');
    desk.setWord(state, layout.RISK_ACTIVE);
    assert.deepEqual(desk.check({ qty: 1 }), []);
    assert.equal(desk.readNumber(probes), 5, 'nor is one taken where everything passes');
  });
}

test('risk: a liquidation of what a cell does not hold takes no probe there', () => {
  const desk = createRiskDesk();
  holdTen(desk);
  desk.setBook(desk.cell('strategy'), 0, 0, 0);
  const node = desk.node('strategy');
  desk.setWord(node + layout.NODE_STATE, layout.RISK_PROBING);
  desk.setNumber(node + layout.NODE_PROBES, 3);
  desk.setNumber(node + layout.NODE_PROBE_NOTIONAL, 1e9);
  assert.deepEqual(desk.check({ ...SELL, flags: ORDER_LIQUIDATION }), []);
  assert.equal(desk.readNumber(node + layout.NODE_PROBES), 3);
  assert.deepEqual(desk.check(SELL), []);
  assert.equal(desk.readNumber(node + layout.NODE_PROBES), 2);
});

test('risk: reduce-only closes what the account holds there, and no more', () => {
  for (const flags of [ORDER_REDUCE_ONLY, ORDER_LIQUIDATION]) {
    for (const side of [0, 1]) {
      const desk = createRiskDesk();
      const asks = (qty: number, closable: number): CheckName[] =>
        desk.check({ side, flags, qty, closable });
      assert.deepEqual(asks(0.3, 0.3), []);
      assert.deepEqual(asks(0.30000001, 0.3), ['reduceOnly']);
      assert.deepEqual(desk.answer('reduceOnly'), { asked: 0.30000001, hard: 0.3, soft: 0.3 });
      assert.deepEqual(asks(1 + 2 ** -48, 1), [], 'rounding of a double');
      assert.deepEqual(asks(1 + 2 ** -47, 1), ['reduceOnly']);
      for (const nothing of [0, -1, Number.NaN]) {
        assert.deepEqual(asks(1e-3, nothing), ['reduceOnly']);
      }
      desk.setBook(desk.book('system'), side === 0 ? 10 : -10, 0, 0);
      assert.deepEqual(asks(0.3, 0.3), [], 'the exposure of others makes no difference');
      desk.setBook(desk.book('system'), side === 0 ? -10 : 10, 0, 0);
      assert.deepEqual(asks(0.3, 0), ['reduceOnly'], 'nor does it close for anybody');
      assert.deepEqual(desk.check({ side, qty: 5, closable: 0 }), [], 'without the flag: nothing');
    }
  }
});

test('risk: a liquidation of what the account holds passes where the exposure grows', () => {
  const desk = createRiskDesk();
  limitEverything(desk, 1e-9, 1e-9);
  desk.setWord(desk.node('system') + layout.NODE_STATE, layout.RISK_HALTED);
  const close = { side: 1, qty: 10, flags: ORDER_LIQUIDATION }; // another account is short of it
  assert.deepEqual(desk.check(close), []);
  assert.ok(desk.check({ ...close, qty: 11 }).includes('reduceOnly'));
  assert.ok(desk.check({ ...close, flags: ORDER_REDUCE_ONLY }).includes('position'));
});

test('risk: a sale of coins shrinks every book but a strategy’s, on whichever pair', () => {
  const desk = createRiskDesk();
  desk.setWord(desk.row + layout.ROW_FLAGS, layout.ROW_TRADABLE | layout.ROW_SPOT);
  limitEverything(desk, 1e-9, Number.POSITIVE_INFINITY);
  for (const level of LEVELS) desk.setWord(desk.node(level), layout.RISK_REDUCING);
  desk.setWord(desk.row + layout.ROW_STATE, layout.RISK_REDUCING);
  const own = ['strategy.state', 'strategy.gross', 'strategy.net'];
  const shares = ['strategy.exposure', 'strategy.leverage'];
  assert.deepEqual(desk.check({ side: 1, qty: 10 }), [...own, ...shares]);
  assert.ok(desk.check({ side: 1, qty: 10, closable: 9 }).includes('system.gross'));
  desk.setBook(desk.cell('strategy'), 10, 0, 0);
  assert.deepEqual(desk.check({ side: 1, qty: 10 }), [], 'it bought them here');
});

const SHRINKING_CHECKS: CheckName[] = [
  'position',
  'concentration',
  'var',
  'historicalVar',
  'stress',
  ...LEVELS.flatMap((level) =>
    (['gross', 'net', 'exposure', 'leverage'] as const).map((name) => `${level}.${name}` as const),
  ),
];

/** Every limit that has one at `hard`; the book is far beyond. */
function limitEverything(desk: RiskDesk, hard: number, soft: number): void {
  for (const at of [layout.ROW_MAX_POSITION]) desk.setLimit(desk.row + at, hard, soft);
  for (const at of SYSTEM_LIMITS) desk.setLimit(desk.system + at, hard, soft);
  for (const level of LEVELS) {
    for (const check of ['gross', 'net', 'exposure', 'leverage'] as const) {
      desk.setNodeLimit(level, check, hard, soft);
    }
  }
}

/** Ten long, and a loss in every scenario and in the variance. */
function loseEverywhere(desk: RiskDesk): void {
  holdTen(desk);
  desk.setNumber(desk.system + layout.RISK_VARIANCE, 1e6);
  for (const block of [desk.history, desk.shocks]) {
    for (let k = 0; k < 5; k += 1) desk.setNumber(block + layout.SCENARIOS_PNL + 8 * k, -500);
  }
}

test('risk: what shrinks every book passes limits that are broken already, and is told', () => {
  const desk = createRiskDesk();
  loseEverywhere(desk);
  limitEverything(desk, 1e-9, 1e-9);
  assert.deepEqual(desk.check({ side: 1, qty: 9 }), []);
  assert.deepEqual(desk.warnings().toSorted(), SHRINKING_CHECKS.toSorted());
  assert.deepEqual(desk.check({ qty: 1 }).toSorted(), SHRINKING_CHECKS.toSorted());
  assert.deepEqual(desk.warnings(), []);
  assert.deepEqual(desk.check({ side: 1, qty: 21 }).toSorted(), SHRINKING_CHECKS.toSorted());
  limitEverything(desk, Number.NaN, Number.NaN);
  const closing = desk.check({ side: 1, qty: 9 });
  assert.deepEqual(closing.toSorted(), SHRINKING_CHECKS.toSorted(), 'NaN passes for nobody');
});

test('risk: an order passes the limits of the books it shrinks, not of the others', () => {
  for (const level of ['portfolio', 'strategy'] as const) {
    const desk = createRiskDesk();
    loseEverywhere(desk);
    limitEverything(desk, 1e-9, 1e-9);
    desk.setBook(desk.cell(level), -10, 0, 0);
    const expected = SHRINKING_CHECKS.filter((name) => name.startsWith(level));
    assert.deepEqual(desk.check({ side: 1, qty: 9 }), expected);
  }
  const desk = createRiskDesk();
  loseEverywhere(desk);
  limitEverything(desk, 1e-9, 1e-9);
  desk.setBook(desk.book('system'), -10, 0, 0); // and the cells ten long
  const expected = SHRINKING_CHECKS.filter((name) => !/portfolio|strategy/.test(name));
  assert.deepEqual(desk.check({ side: 1, qty: 9 }), expected);
});

test('risk: without equity only what shrinks passes; with equity unknown nothing does', () => {
  const shares: CheckName[] = ['concentration', ...SHRINKING_CHECKS.slice(5)].filter((name) =>
    /concentration|exposure|leverage/.test(name),
  ) as CheckName[];
  for (const equity of [0, -1]) {
    const desk = createRiskDesk();
    loseEverywhere(desk);
    desk.setNumber(desk.system + layout.RISK_EQUITY, equity);
    assert.deepEqual(desk.check({ qty: 1 }), shares, `equity ${equity}`);
    assert.deepEqual(desk.check({ side: 1, qty: 10 }), [], 'to nothing at all too');
    desk.setLimit(desk.system + layout.RISK_VAR, 1e9, 1e9);
    assert.deepEqual(desk.check({ side: 1, qty: 10 }), []);
    assert.ok(desk.check({ qty: 1 }).includes('var'));
  }
  for (const equity of [Number.NaN, INF, -INF]) {
    const desk = createRiskDesk();
    loseEverywhere(desk);
    desk.setNumber(desk.system + layout.RISK_EQUITY, equity);
    for (const order of [{ qty: 1 }, { side: 1, qty: 9 }]) {
      assert.deepEqual(desk.check(order), shares, `equity ${equity}`);
    }
    assert.deepEqual(desk.check({ ...SELL, flags: ORDER_LIQUIDATION }), []);
  }
});

test('risk: a liquidation answers to its instrument alone', () => {
  const desk = createRiskDesk();
  loseEverywhere(desk);
  const flags = ORDER_LIQUIDATION;
  const numbers = [layout.RISK_EQUITY, layout.RISK_EQUITY_US, layout.RISK_VARIANCE];
  for (const column of [...numbers, layout.RISK_VAR_Z, layout.RISK_DUPLICATE_US]) {
    desk.setNumber(desk.system + column, Number.NaN);
  }
  limitEverything(desk, Number.NaN, Number.NaN);
  for (const level of LEVELS) {
    for (const check of NODE_CHECKS) desk.setNodeLimit(level, check, Number.NaN, 0);
    desk.setWord(desk.node(level) + layout.NODE_STATE, layout.RISK_HALTED);
  }
  desk.setNumber(desk.row + layout.ROW_OWN_BID, Number.NaN);
  desk.setNumber(desk.row + layout.ROW_MARGIN_RATE, Number.NaN);
  desk.setNumber(desk.margin + layout.MARGIN_US, 0);
  desk.setWord(desk.row + layout.ROW_STATE, layout.RISK_HALTED);
  assert.deepEqual(desk.check({ ...SELL, flags }), []);
  assert.deepEqual(desk.warnings(), []);
  assert.equal(desk.check(SELL).length > 30, true);
  assert.deepEqual(desk.check({ ...SELL, flags: flags | ORDER_PREVIEW }), []);
  for (const column of ROW_LIMITS) {
    const bound = createRiskDesk();
    holdTen(bound);
    bound.setLimit(bound.row + column, -1);
    const answered = column === layout.ROW_MAX_POSITION ? 0 : 1;
    assert.equal(bound.check({ ...SELL, flags, price: 99 }).length, answered, `${column}`);
  }
  desk.setNumber(desk.row + layout.ROW_MARK_US, NOW_US - 6_000_000);
  desk.setWord(desk.row + layout.ROW_FLAGS, 0);
  assert.deepEqual(desk.check({ ...SELL, flags }), ['tradable', 'markAge']);
  desk.setWord(desk.row + layout.ROW_FLAGS, layout.ROW_TRADABLE);
  desk.setNumber(desk.row + layout.ROW_MARK_US, NOW_US);
  desk.setLimit(desk.row + layout.ROW_ORDER_QTY, 5, 0.5);
  assert.deepEqual(desk.check({ ...SELL, flags }), []);
  assert.deepEqual(desk.warnings(), ['orderQty']);
  assert.deepEqual(desk.check({ ...SELL, flags, nowUs: -1 }).includes('input'), true);
  assert.equal(ORDER_CHECKS.length, layout.CHECK_NODES);
});

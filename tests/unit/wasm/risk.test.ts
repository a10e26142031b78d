// Owns the proof of the order's own checks in the pre-trade kernel: below, at and above each limit.
// Promise: a limit passes at its value and refuses one step above; soft warns where hard is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import {
  CHECK_NAMES,
  type CheckName,
  createRiskDesk,
  MARGIN_PLACES,
  NOW_US,
  PORTFOLIOS,
  type RiskDesk,
  type RiskOrder,
} from './risk-desk.ts';

const INF = Number.POSITIVE_INFINITY;

test('risk: an ordinary order breaks nothing and its answer is filled', () => {
  const desk = createRiskDesk();
  assert.equal(CHECK_NAMES.length, layout.CHECKS);
  assert.deepEqual(desk.check(), []);
  assert.deepEqual(desk.warnings(), []);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_NOTIONAL), 1000);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_EXPOSURE_AFTER), 1000);
  assert.deepEqual(desk.answer('orderQty'), { asked: 10, hard: INF, soft: INF });
  assert.deepEqual(desk.answer('input'), { asked: 1, hard: 1, soft: 1 });
  assert.deepEqual(desk.answer('tradable'), { asked: 1, hard: 1, soft: 1 });
  assert.deepEqual(desk.answer('reduceOnly'), { asked: 10, hard: 10, soft: 10 });
  assert.deepEqual(desk.answer('selfTrade'), { asked: 0, hard: 0, soft: 0 });
});

interface LimitCase {
  readonly check: CheckName;
  /** What the limit is set to; `unit` of what is asked for at and above it. */
  readonly set: (desk: RiskDesk, hard: number, soft: number) => void;
  readonly limit: number;
  readonly at: Partial<RiskOrder>;
  readonly above: Partial<RiskOrder>;
  readonly prepare?: (desk: RiskDesk) => void;
}

const row =
  (column: number) =>
  (desk: RiskDesk, hard: number, soft: number): void =>
    desk.setLimit(desk.row + column, hard, soft);
const system =
  (column: number) =>
  (desk: RiskDesk, hard: number, soft: number): void =>
    desk.setLimit(desk.system + column, hard, soft);
const book =
  (position: number, openBuy: number, openSell: number) =>
  (desk: RiskDesk): void =>
    desk.setBook(desk.book('system'), position, openBuy, openSell);

/** One scenario block: the return of instrument 1 in each scenario, the rank of the quantile. */
function setReturns(desk: RiskDesk, block: number, rank: number, returns: readonly number[]): void {
  desk.setWord(block + layout.SCENARIOS_RANK, rank);
  const width = desk.readWord(block + layout.SCENARIOS_WIDTH);
  const { floats, numbers } = desk.arena;
  const stride = desk.readWord(block + layout.SCENARIOS_STRIDE);
  const column = desk.readWord(block + layout.SCENARIOS_COLUMNS) + stride;
  (width === 4 ? floats : numbers).set(returns, column / width);
}

const RETURNS = [0.01, -0.25, -0.5, 0, -0.125]; // all losses whole in 32 bits

const cases: readonly LimitCase[] = [
  {
    check: 'collar',
    set: row(layout.ROW_COLLAR),
    limit: 0.05,
    at: { price: 105 },
    above: { price: 105.00000001 },
  },
  {
    check: 'passiveCollar',
    set: row(layout.ROW_PASSIVE_COLLAR),
    limit: 0.05,
    at: { price: 95 },
    above: { price: 94.99999999 },
  },
  {
    check: 'collar',
    set: row(layout.ROW_COLLAR),
    limit: 0.05,
    at: { side: 1, price: 95 },
    above: { side: 1, price: 94.99999999 },
  },
  {
    check: 'collar',
    set: row(layout.ROW_COLLAR),
    limit: 0.001,
    at: { price: 100.1 },
    above: { price: 100.10000001 },
  },
  {
    check: 'orderQty',
    set: row(layout.ROW_ORDER_QTY),
    limit: 0.3,
    at: { qty: 0.1 + 0.2 },
    above: { qty: 0.30000001 },
  },
  {
    check: 'orderNotional',
    set: row(layout.ROW_ORDER_NOTIONAL),
    limit: 110,
    at: { qty: 1.1 }, // 1.1 x 100 is 110.00000000000001 in doubles
    above: { qty: 1.10000001 },
  },
  {
    check: 'position',
    set: row(layout.ROW_MAX_POSITION),
    limit: 60,
    prepare: book(0.1, 0.2, 50), // the sells do not count for a buy
    at: { qty: 0.3 },
    above: { qty: 0.30000001 },
  },
  {
    check: 'position',
    set: row(layout.ROW_MAX_POSITION),
    limit: 60,
    prepare: book(-0.1, 50, 0.2),
    at: { side: 1, qty: 0.3 },
    above: { side: 1, qty: 0.30000001 },
  },
  {
    check: 'position',
    set: row(layout.ROW_MAX_POSITION),
    limit: 60,
    prepare: book(0.1, 0.2, 0),
    at: { qty: 0.3, price: 200 }, // at the mark, not at the order's price
    above: { qty: 0.30000001, price: 1 },
  },
  {
    check: 'concentration',
    set: system(layout.RISK_CONCENTRATION),
    limit: 0.002,
    prepare: (desk) => {
      desk.setBook(desk.book('system'), 5, 0, 0);
      desk.setNumber(desk.row + layout.ROW_LONG, 500);
      desk.setNumber(desk.row + layout.ROW_SHORT, 500);
      desk.setNumber(desk.asset + layout.ASSET_LONG, 1500);
      desk.setNumber(desk.asset + layout.ASSET_SHORT, 1500);
    },
    at: { qty: 5 },
    above: { qty: 5.00000001 },
  },
  {
    check: 'concentration',
    set: system(layout.RISK_CONCENTRATION),
    limit: 0.002,
    prepare: (desk) => {
      desk.setBook(desk.book('system'), -5, 0, 0);
      desk.setNumber(desk.row + layout.ROW_LONG, -500);
      desk.setNumber(desk.row + layout.ROW_SHORT, -500);
      desk.setNumber(desk.asset + layout.ASSET_LONG, -1500);
      desk.setNumber(desk.asset + layout.ASSET_SHORT, -1500);
    },
    at: { side: 1, qty: 5 },
    above: { side: 1, qty: 5.00000001 },
  },
  {
    check: 'var',
    set: system(layout.RISK_VAR),
    limit: 60e-6,
    prepare: (desk) => {
      setVariance(desk, 0, 0, 0.0009); // 3 % a day
      desk.setNumber(desk.system + layout.RISK_VAR_Z, 2); // z x 3 % x 1000 = 60
    },
    at: { qty: 10 },
    above: { qty: 10.00000001 },
  },
  {
    check: 'historicalVar',
    set: system(layout.RISK_HISTORICAL_VAR),
    limit: 250e-6,
    prepare: (desk) => setReturns(desk, desk.history, 1, RETURNS),
    at: { qty: 10 }, // the second worst: -0.25 x 1000
    above: { qty: 10.00000001 },
  },
  {
    check: 'stress',
    set: system(layout.RISK_STRESS),
    limit: 500e-6,
    prepare: (desk) => setReturns(desk, desk.shocks, 0, RETURNS),
    at: { qty: 10 },
    above: { qty: 10.00000001 },
  },
];

/** w'Sw, (Sw)_1 and S_11 of the ordinary order's instrument. */
function setVariance(desk: RiskDesk, variance: number, sigma: number, own: number): void {
  const block = desk.covariance + layout.COVARIANCE_WEIGHTS;
  desk.setNumber(desk.system + layout.RISK_VARIANCE, variance);
  desk.setNumber(block + 8 * (4 + 1), sigma);
  desk.setNumber(desk.row + layout.ROW_VARIANCE, own);
}

for (const { check, set, limit, at, above, prepare } of cases) {
  test(`risk: ${check} passes at its limit, refuses above it (${JSON.stringify(at)})`, () => {
    const desk = createRiskDesk();
    prepare?.(desk);
    set(desk, limit, INF);
    assert.deepEqual(desk.check(at), []);
    assert.deepEqual(desk.warnings(), []);
    assert.deepEqual(desk.check(above), [check]);
    assert.deepEqual(desk.warnings(), [], 'what is refused is not warned of too');
    assert.ok(desk.answer(check).asked > desk.answer(check).hard);
  });

  test(`risk: ${check} warns above its soft limit, not at it (${JSON.stringify(at)})`, () => {
    const desk = createRiskDesk();
    prepare?.(desk);
    set(desk, 2 * limit, limit);
    assert.deepEqual(desk.check(at), []);
    assert.deepEqual(desk.warnings(), []);
    assert.deepEqual(desk.check(above), []);
    assert.deepEqual(desk.warnings(), [check]);
    assert.ok(desk.answer(check).asked > desk.answer(check).soft);
    set(desk, INF, INF);
    assert.deepEqual(desk.check(above), []);
    assert.deepEqual(desk.warnings(), [], 'no limit warns of nothing');
    set(desk, Number.NaN, INF);
    assert.deepEqual(desk.check(at), [check], 'NaN is no limit that lets through');
  });
}

test('risk: mark, equity and margin pass at their ages and not a microsecond older', () => {
  const marginUs = (desk: RiskDesk): number => desk.margin + layout.MARGIN_US;
  const ages: readonly [CheckName, (desk: RiskDesk) => number, number][] = [
    ['markAge', (desk) => desk.row + layout.ROW_MARK_US, layout.RISK_MARK_AGE_US_MAX],
    ['equityAge', (desk) => desk.system + layout.RISK_EQUITY_US, layout.RISK_EQUITY_AGE_US_MAX],
    ['margin', marginUs, layout.RISK_MARGIN_AGE_US_MAX],
  ];
  for (const [check, at, max] of ages) {
    const desk = createRiskDesk();
    for (const direction of [1, -1]) {
      desk.setNumber(desk.system + max, 1000);
      desk.setNumber(at(desk), NOW_US + direction * 1000);
      assert.deepEqual(desk.check(), [], check);
      desk.setNumber(at(desk), NOW_US + direction * 1001);
      assert.deepEqual(desk.check(), [check], `${check}, ${direction}`);
    }
    desk.setNumber(desk.system + max, Number.NaN);
    desk.setNumber(at(desk), NOW_US);
    assert.deepEqual(desk.check(), [check]);
    desk.setNumber(desk.system + max, INF);
    desk.setNumber(at(desk), -INF);
    assert.deepEqual(desk.check(), check === 'margin' ? [] : [check], 'an age has to be a number');
  }
});

test("risk: margin counts the worst case of the account's book in place of what it held", () => {
  const desk = createRiskDesk();
  const { margin } = desk;
  const own = desk.cell('portfolio');
  desk.setBook(own, 5, 1, 20); // worst: short 15, with the order still
  desk.setNumber(own + layout.CELL_EXPOSURE, 1500);
  desk.setNumber(desk.node('portfolio') + layout.NODE_GROSS, 1500);
  desk.setNumber(margin + layout.MARGIN_USED, 400);
  desk.setNumber(margin + layout.MARGIN_BALANCE, 400);
  assert.deepEqual(desk.check({ qty: 9 }), []);
  assert.equal(desk.answer('margin').asked, 400);
  assert.equal(desk.answer('margin').hard, 400);
  assert.deepEqual(desk.check({ qty: 9.01 }), ['margin']); // long 15.01
  assert.ok(Math.abs(desk.answer('margin').asked - 400.1) < 1e-9);
  assert.deepEqual(desk.warnings(), []);
  desk.setNumber(margin + layout.MARGIN_BALANCE, Number.NaN);
  assert.deepEqual(desk.check({ qty: 1 }), ['margin'], 'collateral nobody knows');
  assert.deepEqual(desk.check({ qty: 1, side: 1 }), ['margin'], 'the open sells close all of it');
  desk.setBook(own, 5, 1, 0);
  assert.deepEqual(desk.check({ qty: 5, side: 1 }), [], 'what shrinks the position needs none');
  desk.setNumber(margin + layout.MARGIN_US, 0);
  desk.setNumber(margin + layout.MARGIN_USED, 1e9);
  desk.setNumber(desk.row + layout.ROW_MARGIN_RATE, Number.NaN);
  assert.deepEqual(desk.check({ qty: 5, side: 1 }), []);
  assert.deepEqual(desk.warnings(), []);
  assert.deepEqual(desk.check({ qty: 5.01, side: 1 }), ['margin']);
});

test('risk: what other accounts hold, or have elsewhere, is no margin of this one', () => {
  const desk = createRiskDesk();
  for (let k = 0; k < PORTFOLIOS * MARGIN_PLACES; k += 1) {
    const other = desk.margins + k * layout.MARGIN_BYTES;
    if (other !== desk.margin) desk.setNumber(other + layout.MARGIN_BALANCE, Number.NaN);
  }
  desk.setNumber(desk.margin + layout.MARGIN_BALANCE, 100); // 10 at 100 and 10 %
  desk.setBook(desk.book('system'), -10, 0, 0); // another account is short: it nets nothing here
  assert.deepEqual(desk.check({ qty: 10 }), []);
  assert.deepEqual(desk.check({ qty: 10.01 }), ['margin']);
  assert.deepEqual(desk.check({ qty: 1, portfolio: 0 }), ['margin']);
  assert.deepEqual(desk.check({ qty: 1, instrument: 0 }), ['margin'], 'at another margin place');
});

test('risk: the variance after the order has the cross term and the square', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.system + layout.RISK_VAR_Z, 1);
  setVariance(desk, 64, 0.5, 0.0009);
  desk.check({ qty: 1 }); // 64 + 2 x 100 x 0.5 + 100^2 x 0.0009 = 173
  assert.equal(desk.readNumber(desk.order + layout.ORDER_VAR_AFTER), Math.sqrt(173));
  assert.equal(desk.answer('var').asked, Math.sqrt(173));
  setVariance(desk, 64, 0.1, 0.0009); // sold: 64 - 20 + 9 = 53
  desk.check({ side: 1, qty: 1 });
  assert.equal(desk.answer('var').asked, Math.sqrt(53));
  setVariance(desk, 64, 5, 0); // rounding may leave less than nothing
  desk.check({ side: 1, qty: 1 });
  assert.equal(desk.answer('var').asked, 0);
  for (const own of [Number.NaN, -1e-9]) {
    setVariance(desk, 64, 0, own);
    assert.deepEqual(desk.check(), ['var']);
  }
  setVariance(desk, 64, 0, 0);
  desk.setWord(desk.covariance + layout.COVARIANCE_N, 1);
  assert.deepEqual(desk.check(), ['var'], 'an instrument outside the matrix');
});

test('risk: losses are those of the worst case after the order, whichever end it is', () => {
  const desk = createRiskDesk();
  desk.setNumber(desk.system + layout.RISK_VAR_Z, 1);
  desk.setBook(desk.book('system'), 0, 10, 0); // a buy of 10 rests: w = +1000
  desk.setNumber(desk.row + layout.ROW_LONG, 1000);
  setVariance(desk, 1e6 * 1e-4, 1000 * 1e-4, 1e-4); // 1 % of 1000
  const after = (order: Partial<RiskOrder>): number => {
    desk.check(order);
    return desk.answer('var').asked;
  };
  assert.equal(after({ qty: 5 }), 15, '+1500');
  assert.equal(after({ side: 1, qty: 5 }), 10, 'the buy may fill and the sale not: +1000 still');
  assert.equal(after({ side: 1, qty: 10 }), 10);
  assert.ok(Math.abs(after({ side: 1, qty: 20 }) - 20) < 1e-12, 'the other way round: -2000');
  setReturns(desk, desk.history, 0, [0, 0, 0, 0, 0.01]);
  setReturns(desk, desk.shocks, 0, [0, 0, 0, 0, 0.01]);
  desk.check({ side: 1, qty: 20 }); // from +1000 to -2000, on a P&L that is 0
  assert.ok(Math.abs(desk.answer('stress').asked - 30) < 1e-12);
  assert.ok(Math.abs(desk.answer('historicalVar').asked - 30) < 1e-6, 'returns are f32');
});

test('risk: the position of a coin counts what stands on its other pairs', () => {
  const desk = createRiskDesk();
  desk.setLimit(desk.row + layout.ROW_MAX_POSITION, 2000);
  assert.deepEqual(desk.check({ qty: 10, carried: 1000 }), []);
  assert.equal(desk.answer('position').asked, 2000);
  assert.deepEqual(desk.check({ qty: 10.1, carried: 1000 }), ['position']);
  assert.deepEqual(desk.check({ carried: Number.NaN }), ['position']);
  const sale = { side: 1, qty: 10, carried: 1000, closable: 0 };
  assert.deepEqual(desk.check(sale), [], 'held 10 elsewhere, sold here');
  assert.equal(desk.answer('position').asked, 0);
});

test('risk: scenarios are asked only where the system says so, and a gain asks nothing', () => {
  const desk = createRiskDesk();
  setReturns(desk, desk.history, 1, RETURNS);
  setReturns(desk, desk.shocks, 0, RETURNS);
  desk.setLimit(desk.system + layout.RISK_HISTORICAL_VAR, 1e-6, 1e-9);
  desk.setLimit(desk.system + layout.RISK_STRESS, 1e-6, 1e-9);
  assert.deepEqual(desk.check(), ['historicalVar', 'stress']);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_HISTORICAL_AFTER), 250);
  assert.equal(desk.readNumber(desk.order + layout.ORDER_STRESS_AFTER), 500);
  assert.deepEqual(desk.answer('stress'), { asked: 500, hard: 1, soft: 0.001 });
  assert.deepEqual(desk.check({ side: 1 }), ['stress'], 'short: the worst is a rise by 1 %');
  assert.equal(desk.answer('historicalVar').asked, 0);
  desk.setWord(desk.system + layout.RISK_FLAGS, 0);
  assert.deepEqual(desk.check(), []);
  assert.deepEqual(desk.warnings(), []);
  assert.equal(desk.answer('historicalVar').asked, 0);
  desk.setLimit(desk.system + layout.RISK_STRESS, Number.NaN);
  assert.deepEqual(desk.check(), [], 'not asked, not judged');
  desk.setWord(desk.system + layout.RISK_FLAGS, layout.RISK_USES_HISTORY);
  for (const block of [desk.history, desk.shocks]) {
    const fresh = createRiskDesk();
    fresh.setNumber(block + layout.SCENARIOS_PNL, Number.NaN);
    const name = block === desk.history ? 'historicalVar' : 'stress';
    assert.deepEqual(fresh.check(), [name], 'history that is not known');
  }
});

test('risk: 2^-48 of what is asked is forgiven and no more, whatever else is refused', () => {
  const kept = 1000 * (1 - 2 ** -48);
  const less = kept * (1 - 2 ** -53);
  assert.ok(less < kept);
  const desk = createRiskDesk();
  for (const flags of [layout.ROW_TRADABLE, 0]) {
    desk.setWord(desk.row + layout.ROW_FLAGS, flags);
    const always: CheckName[] = flags === 0 ? ['tradable'] : [];
    desk.setLimit(desk.row + layout.ROW_ORDER_NOTIONAL, kept, kept);
    assert.deepEqual(desk.check(), always);
    assert.deepEqual(desk.warnings(), []);
    desk.setLimit(desk.row + layout.ROW_ORDER_NOTIONAL, 1e9, less);
    assert.deepEqual(desk.check(), always);
    assert.deepEqual(desk.warnings(), ['orderNotional']);
    desk.setLimit(desk.row + layout.ROW_ORDER_NOTIONAL, less, 1e9);
    assert.deepEqual(desk.check(), [...always, 'orderNotional']);
  }
});

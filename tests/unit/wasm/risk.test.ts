// Owns the proof of the pre-trade check, limit by limit: below, at and above each.
// Promise: a limit passes at its value, refuses one step above, and bad input fails closed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import {
  CHECK_NAMES,
  type CheckName,
  createRiskDesk,
  NOW_US,
  type RiskDesk,
  type RiskOrder,
} from './risk-desk.ts';

test('risk: an ordinary order breaks nothing and its answer is filled', () => {
  const desk = createRiskDesk();
  assert.deepEqual(desk.check({}), []);
  assert.equal(desk.arena.readF64(desk.order + layout.ORDER_NOTIONAL), 1000);
  assert.equal(desk.arena.readF64(desk.order + layout.ORDER_EXPOSURE_AFTER), 1000);
  assert.equal(desk.arena.readU32(desk.order + layout.ORDER_BREACHES), 0);
  assert.equal(desk.asked('orderQty'), 10);
  assert.equal(desk.allowed('collar'), 0.05);
  assert.equal(CHECK_NAMES.length, layout.CHECKS);
});

interface LimitCase {
  readonly check: CheckName;
  readonly limit: (desk: RiskDesk) => void;
  readonly at: Partial<RiskOrder>;
  readonly above: Partial<RiskOrder>;
}

const system =
  (column: number, value: number) =>
  (desk: RiskDesk): void =>
    desk.setSystem(column, value);
const row =
  (column: number, value: number) =>
  (desk: RiskDesk): void =>
    desk.setRow(0, column, value);

const limitCases: readonly LimitCase[] = [
  {
    check: 'markAge',
    limit: row(layout.ROW_MARK_US, NOW_US - 5_000_000),
    at: {},
    above: { nowUs: NOW_US + 1 },
  },
  {
    check: 'equityAge',
    limit: (desk) => {
      desk.setSystem(layout.RISK_EQUITY_US, NOW_US - 60_000_000);
      desk.setSystem(layout.RISK_MARK_AGE_US_MAX, 1e9);
    },
    at: {},
    above: { nowUs: NOW_US + 1 },
  },
  { check: 'collar', limit: () => {}, at: { price: 105 }, above: { price: 105.00000001 } },
  { check: 'collar', limit: () => {}, at: { price: 95 }, above: { price: 94.99999999 } },
  {
    check: 'orderQty',
    limit: row(layout.ROW_MAX_ORDER_QTY, 0.3),
    at: { qty: 0.3 },
    above: { qty: 0.30000001 },
  },
  {
    check: 'orderNotional',
    limit: system(layout.RISK_MAX_ORDER_NOTIONAL, 110),
    at: { qty: 1.1 }, // 1.1 x 100 is 110.00000000000001 in doubles
    above: { qty: 1.10000001 },
  },
  {
    check: 'position',
    limit: (desk) => {
      desk.setRow(0, layout.ROW_MAX_POSITION, 60);
      desk.setRow(0, layout.ROW_POSITION, 0.1);
      desk.setRow(0, layout.ROW_OPEN_BUY, 0.2);
    },
    at: { qty: 0.3 }, // 0.1 + 0.2 + 0.3 is 0.6000000000000001 in doubles
    above: { qty: 0.30000001 },
  },
  {
    check: 'position',
    limit: (desk) => {
      desk.setRow(0, layout.ROW_MAX_POSITION, 60);
      desk.setRow(0, layout.ROW_POSITION, -0.1);
      desk.setRow(0, layout.ROW_OPEN_SELL, 0.2);
    },
    at: { side: 1, qty: 0.3 },
    above: { side: 1, qty: 0.30000001 },
  },
  {
    check: 'exposure',
    limit: (desk) => {
      desk.setSystem(layout.RISK_MAX_EXPOSURE, 0.2);
      desk.setSystem(layout.RISK_GROSS, 199_000);
      desk.setRow(0, layout.ROW_EXPOSURE, 0);
    },
    at: { qty: 10 },
    above: { qty: 10.00000001 },
  },
  {
    check: 'leverage',
    limit: (desk) => {
      desk.setSystem(layout.RISK_MAX_LEVERAGE, 3);
      desk.setSystem(layout.RISK_GROSS, 2_999_500);
      desk.setRow(0, layout.ROW_EXPOSURE, 500);
      desk.setRow(0, layout.ROW_POSITION, 5);
    },
    at: { qty: 5 },
    above: { qty: 5.00000001 },
  },
  {
    check: 'reduceOnly',
    limit: row(layout.ROW_POSITION, -0.3),
    at: { qty: 0.3, flags: 1 },
    above: { qty: 0.30000001, flags: 1 },
  },
  {
    check: 'reduceOnly',
    limit: (desk) => {
      desk.setRow(0, layout.ROW_POSITION, -0.3);
      desk.setRow(0, layout.ROW_OPEN_BUY, 0.1);
    },
    at: { qty: 0.2, flags: 1 }, // -0.3 + 0.1 + 0.2 is 2.8e-17 in doubles
    above: { qty: 0.20000001, flags: 1 },
  },
  {
    check: 'var',
    limit: (desk) => {
      const matrix = desk.covariance + layout.COVARIANCE_WEIGHTS + 3 * 4 * 8;
      desk.arena.writeF64(matrix, 0.0009); // 3 % a day
      desk.setSystem(layout.RISK_VAR_Z, 2);
      desk.setSystem(layout.RISK_VAR_LIMIT, 60e-6); // z x 3 % x 1000 = 60
    },
    at: { qty: 10 },
    above: { qty: 10.00000001 },
  },
];

for (const { check, limit, at, above } of limitCases) {
  test(`risk: ${check} passes at its limit, refuses above it (${JSON.stringify(at)})`, () => {
    const desk = createRiskDesk();
    limit(desk);
    assert.deepEqual(desk.check(at), []);
    assert.deepEqual(desk.check(above), [check]);
    assert.ok(desk.asked(check) > desk.allowed(check));
  });
}

test('risk: open orders pass up to their number and not beyond', () => {
  const desk = createRiskDesk();
  desk.arena.writeU32(desk.system + layout.RISK_OPEN_ORDERS, 99);
  assert.deepEqual(desk.check({}), []);
  desk.arena.writeU32(desk.system + layout.RISK_OPEN_ORDERS, 100);
  assert.deepEqual(desk.check({}), ['openOrders']);
});

test('risk: a market order is priced at the mark and never breaks the collar', () => {
  const desk = createRiskDesk();
  assert.deepEqual(desk.check({ price: 0, qty: 3 }), []);
  assert.equal(desk.arena.readF64(desk.order + layout.ORDER_NOTIONAL), 300);
  assert.equal(desk.asked('collar'), 0);
});

test('risk: an inverse contract counts at its face value in the base currency', () => {
  const desk = createRiskDesk();
  const flags = layout.ROW_TRADABLE | layout.ROW_INVERSE;
  desk.arena.writeU32(desk.row(0) + layout.ROW_FLAGS, flags);
  desk.setRow(0, layout.ROW_MULTIPLIER, 100);
  desk.setRow(0, layout.ROW_QUOTE_RATE, 0.5);
  assert.deepEqual(desk.check({ qty: 7 }), []);
  assert.equal(desk.arena.readF64(desk.order + layout.ORDER_NOTIONAL), 350);
  assert.equal(desk.arena.readF64(desk.order + layout.ORDER_EXPOSURE_AFTER), 350);
});

test('risk: tokens refill with time, are spent by approved orders only, and never run back', () => {
  const desk = createRiskDesk();
  desk.setSystem(layout.RISK_TOKENS, 1);
  assert.deepEqual(desk.check({}), []);
  assert.deepEqual(desk.check({}), ['rate']);
  assert.deepEqual(desk.check({ nowUs: NOW_US + 99_999 }), ['rate']);
  assert.equal(desk.readSystem(layout.RISK_TOKENS_US), NOW_US, 'a refusal spends nothing');
  assert.deepEqual(desk.check({ nowUs: NOW_US + 100_000 }), []);
  assert.deepEqual(desk.check({ nowUs: NOW_US }), ['rate'], 'an earlier clock adds nothing');
  assert.deepEqual(desk.check({ nowUs: NOW_US + 200_000, qty: -1 }).includes('rate'), false);
  assert.equal(desk.readSystem(layout.RISK_TOKENS), 0);
  desk.setSystem(layout.RISK_TOKENS, 2);
  assert.deepEqual(desk.check({ nowUs: NOW_US - 1_000_000 }), [], 'nor takes any away');
  assert.equal(desk.readSystem(layout.RISK_TOKENS), 1);
  assert.equal(desk.readSystem(layout.RISK_TOKENS_US), NOW_US + 100_000);
  const later = NOW_US + 4_000_000;
  desk.setSystem(layout.RISK_TOKENS_US, later - 3_600_000_000);
  assert.deepEqual(desk.check({ nowUs: later }), []);
  assert.equal(desk.readSystem(layout.RISK_TOKENS), 19, 'an hour fills the bucket and no more');
});

test('risk: a halted system lets nothing out, a reducing one only what shrinks', () => {
  const desk = createRiskDesk();
  const state = (value: number): void => desk.arena.writeU32(desk.system, value);
  desk.setRow(0, layout.ROW_POSITION, 10);
  state(layout.RISK_REDUCING);
  assert.deepEqual(desk.check({ side: 1, qty: 10 }), []);
  assert.deepEqual(desk.check({ side: 1, qty: 10.1 }), ['halt'], 'a flip is no reduction');
  assert.deepEqual(desk.check({ side: 0, qty: 1 }), ['halt']);
  state(layout.RISK_HALTED);
  assert.deepEqual(desk.check({ side: 1, qty: 1 }), ['halt']);
  state(99);
  assert.deepEqual(desk.check({ side: 1, qty: 1 }), ['halt']);
});

test('risk: an order that only shrinks the position passes limits that are broken already', () => {
  const desk = createRiskDesk();
  desk.setRow(0, layout.ROW_POSITION, 100);
  desk.setRow(0, layout.ROW_EXPOSURE, 10_000);
  desk.setRow(0, layout.ROW_MAX_POSITION, 1000);
  desk.setSystem(layout.RISK_GROSS, 10_000);
  desk.setSystem(layout.RISK_VARIANCE, 1e12);
  desk.setSystem(layout.RISK_MAX_EXPOSURE, 0.001);
  desk.setSystem(layout.RISK_MAX_LEVERAGE, 0.001);
  desk.setSystem(layout.RISK_VAR_LIMIT, 0.001);
  assert.deepEqual(desk.check({ side: 1, qty: 10 }), []);
  assert.deepEqual(desk.check({ qty: 10 }), ['position', 'exposure', 'leverage', 'var']);
  const flip = desk.check({ side: 1, qty: 150 });
  assert.deepEqual(flip, ['position', 'exposure', 'leverage', 'var']);
});

test('risk: without equity only an order that shrinks the position passes', () => {
  for (const equity of [0, -1]) {
    const desk = createRiskDesk();
    desk.setSystem(layout.RISK_EQUITY, equity);
    desk.setRow(0, layout.ROW_POSITION, 10);
    assert.deepEqual(desk.check({ qty: 1 }), ['exposure', 'leverage', 'var']);
    assert.deepEqual(desk.check({ side: 1, qty: 1 }), []);
  }
});

test('risk: an instrument that may not be traded is refused by name', () => {
  const desk = createRiskDesk();
  desk.arena.writeU32(desk.row(0) + layout.ROW_FLAGS, 0);
  assert.deepEqual(desk.check({}), ['tradable']);
});

test('risk: a mark or an equity from the far future is as stale as an old one', () => {
  const desk = createRiskDesk();
  desk.setRow(0, layout.ROW_MARK_US, NOW_US + 5_000_001);
  desk.setSystem(layout.RISK_EQUITY_US, NOW_US + 60_000_001);
  assert.deepEqual(desk.check({}), ['markAge', 'equityAge']);
});

const byQty: CheckName[] = [
  'input',
  'orderQty',
  'orderNotional',
  'position',
  'exposure',
  'leverage',
  'var',
];
const badQty = [Number.NaN, 0, -0, -1, 2 ** 53, Number.POSITIVE_INFINITY, -Infinity];
for (const qty of badQty) {
  test(`risk: a quantity of ${Object.is(qty, -0) ? '-0' : qty} fails closed`, () => {
    const desk = createRiskDesk();
    assert.deepEqual(desk.check({ qty }), byQty);
    const flagged = desk.check({ qty, flags: layout.ORDER_REDUCE_ONLY });
    assert.ok(flagged.includes('reduceOnly'));
  });
}

for (const price of [Number.NaN, -0, -1, Number.POSITIVE_INFINITY]) {
  test(`risk: a price of ${Object.is(price, -0) ? '-0' : price} fails closed`, () => {
    const desk = createRiskDesk();
    assert.deepEqual(desk.check({ price }), ['input', 'collar', 'orderNotional', 'var']);
  });
}

for (const bad of [{ instrument: 4 }, { instrument: 0xffffffff }, { side: 2 }]) {
  test(`risk: an order with ${JSON.stringify(bad)} fails closed`, () => {
    const breaches = createRiskDesk().check(bad);
    assert.ok(byQty.every((check) => breaches.includes(check)));
    if ('instrument' in bad) assert.ok(breaches.includes('tradable'));
  });
}

for (const nowUs of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
  test(`risk: an order at time ${nowUs} fails closed`, () => {
    assert.ok(createRiskDesk().check({ nowUs }).includes('input'));
  });
}

const columnsOf = (prefix: string, except: readonly string[]): [string, number][] =>
  Object.entries(layout)
    .filter(([name]) => name.startsWith(prefix) && !except.includes(name))
    .map(([name, at]) => [name, Number(at)]);

const systemColumns = columnsOf('RISK_', [
  'RISK_STATE',
  'RISK_OPEN_ORDERS',
  'RISK_NET', // not a limit: for people
  'RISK_SYSTEM_BYTES',
  'RISK_ROW_BYTES',
  'RISK_ACTIVE',
  'RISK_REDUCING',
  'RISK_HALTED',
]);
const rowColumns = columnsOf('ROW_', ['ROW_FLAGS', 'ROW_TRADABLE', 'ROW_INVERSE']);

test('risk: NaN in any column of the system or the row lets nothing out, shrinking or not', () => {
  assert.equal(systemColumns.length, 16);
  assert.equal(rowColumns.length, 11);
  for (const side of [0, 1]) {
    for (const [name, column] of systemColumns) {
      const desk = createRiskDesk();
      desk.setRow(0, layout.ROW_POSITION, 100);
      desk.setSystem(column, Number.NaN);
      assert.notDeepEqual(desk.check({ side }), [], `${name}, side ${side}`);
    }
    for (const [name, column] of rowColumns) {
      const desk = createRiskDesk();
      desk.setRow(0, layout.ROW_POSITION, 100);
      desk.setRow(0, column, Number.NaN);
      assert.notDeepEqual(desk.check({ side }), [], `${name}, side ${side}`);
    }
  }
});

test('risk: a negative multiplier, rate, mark, gross or open quantity lets nothing out', () => {
  const columns = [layout.ROW_MULTIPLIER, layout.ROW_QUOTE_RATE, layout.ROW_MARK];
  for (const column of [...columns, layout.ROW_OPEN_BUY, layout.ROW_OPEN_SELL]) {
    const desk = createRiskDesk();
    desk.setRow(0, column, -1);
    assert.notDeepEqual(desk.check({}), [], `column ${column}`);
  }
  const desk = createRiskDesk();
  desk.setSystem(layout.RISK_GROSS, -1);
  assert.deepEqual(desk.check({}), ['exposure', 'leverage']);
});

test('risk: an instrument outside the covariance, or with a broken variance, fails on VaR', () => {
  const desk = createRiskDesk();
  assert.deepEqual(desk.check({ instrument: 3 }), []);
  desk.arena.writeU32(desk.covariance + layout.COVARIANCE_N, 3);
  assert.deepEqual(desk.check({ instrument: 3 }), ['var']);
  const own = desk.covariance + layout.COVARIANCE_WEIGHTS + 3 * 3 * 8;
  for (const value of [Number.NaN, -1e-9]) {
    desk.arena.writeF64(own, value);
    assert.deepEqual(desk.check({}), ['var']);
  }
});

test('risk: a whole desk of breaches is reported at once', () => {
  const desk = createRiskDesk();
  desk.arena.writeU32(desk.system, layout.RISK_HALTED);
  desk.arena.writeU32(desk.row(0) + layout.ROW_FLAGS, 0);
  for (const [, column] of systemColumns) desk.setSystem(column, Number.NaN);
  for (const [, column] of rowColumns) desk.setRow(0, column, Number.NaN);
  desk.arena.writeU32(desk.system + layout.RISK_OPEN_ORDERS, 100);
  const all = desk.check({ qty: Number.NaN, flags: layout.ORDER_REDUCE_ONLY });
  assert.deepEqual(all, [...CHECK_NAMES]);
});

// Owns the proof of the checks that every node of the limit tree makes, one level at a time.
// Promise: a limit of one node refuses at that node alone; each node counts in its own book.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as layout from '../../../wasm/layout.ts';
import {
  type CheckName,
  createRiskDesk,
  LEVELS,
  type Level,
  NODE_CHECKS,
  NOW_US,
  type NodeCheck,
  type RiskDesk,
  type RiskOrder,
} from './risk-desk.ts';

const INF = Number.POSITIVE_INFINITY;

interface NodeCase {
  readonly check: NodeCheck;
  readonly limit: number;
  readonly at: Partial<RiskOrder>;
  readonly above: Partial<RiskOrder>;
  readonly prepare?: (desk: RiskDesk, level: Level) => void;
  /** What is over the limit where no order alone can be: done before `above`. */
  readonly raise?: (desk: RiskDesk, level: Level) => void;
}

const PREVIEW = { flags: layout.ORDER_PREVIEW };

const columns =
  (...pairs: readonly (readonly [number, number])[]) =>
  (desk: RiskDesk, level: Level): void => {
    for (const [column, value] of pairs) desk.setNumber(desk.node(level) + column, value);
  };

/** A book of 5 long with 2 bought and 20 sold open, its ends in the sums of the node. */
function holdBook(desk: RiskDesk, level: Level): void {
  const book = desk.book(level);
  desk.setBook(book, 5, 2, 20);
  desk.setNumber(book + layout.CELL_EXPOSURE, 1500);
  desk.setNumber(book + layout.CELL_LONG, 700);
  desk.setNumber(book + layout.CELL_SHORT, -1500);
  columns(
    [layout.NODE_GROSS, 4500],
    [layout.NODE_LONG, 1700],
    [layout.NODE_SHORT, -2500],
  )(desk, level);
}

const cases: readonly NodeCase[] = [
  { check: 'orderNotional', limit: 110, at: { qty: 1.1 }, above: { qty: 1.10000001 } },
  // 4500 - 1500 + the larger of 700 + what is bought and 1500 + what is sold
  {
    check: 'gross',
    limit: 5000,
    prepare: holdBook,
    at: { qty: 13 },
    above: { qty: 13.00000001 },
  },
  {
    check: 'gross',
    limit: 5000,
    prepare: holdBook,
    at: { side: 1, qty: 5 },
    above: { side: 1, qty: 5.00000001 },
  },
  // 1700 - 700 + 100 x (5 + 2 + 30)
  { check: 'net', limit: 4700, prepare: holdBook, at: { qty: 30 }, above: { qty: 30.00000001 } },
  // -2500 + 1500 + 100 x (5 - 20 - 15)
  {
    check: 'net',
    limit: 4000,
    prepare: holdBook,
    at: { side: 1, qty: 15 },
    above: { side: 1, qty: 15.00000001 },
  },
  {
    check: 'exposure',
    limit: 0.005,
    prepare: holdBook,
    at: { qty: 13 },
    above: { qty: 13.00000001 },
  },
  {
    check: 'leverage',
    limit: 0.005,
    prepare: holdBook,
    at: { side: 1, qty: 5 },
    above: { side: 1, qty: 5.00000001 },
  },
  {
    check: 'orderToTrade',
    limit: 2.5,
    prepare: columns([layout.NODE_MESSAGES, 24], [layout.NODE_TRADES, 10]),
    at: PREVIEW,
    raise: columns([layout.NODE_MESSAGES, 25]),
    above: PREVIEW,
  },
  {
    check: 'orderToTrade',
    limit: 2.5,
    prepare: columns([layout.NODE_MESSAGES, 24], [layout.NODE_TRADES_FLOOR, 10]),
    at: PREVIEW,
    raise: columns([layout.NODE_TRADES_FLOOR, 9.99]),
    above: PREVIEW,
  },
  {
    check: 'openOrders',
    limit: 7,
    prepare: (desk, level) => desk.setWord(desk.node(level) + layout.NODE_OPEN_ORDERS, 6),
    at: PREVIEW,
    raise: (desk, level) => desk.setWord(desk.node(level) + layout.NODE_OPEN_ORDERS, 7),
    above: PREVIEW,
  },
];

for (const level of LEVELS) {
  for (const { check, limit, at, above, prepare, raise } of cases) {
    const name: CheckName = `${level}.${check}`;
    test(`risk: ${name} passes at its limit and refuses above it (${JSON.stringify(at)})`, () => {
      const desk = createRiskDesk();
      holdSums(desk, level);
      prepare?.(desk, level);
      desk.setNodeLimit(level, check, limit, limit);
      assert.deepEqual(desk.check(at), []);
      assert.deepEqual(desk.warnings(), []);
      desk.setNodeLimit(level, check, Number.NaN);
      assert.deepEqual(desk.check(at), [name], 'NaN is no limit that lets through');
      desk.setNodeLimit(level, check, limit);
      raise?.(desk, level);
      assert.deepEqual(desk.check(above), [name]);
      assert.deepEqual(desk.warnings(), [], 'what is refused is not warned of too');
      assert.ok(desk.answer(name).asked > desk.answer(name).hard);
      desk.setNodeLimit(level, check, 2 * limit, limit);
      assert.deepEqual(desk.check(above), []);
      assert.deepEqual(desk.warnings(), [name]);
    });
  }
}

/** Gross sums of the node that shares the row, so that what the book holds is inside them. */
function holdSums(desk: RiskDesk, level: Level): void {
  for (const other of LEVELS) {
    if (other !== level) desk.setNumber(desk.node(other) + layout.NODE_GROSS, 1500);
  }
}

test('risk: a bucket lets an order out while a token is there, and warns of what is used', () => {
  for (const level of LEVELS) {
    const desk = createRiskDesk();
    const node = desk.node(level);
    const name: CheckName = `${level}.rate`;
    desk.setNodeLimit(level, 'rate', 20, 18);
    desk.setNumber(node + layout.NODE_TOKENS, 1);
    assert.deepEqual(desk.check(PREVIEW), []);
    assert.deepEqual(desk.answer(name), { asked: 20, hard: 20, soft: 18 });
    assert.deepEqual(desk.warnings(), [name]);
    desk.setNumber(node + layout.NODE_TOKENS, 3);
    assert.deepEqual(desk.check(PREVIEW), []);
    assert.deepEqual(desk.warnings(), [], 'eighteen used, and eighteen is no more than soft');
    desk.setNumber(node + layout.NODE_TOKENS, 0.99999999);
    assert.deepEqual(desk.check(), [name]);
    desk.setNumber(node + layout.NODE_TOKENS, 50);
    assert.deepEqual(desk.check(PREVIEW), []);
    assert.equal(desk.answer(name).asked, 1, 'no more tokens than the bucket holds');
    desk.setNodeLimit(level, 'rate', INF);
    desk.setNumber(node + layout.NODE_TOKENS, 0);
    assert.deepEqual(desk.check(), [], 'no bucket, no token');
    assert.equal(desk.readNumber(node + layout.NODE_TOKENS), 0);
    assert.equal(desk.answer(name).asked, 0);
  }
});

test('risk: tokens come back with time, up to the burst; time running back adds none', () => {
  const desk = createRiskDesk();
  const node = desk.node('strategy');
  desk.setNodeLimit('strategy', 'rate', 20);
  desk.setNumber(node + layout.NODE_RATE_PER_SECOND, 10);
  desk.setNumber(node + layout.NODE_TOKENS, 1);
  assert.deepEqual(desk.check(), []);
  assert.deepEqual(desk.check(), ['strategy.rate']);
  assert.deepEqual(desk.check({ nowUs: NOW_US + 99_999 }), ['strategy.rate']);
  assert.equal(desk.readNumber(node + layout.NODE_TOKENS_US), NOW_US, 'a refusal spends nothing');
  assert.deepEqual(desk.check({ nowUs: NOW_US + 100_000 }), []);
  assert.equal(desk.readNumber(node + layout.NODE_TOKENS), 0);
  assert.deepEqual(desk.check({ nowUs: NOW_US }), ['strategy.rate']);
  desk.setNumber(node + layout.NODE_TOKENS, 2);
  assert.deepEqual(desk.check({ nowUs: NOW_US - 1_000_000 }), [], 'nor takes any away');
  assert.equal(desk.readNumber(node + layout.NODE_TOKENS), 1);
  assert.equal(desk.readNumber(node + layout.NODE_TOKENS_US), NOW_US + 100_000);
  desk.setNumber(node + layout.NODE_TOKENS_US, NOW_US - 3_600_000_000);
  assert.deepEqual(desk.check(), []);
  assert.equal(desk.readNumber(node + layout.NODE_TOKENS), 19);
});

test('risk: a broken bucket, a ratio of nothing and a negative sum let nothing out', () => {
  const broken: readonly [NodeCheck, number, number][] = [
    ['rate', layout.NODE_TOKENS, Number.NaN],
    ['rate', layout.NODE_TOKENS, -INF],
    ['rate', layout.NODE_TOKENS_US, Number.NaN],
    ['rate', layout.NODE_RATE_PER_SECOND, Number.NaN],
    ['orderToTrade', layout.NODE_MESSAGES, Number.NaN],
    ['orderToTrade', layout.NODE_MESSAGES, -2],
    ['orderToTrade', layout.NODE_TRADES, Number.NaN],
    ['orderToTrade', layout.NODE_TRADES_FLOOR, Number.NaN],
    ['orderToTrade', layout.NODE_TRADES_FLOOR, 0],
    ['net', layout.NODE_LONG, Number.NaN],
    ['net', layout.NODE_SHORT, Number.NaN],
    ['net', layout.NODE_LONG, INF],
  ];
  for (const level of LEVELS) {
    for (const [check, column, value] of broken) {
      const desk = createRiskDesk();
      desk.setNodeLimit(level, 'rate', 20);
      desk.setNumber(desk.node(level) + layout.NODE_TOKENS, 5);
      desk.setNumber(desk.node(level) + column, value);
      assert.deepEqual(desk.check(), [`${level}.${check}`], `${column}: ${value}`);
    }
    for (const value of [Number.NaN, INF, -1001]) {
      const desk = createRiskDesk();
      desk.setNumber(desk.node(level) + layout.NODE_GROSS, value);
      const names = ['gross', 'exposure', 'leverage'].map((check) => `${level}.${check}`);
      assert.deepEqual(desk.check(), names, `gross ${value}`);
    }
  }
});

test('risk: each level looks at its own node and its own book, and at no other', () => {
  for (const level of LEVELS) {
    for (const check of NODE_CHECKS.slice(1)) {
      const desk = createRiskDesk();
      desk.setNodeLimit(level, check, -1);
      assert.deepEqual(desk.check(), [`${level}.${check}`]);
      assert.deepEqual(desk.check({ portfolio: 0 }).length, level === 'portfolio' ? 0 : 1);
      assert.deepEqual(desk.check({ strategy: 1 }).length, level === 'strategy' ? 0 : 1);
      assert.deepEqual(desk.check({ instrument: 2 }).length, level === 'venue' ? 0 : 1);
    }
  }
  const desk = createRiskDesk();
  for (const level of ['portfolio', 'strategy'] as const) {
    const other = createRiskDesk();
    other.setBook(other.cell(level), 7, 0, 0);
    other.check();
    for (const any of LEVELS) {
      const asked = other.answer(`${any}.gross`).asked;
      assert.equal(asked, any === level ? 1700 : 1000, `${any} beside ${level}`);
    }
  }
  desk.setBook(desk.book('system'), 7, 0, 0);
  desk.check();
  assert.equal(desk.answer('system.gross').asked, 1700);
  assert.equal(desk.answer('portfolio.gross').asked, 1000);
  assert.equal(desk.answer('strategy.gross').asked, 1000);
  assert.equal(desk.answer('venue.gross').asked, 1700);
});

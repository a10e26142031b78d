// Owns the tests of amends on their way through a whole engine: what is asked of them, and told.
// Promise: a strategy on the real desk; nothing gets by an amend that a new order would not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Desk, Refusal, Strategy } from '../../../engine/strategies/strategy.ts';
import { at, BTC, createEngineDesk, type EngineDesk, recovered } from '../../engine-fixture.ts';
import { inside } from '../../strategies-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;

interface Quoting {
  readonly desk: EngineDesk;
  readonly orderId: string;
  readonly refusals: Refusal[];
  /** The strategy does this at its next timer. */
  next(act: (desk: Desk) => void): void;
}

/** A strategy with a bid of so many steps that rests. */
function quoting(qty: number, settings: readonly string[] = []): Quoting {
  const refusals: Refusal[] = [];
  const todo: ((desk: Desk) => void)[] = [
    (own) =>
      own.submit({ instrument: BTC, side: 'buy', qty: asQty(qty), price: asPrice(BID), reference }),
  ];
  const mine = inside(
    (own): Strategy => ({
      onTimer: () => todo.shift()?.(own),
      onRefused: (refusal) => void refusals.push(refusal),
    }),
  );
  const file = { strategies: [{ name: 'mine', module: '/strategies/mine.ts', isolated: false }] };
  const desk = createEngineDesk({ file, settings, opened: new Map([['mine', mine]]) });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  desk.tick(20);
  const [placed] = desk.out.placed;
  assert.ok(placed !== undefined, JSON.stringify(desk.out.records));
  desk.report({ kind: 'accepted', orderId: placed.id, timeUs: at(30) });
  let ms = 1000;
  const next: Quoting['next'] = (act) => {
    todo.push(act);
    ms += 1000;
    desk.load(BID, ASK, ms);
    desk.tick(ms);
  };
  return { desk, orderId: placed.id, refusals, next };
}

const reference = 'a';
const amend =
  (qty: number, price: number) =>
  (own: Desk): void =>
    assert.ok(own.amend(reference, { qty: asQty(qty), price: asPrice(price) }, 'test'));

const verdicts = ({ desk }: Quoting) => desk.records('verdict').filter(({ amends }) => amends);

test('amend: 100 BTC at 20 % above the ask is refused by every limit, and told', () => {
  const house = quoting(1);
  const { desk, orderId, refusals, next } = house;
  const before = [desk.rooms.exposure.gross(), desk.rooms.exposure.openOrders()];
  next(amend(100_000, 7_200_010));
  assert.deepEqual(desk.out.amended, []);
  const [verdict] = verdicts(house);
  assert.deepEqual(
    [verdict?.orderId, verdict?.approved, verdict?.by, verdict?.qty, verdict?.price],
    [orderId, false, 'risk', '100', '72000.1'],
  );
  const limits = verdict?.breaches.map(({ limit }) => limit) ?? [];
  for (const limit of ['price_collar', 'order_notional', 'position', 'value_at_risk'] as const) {
    assert.ok(limits.includes(limit), limit);
  }
  assert.deepEqual(refusals, [{ instrument: BTC, side: 'buy', reference, limits }]);
  assert.equal(desk.state.orders.get(orderId)?.state, 'open', 'the order stands as it was');
  assert.deepEqual([desk.rooms.exposure.gross(), desk.rooms.exposure.openOrders()], before);
});

test('amend: what compliance forbids by now is not made larger', () => {
  const house = quoting(1);
  const { desk, next } = house;
  desk.rooms.compliance.check = () => ({
    kind: 'rejected',
    breaches: [{ limit: 'not_permitted', scope: 'strategy:mine', asked: 1, allowed: 0 }],
  });
  next(amend(2, BID));
  assert.deepEqual(desk.out.amended, []);
  assert.equal(verdicts(house)[0]?.by, 'compliance');
});

test('amend: what both gates approve leaves with a verdict, and counts once', () => {
  const house = quoting(1000, ['risk.maxPositionUsd=100000']); // 60,000 of 100,000
  const { desk, orderId, next } = house;
  next(amend(1500, BID));
  assert.deepEqual(
    desk.out.amended.map(({ id }) => id),
    [orderId],
  );
  const [verdict] = verdicts(house);
  assert.deepEqual([verdict?.approved, verdict?.qty], [true, '1.5']);
  const kinds = desk.out.records.flatMap((one) =>
    (one.kind === 'verdict' && one.amends) || (one.kind === 'request' && one.request === 'amend')
      ? [one.kind]
      : [],
  );
  assert.deepEqual(kinds, ['verdict', 'request']);
  assert.equal(Math.round(desk.rooms.exposure.gross()), 90_000, 'the worse of both, once');
  assert.equal(desk.rooms.exposure.openOrders(), 1);
  assert.equal(recovered(desk).hash(), desk.state.hash(), 'and a restart knows the same');
});

test('amend: a scope that stands still lets through what gets smaller or pays less', () => {
  for (const state of ['reducing', 'halted'] as const) {
    const house = quoting(10);
    const { desk, refusals, next } = house;
    desk.rooms.exposure.setState('strategy:mine', state); // a person's word takes the order back
    next(amend(11, BID));
    next(amend(10, BID + 10));
    assert.deepEqual(desk.out.amended, []);
    assert.deepEqual(
      new Set(refusals.flatMap(({ limits }) => limits)),
      new Set(['trading_halted']),
    );
    next(amend(9, BID - 10));
    assert.equal(desk.out.amended.length, 1);
    assert.equal(verdicts(house).length, 2, 'what leaves as a cancel may is not asked about');
  }
});

test('amend: one that cannot be is told as well', () => {
  const { desk, refusals, next } = quoting(10);
  next(amend(11, BID));
  next(amend(12, BID)); // the first is not answered yet
  assert.equal(desk.out.amended.length, 1);
  assert.deepEqual(
    refusals.map(({ limits }) => limits),
    [['not_amendable']],
  );
});

test('amend: each costs a message, whether it is asked about or not', () => {
  const { desk, next } = quoting(10, ['risk.limits.strategies.mine={"order_to_trade":0.2}']);
  next(amend(9, BID)); // with the order that is two messages of ten assumed fills
  next(amend(11, BID));
  assert.deepEqual(desk.out.amended.length, 1);
});

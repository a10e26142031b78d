// Owns the cases of planned reductions: what a step keeps, slices, lots, owners, what waits.
// Promise: the instrument has lots of 5 steps of 0.001, so that rounding shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asQty } from '../../../engine/core/units.ts';
import {
  excessOf,
  type Holding,
  planReduction,
  type Reduction,
} from '../../../engine/risk/reduction.ts';
import { linear, spot } from '../../trading-fixture.ts';

const coarse = { ...linear, lot: asQty(5) };

const reductionOf = (fraction: number, ...start: number[]): Reduction => ({
  scope: 'system',
  step: 1,
  steps: 4,
  reason: 'drawdown',
  fraction,
  start: new Map([['main', Float64Array.from(start)]]),
});

const holdingOf = (qty: number, parts: Partial<Holding> = {}): Holding => ({
  account: 'main',
  instrument: coarse,
  qty,
  openReducing: 0,
  orderQtyMin: 5,
  owners: [{ account: 'main', strategy: 'test', qty }],
  unitNotional: 1000,
  orderNotionalMax: 1e9,
  orderQtyMax: 1e9,
  collar: 0,
  ...parts,
});

const excess = (instrument: Instrument, qty: number, reduction: Reduction): number =>
  excessOf({ account: 'main', instrument, qty }, reduction);

const plan = (holding: Holding, reduction: Reduction): string[] =>
  planReduction([holding], reduction).map(
    ({ side, qty, account, strategy }) => `${side} ${qty} ${account}/${strategy}`,
  );

test('reduction: a step keeps its share of the start, whatever is held now', () => {
  assert.equal(excess(coarse, 100, reductionOf(0.25, 100)), 25);
  assert.equal(excess(coarse, 80, reductionOf(0.25, 100)), 5);
  assert.equal(excess(coarse, 75, reductionOf(0.25, 100)), 0);
  assert.equal(excess(coarse, 60, reductionOf(0.25, 100)), 0);
  assert.equal(excess(coarse, -100, reductionOf(0.25, -100)), 25);
  assert.equal(excess(coarse, 120, reductionOf(0.25, 100)), 45); // an order filled meanwhile
  assert.equal(excess(coarse, 0, reductionOf(1, 100)), 0);
});

test('reduction: a position that turned round, or was not there, is beyond the step', () => {
  assert.equal(excess(coarse, -40, reductionOf(0.25, 100)), 40);
  assert.equal(excess(coarse, 40, reductionOf(0.25, 0)), 40);
  assert.equal(excess(coarse, 40, reductionOf(0.25)), 40);
});

test('reduction: parts of a lot stay, and rounding of a double loses none', () => {
  assert.equal(excess(coarse, 4, reductionOf(1, 100)), 0);
  assert.equal(excess(coarse, 9, reductionOf(1, 100)), 5);
  assert.equal(excess(linear, 9, reductionOf(1 / 3, 9)), 3); // 9 - 6.000000000000001
});

test('reduction: a long is sold and a short is bought', () => {
  assert.deepEqual(plan(holdingOf(100), reductionOf(0.5, 100)), ['sell 50 main/test']);
  assert.deepEqual(plan(holdingOf(-100), reductionOf(0.5, -100)), ['buy 50 main/test']);
});

test('reduction: what is on its way is not sent again', () => {
  const reduction = reductionOf(0.5, 100);
  assert.deepEqual(plan(holdingOf(100, { openReducing: 30 }), reduction), ['sell 20 main/test']);
  assert.deepEqual(plan(holdingOf(100, { openReducing: 46 }), reduction), []);
  assert.deepEqual(plan(holdingOf(100, { openReducing: 50 }), reduction), []);
  assert.deepEqual(plan(holdingOf(100, { openReducing: 70 }), reduction), []);
  assert.deepEqual(plan(holdingOf(100, { openReducing: Number.NaN }), reduction), []);
});

test('reduction: orders are slices within the largest order by notional', () => {
  // 0.020 units of 1000 each are 20
  const holding = holdingOf(50, { orderNotionalMax: 20 });
  const slices = ['sell 20 main/test', 'sell 20 main/test', 'sell 10 main/test'];
  assert.deepEqual(plan(holding, reductionOf(1, 50)), slices);
  const collared = holdingOf(50, { orderNotionalMax: 20, collar: 0.25 }); // 0.016: 15 in lots
  assert.equal(plan(collared, reductionOf(1, 50))[0], 'sell 15 main/test');
});

test('reduction: orders are slices within the largest order by quantity', () => {
  const holding = holdingOf(50, { orderQtyMax: 0.03 });
  assert.deepEqual(plan(holding, reductionOf(1, 50)), ['sell 30 main/test', 'sell 20 main/test']);
  const both = holdingOf(50, { orderQtyMax: 0.03, orderNotionalMax: 10 });
  assert.equal(plan(both, reductionOf(1, 50))[0], 'sell 10 main/test');
});

test('reduction: a limit below a lot is asked for a lot, so that the refusal can be seen', () => {
  const holding = holdingOf(10, { orderNotionalMax: 1 });
  assert.deepEqual(plan(holding, reductionOf(1, 10)), ['sell 5 main/test', 'sell 5 main/test']);
});

test('reduction: at most twenty slices of an instrument are sent at once', () => {
  const holding = holdingOf(500, { orderNotionalMax: 5 });
  const orders = plan(holding, reductionOf(1, 500));
  assert.equal(orders.length, 20);
  assert.equal(orders[0], 'sell 5 main/test');
  const owners = [
    { account: 'main', strategy: 'test', qty: 300 },
    { account: 'main', strategy: 'manual', qty: 200 },
  ];
  const shared = plan({ ...holding, owners }, reductionOf(1, 500));
  assert.deepEqual(new Set(shared), new Set(['sell 5 main/test'])); // the smaller one waits
  assert.equal(shared.length, 20);
});

test('reduction: the largest owners give first, none more than it holds, others nothing', () => {
  const owners = [
    { account: 'a', strategy: 'small', qty: 20 },
    { account: 'a', strategy: 'short', qty: -60 },
    { account: 'b', strategy: 'large', qty: 140 },
  ];
  const holding = holdingOf(100, { owners });
  assert.deepEqual(plan(holding, reductionOf(0.5, 100)), ['sell 50 b/large']);
  const flipped = owners.map((owner) => ({ ...owner, qty: -owner.qty }));
  const short = holdingOf(-100, { owners: flipped });
  assert.deepEqual(plan(short, reductionOf(1, -100)), ['buy 100 b/large']);
  const even = holdingOf(155, {
    owners: [...owners.slice(0, 1), { account: 'b', strategy: 'large', qty: 135 }],
  });
  assert.deepEqual(plan(even, reductionOf(1, 155)), ['sell 135 b/large', 'sell 20 a/small']);
});

test('reduction: parts of lots of several owners are charged to the largest', () => {
  const owners = [
    { account: 'a', strategy: 'x', qty: 7 },
    { account: 'a', strategy: 'y', qty: 8 },
  ];
  const holding = holdingOf(15, { owners });
  const orders = ['sell 5 a/y', 'sell 5 a/x', 'sell 5 a/y'];
  assert.deepEqual(plan(holding, reductionOf(1, 15)), orders);
});

test('reduction: without a mark, a limit or an owner nothing is sent', () => {
  const all = reductionOf(1, 100);
  for (const unitNotional of [Number.NaN, 0, -1, Infinity]) {
    assert.deepEqual(plan(holdingOf(100, { unitNotional }), all), []);
  }
  assert.deepEqual(plan(holdingOf(100, { orderNotionalMax: Number.NaN }), all), []);
  assert.deepEqual(plan(holdingOf(100, { owners: [] }), all), []);
  assert.deepEqual(plan(holdingOf(0), reductionOf(1, 0)), []);
});

test('reduction: limits that are not set do not slice', () => {
  const holding = holdingOf(100, { orderNotionalMax: Infinity, orderQtyMax: Infinity });
  assert.deepEqual(plan(holding, reductionOf(1, 100)), ['sell 100 main/test']);
});

test('reduction: every holding is planned from its own start', () => {
  const other = holdingOf(-8, { instrument: spot });
  const orders = planReduction(
    [holdingOf(40), { ...other, orderQtyMin: 1 }],
    reductionOf(0.5, 40, 0, -8),
  );
  assert.deepEqual(
    orders.map(({ instrument, side, qty }) => [instrument.key, side, qty]),
    [
      ['BTCUSDT.test', 'sell', 20],
      ['ETHUSDT.spot', 'buy', 4],
    ],
  );
});

test('reduction: what another account held at the start keeps nothing here', () => {
  const reduction = reductionOf(0.5, 100);
  assert.deepEqual(plan(holdingOf(100, { account: 'fund' }), reduction), ['sell 100 main/test']);
});

test('reduction: what is too small for an order waits, alone or behind the last slice', () => {
  const small = { orderQtyMin: 20 };
  assert.deepEqual(plan(holdingOf(20, small), reductionOf(1, 20)), ['sell 20 main/test']);
  assert.deepEqual(plan(holdingOf(15, small), reductionOf(1, 15)), []);
  assert.deepEqual(plan(holdingOf(50, small), reductionOf(0.25, 50)), []); // 10 of 50
  const sliced = holdingOf(50, { ...small, orderQtyMax: 0.04 });
  assert.deepEqual(plan(sliced, reductionOf(1, 50)), ['sell 40 main/test']);
  const owners = [
    { account: 'a', strategy: 'x', qty: 15 },
    { account: 'a', strategy: 'y', qty: 10 },
  ];
  const orders = plan(holdingOf(25, { ...small, owners }), reductionOf(1, 25));
  assert.deepEqual(orders, ['sell 25 a/x'], 'together they are an order');
});

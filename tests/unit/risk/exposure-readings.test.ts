// Owns the cases of what the exposure tells: profits by strategy, who holds what, uses of limits.
// Promise: expectations are worked out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { nodeAt } from '../../../engine/memory/plan.ts';
import { createExposure } from '../../../engine/risk/exposure.ts';
import * as layout from '../../../wasm/layout.ts';
import { layRisk, names, openRisk, wideRisk } from '../../risk-fixture.ts';
import {
  at,
  instruments,
  inverse,
  layGround,
  linear,
  noKernels,
  orderOf,
  spot,
} from '../../trading-fixture.ts';

const skip = noKernels;
const near = (seen: number, expected: number): void =>
  assert.ok(
    Math.abs(seen - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${seen} is not ${expected}`,
  );

test('exposure: a fill costs its fee, and profit counts from what was held at the start', {
  skip,
}, () => {
  const { exposure } = layRisk(wideRisk());
  const profits = (): number[] => Array.from(exposure.strategyProfits(new Float64Array(2)));
  exposure.setBook('main', 'other', linear, 2_000); // 2
  exposure.setBook('second', 'test', inverse, 3);
  assert.deepEqual(profits(), [0, 0]); // nothing has a price yet
  exposure.onMark(linear, 100, at(1));
  exposure.onMark(inverse, 100, at(1));
  assert.deepEqual(profits(), [0, 0]);
  exposure.onMark(linear, 103, at(2));
  exposure.onMark(inverse, 125, at(2));
  const [test = 0, other = 0] = profits();
  near(other, 6);
  near(test, 3 * 100 * (1 / 100 - 1 / 125) * 125); // 0.6 of the base asset, worth 75
  exposure.onFill(orderOf({ side: 'sell', strategy: 'other' }), -2_000, asPrice(10_200), 'taker');
  near(profits()[1]!, 4 - 0.0005 * 204); // sold at 102
  exposure.onMark(linear, 200, at(3));
  near(profits()[1]!, 4 - 0.0005 * 204);
  exposure.onFill(orderOf({ strategy: 'other' }), 1_000, asPrice(20_000), 'maker');
  near(profits()[1]!, 4 - 0.0005 * 204 - 0.0002 * 200);
});

test('exposure: profit knows the contract size and the rate of the quote asset', { skip }, () => {
  const large = { ...linear, multiplier: 10 };
  const coin = { ...inverse, multiplier: 50 };
  const own = { ...names, instruments: [large, coin] };
  const exposure = createExposure({
    ...layGround(2, { portfolios: 2 }),
    names: own,
    initialMargin: wideRisk().initialMargin,
    quoteRate: () => 0.5,
  });
  exposure.setBook('main', 'other', large, 3_000);
  exposure.onMark(large, 100, at(1));
  exposure.onMark(coin, 100, at(1));
  const fill = (instrument: typeof linear, steps: number): void =>
    exposure.onFill(orderOf({ instrument }), steps, asPrice(10_000), 'maker');
  fill(large, 2_000); // 2 x 10 at 100, fee 0.02 %
  fill(coin, 4); // 4 x 50 of face value, 2 of the base asset
  const profits = (): number[] => Array.from(exposure.strategyProfits(new Float64Array(2)));
  near(profits()[0]!, 0.5 * (-0.4 - 0.0002 * 200));
  exposure.onMark(large, 107, at(2));
  near(profits()[0]!, 0.5 * (2 * 10 * 7 - 0.4 - 0.0002 * 200));
  near(profits()[1]!, 0.5 * (3 * 10 * 7));
  exposure.onMark(coin, 80, at(2));
  near(profits()[0]!, 0.5 * (2 * 10 * 7 - 0.4 + (200 / 100 - 200 / 80 - 0.0002 * 2) * 80));
});

test('exposure: books name who holds what, exactly, and nothing that is flat', { skip }, () => {
  const { exposure } = openRisk();
  exposure.setBook('main', 'test', linear, 5);
  exposure.setBook('second', 'test', linear, -1_500);
  exposure.setBook('main', 'other', inverse, 2);
  exposure.setBook('main', 'other', inverse, 0);
  exposure.onFill(orderOf({ account: 'second', qty: asQty(500) }), 500, asPrice(1), 'maker');
  assert.deepEqual(exposure.books(), [
    { account: 'main', strategy: 'test', instrument: linear.key, qty: '0.005' },
    { account: 'second', strategy: 'test', instrument: linear.key, qty: '-1' },
  ]);
  assert.equal(exposure.held('test', linear), -995);
  assert.equal(exposure.held('other', inverse), 0);
});

test('exposure: uses are told fullest first, with the limits the kernel compares', {
  skip,
}, () => {
  const limits = {
    system: { gross: 1000 },
    strategies: { test: { gross: 500, net: 450, open_orders: 4 } },
    venues: { test: { message_rate: 10 } },
  };
  const risk = { maxPositionUsd: 2000, ordersBurst: 20, softFraction: 0.5, limits };
  const { exposure, numbers, plan } = openRisk(wideRisk(risk));
  assert.deepEqual(exposure.uses(), []);
  exposure.setBook('main', 'test', linear, 3_000);
  exposure.onPosition(linear, 3);
  exposure.onOpenOrder(orderOf({ side: 'sell' }), 1_000);
  const bucket = nodeAt(plan, layout.LEVEL_VENUE, 0) / 8;
  numbers[bucket + layout.NODE_TOKENS / 8] = 4;
  numbers[bucket + layout.NODE_TOKENS_US / 8] = 0.98e6; // 20 ms ago, 50 a second: 5 now
  const seen = exposure.uses().map(({ scope, limit, used, hard, soft }) => {
    assert.equal(soft, hard / 2, `${scope} ${limit}`);
    return `${scope} ${limit} ${used} of ${hard}`;
  });
  assert.deepEqual(seen.slice(0, 6), [
    'strategy:test net 300 of 450',
    'strategy:test gross 300 of 500',
    'venue:test message_rate 5 of 10',
    'system gross 300 of 1000',
    'strategy:test open_orders 1 of 4',
    `instrument:${linear.key} position 300 of 2000`,
  ]);
  assert.ok(seen.includes('system concentration 0.03 of 100'), seen.join());
  assert.ok(seen.includes('system stress_loss 0.009 of 100'), seen.join());
  assert.ok(!seen.some((line) => line.includes('portfolio'))); // no limit, no headroom
});

test('exposure: each use is the number its limit would be asked with', { skip }, () => {
  const limits = { system: { net: 1e6, gross: 1e6 } };
  const risk = { orderToTradeFloor: 2, limits };
  const usesOf = (position: number, isBuy: boolean, open: number): Record<string, number> => {
    const { exposure, preTrade, numbers, plan } = openRisk(wideRisk(risk));
    exposure.onPosition(linear, position);
    if (open > 0) exposure.onOpenOrder(orderOf({ side: isBuy ? 'buy' : 'sell' }), open);
    numbers[(nodeAt(plan, layout.LEVEL_SYSTEM, 0) + layout.NODE_MESSAGES) / 8] = 9;
    for (let k = 0; k < 3; k += 1) if (open > 0) exposure.onTrade(orderOf());
    assert.equal(preTrade.figures().exposureAfter, exposure.gross());
    const own = exposure.uses().filter(({ scope }) => scope === 'system');
    return Object.fromEntries(own.map(({ limit, used }) => [limit, used]));
  };
  const long = usesOf(2, true, 1_000); // 200 to 300
  assert.equal(long.net, 300);
  assert.equal(long.concentration, 0.03);
  assert.equal(long.leverage, 0.03);
  assert.equal(long.exposure, 0.03);
  assert.equal(long.order_to_trade, 3); // 9 messages, 3 trades
  near(long.value_at_risk!, 1.6448536269514722 * 0.04 * 0.03);
  near(long.historical_var!, 0.18 * 0.03);
  near(long.stress_loss!, 0.3 * 0.03);
  const short = usesOf(-2, false, 1_000);
  assert.equal(short.net, 300);
  assert.equal(short.concentration, 0.03);
  near(short.stress_loss!, 0.1 * 0.03);
  const both = usesOf(-4, true, 7_000); // -400 to 300: the larger end is the short one
  assert.equal(both.net, 400);
  assert.equal(both.concentration, 0.04);
  const second = openRisk(wideRisk(risk));
  second.exposure.onPosition(linear, -1);
  second.exposure.onPosition(spot, 5); // another base asset, and the larger one
  assert.ok(
    second.exposure.uses().some((one) => one.limit === 'concentration' && one.used === 0.05),
  );
  assert.equal(usesOf(2, true, 0).order_to_trade, 4.5); // 2 trades are assumed
});

test('exposure: what cannot be told is not in use, and the list is bounded', { skip }, () => {
  const { exposure } = openRisk(wideRisk({ limits: { system: { gross: 1000 } } }));
  exposure.onPosition(linear, 3);
  exposure.setEquity(Number.NaN, at(1e6));
  const limitsOf = (): string[] => exposure.uses().map(({ limit }) => limit);
  assert.deepEqual(limitsOf().toSorted(), ['gross', 'position']);
  const each = { gross: 1e6, net: 1e6, exposure: 90, leverage: 90 };
  const all = (list: readonly string[]): object => Object.fromEntries(list.map((n) => [n, each]));
  const portfolios = all(names.portfolios);
  const strategies = all(names.strategies);
  const many = openRisk(
    wideRisk({ limits: { portfolios, strategies, venues: all(names.venues) } }),
  );
  for (const instrument of instruments) {
    many.exposure.setBook('main', 'test', instrument, 1_000);
    many.exposure.onPosition(instrument, 1);
  }
  const uses = many.exposure.uses();
  assert.ok(uses.length > 20 && uses.length <= 64);
  const fullness = uses.map(({ used, hard }) => used / hard);
  assert.deepEqual(
    fullness,
    fullness.toSorted((a, b) => b - a),
  );
});

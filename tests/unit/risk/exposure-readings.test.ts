// Owns the cases of what the exposure tells: how full the limits are, and nothing it cannot tell.
// Promise: expectations are worked out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeAt } from '../../../engine/memory/plan.ts';
import * as layout from '../../../wasm/layout.ts';
import { names, openRisk, wideRisk } from '../../risk-fixture.ts';
import { at, instruments, linear, noKernels, orderOf, spot } from '../../trading-fixture.ts';

const skip = noKernels;
const near = (seen: number, expected: number): void =>
  assert.ok(
    Math.abs(seen - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${seen} is not ${expected}`,
  );

test('exposure: uses are told fullest first, with the limits the kernel compares', {
  skip,
}, () => {
  const limits = {
    system: { gross: 1000 },
    strategies: { test: { gross: 500, net: 450, open_orders: 4 } },
    venues: { test: { message_rate: 10 } },
  };
  const risk = { maxPositionUsd: 2000, ordersBurst: 20, softFraction: 0.5, limits };
  const { exposure, hold, numbers, plan } = openRisk(wideRisk(risk));
  assert.deepEqual(exposure.uses(), []);
  hold('main', 'test', linear, 3_000);
  exposure.onPosition(linear, 3);
  exposure.setOpen(orderOf({ side: 'sell' }), 1_000);
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
    if (open > 0) exposure.setOpen(orderOf({ side: isBuy ? 'buy' : 'sell' }), open);
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
    many.hold('main', 'test', instrument, 1_000);
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

// Owns the cases of money that comes in or goes out: it is no profit, no loss, and heals nothing.
// Promise: F13 of the findings; equities are round, so every fall can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGuard, riskConfig } from '../../guard-fixture.ts';
import { at } from '../../trading-fixture.ts';

const calm = { lossFraction: 1 };
const open = () => openGuard({ risk: riskConfig({}, calm) });

test('guard: F13 a withdrawal trips nothing; a loss after it counts against what is left', () => {
  const { guard } = open();
  guard.onEquity(1000, 1000, at(1));
  guard.onEquity(980, 1000, at(2));
  guard.onEquity(490, 510, at(3)); // half of it left
  assert.equal(guard.tradingState(), 'active');
  assert.equal(guard.drawdown(), 0.02);
  assert.deepEqual(
    guard.view().drawdowns.map(({ peak, dayPeak }) => [peak, dayPeak]),
    [[500, 500]],
  );
  guard.onEquity(485.01, 510, at(4));
  assert.equal(guard.tradingState(), 'active');
  guard.onEquity(485, 510, at(5)); // 3 % of 500
  assert.equal(guard.tradingState(), 'reducing');
});

test('guard: F13 a deposit neither heals a warning nor counts as a peak', () => {
  const { guard } = open();
  guard.onEquity(1000, 1000, at(1));
  guard.onEquity(960, 1000, at(2));
  assert.equal(guard.tradingState(), 'reducing');
  guard.onEquity(1920, 1960, at(3));
  assert.equal(guard.tradingState(), 'reducing');
  assert.deepEqual([guard.drawdown(), guard.view().drawdowns[0]?.peak], [0.04, 2000]);
  guard.onEquity(960, 1000, at(4)); // and out again
  assert.deepEqual([guard.drawdown(), guard.view().drawdowns[0]?.peak], [0.04, 1000]);
});

test('guard: F13 a halt stays latched, whatever is deposited or taken out', () => {
  const { guard } = open();
  guard.onEquity(1000, 0, at(1));
  guard.onEquity(950, 0, at(2));
  for (const [equity, capital] of [
    [10_950, 10_000],
    [0, -950],
    [500, -450],
  ] as const) {
    guard.onEquity(equity, capital, at(3));
    assert.equal(guard.tradingState(), 'halted', `equity ${equity}`);
  }
});

test('guard: an account that was emptied begins anew with what comes in', () => {
  const { guard } = open();
  guard.onEquity(1000, 1000, at(1));
  guard.onEquity(980, 1000, at(2));
  guard.onEquity(0, 20, at(3));
  assert.equal(guard.drawdown(), 0);
  guard.onEquity(300, 320, at(4));
  assert.deepEqual([guard.drawdown(), guard.view().drawdowns[0]?.peak], [0, 300]);
  assert.equal(guard.tradingState(), 'active');
});

test('guard: capital that moved while equity was unknown moves peaks once it is known', () => {
  const { guard } = open();
  guard.onEquity(1000, 1000, at(1));
  guard.onEquity(980, 1000, at(2));
  guard.onEquity(Number.NaN, 2000, at(3));
  assert.equal(guard.drawdown(), 0.02);
  guard.onEquity(1960, 1980, at(4));
  assert.equal(guard.drawdown(), 0.02);
});

test('guard: a strategy has lost the share it had lost, whatever was taken out', () => {
  const { guard } = open();
  guard.onEquity(1000, 1000, at(1));
  guard.onStrategyProfits(Float64Array.of(0, 0), 1000, at(1));
  guard.onStrategyProfits(Float64Array.of(-15, 0), 1000, at(2));
  guard.onEquity(500, 500, at(3));
  guard.onStrategyProfits(Float64Array.of(-15, 0), 500, at(3));
  assert.equal(guard.stateOf('strategy:test'), 'active');
  const [, own] = guard.view().drawdowns;
  assert.deepEqual([own?.drawdown, own?.peak], [0.015, -7.5]);
  guard.onStrategyProfits(Float64Array.of(-17.5, 0), 500, at(4)); // 2 % of 500 below -7.5
  assert.equal(guard.stateOf('strategy:test'), 'reducing');
});

test('guard: the loss-rate breaker takes no withdrawal for a loss, of nobody', () => {
  const { guard } = openGuard(); // 1 % within its window
  guard.onEquity(1000, 1000, at(1));
  guard.onStrategyProfits(Float64Array.of(8, 0), 1000, at(1));
  guard.onEquity(992, 1000, at(2));
  guard.onStrategyProfits(Float64Array.of(0, 0), 1000, at(2));
  guard.onEquity(496, 504, at(3));
  guard.onStrategyProfits(Float64Array.of(0, 0), 496, at(3));
  assert.deepEqual([guard.tradingState(), guard.stateOf('strategy:test')], ['active', 'active']);
  guard.onEquity(495.01, 504, at(4));
  assert.equal(guard.tradingState(), 'active');
  guard.onEquity(495, 504, at(5)); // 1 % below 500
  assert.equal(guard.tradingState(), 'reducing');
  guard.onStrategyProfits(Float64Array.of(-1, 0), 495, at(6)); // 4 / 496 were lost before
  assert.equal(guard.stateOf('strategy:test'), 'reducing');
});

test('guard: a deposit that a crash kept from the peaks moves them in the next engine', () => {
  const before = open();
  before.guard.onEquity(1000, 1000, at(1));
  before.guard.onEquity(980, 1000, at(2));
  const kept = before.standings.save();
  assert.deepEqual(kept.drawdowns, [
    {
      ...{ scope: 'system', level: 'normal', peak: 1000, day: 0, dayPeak: 1000 },
      ...{ capital: 1000, base: 1000, dayBase: 1000 },
    },
  ]);
  const { guard } = openGuard({ risk: riskConfig({}, calm), restored: kept });
  guard.onEquity(1960, 1980, at(3));
  assert.deepEqual([guard.drawdown(), guard.view().drawdowns[0]?.peak], [0.02, 2000]);
});

// Owns the cases of peaks in doubt: what may raise them while a mark or a market is not trusted.
// Promise: one book, held or not; the loss-rate breaker keeps out where it says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGuard, riskConfig } from '../../guard-fixture.ts';
import { at, linear } from '../../trading-fixture.ts';

const calm = { lossFraction: 1 };

test('guard: no peak grows while the mark of something that is held is in doubt', () => {
  const { guard, held, doubtful } = openGuard();
  guard.onEquity(1000, 0, at(1));
  guard.onStrategyProfits(Float64Array.of(10, 0), 1000, at(1));
  doubtful.add('BTCUSDT.test');
  guard.onEquity(1001, 0, at(2));
  assert.equal(guard.view().drawdowns[0]?.peak, 1001, 'nobody holds it');
  held.set('system BTCUSDT.test', 5);
  held.set('strategy:test BTCUSDT.test', 5);
  guard.onEquity(1100, 0, at(3));
  guard.onStrategyProfits(Float64Array.of(110, 0), 1100, at(3));
  const peaks = () => guard.view().drawdowns.map(({ peak, dayPeak }) => [peak, dayPeak]);
  assert.deepEqual(peaks(), [
    [1001, 1001],
    [10, 10],
    [0, 0],
  ]);
  guard.onStrategyProfits(Float64Array.of(110, 7), 1100, at(4));
  assert.deepEqual(peaks()[2], [7, 7], 'another strategy does not hold it');
  doubtful.clear();
  guard.onEquity(1100, 0, at(5));
  assert.deepEqual(peaks()[0], [1100, 1100]);
});

test('guard: no peak grows while the volatility breaker of what is held is open', () => {
  const { guard, held } = openGuard();
  held.set('system BTCUSDT.test', -5);
  guard.onEquity(1000, 0, at(1));
  guard.onMark(linear, 100, at(1));
  guard.onMark(linear, 103, at(2));
  assert.equal(guard.stateOf('instrument:BTCUSDT.test'), 'reducing');
  guard.onEquity(1100, 0, at(3));
  assert.equal(guard.drawdown(), 0);
  guard.onEquity(1000, 0, at(4));
  assert.equal(guard.drawdown(), 0, 'the 1,100 were never a peak');
  guard.advance(at(62_000_000));
  assert.equal(guard.stateOf('instrument:BTCUSDT.test'), 'probing');
  guard.onEquity(1100, 0, at(62_000_001));
  guard.onEquity(1095, 0, at(62_000_002));
  assert.ok(guard.drawdown() > 0);
});

test('guard: a fall counts in doubt as ever', () => {
  const { guard, held, doubtful } = openGuard({ risk: riskConfig({}, calm) });
  held.set('system BTCUSDT.test', 5);
  guard.onEquity(1000, 0, at(1));
  doubtful.add('BTCUSDT.test');
  guard.onEquity(950, 0, at(2));
  assert.equal(guard.tradingState(), 'halted');
});

test('guard: the first equity is a peak, in doubt or not', () => {
  const { guard, held, doubtful } = openGuard();
  held.set('system BTCUSDT.test', 5);
  doubtful.add('BTCUSDT.test');
  guard.onEquity(1000, 0, at(1));
  assert.equal(guard.view().drawdowns[0]?.peak, 1000);
});

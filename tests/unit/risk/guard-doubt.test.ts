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

const BOUND_MS = 60_000;
const doubting = () => openGuard({ risk: riskConfig({ drawdownDoubtMs: BOUND_MS }, calm) });
const MS = 1000;

test('guard: a fall of what stands still in part stops what adds, and sells nothing', () => {
  const { guard, held, doubtful, take } = doubting();
  held.set('system BTCUSDT.test', 10); // 1,000
  held.set('system BTCUSD.test', -10);
  guard.onEquity(1000, 0, at(MS));
  doubtful.add('BTCUSDT.test');
  guard.onEquity(1000, 0, at(2 * MS));
  guard.onEquity(940, 0, at(3 * MS)); // 6 %, of which 100 may be made up by the leg that is lost
  assert.equal(guard.stateOf('system'), 'reducing');
  assert.deepEqual(guard.reductions(at(3 * MS)), []);
  assert.deepEqual(take('drawdown'), []);
  assert.match(guard.view().states[0]?.reasons[0] ?? '', /^drawdown 6.00 % .* some are in doubt$/);
  doubtful.clear();
  guard.onEquity(999, 0, at(4 * MS));
  assert.equal(guard.stateOf('system'), 'active', 'it was none');
});

test('guard: a fall that is still there when the marks are good is sold', () => {
  const { guard, held, doubtful } = doubting();
  held.set('system BTCUSDT.test', 10);
  guard.onEquity(1000, 0, at(MS));
  doubtful.add('BTCUSDT.test');
  guard.onEquity(1000, 0, at(2 * MS));
  guard.onEquity(940, 0, at(3 * MS));
  doubtful.clear();
  guard.onEquity(940, 0, at(4 * MS));
  assert.equal(guard.stateOf('system'), 'halted');
  assert.equal(guard.reductions(at(4 * MS)).length, 1);
});

test('guard: a fall in doubt is believed after its time, not before, and once', () => {
  const { guard, held, doubtful, take } = doubting();
  held.set('system BTCUSDT.test', 10);
  guard.onEquity(1000, 0, at(MS));
  doubtful.add('BTCUSDT.test');
  guard.onEquity(1000, 0, at(2 * MS));
  const fromMs = 3;
  for (const ms of [fromMs, fromMs + 1, fromMs + BOUND_MS - 1]) guard.onEquity(965, 0, at(ms * MS));
  assert.deepEqual(take('drawdown'), []);
  for (const ms of [0, 1, 2]) guard.onEquity(965, 0, at((fromMs + BOUND_MS + ms) * MS));
  assert.deepEqual(
    take('drawdown').map((turn) => 'to' in turn && turn.to),
    ['warning'],
  );
  assert.equal(guard.reductions(at((fromMs + BOUND_MS + 3) * MS)).length, 1);
});

test('guard: a fall beyond what a lost leg may make up for is sold at once', () => {
  const { guard, held, doubtful } = doubting();
  held.set('system BTCUSDT.test', 1); // 100: it may make up for 10
  guard.onEquity(1000, 0, at(MS));
  doubtful.add('BTCUSDT.test');
  guard.onEquity(1000, 0, at(2 * MS));
  guard.onEquity(941, 0, at(3 * MS));
  assert.equal(guard.stateOf('system'), 'reducing', '951 at best');
  guard.onEquity(939, 0, at(4 * MS));
  assert.equal(guard.stateOf('system'), 'halted');
});

test('guard: marks that come and go in doubt follow the fall, so it is believed', () => {
  const { guard, held, doubtful, goodUs } = doubting();
  held.set('system BTCUSDT.test', 10);
  held.set('system BTCUSD.test', 10);
  guard.onEquity(1000, 0, at(MS));
  doubtful.add('BTCUSDT.test').add('BTCUSD.test');
  goodUs.set('BTCUSDT.test', 1500).set('BTCUSD.test', 500);
  guard.onEquity(940, 0, at(2 * MS));
  assert.equal(guard.stateOf('system'), 'reducing', 'one has not been good since');
  goodUs.set('BTCUSD.test', 2500);
  guard.onEquity(940, 0, at(3 * MS));
  assert.equal(guard.stateOf('system'), 'halted');
});

test('guard: the first equity is a peak, in doubt or not', () => {
  const { guard, held, doubtful } = openGuard();
  held.set('system BTCUSDT.test', 5);
  doubtful.add('BTCUSDT.test');
  guard.onEquity(1000, 0, at(1));
  assert.equal(guard.view().drawdowns[0]?.peak, 1000);
});

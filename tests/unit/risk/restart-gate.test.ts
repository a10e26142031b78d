// Owns the cases of who starts a halted drawdown again: F13, a single key did it 9 s after a crash.
// Promise: the guard is a real one; the cool-off is that of the defaults unless a test says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardDesk, openGuard, riskConfig } from '../../guard-fixture.ts';
import { at } from '../../trading-fixture.ts';

const COOL_OFF_US = 15 * 60e6;
const DAY_US = 24 * 3600e6;
const NOON_US = 12 * 3600e6;

function openHalted(risk = riskConfig({}, { lossFraction: 1 })): GuardDesk {
  const desk = openGuard({ risk });
  desk.guard.onEquity(1000, 0, at(1));
  desk.guard.onEquity(950, 0, at(2));
  desk.records.length = 0;
  return desk;
}

const wish = ({ guard }: GuardDesk, by: string, us = NOON_US): string =>
  guard.setState('system', 'active', 'seen', by, at(us)).kind === 'done'
    ? guard.tradingState()
    : 'refused';

test('restart gate: F13 one person alone starts no halted drawdown, and is told what does', () => {
  const desk = openHalted();
  const answer = desk.guard.setState('system', 'active', 'seen', 'local', at(NOON_US));
  const asks = 'local asks to start again: somebody else agrees, or local from 12:15:00 UTC on';
  const reasons = ['drawdown 5.00 % of the peak 1000.00', asks];
  assert.deepEqual(answer, { kind: 'done', state: 'halted', reasons });
  desk.guard.advance(at(NOON_US));
  assert.deepEqual(desk.guard.view().states, [{ scope: 'system', state: 'halted', reasons }]);
  assert.deepEqual(desk.take('trading_state'), [
    {
      scope: 'system',
      state: 'halted',
      reason: 'asks to start again: seen',
      by: 'local',
      isWord: false,
    },
  ]);
  assert.deepEqual(desk.records, [], 'no level and no word has changed');
});

test('restart gate: a second person starts it, however the first spells the own name', () => {
  const desk = openHalted();
  for (const by of ['anna', 'Anna', ' ANNA ']) assert.equal(wish(desk, by), 'halted', by);
  assert.equal(wish(desk, 'ben'), 'active');
  assert.equal(desk.guard.view().states[0]?.reasons.length, 0);
  assert.equal(desk.standings.drawdown('system')?.peak, 950);
});

test('restart gate: one who waits out the cool-off starts it alone, a moment before not', () => {
  const desk = openHalted();
  assert.equal(wish(desk, 'anna', NOON_US), 'halted');
  assert.equal(wish(desk, 'anna', NOON_US + COOL_OFF_US - 1), 'halted');
  assert.equal(wish(desk, 'anna', NOON_US + COOL_OFF_US), 'active');
});

test('restart gate: a wish is forgotten after a day, and by the next engine', () => {
  const desk = openHalted();
  assert.equal(wish(desk, 'anna', NOON_US), 'halted');
  assert.equal(wish(desk, 'ben', NOON_US + DAY_US), 'halted', 'the first of a new pair');
  assert.equal(wish(desk, 'anna', NOON_US + DAY_US), 'active');
  const asked = openHalted();
  wish(asked, 'anna');
  const next = openGuard({ restored: asked.standings.save() });
  next.guard.onEquity(950, 0, at(NOON_US));
  assert.equal(wish(next, 'ben'), 'halted');
});

test('restart gate: each halt is asked about anew, each scope by itself', () => {
  const desk = openHalted();
  wish(desk, 'anna');
  assert.equal(wish(desk, 'ben'), 'active');
  desk.guard.onEquity(901, 0, at(NOON_US + 1)); // 5.2 % below 950
  assert.equal(wish(desk, 'ben', NOON_US + 2), 'halted');
  desk.guard.onStrategyProfits(Float64Array.of(0, 0), 901, at(NOON_US + 2));
  desk.guard.onStrategyProfits(Float64Array.of(-28, 0), 901, at(NOON_US + 3));
  const own = (by: string): unknown => {
    const answer = desk.guard.setState('strategy:test', 'active', 'seen', by, at(NOON_US + 4));
    return answer.kind === 'done' && answer.state;
  };
  assert.deepEqual([own('anna'), own('ben')], ['halted', 'active']);
  assert.equal(desk.guard.tradingState(), 'halted');
});

test('restart gate: with a cool-off of 0 one person starts it at once', () => {
  const risk = riskConfig({ drawdownCoolOffMs: 0 }, { lossFraction: 1 });
  assert.equal(wish(openHalted(risk), 'anna'), 'active');
});

test('restart gate: a warning is nobody’s second pair of eyes', () => {
  const desk = openGuard({ risk: riskConfig({}, { lossFraction: 1 }) });
  desk.guard.onEquity(1000, 0, at(1));
  desk.guard.onEquity(970, 0, at(2));
  assert.equal(wish(desk, 'anna'), 'active');
});

// Owns the cases of losses that a person's word does not take back: of a day, and of all days.
// Promise: round equities; two people say at once that it may start again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardDesk, openGuard, riskConfig } from '../../guard-fixture.ts';
import { at } from '../../trading-fixture.ts';

const DAY_US = 86_400e6;
const calm = { lossFraction: 1 };
const risk = riskConfig({ dailyLossLimit: 0.1, totalLossLimit: 0.2 }, calm);
const open = (restored?: GuardDesk) =>
  openGuard(restored === undefined ? { risk } : { risk, restored: restored.standings.save() });

/** What two people who want it to start again are told. */
function resume({ guard }: GuardDesk, us: number): string {
  guard.setState('system', 'active', 'seen', 'anna', at(us));
  const answer = guard.setState('system', 'active', 'seen', 'ben', at(us));
  if (answer.kind === 'refused') return answer.problems[0]?.message ?? '';
  return answer.kind === 'done' ? answer.state : answer.kind;
}

const told = (desk: GuardDesk) =>
  desk.take('drawdown').map((turn) => ('measure' in turn && 'to' in turn ? turn : null));

test('guard: below the loss limit of the day two people start a halt again, at it nobody', () => {
  const desk = open();
  desk.guard.onEquity(1000, 0, at(1));
  desk.guard.onEquity(940, 0, at(2)); // 6 %
  assert.equal(resume(desk, 3), 'active');
  desk.take('drawdown');
  desk.guard.onEquity(900.01, 0, at(4)); // 4.3 % of 940: a warning
  assert.equal(desk.guard.stateOf('system'), 'reducing');
  desk.guard.onEquity(900, 0, at(5));
  assert.equal(desk.guard.stateOf('system'), 'halted');
  assert.equal(told(desk).at(-1)?.measure, 'day_loss');
  assert.match(
    resume(desk, 6),
    /^lost 10.00 % of the first equity of the day 1000.00, .* 10.00 % \(risk.dailyLossLimit\)/,
  );
  assert.match(resume(open(desk), 7), /equity is not known yet/);
});

test('guard: the loss of a day outlives a restart and ends with the day, its halt does not', () => {
  const before = open();
  before.guard.onEquity(1000, 0, at(1));
  before.guard.onEquity(890, 0, at(2));
  const desk = open(before);
  desk.guard.onEquity(890, 0, at(3));
  assert.match(resume(desk, 4), /^lost 11.00 % /);
  desk.guard.advance(at(DAY_US));
  assert.equal(desk.guard.stateOf('system'), 'halted');
  assert.equal(resume(desk, DAY_US + 1), 'active');
  desk.guard.onEquity(850, 0, at(DAY_US + 2));
  assert.equal(desk.guard.stateOf('system'), 'reducing', '4.5 % of the new day');
});

test('guard: what is lost over days counts from the first equity, whatever was resumed', () => {
  let desk = open();
  let equity = 1000;
  desk.guard.onEquity(equity, 0, at(1));
  for (let day = 1; day <= 3; day += 1) {
    equity -= 60;
    desk.guard.onEquity(equity, 0, at(day * DAY_US));
    desk.guard.onEquity(equity - 0.001, 0, at(day * DAY_US + 1));
    assert.equal(resume(desk, day * DAY_US + 2), 'active');
    desk = open(desk);
    desk.guard.onEquity(equity, 0, at(day * DAY_US + 3));
  }
  desk.guard.onEquity(800.01, 0, at(4 * DAY_US));
  assert.equal(desk.guard.stateOf('system'), 'active');
  desk.guard.onEquity(800, 0, at(4 * DAY_US + 1));
  assert.equal(told(desk).at(-1)?.measure, 'loss');
  assert.match(resume(desk, 5 * DAY_US), /^lost 20.00 % of the first equity 1000.00, .*totalLoss/);
});

test('guard: money that comes in or goes out neither adds to a loss nor heals it', () => {
  const desk = open();
  desk.guard.onEquity(1000, 1000, at(1));
  desk.guard.onEquity(980, 1000, at(2)); // 2 %
  desk.guard.onEquity(98, 118, at(3)); // nine tenths go
  assert.equal(desk.guard.stateOf('system'), 'active');
  assert.ok(Math.abs((desk.standings.drawdown('system')?.base ?? 0) - 100) < 1e-9);
  desk.guard.onEquity(196, 216, at(4)); // and double
  desk.guard.onEquity(180.01, 216, at(5));
  assert.notEqual(told(desk).at(-1)?.measure, 'day_loss');
  desk.guard.onEquity(180, 216, at(6)); // a tenth of 200
  assert.match(resume(desk, 7), /^lost 10.00 % /);
});

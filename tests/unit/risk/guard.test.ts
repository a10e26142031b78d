// Owns the cases of the guard: what equity, strategies, breakers and people do to the scopes.
// Promise: settings are the defaults but for what a test names; every number can be read off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_US } from '../../../engine/risk/drawdown.ts';
import { NAMES, openGuard, orderAt, riskConfig } from '../../guard-fixture.ts';
import { at, instruments, linear, spot } from '../../trading-fixture.ts';

const fallen = {
  scope: 'system',
  level: 'halted',
  peak: 1000,
  day: 0,
  dayPeak: 1000,
  capital: 0,
} as const;

const calm = { lossFraction: 1 }; // the loss-rate breaker keeps out of tests of drawdowns

test('guard: it starts active everywhere and says so to every scope once', () => {
  const { guard, states, records, standings } = openGuard();
  assert.equal(states.size, 1 + 1 + 2 + 2 + 3);
  assert.deepEqual(new Set(states.values()), new Set(['active']));
  assert.equal(guard.stateOf('strategy:manual'), 'active');
  assert.equal(guard.stateOf('venue:nowhere'), 'halted');
  assert.deepEqual(records, []);
  assert.deepEqual(guard.view(), {
    states: [{ scope: 'system', state: 'active', reasons: [] }],
    breakers: [],
    drawdowns: [],
  });
  assert.deepEqual(standings.save(), { words: [], drawdowns: [] });
});

test('guard: the warning puts the system to reducing, in steps; its end lifts both', () => {
  const { guard, take, told, held } = openGuard({ risk: riskConfig({}, calm) });
  held.set('system BTCUSDT.test', 100);
  guard.onEquity(1000, 0, at(1));
  guard.onEquity(970, 0, at(2));
  assert.deepEqual(told, ['system reducing']);
  assert.deepEqual(take('drawdown'), [
    {
      scope: 'system',
      from: 'normal',
      to: 'warning',
      drawdown: 0.03,
      peak: 1000,
      capital: 0,
      equity: 970,
      measure: 'day',
    },
  ]);
  const reason = 'drawdown 3.00 % of the peak 1000.00';
  assert.deepEqual(take('trading_state'), [
    { scope: 'system', state: 'reducing', reason, by: 'drawdown', isWord: false },
  ]);
  const [step] = guard.reductions(at(3));
  assert.deepEqual([step?.scope, step?.step, step?.steps], ['system', 1, 4]);
  assert.deepEqual([step?.fraction, step?.reason], [0.25, reason]);
  assert.equal(guard.drawdown(), 0.03);
  guard.onEquity(985, 0, at(4));
  assert.deepEqual(guard.reductions(at(5)), []);
  assert.deepEqual(take('drawdown').length, 1);
  assert.deepEqual(told, ['system reducing', 'system active']);
});

test('guard: the hard drawdown halts and closes all at once, until people say active', () => {
  const { guard, take, held } = openGuard({ risk: riskConfig({}, calm) });
  held.set('system BTCUSDT.test', 100);
  guard.onEquity(1000, 0, at(1));
  guard.onEquity(970, 0, at(2));
  const [first] = guard.reductions(at(2));
  guard.reductionDone(first!, { gross: 100, target: 75, orders: 1, refused: 0 }, at(2));
  guard.onEquity(950, 0, at(3));
  assert.equal(guard.tradingState(), 'halted');
  const [step] = guard.reductions(at(3));
  assert.deepEqual([step?.step, step?.steps, step?.fraction], [1, 1, 1]);
  guard.onEquity(2000, 0, at(4));
  assert.equal(guard.tradingState(), 'halted');
  guard.onEquity(940, 0, at(5));
  guard.setState('system', 'active', 'seen', 'ben', at(6));
  take('trading_state');
  take('drawdown');
  const answer = guard.setState('system', 'active', 'seen', 'anna', at(6));
  assert.deepEqual(answer, { kind: 'done', state: 'active', reasons: [] });
  assert.deepEqual(take('trading_state'), [
    { scope: 'system', state: 'active', reason: 'seen', by: 'anna', isWord: true },
  ]);
  assert.deepEqual(take('drawdown').length, 1);
  assert.deepEqual(guard.reductions(at(7)), []);
  guard.onEquity(930, 0, at(8)); // a new peak: 940
  assert.equal(guard.tradingState(), 'active');
  assert.equal(guard.drawdown(), 10 / 940);
});

test('guard: a first active takes back the word, a second accepts the loss of a warning', () => {
  const { guard } = openGuard({ risk: riskConfig({}, calm) });
  guard.onEquity(1000, 0, at(1));
  guard.onEquity(965, 0, at(2));
  guard.setState('system', 'halted', 'lunch', 'anna', at(3));
  const answer = guard.setState('system', 'active', 'back', 'anna', at(4));
  assert.deepEqual(answer, {
    kind: 'done',
    state: 'reducing',
    reasons: ['drawdown 3.50 % of the peak 1000.00'],
  });
  guard.setState('system', 'active', 'I know', 'anna', at(5));
  assert.equal(guard.tradingState(), 'active');
  guard.onEquity(960, 0, at(6));
  assert.equal(guard.tradingState(), 'active');
});

test('guard: the active of two people ends both a word and a halted drawdown', () => {
  const { guard } = openGuard({ risk: riskConfig({}, calm) });
  guard.onEquity(1000, 0, at(1));
  guard.setState('system', 'reducing', 'lunch', 'anna', at(1));
  guard.onEquity(940, 0, at(2));
  assert.equal(guard.tradingState(), 'halted');
  const answer = guard.setState('system', 'active', 'back', 'anna', at(3));
  assert.ok(answer.kind === 'done');
  assert.equal(answer.reasons[0], 'drawdown 6.00 % of the peak 1000.00', 'the word is gone');
  assert.equal(guard.tradingState(), 'halted');
  guard.setState('system', 'active', 'agreed', 'ben', at(4));
  assert.equal(guard.tradingState(), 'active');
});

test('guard: active where nothing holds is not journalled', () => {
  const { guard, records } = openGuard({ risk: riskConfig({}, calm) });
  guard.onEquity(1000, 0, at(1));
  const answer = guard.setState('system', 'active', 'so what', 'anna', at(1));
  assert.deepEqual(answer, { kind: 'done', state: 'active', reasons: [] });
  guard.setState('instrument:BTCUSDT.test', 'active', 'so what', 'anna', at(1));
  assert.deepEqual(records, []);
});

test('guard: a person never closes a breaker, and is told which one stays', () => {
  const { guard, told, take } = openGuard();
  for (let n = 1; n <= 3; n += 1) guard.onDisconnect('test', at(n));
  assert.deepEqual(told, ['venue:test reducing']);
  assert.deepEqual(take('breaker'), [
    {
      scope: 'venue:test',
      breaker: 'venue',
      from: 'closed',
      to: 'open',
      measured: 3,
      threshold: 3,
      reason: '3 broken connections or unclear orders within 60 s',
    },
  ]);
  assert.deepEqual(take('trading_state'), [
    {
      scope: 'venue:test',
      state: 'reducing',
      reason: 'venue breaker: 3 broken connections or unclear orders within 60 s',
      by: 'breaker',
      isWord: false,
    },
  ]);
  const answer = guard.setState('venue:test', 'active', 'go', 'anna', at(4));
  const reasons = ['venue breaker open'];
  assert.deepEqual(answer, { kind: 'done', state: 'reducing', reasons });
  assert.equal(guard.tradingState(), 'active'); // of all venues or one: the system stays itself
});

test('guard: a scope nobody knows is not found', () => {
  const { guard, records, standings } = openGuard();
  const answer = guard.setState('venue:nowhere', 'halted', 'x', 'anna', at(1));
  assert.deepEqual(answer, { kind: 'not_found' });
  assert.deepEqual([records, standings.words()], [[], []]);
});

test('guard: a half-open breaker lets out its probes', () => {
  const { guard, probes, told } = openGuard();
  for (let n = 1; n <= 3; n += 1) guard.onUnclear(orderAt(spot, 0), at(n));
  guard.advance(at(60_000_001));
  assert.deepEqual(probes, ['venue:spot 3 x 10000']);
  assert.equal(guard.stateOf('venue:spot'), 'probing');
  guard.advance(at(90_000_001));
  assert.deepEqual(told, ['venue:spot reducing', 'venue:spot probing', 'venue:spot active']);
  assert.equal(probes.length, 1);
});

test('guard: the system of a probing breaker trades as if it were reducing', () => {
  const { guard } = openGuard({ risk: riskConfig({}, { lossWindowMs: 1000 }) });
  guard.onEquity(1000, 0, at(1));
  guard.onEquity(989, 0, at(2));
  assert.equal(guard.tradingState(), 'reducing');
  guard.advance(at(30_000_002));
  assert.deepEqual([guard.stateOf('system'), guard.tradingState()], ['probing', 'reducing']);
});

test('guard: a strategy answers for its own drawdown and loss rate, and for nobody else', () => {
  const { guard, held, states, take } = openGuard({ risk: riskConfig({}, calm) });
  held.set('strategy:test BTCUSDT.test', 40);
  held.set('system BTCUSDT.test', 50);
  guard.onStrategyProfits(Float64Array.of(0, 0), 1000, at(1));
  guard.onStrategyProfits(Float64Array.of(-19.99, 0), 1000, at(2));
  assert.equal(guard.stateOf('strategy:test'), 'active');
  guard.onStrategyProfits(Float64Array.of(-20, 0), 1000, at(3));
  assert.deepEqual(
    [...states].filter(([, state]) => state !== 'active'),
    [['strategy:test', 'reducing']],
  );
  assert.deepEqual(
    guard.reductions(at(3)).map(({ scope, start }) => [scope, start.get('main')?.[linear.index]]),
    [['strategy:test', 40]],
  );
  guard.onStrategyProfits(Float64Array.of(-30, 0), 1000, at(4));
  assert.equal(guard.stateOf('strategy:test'), 'halted');
  const [, hard] = take('drawdown') as { equity: number; peak: number }[];
  assert.deepEqual([hard?.equity, hard?.peak], [-30, 0]);
  assert.equal(guard.tradingState(), 'active');
});

test('guard: losses of strategies and refusals of venues reach their breakers', () => {
  const { guard } = openGuard({ risk: riskConfig({}, { rejectOrdersMin: 1, latencyMs: 5 }) });
  guard.onStrategyProfits(Float64Array.of(0, 0), 1000, at(1));
  guard.onStrategyProfits(Float64Array.of(0, -10), 1000, at(2));
  assert.equal(guard.stateOf('strategy:manual'), 'reducing');
  guard.onSent(orderAt(linear, 0), at(1));
  guard.onAnswered(orderAt(linear, 0), at(2), true);
  assert.equal(guard.stateOf('venue:test'), 'reducing');
  for (const instrument of instruments) guard.onBook(instrument, true, at(2));
  guard.advance(at(5_000_002));
  assert.equal(guard.stateOf('venue:spot'), 'reducing');
  guard.onMark(spot, 100, at(6_000_000));
  guard.onMark(spot, 98, at(6_000_001));
  assert.equal(guard.stateOf('instrument:ETHUSDT.spot'), 'reducing');
  const { states, breakers } = guard.view();
  assert.deepEqual(
    states.map(({ scope }) => scope),
    ['system', 'strategy:manual', 'venue:test', 'venue:spot', 'instrument:ETHUSDT.spot'],
  );
  assert.equal(breakers.length, 5); // the other instrument of 'test' is stale as well
});

test('guard: a step is recorded when it sent orders, and waits for them', () => {
  const { guard, held, take } = openGuard({ risk: riskConfig({}, calm) });
  held.set('system BTCUSDT.test', 100);
  guard.onEquity(1000, 0, at(1));
  guard.onEquity(970, 0, at(2));
  const [step] = guard.reductions(at(2));
  guard.reductionDone(step!, { gross: 400, target: 300, orders: 0, refused: 0 }, at(2));
  assert.deepEqual(take('reduction'), []);
  assert.equal(guard.reductions(at(3)).length, 1);
  guard.reductionDone(step!, { gross: 400, target: 300, orders: 2, refused: 0 }, at(3));
  assert.deepEqual(take('reduction'), [
    {
      scope: 'system',
      step: 1,
      steps: 4,
      reason: 'drawdown 3.00 % of the peak 1000.00',
      gross: 400,
      target: 300,
      orders: 2,
    },
  ]);
  assert.deepEqual(guard.reductions(at(4)), []);
  assert.equal(guard.reductions(at(250_003)).length, 1);
  const [second] = guard.reductions(at(2 + 5_000_000));
  assert.equal(second?.step, 2);
});

const ofDay1 = { level: 'normal', day: 1, capital: 0 } as const;

test('guard: a successor goes on with words, levels, peaks and their days', () => {
  const before = openGuard({ risk: riskConfig({}, calm) });
  before.guard.onEquity(1000, 0, at(DAY_US - 1));
  before.guard.onEquity(940, 0, at(DAY_US + 1));
  before.guard.onStrategyProfits(Float64Array.of(15, 5), 1000, at(DAY_US + 1));
  before.guard.onStrategyProfits(Float64Array.of(5, 5), 1000, at(DAY_US + 1));
  before.guard.setState('venue:spot', 'reducing', 'lunch', 'anna', at(DAY_US + 2));
  const kept = before.standings.save();
  assert.deepEqual(kept, {
    words: [{ scope: 'venue:spot', state: 'reducing', reason: 'lunch', by: 'anna' }],
    drawdowns: [
      { ...ofDay1, scope: 'strategy:manual', peak: 5, dayPeak: 5, base: 5, dayBase: 5 },
      { ...ofDay1, scope: 'strategy:test', peak: 15, dayPeak: 15, base: 15, dayBase: 15 },
      {
        ...{ ...ofDay1, scope: 'system', level: 'halted', peak: 1000, dayPeak: 940 },
        ...{ base: 1000, dayBase: 940 },
      },
    ],
  });
  const after = openGuard({ risk: riskConfig({}, calm), restored: kept });
  assert.deepEqual(after.records, []);
  assert.deepEqual(
    [...after.states].filter(([, state]) => state !== 'active'),
    [
      ['system', 'halted'],
      ['venue:spot', 'reducing'],
    ],
  );
  assert.deepEqual(after.standings.save(), kept);
  after.held.set('system BTCUSDT.test', 7);
  const [step] = after.guard.reductions(at(DAY_US + 3));
  assert.deepEqual([step?.fraction, step?.start.get('main')?.[linear.index]], [1, 7]);
  assert.equal(step?.reason, 'drawdown, as it was before the restart');
  // Its profit goes on where it was: 10 below the best of both runs, 10 more makes 2 % of equity.
  after.guard.onStrategyProfits(Float64Array.of(-4.99, 5), 1000, at(DAY_US + 3));
  assert.equal(after.guard.stateOf('strategy:test'), 'active');
  after.guard.onStrategyProfits(Float64Array.of(-5, 5), 1000, at(DAY_US + 3));
  assert.equal(after.guard.stateOf('strategy:test'), 'reducing');
});

// The journal said "equity":null,"peak":null where a resume came before the first mark.
test('guard: F13 a drawdown starts again from an equity that is known, and not before', () => {
  const { guard, standings, records } = openGuard({ restored: { words: [], drawdowns: [fallen] } });
  const answer = guard.setState('system', 'active', 'seen', 'anna', at(1));
  assert.ok(answer.kind === 'refused');
  assert.match(answer.problems[0]?.message ?? '', /equity is not known yet/);
  assert.deepEqual([guard.tradingState(), records], ['halted', []]);
  guard.onEquity(500, 0, at(2));
  for (const by of ['anna', 'ben']) guard.setState('system', 'active', 'seen', by, at(3));
  assert.equal(guard.tradingState(), 'active');
  assert.deepEqual([standings.drawdown('system')?.peak, guard.drawdown()], [500, 0]);
});

test('guard: the view of very many states is bounded', () => {
  const many = Array.from({ length: 250 }, (_, index) => ({ ...linear, index, key: `K${index}` }));
  const { guard } = openGuard({ names: { ...NAMES, instruments: many } });
  for (const { key } of many) guard.setState(`instrument:${key}`, 'reducing', 'x', 'anna', at(1));
  assert.equal(guard.view().states.length, 200);
});

test('guard: a warning of an earlier run goes on reducing in steps', () => {
  const drawdown = { ...fallen, level: 'warning' } as const;
  const { guard, held } = openGuard({ restored: { words: [], drawdowns: [drawdown] } });
  held.set('system BTCUSDT.test', 8);
  const [step] = guard.reductions(at(1));
  assert.deepEqual([step?.step, step?.steps, guard.tradingState()], [1, 4, 'reducing']);
});

test('guard: a new day begins with the clock', () => {
  const { guard } = openGuard({ risk: riskConfig({}, calm) });
  guard.onEquity(1000, 0, at(1));
  guard.onEquity(985, 0, at(2));
  guard.advance(at(DAY_US));
  assert.deepEqual(guard.view().drawdowns, [
    {
      scope: 'system',
      level: 'normal',
      drawdown: 0.015,
      peak: 1000,
      dayDrawdown: 0,
      dayPeak: 985,
    },
  ]);
});

test('guard: the view measures breakers at the last clock', () => {
  const { guard } = openGuard();
  guard.advance(at(1_000_000));
  guard.onMark(spot, 100, at(1_000_000));
  guard.onMark(spot, 101.5, at(1_000_000));
  assert.equal(guard.view().breakers[0]?.measured, 0.015);
  guard.advance(at(62_000_000));
  assert.deepEqual(guard.view().breakers, []);
});

test('guard: an unknown equity changes nothing', () => {
  const { guard, records, standings } = openGuard();
  guard.onEquity(Number.NaN, 0, at(1));
  guard.onStrategyProfits(Float64Array.of(Number.NaN), Number.NaN, at(1));
  assert.deepEqual([records, guard.drawdown(), standings.drawdowns()], [[], 0, []]);
});

test('guard: a kill halts the system until a person lets it go', () => {
  const { guard } = openGuard();
  const options = { flatten: false, drill: false, reason: 'fire', by: 'anna' };
  guard.startKill(options, at(1));
  assert.equal(guard.tradingState(), 'halted');
  guard.endKill(at(2));
  assert.equal(guard.tradingState(), 'halted');
  guard.setState('system', 'active', 'over', 'ben', at(3));
  assert.equal(guard.tradingState(), 'active');
  guard.startKill({ ...options, drill: true }, at(4));
  assert.equal(guard.tradingState(), 'halted');
  guard.endKill(at(5));
  assert.equal(guard.tradingState(), 'active');
});

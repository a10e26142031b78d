// Owns the cases of why a scope is in its state: the strictest cause, the journal, kills, drills.
// Promise: drawdowns are real ones, breakers are a list; every record is looked at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitScope } from '../../../engine/core/limit.ts';
import type { BreakerKind, BreakerState, KillOptions } from '../../../engine/core/risk.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import type { StateRecord } from '../../../engine/facts/risk.ts';
import { createDrawdown, type Drawdown } from '../../../engine/risk/drawdown.ts';
import { createStandings, drawdownReason, type Standings } from '../../../engine/risk/standing.ts';
import { createStandingsSlice } from '../../../engine/risk/standings-slice.ts';
import { at } from '../../trading-fixture.ts';

const VENUE = 'venue:test';

interface Rig {
  readonly standings: Standings;
  readonly drawdown: Drawdown; // of the system
  readonly trouble: Map<LimitScope, { kind: BreakerKind; state: BreakerState }[]>;
  readonly told: string[];
  words(): readonly StateRecord[]; // as the slice keeps them
  records(): string[]; // 'system halted anna: fire' since the last call
}

function rig(words: readonly StateRecord[] = []): Rig {
  const slice = createStandingsSlice();
  slice.load({ words, drawdowns: [] });
  const drawdown = createDrawdown({ warning: 0.03, hard: 0.05 });
  const trouble: Rig['trouble'] = new Map();
  const told: string[] = [];
  const records: Fact[] = [];
  const standings = createStandings({
    scopes: ['system', VENUE],
    words: slice,
    drawdowns: new Map([['system', drawdown]]),
    troubled: (scope) => trouble.get(scope) ?? [],
    setState: (scope, state) => told.push(`${scope} ${state}`),
    commit(fact) {
      slice.fold(fact, 0);
      records.push(fact);
    },
  });
  const texts = (): string[] =>
    records
      .splice(0)
      .map((body) =>
        body.kind === 'trading_state'
          ? `${body.scope} ${body.state} ${body.by}: ${body.reason}`
          : body.kind,
      );
  return { standings, drawdown, trouble, told, words: slice.words, records: texts };
}

const word = (state: StateRecord['state'], scope: LimitScope = VENUE): StateRecord => ({
  scope,
  state,
  reason: 'lunch',
  by: 'anna',
});

const killOf = (parts: Partial<KillOptions> = {}): KillOptions => ({
  flatten: false,
  drill: false,
  reason: 'fire',
  by: 'anna',
  ...parts,
});

const fall = ({ drawdown }: Rig, ...equities: number[]): void => {
  for (const equity of equities) drawdown.observe(equity, equity, at(1));
};

test('standing: every scope is told once at the start, with the words of an earlier run', () => {
  const { told, standings, words, records } = rig([word('halted'), word('reducing', 'venue:gone')]);
  assert.deepEqual(told, ['system active', 'venue:test halted']);
  assert.deepEqual(records(), []);
  assert.deepEqual(
    [...standings.states],
    [
      ['system', 'active'],
      ['venue:test', 'halted'],
    ],
  );
  assert.deepEqual(words(), [word('reducing', 'venue:gone'), word('halted')]);
  assert.equal(standings.states.has('venue:gone'), false);
});

test('standing: a word is journalled and told once, however often it is repeated', () => {
  const { standings, told, records } = rig();
  told.length = 0;
  standings.setWord(word('reducing'));
  standings.setWord(word('reducing'));
  assert.deepEqual(told, ['venue:test reducing']);
  assert.deepEqual(records(), ['venue:test reducing anna: lunch']);
  standings.setWord({ ...word('reducing'), by: 'ben' });
  standings.setWord({ ...word('reducing'), by: 'ben', reason: 'dinner' });
  standings.setWord({ ...word('halted'), by: 'ben', reason: 'dinner' });
  assert.deepEqual(told, ['venue:test reducing', 'venue:test halted']);
  assert.deepEqual(records(), [
    'venue:test reducing ben: lunch',
    'venue:test reducing ben: dinner',
    'venue:test halted ben: dinner',
  ]);
});

const doubt = (state: StateRecord['state'], reason = 'a fee of x'): StateRecord => ({
  ...{ scope: VENUE, state, reason },
  by: 'orders',
});

test('standing: a machine loosens no word of a person, and takes no reason away', () => {
  const { standings, told, records, words } = rig();
  standings.setWord(word('halted'));
  standings.setWord(doubt('reducing'));
  assert.equal(told.at(-1), 'venue:test halted');
  const both = ['anna: lunch', 'orders: a fee of x'];
  assert.deepEqual(standings.of(VENUE), { state: 'halted', reasons: both });
  assert.deepEqual(records(), [
    'venue:test halted anna: lunch',
    'venue:test reducing orders: a fee of x',
    'venue:test halted anna: lunch',
  ]);
  const next = rig(words());
  assert.deepEqual(next.standings.of(VENUE), { state: 'halted', reasons: both });
  next.standings.release(VENUE, 'looked', 'ben');
  assert.deepEqual(next.standings.of(VENUE), { state: 'active', reasons: [] });
  assert.deepEqual(rig(next.words()).standings.of(VENUE), { state: 'active', reasons: [] });
});

test('standing: a machine makes a scope stricter, and a later word of it no looser', () => {
  const { standings, words } = rig();
  standings.setWord(word('reducing'));
  standings.setWord(doubt('halted', 'a lost fill'));
  standings.setWord(doubt('reducing'));
  assert.equal(standings.states.get(VENUE), 'halted');
  assert.deepEqual(words(), [word('reducing'), doubt('halted', 'a lost fill')]);
  standings.setWord({ ...word('reducing'), by: 'ben' });
  assert.equal(standings.states.get(VENUE), 'reducing', 'who has looked has the last word');
  assert.deepEqual(words(), [{ ...word('reducing'), by: 'ben' }]);
});

test('standing: the strictest cause counts, and all of them are told', () => {
  const desk = rig();
  desk.trouble.set('system', [{ kind: 'loss_rate', state: 'half_open' }]);
  assert.deepEqual(desk.standings.of('system'), {
    state: 'probing',
    reasons: ['loss_rate breaker half-open'],
  });
  desk.trouble.set('system', [{ kind: 'loss_rate', state: 'open' }]);
  assert.equal(desk.standings.of('system').state, 'reducing');
  fall(desk, 1000, 965);
  desk.standings.setWord(word('halted', 'system'));
  assert.deepEqual(desk.standings.of('system'), {
    state: 'halted',
    reasons: ['anna: lunch', 'drawdown 3.50 % of the peak 1000.00', 'loss_rate breaker open'],
  });
  assert.deepEqual(desk.standings.of(VENUE), { state: 'active', reasons: [] });
});

test('standing: a drawdown reduces at its warning and halts at its hard limit', () => {
  const desk = rig();
  fall(desk, 1000, 970);
  assert.equal(desk.standings.of('system').state, 'reducing');
  fall(desk, 950);
  assert.equal(desk.standings.of('system').state, 'halted');
});

test('standing: a change of cause is told and journalled only when the state changes', () => {
  const { standings, trouble, told, records } = rig();
  told.length = 0;
  standings.refresh(VENUE, 'breaker', 'nothing happened');
  assert.deepEqual([told, records()], [[], []]);
  trouble.set(VENUE, [{ kind: 'latency', state: 'open' }]);
  standings.refresh(VENUE, 'breaker', 'latency breaker: slow');
  standings.refresh(VENUE, 'breaker', 'latency breaker: slow still');
  assert.deepEqual(told, ['venue:test reducing']);
  assert.deepEqual(records(), ['venue:test reducing breaker: latency breaker: slow']);
});

test('standing: a word that something stricter outweighs is journalled, and that after it', () => {
  const { standings, trouble, told, words, records } = rig();
  trouble.set(VENUE, [{ kind: 'latency', state: 'open' }]);
  standings.refresh(VENUE, 'breaker', 'slow');
  records();
  told.length = 0;
  standings.setWord(word('reducing'));
  assert.deepEqual(records(), ['venue:test reducing anna: lunch']);
  standings.release(VENUE, 'back', 'anna');
  assert.deepEqual(records(), [
    'venue:test active anna: back',
    'venue:test reducing breaker: latency breaker open',
  ]);
  assert.deepEqual(told, []);
  assert.deepEqual(words(), []);
});

test('standing: of two equally strict causes the first is told: a kill before a drawdown', () => {
  const desk = rig();
  fall(desk, 1000, 940);
  desk.standings.startKill(killOf({ drill: true }));
  desk.records();
  desk.standings.setWord(word('reducing', 'system'));
  assert.deepEqual(desk.records(), [
    'system reducing anna: lunch',
    'system halted kill: drill: fire',
  ]);
});

test('standing: a kill halts the system and stays as the word of who gave it', () => {
  const { standings, told, words, records } = rig();
  told.length = 0;
  standings.startKill(killOf());
  assert.deepEqual(told, ['system halted']);
  assert.deepEqual(records(), ['system halted anna: kill: fire']);
  const kept = { scope: 'system', state: 'halted', reason: 'kill: fire', by: 'anna' };
  assert.deepEqual(words(), [kept]);
  assert.deepEqual(standings.of('system').reasons, ['kill: fire', 'anna: kill: fire']);
  standings.endKill();
  assert.deepEqual([standings.of('system').state, records()], ['halted', []]);
  standings.release('system', 'over', 'anna');
  assert.deepEqual(records(), ['system active anna: over']);
  assert.equal(standings.states.get('system'), 'active');
});

test('standing: a kill that is taken back while it runs holds all the same, and after it', () => {
  const { standings, words, records } = rig();
  standings.startKill(killOf());
  records();
  standings.release('system', 'too early', 'ben');
  assert.deepEqual(
    records(),
    [
      'system active ben: too early',
      'system halted kill: kill: fire',
      'system halted anna: kill: fire',
    ],
    'after a crash here the journal says halted',
  );
  standings.endKill();
  assert.deepEqual(records(), []);
  assert.equal(standings.of('system').state, 'halted');
  standings.startKill(killOf());
  standings.setWord(word('reducing', 'system')); // no way round it either
  assert.deepEqual(
    words().map(({ scope, state }) => [scope, state]),
    [['system', 'halted']],
  );
  standings.endKill();
  assert.equal(standings.of('system').state, 'halted');
});

test('standing: after a drill the system is as it was before, whatever that was', () => {
  const { standings, told, words, records } = rig();
  told.length = 0;
  standings.startKill(killOf({ drill: true }));
  assert.deepEqual(words(), []); // a restart in a drill trades on
  standings.endKill();
  assert.deepEqual(told, ['system halted', 'system active']);
  assert.deepEqual(records(), [
    'system halted kill: drill: fire',
    'system active kill: the drill is over',
  ]);
  standings.setWord(word('reducing', 'system'));
  records();
  standings.startKill(killOf({ drill: true }));
  standings.endKill();
  assert.equal(standings.states.get('system'), 'reducing');
  assert.equal(records().length, 2);
  standings.endKill(); // nothing runs
  assert.deepEqual(records(), []);
});

test('standing: a kill beside a drill is no drill, nor is a drill beside a kill', () => {
  for (const [first, second] of [
    [true, false],
    [false, true],
  ]) {
    const { standings } = rig();
    standings.startKill(killOf({ drill: first! }));
    standings.startKill(killOf({ drill: second! }));
    standings.endKill();
    assert.equal(standings.of('system').state, 'halted', `${first} then ${second}`);
  }
});

test('standing: a drawdown is worded for the system, for a strategy and for a restart', () => {
  const drawdown = createDrawdown({ warning: 0.02, hard: 0.03, against: 'equity' });
  assert.equal(drawdownReason('system', drawdown), 'drawdown, as it was before the restart');
  drawdown.observe(50, 1000, at(1));
  drawdown.observe(25, 1000, at(1));
  const text = 'drawdown 2.50 % of equity, from a profit of 50.00';
  assert.equal(drawdownReason('strategy:test', drawdown), text);
});

// Owns the laws of the guard: the state is the strictest of its causes, and the journal says it.
// Promise: any order of equity, faults, marks, people, kills, clocks and restarts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TradingState } from '../../../engine/core/event.ts';
import type { LimitScope } from '../../../engine/core/limit.ts';
import type { ScopeState } from '../../../engine/core/risk.ts';
import { scopesOf } from '../../../engine/risk/places.ts';
import { type GuardDesk, NAMES, openGuard, orderAt } from '../../guard-fixture.ts';
import { at, linear } from '../../trading-fixture.ts';

const SCOPES = scopesOf(NAMES);
const RANK = { active: 0, probing: 1, reducing: 2, halted: 3 } as const;
const OWN: ReadonlySet<string> = new Set(['drawdown', 'breaker', 'kill']);

const act = fc.oneof(
  fc.record({ kind: fc.constant('equity'), value: fc.integer({ min: 930, max: 1010 }) }),
  fc.record({ kind: fc.constant('profit'), value: fc.integer({ min: -40, max: 10 }) }),
  fc.record({ kind: fc.constant('mark'), value: fc.integer({ min: 97, max: 103 }) }),
  fc.record({ kind: fc.constant('fault'), value: fc.constant(0) }),
  fc.record({ kind: fc.constant('clock'), value: fc.integer({ min: 1, max: 90_000_000 }) }),
  fc.record({ kind: fc.constant('kill'), value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    kind: fc.constant('word'),
    value: fc.integer({ min: 0, max: 3 * SCOPES.length - 1 }),
  }),
  fc.record({ kind: fc.constant('restart'), value: fc.constant(0) }),
);
type Act = { readonly kind: string; readonly value: number };

interface Walk {
  desk: GuardDesk;
  us: number;
  isKilling: boolean;
  readonly shown: Map<LimitScope, ScopeState>; // as a reader of the journal has it
}

function openWalk(): Walk {
  const shown = new Map(SCOPES.map((scope): [LimitScope, ScopeState] => [scope, 'active']));
  return { desk: openGuard(), us: 1, isKilling: false, shown };
}

function step(walk: Walk, { kind, value }: Act): void {
  const { guard } = walk.desk;
  walk.us += 1000;
  const now = at(walk.us);
  if (kind === 'equity') guard.onEquity(value, 0, now);
  else if (kind === 'profit') guard.onStrategyProfits(Float64Array.of(value, 0), 1000, now);
  else if (kind === 'mark') guard.onMark(linear, value, now);
  else if (kind === 'fault') guard.onUnclear(orderAt(linear, 0), now);
  else if (kind === 'clock') {
    walk.us += value;
    guard.advance(at(walk.us));
  } else if (kind === 'kill') {
    if (value === 0) guard.endKill(now);
    else guard.startKill({ flatten: false, drill: value > 1, reason: 'x', by: 'anna' }, now);
    walk.isKilling = value !== 0;
  } else if (kind === 'word') speak(walk, value);
  else restart(walk);
}

const STATES = ['active', 'reducing', 'halted'] as const satisfies readonly TradingState[];

function speak({ desk, us }: Walk, value: number): void {
  const scope = SCOPES[Math.floor(value / 3)]!;
  const word = STATES[value % 3]!;
  const before = desk.guard.stateOf(scope);
  const by = us % 2000 === 0 ? 'anna' : 'ben'; // a halted drawdown takes two
  const answer = desk.guard.setState(scope, word, 'because', by, at(us));
  if (answer.kind === 'refused') {
    const seen = desk.guard.view().drawdowns.find((one) => one.scope === scope);
    assert.ok(word === 'active' && seen !== undefined && seen.level !== 'normal');
    assert.equal(desk.guard.stateOf(scope), before);
    return;
  }
  assert.equal(answer.kind, 'done');
  assert.equal(answer.state, desk.guard.stateOf(scope));
  assert.ok(RANK[answer.state] >= RANK[word], 'a word is never outdone by something milder');
  assert.equal(answer.state === 'active', answer.reasons.length === 0, 'every hold has a reason');
}

// Breakers start closed after a restart; everything else is as it was.
function restart(walk: Walk): void {
  const { guard: before, standings } = walk.desk;
  const kept = standings.save();
  readJournal(walk);
  walk.desk = openGuard({ restored: kept });
  walk.isKilling = false;
  const { guard } = walk.desk;
  assert.deepEqual(walk.desk.standings.save(), kept);
  for (const scope of SCOPES) {
    const isFreer = RANK[guard.stateOf(scope)] <= RANK[before.stateOf(scope)];
    assert.ok(isFreer, `${scope} is stricter after a restart`);
    const word = kept.words.find((one) => one.scope === scope)?.state ?? 'active';
    assert.ok(RANK[guard.stateOf(scope)] >= RANK[word]);
    walk.shown.set(scope, guard.stateOf(scope));
  }
}

function readJournal({ desk, shown }: Walk): void {
  for (const body of desk.records.splice(0)) {
    if (body.kind === 'trading_state') shown.set(body.scope, body.state);
  }
}

function check(walk: Walk): void {
  const { desk, shown } = walk;
  readJournal(walk);
  for (const scope of SCOPES) {
    const state = desk.guard.stateOf(scope);
    assert.equal(desk.states.get(scope), state, `${scope}: tables`);
    assert.equal(shown.get(scope), state, `${scope}: journal`);
    for (const word of desk.standings.wordsOn(scope)) {
      assert.ok(!OWN.has(word.by), 'only people leave words');
      assert.ok(RANK[state] >= RANK[word.state], `${scope}: its word`);
    }
  }
  const { drawdowns, breakers } = desk.guard.view();
  for (const { scope, level } of drawdowns) {
    const least = level === 'halted' ? 'halted' : level === 'warning' ? 'reducing' : 'active';
    assert.ok(RANK[desk.guard.stateOf(scope)] >= RANK[least], `${scope}: its drawdown`);
  }
  for (const { scope, state } of breakers) {
    const least = state === 'open' ? 'reducing' : state === 'half_open' ? 'probing' : 'active';
    assert.ok(RANK[desk.guard.stateOf(scope)] >= RANK[least], `${scope}: its breaker`);
  }
  if (walk.isKilling) assert.equal(desk.guard.stateOf('system'), 'halted');
}

test('guard: tables, journal and causes agree after any order of events', () => {
  const seen = new Set<ScopeState>();
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const walk = openWalk();
      for (const one of acts) {
        step(walk, one);
        check(walk);
        for (const scope of SCOPES) seen.add(walk.desk.guard.stateOf(scope));
      }
    }),
    { seed: 31, numRuns: 400 },
  );
  assert.deepEqual(seen, new Set(['active', 'probing', 'reducing', 'halted']));
});

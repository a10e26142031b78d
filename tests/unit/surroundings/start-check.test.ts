// Owns the tests of what must fit before an engine is built.
// Promise: every problem of a start is told with what to change, and none of them throws.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitScope } from '../../../engine/core/limit.ts';
import type { Checkpoint } from '../../../engine/facts/fact.ts';
import { EMPTY_CHECKPOINT } from '../../../engine/storage/recovery-fold.ts';
import { problemsOfStart } from '../../../engine/surroundings/start-check.ts';
import { BTC, configOf, ETH } from '../../engine-fixture.ts';

const check = (
  checkpoint: Partial<Checkpoint> | null,
  settings: readonly string[] = [],
  file: unknown = {},
): readonly string[] => {
  const kept = checkpoint === null ? null : { ...EMPTY_CHECKPOINT, ...checkpoint };
  return problemsOfStart(configOf(settings, file), [BTC, ETH], kept);
};

const book = { account: 'main', strategy: 'manual', instrument: BTC.key, qty: '1' };

test('start: defaults on nothing, and on what they left, have no problem', () => {
  assert.deepEqual(check(null), []);
  assert.deepEqual(check({ books: [book] }), []);
});

test('start: limits that contradict each other are all told, each under its path', () => {
  const limits = {
    strategies: { nobody: { gross: 5 } },
    instruments: { [BTC.key]: { order_notional: 200_000 } },
  };
  const problems = check(null, [], { risk: { limits } }).toSorted();
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.match(problems[0] ?? '', /^risk\.limits\.instruments\..*order_notional.*above system/);
  assert.match(problems[1] ?? '', /^risk\.limits\.strategies\.nobody.*there is no strategy:nobody/);
});

test('start: a position of an account or a strategy that is gone is no stack trace', () => {
  const [account, ...rest] = check({ books: [{ ...book, account: 'old' }] });
  assert.match(account ?? '', /account 'old'.*compliance\.accounts/);
  assert.deepEqual(rest, []);
  const [strategy] = check({ books: [{ ...book, strategy: 'renamed' }] });
  assert.match(strategy ?? '', /strategy 'renamed'/);
  const [instrument] = check({ books: [{ ...book, instrument: 'X.y' }] });
  assert.match(instrument ?? '', /X\.y, which this run does not trade/);
});

test('start: limits changed at run time have to fit the run', () => {
  const scope: LimitScope = 'portfolio:gone';
  const scopes = { [scope]: { gross: { hard: 5, soft: 4 } } };
  assert.match(check({ limits: { version: 2, scopes } })[0] ?? '', /limits version 2.*gone/);
  assert.deepEqual(check({ limits: { version: 1, scopes } }), []);
});

test('configuration: accounts are named once, and strategies warn before they halt', () => {
  for (const accounts of ['[]', '["a","a"]']) {
    assert.throws(() => configOf([`compliance.accounts=${accounts}`]), /compliance\.accounts/);
  }
  const levels = ['risk.strategyDrawdownWarning=0.04', 'risk.strategyDrawdownHard=0.03'];
  assert.throws(() => configOf(levels), /strategyDrawdownWarning/);
});

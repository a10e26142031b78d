// Owns the edges of four eyes: the first number, the most that wait, what is stale, what expires.
// Promise: each case stands on the last value that passes and the first that does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOfScope, LIMITS_OF, type LimitChange } from '../../../engine/core/limit.ts';
import type { ProposalRecord } from '../../../engine/facts/risk.ts';
import { createLimitsSlice } from '../../../engine/risk/limits-slice.ts';
import { scopesOf } from '../../../engine/risk/places.ts';
import { type LimitsDesk, openLimits, proposalOf } from '../../limits-fixture.ts';
import { names, riskOf } from '../../risk-fixture.ts';
import { at, noKernels } from '../../trading-fixture.ts';

const skip = noKernels;
const DAY_US = 24 * 3600e6;
const change: LimitChange = { scope: 'strategy:test', limit: 'gross', hard: 500, soft: 250 };

const open = (): LimitsDesk => openLimits(riskOf());
const propose = (desk: LimitsDesk, version: number, us: number): number =>
  proposalOf(desk.propose([change], version, 'anna', us));

const recordOf = (proposal: number): ProposalRecord => ({
  proposal,
  version: 1,
  changes: [change],
  reason: 'more room',
  by: 'anna',
  timeUs: at(0),
});

test('limit changes: in the first second the first number is 1', { skip }, () => {
  assert.equal(propose(open(), 1, 0), 1);
});

test('limits slice: sixteen proposals may wait over a restart, seventeen may not', () => {
  const tree = { version: 1, scopes: {} };
  const saved = (count: number) => ({
    tree,
    proposals: Array.from({ length: count }, (_, k) => recordOf(k + 1)),
    lastProposal: count,
  });
  const slice = createLimitsSlice();
  slice.load(saved(16));
  assert.equal(slice.proposals().length, 16);
  const { timeUs: _, ...one } = recordOf(17);
  const from = [{ ...change, from: null }];
  const fact = { kind: 'limits', step: 'proposed', ...one, changes: from, approver: '' } as const;
  assert.throws(() => slice.fold(fact, 0), /17 proposals are more than can wait/);
  assert.throws(() => slice.load(saved(17)), /17 proposals are more than can wait/);
  assert.equal(slice.proposals().length, 16);
});

test('limit changes: sixteen that have expired make room for one', { skip }, () => {
  const desk = open();
  for (let k = 0; k < 16; k += 1) propose(desk, 1, k);
  assert.equal(desk.propose([change], 1, 'anna', DAY_US - 1).kind, 'refused');
  propose(desk, 1, DAY_US + 16);
  assert.equal(desk.slice.proposals().length, 1);
});

test('limit changes: what the tree has left behind ends with a record of its own', { skip }, () => {
  const desk = open();
  const numbers = Array.from({ length: 16 }, (_, k) => propose(desk, 1, k));
  const [stale = 0, approved = 0] = numbers;
  assert.equal(desk.decide(approved, true, 'ben', 20).kind, 'decided');
  assert.equal(desk.limits.tree().version, 2);
  assert.equal(desk.decide(stale, true, 'ben', 22).kind, 'refused'); // and told why
  const ended = desk.expire(23);
  assert.equal(ended.length, 15);
  const [first] = ended;
  assert.ok(first !== undefined);
  const { step, proposal, version, reason, by, approver } = first;
  assert.deepEqual(
    { step, proposal, version, reason, by, approver },
    {
      step: 'expired',
      proposal: stale,
      version: 2,
      reason: 'the limits moved on to version 2',
      by: 'anna',
      approver: '',
    },
  );
  assert.equal(desk.decide(stale, true, 'ben', 24).kind, 'not_found');
  assert.deepEqual(desk.expire(25), []);
  assert.deepEqual(desk.slice.proposals(), []);
});

test('limit changes: stale proposals end before a new one comes, so there is room', {
  skip,
}, () => {
  const desk = open();
  const numbers = Array.from({ length: 16 }, (_, k) => propose(desk, 1, k));
  desk.decide(numbers[1] ?? 0, true, 'ben', 20);
  const next = propose(desk, 2, 21);
  assert.deepEqual(
    desk.slice.proposals().map(({ proposal }) => proposal),
    [next],
  );
});

test('limit changes: one proposal may change sixty-four limits, not sixty-five', { skip }, () => {
  const { changes } = open();
  const all = scopesOf(names).flatMap((scope) =>
    LIMITS_OF[kindOfScope(scope)].map((limit) => ({ scope, limit, hard: 1, soft: 1 })),
  );
  const say = (count: number) =>
    changes.propose(all.slice(0, count), 1, 'a quiet day', 'anna', at(count));
  assert.ok(all.length > 64);
  assert.equal(say(64).kind, 'proposed');
  const refused = say(65);
  assert.ok(refused.kind === 'refused');
  assert.deepEqual(refused.problems, [
    { path: 'changes', message: '65 changes in one proposal; at most 64' },
  ]);
});

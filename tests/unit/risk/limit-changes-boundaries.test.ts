// Owns the edges of four eyes: the first number, the most that wait, what is stale, what expires.
// Promise: each case stands on the last value that passes and the first that does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOfScope, LIMITS_OF, type LimitChange } from '../../../engine/core/limit.ts';
import type { ProposalRecord } from '../../../engine/facts/fact.ts';
import { createLimitChanges, type LimitChanges } from '../../../engine/risk/limit-changes.ts';
import { scopesOf } from '../../../engine/risk/places.ts';
import { layRisk, names, riskOf } from '../../risk-fixture.ts';
import { at, noKernels } from '../../trading-fixture.ts';

const skip = noKernels;
const DAY_US = 24 * 3600e6;
const change: LimitChange = { scope: 'strategy:test', limit: 'gross', hard: 500, soft: 250 };

const open = (proposals: readonly ProposalRecord[] = []) => {
  const { limits } = layRisk(riskOf());
  return { limits, changes: createLimitChanges({ limits, names, proposals, nowUs: at(0) }) };
};

function propose(changes: LimitChanges, version: number, nowUs: number): number {
  const result = changes.propose([change], version, 'more room', 'anna', at(nowUs));
  assert.ok(result.kind === 'proposed', JSON.stringify(result));
  return result.record.proposal;
}

const recordOf = (proposal: number): ProposalRecord => ({
  proposal,
  changes: [change],
  reason: 'more room',
  by: 'anna',
  timeUs: at(0),
});

test('limit changes: in the first second the first number is 1', { skip }, () => {
  assert.equal(propose(open().changes, 1, 0), 1);
});

test('limit changes: sixteen proposals may wait over a restart, seventeen may not', {
  skip,
}, () => {
  const proposals = Array.from({ length: 17 }, (_, k) => recordOf(k + 1));
  assert.equal(open(proposals.slice(1)).changes.pending().length, 16);
  assert.throws(() => open(proposals), /17 proposals are more than can wait/);
});

test('limit changes: sixteen that have expired make room for one', { skip }, () => {
  const { changes } = open();
  for (let k = 0; k < 16; k += 1) propose(changes, 1, k);
  const refused = changes.propose([change], 1, 'more room', 'anna', at(DAY_US - 1));
  assert.equal(refused.kind, 'refused');
  propose(changes, 1, DAY_US + 16);
  assert.equal(changes.pending().length, 1);
});

test('limit changes: what the tree has left behind ends with a record of its own', { skip }, () => {
  const { changes, limits } = open();
  const numbers = Array.from({ length: 16 }, (_, k) => propose(changes, 1, k));
  const [stale = 0, approved = 0] = numbers;
  assert.equal(changes.decide(approved, true, 'agreed', 'ben', at(20)).kind, 'decided');
  assert.equal(limits.tree().version, 2);
  propose(changes, 2, 21); // fifteen are stale, and still told so
  assert.equal(changes.decide(stale, true, 'agreed', 'ben', at(22)).kind, 'refused');
  const ended = changes.expire(at(23));
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
  assert.equal(changes.decide(stale, true, 'agreed', 'ben', at(24)).kind, 'not_found');
  assert.deepEqual(changes.expire(at(25)), []);
  assert.equal(changes.pending().length, 1);
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

// Owns a desk for tests of four eyes: limits on real memory, and the slice that keeps the tree.
// Promise: what the room answers is committed as the engine commits it, and in no other way.
import { assert } from '../engine/core/assert.ts';
import type { LimitChange } from '../engine/core/limit.ts';
import type { FactOf } from '../engine/facts/fact.ts';
import {
  createLimitChanges,
  type DecideResult,
  type LimitChanges,
  type ProposeResult,
} from '../engine/risk/limit-changes.ts';
import type { Limits } from '../engine/risk/limits.ts';
import {
  createLimitsSlice,
  type LimitsSaved,
  type LimitsSlice,
} from '../engine/risk/limits-slice.ts';
import { layRisk, names, type riskOf } from './risk-fixture.ts';
import { at } from './trading-fixture.ts';

export interface LimitsDesk {
  readonly limits: Limits;
  readonly slice: LimitsSlice;
  readonly changes: LimitChanges; // decides, and commits nothing
  propose(changes: readonly LimitChange[], version: number, by: string, us: number): ProposeResult;
  decide(proposal: number, isApproved: boolean, by: string, us: number): DecideResult;
  expire(us: number): readonly FactOf<'limits'>[];
}

/** `saved`: the slice of an engine before this one. */
export function openLimits(risk: ReturnType<typeof riskOf>, saved?: LimitsSaved): LimitsDesk {
  const { limits } = layRisk(risk);
  const slice = createLimitsSlice();
  if (saved === undefined) slice.fold({ kind: 'limits_configured', tree: limits.tree() }, 0);
  else slice.load(saved);
  const changes = createLimitChanges({ names, limits: slice });
  const commit = (fact: FactOf<'limits'>, us: number): void => {
    slice.fold(fact, us);
    if (fact.step === 'approved') limits.write(slice.tree(), at(us));
  };
  const expire = (us: number): readonly FactOf<'limits'>[] => {
    const facts = changes.expire(at(us));
    for (const fact of facts) commit(fact, us);
    return facts;
  };
  return {
    limits,
    slice,
    changes,
    propose(wanted, version, by, us) {
      expire(us);
      const result = changes.propose(wanted, version, 'more room', by, at(us));
      if (result.kind === 'proposed') commit(result.fact, us);
      return result;
    },
    decide(proposal, isApproved, by, us) {
      const reason = isApproved ? 'agreed' : 'no';
      const result = changes.decide(proposal, isApproved, reason, by, at(us));
      if (result.kind === 'decided') commit(result.fact, us);
      return result;
    },
    expire,
  };
}

export function proposalOf(result: ProposeResult): number {
  assert(result.kind === 'proposed', JSON.stringify(result));
  return result.fact.proposal;
}

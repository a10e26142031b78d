// Owns the slice of limits: the tree in force and the proposals that wait for a second person.
// Promise: an approved change is in the tree, one version on; a proposal ends with a fact only.
import { assert } from '../core/assert.ts';
import { hashOf } from '../core/json.ts';
import type { LimitChange, LimitTree, ScopeLimits } from '../core/limit.ts';
import type { FactOf } from '../facts/fact.ts';
import type { ProposalRecord } from '../facts/risk.ts';
import type { Slice } from '../facts/slice.ts';

export interface LimitsSaved {
  readonly tree: LimitTree;
  readonly proposals: readonly ProposalRecord[]; // oldest first
  readonly lastProposal: number;
}

export interface LimitsSlice extends Slice<LimitsSaved> {
  /** Version 0 and no scope before the first configured. */
  tree(): LimitTree;
  proposals(): readonly ProposalRecord[];
  readonly lastProposal: number;
}

export const PROPOSALS_MAX = 16; // waiting at once

const NOTHING: LimitsSaved = { tree: { version: 0, scopes: {} }, proposals: [], lastProposal: 0 };

export function createLimitsSlice(): LimitsSlice {
  let state = NOTHING;
  return {
    name: 'limits',
    fold(fact, timeUs) {
      if (fact.kind === 'limits_configured') state = { ...state, tree: fact.tree };
      else if (fact.kind === 'limits') state = next(state, fact, timeUs);
    },
    save: () => state,
    load(saved) {
      assert(Number.isSafeInteger(saved.tree.version), 'a checkpoint of the limits has no version');
      assertRoom(saved.proposals.length);
      state = saved;
    },
    hash: () => hashOf(state),
    tree: () => state.tree,
    proposals: () => state.proposals,
    get lastProposal() {
      return state.lastProposal;
    },
  };
}

function next(state: LimitsSaved, fact: FactOf<'limits'>, timeUs: number): LimitsSaved {
  const { step, proposal, version, reason, by } = fact;
  const wanted = fact.changes.map(({ from: _, ...change }) => change);
  if (step === 'proposed') {
    const waiting = { proposal, version, changes: wanted, reason, by, timeUs };
    assertRoom(state.proposals.length + 1);
    return {
      ...state,
      proposals: [...state.proposals, waiting],
      lastProposal: Math.max(state.lastProposal, proposal),
    };
  }
  const proposals = state.proposals.filter((one) => one.proposal !== proposal);
  if (step !== 'approved') return { ...state, proposals };
  const tree = changedTree(state.tree, wanted);
  assert(tree.version === version, `limits version ${version} after ${state.tree.version}`);
  return { ...state, proposals, tree };
}

const assertRoom = (proposals: number): void =>
  assert(proposals <= PROPOSALS_MAX, `${proposals} proposals are more than can wait`);

/** The tree with `changes` made, one version on. */
export function changedTree(tree: LimitTree, changes: readonly LimitChange[]): LimitTree {
  const scopes: Record<string, ScopeLimits> = { ...tree.scopes };
  for (const { scope, limit, hard, soft } of changes) {
    scopes[scope] = { ...scopes[scope], [limit]: { hard, soft } };
  }
  return { version: tree.version + 1, scopes };
}

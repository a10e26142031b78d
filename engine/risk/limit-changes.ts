// Owns changes of limits at run time: one person proposes, another one decides.
// Promise: no change is in force before a second person approved it for the tree both have seen.
import type { Limit, LimitChange, LimitTree } from '../core/limit.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { FactOf } from '../facts/fact.ts';
import type { ProposalRecord } from '../facts/risk.ts';
import { checkTree, type RiskNames } from './limits.ts';
import { changedTree, type LimitsSlice, PROPOSALS_MAX } from './limits-slice.ts';

export interface LimitChangesOptions {
  readonly names: RiskNames;
  readonly limits: Pick<LimitsSlice, 'tree' | 'proposals' | 'lastProposal'>;
}

type LimitsFact = FactOf<'limits'>;
type Refused = { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };

export type ProposeResult =
  | { readonly kind: 'proposed'; readonly fact: LimitsFact }
  | { readonly kind: 'conflict'; readonly version: number } // of the tree in force
  | Refused;

export type DecideResult =
  | { readonly kind: 'decided'; readonly fact: LimitsFact }
  | { readonly kind: 'not_found'; readonly what: string }
  | Refused;

/** Pure: what it answers with is in force once the caller has committed it. */
export interface LimitChanges {
  /** `version`: of the tree the proposer has seen. Nothing is in force by it. */
  propose(
    changes: readonly LimitChange[],
    version: number,
    reason: string,
    by: string,
    nowUs: EpochUs,
  ): ProposeResult;
  /** Approving changes the tree; a proposer may only reject (withdraw) their own change. */
  decide(
    proposal: number,
    approve: boolean,
    reason: string,
    by: string,
    nowUs: EpochUs,
  ): DecideResult;
  /** Ends what nobody can approve any more: a day old, or made for an earlier tree. */
  expire(nowUs: EpochUs): readonly LimitsFact[];
}

const CHANGES_MAX = 64; // of one proposal: what a person can read before approving
const EXPIRY_US = 24 * 3600e6;
const NONE: readonly LimitsFact[] = Object.freeze([]);

export function createLimitChanges(options: LimitChangesOptions): LimitChanges {
  return {
    propose: (changes, seen, reason, by, nowUs) =>
      propose(options, changes, seen, reason, by, nowUs),
    decide: (proposal, isApproved, reason, by, nowUs) =>
      decide(options, proposal, isApproved, reason, by, nowUs),
    expire: (nowUs) => expire(options, nowUs),
  };
}

type Desk = LimitChangesOptions;

const isOld = ({ timeUs }: ProposalRecord, nowUs: number): boolean => nowUs - timeUs >= EXPIRY_US;

/** Null: it can still be approved. */
function reasonOfEnd({ limits }: Desk, one: ProposalRecord, nowUs: number): string | null {
  const { version } = limits.tree();
  if (isOld(one, nowUs)) return 'nobody decided within a day';
  return one.version === version ? null : `the limits moved on to version ${version}`;
}

function expire(desk: Desk, nowUs: EpochUs): readonly LimitsFact[] {
  const waiting = desk.limits.proposals();
  if (waiting.length === 0) return NONE; // nearly always, and asked ten times a second
  const tree = desk.limits.tree();
  return waiting.flatMap((one) => {
    const reason = reasonOfEnd(desk, one, nowUs);
    return reason === null ? [] : [factOf(tree, one, 'expired', reason, '')];
  });
}

function propose(
  desk: Desk,
  changes: readonly LimitChange[],
  seen: number,
  reason: string,
  by: string,
  nowUs: EpochUs,
): ProposeResult {
  const { limits } = desk;
  const tree = limits.tree();
  if (seen !== tree.version) return { kind: 'conflict', version: tree.version };
  const problems = [
    ...problemsOfForm(desk, changes, reason, by, nowUs),
    ...problemsAfter(desk, changes),
  ];
  if (problems.length > 0) return { kind: 'refused', problems };
  // Seconds of the engine's clock: a number on a screen from before a restart is nobody else's.
  const proposal = Math.max(limits.lastProposal + 1, Math.floor(nowUs / 1e6));
  const { version } = tree;
  const made: ProposalRecord = { proposal, version, changes, reason, by, timeUs: nowUs };
  return { kind: 'proposed', fact: factOf(tree, made, 'proposed', reason, '') };
}

function problemsOfForm(
  desk: Desk,
  changes: readonly LimitChange[],
  reason: string,
  by: string,
  nowUs: EpochUs,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (path: string, message: string): void => void problems.push({ path, message });
  if (nameOf(by) === '') add('by', 'a change needs somebody who proposes it');
  if (reason.trim() === '') add('reason', 'a change needs a reason');
  if (changes.length === 0) add('changes', 'nothing is to be changed');
  if (changes.length > CHANGES_MAX) {
    add('changes', `${changes.length} changes in one proposal; at most ${CHANGES_MAX}`);
  }
  const cells = new Set(changes.map(({ scope, limit }) => `${scope}.${limit}`));
  if (cells.size < changes.length) add('changes', 'one limit is changed twice');
  const open = desk.limits.proposals().filter((one) => reasonOfEnd(desk, one, nowUs) === null);
  if (open.length >= PROPOSALS_MAX) {
    add('changes', `${PROPOSALS_MAX} proposals wait already: decide one of them first`);
  }
  return problems;
}

/** What checkTree says of the tree as it would be. */
const problemsAfter = (
  { limits, names }: Desk,
  changes: readonly LimitChange[],
): readonly FieldProblem[] => checkTree(changedTree(limits.tree(), changes), names);

function decide(
  desk: Desk,
  proposal: number,
  isApproved: boolean,
  reason: string,
  by: string,
  nowUs: EpochUs,
): DecideResult {
  const tree = desk.limits.tree();
  const found = desk.limits.proposals().find((one) => one.proposal === proposal);
  if (found === undefined || isOld(found, nowUs)) {
    return { kind: 'not_found', what: `limit proposal ${proposal}` };
  }
  const problems = isApproved ? problemsOfApproval(desk, found, by) : [];
  if (nameOf(by) === '') problems.push({ path: 'by', message: 'a decision needs somebody' });
  if (problems.length > 0) return { kind: 'refused', problems };
  if (!isApproved) return { kind: 'decided', fact: factOf(tree, found, 'rejected', reason, by) };
  const fact = factOf(tree, found, 'approved', reason, by);
  return { kind: 'decided', fact: { ...fact, version: tree.version + 1 } };
}

function problemsOfApproval(desk: Desk, found: ProposalRecord, by: string): FieldProblem[] {
  const { version } = desk.limits.tree();
  if (nameOf(by) === nameOf(found.by)) {
    const message = `${found.by} proposed this change; someone else has to approve it`;
    return [{ path: 'by', message }];
  }
  if (found.version !== version) {
    const message = `the limits moved on from version ${found.version} to ${version} meanwhile`;
    return [{ path: 'proposal', message: `${message}; propose the change again` }];
  }
  return [...problemsAfter(desk, found.changes)];
}

// Two spellings of one person are one pair of eyes.
const nameOf = (by: string): string => by.trim().toLowerCase();

function factOf(
  tree: LimitTree,
  { proposal, changes, by }: ProposalRecord,
  step: LimitsFact['step'],
  reason: string,
  approver: string,
): LimitsFact {
  const from = ({ scope, limit }: LimitChange): Limit | null => tree.scopes[scope]?.[limit] ?? null;
  return {
    kind: 'limits',
    step,
    proposal,
    version: tree.version,
    changes: changes.map((change) => ({ ...change, from: from(change) })),
    reason,
    by,
    approver,
  };
}

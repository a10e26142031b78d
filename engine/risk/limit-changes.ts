// Owns changes of limits at run time: one person proposes, another one decides.
// Promise: no change is in force before a second person approved it for the tree both have seen.
import { assert } from '../core/assert.ts';
import type { Limit, LimitChange, LimitTree } from '../core/limit.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { Fact, ProposalRecord } from '../facts/fact.ts';
import { checkTree, type Limits, type RiskNames } from './limits.ts';

export interface LimitChangesOptions {
  readonly limits: Limits;
  readonly names: RiskNames;
  readonly proposals?: readonly ProposalRecord[]; // of an earlier run, for the tree in force
  readonly nowUs: EpochUs; // of the start
}

type LimitsRecord = Extract<Fact, { kind: 'limits' }>;
type Refused = { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };

export type ProposeResult =
  | { readonly kind: 'proposed'; readonly record: LimitsRecord }
  | { readonly kind: 'conflict'; readonly version: number } // of the tree in force
  | Refused;

/** `tree`: in force from here on, as it was when the proposal is rejected. */
export type DecideResult =
  | { readonly kind: 'decided'; readonly record: LimitsRecord; readonly tree: LimitTree }
  | { readonly kind: 'not_found'; readonly what: string }
  | Refused;

export interface LimitChanges {
  /** `version`: of the tree the proposer has seen. Nothing is in force by it. */
  propose(
    changes: readonly LimitChange[],
    version: number,
    reason: string,
    by: string,
    nowUs: EpochUs,
  ): ProposeResult;
  /** Approving writes the new tree; a proposer may only reject (withdraw) their own change. */
  decide(
    proposal: number,
    approve: boolean,
    reason: string,
    by: string,
    nowUs: EpochUs,
  ): DecideResult;
  /** Ends what nobody can approve any more: a day old, or made for an earlier tree. */
  expire(nowUs: EpochUs): readonly LimitsRecord[];
  /** What still waits and can still be approved, oldest first; for the checkpoint. */
  pending(): readonly ProposalRecord[];
}

const PENDING_MAX = 16;
const CHANGES_MAX = 64; // of one proposal: what a person can read before approving
const EXPIRY_US = 24 * 3600e6;
const NONE: readonly LimitsRecord[] = Object.freeze([]);

interface Waiting extends ProposalRecord {
  readonly version: number; // of the tree it was made for
}

interface Desk {
  readonly limits: Limits;
  readonly names: RiskNames;
  waiting: readonly Waiting[];
  lastNumber: number;
  nowUs: number;
}

export function createLimitChanges(options: LimitChangesOptions): LimitChanges {
  const { limits, names, proposals = [], nowUs } = options;
  const { version } = limits.tree();
  const desk: Desk = {
    limits,
    names,
    waiting: proposals.map((record) => ({ ...record, version })),
    lastNumber: Math.max(0, ...proposals.map(({ proposal }) => proposal)),
    nowUs,
  };
  assert(proposals.length <= PENDING_MAX, `${proposals.length} proposals are more than can wait`);
  return {
    propose: (changes, seen, reason, by, at) => propose(desk, changes, seen, reason, by, at),
    decide: (proposal, isApproved, reason, by, at) =>
      decide(desk, proposal, isApproved, reason, by, at),
    expire: (at) => expire(desk, at),
    pending: () =>
      desk.waiting
        .filter((one) => reasonOfEnd(desk, one) === null)
        .map(({ version: _, ...record }) => record),
  };
}

const isOld = ({ nowUs }: Desk, { timeUs }: Waiting): boolean => nowUs - timeUs >= EXPIRY_US;

/** Null: it can still be approved. */
function reasonOfEnd(desk: Desk, one: Waiting): string | null {
  const { version } = desk.limits.tree();
  if (isOld(desk, one)) return 'nobody decided within a day';
  return one.version === version ? null : `the limits moved on to version ${version}`;
}

function expire(desk: Desk, nowUs: EpochUs): readonly LimitsRecord[] {
  desk.nowUs = nowUs;
  if (desk.waiting.length === 0) return NONE; // nearly always, and asked ten times a second
  const tree = desk.limits.tree();
  const records: LimitsRecord[] = [];
  for (const one of desk.waiting) {
    const reason = reasonOfEnd(desk, one);
    if (reason !== null) records.push(recordOf(tree, one, 'expired', reason, ''));
  }
  if (records.length > 0) {
    desk.waiting = desk.waiting.filter((one) => reasonOfEnd(desk, one) === null);
  }
  return records;
}

function propose(
  desk: Desk,
  changes: readonly LimitChange[],
  seen: number,
  reason: string,
  by: string,
  nowUs: EpochUs,
): ProposeResult {
  desk.nowUs = nowUs;
  const tree = desk.limits.tree();
  if (seen !== tree.version) return { kind: 'conflict', version: tree.version };
  const problems = [...problemsOfForm(desk, changes, reason, by), ...problemsAfter(desk, changes)];
  if (problems.length > 0) return { kind: 'refused', problems };
  // Seconds of the engine's clock: a number on a screen from before a restart is nobody else's.
  const proposal = Math.max(desk.lastNumber + 1, Math.floor(nowUs / 1e6));
  desk.lastNumber = proposal;
  const made: Waiting = { proposal, changes, reason, by, timeUs: nowUs, version: tree.version };
  desk.waiting = [...desk.waiting, made];
  return { kind: 'proposed', record: recordOf(tree, made, 'proposed', reason, '') };
}

function problemsOfForm(
  desk: Desk,
  changes: readonly LimitChange[],
  reason: string,
  by: string,
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
  const open = desk.waiting.filter((one) => reasonOfEnd(desk, one) === null);
  if (open.length >= PENDING_MAX) {
    add('changes', `${PENDING_MAX} proposals wait already: decide one of them first`);
  }
  return problems;
}

/** What checkTree says of the tree as it would be. */
const problemsAfter = (
  { limits, names }: Desk,
  changes: readonly LimitChange[],
): readonly FieldProblem[] => checkTree(changed(limits.tree(), changes), names);

/** The tree with `changes` made, one version on. */
function changed(tree: LimitTree, changes: readonly LimitChange[]): LimitTree {
  const scopes = new Map(Object.entries(tree.scopes));
  for (const { scope, limit, hard, soft } of changes) {
    scopes.set(scope, { ...scopes.get(scope), [limit]: { hard, soft } });
  }
  return { version: tree.version + 1, scopes: Object.fromEntries(scopes) };
}

function decide(
  desk: Desk,
  proposal: number,
  isApproved: boolean,
  reason: string,
  by: string,
  nowUs: EpochUs,
): DecideResult {
  desk.nowUs = nowUs;
  const tree = desk.limits.tree();
  const found = desk.waiting.find((one) => one.proposal === proposal);
  if (found === undefined || isOld(desk, found)) {
    return { kind: 'not_found', what: `limit proposal ${proposal}` };
  }
  const problems = isApproved ? problemsOfApproval(desk, found, by) : [];
  if (nameOf(by) === '') problems.push({ path: 'by', message: 'a decision needs somebody' });
  if (problems.length > 0) return { kind: 'refused', problems };
  desk.waiting = desk.waiting.filter((one) => one !== found);
  if (!isApproved) {
    return { kind: 'decided', record: recordOf(tree, found, 'rejected', reason, by), tree };
  }
  const next = changed(tree, found.changes);
  const record = recordOf(tree, found, 'approved', reason, by);
  desk.limits.write(next, nowUs);
  return { kind: 'decided', record: { ...record, version: next.version }, tree: next };
}

function problemsOfApproval(desk: Desk, found: Waiting, by: string): FieldProblem[] {
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

function recordOf(
  tree: LimitTree,
  { proposal, changes, by }: Waiting,
  step: LimitsRecord['step'],
  reason: string,
  approver: string,
): LimitsRecord {
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

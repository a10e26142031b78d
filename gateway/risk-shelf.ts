// Owns what the replica knows of risk: the view, the limits, proposals, kills, what happened.
// Promise: bounded; a state that was recorded shows at once, before the next view comes.
import { assertNever } from '../engine/core/assert.ts';
import type { LimitScope, LimitTree } from '../engine/core/limit.ts';
import type { KillReport, RiskView, ScopeStateView } from '../engine/core/risk.ts';
import type { Fact, JournalRecord } from '../engine/facts/fact.ts';
import type { AnalysisReport } from '../engine/facts/gateway-message.ts';
import type { State } from '../engine/state.ts';
import { type BoundedLog, createBoundedLog } from './bounded-log.ts';
import type { GatewayOptions } from './options.ts';

export type RiskEventBody = Extract<
  Fact,
  { kind: 'breaker' | 'drawdown' | 'trading_state' | 'reduction' }
>;
export interface RiskEvent {
  readonly seq: number;
  readonly timeUs: number;
  readonly body: RiskEventBody;
}

type LimitsBody = Extract<Fact, { kind: 'limits' }>;

/** A wish to change limits and what became of it. */
export interface Proposal {
  readonly proposal: number;
  readonly changes: LimitsBody['changes'];
  readonly reason: string;
  readonly by: string;
  readonly timeUs: number;
  readonly decision: null | {
    readonly step: 'approved' | 'rejected' | 'expired';
    readonly by: string; // '' where nobody decided
    readonly reason: string;
    readonly timeUs: number;
  };
}

export interface RiskShelf {
  view: RiskView | null;
  tree: LimitTree | null;
  analysis: AnalysisReport | null;
  readonly states: Map<LimitScope, ScopeStateView>; // that are not active
  readonly proposals: Map<number, Proposal>; // oldest first
  readonly events: BoundedLog<RiskEvent>;
  readonly kills: BoundedLog<KillReport>;
}

export const createRiskShelf = (options: GatewayOptions): RiskShelf => ({
  view: null,
  tree: null,
  analysis: null,
  states: new Map(),
  proposals: new Map(),
  events: createBoundedLog(options.riskEventsMax),
  kills: createBoundedLog(options.killsMax),
});

/** The newest of the engine's own words on states replaces what records said before it. */
export function takeView(shelf: RiskShelf, view: RiskView): void {
  shelf.view = view;
  shelf.states.clear();
  for (const state of view.states) {
    if (state.state !== 'active') shelf.states.set(state.scope, state);
  }
}

/** What a run goes on with: limits, proposals that wait, states that operators have set. */
export function takeSlices(
  shelf: RiskShelf,
  { limits, standings }: Pick<State, 'limits' | 'standings'>,
): void {
  shelf.tree = limits.tree();
  const waiting = limits.proposals();
  for (const { proposal, decision } of shelf.proposals.values()) {
    const isKnown = decision !== null || waiting.some((one) => one.proposal === proposal);
    if (!isKnown) shelf.proposals.delete(proposal); // in a hole: the journal knows how
  }
  for (const proposal of waiting) {
    const changes = proposal.changes.map((change) => {
      const from = shelf.tree?.scopes[change.scope]?.[change.limit] ?? null;
      return { ...change, from };
    });
    shelf.proposals.set(proposal.proposal, { ...proposal, changes, decision: null });
  }
  for (const { scope, state, reason, by } of standings.words()) {
    setState(shelf, { scope, state, reasons: [`${by}: ${reason}`] });
  }
}

export type RiskRecordBody = RiskEventBody | Extract<Fact, { kind: 'limits' | 'kill' }>;

const RISK_KINDS: ReadonlySet<string> = new Set([
  'trading_state',
  'limits',
  'breaker',
  'drawdown',
  'reduction',
  'kill',
] satisfies RiskRecordBody['kind'][]);

export const isRiskRecord = (body: Fact): body is RiskRecordBody => RISK_KINDS.has(body.kind);

export function takeRiskRecord(
  shelf: RiskShelf,
  { seq, timeUs }: JournalRecord,
  body: RiskRecordBody,
  proposalsMax: number,
): void {
  switch (body.kind) {
    case 'trading_state':
      setState(shelf, { ...body, reasons: [`${body.by}: ${body.reason}`] });
      shelf.events.add(seq, { seq, timeUs, body });
      return;
    case 'breaker':
    case 'drawdown':
    case 'reduction':
      shelf.events.add(seq, { seq, timeUs, body });
      return;
    case 'limits':
      takeLimits(shelf, body, timeUs, proposalsMax);
      return;
    case 'kill':
      shelf.kills.add(seq, body.report);
      return;
    default:
      assertNever(body);
  }
}

function setState(shelf: RiskShelf, { scope, state, reasons }: ScopeStateView): void {
  if (state === 'active') shelf.states.delete(scope);
  else shelf.states.set(scope, { scope, state, reasons });
}

function takeLimits(shelf: RiskShelf, body: LimitsBody, timeUs: number, most: number): void {
  const known = shelf.proposals.get(body.proposal);
  const { proposal, changes, reason, by, approver, step } = body;
  if (step === 'proposed') {
    shelf.proposals.set(proposal, { proposal, changes, reason, by, timeUs, decision: null });
  } else {
    const decision = { step, by: approver, reason, timeUs };
    const proposed = known ?? { proposal, changes, reason: '', by, timeUs };
    shelf.proposals.set(proposal, { ...proposed, changes, decision });
  }
  const [oldest] = shelf.proposals.keys();
  if (shelf.proposals.size > most && oldest !== undefined) shelf.proposals.delete(oldest);
}

// Owns how risk looks to a client: the running view, limits, proposals, events, kills.
// Promise: snake_case and ISO times; a use that the engine did not tell is null, never zero.

import type {
  BreakerWire,
  DrawdownWire,
  KillWire,
  LimitUseWire,
  ProposalWire,
  RiskEventWire,
  RiskWire,
  ScopeStateWire,
} from '../dashboard/risk-wire.ts';
import type { Breach, RiskFigures } from '../engine/core/decision.ts';
import { LIMIT_UNITS, type LimitName, type LimitScope } from '../engine/core/limit.ts';
import type {
  BreakerView,
  DrawdownView,
  KillReport,
  LimitUse,
  OrderPreview,
  RiskView,
} from '../engine/core/risk.ts';
import type { Fact } from '../engine/facts/fact.ts';
import type { DrawdownMarks } from './options.ts';
import type { Replica } from './replica.ts';
import type { Proposal, RiskEvent, RiskShelf } from './risk-shelf.ts';
import { isoOf } from './words.ts';

export const stateOf = (shelf: RiskShelf, scope: LimitScope): ScopeStateWire =>
  shelf.states.get(scope) ?? { scope, state: 'active', reasons: [] };

export const useView = ({ scope, limit, used, hard, soft }: LimitUse): LimitUseWire => ({
  scope,
  limit,
  unit: LIMIT_UNITS[limit],
  used,
  soft,
  hard,
  utilization: used / hard,
});

export const breakerView = (breaker: BreakerView): BreakerWire => ({
  scope: breaker.scope,
  breaker: breaker.breaker,
  state: breaker.state,
  measured: breaker.measured,
  threshold: breaker.threshold,
  trips: breaker.trips,
  changed_at: breaker.changedUs === 0 ? null : isoOf(breaker.changedUs),
  retry_at: breaker.retryUs === null ? null : isoOf(breaker.retryUs),
});

const drawdownView = (drawdown: DrawdownView, marks: DrawdownMarks): DrawdownWire => ({
  scope: drawdown.scope,
  level: drawdown.level,
  drawdown: drawdown.drawdown,
  peak: drawdown.peak,
  day_drawdown: drawdown.dayDrawdown,
  day_peak: drawdown.dayPeak,
  ...(drawdown.scope === 'system' ? marks.system : marks.strategy),
});

export function riskView(replica: Replica, view: RiskView, marks: DrawdownMarks): RiskWire {
  return {
    as_of: isoOf(view.timeUs),
    base_currency: replica.portfolio?.baseCurrency ?? 'USD',
    equity: replica.portfolio?.equity === 'unknown' ? null : (replica.portfolio?.equity ?? null),
    limits_version: view.limitsVersion,
    trading_state: replica.tradingState,
    states: [...replica.risk.states.values()],
    breakers: view.breakers.map(breakerView),
    drawdowns: view.drawdowns.map((drawdown) => drawdownView(drawdown, marks)),
    top_uses: view.uses.map(useView),
    value_at_risk: view.valueAtRisk,
    historical_value_at_risk: view.historicalVar,
    history_source: view.historySource,
    stress_loss: view.stressLoss,
  };
}

/** The tree with what is in use of each limit, by scope and name. */
export function limitsView({ tree, view }: RiskShelf) {
  if (tree === null) return null;
  const used = new Map(view?.uses.map((use) => [`${use.scope} ${use.limit}`, use.used]));
  const scopes = Object.entries(tree.scopes).map(([scope, limits]) => {
    const rows = Object.entries(limits).map(([name, { hard, soft }]) => {
      const unit = LIMIT_UNITS[name as LimitName];
      return [name, { used: used.get(`${scope} ${name}`) ?? null, soft, hard, unit }] as const;
    });
    return [scope, Object.fromEntries(rows)] as const;
  });
  return { version: tree.version, scopes: Object.fromEntries(scopes) };
}

export const proposalView = (proposal: Proposal): ProposalWire => ({
  proposal: proposal.proposal,
  state: proposal.decision?.step ?? 'pending',
  changes: proposal.changes.map(({ scope, limit, from, hard, soft }) => ({
    ...{ scope, limit, from, hard, soft },
  })),
  reason: proposal.reason,
  proposed_by: proposal.by,
  proposed_at: isoOf(proposal.timeUs),
  decided_by: proposal.decision?.by || null,
  decided_at: proposal.decision === null ? null : isoOf(proposal.decision.timeUs),
  decision_reason: proposal.decision?.reason ?? null,
});

export const newestProposals = (shelf: RiskShelf): ProposalWire[] =>
  [...shelf.proposals.values()].reverse().map(proposalView);

export function riskEventView({ seq: sequence, timeUs, body }: RiskEvent): RiskEventWire {
  const created_at = isoOf(timeUs);
  if (body.kind !== 'trading_state') return { sequence, created_at, ...body };
  const { isWord: is_word, ...words } = body;
  return { sequence, created_at, ...words, is_word };
}

export const killView = (report: KillReport): KillWire => ({
  started_at: isoOf(report.startedUs),
  reason: report.reason,
  by: report.by,
  flatten: report.flatten,
  drill: report.drill,
  is_confirmed: report.isConfirmed,
  problem: report.problem,
  blocked_us: report.blockedUs,
  cancelled_us: report.cancelledUs,
  confirmed_us: report.confirmedUs,
  flat_us: report.flatUs,
  open_at_venues: report.openAtVenues,
  positions_left: report.positionsLeft,
  orders: report.orders.map((order) => ({
    order_id: order.orderId,
    cancel_us: order.cancelUs,
    ended_us: order.endedUs,
    state: order.state,
  })),
});

const figuresView = (figures: RiskFigures) => ({
  exposure: figures.exposureAfter,
  value_at_risk: figures.varAfter,
  historical_value_at_risk: figures.historicalVarAfter,
  stress_loss: figures.stressAfter,
});

/** What would become of an order: the book before it and after it, and each limit in its way. */
export const previewView = (preview: OrderPreview) => ({
  approved: preview.approved,
  by: preview.by,
  breaches: preview.breaches satisfies readonly Breach[],
  warnings: preview.warnings,
  notional: preview.figures.notional,
  before: figuresView(preview.before),
  after: figuresView(preview.figures),
});

type VerdictBody = Extract<Fact, { kind: 'verdict' }>;

export const verdictView = (verdict: VerdictBody) => ({
  approved: verdict.approved,
  by: verdict.by,
  breaches: verdict.breaches,
  warnings: verdict.warnings,
  notional: verdict.notional,
  value_at_risk_after: verdict.varAfter,
  historical_value_at_risk_after: verdict.historicalVarAfter,
  stress_loss_after: verdict.stressAfter,
});

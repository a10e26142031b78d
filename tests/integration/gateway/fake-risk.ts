// Owns the risk behind the fake engine: a limit tree with four eyes, states, breakers, a kill.
// Promise: it answers commands and writes records as the engine does; numbers are made up.

import type { BookReport } from '../../../engine/analysis/book-report.ts';
import type { StressReport, StressResult } from '../../../engine/analysis/stress.ts';
import { assertNever } from '../../../engine/core/assert.ts';
import type { Limit, LimitChange, LimitScope, LimitTree } from '../../../engine/core/limit.ts';
import type { KillReport, RiskView, ScopeStateView } from '../../../engine/core/risk.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import type {
  AnalysisReport,
  GatewayAnswer,
  GatewayCommand,
} from '../../../engine/facts/gateway-message.ts';
import type { ProposalRecord } from '../../../engine/facts/risk.ts';

export interface FakeRisk {
  tree: LimitTree;
  proposals: ProposalRecord[];
  states: Map<LimitScope, ScopeStateView>;
  nextProposal: number;
  trips: number;
  openOrders: readonly string[]; // that a kill has to cancel
  isBreakerOpen: boolean; // true: whatever an operator says, the scope goes on reducing
  isKillConfirmed: boolean; // false: a venue goes on saying that orders are open
}

const limit = (hard: number): Limit => ({ hard, soft: 0.8 * hard });

export const createFakeRisk = (): FakeRisk => ({
  tree: {
    version: 1,
    scopes: {
      system: {
        gross: limit(2_000_000),
        leverage: limit(3),
        value_at_risk: limit(0.02),
        stress_loss: limit(0.15),
        concentration: limit(0.1),
      },
      'strategy:signal-follower': { gross: limit(500_000), open_orders: limit(50) },
      'venue:binance-usdm': { gross: limit(1_000_000), message_rate: limit(100) },
      'instrument:BTCUSDT.binance-usdm': { position: limit(100_000) },
    },
  },
  proposals: [],
  states: new Map(),
  nextProposal: 1,
  trips: 0,
  openOrders: ['c0001x00000001', 'c0001x00000002', 'c0001x00000003'],
  isBreakerOpen: false,
  isKillConfirmed: true,
});

export type RiskCommand = Extract<
  GatewayCommand,
  { kind: 'trading_state' | 'kill' | 'propose_limits' | 'decide_limits' }
>;

export const isRiskCommand = (command: GatewayCommand): command is RiskCommand =>
  ['trading_state', 'kill', 'propose_limits', 'decide_limits'].includes(command.kind);

type Record = (body: Fact) => void;

export function answerRisk(
  risk: FakeRisk,
  command: RiskCommand,
  nowUs: number,
  record: Record,
): GatewayAnswer {
  switch (command.kind) {
    case 'trading_state':
      if (command.scope === 'strategy:nobody') {
        return { kind: 'not_found', what: `scope ${command.scope}` };
      }
      setState(risk, command.scope as LimitScope, command, record);
      return { kind: 'state', ...stateOf(risk, command.scope as LimitScope) };
    case 'kill':
      return kill(risk, command.options, nowUs, record);
    case 'propose_limits':
      return propose(risk, command, nowUs, record);
    case 'decide_limits':
      return decide(risk, command, record);
    default:
      return assertNever(command);
  }
}

function stateOf(risk: FakeRisk, scope: LimitScope): ScopeStateView {
  if (risk.isBreakerOpen) return { scope, state: 'reducing', reasons: ['breaker latency'] };
  return risk.states.get(scope) ?? { scope, state: 'active', reasons: [] };
}

function setState(
  risk: FakeRisk,
  scope: LimitScope,
  wish: { readonly state: ScopeStateView['state']; readonly reason: string; readonly by: string },
  record: Record,
): void {
  const { state, reason, by } = wish;
  if (state === 'active') risk.states.delete(scope);
  else risk.states.set(scope, { scope, state, reasons: [`operator ${by}: ${reason}`] });
  record({ kind: 'trading_state', scope, state, reason, by, isWord: by !== 'breaker' });
}

function kill(
  risk: FakeRisk,
  options: Extract<RiskCommand, { kind: 'kill' }>['options'],
  startedUs: number,
  record: Record,
): GatewayAnswer {
  const { isKillConfirmed } = risk;
  setState(risk, 'system', { state: 'halted', reason: options.reason, by: 'kill' }, record);
  const report: KillReport = {
    ...options,
    startedUs,
    blockedUs: 12,
    cancelledUs: isKillConfirmed ? 4_100 : null,
    confirmedUs: isKillConfirmed ? 9_300 : null,
    flatUs: options.flatten && isKillConfirmed ? 8_200 : null,
    orders: risk.openOrders.map((orderId, index) => ({
      orderId,
      cancelUs: 30 + 11 * index,
      endedUs: isKillConfirmed ? 2_500 + 800 * index : null,
      state: isKillConfirmed ? 'cancelled' : 'unknown',
    })),
    openAtVenues: { 'binance-usdm': isKillConfirmed ? 0 : risk.openOrders.length },
    positionsLeft: 0,
    isConfirmed: isKillConfirmed,
    problem: isKillConfirmed
      ? ''
      : 'binance-usdm still has 3 open orders of ours: cancel them there.',
  };
  record({ kind: 'kill', report });
  if (options.drill) {
    setState(risk, 'system', { state: 'active', reason: 'the drill is over', by: 'kill' }, record);
  }
  return { kind: 'killed', report };
}

function propose(
  risk: FakeRisk,
  command: Extract<RiskCommand, { kind: 'propose_limits' }>,
  timeUs: number,
  record: Record,
): GatewayAnswer {
  const { version, scopes } = risk.tree;
  if (command.version !== version) return { kind: 'conflict', version };
  const { reason, by } = command;
  const changes = command.changes as readonly LimitChange[];
  const unknown = changes.find(({ scope }) => !(scope in scopes));
  if (unknown !== undefined) {
    const message = `there is no ${unknown.scope}`;
    return { kind: 'refused', problems: [{ path: 'changes.0.scope', message }] };
  }
  const proposal = risk.nextProposal;
  risk.nextProposal += 1;
  risk.proposals.push({ proposal, version, changes, reason, by, timeUs });
  recordLimits(risk, 'proposed', { proposal, changes, reason, by, approver: '' }, record);
  return { kind: 'proposed', proposal, version };
}

function decide(
  risk: FakeRisk,
  command: Extract<RiskCommand, { kind: 'decide_limits' }>,
  record: Record,
): GatewayAnswer {
  const found = risk.proposals.find(({ proposal }) => proposal === command.proposal);
  if (found === undefined) return { kind: 'not_found', what: `proposal ${command.proposal}` };
  const { proposal, changes, by } = found;
  if (by === command.by) {
    const message = `${by} proposed this change; someone else has to approve it`;
    return { kind: 'refused', problems: [{ path: 'by', message }] };
  }
  risk.proposals = risk.proposals.filter((other) => other !== found);
  const before = risk.tree;
  if (command.approve) risk.tree = changedTree(before, changes);
  const step = command.approve ? 'approved' : 'rejected';
  const words = { proposal, changes, reason: command.reason, by, approver: command.by };
  recordLimits({ ...risk, tree: { ...before, version: risk.tree.version } }, step, words, record);
  return { kind: 'limits', tree: risk.tree };
}

function changedTree(tree: LimitTree, changes: readonly LimitChange[]): LimitTree {
  const scopes: { [scope: string]: LimitTree['scopes'][string] } = { ...tree.scopes };
  for (const { scope, limit: name, hard, soft } of changes) {
    scopes[scope] = { ...scopes[scope], [name]: { hard, soft } };
  }
  return { version: tree.version + 1, scopes };
}

function recordLimits(
  { tree }: Pick<FakeRisk, 'tree'>,
  step: 'proposed' | 'approved' | 'rejected',
  words: Omit<Extract<Fact, { kind: 'limits' }>, 'kind' | 'step' | 'version' | 'changes'> & {
    readonly changes: readonly LimitChange[];
  },
  record: Record,
): void {
  const changes = words.changes.map((change) => ({
    ...change,
    from: tree.scopes[change.scope]?.[change.limit] ?? null,
  }));
  record({ kind: 'limits', step, version: tree.version, ...words, changes });
}

/** Opens the volatility breaker of bitcoin and halves the book, as a crash would. */
export function trip(risk: FakeRisk, record: Record): void {
  risk.trips += 1;
  const scope = 'instrument:BTCUSDT.binance-usdm';
  const reason = 'moved 2.4 % within 60 s';
  const numbers = { measured: 0.024, threshold: 0.02 };
  record({
    ...{ kind: 'breaker', scope, breaker: 'volatility', from: 'closed', to: 'open' },
    ...numbers,
    reason,
  });
  setState(risk, scope, { state: 'reducing', reason: 'volatility', by: 'breaker' }, record);
  record({
    ...{ kind: 'drawdown', scope: 'system', from: 'normal', to: 'warning', measure: 'start' },
    ...{ drawdown: 0.031, peak: 1_000_000, equity: 969_000, capital: 1_000_000 },
  });
  record({
    ...{ kind: 'reduction', scope: 'system', step: 1, steps: 4, reason: 'drawdown warning' },
    ...{ gross: 800_000, target: 600_000, orders: 5 },
  });
}

export function viewRisk(risk: FakeRisk, nowUs: number, gross: number, drawdown: number): RiskView {
  const { states, tree, trips } = risk;
  const drawdowns = [
    { scope: 'system' as const, drawdown: drawdown + 0.021, dayDrawdown: 0.012 + drawdown },
    { scope: 'strategy:signal-follower' as const, drawdown: 0.022, dayDrawdown: 0.008 },
    { scope: 'strategy:manual' as const, drawdown: 0.001, dayDrawdown: 0.001 },
  ].map((row) => ({
    ...row,
    level:
      row.drawdown > 0.02 && row.scope !== 'system' ? ('warning' as const) : ('normal' as const),
    peak: 1_004_000,
    dayPeak: 1_001_000,
  }));
  return {
    timeUs: nowUs,
    limitsVersion: tree.version,
    states: [...states.values()],
    breakers: breakersOf(trips, nowUs),
    drawdowns,
    uses: usesOf(tree, gross),
    historySource: 'synthetic: 1000 draws of a t(4), no file of returns was given',
    valueAtRisk: gross * 0.021,
    historicalVar: gross * 0.026,
    stressLoss: gross * 0.31,
  };
}

function breakersOf(trips: number, nowUs: number): RiskView['breakers'] {
  const quiet = { state: 'closed', trips: 0, changedUs: 0, retryUs: null } as const;
  const usdm = 'venue:binance-usdm';
  return [
    {
      scope: 'instrument:BTCUSDT.binance-usdm',
      breaker: 'volatility',
      ...{ state: trips > 0 ? 'open' : 'closed', measured: trips > 0 ? 0.024 : 0.004 },
      ...{ threshold: 0.02, trips, changedUs: trips > 0 ? nowUs - 4_000_000 : 0 },
      retryUs: trips > 0 ? nowUs + 26_000_000 : null,
    },
    {
      scope: usdm,
      breaker: 'latency',
      ...{ state: trips > 0 ? 'half_open' : 'closed', measured: 820, threshold: 1000 },
      ...{ trips, changedUs: trips > 0 ? nowUs - 31_000_000 : 0, retryUs: null },
    },
    { scope: 'system', breaker: 'loss_rate', ...quiet, measured: 0.0031, threshold: 0.01 },
    { scope: usdm, breaker: 'reject_rate', ...quiet, measured: 0.04, threshold: 0.5 },
    { scope: usdm, breaker: 'stale_data', ...quiet, measured: 0, threshold: 0.5 },
  ];
}

/** Shares of the gross exposure, spread over the scopes; fullest first. */
function usesOf(tree: LimitTree, gross: number): RiskView['uses'] {
  const shares: Readonly<{ [limit: string]: number }> = {
    ...{
      gross,
      leverage: gross / 1e6,
      position: 0.35 * gross,
      concentration: (0.45 * gross) / 1e7,
    },
    ...{ value_at_risk: (0.021 * gross) / 1e6, stress_loss: (0.31 * gross) / 1e6 },
    ...{ open_orders: 3, message_rate: 41 },
  };
  const uses = Object.entries(tree.scopes).flatMap(([scope, limits]) =>
    Object.entries(limits).map(([name, { hard, soft }]) => ({
      scope: scope as LimitScope,
      limit: name as keyof typeof limits,
      used: (shares[name] ?? 0) * (scope === 'system' ? 1 : 0.6),
      hard,
      soft,
    })),
  );
  return uses.sort((a, b) => b.used / b.hard - a.used / a.hard);
}

const LEVELS = { '0.95': 1.645, '0.975': 1.96, '0.99': 2.326 } as const;
const CRISES = [
  ['covid-2020', 'Covid, 12 March 2020', 0.118],
  ['luna-2022', 'Terra and LUNA, May 2022', 0.094],
  ['ftx-2022', 'FTX, November 2022', 0.071],
  ['china-2021', 'China bans mining, May 2021', 0.103],
  ['yen-2024', 'Yen carry, 5 August 2024', 0.052],
  ['tariffs-2025', 'Tariffs, 10 October 2025', 0.139],
  ['short-squeeze', 'Everything up by a third', -0.08],
] as const;

export function makeAnalysis(timeUs: number, equity: number, gross: number): AnalysisReport {
  const symbols = ['BTC', 'ETH', 'SOL', 'BNB', 'XRP', 'DOGE', 'AVAX', 'LINK'];
  const size = symbols.length;
  const correlation = symbols.map((_, row) =>
    symbols.map((_, column) =>
      row === column ? 1 : 0.92 - 0.17 * Math.abs(row - column) + 0.05 * Math.sin(row * column),
    ),
  );
  const levels = Object.entries(LEVELS).map(([level, z]) => [level, levelOf(0.013 * z * gross)]);
  const scenarios = CRISES.map(
    ([scenario, description, share]): StressResult => ({
      ...{ scenario, description, loss: share * gross, lossOfEquity: (share * gross) / equity },
      positions: [
        {
          ...{ symbol: 'BTCUSDT', notional: gross, factor: 'btc', shock: -share },
          ...{ loss: 0.6 * share * gross, settleLoss: null },
        },
      ],
      ...{ bySource: {}, silent: [] },
    }),
  ).sort((a, b) => b.loss - a.loss);
  return {
    ...{ timeUs, elapsedMs: 41, equity, source: 'synthetic: 1000 draws of a t(4)' },
    var: { gross, levels: Object.fromEntries(levels) },
    stress: { equity, gross, net: gross, scenarios } satisfies StressReport,
    reverseStress: { market: -0.21 },
    correlation: {
      symbols,
      correlation,
      leafOrder: Array.from({ length: size }, (_, at) => (at * 3) % size),
      clusters: [],
      alarm: { level: 'calm', distance: 0.03, shareChange: 0.01, pairs: [] },
    } satisfies BookReport['correlation'],
  };
}

function levelOf(base: number) {
  const two = (a: string, b: string, scale: number) => {
    const one = { [a]: scale * base, [b]: 1.28 * scale * base };
    const ten = { [a]: 3.162 * scale * base, [b]: 4.05 * scale * base };
    return { ...one, h10: ten };
  };
  return {
    historical: two('var_linear', 'es_acerbi_tasche', 1.1),
    age_weighted: two('var_interpolated', 'es', 1.2),
    filtered_historical_portfolio: two('var_linear', 'es_acerbi_tasche', 1.15),
    normal_zero_mean: two('var', 'es', 1),
    student_t_mle: { ...two('var', 'es', 1.05), h10: { var: null, es: null } },
    cornish_fisher: two('var', 'es', 1.18),
    monte_carlo_normal_zero_mean: { var: 1.01 * base, es: 1.29 * base, paths: 100_000 },
  };
}

// Owns the building of the risk rooms: tree, tables, scenarios, guard and kill, on one memory.
// Promise: every table is written before the first event; what stopped goes on where it was.

import type { Portfolio } from '../accounts/portfolio.ts';
import { shockColumns } from '../analysis/stress.ts';
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitTree } from '../core/limit.ts';
import type { EpochUs } from '../core/units.ts';
import { parseDecimal } from '../core/units.ts';
import type { Rooms } from '../engine.ts';
import type { ScopeStop } from '../execution/cancel.ts';
import type { BookRecord, Checkpoint, Fact } from '../facts/fact.ts';
import { createCovariance } from '../risk/covariance.ts';
import { createExposure, type Exposure } from '../risk/exposure.ts';
import { createGuard, type Guard } from '../risk/guard.ts';
import { createKill } from '../risk/kill.ts';
import { createLimitChanges } from '../risk/limit-changes.ts';
import { createLimits, limitTreeOf, type RiskNames } from '../risk/limits.ts';
import { createPreTrade } from '../risk/pre-trade.ts';
import { createScenarios, historyOf } from '../risk/scenarios.ts';
import type { Ground, STRATEGIES } from './ground.ts';
import type { RiskMaterial } from './risk-material.ts';

export interface RiskRoomsOptions {
  readonly config: Config;
  readonly ground: Ground;
  readonly names: RiskNames;
  readonly material: RiskMaterial;
  readonly portfolio: Portfolio;
  readonly checkpoint: Checkpoint | null;
  readonly record: (body: Fact) => void;
  readonly nowUs: EpochUs; // of the start
}

export type RiskRooms = Pick<
  Rooms,
  | 'names'
  | 'limits'
  | 'limitChanges'
  | 'exposure'
  | 'covariance'
  | 'preTrade'
  | 'guard'
  | 'kill'
  | 'stopped'
  | 'historySource'
>;

export function buildRiskRooms(options: RiskRoomsOptions): RiskRooms {
  const { config, ground, names, portfolio, checkpoint, nowUs } = options;
  const { kernels, buffer, plan } = ground;
  const { risk } = config;
  const { instruments } = names;
  const tree = treeOf(config, names, checkpoint);
  const limits = createLimits({ buffer, plan, names, tree, risk });
  const exposure = createExposure({
    kernels,
    buffer,
    plan,
    names,
    initialMargin: risk.initialMargin,
    quoteRate: (instrument) => portfolio.quoteRate(instrument),
  });
  const covariance = createCovariance({ kernels, buffer, plan, instruments });
  const historySource = writeScenarios(options);
  restoreBooks(exposure, options);
  const stopped: ScopeStop[] = [];
  const proposals = checkpoint?.proposals ?? [];
  return {
    names,
    limits,
    limitChanges: createLimitChanges({ limits, names, proposals, nowUs }),
    exposure,
    covariance,
    preTrade: createPreTrade({ kernels, buffer, plan, names }),
    guard: openGuard(options, exposure, stopped),
    kill: createKill({ venues: names.venues }),
    stopped,
    historySource,
  };
}

// What people changed while it ran outlives a restart, unless it no longer fits the configuration.
function treeOf(config: Config, names: RiskNames, checkpoint: Checkpoint | null): LimitTree {
  const configured = limitTreeOf(config.risk, names, config.main.maxPortfolioValueUsd);
  const problems = configured.kind === 'invalid' ? configured.problems : [];
  assert(configured.kind === 'tree', problems.map(({ message }) => message).join('; '));
  const kept = checkpoint?.limits;
  return kept !== undefined && kept.version > configured.tree.version ? kept : configured.tree;
}

function writeScenarios({ config, ground, names, material }: RiskRoomsOptions): string {
  const { kernels, buffer, plan } = ground;
  const { instruments } = names;
  const history = historyOf(
    material.returns,
    instruments,
    plan.capacities.scenarios,
    config.main.seed,
  );
  const stressed = instruments.map(({ key, base, quote, kind }) => ({
    symbol: key,
    base,
    quote,
    kind,
  }));
  const shocks = shockColumns(stressed, material.scenarios);
  const shared = { kernels, buffer, plan, instruments };
  createScenarios({ ...shared, history: history.columns, shocks });
  return history.source;
}

// What no book has is a person's: a journal from before there were books says nothing of owners.
function restoreBooks(
  exposure: Exposure,
  { names, checkpoint, portfolio }: RiskRoomsOptions,
): void {
  const byKey = new Map(names.instruments.map((instrument) => [instrument.key, instrument]));
  for (const { account, strategy, instrument: key, qty } of checkpoint?.books ?? []) {
    const instrument = byKey.get(key);
    assert(instrument !== undefined, `the checkpoint holds ${key}, which this run does not trade`);
    const steps = parseDecimal(qty, instrument.qtyScale);
    assert(typeof steps === 'number', `the checkpoint holds ${qty} of ${key}: no whole steps`);
    exposure.setBook(account, strategy, instrument, steps);
  }
  const [account = ''] = names.portfolios;
  for (const instrument of names.instruments) {
    const held = names.strategies.map((name) => exposure.held(name, instrument));
    const owned = held.reduce((sum, qty) => sum + qty, 0);
    const rest = portfolio.position(instrument).qty - owned;
    if (rest === 0) continue;
    const key = { account, strategy: UNOWNED, instrument: instrument.key };
    const before = stepsOf(checkpoint, key, instrument);
    exposure.setBook(account, UNOWNED, instrument, before + rest);
  }
}

const UNOWNED = 'manual' satisfies (typeof STRATEGIES)[number];

function stepsOf(
  checkpoint: Checkpoint | null,
  key: Omit<BookRecord, 'qty'>,
  { qtyScale }: Instrument,
): number {
  const found = checkpoint?.books?.find(
    ({ account, strategy, instrument }) =>
      account === key.account && strategy === key.strategy && instrument === key.instrument,
  );
  const steps = parseDecimal(found?.qty ?? '0', qtyScale);
  return typeof steps === 'number' ? steps : 0;
}

function openGuard(
  { config, ground, names, portfolio, checkpoint, record }: RiskRoomsOptions,
  exposure: Exposure,
  stopped: ScopeStop[],
): Guard {
  const { states = [], drawdowns = [] } = checkpoint ?? {};
  return createGuard({
    risk: config.risk,
    names,
    setState(scope, state) {
      exposure.setState(scope, state);
      stopped.push({ scope, state });
    },
    setProbes: exposure.setProbes,
    record(body) {
      if (body.kind === 'breaker' && body.to === 'open') ground.telemetry.add('breakerTrips', 1);
      record(body);
    },
    held: (scope, instrument) =>
      scope === 'system'
        ? portfolio.position(instrument).qty
        : exposure.held(scope.slice('strategy:'.length), instrument),
    restored: { states, drawdowns },
  });
}

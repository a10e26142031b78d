// Owns the building of the risk rooms: tree, tables, scenarios, guard and kill, on one memory.
// Promise: every table is written before the first event; what stopped goes on where it was.

import type { Rates } from '../accounts/rates.ts';
import { cashColumns, shockColumns } from '../analysis/stress.ts';
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { LimitScope, LimitTree } from '../core/limit.ts';
import type { Rooms } from '../engine.ts';
import type { ScopeStop } from '../execution/errands.ts';
import type { Fact } from '../facts/fact.ts';
import type { Marks } from '../market/marks.ts';
import { createCovariance } from '../risk/covariance.ts';
import { createExposure, type Exposure } from '../risk/exposure.ts';
import type { Funds } from '../risk/funds.ts';
import { createGuard, type Guard } from '../risk/guard.ts';
import { createKill, type Kill } from '../risk/kill.ts';
import { createLimitChanges } from '../risk/limit-changes.ts';
import { createLimits, limitTreeOf, type RiskNames } from '../risk/limits.ts';
import { createMarketPrices } from '../risk/market-prices.ts';
import { createPreTrade } from '../risk/pre-trade.ts';
import {
  cashAssetsOf,
  createScenarios,
  historyOf,
  type ScenarioColumns,
  type Scenarios,
} from '../risk/scenarios.ts';
import type { State } from '../state.ts';
import type { Ground } from './ground.ts';
import type { RiskMaterial } from './risk-material.ts';

export interface RiskRoomsOptions {
  readonly config: Config;
  readonly ground: Ground;
  readonly names: RiskNames;
  readonly material: RiskMaterial;
  readonly state: State;
  readonly marks: Marks;
  readonly rates: Rates;
  readonly funds: Funds;
  readonly stampUs?: () => number; // of kills
  /** Signed steps that a strategy, or everybody (null), holds in an account. */
  readonly held: (strategy: string | null, account: string, instrument: Instrument) => number;
  /** Gross worth of what a strategy, or everybody (null), has on marks of which one `isIn`. */
  readonly stake: (strategy: string | null, isIn: (one: Instrument) => boolean) => number;
  readonly commit: (fact: Fact) => void;
}

export type RiskRooms = Pick<
  Rooms,
  | 'names'
  | 'limits'
  | 'limitChanges'
  | 'exposure'
  | 'covariance'
  | 'marketPrices'
  | 'preTrade'
  | 'guard'
  | 'kill'
  | 'stopped'
  | 'historySource'
> & { readonly scenarios: Scenarios };

export function buildRiskRooms(options: RiskRoomsOptions): RiskRooms {
  const { config, ground, names, state, rates } = options;
  const { kernels, buffer, plan } = ground;
  const { risk } = config;
  const { instruments } = names;
  const tree = treeInForce(config, names, state);
  const limits = createLimits({ buffer, plan, names, tree, risk });
  const exposure = createExposure({
    kernels,
    buffer,
    plan,
    names,
    initialMargin: risk.initialMargin,
    quoteRate: rates.quoteRate,
  });
  const covariance = createCovariance({ kernels, buffer, plan, instruments });
  const { historySource, scenarios } = writeScenarios(options);
  const marketPrices = createMarketPrices(ground.books, buffer, plan);
  const stopped: ScopeStop[] = [];
  return {
    names,
    limits,
    limitChanges: createLimitChanges({ names, limits: state.limits }),
    exposure,
    covariance,
    marketPrices,
    preTrade: createPreTrade({
      kernels,
      buffer,
      plan,
      names,
      settle: exposure.settle,
      funds: options.funds,
      marketPrices,
    }),
    guard: openGuard(options, exposure, stopped),
    kill: openKill(options),
    stopped,
    historySource,
    scenarios,
  };
}

/**
 * What people changed while it ran outlives a restart (whether it still fits is asked before a
 * start); a tree that nobody has changed is the configuration's, as it is today. Instruments come
 * and go: limits of one that is not traded any more are left out, and one that is new to a changed
 * tree has those of the configuration.
 */
export function treeInForce(
  config: Config,
  names: RiskNames,
  { limits }: Pick<State, 'limits'>,
): LimitTree {
  const configured = limitTreeOf(config.risk, names, config.main.maxPortfolioValueUsd);
  const problems = configured.kind === 'invalid' ? configured.problems : [];
  assert(configured.kind === 'tree', problems.map(({ message }) => message).join('; '));
  const kept = limits.tree();
  const { version, scopes } = configured.tree;
  if (kept.version <= version) return configured.tree;
  const isKept = (scope: string): boolean => !isOfInstrument(scope) || scope in scopes;
  const own = Object.entries(scopes).filter(([scope]) => isOfInstrument(scope));
  const changed = Object.entries(kept.scopes).filter(([scope]) => isKept(scope));
  return { version: kept.version, scopes: Object.fromEntries([...own, ...changed]) };
}

const isOfInstrument = (scope: string): boolean => scope.startsWith('instrument:');

function writeScenarios({
  config,
  ground,
  names,
  material,
}: RiskRoomsOptions): Pick<RiskRooms, 'historySource' | 'scenarios'> {
  const { kernels, buffer, plan } = ground;
  const { instruments } = names;
  const history = historyOf(
    material.returns,
    instruments,
    plan.capacities.scenarios,
    config.main.seed,
  );
  const shocks = shockColumns(instruments.map(stressed), material.scenarios);
  const shared = { kernels, buffer, plan, instruments };
  const scenarios = createScenarios({
    ...shared,
    history: history.columns,
    shocks,
    cashHistory: history.cash,
    cashShocks: cashColumns(cashAssetsOf(instruments), material.scenarios),
  });
  return { historySource: history.source, scenarios };
}

const stressed = ({ key, base, quote, kind }: Instrument) => ({ symbol: key, base, quote, kind });

type ColumnsGround = Pick<RiskRoomsOptions, 'config' | 'ground' | 'material'>;

/** Columns of scenarios for an instrument that comes; its history where the table has its asset. */
export function columnsFor(ground: ColumnsGround, instrument: Instrument): ScenarioColumns {
  const { scenarios } = ground.material;
  const [shocks = new Float64Array(0)] = shockColumns([stressed(instrument)], scenarios);
  return { history: historyOfAsset(ground, instrument, instrument.base), shocks };
}

/** The same for an asset that `instrument` pays in, and nothing trades. */
export function cashColumnsFor(
  ground: ColumnsGround,
  instrument: Instrument,
  asset: string,
): ScenarioColumns {
  const [shocks = new Float64Array(0)] = cashColumns([asset], ground.material.scenarios);
  return { history: historyOfAsset(ground, instrument, asset), shocks };
}

function historyOfAsset(
  { config, ground, material: { returns } }: ColumnsGround,
  instrument: Instrument,
  base: string,
): Float64Array | null {
  const isKnown = returns?.symbols.some((symbol) => symbol.split('/')[0]?.toUpperCase() === base);
  if (returns === null || isKnown !== true) return null;
  const count = ground.plan.capacities.scenarios;
  const alone = [{ ...instrument, base }];
  const [history = null] = historyOf(returns, alone, count, config.main.seed).columns;
  return history;
}

const openKill = ({ names: { venues }, stampUs }: RiskRoomsOptions): Kill =>
  createKill(stampUs === undefined ? { venues } : { venues, stampUs });

/** Whose the drawdown of a scope is; null: everybody's. */
const strategyOf = (scope: LimitScope): string | null =>
  scope === 'system' ? null : scope.slice('strategy:'.length);

function openGuard(
  { config, ground, names, state, marks, held, stake, commit }: RiskRoomsOptions,
  exposure: Exposure,
  stopped: ScopeStop[],
): Guard {
  return createGuard({
    risk: config.risk,
    names,
    slots: ground.plan.capacities.instruments,
    setState(scope, to) {
      exposure.setState(scope, to);
      stopped.push({ scope, state: to });
    },
    setProbes: exposure.setProbes,
    commit(fact) {
      if (fact.kind === 'breaker' && fact.to === 'open') ground.telemetry.add('breakerTrips', 1);
      commit(fact);
    },
    held: (scope, account, instrument) => held(strategyOf(scope), account, instrument),
    stake: (scope, isIn) => stake(strategyOf(scope), isIn),
    marks,
    standings: state.standings,
  });
}

// Owns the building of the engine's rooms from the configuration, on durable state and one memory.
// Promise: limits reach shared memory before the first event; what stopped goes on where it was.

import { equityOf, stakeOf, strategyProfitOf } from '../accounts/valuation.ts';
import { type ComplianceOptions, createCompliance } from '../compliance/pre-trade.ts';
import type { Config } from '../config/schema.ts';
import type { IdSource } from '../core/ids.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Instruments } from '../core/instruments.ts';
import type { LimitScope } from '../core/limit.ts';
import { MANUAL } from '../core/order.ts';
import type { Clock } from '../core/ports.ts';
import { type ScopeState, STRICTNESS } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { Rooms, StrategySetup } from '../engine.ts';
import { createListing, type ListingRooms } from '../execution/listing.ts';
import { createHoldingReader, heldBy } from '../execution/owners.ts';
import type { Effects } from '../facts/effects.ts';
import type { Fact } from '../facts/fact.ts';
import { createMarket, type Market } from '../market/market.ts';
import { createMarks, type Marks } from '../market/marks.ts';
import { createOrderRoom, type OrderRoom } from '../orders/order-room.ts';
import { createRequests, type Requests } from '../orders/requests.ts';
import { createStartGate } from '../orders/start-gate.ts';
import type { Guard } from '../risk/guard.ts';
import type { RiskNames } from '../risk/places.ts';
import { createSignals, type SignalOptions } from '../signals/generate.ts';
import type { State } from '../state.ts';
import { type InstanceSpec, instancesOf } from '../strategies/instances.ts';
import { binanceFeedRule } from '../venues/binance/catalogue.ts';
import { type Ground, namesOf } from './ground.ts';
import { type MoneyRooms, openMoney, riskFundsOf } from './money.ts';
import { BUILT_IN_MATERIAL, type RiskMaterial } from './risk-material.ts';
import { buildRiskRooms, cashColumnsFor, columnsFor } from './risk-rooms.ts';

export interface RoomsOptions {
  readonly config: Config;
  readonly listed: Instruments; // with as many slots as the ground
  readonly ground: Ground;
  readonly state: State;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly effects: Effects;
  readonly nowUs: () => EpochUs;
  readonly material?: RiskMaterial; // the one the ground was laid for
  /** Times that are only told, microseconds, by a clock that never stands still. */
  readonly stampUs?: () => number;
  readonly isReplay: boolean; // strategies are not held to the clock
  /** A line of a strategy's own. */
  readonly onStrategyLog?: (strategy: string, text: string) => void;
  /** It failed, and why; or at a start that it still is. */
  readonly onStrategyFailed?: (strategy: string, reason: string) => void;
  /** Opens a user's module, at once or later. */
  readonly openModule?: (spec: InstanceSpec, opening: number) => void;
}

export function buildRooms(options: RoomsOptions): Rooms {
  const { config, listed, ground, state, clock, ids, effects } = options;
  const { material = BUILT_IN_MATERIAL } = options;
  const { telemetry, books } = ground;
  const instruments = listed.list;
  const names = namesIn(config, listed);
  const money = openMoney(config, instruments, state);
  const { rates, funds } = money;
  const marks = openMarks(options);
  const holders = { accounts: state.accounts, names: names.portfolios, traded: listed.traded };
  const facts: Rooms['facts'] = { commit: () => undefined };
  const risk = buildRiskRooms({
    ...(options.stampUs === undefined ? {} : { stampUs: options.stampUs }),
    ...{ config, ground, names, material, state, marks, rates },
    funds: riskFundsOf(funds),
    held: (strategy, account, instrument) => heldBy(holders, instrument, strategy, account),
    stake: (strategy, isIn) => stakeOf(money.worths, strategy, isIn),
    commit: (fact) => facts.commit(fact),
  });
  const requests = createRequests(state.orders);
  const market = openMarket(options, marks, risk, (fact) => facts.commit(fact));
  const signals = createSignals(signalsOf(options));
  return {
    ...risk,
    ...money,
    listed,
    listing: createListing({
      ...{ ...risk, ...money, listed, market, marks, signals },
      ...columnsOf({ config, ground, material }),
    }),
    ...{ config, instruments, telemetry, clock, books, state, facts, holders, market, marks },
    riskCheckNsMax: config.main.riskCheckTimeoutMs * 1e6,
    compliance: createCompliance(rulesOf(config)),
    orderRoom: openOrders(state, requests),
    requests,
    gate: createStartGate(names.venues, state.orders),
    signals,
    strategies: strategiesOf(options, money, risk.guard),
    isRealMoney: false, // every venue there is today is simulated
    ids,
    effects,
  };
}

const namesIn = (config: Config, { list, byKey }: Instruments): RiskNames => ({
  ...namesOf(config, list),
  isTraded: (key) => byKey(key) !== null,
});

const columnsOf = (
  past: Parameters<typeof columnsFor>[0],
): Pick<ListingRooms, 'columnsOf' | 'cashColumnsOf'> => ({
  columnsOf: (instrument) => columnsFor(past, instrument),
  cashColumnsOf: (instrument, asset) => cashColumnsFor(past, instrument, asset),
});

const openOrders = ({ orders, run }: State, requests: Requests): OrderRoom =>
  createOrderRoom({ orders, requests, mayBeUnrecorded: run.mayBeUnrecorded });

// ---- Market ---------------------------------------------------------------------------------

function openMarks({ config: { risk }, listed }: RoomsOptions): Marks {
  const { marks: bounds, markAgeMsMax } = risk;
  return createMarks(listed.count, { ...bounds, markAgeMsMax }, listed.capacity);
}

// Whoever relies on a book hears first that it is lost, and everybody hears it.
function openMarket(
  { listed, ground, nowUs }: RoomsOptions,
  marks: Marks,
  { exposure, guard }: Pick<Rooms, 'exposure' | 'guard'>,
  commit: (fact: Fact) => void,
): Market {
  return createMarket({
    ...ground,
    instruments: listed.list,
    feedRule: binanceFeedRule,
    onState(instrument, state, reason) {
      const isReady = state === 'synchronised';
      if (!isReady) marks.onLost(instrument, nowUs());
      exposure.setTradable(instrument, isReady);
      guard.onBook(instrument, isReady, nowUs());
      if (state === 'waiting') return;
      commit({ kind: 'book', instrument: instrument.key, state, reason });
    },
  });
}

// An instance trades its own account and instruments; a person everything.
function rulesOf(config: Config): ComplianceOptions {
  const { restricted, accounts } = config.compliance;
  const sides = ['buy', 'sell'] as const;
  return {
    restricted,
    permissions: [
      ...instancesOf(config).map(({ name, account, instruments }) => ({
        account,
        strategy: name,
        instruments,
        sides,
      })),
      ...accounts.map((account) => ({ account, strategy: MANUAL, instruments: ['*'], sides })),
    ],
  };
}

function signalsOf({ config, listed, state: { run } }: RoomsOptions): SignalOptions {
  return {
    threshold: config.ai.confidenceThreshold,
    intervalUs: config.main.signalIntervalMs * 1000,
    spacingUsMin: config.ai.signalSpacingMsMin * 1000,
    instruments: listed.list,
    slots: listed.capacity,
    ageShareMax: config.ai.forecastAgeShareMax,
    firstId: Math.max(1, run.nextSignalId),
  };
}

// ---- Strategies -----------------------------------------------------------------------------

function strategiesOf(
  options: RoomsOptions,
  { worths, rates }: Pick<MoneyRooms, 'worths' | 'rates'>,
  guard: Guard,
): StrategySetup {
  const { config, clock, isReplay } = options;
  const { strategyHost, risk } = config;
  return {
    specs: instancesOf(config),
    intentsPerSecond: strategyHost.intentsPerSecond ?? risk.ordersPerSecond,
    intentsBurst: strategyHost.intentsBurst ?? risk.ordersBurst,
    callMsMax: isReplay ? Number.POSITIVE_INFINITY : strategyHost.callMsMax,
    isolatedTimeoutMs: strategyHost.isolatedTimeoutMs,
    ports: {
      nowNs: clock.nowNs,
      holding: createHoldingReader(options.state.accounts),
      profit: (_account, strategy) => strategyProfitOf(worths, strategy),
      equity: () => equityOf(worths),
      quoteRate: rates.quoteRate,
      scopeState: createScopeReader(guard),
      log: options.onStrategyLog ?? (() => undefined),
      tellFailed: options.onStrategyFailed ?? (() => undefined),
      open: options.openModule ?? (() => undefined),
    },
  };
}

interface Seat {
  readonly instrument: Instrument; // that has the slot
  readonly scopes: readonly LimitScope[];
}

const scopesOf = (account: string, strategy: string, { key, venue }: Instrument): LimitScope[] => [
  'system',
  `portfolio:${account}`,
  `strategy:${strategy}`,
  `venue:${venue}`,
  `instrument:${key}`,
];

/** The strictest of the scopes an order of the strategy would be held to. Asked on every tick. */
function createScopeReader(guard: Pick<Guard, 'stateOf'>): StrategySetup['ports']['scopeState'] {
  const scopes = new Map<string, Seat[]>(); // by strategy, which has one account
  return (account, strategy, instrument) => {
    const own = scopes.get(strategy) ?? [];
    if (own.length === 0) scopes.set(strategy, own);
    let seat = own[instrument.index];
    if (seat?.instrument !== instrument) {
      seat = { instrument, scopes: scopesOf(account, strategy, instrument) };
      own[instrument.index] = seat;
    }
    let state: ScopeState = 'active';
    for (const scope of seat.scopes) {
      const other = guard.stateOf(scope);
      if (STRICTNESS[other] > STRICTNESS[state]) state = other;
    }
    return state;
  };
}

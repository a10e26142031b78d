// Owns the building of the engine's rooms from the configuration, on one shared memory.
// Promise: limits reach shared memory before the first event; what stopped goes on where it was.
import { type ComplianceOptions, createCompliance } from '../compliance/pre-trade.ts';
import type { Config } from '../config/schema.ts';
import { assert, assertNever } from '../core/assert.ts';
import { createBookView } from '../core/book-view.ts';
import type { IdSource } from '../core/ids.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Checkpoint } from '../core/journal-record.ts';
import { instantiateKernels, type Kernels } from '../core/kernels.ts';
import { type Capacities, createMemory, type MemoryPlan, planMemory } from '../core/memory.ts';
import type { BookReader, Clock, Effects } from '../core/ports.ts';
import { createTelemetry, type Telemetry } from '../core/telemetry.ts';
import type { EpochUs } from '../core/units.ts';
import type { Rooms } from '../engine.ts';
import { fromOrderRecord } from '../execution/order-record.ts';
import { createOrders, type Orders } from '../execution/orders.ts';
import { createMarket } from '../market/market.ts';
import { createPortfolio, type Portfolio } from '../portfolio/portfolio.ts';
import { createCovariance } from '../risk/covariance.ts';
import { createDrawdown } from '../risk/drawdown.ts';
import { createExposure } from '../risk/exposure.ts';
import { type RiskLimits, writeLimits } from '../risk/limits.ts';
import { createPreTrade } from '../risk/pre-trade.ts';
import { createSignals, type SignalOptions } from '../signals/generate.ts';
import { createImbalanceTaker } from '../strategies/imbalance-taker.ts';
import { createSignalFollower } from '../strategies/signal-follower.ts';
import type { Strategy } from '../strategies/strategy.ts';

const BASE_CURRENCY = 'USD';
const ORDERS_KEPT = 4096;
const VAR_Z_95 = 1.6448536269514722; // standard normal quantile at 0.95

/** The ground everything stands on: memory, kernels, books and counters. */
export interface Ground {
  readonly plan: MemoryPlan;
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  readonly telemetry: Telemetry;
  readonly books: BookReader;
}

export function layGround(config: Config, count: number, module: WebAssembly.Module): Ground {
  const plan = planMemory(capacitiesOf(config, count));
  const memory = createMemory(plan);
  const { buffer } = memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is made shared');
  return {
    plan,
    memory,
    buffer,
    module,
    kernels: instantiateKernels(module, memory),
    telemetry: createTelemetry(buffer, plan.counters, plan.histograms),
    books: createBookView(buffer, plan),
  };
}

// Memory is sized for the instruments there are: what is not there costs nothing.
function capacitiesOf({ capacity, ai }: Config, count: number): Capacities {
  return {
    instruments: Math.max(1, count),
    levels: capacity.levels,
    shards: ai.shards,
    forecastSlots: capacity.forecastSlots,
    journalBytes: capacity.journalRingBytes,
    gatewayBytes: capacity.gatewayRingBytes,
    commandBytes: capacity.commandRingBytes,
  };
}

export interface RoomsOptions {
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly ground: Ground;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly effects: Effects;
  readonly checkpoint: Checkpoint | null;
  readonly nowUs: () => EpochUs;
}

export function buildRooms(options: RoomsOptions): Rooms {
  const { config, instruments, ground, clock, ids, effects, checkpoint } = options;
  const { kernels, buffer, plan, telemetry, books } = ground;
  const shared = { kernels, buffer, plan, instruments };
  writeLimits(buffer, plan, limitsOf(config));
  const portfolio = openPortfolio(config, instruments, checkpoint);
  const exposure = createExposure({
    ...shared,
    quoteRate: (instrument) => portfolio.quoteRate(instrument),
  });
  const market = createMarket({
    ...shared,
    telemetry,
    onState(instrument, state, reason) {
      exposure.setTradable(instrument, state === 'synchronised');
      if (state === 'waiting') return;
      const body = { kind: 'book', instrument: instrument.key, state, reason } as const;
      effects.record(options.nowUs(), body);
    },
  });
  return {
    config,
    instruments,
    telemetry,
    clock,
    books,
    market,
    portfolio,
    compliance: createCompliance(rulesOf(config)),
    preTrade: createPreTrade(shared),
    exposure,
    covariance: createCovariance(shared),
    drawdown: createDrawdown({
      warning: config.risk.drawdownWarning,
      hard: config.risk.drawdownHard,
      peak: checkpoint?.peakEquity ?? 0,
    }),
    orders: openOrders(instruments, checkpoint),
    signals: createSignals(signalsOf(config, instruments, checkpoint)),
    strategy: createStrategy(config),
    ids,
    effects,
  };
}

function limitsOf({ risk }: Config): RiskLimits {
  return {
    maxPosition: risk.maxPositionUsd,
    maxOrderQty: risk.maxOrderQuantity,
    collar: risk.priceCollar,
    maxOrderNotional: risk.maxOrderNotionalUsd,
    maxExposure: risk.maxPortfolioExposure,
    maxLeverage: risk.maxLeverage,
    maxOpenOrders: risk.maxOpenOrders,
    ratePerSecond: risk.ordersPerSecond,
    rateBurst: risk.ordersBurst,
    markAgeUsMax: risk.markAgeMsMax * 1000,
    equityAgeUsMax: risk.equityAgeMsMax * 1000,
    varLimit: risk.varLimit95OneDay,
    varZ: VAR_Z_95,
    byInstrument: new Map(),
  };
}

const STRATEGIES = ['signal-follower', 'imbalance-taker', 'manual'] as const;

function rulesOf({ compliance }: Config): ComplianceOptions {
  const sides = ['buy', 'sell'] as const;
  return {
    restricted: compliance.restricted,
    permissions: compliance.accounts.flatMap((account) =>
      STRATEGIES.map((strategy) => ({ account, strategy, instruments: ['*'], sides })),
    ),
  };
}

function openPortfolio(
  config: Config,
  instruments: readonly Instrument[],
  checkpoint: Checkpoint | null,
): Portfolio {
  const { deposits } = config.execution;
  const base = { instruments, baseCurrency: BASE_CURRENCY, deposits };
  return createPortfolio(checkpoint === null ? base : { ...base, checkpoint });
}

// Orders of an earlier engine come back as unknown: only their venue can say what became of them.
function openOrders(instruments: readonly Instrument[], checkpoint: Checkpoint | null): Orders {
  const orders = createOrders(ORDERS_KEPT);
  const byKey = new Map(instruments.map((instrument) => [instrument.key, instrument]));
  for (const record of checkpoint?.openOrders ?? []) {
    const order = fromOrderRecord(record, (key) => byKey.get(key) ?? null);
    orders.put({ ...order, state: 'unknown' });
  }
  return orders;
}

function signalsOf(
  config: Config,
  instruments: readonly Instrument[],
  checkpoint: Checkpoint | null,
): SignalOptions {
  return {
    threshold: config.ai.confidenceThreshold,
    intervalUs: config.main.signalIntervalMs * 1000,
    spacingUsMin: config.ai.signalSpacingMsMin * 1000,
    instruments,
    firstId: Math.max(1, checkpoint?.nextSignalId ?? 1),
  };
}

function createStrategy({ execution, main, risk, ai, compliance }: Config): Strategy {
  const account = compliance.accounts[0] ?? 'main';
  const notional = main.defaultOrderNotionalUsd;
  const maxPosition = risk.maxPositionUsd;
  switch (execution.strategy) {
    case 'signal-follower':
      return createSignalFollower({
        account,
        defaultNotional: notional,
        maxPosition,
        restUsMax: execution.restingOrderMsMax * 1000,
        strongConfidence: ai.strongConfidence,
      });
    case 'imbalance-taker': {
      const { imbalanceThreshold: threshold } = execution;
      return createImbalanceTaker({ account, threshold, notional, maxPosition });
    }
    default:
      return assertNever(execution.strategy);
  }
}

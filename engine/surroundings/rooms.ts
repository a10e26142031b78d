// Owns the building of the engine's rooms from the configuration, on one shared memory.
// Promise: limits reach shared memory before the first event; what stopped goes on where it was.

import { createPortfolio, type Portfolio } from '../accounts/portfolio.ts';
import { type ComplianceOptions, createCompliance } from '../compliance/pre-trade.ts';
import type { Config } from '../config/schema.ts';
import { assertNever } from '../core/assert.ts';
import type { IdSource } from '../core/ids.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Clock } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { Rooms } from '../engine.ts';
import type { Effects } from '../facts/effects.ts';
import type { Checkpoint } from '../facts/fact.ts';
import { createMarket } from '../market/market.ts';
import { fromOrderRecord } from '../orders/order-record.ts';
import { createOrders, type Orders } from '../orders/orders.ts';
import { createSignals, type SignalOptions } from '../signals/generate.ts';
import { createBuyAndHold } from '../strategies/buy-and-hold.ts';
import { createImbalanceTaker } from '../strategies/imbalance-taker.ts';
import { createSignalFollower } from '../strategies/signal-follower.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { type Ground, namesOf, STRATEGIES } from './ground.ts';
import { BUILT_IN_MATERIAL, type RiskMaterial } from './risk-material.ts';
import { buildRiskRooms } from './risk-rooms.ts';

const BASE_CURRENCY = 'USD';
const ORDERS_KEPT = 4096;

export interface RoomsOptions {
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly ground: Ground;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly effects: Effects;
  readonly checkpoint: Checkpoint | null;
  readonly nowUs: () => EpochUs;
  readonly material?: RiskMaterial; // the one the ground was laid for
}

export function buildRooms(options: RoomsOptions): Rooms {
  const { config, instruments, ground, clock, ids, effects, checkpoint } = options;
  const { material = BUILT_IN_MATERIAL } = options;
  const { kernels, buffer, plan, telemetry, books } = ground;
  const portfolio = openPortfolio(config, instruments, checkpoint);
  const names = namesOf(config, instruments);
  const risk = buildRiskRooms({
    config,
    ground,
    names,
    material,
    portfolio,
    checkpoint,
    record: (body) => effects.record(options.nowUs(), body),
    nowUs: options.nowUs(),
  });
  const market = createMarket({
    kernels,
    buffer,
    plan,
    instruments,
    telemetry,
    onState(instrument, state, reason) {
      const isReady = state === 'synchronised';
      risk.exposure.setTradable(instrument, isReady);
      risk.guard.onBook(instrument, isReady, options.nowUs());
      if (state === 'waiting') return;
      const body = { kind: 'book', instrument: instrument.key, state, reason } as const;
      effects.record(options.nowUs(), body);
    },
  });
  return {
    ...risk,
    config,
    instruments,
    telemetry,
    clock,
    books,
    market,
    portfolio,
    compliance: createCompliance(rulesOf(config)),
    orders: openOrders(instruments, checkpoint),
    signals: createSignals(signalsOf(config, instruments, checkpoint)),
    strategy: createStrategy(config, instruments.length),
    ids,
    effects,
  };
}

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
  const isOpened = checkpoint !== null && Object.keys(checkpoint.balances).length > 0;
  return createPortfolio(isOpened ? { ...base, checkpoint } : base);
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

const HOLD_SPACING_US = 500_000; // between two slices on one instrument

function createStrategy(config: Config, instruments: number): Strategy {
  const { execution, main, risk, ai, compliance } = config;
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
    case 'buy-and-hold':
      return createBuyAndHold({
        account,
        targetExposure: execution.holdExposure,
        instruments,
        sliceNotional: notional,
        spacingUs: HOLD_SPACING_US,
      });
    default:
      return assertNever(execution.strategy);
  }
}

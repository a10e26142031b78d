// Owns what the tests of the running risk share: names, a configuration, a desk on real kernels.
// Promise: limits are wide unless a test narrows them; marks are 100, equity 10,000, clock 1 s.
import { type Config, configSchema } from '../engine/config/schema.ts';
import { assert } from '../engine/core/assert.ts';
import { type Instrument, qtyOf } from '../engine/core/instrument.ts';
import type { OrderIntent } from '../engine/core/order.ts';
import { powerOfTen } from '../engine/core/units.ts';
import type { Capacities } from '../engine/memory/plan.ts';
import { type Covariance, createCovariance } from '../engine/risk/covariance.ts';
import { createExposure, type Exposure } from '../engine/risk/exposure.ts';
import type { Funds } from '../engine/risk/funds.ts';
import { createLimits, type Limits, limitTreeOf, type RiskNames } from '../engine/risk/limits.ts';
import { createMarketPrices, type MarketPrices } from '../engine/risk/market-prices.ts';
import { createPreTrade, type PreTrade } from '../engine/risk/pre-trade.ts';
import { createScenarios } from '../engine/risk/scenarios.ts';
import {
  at,
  createTestBooks,
  type Ground,
  instruments,
  layGround,
  type TestBooks,
} from './trading-fixture.ts';

type Risk = Config['risk'];
type RiskInput = NonNullable<Parameters<typeof configSchema.parse>[0] & object>;

export const names: RiskNames = {
  portfolios: ['main', 'second'],
  strategies: ['test', 'other'],
  venues: ['test', 'spot'],
  instruments,
};

/** The group `risk` of a configuration with these keys. */
export const riskOf = (risk: RiskInput = {}): Risk => configSchema.parse({ risk }).risk;

const WIDE = {
  maxPositionUsd: 1e9,
  maxOrderNotionalUsd: 1e9,
  maxPortfolioExposure: 100,
  maxLeverage: 100,
  maxConcentration: 100,
  varLimit95OneDay: 100,
  historicalVarLimit95OneDay: 100,
  stressLossLimit: 100,
  softFraction: 1, // hard and soft together: a test of soft levels says so
  duplicateWindowMs: 0,
  historicalVarOnOrders: false,
};

export const wideRisk = (risk: RiskInput = {}): Risk => riskOf({ ...WIDE, ...risk });

export interface RiskDesk extends Ground {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly limits: Limits;
  readonly exposure: Exposure;
  readonly covariance: Covariance;
  readonly preTrade: PreTrade;
  readonly books: TestBooks;
  readonly funds: TestFunds;
  readonly marketPrices: MarketPrices;
  readonly hold: Hold;
}

/** What one strategy of one account holds from here on, steps; sums over both are told. */
export type Hold = (
  account: string,
  strategy: string,
  instrument: Instrument,
  steps: number,
) => void;

/** As derived state tells it: an account over its strategies, a strategy over its accounts. */
export function holderOf(exposure: Pick<Exposure, 'setHeld'>, funds: TestFunds): Hold {
  const held = new Map<string, number>();
  const cell = (account: string, strategy: string, key: string): string =>
    JSON.stringify([account, strategy, key]);
  return (account, strategy, instrument, steps) => {
    const { key, qtyScale } = instrument;
    funds.hold(account, strategy, instrument, steps);
    held.set(cell(account, strategy, key), steps);
    const sumOf = (cells: readonly string[]): number =>
      cells.reduce((sum, one) => sum + (held.get(one) ?? 0), 0) / powerOfTen(qtyScale);
    const ofAccount = sumOf(names.strategies.map((one) => cell(account, one, key)));
    const ofStrategy = sumOf(names.portfolios.map((one) => cell(one, strategy, key)));
    exposure.setHeld('portfolio', account, instrument, ofAccount);
    exposure.setHeld('strategy', strategy, instrument, ofStrategy);
  };
}

const CAPACITIES: Partial<Capacities> = {
  portfolios: 3, // one more than there are names: the tables must not depend on a fit
  strategies: 3,
  venues: 3,
  assets: 4,
  scenarios: 64,
  stressScenarios: 8,
};

/** 41 days that rise from -20 % to +20 %; stress: 0, -30 % and +10 %. Of linear; see BETAS. */
export const HISTORY = Float64Array.from({ length: 41 }, (_, k) => (k - 20) / 100);
export const SHOCKS = Float64Array.of(0, -0.3, 0.1);
/** What each instrument moves when linear moves by 1. */
export const BETAS = [1, 1.5, -0.5] as const;

/** A column an instrument. */
export const columnsOf = (column: Float64Array): Float64Array[] =>
  BETAS.map((beta) => column.map((value) => beta * value));

/** Balances by asset, at one venue of one account; what is not set is there in any quantity. */
export interface TestFunds extends Funds {
  set(asset: string, free: number): void;
  /** Steps of one strategy: contracts of an account are those of all of them. */
  hold: Hold;
  /** These slots trade one coin at one venue. */
  pair(...slots: readonly number[]): void;
}

function createTestFunds(): TestFunds {
  const free = new Map<string, number>();
  const assetOf = ({ instrument: { base, quote }, side }: OrderIntent): string =>
    side === 'buy' ? quote : base;
  const held = new Map<string, number>();
  const pairs: (readonly number[])[] = [];
  return {
    set: (asset, qty) => void free.set(asset, qty),
    hold: (account, strategy, { key }, steps) =>
      void held.set(JSON.stringify([account, strategy, key]), steps),
    pair: (...slots) => void pairs.push(slots),
    held({ account, instrument: { key, qtyScale } }) {
      const own = names.strategies.map((one) => held.get(JSON.stringify([account, one, key])) ?? 0);
      return own.reduce((sum, one) => sum + one, 0) / powerOfTen(qtyScale);
    },
    siblings: ({ index }) =>
      (pairs.find((slots) => slots.includes(index)) ?? []).filter((slot) => slot !== index),
    available: (intent) => free.get(assetOf(intent)) ?? Number.POSITIVE_INFINITY,
    spends({ instrument, side, qty }, price) {
      const units = qtyOf(instrument, qty);
      return side === 'sell' ? units : units * price * (1 + instrument.takerFee);
    },
  };
}

/** All rooms, nothing marked, everything but the limits as it begins. */
export function layRisk(risk: Risk, quoteRate: () => number = () => 1): RiskDesk {
  const ground = layGround(instruments.length, CAPACITIES);
  const result = limitTreeOf(risk, names);
  assert(result.kind === 'tree', JSON.stringify(result));
  const shared = { ...ground, instruments, names };
  const books = createTestBooks();
  const funds = createTestFunds();
  const marketPrices = createMarketPrices(books, ground.buffer, ground.plan);
  const limits = createLimits({ ...shared, tree: result.tree, risk });
  const exposure = createExposure({ ...shared, initialMargin: risk.initialMargin, quoteRate });
  const covariance = createCovariance(shared);
  createScenarios({ ...shared, history: columnsOf(HISTORY), shocks: columnsOf(SHOCKS) });
  return {
    ...ground,
    numbers: new Float64Array(ground.buffer),
    words: new Uint32Array(ground.buffer),
    limits,
    exposure,
    covariance,
    books,
    funds,
    marketPrices,
    hold: holderOf(exposure, funds),
    preTrade: createPreTrade({ ...shared, settle: exposure.settle, funds, marketPrices }),
  };
}

/** Everything marked, tradable, active and solvent at 1 s. */
export function openRisk(risk: Risk = wideRisk()): RiskDesk {
  const desk = layRisk(risk);
  for (const instrument of instruments) {
    desk.exposure.setTradable(instrument, true);
    desk.exposure.onMark(instrument, 100, at(1e6));
  }
  desk.exposure.setState('system', 'active');
  desk.exposure.setEquity(10_000, at(1e6));
  const { exposure } = desk;
  for (const place of exposure.marginPlaces) exposure.setMargin(place, 1e9, at(1e6));
  return desk;
}

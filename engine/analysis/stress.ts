// Owns the loss of a book under stress scenarios, by position and by factor, worst scenario first.
// Promise: pure; spot, linear and inverse contracts are revalued exactly; a loss is positive.
import { assertNever } from '../core/assert.ts';
import type { InstrumentKind } from '../core/instrument.ts';
import { type UnwindTerms, unwindCost } from './liquidity.ts';
import { type Factor, factorOf, type Scenario, shockOrRest } from './scenario.ts';

/** What is revalued: which coin moves it, and in what it is paid. */
export interface StressInstrument {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly kind: InstrumentKind;
}

export interface StressPosition extends StressInstrument {
  readonly notional: number; // US dollars at today's prices, negative = short
  /** Where known, the cost of getting out is part of the loss. */
  readonly unwind?: UnwindTerms;
}

/** Money that no instrument carries: an asset, and what all of it is worth, US dollars. */
export interface CashBalance {
  readonly asset: string;
  readonly worth: number; // negative = owed
}

/** Where a loss comes from: the factor of the base asset, or one of four other causes. */
export type LossSource = Factor | 'basis' | 'funding' | 'liquidity';

export interface PositionLoss {
  readonly symbol: string;
  readonly notional: number;
  readonly factor: Factor;
  readonly shock: number; // of the base asset in US dollars
  readonly loss: number; // US dollars
  /**
   * What the margin account is charged: loss counted in the settlement asset (linear: quote,
   * inverse: base), at today's price of that asset. Null where it has no bound (base at zero).
   */
  readonly settleLoss: number | null;
}

export interface StressResult {
  readonly scenario: string;
  readonly description: string;
  readonly loss: number; // US dollars, positive = loss
  readonly lossOfEquity: number | null; // fraction; null without a positive equity
  readonly positions: readonly PositionLoss[]; // worst first
  readonly bySource: Readonly<Partial<Record<LossSource, number>>>;
  /** Coins the scenario says nothing about: they were taken to be at rest. */
  readonly silent: readonly string[];
}

export interface StressReport {
  readonly equity: number | null;
  readonly gross: number;
  readonly net: number;
  readonly scenarios: readonly StressResult[]; // worst first
}

/**
 * Revalues every position under every scenario. `equity` in US dollars; without it, or when it is
 * not positive, shares of it are null. Ties keep the order of the scenarios given. `cash` loses
 * what its asset loses: a row where that is not nothing, and no part of gross or net.
 */
export function stressTest(
  positions: readonly StressPosition[],
  scenarios: readonly Scenario[],
  equity: number | null = null,
  cash: readonly CashBalance[] = [],
): StressReport {
  const balances = cash.map(positionOf);
  const base = equity !== null && Number.isFinite(equity) && equity > 0 ? equity : null;
  const results = scenarios.map((scenario) => {
    const touched = balances.filter(({ base: asset }) => shockOrRest(scenario, asset).shock !== 0);
    return stressOne([...positions, ...touched], scenario, base);
  });
  return {
    equity,
    gross: positions.reduce((sum, { notional }) => sum + Math.abs(notional), 0),
    net: positions.reduce((sum, { notional }) => sum + notional, 0),
    scenarios: results.sort((a, b) => b.loss - a.loss),
  };
}

/** A balance moves as the coin itself does. */
const positionOf = ({ asset, worth }: CashBalance): StressPosition => ({
  symbol: asset,
  base: asset,
  quote: asset,
  kind: 'spot',
  notional: worth,
});

function stressOne(
  positions: readonly StressPosition[],
  scenario: Scenario,
  equity: number | null,
): StressResult {
  const bySource: Partial<Record<LossSource, number>> = {};
  const silent = new Set<string>();
  const losses: PositionLoss[] = [];
  let total = 0;
  for (const position of positions) {
    const parts = lossParts(position, scenario);
    let loss = 0;
    for (const [source, part] of parts.losses) {
      loss += part;
      if (part !== 0) bySource[source] = (bySource[source] ?? 0) + part;
    }
    total += loss;
    if (parts.isSilent) silent.add(position.base);
    losses.push({
      symbol: position.symbol,
      notional: position.notional,
      factor: factorOf(position.base),
      shock: parts.shock,
      loss,
      settleLoss: settleLoss(position, scenario),
    });
  }
  return {
    scenario: scenario.name,
    description: scenario.description,
    loss: total,
    lossOfEquity: equity === null ? null : total / equity,
    positions: losses.sort((a, b) => b.loss - a.loss),
    bySource,
    silent: [...silent].sort(),
  };
}

interface LossParts {
  readonly losses: readonly (readonly [LossSource, number])[];
  readonly shock: number;
  readonly isSilent: boolean;
}

function lossParts(position: StressPosition, scenario: Scenario): LossParts {
  const { notional, unwind } = position;
  const move = revalue(position, scenario);
  // A depegged quote asset and its own spot holding are one factor, whichever side it stands on.
  const losses: [LossSource, number][] = [
    [factorOf(position.base), -notional * move.base],
    [factorOf(position.quote), notional * move.quote],
    ['basis', -notional * move.basis],
    ['funding', notional * move.funding],
  ];
  if (unwind !== undefined) {
    losses.push(['liquidity', unwindCost(notional, unwind, scenario).cost]);
  }
  return { losses, shock: move.base, isSilent: move.isSilent };
}

/** Simple return in US dollars of one dollar of notional: base - quote + basis - funding. */
interface Move {
  readonly base: number;
  readonly quote: number; // subtracted: the dollar value of what is owed falls with the quote asset
  readonly basis: number;
  readonly funding: number; // subtracted: paid by a long
  readonly isSilent: boolean;
}

/**
 * Let b and s be the shocks of base and quote in US dollars and x the basis.
 * - Spot holds the coin alone; its dollar value is its dollar price: b, whatever it is quoted in.
 *   The stablecoin of the account is a spot position of its own.
 * - Linear: price in the quote asset goes from B/Q to B(1+b)(1+x) / (Q(1+s)); profit is paid in the
 *   quote asset, worth 1+s of before: (1+b)(1+x) - (1+s). A long gains when the quote depegs.
 * - Inverse: pays F (1/P0 - 1/P1) coins, each worth 1+b of before: (1+b) - (1+s)/(1+x). In coins
 *   that is convex, and in dollars it is not: the curvature sits in `settleLoss`.
 */
function revalue(instrument: StressInstrument, scenario: Scenario): Move {
  const { shock: base, isSilent } = shockOrRest(scenario, instrument.base);
  const quote = shockOrRest(scenario, instrument.quote).shock;
  const { basis, funding } = scenario;
  switch (instrument.kind) {
    case 'spot':
      return { base, quote: 0, basis: 0, funding: 0, isSilent };
    case 'linear':
      return { base, quote, basis: (1 + base) * basis, funding, isSilent };
    case 'inverse':
      return { base, quote, basis: ((1 + quote) * basis) / (1 + basis), funding, isSilent };
    default:
      return assertNever(instrument.kind);
  }
}

function settleLoss(position: StressPosition, scenario: Scenario): number | null {
  const { base, quote, funding } = revalue(position, scenario);
  const { notional, kind } = position;
  const price = ((1 + base) * (1 + scenario.basis)) / (1 + quote); // against today's, in quote
  let loss: number;
  switch (kind) {
    case 'spot':
      loss = -notional * base;
      break;
    case 'linear':
      loss = notional * (1 - price + funding);
      break;
    case 'inverse':
      loss = notional * (1 / price - 1 + funding);
      break;
    default:
      return assertNever(kind);
  }
  return Number.isFinite(loss) ? loss : null;
}

/**
 * The simple return in US dollars of each instrument under each scenario: one array an instrument,
 * one entry a scenario, in the orders given. The loss of notionals w is -sum_i w_i shock_i, which
 * equals stressTest without unwinding costs. This is what the pre-trade stress check is fed with.
 */
export function shockColumns(
  instruments: readonly StressInstrument[],
  scenarios: readonly Scenario[],
): readonly Float64Array[] {
  return instruments.map((instrument) =>
    Float64Array.from(scenarios, (scenario) => {
      const { base, quote, basis, funding } = revalue(instrument, scenario);
      return base - quote + basis - funding;
    }),
  );
}

/** The same of money alone: the shock of each asset, one array an asset, one entry a scenario. */
export const cashColumns = (
  assets: readonly string[],
  scenarios: readonly Scenario[],
): readonly Float64Array[] =>
  assets.map((asset) =>
    Float64Array.from(scenarios, (scenario) => shockOrRest(scenario, asset).shock),
  );

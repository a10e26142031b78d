// Owns the tests of exit costs: golden impacts, and sums worked out by hand.
// Promise: golden numbers come from the shared file; the rest needs no file.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  daysToUnwind,
  liquidityAdjustedLoss,
  squareRootImpact,
  UNWIND_DAYS_MAX,
  unwindCost,
} from '../../../engine/analysis/liquidity.ts';
import { sharedPath } from '../../shared-data.ts';

const near = (actual: number, expected: number, tolerance = 1e-12): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1e-300, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );

const terms = { halfSpread: 0.0002, dailyVolatility: 0.03, dailyVolume: 1e6 };

interface GoldenImpact {
  readonly Y: number;
  readonly sigma_daily: number;
  readonly quantity: number;
  readonly daily_volume: number;
  readonly impact_fraction: number;
}

test('liquidity: square-root impact is that of the golden file', (t) => {
  const path = sharedPath('golden/execution.json');
  if (path === null) return t.skip('golden numbers are not here');
  const cases: readonly GoldenImpact[] = JSON.parse(readFileSync(path, 'utf8')).square_root_impact;
  assert.ok(cases.length > 0);
  for (const { Y, sigma_daily, quantity, daily_volume, impact_fraction } of cases) {
    near(squareRootImpact(Y, sigma_daily, quantity, daily_volume), impact_fraction, 1e-9);
  }
});

test('liquidity: nothing to sell costs nothing, a market without volume costs everything', () => {
  assert.deepEqual(unwindCost(0, { ...terms, dailyVolume: 0 }), { spread: 0, impact: 0, cost: 0 });
  assert.equal(unwindCost(-500, { ...terms, dailyVolume: 0 }).cost, 500);
  assert.equal(unwindCost(500, { ...terms, dailyVolatility: 0, dailyVolume: 0 }).cost, 500);
});

test('liquidity: spread and impact of a position, in a calm and in a stressed market', () => {
  const calm = unwindCost(-40_000, terms);
  near(calm.spread, 8);
  near(calm.impact, 40_000 * 0.03 * 0.2);
  const stressed = unwindCost(40_000, terms, { spreadMultiplier: 10, depthMultiplier: 0.25 });
  near(stressed.spread, 80);
  near(stressed.impact, 40_000 * 0.03 * 0.4);
  const wide = unwindCost(40_000, { ...terms, halfSpreadSd: 0.0001 });
  near(wide.spread, 40_000 * 0.0005); // mean and three standard deviations
});

test('liquidity: an exit never costs more than the position', () => {
  const market = { spreadMultiplier: 1e6, depthMultiplier: 1e-6 };
  const { cost } = unwindCost(1e9, terms, market);
  assert.equal(cost, 1e9);
});

test('liquidity: days to unwind round up, and have an end', () => {
  assert.equal(daysToUnwind(0, terms, 0.1), 0);
  assert.equal(daysToUnwind(100_000, terms, 0.1), 1);
  assert.equal(daysToUnwind(100_001, terms, 0.1), 2);
  assert.equal(daysToUnwind(100_000, terms, 0.1, { spreadMultiplier: 1, depthMultiplier: 0.5 }), 2);
  assert.equal(daysToUnwind(1e12, terms, 0.1), UNWIND_DAYS_MAX);
  assert.equal(daysToUnwind(1, { ...terms, dailyVolume: 0 }, 0.1), UNWIND_DAYS_MAX);
});

/**
 * Factor on a one-day VaR when a position is sold in T equal daily slices, each at the day's end:
 * sqrt(sum_k ((T-k)/T)^2, k = 0..T-1) = sqrt((T+1)(2T+1) / (6T)) (Shamroukh 2000, "Modelling
 * liquidity risk in VaR models"). 1 for one day; about sqrt(T/3) for many. 0 for T = 0.
 */
function unwindVarFactor(days: number): number {
  return days === 0 ? 0 : Math.sqrt(((days + 1) * (2 * days + 1)) / (6 * days));
}

test('liquidity: one position keeps the closed form, two offset only while both last', () => {
  const covariance = Float64Array.of(0.0009, 0.0009, 0.0009, 0.0009); // perfectly correlated, 3 %
  const one = liquidityAdjustedLoss(
    [{ symbol: 'A', notional: 400_000, terms }],
    covariance.slice(0, 1),
    2,
    0.1,
  );
  assert.equal(one.days, 4);
  near(one.varOneDay, 2 * 0.03 * 400_000);
  near(one.varUnwinding, one.varOneDay * unwindVarFactor(4));
  near(one.liquidityAdjusted, one.varUnwinding + one.cost);
  const hedged = liquidityAdjustedLoss(
    [
      { symbol: 'A', notional: 400_000, terms },
      { symbol: 'B', notional: -400_000, terms: { ...terms, dailyVolume: 4e6 } },
    ],
    covariance,
    2,
    0.1,
  );
  assert.equal(hedged.varOneDay, 0);
  near(hedged.varUnwinding, 2 * 0.03 * 400_000 * Math.sqrt(0.5625 + 0.25 + 0.0625));
});

// Owns the tests of stress losses: numbers worked out by hand for spot, linear and inverse.
// Promise: expected losses come from accounts kept in coins, not from the formulas under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALM, factorOf, type Scenario, shockOf } from '../../../engine/analysis/scenario.ts';
import {
  cashColumns,
  type StressPosition,
  shockColumns,
  stressTest,
} from '../../../engine/analysis/stress.ts';

const scenario = (shocks: Record<string, number>, rest: Partial<Scenario> = {}): Scenario => ({
  ...CALM,
  name: 'made',
  description: '',
  shocks: new Map(Object.entries(shocks)),
  ...rest,
});

const position = (
  kind: StressPosition['kind'],
  base: string,
  quote: string,
  notional: number,
): StressPosition => ({ symbol: `${base}${quote}.${kind}`, base, quote, kind, notional });

const near = (actual: number | null | undefined, expected: number, tolerance = 1e-9): void => {
  assert.ok(
    typeof actual === 'number' &&
      Math.abs(actual - expected) <= tolerance * Math.abs(expected || 1),
    `${actual} is not ${expected}`,
  );
};

test('stress: a long that falls is a positive loss, a short of the same a negative one', () => {
  const fall = scenario({ BTC: -0.3 });
  near(stressTest([position('spot', 'BTC', 'USD', 1000)], [fall]).scenarios[0]?.loss, 300);
  near(stressTest([position('linear', 'BTC', 'USD', -1000)], [fall]).scenarios[0]?.loss, -300);
});

test('stress: a depegged quote asset leaves spot alone and pays a linear long', () => {
  // BTC 50,000 USD, USDT 1.00 -> BTC 40,000 USD, USDT 0.95. 0.02 BTC are 1,000 dollars.
  const scenarios = [scenario({ BTC: -0.2, USDT: -0.05 })];
  const spot = stressTest([position('spot', 'BTC', 'USDT', 1000)], scenarios).scenarios[0];
  near(spot?.loss, 0.02 * (50_000 - 40_000));
  const linear = stressTest([position('linear', 'BTC', 'USDT', 1000)], scenarios).scenarios[0];
  const paidUsdt = 0.02 * (40_000 / 0.95 - 50_000);
  near(linear?.loss, -paidUsdt * 0.95);
  near(linear?.positions[0]?.settleLoss, -paidUsdt);
  near(linear?.bySource.btc, 200);
  near(linear?.bySource.stablecoin, -50);
});

test('stress: the stablecoin of an account is a spot position and loses its depeg', () => {
  const report = stressTest(
    [position('spot', 'USDT', 'USD', 10_000)],
    [scenario({ '*': -0.5, USDT: -0.03 })],
  );
  near(report.scenarios[0]?.loss, 300);
});

test('stress: money alone loses what its asset loses, and is no exposure', () => {
  const scenarios = [scenario({ USDT: -0.05 }), scenario({ '*': -0.5 })];
  const cash = [
    { asset: 'USDT', worth: 10_000 },
    { asset: 'USDC', worth: -2_000 },
    { asset: 'USD', worth: 5_000 },
  ];
  const report = stressTest([position('spot', 'BTC', 'USDT', 100)], scenarios, 20_000, cash);
  const [peg, market] = report.scenarios;
  near(peg?.loss, 0.05 * 10_000);
  near(peg?.lossOfEquity, 0.025);
  near(peg?.bySource.stablecoin, 500);
  const rows = peg?.positions.map(({ symbol, notional }) => [symbol, notional]);
  assert.deepEqual(rows, [
    ['USDT', 10_000],
    ['BTCUSDT.spot', 100],
  ]);
  near(market?.loss, 50);
  assert.equal(market?.positions.length, 1, 'whoever keeps its peg is no row');
  assert.deepEqual([report.gross, report.net], [100, 100]);
  const owed = stressTest([], [scenario({ USDC: -0.1 })], null, cash);
  near(owed.scenarios[0]?.loss, -200);
});

test('stress: the columns of money alone are the shocks of its assets', () => {
  const scenarios = [scenario({ USDT: -0.05, '*': -0.5 }), scenario({ '@stablecoin': -0.02 })];
  const columns = cashColumns(['USDT', 'USDC', 'EUR'], scenarios);
  assert.deepEqual(
    columns.map((column) => [...column]),
    [
      [-0.05, -0.02],
      [0, -0.02],
      [0, 0],
    ],
  );
});

test('stress: an inverse contract loses dollars in a line and coins in a curve', () => {
  // 1,000 contracts of one dollar at 50,000; the index halves.
  const halved = scenario({ BTC: -0.5 });
  const { scenarios } = stressTest([position('inverse', 'BTC', 'USD', 1000)], [halved]);
  const coins = 1000 * (1 / 50_000 - 1 / 25_000); // -0.02 BTC
  near(scenarios[0]?.loss, -coins * 25_000);
  near(scenarios[0]?.positions[0]?.settleLoss, -coins * 50_000); // at today's price: 1,000
  const tenth = stressTest([position('inverse', 'BTC', 'USD', 1000)], [scenario({ BTC: -0.9 })]);
  near(tenth.scenarios[0]?.positions[0]?.settleLoss, 9000);
  const zero = stressTest([position('inverse', 'BTC', 'USD', 1000)], [scenario({ BTC: -1 })]);
  near(zero.scenarios[0]?.loss, 1000);
  assert.equal(zero.scenarios[0]?.positions[0]?.settleLoss, null);
});

test('stress: a perpetual below its index costs the long, in dollars of the contract kind', () => {
  const below = scenario({ BTC: -0.2 }, { basis: -0.1 });
  // Index 50,000 -> 40,000, perpetual 36,000.
  const linear = stressTest([position('linear', 'BTC', 'USDT', 1000)], [below]).scenarios[0];
  near(linear?.loss, 0.02 * (50_000 - 36_000));
  near(linear?.bySource.basis, 0.02 * 4_000);
  const inverse = stressTest([position('inverse', 'BTC', 'USD', 1000)], [below]).scenarios[0];
  near(inverse?.loss, -1000 * (1 / 50_000 - 1 / 36_000) * 40_000);
  const spot = stressTest([position('spot', 'BTC', 'USD', 1000)], [below]).scenarios[0];
  near(spot?.loss, 200);
});

test('stress: funding is paid by the long of a contract and by nobody of spot', () => {
  const paying = scenario({ '*': 0 }, { funding: 0.006 });
  const book = [
    position('spot', 'BTC', 'USD', 1000),
    position('linear', 'BTC', 'USDT', 1000),
    position('inverse', 'BTC', 'USD', -3000),
  ];
  near(stressTest(book, [paying]).scenarios[0]?.bySource.funding, -12);
});

test('stress: unwinding costs grow with spread and thin depth, a source of their own', () => {
  const unwind = { halfSpread: 0.0005, dailyVolatility: 0.04, dailyVolume: 4e6 };
  const book = [{ ...position('spot', 'BTC', 'USD', 1e4), unwind }];
  const wide = scenario({ BTC: 0 }, { spreadMultiplier: 10, depthMultiplier: 0.25 });
  // 10,000 * 0.005 = 50 of spread; 10,000 * 0.04 * sqrt(0.01) = 40 of impact.
  near(stressTest(book, [wide]).scenarios[0]?.bySource.liquidity, 90);
});

test('stress: scenarios come worst first, and so do the positions of each', () => {
  const book = [position('spot', 'ETH', 'USD', 100), position('spot', 'BTC', 'USD', 1000)];
  const report = stressTest(
    book,
    [scenario({ '*': -0.1 }, { name: 'mild' }), scenario({ '*': -0.5 }, { name: 'hard' })],
    2000,
  );
  assert.deepEqual(
    report.scenarios.map((result) => result.scenario),
    ['hard', 'mild'],
  );
  assert.equal(report.scenarios[0]?.positions[0]?.symbol, 'BTCUSD.spot');
  near(report.scenarios[0]?.lossOfEquity, 550 / 2000);
});

test('stress: without a positive equity a share of it is null, never a number', () => {
  const book = [position('spot', 'BTC', 'USD', 1000)];
  for (const equity of [null, 0, -5, Number.NaN]) {
    const [result] = stressTest(book, [scenario({ BTC: -0.1 })], equity).scenarios;
    assert.equal(result?.lossOfEquity, null);
  }
});

test('stress: a coin that a scenario does not name is told, a currency is not', () => {
  const book = [
    position('spot', 'BTC', 'USD', 1),
    position('linear', 'PEPE', 'USDT', 1),
    position('spot', 'USDT', 'USD', 1),
  ];
  const [result] = stressTest(book, [scenario({ BTC: -0.1 })]).scenarios;
  assert.deepEqual(result?.silent, ['PEPE']);
});

test('stress: the most specific shock wins, and * does not break a peg', () => {
  const made = scenario({ BTC: -0.1, LINK: -0.2, '@large_cap': -0.3, '*': -0.4 });
  const expected = { WBTC: -0.1, ETH: -0.4, LINK: -0.2, SOL: -0.3, PEPE: -0.4, BNB: -0.4 };
  for (const [asset, shock] of Object.entries(expected)) {
    assert.equal(shockOf(made, asset), shock, asset);
  }
  assert.equal(shockOf(made, 'USDT'), null);
  assert.equal(shockOf(made, 'EUR'), null);
  assert.deepEqual(['PEPE', 'FTT', 'UST'].map(factorOf), ['other', 'venue_token', 'stablecoin']);
});

test('stress: the columns for the pre-trade check are the returns of each instrument', () => {
  const scenarios = [scenario({ BTC: -0.2, USDT: -0.05 }), scenario({ BTC: 0.1 }, { basis: 0.01 })];
  const columns = shockColumns(
    [position('linear', 'BTC', 'USDT', 0), position('spot', 'BTC', 'USDT', 0)],
    scenarios,
  );
  const [linear, spot] = columns;
  near(linear?.[0], -0.15);
  near(linear?.[1], 0.1 + 1.1 * 0.01);
  near(spot?.[0], -0.2);
  near(spot?.[1], 0.1);
});

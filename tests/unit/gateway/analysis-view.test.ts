// Owns the proof that a real report of the analysis is read whole, and a broken one does no harm.
// Promise: the report is made by the engine's own code on a small book.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveCorrelation } from '../../../engine/analysis/correlation.ts';
import { crisisScenarios } from '../../../engine/analysis/crises.ts';
import { stressTest } from '../../../engine/analysis/stress.ts';
import { valueAtRiskOfScenarios } from '../../../engine/analysis/value-at-risk.ts';
import { createRandom } from '../../../engine/core/random.ts';
import {
  analysisView,
  correlationView,
  stressRows,
  varRows,
} from '../../../gateway/analysis-view.ts';
import { snakeKeys } from '../../../gateway/words.ts';

const symbols = ['BTCUSDT.binance-usdm', 'ETHUSDT.binance-usdm'];

test('analysis view: every method of a real report has its figures at every level', () => {
  const random = createRandom('view');
  const columns = symbols.map(() =>
    Float64Array.from({ length: 300 }, () => 0.02 * random.normal()),
  );
  const report = valueAtRiskOfScenarios({ symbols, columns }, Float64Array.of(60_000, -20_000), {});
  const rows = varRows(JSON.parse(JSON.stringify(report)));
  const methods = new Set(rows.map(({ method }) => method));
  assert.equal(methods.size, 7);
  assert.deepEqual([...new Set(rows.map(({ level }) => level))], Object.keys(report.levels).sort());
  for (const row of rows.filter(({ method }) => method !== 'monte_carlo')) {
    for (const figure of [row.value_at_risk, row.expected_shortfall, row.value_at_risk_10d]) {
      assert.ok(figure !== null && figure > 0, JSON.stringify(row));
    }
  }
  const normal = rows.find(({ method, level }) => method === 'normal' && level === '0.99');
  assert.equal(normal?.value_at_risk, report.levels['0.99']?.normal_zero_mean.var);
});

test('analysis view: stress rows are those of a real test, worst first', () => {
  const position = { base: 'BTC', quote: 'USDT', kind: 'linear' as const, notional: 100_000 };
  const report = stressTest([{ ...position, symbol: symbols[0]! }], crisisScenarios(), 1_000_000);
  const rows = stressRows(JSON.parse(JSON.stringify(report)));
  assert.equal(rows.length, crisisScenarios().length);
  assert.equal(rows[0]?.scenario, report.scenarios[0]?.scenario);
  assert.equal(rows[0]?.worst_position, symbols[0]);
  assert.ok(rows.every((row, at) => at === 0 || row.loss <= rows[at - 1]!.loss));
});

test('analysis view: correlations stand in leaf order, and what never moved is null', () => {
  const three = [...symbols, 'USDCUSDT.binance-spot'];
  const covariance = Float64Array.of(4, 1, 0, 1, 1, 0, 0, 0, 0);
  const live = liveCorrelation(covariance, three);
  const alarm = { level: 'broken', distance: 0.25, shareChange: 0.2, pairs: [] };
  const view = correlationView(JSON.parse(JSON.stringify({ ...live, alarm })));
  const still = view?.symbols.indexOf('USDCUSDT.binance-spot') ?? -1;
  assert.equal(still, 2, 'after those that moved');
  assert.deepEqual(view?.rows[0], [1, 0.5, null]);
  assert.deepEqual([view?.alarm, view?.distance], ['broken', 0.25]);
});

test('analysis view: a report that reads otherwise is empty and not an error', () => {
  const base = { timeUs: 0, elapsedMs: 1, equity: 1, source: 's', reverseStress: null };
  for (const odd of [null, 7, 'x', [], { levels: 3 }, { levels: { '0.95': null } }]) {
    const view = analysisView({ ...base, var: odd, stress: odd, correlation: odd });
    assert.deepEqual([view.var, view.stress, view.correlation], [[], [], null]);
  }
  const ragged = { symbols: ['a', 'b'], correlation: [[1], [1, 1]], leafOrder: [], alarm: null };
  assert.equal(correlationView(ragged), null);
  const twice = {
    symbols: ['a', 'b'],
    correlation: [
      [1, 0],
      [0, 1],
    ],
    leafOrder: [0, 0],
    alarm: null,
  };
  assert.deepEqual(
    correlationView(twice)?.symbols,
    ['a', 'b'],
    'an order that is none is not used',
  );
});

test('keys: words of an object are spelled as the API spells them, data are left alone', () => {
  const spoken = snakeKeys({
    lossOfEquity: 1,
    list: [{ shareChange: null }],
    'BTC/USD': { h10: 2 },
  });
  assert.deepEqual(spoken, {
    loss_of_equity: 1,
    list: [{ share_change: null }],
    'BTC/USD': { h10: 2 },
  });
  assert.deepEqual(snakeKeys(spoken), spoken);
});

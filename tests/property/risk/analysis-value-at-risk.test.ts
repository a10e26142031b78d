// Owns the laws of value at risk, on random books and scenarios.
// Promise: Euler sums, order of levels, ES above VaR, homogeneity, and silence of empty columns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { valueAtRiskOfScenarios } from '../../../engine/analysis/value-at-risk.ts';
import type { PortfolioLevel } from '../../../engine/analysis/var-report.ts';

const RUNS = { numRuns: 60, seed: 7 };
const LEVELS = ['0.95', '0.975', '0.99'];

const position = fc.integer({ min: -1e8, max: 1e8 }).map((cents) => cents / 100);

interface World {
  readonly symbols: string[];
  readonly columns: Float64Array[];
  readonly notional: Float64Array;
}

const world: fc.Arbitrary<World> = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 25, max: 90 }))
  .chain(([n, rows]) =>
    fc.record({
      symbols: fc.constant(Array.from({ length: n }, (_, j) => `S${j}`)),
      columns: fc.array(
        fc.float64Array({ minLength: rows, maxLength: rows, min: -0.3, max: 0.4, noNaN: true }),
        { minLength: n, maxLength: n },
      ),
      notional: fc
        .array(position, { minLength: n, maxLength: n })
        .map((held) => Float64Array.from(held)),
    }),
  );

const levelsOf = ({ symbols, columns, notional }: World): PortfolioLevel[] => {
  const { levels } = valueAtRiskOfScenarios({ symbols, columns }, notional);
  return LEVELS.map((key) => levels[key]!);
};

/** Largest size of the numbers in play: what rounding is measured against. */
const sizeOf = ({ notional }: World): number =>
  notional.reduce((sum, held) => sum + Math.abs(held), 1e-300);

const near = (a: number | null, b: number | null, size: number, what: string): void =>
  assert.ok(
    a === b || (a !== null && b !== null && Math.abs(a - b) <= 1e-9 * size),
    `${what}: ${a} and ${b}`,
  );

const sum = (parts: readonly (number | null)[]): number | null =>
  parts.includes(null) ? null : parts.reduce<number>((total, part) => total + (part ?? 0), 0);

test('value at risk: components add up to the figure they explain', () => {
  fc.assert(
    fc.property(world, (w) => {
      for (const level of levelsOf(w)) {
        const { components_normal_zero_mean: normal, components_historical: historical } = level;
        if (normal.sum === null) continue; // nothing moves
        const size = sizeOf(w);
        near(sum(normal.component), level.normal_zero_mean.var, size, 'normal');
        near(sum(normal.es_component), level.normal_zero_mean.es, size, 'normal es');
        near(sum(normal.percent), 1, 1, 'percent');
        near(sum(historical.var_lower_component), level.historical.var_lower, size, 'lower');
        const es = sum(historical.es_acerbi_tasche_component);
        near(es, level.historical.es_acerbi_tasche, size, 'es');
      }
    }),
    RUNS,
  );
});

// Cornish-Fisher is left out: where its expansion turns back these laws do not hold for it.
const pairsOf = (
  level: PortfolioLevel,
): readonly (readonly [string, number | null, number | null])[] => [
  ['historical', level.historical.var_linear, level.historical.es_acerbi_tasche],
  [
    'historical tail mean',
    level.historical.var_linear,
    level.historical.es_tail_mean_ge_var_linear,
  ],
  ['age weighted', level.age_weighted.var_step, level.age_weighted.es],
  ['filtered', level.filtered_historical_portfolio.var_lower, null],
  ['per asset', level.filtered_historical_per_asset.var_lower, null],
  ['normal', level.normal_zero_mean.var, level.normal_zero_mean.es],
  ['normal with mean', level.normal_with_mean.var, level.normal_with_mean.es],
  ['student', level.student_t_mle.var, level.student_t_mle.es],
  [
    'nu 6',
    level.student_t_nu6_variance_matched_zero_mean.var,
    level.student_t_nu6_variance_matched_zero_mean.es,
  ],
];

test('value at risk: expected shortfall is at least VaR', () => {
  fc.assert(
    fc.property(world, (w) => {
      for (const level of levelsOf(w)) {
        for (const [method, loss, es] of pairsOf(level)) {
          if (loss === null || es === null) continue;
          assert.ok(es >= loss - 1e-9 * sizeOf(w), `${method}: ES ${es}, VaR ${loss}`);
        }
      }
    }),
    RUNS,
  );
});

test('value at risk: a higher level never says less', () => {
  fc.assert(
    fc.property(world, (w) => {
      const levels = levelsOf(w).map(pairsOf);
      for (let k = 1; k < levels.length; k += 1) {
        levels[k]!.forEach(([method, loss, es], i) => {
          const [, lossBelow, esBelow] = levels[k - 1]![i]!;
          const slack = 1e-9 * sizeOf(w);
          if (loss !== null && lossBelow !== null) assert.ok(loss >= lossBelow - slack, method);
          if (es !== null && esBelow !== null) assert.ok(es >= esBelow - slack, `${method} ES`);
        });
      }
    }),
    RUNS,
  );
});

test('value at risk: a book of twice the size has twice the risk', () => {
  fc.assert(
    fc.property(world, (w) => {
      const double = levelsOf({ ...w, notional: w.notional.map((held) => 2 * held) });
      levelsOf(w).forEach((level, k) => {
        pairsOf(double[k]!).forEach(([method, loss, es], i) => {
          const [, lossOnce, esOnce] = pairsOf(level)[i]!;
          near(loss, lossOnce === null ? null : 2 * lossOnce, sizeOf(w), method);
          near(es, esOnce === null ? null : 2 * esOnce, sizeOf(w), `${method} ES`);
        });
      });
    }),
    RUNS,
  );
});

test('value at risk: a position in something that never moves changes nothing', () => {
  fc.assert(
    fc.property(world, position, (w, cash) => {
      const rows = w.columns[0]!.length;
      const richer: World = {
        symbols: [...w.symbols, 'CASH'],
        columns: [...w.columns, new Float64Array(rows)],
        notional: Float64Array.of(...w.notional, cash),
      };
      const before = levelsOf(w).map(pairsOf);
      assert.deepEqual(levelsOf(richer).map(pairsOf), before);
    }),
    RUNS,
  );
});

test('value at risk: the marginal is the slope of VaR in the position', () => {
  fc.assert(
    fc.property(world, fc.nat(4), (w, at) => {
      const index = at % w.symbols.length;
      const size = sizeOf(w);
      if (size < 1) return;
      const step = 1e-4 * size;
      const moved = (by: number): World => ({
        ...w,
        notional: w.notional.map((held, j) => (j === index ? held + by : held)),
      });
      const [level] = levelsOf(w);
      const [up, down] = [levelsOf(moved(step))[0]!, levelsOf(moved(-step))[0]!];
      const slope =
        ((up.normal_zero_mean.var ?? 0) - (down.normal_zero_mean.var ?? 0)) / (2 * step);
      const { marginal } = level!.components_normal_zero_mean;
      const scale = (level!.normal_zero_mean.var ?? 0) / size;
      if (scale < 1e-3) return; // a hedge so good that the slope turns within the step
      assert.ok(Math.abs(slope - (marginal[index] ?? 0)) < 1e-3, `${slope} and ${marginal[index]}`);
    }),
    RUNS,
  );
});

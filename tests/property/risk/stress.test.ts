// Owns the laws of stress and reverse stress on random books, markets and limits.
// Promise: fixed seeds; books are kept in coins and dollars, apart from the code under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crisisScenarios } from '../../../engine/analysis/crises.ts';
import { likeliestMove, reverseStress } from '../../../engine/analysis/reverse-stress.ts';
import { CALM, type Scenario } from '../../../engine/analysis/scenario.ts';
import { type StressPosition, shockColumns, stressTest } from '../../../engine/analysis/stress.ts';

const RUNS = { seed: 20251010, numRuns: 300 };
const number = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true, noDefaultInfinity: true });

const position: fc.Arbitrary<StressPosition> = fc
  .record({
    base: fc.constantFrom('BTC', 'ETH', 'SOL', 'BNB', 'PEPE'),
    quote: fc.constantFrom('USD', 'USDT', 'USDC'),
    kind: fc.constantFrom('spot' as const, 'linear' as const, 'inverse' as const),
    notional: number(-1e6, 1e6),
  })
  .map((made) => ({ ...made, symbol: `${made.base}/${made.quote}` }));

const book = fc.array(position, { minLength: 1, maxLength: 12 });

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    btc: number(-0.95, 1),
    rest: number(-0.95, 1),
    usdt: number(-0.3, 0.02),
    basis: number(-0.2, 0.2),
    funding: number(-0.01, 0.01),
  })
  .map(({ btc, rest, usdt, basis, funding }) => ({
    ...CALM,
    name: 'random',
    description: '',
    shocks: new Map([
      ['BTC', btc],
      ['*', rest],
      ['USDT', usdt],
    ]),
    basis,
    funding,
  }));

const closeTo = (actual: number, expected: number, scale: number): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, scale), `${actual} ${expected}`);

/** Profit in dollars of an account that holds the position, from prices before and after. */
function profitOf({ base, quote, kind, notional }: StressPosition, made: Scenario): number {
  const priceOf = (asset: string): number =>
    asset === 'USD' || asset === 'USDC' ? 0 : (made.shocks.get(asset) ?? made.shocks.get('*') ?? 0);
  const before = { base: 37_000, quote: 1.003 }; // dollars each
  const after = {
    base: before.base * (1 + priceOf(base)),
    quote: before.quote * (1 + priceOf(quote)),
  };
  const units = notional / before.base;
  if (kind === 'spot') return units * (after.base - before.base);
  const oldPrice = before.base / before.quote;
  const newPrice = (after.base / after.quote) * (1 + made.basis);
  const fundingPaid = notional * made.funding;
  if (kind === 'linear') return units * (newPrice - oldPrice) * after.quote - fundingPaid;
  const face = notional / before.quote;
  return face * (1 / oldPrice - 1 / newPrice) * after.base - fundingPaid;
}

test('stress: the loss is what accounts of coins and dollars lose, for every kind', () => {
  fc.assert(
    fc.property(book, scenario, (positions, made) => {
      const [result] = stressTest(positions, [made]).scenarios;
      const expected = -positions.reduce((sum, held) => sum + profitOf(held, made), 0);
      const gross = positions.reduce((sum, held) => sum + Math.abs(held.notional), 0);
      closeTo(result?.loss ?? Number.NaN, expected, gross);
    }),
    RUNS,
  );
});

test('stress: losses by position, by source and by the shock columns have the same sum', () => {
  fc.assert(
    fc.property(book, fc.constantFrom('low' as const, 'day' as const), (positions, move) => {
      const scenarios = crisisScenarios(move);
      const report = stressTest(positions, scenarios);
      const columns = shockColumns(positions, scenarios);
      for (const result of report.scenarios) {
        const at = scenarios.findIndex(({ name }) => name === result.scenario);
        const bySource = Object.values(result.bySource).reduce((sum, part) => sum + part, 0);
        const byPosition = result.positions.reduce((sum, { loss }) => sum + loss, 0);
        const byColumns = -positions.reduce(
          (sum, { notional }, i) => sum + notional * (columns[i]?.[at] ?? Number.NaN),
          0,
        );
        for (const sum of [bySource, byPosition, byColumns]) {
          closeTo(sum, result.loss, report.gross);
        }
      }
    }),
    RUNS,
  );
});

test('stress: a book twice as large loses twice as much, its mirror the opposite', () => {
  fc.assert(
    fc.property(book, scenario, number(-3, 3), (positions, made, factor) => {
      const scaled = positions.map((held) => ({ ...held, notional: held.notional * factor }));
      const one = stressTest(positions, [made]);
      const many = stressTest(scaled, [made]);
      closeTo(many.scenarios[0]?.loss ?? NaN, factor * (one.scenarios[0]?.loss ?? NaN), one.gross);
    }),
    RUNS,
  );
});

test('stress: scenarios are always in falling order of loss', () => {
  fc.assert(
    fc.property(book, (positions) => {
      const losses = stressTest(positions, crisisScenarios()).scenarios.map(({ loss }) => loss);
      assert.deepEqual(
        losses,
        [...losses].sort((a, b) => b - a),
      );
    }),
    RUNS,
  );
});

test('reverse stress: the move along a factor loses exactly the room when stressed', () => {
  fc.assert(
    fc.property(book, number(1, 1e6), (positions, room) => {
      const [result] = reverseStress(positions, [{ limit: 'loss', room }]);
      const keys: Record<string, string> = {
        btc: 'BTC',
        eth: 'ETH',
        large_cap: '@large_cap',
        venue_token: '@venue_token',
        other: '@other',
      };
      for (const { direction, move } of result?.byFactor ?? []) {
        if (move === null) continue;
        const key = keys[direction] ?? direction;
        const made = { ...CALM, name: 'r', description: '', shocks: new Map([[key, move]]) };
        const loss = stressTest(positions, [made]).scenarios[0]?.loss ?? NaN;
        closeTo(loss, room, 1e6 * (1 + Math.abs(move)));
      }
    }),
    RUNS,
  );
});

/** A random covariance A A' of three assets, and its inverse by cofactors. */
const factorMatrix = fc.array(number(-0.1, 0.1), { minLength: 9, maxLength: 9 });

function gramOf(a: readonly number[]): Float64Array {
  const s = new Float64Array(9);
  for (let i = 0; i < 3; i += 1) {
    for (let j = 0; j < 3; j += 1) {
      for (let k = 0; k < 3; k += 1) s[i * 3 + j]! += a[i * 3 + k]! * a[j * 3 + k]!;
      if (i === j) s[i * 3 + j]! += 1e-4;
    }
  }
  return s;
}

function inverseOf(m: Float64Array): Float64Array {
  const at = (i: number, j: number): number => m[(i % 3) * 3 + (j % 3)]!;
  const cofactor = (i: number, j: number): number =>
    at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1);
  const determinant =
    at(0, 0) * cofactor(0, 0) + at(0, 1) * cofactor(0, 1) + at(0, 2) * cofactor(0, 2);
  return Float64Array.from(
    { length: 9 },
    (_, k) => cofactor(k % 3, Math.floor(k / 3)) / determinant,
  );
}

test('reverse stress: no other move that loses the room is shorter than the likeliest', () => {
  const symbols = ['BTC/USD', 'ETH/USD', 'SOL/USD'];
  const weights = fc.array(number(-1e5, 1e5), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(factorMatrix, weights, weights, number(10, 1e4), (a, w, other, room) => {
      fc.pre(w.some((weight) => Math.abs(weight) > 1));
      const matrix = gramOf(a);
      const inverse = inverseOf(matrix);
      const lengthOf = (x: readonly number[]): number =>
        Math.sqrt(
          x.reduce(
            (s, xi, i) => s + x.reduce((t, xj, j) => t + xi * inverse[i * 3 + j]! * xj, 0),
            0,
          ),
        );
      const lossOf = (x: readonly number[]): number => -x.reduce((s, xi, i) => s + xi * w[i]!, 0);
      const positions = symbols.map((symbol, i) => ({
        symbol,
        base: symbol.split('/')[0]!,
        quote: 'USD',
        kind: 'spot' as const,
        notional: w[i]!,
      }));
      const best = likeliestMove(positions, room, { symbols, matrix });
      assert.ok(best !== null);
      const moves = best.moves.map(({ move }) => move);
      closeTo(lossOf(moves) / room, 1, 1);
      closeTo(lengthOf(moves) / best.sigmas, 1, 1e3);
      const loss = lossOf(other);
      fc.pre(loss > 1e-6 * room);
      const rival = other.map((x) => (x * room) / loss);
      assert.ok(lengthOf(rival) >= best.sigmas * (1 - 1e-6));
    }),
    RUNS,
  );
});

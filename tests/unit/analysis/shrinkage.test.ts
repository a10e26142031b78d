// Owns the proof of both Ledoit-Wolf estimators against the formulas, one element at a time.
// Promise: the reference follows the papers' sums literally; few rows and one asset are included.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { symmetricEigenvalues } from '../../../engine/analysis/eigen.ts';
import {
  ledoitWolfConstantCorrelation,
  ledoitWolfIdentity,
} from '../../../engine/analysis/shrinkage.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { openMathSpace } from './room.ts';

const space = openMathSpace();

/** One common factor and noise of its own in each column. */
function factorReturns(n: number, rows: number, seed = 'shrink'): Float64Array[] {
  const random = createRandom(seed);
  const market = Array.from({ length: rows }, () => 0.02 * random.normal());
  return Array.from({ length: n }, (_, j) =>
    Float64Array.from(market, (x) => x * (0.5 + j / n) + 0.01 * (1 + j) * random.normal()),
  );
}

function demean(columns: readonly Float64Array[]): number[][] {
  return columns.map((column) => {
    const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
    return Array.from(column, (x) => x - mean);
  });
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

const near = (got: number, wanted: number, what: string): void =>
  assert.ok(Math.abs(got - wanted) <= 1e-11 * Math.abs(wanted), `${what}: ${got}, not ${wanted}`);

for (const [n, rows] of [
  [2, 30],
  [5, 200],
  [7, 4],
] as const) {
  test(`shrinkage: constant correlation of ${n} x ${rows}, element by element`, () => {
    const columns = factorReturns(n, rows);
    const x = demean(columns);
    const all = Array.from({ length: n }, (_, k) => k);
    const s = all.map((i) => all.map((j) => average(x[i]!.map((v, t) => v * x[j]![t]!))));
    const rho = (i: number, j: number) => s[i]![j]! / Math.sqrt(s[i]![i]! * s[j]![j]!);
    const off = all.flatMap((i) => all.filter((j) => j !== i).map((j) => [i, j] as const));
    const rbar = average(off.map(([i, j]) => rho(i, j)));
    const f = (i: number, j: number) =>
      i === j ? s[i]![i]! : rbar * Math.sqrt(s[i]![i]! * s[j]![j]!);
    const piOf = (i: number, j: number) =>
      average(x[i]!.map((v, t) => (v * x[j]![t]! - s[i]![j]!) ** 2));
    const theta = (k: number, i: number, j: number) =>
      average(x[k]!.map((v, t) => (v * v - s[k]![k]!) * (x[i]![t]! * x[j]![t]! - s[i]![j]!)));
    const ratio = (i: number, j: number) => Math.sqrt(s[j]![j]! / s[i]![i]!);
    const total = (g: (i: number, j: number) => number) =>
      all.reduce((sum, i) => sum + all.reduce((row, j) => row + g(i, j), 0), 0);
    const pi = total(piOf);
    const gamma = total((i, j) => (f(i, j) - s[i]![j]!) ** 2);
    const offRho = off.map(
      ([i, j]) => (rbar / 2) * (ratio(i, j) * theta(i, i, j) + ratio(j, i) * theta(j, i, j)),
    );
    const rhoHat = all.reduce((sum, i) => sum + piOf(i, i), 0) + offRho.reduce((a, b) => a + b);
    const got = ledoitWolfConstantCorrelation(space, columns);
    const shrinkage = Math.max(0, Math.min(1, (pi - rhoHat) / gamma / rows));
    // Two assets have one correlation, so target and sample agree but for rounding.
    if (n === 2) assert.deepEqual([got.kappa, got.shrinkage], [0, 0]);
    else {
      near(got.rbar, rbar, 'rbar');
      near(got.pi, pi, 'pi');
      near(got.rho, rhoHat, 'rho');
      near(got.gamma, gamma, 'gamma');
      near(got.shrinkage, shrinkage, 'shrinkage');
    }
    got.cov.forEach((value, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      near(value, got.shrinkage * f(i, j) + (1 - got.shrinkage) * s[i]![j]!, `cov ${i},${j}`);
    });
  });

  test(`shrinkage: identity of ${n} x ${rows}, element by element`, () => {
    const columns = factorReturns(n, rows);
    const x = demean(columns);
    const all = Array.from({ length: n }, (_, k) => k);
    const s = all.map((i) => all.map((j) => average(x[i]!.map((v, t) => v * x[j]![t]!))));
    const mu = average(all.map((i) => s[i]![i]!));
    // The paper's norm is |A|^2 / n; the n cancels in b^2 / d^2.
    let [d2, b2] = [0, 0];
    for (const i of all) {
      for (const j of all) {
        d2 += (s[i]![j]! - (i === j ? mu : 0)) ** 2;
        b2 += average(x[i]!.map((v, t) => (v * x[j]![t]! - s[i]![j]!) ** 2)) / rows;
      }
    }
    const got = ledoitWolfIdentity(space, columns);
    near(got.mu, mu, 'mu');
    near(got.shrinkage, Math.min(1, b2 / d2), 'shrinkage');
  });
}

test('shrinkage: fewer rows than assets still give a positive definite matrix', () => {
  const columns = factorReturns(12, 5);
  const estimates = [
    ledoitWolfConstantCorrelation(space, columns),
    ledoitWolfIdentity(space, columns),
  ];
  for (const { cov, shrinkage } of estimates) {
    assert.ok(shrinkage > 0 && shrinkage <= 1);
    assert.ok(symmetricEigenvalues(cov, 12)[0]! > 1e-6);
  }
});

test('shrinkage: more rows ask for less of it', () => {
  const few = ledoitWolfIdentity(space, factorReturns(6, 40));
  const many = ledoitWolfIdentity(space, factorReturns(6, 4000));
  assert.ok(many.shrinkage < few.shrinkage / 10);
});

test('shrinkage: one asset keeps its variance', () => {
  const columns = [Float64Array.of(1, 2, 6)];
  assert.deepEqual([...ledoitWolfConstantCorrelation(space, columns).cov], [14 / 3]);
  assert.deepEqual([...ledoitWolfIdentity(space, columns).cov], [14 / 3]);
});

test('shrinkage: an asset that never moved has no correlation to shrink to', () => {
  const columns = [Float64Array.of(1, 2, 6), Float64Array.of(1, 1, 1), Float64Array.of(3, 1, 0)];
  assert.ok(Number.isNaN(ledoitWolfConstantCorrelation(space, columns).shrinkage));
  assert.ok(Number.isFinite(ledoitWolfIdentity(space, columns).shrinkage));
});

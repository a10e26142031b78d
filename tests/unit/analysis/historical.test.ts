// Owns the tests of order statistics: quantile conventions, tail means, age weights, scaling.
// Promise: every expected number was worked out by hand from the definitions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecastVolatility, scaleToForecast } from '../../../engine/analysis/filtered.ts';
import {
  ageWeightedTail,
  historicalTail,
  linearVar,
  rankPnl,
  tailIndex,
  tailWeights,
} from '../../../engine/analysis/historical.ts';

const near = (found: number, expected: number, what: string): void =>
  assert.ok(
    Math.abs(found - expected) <= 1e-12 * Math.max(1, Math.abs(expected)),
    `${what} ${found}`,
  );

// P&L -10, -9 … 9: twenty-one would put the quantile on a row, twenty put it between two.
const TWENTY = Float64Array.from({ length: 20 }, (_, t) => t - 10);

test('historical: between two rows the quantile is linear and both neighbours are given', () => {
  const tail = historicalTail(TWENTY, 0.1); // rank 1.9 of -10, -9, -8
  near(tail.var_linear, 8.1, 'linear');
  assert.equal(tail.var_lower, 9);
  assert.equal(tail.var_higher, 8);
});

test('historical: the tail mean counts the losses at or beyond the quantile', () => {
  near(historicalTail(TWENTY, 0.1).es_tail_mean_ge_var_linear, 9.5, 'mean of 10 and 9');
});

test('historical: a quantile on a row counts that row into the tail', () => {
  const sorted = Float64Array.from({ length: 21 }, (_, t) => t - 10);
  const tail = historicalTail(sorted, 0.1); // rank 2 of -10, -9, -8
  assert.equal(tail.var_linear, 8);
  assert.equal(tail.var_lower, 8);
  assert.equal(tail.var_higher, 7);
  assert.equal(tail.es_tail_mean_ge_var_linear, 9);
});

test('historical: the expected shortfall takes a part of the row on the boundary', () => {
  near(historicalTail(TWENTY, 0.1).es_acerbi_tasche, 9.5, 'two whole rows');
  near(historicalTail(TWENTY, 0.125).es_acerbi_tasche, (10 + 9 + 0.5 * 8) / 2.5, 'two and a half');
  near(historicalTail(TWENTY, 0.01).es_acerbi_tasche, 10, 'a fifth of the worst row');
});

test('historical: a rank that is whole but for rounding is whole', () => {
  assert.equal(1000 * (1 - 0.9), 99.99999999999997, 'the premise');
  assert.equal(tailIndex(1001, 1 - 0.9), 100);
  const sorted = Float64Array.from({ length: 1001 }, (_, t) => t - 500);
  assert.equal(linearVar(sorted, 1 - 0.9), 400);
  assert.equal(tailWeights(1000, 1 - 0.9).filter((weight) => weight > 0).length, 100);
});

test('historical: ranks follow the P&L, ties the order of the rows', () => {
  const ranked = rankPnl(Float64Array.of(3, -1, 3, -1, -2));
  assert.deepEqual(ranked.rows, [4, 1, 3, 0, 2]);
  assert.deepEqual(Array.from(ranked.sorted), [-2, -1, -1, 3, 3]);
});

test('historical: one P&L that is not finite leaves nothing known', () => {
  const { sorted } = rankPnl(Float64Array.of(1, Number.NaN, -5));
  assert.equal(sorted.length, 0);
  for (const value of Object.values(historicalTail(sorted, 0.05))) assert.ok(Number.isNaN(value));
});

test('historical: age weights decay by 0.98 a row and cut the boundary row', () => {
  // Weights, oldest first, in units of u = 0.02 / (1 - 0.98^3): 0.9604, 0.98, 1.
  const u = 0.02 / (1 - 0.98 ** 3);
  const tail = ageWeightedTail(rankPnl(Float64Array.of(-5, 4, -7)), 0.5);
  assert.equal(tail.var_step, 5, 'the weight of -7 alone does not reach a half');
  const part = (0.5 - u) / (0.9604 * u);
  near(tail.var_interpolated, 7 + part * (5 - 7), 'interpolated');
  near(tail.es, (u * 7 + (0.5 - u) * 5) / 0.5, 'es');
});

test('historical: below the first cumulative weight the worst row is the answer', () => {
  const tail = ageWeightedTail(rankPnl(Float64Array.of(-5, 4, -7)), 0.01);
  assert.equal(tail.var_step, 7);
  assert.equal(tail.var_interpolated, 7);
  near(tail.es, 7, 'es');
});

test('filtered: volatility of a row is made from rows before it', () => {
  const calm = forecastVolatility(Float64Array.of(1, 2, 3), 2);
  const shocked = forecastVolatility(Float64Array.of(1, 2, 300), 2);
  assert.deepEqual(calm.slice(0, 3), shocked.slice(0, 3));
  near(calm[0]! ** 2, 2.5, 'seed');
  near(calm[1]! ** 2, 0.94 * 2.5 + 0.06 * 1, 'row 1');
  near(calm[3]! ** 2, 0.94 * (0.94 * (0.94 * 2.5 + 0.06) + 0.06 * 4) + 0.06 * 9, 'row 3');
});

test('filtered: a column that never moved stays 0 and is not a division of 0 by 0', () => {
  assert.deepEqual(scaleToForecast(new Float64Array(3)), new Float64Array(3));
});

test('filtered: the newest row is scaled by one step of volatility', () => {
  const series = Float64Array.of(2, -1, 4);
  const s = forecastVolatility(series);
  near(scaleToForecast(series)[2]!, (4 * s[3]!) / s[2]!, 'row 2');
});

// Owns the tests of the whole risk report of one book: what is in it, and what it does not invent.
// Promise: a book small enough to check by hand, on the real kernels.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BookSnapshot, reportBook } from '../../../engine/analysis/book-report.ts';
import { crisisScenarios } from '../../../engine/analysis/crises.ts';
import { openMathSpace } from './room.ts';

const DAYS = 200;
const wave = (k: number, scale: number): number => scale * Math.sin(1 + 1.7 * k);
const column = (scale: number): Float64Array =>
  Float64Array.from({ length: DAYS }, (_, k) => wave(k, scale));

const position = (base: string, notional: number) =>
  ({ symbol: `${base}USDT.x`, base, quote: 'USDT', kind: 'linear', notional }) as const;

const snapshot = (btc: number, eth: number, parts: Partial<BookSnapshot> = {}): BookSnapshot => ({
  timeUs: 7,
  equity: 1000,
  peakEquity: 1000,
  drawdownHard: 0.05,
  cash: [],
  positions: [position('BTC', btc), position('ETH', eth)],
  columns: [column(0.02), column(0.03)],
  covariance: Float64Array.of(0.0004, 0.0003, 0.0003, 0.0009),
  source: 'made here',
  scenarios: crisisScenarios(),
  seed: 'test',
  previous: 'calm',
  ...parts,
});

const report = (book: BookSnapshot) => reportBook(openMathSpace(1 << 22), book);

test('book report: a flat book has every part, and loses nothing', () => {
  const { var: risk, stress, correlation } = report(snapshot(0, 0));
  assert.deepEqual(risk.symbols, []);
  assert.equal(risk.monte_carlo_t4, null);
  for (const { loss } of stress.scenarios) assert.ok(Math.abs(loss) === 0);
  assert.equal(correlation.symbols.length, 2, 'correlations are of the market, not of the book');
});

test('book report: a flat book that holds a stablecoin loses its peg, and nothing else', () => {
  const cash = [{ asset: 'USDT', worth: 1000 }];
  const { stress } = report(snapshot(0, 0, { cash }));
  const [worst] = stress.scenarios;
  assert.equal(worst?.scenario, 'may-2022'); // USDT at 0.95
  assert.ok(Math.abs((worst?.loss ?? 0) - 50) < 1e-9);
  assert.equal(stress.gross, 0);
});

test('book report: historical VaR of one position is its own column times its notional', () => {
  const { var: risk } = report(snapshot(100, 0));
  assert.deepEqual(risk.symbols, ['BTCUSDT.x']);
  const losses = [...column(0.02)].map((move) => -100 * move).sort((a, b) => b - a);
  const [, level] = Object.entries(risk.levels).find(([name]) => Number(name) === 0.95) ?? [];
  const expected = losses[Math.floor((DAYS - 1) * 0.05)] ?? 0;
  assert.ok(Math.abs((level?.historical.var_lower ?? 0) - expected) < 1e-9);
});

test('book report: what is held and what hedges it are taken together', () => {
  const alone = report(snapshot(100, 0)).stress.scenarios[0]?.loss ?? 0;
  const hedged = report(snapshot(100, -100)).stress.scenarios[0]?.loss ?? 0;
  assert.ok(alone > 0 && hedged < alone);
});

test('book report: a torn or unknown covariance gives no simulation, and fails no report', () => {
  const broken = [
    Float64Array.of(0.0004, 0.01, 0.01, 0.0009), // read in the middle of a write: indefinite
    Float64Array.of(Number.NaN, 0, 0, 0.0009),
  ];
  for (const covariance of broken) {
    const { var: risk, stress } = report(snapshot(100, 100, { covariance }));
    assert.equal(risk.monte_carlo_t4, null);
    assert.ok((stress.scenarios[0]?.loss ?? 0) > 0);
  }
});

test('book report: the same book and seed give the same report, another seed another one', () => {
  const first = JSON.stringify(report(snapshot(100, 50)));
  assert.equal(JSON.stringify(report(snapshot(100, 50))), first);
  assert.notEqual(JSON.stringify(report(snapshot(100, 50, { seed: 'other' }))), first);
});

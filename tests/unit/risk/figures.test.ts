// Owns the proof that the figures of an approved order are its own.
// Promise: what is checked afterwards changes none of them, up to the bound that is stated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RiskFigures } from '../../../engine/core/decision.ts';
import {
  createFigures,
  FIGURES_KEPT,
  FIGURES_WIDTH,
  figuresTold,
} from '../../../engine/risk/figures.ts';
import { layGround, noKernels } from '../../trading-fixture.ts';
import { buy, open } from './pre-trade-desk.ts';

const skip = noKernels;

test('pre-trade: the figures of an order stay its own while others are checked', { skip }, () => {
  const desk = open({ maxOrderQuantity: 50 });
  const figuresOf = (qty: number): RiskFigures => {
    const said = desk.verdict(buy(qty));
    assert.ok(said.kind === 'approved');
    return said.figures;
  };
  const first = figuresOf(1_000);
  const second = figuresOf(3_000);
  desk.codes(buy(60_000)); // refused
  assert.equal(first.notional, 100);
  assert.equal(first.exposureAfter, 100);
  assert.equal(second.notional, 300);
  assert.ok(Math.abs(second.varAfter - 3 * first.varAfter) < 1e-9);
});

test('figures: a record is used again after as many approvals as are kept, not before', () => {
  const desk = open({ maxOrderQuantity: 500, ordersBurst: 10_000, ordersPerSecond: 10_000 });
  const take = (qty: number): RiskFigures => {
    const said = desk.verdict(buy(qty));
    assert.ok(said.kind === 'approved', JSON.stringify(said));
    return said.figures;
  };
  const kept = Array.from({ length: FIGURES_KEPT }, (_, k) => take(1_000 * (k + 1)));
  for (const [k, { notional }] of kept.entries()) assert.equal(notional, 100 * (k + 1));
  assert.equal(take(500_000), kept[0]);
  assert.equal(kept[0]?.notional, 50_000);
  assert.equal(kept[1]?.notional, 200);
});

test('figures: what is no number is told as 0, what has no bound as the largest', () => {
  const { buffer, plan } = layGround(1);
  const numbers = new Float64Array(buffer);
  const figures = createFigures(plan);
  const written = [Number.NaN, Infinity, -Infinity, 1, 2];
  numbers.set(written, figures.first);
  figures.kept.set(written, figures.next * FIGURES_WIDTH);
  const most = Number.MAX_VALUE;
  const wanted = { notional: 0, exposureAfter: most, varAfter: -most };
  const rest = { historicalVarAfter: 1, stressAfter: 2 };
  assert.deepEqual(figuresTold(numbers, figures), { ...wanted, ...rest });
  assert.deepEqual({ ...figures.records[figures.next] }, { ...wanted, ...rest });
});

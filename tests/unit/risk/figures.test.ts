// Owns the proof that the figures of an approved order are its own.
// Promise: what is checked afterwards changes none of them, up to the bound that is stated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RiskFigures } from '../../../engine/core/decision.ts';
import {
  createFigures,
  FIGURES,
  FIGURES_KEPT,
  FIGURES_WIDTH,
  type Figures,
  figuresTold,
  takeFigures,
} from '../../../engine/risk/figures.ts';
import { ORDER_NOTIONAL } from '../../../wasm/layout.ts';
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

/** As a check does it: the kernel has written, the check copies, an approval takes. */
function takeNext(numbers: Float64Array, figures: Figures, written: number[]): RiskFigures {
  numbers.set(written, figures.first);
  const record = numbers.subarray(figures.first, figures.first + FIGURES);
  figures.kept.set(record, figures.next * FIGURES_WIDTH);
  return takeFigures(figures);
}

test('figures: a record is used again after as many approvals as are kept, not before', () => {
  const { buffer, plan } = layGround(1);
  const numbers = new Float64Array(buffer);
  const figures = createFigures(plan);
  assert.equal(figures.first, (plan.riskOrder + ORDER_NOTIONAL) / 8);
  const keep = (notional: number): RiskFigures =>
    takeNext(numbers, figures, [notional, 2, 3, 4, 5]);
  const kept = Array.from({ length: FIGURES_KEPT }, (_, k) => keep(k));
  for (const [k, { notional }] of kept.entries()) assert.equal(notional, k);
  assert.deepEqual(
    { ...kept[7] },
    { notional: 7, exposureAfter: 2, varAfter: 3, historicalVarAfter: 4, stressAfter: 5 },
  );
  assert.equal(keep(-1), kept[0]);
  assert.equal(kept[0]?.notional, -1);
  assert.equal(kept[1]?.notional, 1);
});

test('figures: what is no number is told as 0, what has no bound as the largest', () => {
  const { buffer, plan } = layGround(1);
  const numbers = new Float64Array(buffer);
  const figures = createFigures(plan);
  const taken = takeNext(numbers, figures, [Number.NaN, Infinity, -Infinity, 1, 2]);
  const most = Number.MAX_VALUE;
  const wanted = { notional: 0, exposureAfter: most, varAfter: -most };
  const rest = { historicalVarAfter: 1, stressAfter: 2 };
  assert.deepEqual(figuresTold(numbers, figures), { ...wanted, ...rest });
  assert.deepEqual({ ...taken }, { ...wanted, ...rest });
});

// Owns the first bytes of the risk tables: places, states, rows, and nothing else.
// Promise: memory is filled first, so that what is not written is seen as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marginAt, nodeAt, riskRowAt } from '../../../engine/memory/plan.ts';
import { createExposure } from '../../../engine/risk/exposure.ts';
import * as layout from '../../../wasm/layout.ts';
import { names } from '../../risk-fixture.ts';
import { inverse, layGround, linear, noKernels, spot } from '../../trading-fixture.ts';

const skip = noKernels;
const FILLED = 7;
const RATES = new Map([
  [linear, 2],
  [inverse, 3],
  [spot, 4],
]);

function lay() {
  const most = { portfolios: 3, strategies: 4, venues: 3, assets: 5 };
  const ground = layGround(names.instruments.length + 1, most);
  const words = new Uint32Array(ground.buffer);
  const numbers = new Float64Array(ground.buffer);
  words.fill(FILLED);
  createExposure({
    ...ground,
    names,
    initialMargin: { linear: 0.1, inverse: 0.2, spot: 1 },
    quoteRate: (instrument) => RATES.get(instrument) ?? Number.NaN,
  });
  return {
    plan: ground.plan,
    word: (at: number) => words[at / 4],
    number: (at: number) => numbers[at / 8],
  };
}

test('tables: the system block says where each table lies and how much room it has', {
  skip,
}, () => {
  const { plan, word, number } = lay();
  const told = [
    [layout.RISK_NODES, plan.riskNodes],
    [layout.RISK_PORTFOLIOS, 3],
    [layout.RISK_STRATEGIES, 4],
    [layout.RISK_VENUES, 3],
    [layout.RISK_ROWS, plan.riskRows],
    [layout.RISK_ROW_COUNT, 4],
    [layout.RISK_ROW_STRIDE, plan.riskRowBytes],
    [layout.RISK_ASSETS, plan.riskAssets],
    [layout.RISK_MARGINS, plan.riskMargins],
    [layout.RISK_MARGIN_PLACES, plan.capacities.instruments],
    [layout.RISK_ASSET_COUNT, 5],
    [layout.RISK_COVARIANCE, plan.covariance],
    [layout.RISK_HISTORY, plan.history],
    [layout.RISK_SHOCKS, plan.shocks],
  ] as const;
  for (const [at, value] of told) assert.equal(word(plan.riskSystem + at), value, `${at}`);
  assert.ok(Number.isNaN(number(plan.riskSystem + layout.RISK_EQUITY)));
  assert.ok(Number.isNaN(number(plan.riskSystem + layout.RISK_EQUITY_US)));
  assert.equal(number(plan.riskSystem + layout.RISK_VARIANCE), 0);
});

test('tables: named nodes are active, the system and what nobody named are halted', {
  skip,
}, () => {
  const { plan, word } = lay();
  const states = (level: number, count: number) =>
    Array.from({ length: count }, (_, n) => word(nodeAt(plan, level, n) + layout.NODE_STATE));
  const [active, halted] = [layout.RISK_ACTIVE, layout.RISK_HALTED];
  assert.deepEqual(states(layout.LEVEL_SYSTEM, 1), [halted]);
  assert.deepEqual(states(layout.LEVEL_PORTFOLIO, 3), [active, active, halted]);
  assert.deepEqual(states(layout.LEVEL_STRATEGY, 4), [active, active, halted, halted]);
  assert.deepEqual(states(layout.LEVEL_VENUE, 3), [active, active, halted]);
});

test('tables: no venue has told the margin of any account, and none is used', { skip }, () => {
  const { plan, number } = lay();
  for (const portfolio of [0, 1, 2]) {
    for (const place of [0, 1, 2, 3]) {
      const margin = marginAt(plan, portfolio, place);
      assert.equal(number(margin + layout.MARGIN_USED), 0);
      assert.ok(Number.isNaN(number(margin + layout.MARGIN_BALANCE)), `${portfolio} ${place}`);
      assert.ok(Number.isNaN(number(margin + layout.MARGIN_US)), `${portfolio} ${place}`);
    }
  }
  assert.equal(number(marginAt(plan, 3, 0) + layout.MARGIN_BALANCE), number(0), 'and no more');
});

test('tables: a row knows its instrument and holds no price', { skip }, () => {
  const { plan, word, number } = lay();
  const rowOf = (index: number) => {
    const at = riskRowAt(plan, index);
    return {
      words: [
        layout.ROW_FLAGS,
        layout.ROW_STATE,
        layout.ROW_VENUE,
        layout.ROW_ASSET,
        layout.ROW_MARGIN,
      ].map((k) => word(at + k)),
      numbers: [
        layout.ROW_MARK,
        layout.ROW_MARK_US,
        layout.ROW_MULTIPLIER,
        layout.ROW_QUOTE_RATE,
        layout.ROW_MARGIN_RATE,
        layout.ROW_OWN_ASK,
      ].map((k) => number(at + k)),
    };
  };
  const { NaN: none } = Number;
  const active = layout.RISK_ACTIVE;
  assert.deepEqual(rowOf(0), {
    words: [0, active, 0, 0, 0],
    numbers: [none, none, 1, 2, 0.1, Infinity],
  });
  assert.deepEqual(rowOf(1), {
    words: [layout.ROW_INVERSE, active, 0, 0, 1],
    numbers: [none, none, 100, 3, 0.2, Infinity],
  });
  assert.deepEqual(rowOf(2), {
    words: [layout.ROW_SPOT, active, 1, 1, 2],
    numbers: [none, none, 1, 4, 1, Infinity],
  });
  assert.deepEqual(rowOf(3), {
    words: [0, layout.RISK_HALTED, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], // nobody's
    numbers: [none, none, none, none, none, 0],
  });
});

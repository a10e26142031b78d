// Owns the edges of the pre-trade verdict: orders of nothing, figures of nothing, the lowest price.
// Promise: what is refused before the kernel, or is no number, is told as exactly 0.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instrument, priceOf, qtyOf } from '../../../engine/core/instrument.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { columnBytes, HISTORY_WIDTH } from '../../../engine/memory/plan.ts';
import { createPreTrade } from '../../../engine/risk/pre-trade.ts';
import * as layout from '../../../wasm/layout.ts';
import { names } from '../../risk-fixture.ts';
import { at, inverse, linear, noKernels, spot } from '../../trading-fixture.ts';
import { compliant, open } from './pre-trade-desk.ts';

const skip = noKernels;
const NOTHING = {
  notional: 0,
  exposureAfter: 0,
  varAfter: 0,
  historicalVarAfter: 0,
  stressAfter: 0,
};

test('pre-trade: an order of nobody known has figures of 0', { skip }, () => {
  const said = open().verdict({ strategy: 'nobody' });
  assert.ok(said.kind === 'rejected');
  assert.deepEqual(said.figures, NOTHING);
});

test('pre-trade: the figures of a flat book are 0, with and without scenarios', { skip }, () => {
  assert.deepEqual(open({ historicalVarOnOrders: true }).preTrade.figures(), NOTHING);
  assert.deepEqual(open({ historicalVarOnOrders: false }).preTrade.figures(), NOTHING);
});

test('pre-trade: a figure that is no number is told as 0', { skip }, () => {
  const { numbers, plan, preTrade } = open();
  numbers[(plan.riskNodes + layout.NODE_GROSS) / 8] = Number.NaN;
  assert.equal(preTrade.figures().exposureAfter, 0);
});

test('pre-trade: a malformed order asks for nothing and spends nothing', { skip }, () => {
  const { verdict, numbers, plan } = open();
  const messages = (plan.riskNodes + layout.NODE_MESSAGES) / 8;
  const before = numbers[messages];
  const said = verdict({ qty: asQty(0.5) });
  assert.ok(said.kind === 'rejected');
  assert.deepEqual(
    said.breaches.map(({ limit }) => limit).filter((limit) => limit === 'malformed_order'),
    ['malformed_order'],
  );
  assert.equal(numbers[(plan.riskOrder + layout.ORDER_QTY) / 8], 0);
  assert.equal(numbers[messages], before);
});

test('pre-trade: a warming is a preview of the last approved order, elsewhere of a lot', {
  skip,
}, () => {
  const { preTrade, verdict, numbers, words, plan } = open();
  const order = plan.riskOrder;
  const word = (offset: number): number | undefined => words[(order + offset) / 4];
  const number = (offset: number): number | undefined => numbers[(order + offset) / 8];
  const warmed = (instrument: Instrument | null): unknown[] => {
    words.fill(9, order / 4, (order + layout.ORDER_BYTES) / 4);
    preTrade.warm(instrument, at(7e6));
    return [
      ...[layout.ORDER_INSTRUMENT, layout.ORDER_SIDE, layout.ORDER_FLAGS].map(word),
      ...[layout.ORDER_PORTFOLIO, layout.ORDER_STRATEGY].map(word),
      ...[layout.ORDER_PRICE, layout.ORDER_QTY, layout.ORDER_VALUE].map(number),
      ...[layout.ORDER_SPENDS, layout.ORDER_AVAILABLE, layout.ORDER_NOW_US].map(number),
    ];
  };
  warmed(null);
  assert.equal(word(layout.ORDER_INSTRUMENT), 9, 'nothing was approved yet: nothing is asked');
  const account = names.portfolios.at(-1);
  const strategy = names.strategies.at(-1);
  assert.ok(account !== undefined && strategy !== undefined);
  const approved = verdict({ account, strategy });
  assert.ok(approved.kind === 'approved');
  preTrade.keep(approved);
  const { price, qty } = approved.intent;
  assert.ok(price !== null);
  const asker = [names.portfolios.length - 1, names.strategies.length - 1];
  const own = [linear.index, 0, layout.ORDER_PREVIEW, ...asker];
  const real = priceOf(linear, price);
  assert.deepEqual(warmed(null), [...own, real, qtyOf(linear, qty), real, 0, 0, at(7e6)]);
  assert.deepEqual(warmed(linear), warmed(null));
  const other = [spot.index, 0, layout.ORDER_PREVIEW, ...asker];
  assert.deepEqual(warmed(spot), [...other, 100, qtyOf(spot, spot.lot), 100, 0, 0, at(7e6)]);
});

test('pre-trade: one step is a price where the tick is one step, and 0 is none', { skip }, () => {
  const fine = { ...linear, tick: asPrice(1) };
  const [, ...others] = names.instruments;
  const desk = open();
  const preTrade = createPreTrade({
    ...desk,
    names: { ...names, instruments: [fine, ...others] },
    settle: desk.exposure.settle,
  });
  const limits = (price: number): readonly string[] => {
    const said = preTrade.check(compliant({ instrument: fine, price: asPrice(price) }), at(1e6));
    return said.kind === 'rejected' ? said.breaches.map(({ limit }) => limit) : [];
  };
  assert.deepEqual(limits(1), ['passive_collar']);
  assert.equal(limits(0)[0], 'malformed_order');
});

test('pre-trade: touch reads the first word of the own column, only when history is asked', {
  skip,
}, () => {
  for (const historicalVarOnOrders of [true, false]) {
    const { preTrade, numbers, plan } = open({ historicalVarOnOrders });
    const column = columnBytes(plan.capacities.scenarios, HISTORY_WIDTH);
    for (const one of [linear, inverse]) {
      numbers[(plan.historyColumns + one.index * column) / 8] = 100 + one.index;
      const expected = historicalVarOnOrders ? 100 + one.index : 0;
      assert.equal(preTrade.touch(one), expected);
    }
  }
});

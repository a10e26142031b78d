// Owns the edges of the pre-trade verdict: orders of nothing, figures of nothing, the lowest price.
// Promise: what is refused before the kernel, or is no number, is told as exactly 0.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qtyOf } from '../../../engine/core/instrument.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { createPreTrade } from '../../../engine/risk/pre-trade.ts';
import * as layout from '../../../wasm/layout.ts';
import { names } from '../../risk-fixture.ts';
import { at, linear, noKernels, spot } from '../../trading-fixture.ts';
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

test('pre-trade: a warming is a preview of a lot at the mark by whoever asked last', {
  skip,
}, () => {
  const { preTrade, verdict, numbers, words, plan } = open();
  const order = plan.riskOrder;
  const warmed = (): unknown[] => {
    words.fill(9, order / 4, (order + layout.ORDER_BYTES) / 4);
    preTrade.warm(spot, at(7e6));
    const word = (offset: number): number | undefined => words[(order + offset) / 4];
    const number = (offset: number): number | undefined => numbers[(order + offset) / 8];
    assert.deepEqual(
      [word(layout.ORDER_INSTRUMENT), word(layout.ORDER_SIDE), word(layout.ORDER_FLAGS)],
      [spot.index, 0, layout.ORDER_PREVIEW],
    );
    assert.equal(number(layout.ORDER_PRICE), 0);
    assert.equal(number(layout.ORDER_QTY), qtyOf(spot, spot.lot));
    assert.equal(number(layout.ORDER_NOW_US), at(7e6));
    return [word(layout.ORDER_PORTFOLIO), word(layout.ORDER_STRATEGY)];
  };
  assert.deepEqual(warmed(), [0, 0]);
  const account = names.portfolios.at(-1);
  const strategy = names.strategies.at(-1);
  assert.ok(account !== undefined && strategy !== undefined);
  verdict({ account, strategy });
  assert.deepEqual(warmed(), [names.portfolios.length - 1, names.strategies.length - 1]);
});

test('pre-trade: one step is a price where the tick is one step, and 0 is none', { skip }, () => {
  const fine = { ...linear, tick: asPrice(1) };
  const [, ...others] = names.instruments;
  const desk = open();
  const preTrade = createPreTrade({ ...desk, names: { ...names, instruments: [fine, ...others] } });
  const limits = (price: number): readonly string[] => {
    const said = preTrade.check(compliant({ instrument: fine, price: asPrice(price) }), at(1e6));
    return said.kind === 'rejected' ? said.breaches.map(({ limit }) => limit) : [];
  };
  assert.deepEqual(limits(1), ['price_collar']);
  assert.equal(limits(0)[0], 'malformed_order');
});

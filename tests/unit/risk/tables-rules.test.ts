// Owns the tests of a venue's rules in the row of an instrument: what the kernel will read.
// Promise: real units; what the venue does not ask binds nobody, what nobody could keep stops.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument, VenueRules } from '../../../engine/core/instrument.ts';
import { asQty } from '../../../engine/core/units.ts';
import { riskRowAt } from '../../../engine/memory/plan.ts';
import { createExposure } from '../../../engine/risk/exposure.ts';
import * as layout from '../../../wasm/layout.ts';
import { names } from '../../risk-fixture.ts';
import { layGround, linear, noKernels } from '../../trading-fixture.ts';

const skip = noKernels;

/** Least notional, most of a limit and of a market order, band below and above. */
function rulesIn(rules: Partial<VenueRules>, lot = 1): readonly unknown[] {
  const ground = layGround(names.instruments.length, { portfolios: 2, venues: 2 });
  const strict: Instrument = { ...linear, lot: asQty(lot), rules: { ...linear.rules, ...rules } };
  createExposure({
    ...ground,
    names: { ...names, instruments: names.instruments.with(0, strict) },
    initialMargin: { spot: 1, linear: 0.1, inverse: 0.1 },
    quoteRate: () => 1,
  });
  const numbers = new Float64Array(ground.buffer);
  const row = riskRowAt(ground.plan, 0);
  return [
    layout.ROW_NOTIONAL_MIN,
    layout.ROW_QTY_MAX,
    layout.ROW_MARKET_QTY_MAX,
    layout.ROW_BAND_BELOW,
    layout.ROW_BAND_ABOVE,
  ].map((at) => numbers[(row + at) / 8]);
}

test('tables: what a venue asks stands in the row, in real units', { skip }, () => {
  const asked = {
    minNotional: 100,
    maxQty: asQty(5_000),
    maxMarketQty: asQty(2_000),
    priceBand: { low: 0.75, high: 1.5 },
  };
  assert.deepEqual(rulesIn(asked), [100, 5, 2, 0.25, 0.5]);
  assert.deepEqual(rulesIn({}), [0, Infinity, Infinity, Infinity, Infinity]);
});

test('tables: rules at the edge of what can be kept are kept', { skip }, () => {
  const edge = { minQty: asQty(5), maxQty: asQty(5), maxMarketQty: asQty(5) };
  assert.deepEqual(rulesIn({ ...edge, marketLot: asQty(10) }, 5).slice(1, 3), [0.005, 0.005]);
  assert.deepEqual(rulesIn({ priceBand: { low: 0, high: 1 } }).slice(3), [1, 0]);
  assert.deepEqual(rulesIn({ priceBand: { low: 1, high: 1 } }).slice(3), [0, 0]);
});

test('tables: rules that no order could keep are refused by name at the start', { skip }, () => {
  const wrong: readonly (readonly [Partial<VenueRules>, RegExp])[] = [
    [{ minNotional: -1 }, /BTCUSDT.test: its venue's rules ask for a notional of -1/],
    [{ minNotional: Number.NaN }, /a notional of NaN/],
    [{ minNotional: Number.POSITIVE_INFINITY }, /a notional of Infinity/],
    [{ marketLot: asQty(0) }, /a market lot of 0 steps/],
    [{ marketLot: asQty(-1) }, /a market lot of -1 steps/],
    [{ minQty: asQty(0) }, /at least 0 steps/],
    [{ minQty: asQty(0.5) }, /at least 0.5 steps/],
    [{ minQty: asQty(5), maxQty: asQty(4) }, /at most 4 steps/],
    [{ maxMarketQty: asQty(Number.NaN) }, /at most NaN steps/],
    [{ maxQty: asQty(1.5) }, /at most 1.5 steps/],
    [{ priceBand: { low: 1.1, high: 1.2 } }, /prices of 1.1 to 1.2 times the mark/],
    [{ priceBand: { low: -0.1, high: 1.2 } }, /prices of -0.1 to 1.2/],
    [{ priceBand: { low: 0.9, high: 0.99 } }, /prices of 0.9 to 0.99/],
    [{ priceBand: { low: 0.9, high: Number.NaN } }, /prices of 0.9 to NaN/],
  ];
  for (const [rules, message] of wrong) assert.throws(() => rulesIn(rules), message);
  assert.throws(() => rulesIn({ marketLot: asQty(7) }, 5), /a market lot of 7 steps/);
});

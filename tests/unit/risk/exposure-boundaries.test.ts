// Owns the edges of the exposure's switches: one bit of a row, and a venue nobody has.
// Promise: the bits beside are looked at as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeAt, riskRowAt } from '../../../engine/memory/plan.ts';
import * as layout from '../../../wasm/layout.ts';
import { layRisk, wideRisk } from '../../risk-fixture.ts';
import { inverse, linear, noKernels, orderOf } from '../../trading-fixture.ts';

const skip = noKernels;

test('exposure: tradable is one bit of its own row', { skip }, () => {
  const { exposure, plan, words } = layRisk(wideRisk());
  const flags = (index: number) => words[(riskRowAt(plan, index) + layout.ROW_FLAGS) / 4];
  exposure.setTradable(inverse, true);
  assert.equal(flags(inverse.index), layout.ROW_INVERSE | layout.ROW_TRADABLE);
  assert.equal(flags(linear.index), 0);
  exposure.setTradable(linear, true);
  exposure.setTradable(inverse, false);
  assert.equal(flags(inverse.index), layout.ROW_INVERSE);
  assert.equal(flags(linear.index), layout.ROW_TRADABLE);
});

test('exposure: an order at a venue nobody has is a broken invariant', { skip }, () => {
  const { exposure } = layRisk(wideRisk());
  const order = orderOf({ instrument: { ...linear, venue: 'nowhere' } }, 'a');
  assert.throws(() => exposure.setOpen(order, 10), /nowhere is not in the tree of limits/);
});

test('exposure: probes are written where the scope stands, row or node', { skip }, () => {
  const { exposure, plan, numbers } = layRisk(wideRisk());
  const read = (at: number) => numbers[at / 8];
  exposure.setProbes('instrument:BTCUSD.test', 3, 500);
  exposure.setProbes('venue:spot', 4, 600);
  const row = riskRowAt(plan, inverse.index);
  const node = nodeAt(plan, layout.LEVEL_VENUE, 1);
  assert.deepEqual(
    [read(row + layout.ROW_PROBES), read(row + layout.ROW_PROBE_NOTIONAL)],
    [3, 500],
  );
  assert.deepEqual(
    [read(node + layout.NODE_PROBES), read(node + layout.NODE_PROBE_NOTIONAL)],
    [4, 600],
  );
});

test('exposure: an order of one step is an open order until it is gone', { skip }, () => {
  const { exposure } = layRisk(wideRisk());
  const order = orderOf({}, 'a');
  exposure.setOpen(order, 1);
  assert.equal(exposure.openOrders(), 1);
  exposure.setOpen(order, 0);
  assert.equal(exposure.openOrders(), 0);
});

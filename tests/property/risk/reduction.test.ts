// Owns the laws of planned reductions, for any holdings and any limits.
// Promise: never flips, never grows, never beyond what is not on its way, always within a slice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asQty, powerOfTen } from '../../../engine/core/units.ts';
import { excessOf, type Owner, planReduction } from '../../../engine/risk/reduction.ts';
import { linear } from '../../trading-fixture.ts';

const steps = fc.integer({ min: -100_000, max: 100_000 });

const cases = fc.record({
  lot: fc.constantFrom(1, 5, 100),
  owned: fc.array(steps, { minLength: 1, maxLength: 5 }),
  start: steps,
  fraction: fc.constantFrom(0.25, 1 / 3, 0.5, 0.75, 1),
  openReducing: fc.integer({ min: 0, max: 50_000 }),
  unitNotional: fc.double({ min: 0.01, max: 1e5, noNaN: true }),
  orderNotionalMax: fc.double({ min: 1, max: 1e6, noNaN: true }),
  orderQtyMax: fc.double({ min: 0.001, max: 1e3, noNaN: true }),
});

test('reduction: shrinks towards what the step keeps and respects every slice', () => {
  let planned = 0;
  fc.assert(
    fc.property(cases, (c) => {
      const instrument = { ...linear, lot: asQty(c.lot) };
      const owners: Owner[] = c.owned.map((qty, k) => ({ account: 'a', strategy: `s${k}`, qty }));
      const qty = c.owned.reduce((sum, one) => sum + one, 0);
      const reduction = {
        scope: 'system',
        step: 1,
        steps: 4,
        reason: '',
        fraction: c.fraction,
        start: new Map([['a', Float64Array.of(c.start)]]),
      } as const;
      const held = { account: 'a', instrument, qty, orderQtyMin: c.lot };
      const holding = { ...c, ...held, owners, collar: 0.02 };
      const orders = planReduction([holding], reduction);
      planned += orders.length;
      const sum = orders.reduce((total, order) => total + order.qty, 0);
      const excess = excessOf(holding, reduction);
      assert.ok(sum <= Math.max(0, excess - c.openReducing), 'no more than is beyond the step');
      assert.ok(sum <= Math.abs(qty), 'no more than is held');
      if (orders.length < 20 && excess - c.openReducing >= c.lot) {
        assert.ok(excess - c.openReducing - sum < c.lot, 'all of it, when the slices allow');
      }
      for (const order of orders) {
        assert.equal(order.side, qty > 0 ? 'sell' : 'buy');
        assert.ok(order.qty > 0 && order.qty % c.lot === 0, `${order.qty} in lots`);
        const units = order.qty / powerOfTen(instrument.qtyScale);
        const isWithin =
          units <= c.orderQtyMax && units * c.unitNotional * 1.02 <= c.orderNotionalMax;
        assert.ok(isWithin || order.qty === c.lot, 'within a slice, or a single lot');
        const owner = owners.find(({ strategy }) => strategy === order.strategy);
        assert.equal(Math.sign(owner?.qty ?? 0), Math.sign(qty));
      }
    }),
    { seed: 3, numRuns: 2000 },
  );
  assert.ok(planned > 1000, `only ${planned} orders were planned`);
});

test('reduction: an owner gives more than it holds only by parts of lots', () => {
  fc.assert(
    fc.property(cases, (c) => {
      const instrument = { ...linear, lot: asQty(c.lot) };
      const owners: Owner[] = c.owned.map((qty, k) => ({ account: 'a', strategy: `s${k}`, qty }));
      const qty = c.owned.reduce((sum, one) => sum + one, 0);
      const reduction = {
        scope: 'system',
        step: 1,
        steps: 1,
        reason: '',
        fraction: 1,
        start: new Map([['a', Float64Array.of(qty)]]),
      } as const;
      const held = { account: 'a', instrument, qty, orderQtyMin: c.lot };
      const orders = planReduction([{ ...c, ...held, owners, collar: 0 }], reduction);
      for (const { strategy, qty: held } of owners) {
        const given = orders
          .filter((order) => order.strategy === strategy)
          .reduce((total, order) => total + order.qty, 0);
        assert.ok(given <= Math.abs(held) + owners.length * c.lot);
        if (c.lot === 1) assert.ok(given <= Math.abs(held));
      }
    }),
    { seed: 4, numRuns: 1000 },
  );
});

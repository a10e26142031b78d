// Owns the law of the exposure: the sums kept step by step are the sums of the rows from scratch.
// Promise: the model below knows nothing of the kernel nor of the order in which things happened.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCovariance } from '../../../engine/risk/covariance.ts';
import { createExposure } from '../../../engine/risk/exposure.ts';
import { DEFAULT_RISK_LIMITS, writeLimits, Z_95 } from '../../../engine/risk/limits.ts';
import { at, instruments, layGround, noKernels, orderOf } from '../../trading-fixture.ts';

const steps = fc.array(
  fc.record({
    which: fc.integer({ min: 0, max: 2 }),
    what: fc.constantFrom('mark', 'position', 'open', 'end'),
    value: fc.integer({ min: 1, max: 1000 }),
    buys: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

test('exposure: sums and VaR kept step by step are those of the rows', { skip: noKernels }, () => {
  fc.assert(
    fc.property(steps, (list) => {
      const shared = { ...layGround(3), instruments };
      writeLimits(shared.buffer, shared.plan, DEFAULT_RISK_LIMITS);
      createCovariance(shared);
      const exposure = createExposure({ ...shared, quoteRate: () => 1 });
      const marks = [100, 100, 100];
      const positions = [0, 0, 0];
      const open: { which: number; buys: boolean; qty: number; id: string }[] = [];
      for (const instrument of instruments) exposure.onMark(instrument, 100, at(0));
      list.forEach(({ which, what, value, buys }, k) => {
        const instrument = instruments[which]!;
        const side = buys ? 'buy' : 'sell';
        if (what === 'mark') {
          marks[which] = value;
          exposure.onMark(instrument, value, at(k));
        } else if (what === 'position') {
          positions[which] = buys ? value : -value;
          exposure.onPosition(instrument, positions[which]);
        } else if (what === 'open') {
          open.push({ which, buys, qty: value, id: `o${k}` });
          exposure.onOpenOrder(orderOf({ instrument, side }, `o${k}`), value);
        } else if (open.length > 0) {
          const [ended] = open.splice(value % open.length, 1);
          const order = orderOf(
            { instrument: instruments[ended!.which]!, side: ended!.buys ? 'buy' : 'sell' },
            ended!.id,
          );
          exposure.onOpenOrder(order, -ended!.qty);
        }
      });
      const weights = instruments.map((instrument, which) => {
        const unit = instrument.kind === 'inverse' ? 100 : marks[which]!;
        const size = (buys: boolean) =>
          open
            .filter((order) => order.which === which && order.buys === buys)
            .reduce((sum, { qty }) => sum + qty / 10 ** instrument.qtyScale, 0);
        const long = positions[which]! + size(true);
        const short = positions[which]! - size(false);
        return unit * (Math.abs(long) >= Math.abs(short) ? long : short);
      });
      const gross = weights.reduce((sum, w) => sum + Math.abs(w), 0);
      const near = (seen: number, expected: number) =>
        assert.ok(Math.abs(seen - expected) <= 1e-9 * Math.max(1, gross), `${seen}, ${expected}`);
      near(exposure.gross(), gross);
      const units = instruments.map(({ kind }, i) => (kind === 'inverse' ? 100 : marks[i]!));
      near(
        exposure.net(),
        positions.reduce((sum, p, i) => sum + p * units[i]!, 0),
      );
      // Prior: 4 % a day, 0.98 between the two BTC instruments, 0.6 otherwise.
      const [a = 0, b = 0, c = 0] = weights;
      const variance = a * a + b * b + c * c + 1.96 * a * b + 1.2 * (a * c + b * c);
      const risk = Z_95 * 0.04 * Math.sqrt(Math.max(0, variance));
      assert.ok(Math.abs(exposure.valueAtRisk() - risk) <= 1e-5 * Math.max(1, gross));
      assert.equal(exposure.openOrders(), open.length);
    }),
    { seed: 7, numRuns: 150 },
  );
});

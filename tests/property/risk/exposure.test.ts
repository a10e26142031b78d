// Owns the law of the exposure: the sums kept step by step are the sums of the rows from scratch.
// Promise: the model below knows nothing of the kernel nor of the order in which things happened.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCovariance } from '../../../engine/risk/covariance.ts';
import { createExposure, type Exposure } from '../../../engine/risk/exposure.ts';
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

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never;

interface Open {
  readonly which: number;
  readonly buys: boolean;
  readonly qty: number;
  readonly id: string;
}

/** The rows as the model keeps them. */
interface Model {
  readonly marks: number[];
  readonly positions: number[];
  readonly open: Open[];
}

function openExposure(): Exposure {
  const shared = { ...layGround(3), instruments };
  writeLimits(shared.buffer, shared.plan, DEFAULT_RISK_LIMITS);
  createCovariance(shared);
  const exposure = createExposure({ ...shared, quoteRate: () => 1 });
  for (const instrument of instruments) exposure.onMark(instrument, 100, at(0));
  return exposure;
}

function apply(exposure: Exposure, model: Model, step: Step, k: number): void {
  const { which, what, value, buys } = step;
  const instrument = instruments[which]!;
  if (what === 'mark') {
    model.marks[which] = value;
    exposure.onMark(instrument, value, at(k));
  } else if (what === 'position') {
    model.positions[which] = buys ? value : -value;
    exposure.onPosition(instrument, model.positions[which]);
  } else if (what === 'open') {
    model.open.push({ which, buys, qty: value, id: `o${k}` });
    exposure.onOpenOrder(orderOf({ instrument, side: buys ? 'buy' : 'sell' }, `o${k}`), value);
  } else {
    for (const ended of model.open.splice(value % (model.open.length + 1), 1)) {
      const side = ended.buys ? 'buy' : 'sell';
      const order = orderOf({ instrument: instruments[ended.which]!, side }, ended.id);
      exposure.onOpenOrder(order, -ended.qty);
    }
  }
}

const unitOf = ({ marks }: Model, which: number): number =>
  instruments[which]!.kind === 'inverse' ? 100 : marks[which]!;

function worstOf(model: Model, which: number): number {
  const size = (buys: boolean): number =>
    model.open
      .filter((order) => order.which === which && order.buys === buys)
      .reduce((sum, { qty }) => sum + qty / 10 ** instruments[which]!.qtyScale, 0);
  const long = model.positions[which]! + size(true);
  const short = model.positions[which]! - size(false);
  return unitOf(model, which) * (Math.abs(long) >= Math.abs(short) ? long : short);
}

/** Prior: 4 % a day, correlation 0.98 between the two BTC instruments, 0.6 otherwise. */
function riskOf([a = 0, b = 0, c = 0]: readonly number[]): number {
  const variance = a * a + b * b + c * c + 1.96 * a * b + 1.2 * (a * c + b * c);
  return Z_95 * 0.04 * Math.sqrt(Math.max(0, variance));
}

test('exposure: sums and VaR kept step by step are those of the rows', { skip: noKernels }, () => {
  fc.assert(
    fc.property(steps, (list) => {
      const exposure = openExposure();
      const model: Model = { marks: [100, 100, 100], positions: [0, 0, 0], open: [] };
      for (const [k, step] of list.entries()) apply(exposure, model, step, k);
      const weights = instruments.map(({ index }) => worstOf(model, index));
      const gross = weights.reduce((sum, w) => sum + Math.abs(w), 0);
      const net = model.positions.reduce((sum, p, which) => sum + p * unitOf(model, which), 0);
      const near = (seen: number, expected: number, share: number) =>
        assert.ok(Math.abs(seen - expected) <= share * Math.max(1, gross), `${seen}, ${expected}`);
      near(exposure.gross(), gross, 1e-9);
      near(exposure.net(), net, 1e-9);
      near(exposure.valueAtRisk(), riskOf(weights), 1e-5); // a root of what rounding has left
      assert.equal(exposure.openOrders(), model.open.length);
    }),
    { seed: 7, numRuns: 150 },
  );
});

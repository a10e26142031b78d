// Owns the law that the market has no preferred direction as far as features are concerned.
// Promise: a mirrored market flips the directional columns and leaves all others as they are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFeatureRows } from '../../../engine/features/rows.ts';
import { FEATURES, MODEL_FEATURES } from '../../../engine/features/vector.ts';
import { FORECAST_VALID } from '../../../wasm/layout.ts';
import { createGround, type Level } from '../../unit/features/ground.ts';

// Mirroring the market (bids for asks, up for down) flips their sign; all others stay as they are.
const DIRECTIONAL = [
  'microprice_bps',
  'imbalance_1',
  'imbalance_5',
  'imbalance_10',
  'imbalance_20',
  'depth_imbalance_1bps',
  'depth_imbalance_5bps',
  'depth_imbalance_10bps',
  'depth_imbalance_25bps',
  'slope_imbalance',
  'size_pressure_1',
  'size_pressure_5',
  'wall_pressure',
  'ofi_100ms',
  'ofi_1s',
  'ofi_5s',
  'trade_imbalance_100ms',
  'trade_imbalance_1s',
  'trade_imbalance_5s',
  'trade_flow_100ms',
  'trade_flow_1s',
  'trade_flow_5s',
  'return_100ms',
  'return_1s',
  'return_5s',
  'last_move',
  'last_move_fresh',
];

const MID = 600_000;
const T0 = 1_700_000_000e6;

const step = fc.record({
  side: fc.constantFrom('bid' as const, 'ask' as const),
  distance: fc.integer({ min: 1, max: 20 }),
  qty: fc.integer({ min: 1, max: 5000 }),
  trade: fc.option(fc.integer({ min: 1, max: 900 }), { nil: 0 }),
  gapMs: fc.integer({ min: 1, max: 180 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Rows of a market and of its mirror image, step by step. */
function computeRows(steps: readonly Step[], isMirrored: boolean): Float32Array[] {
  const ground = createGround(1);
  const { kernels, buffer, plan, instruments } = ground;
  const rows = createFeatureRows({ kernels, buffer, plan, shard: 0, instruments });
  const start = (sign: number): Level[] =>
    Array.from({ length: 25 }, (_, k) => [MID + sign * (k + 1), 700 + k]);
  ground.load(0, start(-1), start(1), T0);
  let us = T0;
  return steps.map(({ side, distance, qty, trade, gapMs }) => {
    us += gapMs * 1000;
    const isBid = (side === 'bid') !== isMirrored;
    const level: Level = [MID + (isBid ? -distance : distance), qty];
    ground.apply(0, isBid ? [level] : [], isBid ? [] : [level], us);
    if (trade > 0) ground.trade(0, MID, trade, isBid ? 1 : 0);
    const out = new Float32Array(FEATURES.length);
    const status = rows.compute(instruments[0]!, us, out, 0);
    assert.ok(status === FORECAST_VALID || us - T0 < 700e3);
    return out;
  });
}

test('features: a mirrored market flips directional columns and nothing else', () => {
  const run = fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
    const there = computeRows(steps, false).at(-1)!;
    const back = computeRows(steps, true).at(-1)!;
    // A wall's two sides change places.
    const swap = (name: string): string =>
      name.startsWith('wall_bid')
        ? name.replace('bid', 'ask')
        : name.startsWith('wall_ask')
          ? name.replace('ask', 'bid')
          : name;
    for (const [column, name] of MODEL_FEATURES.entries()) {
      const sign = DIRECTIONAL.includes(name) ? -1 : 1;
      const expected = sign * there[column]!;
      const found = back[FEATURES.indexOf(swap(name))]!;
      const slack = 2e-4 * Math.max(1, Math.abs(expected)); // ln is not symmetric about the mid
      assert.ok(
        Math.abs(found - expected) <= slack || (Number.isNaN(found) && Number.isNaN(expected)),
        `${name}: ${found}, expected ${expected}`,
      );
    }
  });
  fc.assert(run, { seed: 20240808, numRuns: 40 });
});

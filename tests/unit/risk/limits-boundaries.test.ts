// Owns the edges of the limits in shared memory: what is written, and not a byte beyond.
// Promise: the bytes around are filled first, so that a write astray is seen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { riskRowAt } from '../../../engine/memory/plan.ts';
import { createLimits, limitTreeOf } from '../../../engine/risk/limits.ts';
import * as layout from '../../../wasm/layout.ts';
import { names, riskOf } from '../../risk-fixture.ts';
import { at, layGround, noKernels } from '../../trading-fixture.ts';

const skip = noKernels;
const MARK = 7;

/** Which f64s of a memory full of sevens are no seven any more. */
function touched(): { readonly cells: readonly number[]; readonly plan: { riskNodes: number } } {
  const ground = layGround(names.instruments.length + 1, { portfolios: 3, venues: 3 });
  const numbers = new Float64Array(ground.buffer);
  numbers.fill(MARK);
  const risk = riskOf();
  const result = limitTreeOf(risk, names);
  assert.ok(result.kind === 'tree');
  const limits = createLimits({ ...ground, names, risk, tree: result.tree });
  const rates = { 'venue:test': { message_rate: { hard: 3, soft: 2 } } };
  const scopes = { ...result.tree.scopes, ...rates };
  limits.write({ version: 2, scopes }, at(1e6));
  const { plan } = ground;
  const regions = [
    [plan.riskSystem, plan.riskSystem + layout.RISK_SYSTEM_BYTES],
    [plan.riskNodes, riskRowAt(plan, 0)],
    ...Array.from({ length: names.instruments.length + 1 }, (_, row) => [
      riskRowAt(plan, row) + layout.ROW_ORDER_QTY,
      riskRowAt(plan, row) + layout.ROW_PASSIVE_COLLAR + 16,
    ]),
  ] as const;
  const isWithin = (byte: number): boolean =>
    regions.some(([from = 0, to = 0]) => byte >= from && byte < to);
  const cells = [...numbers.keys()].filter((k) => numbers[k] !== MARK && !isWithin(k * 8));
  return { cells, plan };
}

test('limits: nothing but the system block, the nodes and the limits of rows is written', {
  skip,
}, () => {
  assert.deepEqual(touched().cells, []);
});

test('limits: strategies share four fifths of the open orders, people are not held', () => {
  const shareOf = (risk: Parameters<typeof riskOf>[0], strategies: readonly string[]) => {
    const result = limitTreeOf(riskOf(risk), { ...names, strategies });
    assert.ok(result.kind === 'tree', JSON.stringify(result));
    const { scopes } = result.tree;
    return strategies.map((name) => scopes[`strategy:${name}`]?.open_orders?.hard);
  };
  assert.deepEqual(shareOf({}, ['a', 'manual']), [160, undefined]);
  assert.deepEqual(shareOf({}, ['a', 'b', 'c', 'manual']), [53, 53, 53, undefined]);
  assert.deepEqual(shareOf({ maxOpenOrders: 1 }, ['a', 'b', 'manual']), [1, 1, undefined]);
  const system = { open_orders: 50 };
  assert.deepEqual(shareOf({ limits: { system } }, ['a', 'manual']), [40, undefined]);
  const limits = { strategies: { a: { open_orders: 200 } } };
  assert.deepEqual(shareOf({ limits }, ['a', 'b', 'manual']), [200, 80, undefined]);
});

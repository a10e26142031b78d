// Owns the law of the pre-trade check: no random order that breaks a limit is ever approved.
// Promise: the judge is exact, knows no kernel, and has met every check alone and at its limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Disagreement, runRandomOrders } from './random-orders.ts';

// COLIN_RISK_ORDERS=1000000 for the whole promise; the suite takes its first part.
const ORDERS = Number(process.env.COLIN_RISK_ORDERS ?? 30_000);
const SEED = process.env.COLIN_RISK_SEED ?? 'risk';

// JSON has no NaN and no Infinity, and they are what matters here.
const show = ({ seed, index, what, order, desk }: Disagreement): string =>
  JSON.stringify({ seed, index, what, order, desk }, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );

const result = runRandomOrders({ seed: SEED, orders: ORDERS });

test('risk: no order that breaks a limit is approved, none that keeps them all refused', (t) => {
  const { orders, approved, refused, nearLimit } = result;
  t.diagnostic(`${orders} orders, ${approved} approved, ${refused} refused, ${nearLimit} too near`);
  const [first] = result.disagreements;
  if (first !== undefined) assert.fail(show(first));
  assert.equal(orders, ORDERS);
});

test('risk: fewer than one order in a thousand is too near its limit for doubles to tell', () => {
  assert.ok(result.nearLimit < Math.max(5, ORDERS / 1000), `${result.nearLimit} of ${ORDERS}`);
});

test('risk: many orders pass and many are refused', () => {
  assert.ok(result.approved > ORDERS / 5, `${result.approved} of ${ORDERS} approved`);
  assert.ok(result.refused > ORDERS / 5, `${result.refused} of ${ORDERS} refused`);
});

test('risk: every check was the only one to refuse 100 times, and was kept at its limit', (t) => {
  if (ORDERS < 30_000) return t.skip('too few orders to meet every check often');
  const wanted = Math.min(100, ORDERS / 600);
  const rare = result.byCheck.flatMap(({ alone, close }, check) =>
    alone >= wanted && close >= 1 ? [] : [`check ${check}: alone ${alone}, close ${close}`],
  );
  assert.deepEqual(rare, []);
});

// Owns the edges of how full each limit is: nothing, infinity, the short end, the last asset.
// Promise: the numbers are written into the tables by hand, so that each use has one cause.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitName, LimitScope } from '../../../engine/core/limit.ts';
import { nodeAt } from '../../../engine/memory/plan.ts';
import * as layout from '../../../wasm/layout.ts';
import { openRisk, wideRisk } from '../../risk-fixture.ts';
import { noKernels } from '../../trading-fixture.ts';

const skip = noKernels;

function open() {
  const desk = openRisk(wideRisk({ ordersBurst: 100, ordersPerSecond: 50 }));
  const used = (scope: LimitScope, limit: LimitName): number | undefined =>
    desk.exposure.uses().find((one) => one.scope === scope && one.limit === limit)?.used;
  const put = (at: number, value: number): void => {
    desk.numbers[at / 8] = value;
  };
  return { ...desk, used, put };
}

test('limit uses: concentration is the larger end of any asset the run has', { skip }, () => {
  const { plan, put, used } = open();
  const asset = (n: number): number => plan.riskAssets + n * layout.ASSET_BYTES;
  put(asset(1) + layout.ASSET_LONG, 300);
  put(asset(1) + layout.ASSET_SHORT, -2000);
  assert.equal(used('system', 'concentration'), 0.2);
  put(asset(1) + layout.ASSET_LONG, 3000);
  assert.equal(used('system', 'concentration'), 0.3);
  put(asset(2) + layout.ASSET_LONG, 9000); // the room of an asset nobody has
  assert.equal(used('system', 'concentration'), 0.3);
});

test('limit uses: what is infinitely full is no number to show', { skip }, () => {
  const { plan, put, used } = open();
  put(nodeAt(plan, layout.LEVEL_SYSTEM, 0) + layout.NODE_GROSS, 5000);
  assert.equal(used('system', 'leverage'), 0.5);
  put(plan.riskSystem + layout.RISK_EQUITY, 0);
  assert.equal(used('system', 'leverage'), undefined);
});

test('limit uses: a bucket is as empty as it was at the time of the last equity', { skip }, () => {
  const { plan, put, used, numbers } = open();
  const node = nodeAt(plan, layout.LEVEL_SYSTEM, 0);
  const nowUs = numbers[(plan.riskSystem + layout.RISK_EQUITY_US) / 8] ?? Number.NaN;
  put(node + layout.NODE_TOKENS, 60);
  put(node + layout.NODE_TOKENS_US, nowUs);
  assert.equal(used('system', 'message_rate'), 40);
  put(node + layout.NODE_TOKENS_US, nowUs - 500_000);
  assert.equal(used('system', 'message_rate'), 15);
  put(node + layout.NODE_TOKENS_US, nowUs + 500_000);
  assert.equal(used('system', 'message_rate'), 40);
});

// Owns the proof that the risk benchmark runs, so that it cannot rot.
// Promise: a moment's run with real sockets and processes; its latencies mean nothing here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RISK_VARIANTS, runRiskBench, spreadOf, TINY_RISK } from '../../../bench/risk.ts';

test('bench: a tiny risk run builds its portfolio by fills and times every check', async () => {
  const { rows, conditions } = await runRiskBench(TINY_RISK);
  assert.deepEqual(
    rows.map(({ variant }) => variant),
    [...RISK_VARIANTS],
  );
  for (const { rounds, problems } of rows) {
    assert.deepEqual(problems, []);
    const [round] = rounds;
    assert.ok(round !== undefined);
    const { window, load, allocation } = round;
    assert.equal(window.assetsHeld, TINY_RISK.held);
    assert.equal(window.frames, load.frames, 'a frame was lost');
    assert.ok(load.orders > 0 && load.filled > 0 && load.filled < load.orders);
    assert.ok(Math.abs(window.riskCheckUs.count - load.orders) <= 1, 'a check was not timed');
    assert.equal(allocation.kernelBytes, 0);
    assert.ok(allocation.objectBytes > 0, 'what allocates was not seen to');
    assert.ok(allocation.approved > 0);
    assert.ok(window.slowShare >= 0 && window.slowShare <= 1);
  }
  assert.match(conditions, /20 instruments, 4 of them held/);
  assert.match(conditions, /share this (virtual )?machine, transparent huge pages: \w+/);
});

test('bench: the spread of an even number of rounds names the lower middle one', () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2, min: 1, max: 4 });
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
});

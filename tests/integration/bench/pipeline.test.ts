// Owns the proof that the pipeline benchmark runs, so that it cannot rot.
// Promise: a moment's run with real sockets and processes; its latencies mean nothing here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runPipelineBench, TINY, VARIANTS } from '../../../bench/pipeline.ts';

test('bench: a tiny pipeline run answers frames with orders at their prices', async (t) => {
  const { rows, conditions } = await runPipelineBench({ ...TINY, warmUpSeconds: 0 });
  t.diagnostic(JSON.stringify(rows.map(({ engine: _, ...row }) => row)));
  const [echo, direct, model] = rows;
  assert.deepEqual([echo?.variant, direct?.variant, model?.variant], [...VARIANTS]);
  assert.equal(echo?.unmatched, 0, 'the floor named a price no frame had');
  assert.ok(direct !== undefined && direct.orders > 0, 'no order came');
  assert.equal(direct.unmatched, 0, 'an order named a price no frame had');
  assert.equal(direct.frames, TINY.perSecond * TINY.seconds);
  assert.ok(direct.orders <= direct.frames);
  const { p50, p99, max } = direct.tickToOrderUs;
  assert.ok(p50 > 0 && p50 <= p99 && p99 <= max);
  const engine = direct.engine as { orders: number; journal: { verified: boolean } };
  const early = engine.orders - direct.orders; // the book of the snapshot may be worth one too
  assert.ok(early === 0 || early === 1, `the engine sent ${early} orders the venue did not see`);
  assert.ok(engine.journal.verified);
  assert.ok(model !== undefined && model.frames > 0);
  assert.match(conditions, /200 frames\/s/);
});

// Owns the edges of what a kill tells when its time is up.
// Promise: one order at one venue is as much a problem as many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKill } from '../../../engine/risk/kill.ts';
import { at } from '../../trading-fixture.ts';

const SECOND_US = 1e6;

test('kill: a single order left open at a venue is told by number', () => {
  const one = createKill({ venues: ['test'] });
  one.start({ flatten: false, drill: false, reason: 'fire', by: 'anna' }, [], 0, at(0));
  one.onOpenOrders('test', ['stranger'], at(1));
  const report = one.advance(at(60 * SECOND_US)).find(({ kind }) => kind === 'report');
  assert.ok(report?.kind === 'report');
  assert.equal(report.report.isConfirmed, false);
  assert.ok(report.report.problem.includes('test says that 1 are open'), report.report.problem);
});

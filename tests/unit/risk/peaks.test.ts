// Owns the cases of which peaks become facts: at a basis point, below it, and what else moves them.
// Promise: what is kept is what the cases folded; no guard stands in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDrawdown } from '../../../engine/risk/drawdown.ts';
import { changedPeaks } from '../../../engine/risk/peaks.ts';
import { createStandingsSlice } from '../../../engine/risk/standings-slice.ts';
import { at } from '../../trading-fixture.ts';

function openPeaks() {
  const drawdown = createDrawdown({ warning: 0.03, hard: 0.05 });
  const standings = createStandingsSlice();
  const changed = () => changedPeaks(new Map([['system', drawdown]]), standings);
  return {
    drawdown,
    observe: (equity: number) => drawdown.observe(equity, equity, at(1)),
    /** Peaks that are facts now; folded, as the guard would. */
    take(): number[] {
      const drawdowns = changed();
      standings.fold({ kind: 'peaks', drawdowns }, 0);
      return drawdowns.map(({ peak }) => peak);
    },
  };
}

test('peaks: one that rose by a basis point is a fact, one that rose by less is none', () => {
  const { observe, take } = openPeaks();
  assert.deepEqual(take(), [], 'nothing was seen yet');
  observe(9_999);
  assert.deepEqual(take(), [9_999]);
  assert.deepEqual(take(), []);
  observe(9_999.99);
  assert.deepEqual(take(), []);
  observe(9_000);
  assert.deepEqual(take(), [9_999.99], 'its level changed');
  const exact = openPeaks();
  exact.observe(9_999);
  exact.take();
  exact.observe(10_000); // 1 of 10,000
  assert.deepEqual(exact.take(), [10_000]);
});

test('peaks: of an account without money one is a fact, and then none', () => {
  const { observe, take } = openPeaks();
  observe(0);
  assert.deepEqual(take(), [0]);
  observe(0);
  assert.deepEqual(take(), []);
  observe(1e-9);
  assert.deepEqual(take(), [1e-9]);
});

test('peaks: one that was taken back, a new day and capital are facts', () => {
  const { drawdown, observe, take } = openPeaks();
  observe(10_000);
  take();
  observe(9_999.9);
  drawdown.rearm();
  assert.deepEqual(take(), [9_999.9]);
  drawdown.advance(at(86_400e6));
  assert.deepEqual(take(), [9_999.9]);
  drawdown.onCapital(0.1, 10_000, 10_000);
  observe(10_000);
  assert.equal(take().length, 1);
});

// Owns the proof of what the fold keeps of risk: words, peaks, proposals, and journals of before.
// Promise: each record is one an engine writes, or wrote before there were scopes and books.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Checkpoint, Fact } from '../../../engine/facts/fact.ts';
import { createFold, EMPTY_CHECKPOINT } from '../../../engine/storage/recovery-fold.ts';

const after = (bodies: readonly unknown[], start: Checkpoint = EMPTY_CHECKPOINT): Checkpoint => {
  const fold = createFold(start);
  for (const [k, body] of bodies.entries()) fold.apply(body as Fact, 1000 + k);
  return fold.checkpoint();
};

const word = (scope: string, state: string, by: string) => ({
  kind: 'trading_state',
  scope,
  state,
  reason: 'r',
  by,
});

test('fold: the words of people stay until they take them back, those of machines do not', () => {
  const { states } = after([
    word('system', 'halted', 'anna'),
    word('system', 'halted', 'drawdown'),
    word('strategy:manual', 'reducing', 'bert'),
    word('venue:a', 'reducing', 'breaker'),
    word('system', 'active', 'anna'),
    word('system', 'halted', 'drawdown'),
  ]);
  assert.deepEqual(states, [
    { scope: 'strategy:manual', state: 'reducing', reason: 'r', by: 'bert' },
  ]);
});

test('fold: a strategy’s peak is kept above its profit of then, the system’s as it was', () => {
  const turn = { kind: 'drawdown', from: 'normal', to: 'warning', drawdown: 0.02 };
  const figures = { peak: 500, equity: -300, measure: 'start' };
  const { drawdowns } = after([
    { ...turn, ...figures, scope: 'strategy:manual' },
    { ...turn, scope: 'system', peak: 1000, equity: 960, measure: 'start' },
  ]);
  assert.deepEqual(
    drawdowns?.map(({ scope, peak }) => [scope, peak]),
    [
      ['strategy:manual', 800],
      ['system', 1000],
    ],
  );
});

test('fold: the peak since the start is that of the last turn, whichever measure decided', () => {
  const before = { scope: 'system', level: 'normal', peak: 1000, day: 3, dayPeak: 900 } as const;
  const turn = { kind: 'drawdown', scope: 'system', from: 'normal', to: 'warning' };
  const { drawdowns } = after(
    [{ ...turn, drawdown: 0.033, peak: 1050, equity: 1015, measure: 'day' }],
    { ...EMPTY_CHECKPOINT, drawdowns: [before] },
  );
  assert.deepEqual(drawdowns, [{ ...before, level: 'warning', peak: 1050, dayPeak: 1050 }]);
});

test('fold: a proposal keeps the time it was made at, so that it still expires', () => {
  const changes = [{ scope: 'system', limit: 'gross', hard: 5, soft: 4, from: null }];
  const proposed = { kind: 'limits', step: 'proposed', proposal: 3, version: 1, changes };
  const { proposals } = after([{ ...proposed, reason: 'r', by: 'anna', approver: '' }]);
  assert.equal(proposals?.[0]?.timeUs, 1000);
});

test('fold: what has expired waits no longer and changes nothing', () => {
  const limits = { version: 1, scopes: { system: { gross: { hard: 9, soft: 8 } } } };
  const change = { scope: 'system', limit: 'gross', hard: 5, soft: 4, from: null };
  const step = { kind: 'limits', changes: [change], reason: 'r', by: 'anna', approver: '' };
  const { limits: tree, proposals } = after(
    [
      { ...step, step: 'proposed', proposal: 3, version: 1 },
      { ...step, step: 'proposed', proposal: 4, version: 1 },
      { ...step, step: 'expired', proposal: 3, version: 1 },
    ],
    { ...EMPTY_CHECKPOINT, limits },
  );
  assert.deepEqual(tree, limits);
  assert.deepEqual(
    proposals?.map(({ proposal }) => proposal),
    [4],
  );
});

test('fold: an approval changes the tree, and other proposals for the old one are gone', () => {
  const limits = { version: 1, scopes: { system: { gross: { hard: 9, soft: 8 } } } };
  const change = { scope: 'system', limit: 'gross', hard: 5, soft: 4, from: null };
  const step = { kind: 'limits', changes: [change], reason: 'r', by: 'anna', approver: '' };
  const { limits: tree, proposals } = after(
    [
      { ...step, step: 'proposed', proposal: 3, version: 1 },
      { ...step, step: 'proposed', proposal: 4, version: 1 },
      { ...step, step: 'approved', proposal: 3, version: 2, approver: 'bert' },
    ],
    { ...EMPTY_CHECKPOINT, limits },
  );
  assert.deepEqual(tree, { version: 2, scopes: { system: { gross: { hard: 5, soft: 4 } } } });
  assert.deepEqual(proposals, []);
});

test('fold: a checkpoint of before there were scopes still halts and still has its peak', () => {
  const { books, proposals, states, drawdowns, ...old } = EMPTY_CHECKPOINT;
  const before: Checkpoint = { ...old, tradingState: 'halted', peakEquity: 1_000_000 };
  const kept = after([], before);
  assert.deepEqual(kept.states, [
    { scope: 'system', state: 'halted', reason: 'as it was before the restart', by: 'journal' },
  ]);
  assert.equal(kept.drawdowns?.[0]?.peak, 1_000_000);
});

test('fold: a halt by a drawdown of before there were drawdown records still halts', () => {
  const { scope: _, ...old } = word('system', 'halted', 'drawdown');
  assert.equal(after([old]).states?.[0]?.state, 'halted');
});

test('fold: a fill of before there were books moves the position and no book', () => {
  const position = { instrument: 'A', qty: '1', cost: '5', entryPrice: '5' };
  const fill = { id: 'f', orderId: 'o', instrument: 'A', side: 'buy', price: '5', qty: '1' };
  const kept = after([{ kind: 'fill', fill, ledger: [], position }]);
  assert.equal(kept.positions[0]?.qty, '1');
  assert.deepEqual(kept.books, []);
});

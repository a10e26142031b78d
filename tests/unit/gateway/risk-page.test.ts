// Owns the proof of the Risk page's parts that need no document: levels, words, colours, state.
// Promise: below, at and above each mark; texts are compared whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colourOf } from '../../../dashboard/heat-map.ts';
import { tellEvent } from '../../../dashboard/risk-history.ts';
import { formatUnit, levelOf, toVarLines } from '../../../dashboard/risk-tables.ts';
import type { LimitUseWire, VarRowWire } from '../../../dashboard/risk-wire.ts';
import { createState, takeFrame } from '../../../dashboard/state.ts';

const use = (used: number): LimitUseWire => ({
  ...({ scope: 'system', limit: 'gross', unit: 'usd' } as const),
  ...{ used, soft: 80, hard: 100, utilization: used / 100 },
});

test('risk page: at a limit is within it, above it is beyond', () => {
  const levels = [79, 80, 80.5, 100, 100.5].map((used) => levelOf(use(used)));
  const soft = 'beyond soft';
  assert.deepEqual(levels, ['within', 'within', soft, soft, 'beyond hard']);
});

test('risk page: a value is written in the unit of its limit', () => {
  assert.equal(formatUnit(0.0123, 'fraction'), '1.23 %');
  assert.equal(formatUnit(2.4, 'ratio'), '2.40');
  assert.equal(formatUnit(1_500_000, 'usd'), '1.50m');
});

test('risk page: the ends of the colour scale are blue and orange, its middle the ground', () => {
  assert.equal(colourOf(-1), 'rgb(74 140 230)');
  assert.equal(colourOf(0), 'rgb(26 31 42)');
  assert.equal(colourOf(1), 'rgb(226 134 52)');
  assert.equal(colourOf(7), colourOf(1), 'outside of -1..1 is its end');
});

test('risk page: each kind of event is told in words', () => {
  const head = { sequence: 1, created_at: '2026-01-05T09:30:00Z', scope: 'system' } as const;
  const closed = tellEvent({
    ...head,
    ...{ kind: 'breaker', breaker: 'loss_rate', from: 'half_open', to: 'closed' },
    ...{ measured: 0, threshold: 1, reason: 'nothing happened while it probed' },
  });
  assert.deepEqual(closed, {
    what: 'loss rate breaker closed',
    tone: 'up',
    detail: 'nothing happened while it probed',
  });
  const halted = tellEvent({
    ...head,
    ...{ kind: 'drawdown', from: 'warning', to: 'halted', measure: 'day' },
    ...{ drawdown: 0.0512, peak: 1_000_000, equity: 948_800, capital: 990_000 },
  });
  assert.deepEqual(halted, {
    what: 'drawdown halted',
    tone: 'down',
    detail: '5.12 % below the peak of the day, 1.00m',
  });
});

test('risk page: rows of one method become one line by level', () => {
  const row = (method: string, level: string): VarRowWire => ({
    ...{ method, level, value_at_risk: 1, expected_shortfall: 2 },
    ...{ value_at_risk_10d: 3, expected_shortfall_10d: 4 },
  });
  const lines = toVarLines([row('a', '0.95'), row('b', '0.95'), row('a', '0.99')]);
  assert.deepEqual(
    lines.map(({ method, byLevel }) => [method, Object.keys(byLevel)]),
    [
      ['a', ['0.95', '0.99']],
      ['b', ['0.95']],
    ],
  );
});

test('risk page: events are kept newest first, and no more than a hundred', () => {
  const state = createState();
  for (let sequence = 1; sequence <= 120; sequence += 1) {
    const body = { kind: 'trading_state', state: 'halted', reason: 'r', by: 'b' } as const;
    const data = { ...body, scope: 'system', is_word: true, sequence, created_at: '' } as const;
    takeFrame(state, { type: 'risk_event', channel: 'risk', sequence, time_us: 0, data });
  }
  assert.equal(state.riskEvents.length, 100);
  assert.equal(state.riskEvents[0]?.sequence, 120);
});

// Owns the law of capital: deposits and withdrawals leave a drawdown what the returns made of it.
// Promise: the model is an index of returns alone, as a fund's unit price is; it knows no money.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openGuard, riskConfig } from '../../guard-fixture.ts';
import { at } from '../../trading-fixture.ts';

const step = fc.record({
  percent: fc.double({ min: -0.8, max: 0.8, noNaN: true }), // what the market does
  flow: fc.option(fc.double({ min: -0.9, max: 9, noNaN: true })), // of equity as it then is
});

test('guard: whatever comes in and goes out, a fall is the one of the returns', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const { guard } = openGuard({ risk: riskConfig({}, { lossFraction: 1 }) });
      let [equity, capital] = [1000, 1000];
      let [index, best, lowest] = [1, 1, 0];
      guard.onEquity(equity, capital, at(0));
      for (const [k, { percent, flow }] of steps.entries()) {
        equity *= 1 + percent / 100;
        index *= 1 + percent / 100;
        const moved = flow === null ? 0 : flow * equity;
        equity += moved;
        capital += moved;
        // Both at once: a look may find the market's move and a movement together.
        guard.onEquity(equity, capital, at(k + 1));
        best = Math.max(best, index);
        const fall = 1 - index / best;
        lowest = Math.max(lowest, fall);
        assert.ok(Math.abs(guard.drawdown() - fall) < 1e-9, `${guard.drawdown()} is not ${fall}`);
      }
      if (Math.abs(lowest - 0.05) > 1e-9) {
        assert.equal(guard.tradingState() === 'halted', lowest > 0.05);
      }
    }),
    { seed: 13, numRuns: 300 },
  );
});

// Owns the law of recovery: the fold of the journal is the portfolio that wrote it.
// Promise: the portfolio's own state is the independent source; any fills, any checkpoint between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPortfolio } from '../../../engine/accounts/portfolio.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import { createFold, EMPTY_CHECKPOINT } from '../../../engine/storage/recovery-fold.ts';
import { fillOf, instruments, orderOf } from '../../trading-fixture.ts';

const trades = fc.array(
  fc.record({
    which: fc.integer({ min: 0, max: instruments.length - 1 }),
    side: fc.constantFrom('buy', 'sell'),
    price: fc.integer({ min: 1, max: 9_000_000 }),
    qty: fc.integer({ min: 1, max: 5_000_000 }),
  }),
  { minLength: 1, maxLength: 30 },
);

const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

test('fold: after any fills, balances and positions are those of the portfolio', () => {
  fc.assert(
    fc.property(trades, fc.nat(30), (list, checkpointAt) => {
      const deposits = { USDT: '1000000', BTC: '3' };
      const portfolio = createPortfolio({ instruments, baseCurrency: 'USD', deposits });
      const written: Fact[] = [{ kind: 'deposit', ledger: portfolio.opening }];
      for (const [k, { which, side, price, qty }] of list.entries()) {
        if (k === checkpointAt) {
          const { positions } = portfolio.state();
          const state = { balances: portfolio.balances(), positions, nextFillNumber: k };
          written.push({ kind: 'checkpoint', checkpoint: { ...EMPTY_CHECKPOINT, ...state } });
        }
        const instrument = instruments[which]!;
        const order = orderOf({ instrument, side, qty: asQty(qty), price: asPrice(price) });
        written.push({ kind: 'fill', ...portfolio.applyFill(order, fillOf(price, qty), k) });
      }
      const fold = createFold();
      for (const body of written) fold.apply(JSON.parse(JSON.stringify(body)));
      const { balances, positions, nextFillNumber } = fold.checkpoint();
      assert.deepEqual(sorted(balances), sorted(portfolio.balances()));
      const byKey = Object.fromEntries(positions.map((p) => [p.instrument, p]));
      for (const position of portfolio.state().positions) {
        if (position.qty !== '0') assert.deepEqual(byKey[position.instrument], position);
      }
      assert.equal(nextFillNumber, list.length);
    }),
    { seed: 20240808, numRuns: 200 },
  );
});

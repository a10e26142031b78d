// Owns the laws of funds under any sequence of orders, fills and ends.
// Promise: a plain list of open orders, summed anew each time, is the independent source.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFunds } from '../../../engine/accounts/funds.ts';
import { createRates } from '../../../engine/accounts/rates.ts';
import {
  all,
  book,
  btcSpot,
  ethSpot,
  lackingOf,
  openAccounts,
  orderOf,
  reportOf,
} from '../../accounts-fixture.ts';

const RUNS = { seed: 20241113, numRuns: 500 };
const steps = fc.array(
  fc.record({
    what: fc.constantFrom('place', 'place', 'fill', 'end'),
    which: fc.nat(7),
    buys: fc.boolean(),
    eth: fc.boolean(),
    qty: fc.integer({ min: 1, max: 40 }),
    price: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

interface Open {
  readonly instrument: typeof btcSpot;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  left: number;
}

test('funds: orders that were let through never spend what is not there', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const accounts = openAccounts({ spot: { USDT: '1000', BTC: '20', ETH: '10' } });
      const rates = createRates({ instruments: 16, assets: 32, freshUs: 5e6 }, all);
      const initialMargin = { spot: 1, linear: 0.1, inverse: 0.1 };
      const limits = { slots: 16, ordersMax: 16, initialMargin };
      const funds = createFunds({ accounts, rates, names: ['main'], ...limits });
      for (const instrument of all) funds.add(instrument);
      funds.renew();
      const open = new Map<string, Open>();
      const keep = (id: string, { instrument, side, left, price }: Open): void =>
        funds.reserve(id, 'main', instrument, side, left, price);
      for (const { what, which, buys, eth, qty, price } of list) {
        const id = `o${which}`;
        const order = open.get(id);
        if (what === 'place' && order === undefined) {
          const side = buys ? 'buy' : 'sell';
          const made: Open = { instrument: eth ? ethSpot : btcSpot, side, price, left: qty };
          if (lackingOf(funds, made.instrument, side, qty, price) > 0) continue;
          open.set(id, made);
          keep(id, made);
        } else if (what === 'fill' && order !== undefined) {
          const part = Math.min(order.left, qty);
          const report = reportOf(order.instrument, order.price, part);
          funds.refresh(book(accounts, orderOf(order.instrument, order.side), report));
          order.left -= part;
          if (order.left > 0) keep(id, order);
          else funds.release(id);
          if (order.left === 0) open.delete(id);
        } else if (what === 'end') {
          funds.release(id);
          open.delete(id);
        }
        const kept = { USDT: 0, BTC: 0, ETH: 0 };
        for (const { instrument, side, left, price: limit } of open.values()) {
          if (side === 'buy') kept.USDT += left * limit;
          else kept[instrument === ethSpot ? 'ETH' : 'BTC'] += left;
        }
        for (const [asset, sum] of Object.entries(kept)) {
          assert.ok(Math.abs(funds.reserved('main', 'spot', asset) - sum) < 1e-9, asset);
          const balance = Number(accounts.balance('main', 'spot', asset)) / 1e18;
          assert.ok(balance >= sum - 1e-9, `${asset}: ${balance} and ${sum} are kept`);
        }
      }
    }),
    RUNS,
  );
});

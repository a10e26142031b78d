// Owns the laws of the portfolio under any sequence of fills.
// Promise: a model that adds up signed cash flows, without averages, is the independent source.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAmount } from '../../../engine/accounts/amount.ts';
import { createPortfolio, type Portfolio } from '../../../engine/accounts/portfolio.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Checkpoint } from '../../../engine/facts/fact.ts';
import { at, fillOf, instruments, inverse, linear, orderOf, spot } from '../../trading-fixture.ts';

const RUNS = { seed: 20240808, numRuns: 300 };
const ONE = 10n ** 18n;

interface Trade {
  readonly which: number;
  readonly buys: boolean;
  readonly price: number;
  readonly qty: number;
  readonly makes: boolean;
}

const trades = fc.array(
  fc.record({
    which: fc.integer({ min: 0, max: 2 }),
    buys: fc.boolean(),
    price: fc.integer({ min: 1, max: 9_000_000 }),
    qty: fc.integer({ min: 1, max: 5_000_000 }),
    makes: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

const deposits = { USDT: '1000000', BTC: '3' };

function run(list: readonly Trade[], portfolio: Portfolio, first = 0): void {
  list.forEach((trade, k) => void book(portfolio, trade, first + k));
}

function book(portfolio: Portfolio, trade: Trade, k: number): ReturnType<Portfolio['applyFill']> {
  const instrument = instruments[trade.which]!;
  const side = trade.buys ? 'buy' : 'sell';
  const order = orderOf({ instrument, side, qty: asQty(trade.qty), price: asPrice(trade.price) });
  const liquidity = trade.makes ? 'maker' : 'taker';
  return portfolio.applyFill(order, fillOf(trade.price, trade.qty, { liquidity }), k);
}

const open = (checkpoint?: Checkpoint): Portfolio =>
  createPortfolio({
    instruments,
    baseCurrency: 'USD',
    deposits,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });

const checkpointOf = (portfolio: Portfolio, nextFillNumber: number): Checkpoint => ({
  epoch: 1,
  nextOrderNumber: 1,
  nextSignalId: 1,
  nextFillNumber,
  peakEquity: 0,
  tradingState: 'active',
  ...portfolio.state(),
  openOrders: [],
});

const amount = (text: string): bigint => parseAmount(text)!;

test('portfolio: every posting and all accounts of an asset sum to zero after any fills', () => {
  fc.assert(
    fc.property(trades, (list) => {
      const portfolio = open();
      list.forEach((trade, k) => {
        const sums = new Map<string, bigint>();
        for (const { account, amount: text } of book(portfolio, trade, k).ledger) {
          const asset = account.split(':')[1]!;
          sums.set(asset, (sums.get(asset) ?? 0n) + amount(text));
        }
        for (const sum of sums.values()) assert.equal(sum, 0n);
        assert.ok(portfolio.isBalanced());
      });
    }),
    RUNS,
  );
});

/** Signed cash flow of a trade in units of 10^-18 of the settle asset, an exact fraction. */
function flowOf(instrument: Instrument, { buys, price, qty }: Trade): [bigint, bigint] {
  const sign = buys ? 1n : -1n;
  if (instrument.kind === 'inverse') {
    return [sign * 100n * BigInt(qty) * 100n * ONE, BigInt(price)]; // 100 USD / (price / 100)
  }
  return [-sign * BigInt(price) * BigInt(qty) * ONE, 100_000n];
}

test('portfolio: realised profit less open cost is the cash flow of all fills', () => {
  fc.assert(
    fc.property(trades, (list) => {
      const portfolio = open();
      run(list, portfolio);
      for (const record of portfolio.state().positions) {
        const instrument = instruments.find(({ key }) => key === record.instrument)!;
        const mine = list.filter(({ which }) => which === instrument.index);
        const flows = mine.map((trade) => flowOf(instrument, trade));
        const realised = amount(record.realised);
        const cost = amount(record.cost);
        if (instrument !== inverse) {
          const exact = flows.reduce((sum, [n, d]) => sum + n / d, 0n); // d divides n
          assert.equal(realised - cost, exact);
          continue;
        }
        // Coins: a buy is worth its floor, a sale costs its ceiling; released cost loses nothing.
        const low = flows.reduce(
          (sum, [n, d]) => sum + (n >= 0n ? n / d : -((-n + d - 1n) / d)),
          0n,
        );
        assert.equal(realised + cost, low);
      }
    }),
    RUNS,
  );
});

test('portfolio: cash is deposits, less fees, plus realised profit and spot flows, exactly', () => {
  fc.assert(
    fc.property(trades, (list) => {
      const portfolio = open();
      run(list, portfolio);
      const positions = portfolio.state().positions;
      const find = (key: string) => positions.find(({ instrument }) => instrument === key);
      let usdt = amount(deposits.USDT);
      const perp = find(linear.key);
      if (perp !== undefined) usdt += amount(perp.realised) - amount(perp.fees);
      const coins = find(spot.key);
      if (coins !== undefined) {
        usdt += amount(coins.realised) - amount(coins.cost) - amount(coins.fees);
      }
      const balances = portfolio.balances();
      assert.equal(amount(balances['cash:USDT']!), usdt);
      const contracts = find(inverse.key);
      const btc = amount(deposits.BTC) + (contracts ? amount(contracts.realised) : 0n);
      assert.equal(amount(balances['cash:BTC']!), btc - (contracts ? amount(contracts.fees) : 0n));
    }),
    RUNS,
  );
});

test('portfolio: going on from a checkpoint gives the same state as never stopping', () => {
  fc.assert(
    fc.property(trades, fc.nat(40), (list, cut) => {
      const whole = open();
      run(list, whole);
      const before = open();
      run(list.slice(0, cut), before);
      const after = open(JSON.parse(JSON.stringify(checkpointOf(before, cut))));
      run(list.slice(cut), after, cut);
      assert.deepEqual(after.state(), whole.state());
    }),
    RUNS,
  );
});

test('portfolio: equity in doubles agrees with the exact books to a millionth', () => {
  fc.assert(
    fc.property(trades, fc.integer({ min: 1, max: 90_000 }), (list, mid) => {
      const portfolio = open();
      run(list, portfolio);
      for (const instrument of instruments) portfolio.mark(instrument, mid, at(1));
      const cash = (asset: string) =>
        Number(amount(portfolio.balances()[`cash:${asset}`] ?? '0')) / 1e18;
      let worth = cash('USDT') + (cash('BTC') + cash('ETH')) * mid;
      for (const { instrument, qty, cost } of portfolio.state().positions) {
        if (instrument === linear.key) worth += Number(qty) * mid - Number(cost);
        if (instrument === inverse.key) worth += Number(cost) * mid - Number(qty) * 100;
      }
      const scale = Math.max(1e6, ...list.map(({ price, qty }) => price * qty), mid * 1e6);
      assert.ok(Math.abs(portfolio.equity() - worth) <= 1e-6 * scale);
    }),
    RUNS,
  );
});

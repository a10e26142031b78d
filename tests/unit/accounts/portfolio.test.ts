// Owns the hand-computed cases of positions, ledger and equity.
// Promise: expected numbers are worked out by hand or come from a venue's published example.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortfolio, type Portfolio } from '../../../engine/accounts/portfolio.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { Order } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { at, fillOf, instruments, inverse, linear, orderOf, spot } from '../../trading-fixture.ts';

const open = (deposits: Record<string, string> = { USDT: '1000' }): Portfolio =>
  createPortfolio({ instruments, baseCurrency: 'USD', deposits });

let number = 0;
function trade(
  portfolio: Portfolio,
  instrument: Instrument,
  side: Order['side'],
  price: number,
  qty: number,
  liquidity: 'maker' | 'taker' = 'taker',
): ReturnType<Portfolio['applyFill']> {
  number += 1;
  const order = orderOf({ instrument, side, price: asPrice(price), qty: asQty(qty) });
  return portfolio.applyFill(order, fillOf(price, qty, { liquidity }), number);
}

test('portfolio: a deposit is cash, and the ledger says where it came from', () => {
  const portfolio = open({ USDT: '1000.5' });
  assert.deepEqual(portfolio.opening, [
    { account: 'cash:USDT', amount: '1000.5' },
    { account: 'equity:USDT', amount: '-1000.5' },
  ]);
  assert.equal(portfolio.equity(), 1000.5);
  assert.equal(portfolio.equityText(), '1000.50');
  assert.ok(portfolio.isBalanced());
});

test('portfolio: opening a linear position moves only the fee', () => {
  const portfolio = open();
  const { fill, ledger, position } = trade(portfolio, linear, 'buy', 10_000, 2_000); // 2 at 100.00
  assert.equal(fill.fee, '0.1'); // 200 x 0.0005
  assert.deepEqual(ledger, [
    { account: 'fees:USDT', amount: '0.1' },
    { account: 'cash:USDT', amount: '-0.1' },
  ]);
  assert.deepEqual(position, {
    instrument: 'BTCUSDT.test',
    qty: '2',
    cost: '200',
    entryPrice: '100',
    realised: '0',
    fees: '0.1',
  });
});

test('portfolio: a partial close realises its share at average cost', () => {
  const portfolio = open();
  trade(portfolio, linear, 'buy', 10_000, 1_000); // 1 at 100
  trade(portfolio, linear, 'buy', 11_000, 1_000); // 1 at 110: average 105
  const { fill, position } = trade(portfolio, linear, 'sell', 12_000, 500, 'maker');
  assert.equal(fill.realised, '7.5'); // 0.5 x (120 - 105)
  assert.equal(fill.fee, '0.012'); // 60 x 0.0002
  assert.equal(position.entryPrice, '105');
  assert.equal(position.qty, '1.5');
});

test('portfolio: a fill through zero closes at the old average and opens at its own price', () => {
  const portfolio = open();
  trade(portfolio, linear, 'buy', 10_000, 1_000);
  const { fill, position } = trade(portfolio, linear, 'sell', 9_000, 3_000);
  assert.equal(fill.realised, '-10');
  assert.equal(position.qty, '-2');
  assert.equal(position.entryPrice, '90');
  assert.equal(position.cost, '-180');
  portfolio.mark(linear, 80, at(2));
  assert.equal(portfolio.position(linear).unrealised, 20);
  assert.equal(portfolio.position(linear).notional, -160);
});

test('portfolio: an inverse contract pays in coins as in the published BitMEX example', () => {
  // 50,000 contracts of 1 USD bought at 10,000 and sold at 11,000 earn 0.4545 XBT (BitMEX,
  // "Inverse perpetual contracts guide"); here 500 contracts of 100 USD.
  const portfolio = open({ BTC: '10' });
  trade(portfolio, inverse, 'buy', 1_000_000, 500);
  const { fill } = trade(portfolio, inverse, 'sell', 1_100_000, 500);
  assert.equal(fill.realised, '0.454545454545454545'); // 5 - 4.5454…, rounded against us
  assert.equal(fill.feeAsset, 'BTC');
  assert.ok(portfolio.isBalanced());
});

test('portfolio: spot moves both assets, the fee is paid in the quote asset', () => {
  const portfolio = open();
  const { ledger } = trade(portfolio, spot, 'buy', 20_000, 1_500); // 1.5 at 200
  assert.deepEqual(ledger, [
    { account: 'cash:ETH', amount: '1.5' },
    { account: 'venue:ETH', amount: '-1.5' },
    { account: 'venue:USDT', amount: '300' },
    { account: 'cash:USDT', amount: '-300' },
    { account: 'fees:USDT', amount: '0.15' },
    { account: 'cash:USDT', amount: '-0.15' },
  ]);
  assert.equal(portfolio.balances()['cash:USDT'], '699.85');
  portfolio.mark(spot, 220, at(1));
  assert.equal(portfolio.equity().toFixed(6), '1029.850000'); // 699.85 + 1.5 x 220
});

test('portfolio: a maker rebate is income and the books still balance', () => {
  const paid = { ...linear, makerFee: -0.0001 };
  const portfolio = createPortfolio({
    instruments: [paid],
    baseCurrency: 'USD',
    deposits: { USDT: '1' },
  });
  const { fill } = trade(portfolio, paid, 'buy', 10_000, 1_000, 'maker');
  assert.equal(fill.fee, '-0.01');
  assert.equal(portfolio.balances()['cash:USDT'], '1.01');
  assert.ok(portfolio.isBalanced());
});

test('portfolio: equity is unknown, not wrong, while a held asset has no price', () => {
  const portfolio = open({ USDT: '1000', BTC: '2' });
  assert.ok(Number.isNaN(portfolio.equity()));
  assert.equal(portfolio.equityText(), 'unknown');
  portfolio.mark(linear, 50_000, at(1));
  assert.equal(portfolio.equity(), 101_000);
  assert.equal(portfolio.view(at(2)).startEquity, '101000.00');
  portfolio.mark(linear, 60_000, at(3));
  assert.equal(portfolio.view(at(3)).equity, '121000.00');
  assert.equal(portfolio.view(at(3)).startEquity, '101000.00');
});

test('portfolio: a mark that is no price changes nothing', () => {
  const portfolio = open({ BTC: '1' });
  portfolio.mark(linear, 100, at(1));
  for (const bad of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
    portfolio.mark(linear, bad, at(2));
    assert.equal(portfolio.equity(), 100);
  }
});

test('portfolio: the quote rate is 1 for dollars and the mark for a coin', () => {
  const cross: Instrument = { ...linear, index: 1, key: 'X', base: 'ETH', quote: 'BTC' };
  const both = [linear, { ...cross, settle: 'BTC' }];
  const portfolio = createPortfolio({ instruments: both, baseCurrency: 'USD', deposits: {} });
  assert.equal(portfolio.quoteRate(linear), 1);
  assert.ok(Number.isNaN(portfolio.quoteRate(both[1]!)));
  portfolio.mark(linear, 50_000, at(1));
  assert.equal(portfolio.quoteRate(both[1]!), 50_000);
});

test('portfolio: the view adds up exposures with their signs', () => {
  const portfolio = open();
  trade(portfolio, linear, 'buy', 10_000, 1_000);
  trade(portfolio, inverse, 'sell', 10_000, 3);
  portfolio.mark(linear, 110, at(1));
  portfolio.mark(inverse, 110, at(1));
  const view = portfolio.view(at(5));
  assert.equal(view.grossExposure, 410); // 110 + 3 x 100
  assert.equal(view.netExposure, -190);
  assert.deepEqual(
    view.positions.map(({ symbol, qty, entryPrice }) => [symbol, qty, entryPrice]),
    [
      ['BTCUSDT', '1', '100.00'],
      ['BTCUSD', '-3', '100.00'],
    ],
  );
});

/** Values of 24 digits: price 0.000000000003 and quantity 0.000000000007 at scales 12 and 12. */
const fine: Instrument = { ...linear, priceScale: 12, qtyScale: 12, takerFee: 0.5 };

test('portfolio: what does not end at 18 digits is rounded towards the venue', () => {
  const portfolio = createPortfolio({ instruments: [fine], baseCurrency: 'USD', deposits: {} });
  const bought = trade(portfolio, fine, 'buy', 3, 7_000_000); // 2.1e-17 exactly
  assert.equal(bought.position.cost, '0.000000000000000021');
  assert.equal(bought.fill.fee, '0.000000000000000011'); // 1.05e-17, up
  const more = trade(portfolio, fine, 'buy', 3, 500_000); // 1.5e-18, up to 2e-18
  assert.equal(more.position.cost, '0.000000000000000023');
  const sold = trade(portfolio, fine, 'sell', 3, 7_500_000); // 2.25e-17, down to 2.2e-17
  assert.equal(sold.fill.realised, '-0.000000000000000001');
});

test('portfolio: a partial close releases cost so that profit is the smaller one', () => {
  const portfolio = open({ USDT: '1000', BTC: '1' });
  trade(portfolio, linear, 'buy', 10_000, 1_000);
  trade(portfolio, linear, 'buy', 10_010, 2_000); // cost 300.2 for 3
  const { fill } = trade(portfolio, linear, 'sell', 10_010, 1_000);
  assert.equal(fill.realised, '0.033333333333333333'); // 100.1 - 300.2 / 3
  trade(portfolio, inverse, 'buy', 10_000, 1); // 1 coin
  trade(portfolio, inverse, 'buy', 12_500, 2); // 1.6 coins: 2.6 / 3 each
  const coins = trade(portfolio, inverse, 'sell', 12_500, 1);
  assert.equal(coins.fill.realised, '0.066666666666666666'); // 2.6 / 3 - 0.8
});

test('portfolio: a coin is worth what its first instrument with a mark says', () => {
  const other: Instrument = { ...linear, index: 1, key: 'BTCUSDT.other' };
  const both = [linear, other];
  const portfolio = createPortfolio({
    instruments: both,
    baseCurrency: 'USD',
    deposits: { BTC: '1' },
  });
  portfolio.mark(other, 90, at(1));
  assert.equal(portfolio.equity(), 90);
  portfolio.mark(linear, 100, at(2));
  portfolio.mark(other, 91, at(3));
  assert.equal(portfolio.equity(), 100);
});

test('portfolio: the same fill number is never booked twice', () => {
  const portfolio = open();
  const order = orderOf();
  portfolio.applyFill(order, fillOf(10_000, 1), 1_000_000);
  assert.throws(() => portfolio.applyFill(order, fillOf(10_000, 1), 1_000_000), /already booked/);
});

test('portfolio: deposits and checkpoints that do not add up are refused', () => {
  assert.throws(() => open({ USDT: '1e3' }), /not an amount/);
  const checkpoint = {
    epoch: 1,
    nextOrderNumber: 1,
    nextSignalId: 1,
    nextFillNumber: 1,
    peakEquity: 0,
    tradingState: 'active',
    balances: { 'cash:USDT': '1' },
    positions: [],
    openOrders: [],
  } as const;
  const base = { instruments, baseCurrency: 'USD', deposits: {} };
  assert.throws(() => createPortfolio({ ...base, checkpoint }), /do not sum to zero/);
  const record = { qty: '1', cost: '1', entryPrice: '1', realised: '0', fees: '0' };
  const positions = [{ ...record, instrument: 'GONE.test' }];
  const lost = { ...checkpoint, balances: {}, positions };
  assert.throws(() => createPortfolio({ ...base, checkpoint: lost }), /not configured/);
});

test('portfolio: an instrument that settles in a foreign asset is refused', () => {
  const quanto = { ...linear, settle: 'BTC' };
  const options = { instruments: [quanto], baseCurrency: 'USD', deposits: {} };
  assert.throws(() => createPortfolio(options), /settles in USDT/);
});

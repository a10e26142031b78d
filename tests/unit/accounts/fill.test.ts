// Owns the hand-computed cases of what a fill does to balances, positions and holdings.
// Promise: expected numbers are worked out by hand or come from a venue's published example.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideFill, feeProblem } from '../../../engine/accounts/fill.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import {
  book,
  btcCoin,
  btcPerp,
  btcSpot,
  ethBtc,
  NO_RATES,
  openAccounts,
  orderOf,
  reportOf,
} from '../../accounts-fixture.ts';

const buy = orderOf;
const balances = (accounts: ReturnType<typeof openAccounts>, venue: string, asset: string) =>
  Number(accounts.balance('main', venue, asset)) / 1e18;

test('fill: opening a linear position moves the fee and nothing else', () => {
  const accounts = openAccounts();
  const fact = book(accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 2));
  assert.deepEqual(fact.postings, [
    { account: 'main', venue: 'usdm', book: 'fees', asset: 'USDT', amount: '0.1' },
    { account: 'main', venue: 'usdm', book: 'balance', asset: 'USDT', amount: '-0.1' },
  ]);
  assert.deepEqual(fact.position, {
    account: 'main',
    strategy: null,
    instrument: 'BTCUSDT.usdm',
    qty: '2',
    cost: '200',
    entryPrice: '100',
    realised: '0',
    fees: '0.1',
    funding: '0',
  });
  assert.deepEqual(fact.holding, { ...fact.position, strategy: 'manual' });
});

test('fill: a partial close realises its share at average cost into the balance', () => {
  const accounts = openAccounts();
  book(accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 1));
  book(accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 110, 1)); // average 105
  const maker = { liquidity: 'maker' } as const;
  const { fill, position } = book(
    accounts,
    orderOf(btcPerp, 'sell'),
    reportOf(btcPerp, 120, 0.5, maker),
  );
  assert.equal(fill.realised, '7.5'); // 0.5 x (120 - 105)
  assert.equal(fill.fee, '0.012'); // 60 x 0.0002
  assert.equal(position.entryPrice, '105');
  assert.equal(position.qty, '1.5');
  assert.equal(balances(accounts, 'usdm', 'USDT'), 7.383); // 7.5 less 0.05, 0.055 and 0.012
});

test('fill: through zero it closes at the old average and opens at its own price', () => {
  const accounts = openAccounts();
  book(accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 1));
  const { fill, position } = book(accounts, orderOf(btcPerp, 'sell'), reportOf(btcPerp, 90, 3));
  assert.equal(fill.realised, '-10');
  assert.equal(position.qty, '-2');
  assert.equal(position.entryPrice, '90');
  assert.equal(position.cost, '-180');
});

test('fill: an inverse contract pays in coins as in the published BitMEX example', () => {
  // 50,000 contracts of 1 USD bought at 10,000 and sold at 11,000 earn 0.4545 XBT (BitMEX,
  // "Inverse perpetual contracts guide"); here 500 contracts of 100 USD.
  const accounts = openAccounts();
  book(accounts, orderOf(btcCoin, 'buy'), reportOf(btcCoin, 10_000, 500));
  const { fill } = book(accounts, orderOf(btcCoin, 'sell'), reportOf(btcCoin, 11_000, 500));
  assert.equal(fill.realised, '0.454545454545454545'); // 5 - 4.5454…, rounded against us
  assert.equal(fill.feeAsset, 'BTC');
  assert.ok(accounts.isBalanced());
});

test('fill: F11 a spot fee is taken from the coins received: buying 1 BTC gives 0.999', () => {
  const accounts = openAccounts({ spot: { USDT: '60000' } });
  const fact = book(accounts, orderOf(btcSpot, 'buy'), reportOf(btcSpot, 60_000, 1));
  assert.equal(fact.fill.fee, '0.001');
  assert.equal(fact.fill.feeAsset, 'BTC');
  assert.equal(balances(accounts, 'spot', 'BTC'), 0.999);
  assert.equal(balances(accounts, 'spot', 'USDT'), 0);
  assert.equal(fact.position.qty, '0.999'); // what can be sold
  assert.equal(fact.position.cost, '59940');
  assert.equal(fact.position.fees, '60');
  assert.equal(fact.position.realised, '0');
  const sale = book(accounts, orderOf(btcSpot, 'sell'), reportOf(btcSpot, 61_000, 0.999));
  assert.equal(sale.fill.feeAsset, 'USDT');
  assert.equal(sale.fill.fee, '60.939');
  assert.equal(sale.position.qty, '0');
  assert.equal(sale.position.realised, '999'); // 0.999 x 1,000
});

test('fill: a venue that takes spot fees in the quote leaves the coins whole', () => {
  const quoted = { ...btcSpot, rules: { ...btcSpot.rules, feeIn: 'quote' } } as const;
  const accounts = openAccounts({ spot: { USDT: '61000' } });
  book(accounts, orderOf(quoted, 'buy'), reportOf(quoted, 60_000, 1));
  assert.equal(balances(accounts, 'spot', 'BTC'), 1);
  assert.equal(balances(accounts, 'spot', 'USDT'), 940);
});

test('fill: a fee in BNB leaves the BNB balance and its worth is charged to the strategy', () => {
  const accounts = openAccounts({ spot: { USDT: '60000', BNB: '1' } });
  const rates = { rateOf: (asset: string) => (asset === 'BNB' ? 600 : 1) };
  const fee = { asset: 'BNB', amount: '0.075' };
  const report = reportOf(btcSpot, 60_000, 1, { fee });
  const fact = book(accounts, orderOf(btcSpot, 'buy', { strategy: 's' }), report, rates);
  assert.equal(balances(accounts, 'spot', 'BNB'), 0.925);
  assert.equal(balances(accounts, 'spot', 'BTC'), 1);
  assert.equal(fact.holding.qty, '1');
  assert.equal(fact.holding.fees, '45');
  assert.equal(fact.position.fees, '45');
});

test('fill: a fee in an asset nobody prices is worth what the schedule says, and is booked', () => {
  const accounts = openAccounts();
  const fee = { asset: 'XYZ', amount: '3' };
  const fact = book(accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 2, { fee }));
  assert.equal(fact.holding.fees, '0.1'); // 200 x 0.0005
  assert.equal(balances(accounts, 'usdm', 'XYZ'), -3);
  assert.equal(balances(accounts, 'usdm', 'USDT'), 0);
});

test('fill: a maker rebate is income, in coins as well, and every fact balances', () => {
  const rebate = { ...btcSpot, makerFee: -0.0001 };
  const accounts = openAccounts({ spot: { USDT: '100' } });
  const maker = { liquidity: 'maker' } as const;
  const fact = book(accounts, orderOf(rebate, 'buy'), reportOf(rebate, 100, 1, maker));
  assert.equal(fact.fill.fee, '-0.0001');
  assert.equal(balances(accounts, 'spot', 'BTC'), 1.0001);
  assert.equal(fact.position.qty, '1.0001');
  assert.equal(fact.position.fees, '-0.01');
  assert.ok(accounts.isBalanced());
});

test('fill: a cross pair moves two coins, and its fee is a coin as well', () => {
  const accounts = openAccounts({ spot: { BTC: '1' } });
  const fact = book(accounts, orderOf(ethBtc, 'buy'), reportOf(ethBtc, 0.03, 10));
  assert.equal(balances(accounts, 'spot', 'BTC'), 0.7);
  assert.equal(balances(accounts, 'spot', 'ETH'), 9.99);
  assert.equal(fact.position.fees, '0.0003'); // BTC, the asset this pair settles in
});

test('fill: two strategies of one account hold their own averages, and sum to its position', () => {
  const accounts = openAccounts();
  const a = { strategy: 'a' };
  const b = { strategy: 'b' };
  book(accounts, orderOf(btcPerp, 'buy', a), reportOf(btcPerp, 100, 2));
  const crossed = book(accounts, orderOf(btcPerp, 'sell', b), reportOf(btcPerp, 110, 1));
  assert.equal(crossed.fill.realised, '10'); // the account nets: 1 of 2 closed
  assert.equal(crossed.holding.realised, '0'); // b opened a short of its own
  assert.equal(crossed.holding.qty, '-1');
  assert.equal(crossed.holding.entryPrice, '110');
  const mark = 120n * 10n ** 18n;
  const profit = (p: ReturnType<typeof accounts.position>): bigint =>
    p.realised + (p.qty * mark) / 10n ** 18n - p.cost - p.fees;
  const account = profit(accounts.position('main', btcPerp.key));
  const parts = ['a', 'b'].map((s) => profit(accounts.holding('main', s, btcPerp.key)));
  assert.equal(parts[0]! + parts[1]!, account);
});

test('fill: accounts and venues do not mix', () => {
  const accounts = openAccounts();
  book(accounts, orderOf(btcPerp, 'buy', { account: 'x' }), reportOf(btcPerp, 100, 1));
  book(accounts, orderOf(btcPerp, 'sell', { account: 'y' }), reportOf(btcPerp, 100, 1));
  assert.equal(accounts.position('x', btcPerp.key).qty, 10n ** 18n);
  assert.equal(accounts.position('y', btcPerp.key).qty, -(10n ** 18n));
  assert.equal(accounts.position('main', btcPerp.key).qty, 0n);
});

test('fill: what is no price, no quantity or no fee never becomes a fact', () => {
  const accounts = openAccounts();
  const decide = (parts: Parameters<typeof reportOf>[3]) => () =>
    decideFill(accounts, buy(btcPerp, 'buy'), reportOf(btcPerp, 1, 1, parts), NO_RATES);
  assert.throws(decide({ price: asPrice(0) }), /price 0/);
  assert.throws(decide({ price: asPrice(Number.NaN) }), /price NaN/);
  assert.throws(decide({ qty: asQty(-1) }), /no quantity/);
  assert.throws(decide({ fee: { asset: 'BNB', amount: '1e-3' } }), /'1e-3' BNB is no plain/);
  assert.equal(feeProblem({ asset: '', amount: '1' }), 'the fee names no asset');
  assert.equal(feeProblem({ asset: 'BNB', amount: '-0.1' }), null);
  assert.equal(feeProblem(null), null);
});

// Owns the cases of what an order needs and what is there for it.
// Promise: below, at and above; F3 is here as it was found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Accounts } from '../../../engine/accounts/accounts-slice.ts';
import { createFunds, type Funds } from '../../../engine/accounts/funds.ts';
import { createRates, type Rates } from '../../../engine/accounts/rates.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import {
  all,
  book,
  btcCoin,
  btcPerp,
  btcSpot,
  depositOf,
  ethBtc,
  ethSpot,
  lackingOf,
  openAccounts,
  orderOf,
  reportOf,
} from '../../accounts-fixture.ts';

interface Room {
  readonly accounts: Accounts;
  readonly rates: Rates;
  readonly funds: Funds;
}

function openRoom(deposits: Record<string, Record<string, string>>, ordersMax = 8): Room {
  const accounts = openAccounts(deposits);
  const rates = createRates({ instruments: 16, assets: 64, freshUs: 5e6 }, all);
  const initialMargin = { spot: 1, linear: 0.1, inverse: 0.1 };
  const names = ['main', 'b'];
  const funds = createFunds({ accounts, rates, names, slots: 16, ordersMax, initialMargin });
  for (const instrument of all) funds.add(instrument);
  funds.renew();
  return { accounts, rates, funds };
}

const lacks = ({ funds }: Room, instrument: Instrument, side: 'buy' | 'sell', qty = 1, price = 1) =>
  lackingOf(funds, instrument, side, qty, price);

test('funds: F3 a thousand dollars do not buy 100 ETH, however much BTC is there', () => {
  const room = openRoom({ spot: { USDT: '1000', BTC: '20' } });
  assert.equal(lacks(room, ethSpot, 'buy', 100, 2674), 266_400);
  assert.equal(lacks(room, ethSpot, 'buy', 0.37, 2674), 0);
  assert.equal(lacks(room, ethBtc, 'buy', 100, 0.04), 0); // that spends BTC
});

test('funds: F3 COIN-M contracts need coins, dollars elsewhere do not count', () => {
  const room = openRoom({ usdm: { USDT: '1000000' } });
  const needed = (100 / 50_000) * (0.1 + 0.0005);
  assert.ok(Math.abs(lacks(room, btcCoin, 'buy', 1, 50_000) - needed) < 1e-15);
  const rich = openRoom({ coinm: { BTC: '0.000201' } });
  assert.equal(lacks(rich, btcCoin, 'buy', 1, 50_000), 0);
  const poor = openRoom({ coinm: { BTC: '0.000200999' } });
  assert.ok(lacks(poor, btcCoin, 'buy', 1, 50_000) > 0);
});

test('funds: exactly what is there suffices, a step more does not', () => {
  const room = openRoom({ spot: { USDT: '100', BTC: '1' } });
  assert.equal(lacks(room, btcSpot, 'buy', 0.5, 200), 0); // the fee comes out of the coins
  assert.ok(lacks(room, btcSpot, 'buy', 0.5, 200.01) > 0);
  assert.equal(lacks(room, btcSpot, 'sell', 1, 5), 0);
  assert.ok(Math.abs(lacks(room, btcSpot, 'sell', 1.001, 5) - 0.001) < 1e-12);
});

test('funds: where the fee is paid in the quote it is part of what is needed', () => {
  const { funds } = openRoom({ spot: { USDT: '100' } });
  const quoted = { ...btcSpot, rules: { ...btcSpot.rules, feeIn: 'quote' } } as const;
  assert.equal(funds.need('main', quoted, 'buy', 1, 100), 100.1);
  assert.equal(funds.need('main', btcSpot, 'buy', 1, 100), 100);
  const rebate = { ...quoted, takerFee: -0.001 };
  assert.equal(funds.need('main', rebate, 'buy', 1, 100), 100); // not before it is earned
});

test('funds: open orders keep what they spend; the last word on an order counts', () => {
  const room = openRoom({ spot: { USDT: '100' } });
  const reserve = (id: string, qty: number): void =>
    room.funds.reserve(id, 'main', btcSpot, 'buy', qty, 10);
  reserve('one', 6);
  reserve('one', 6); // told twice
  assert.equal(room.funds.available('main', btcSpot, 'buy'), 40);
  reserve('two', 4);
  assert.equal(room.funds.available('main', ethSpot, 'buy'), 0); // the same dollars
  assert.ok(lacks(room, ethSpot, 'buy', 1, 1) > 0);
  assert.equal(room.funds.reserved('main', 'spot', 'USDT'), 100);
  reserve('one', 2); // partly filled
  assert.equal(room.funds.available('main', btcSpot, 'buy'), 40);
  room.funds.release('one');
  room.funds.release('one');
  room.funds.release('never');
  room.funds.release('two');
  assert.equal(room.funds.reserved('main', 'spot', 'USDT'), 0);
});

test('funds: accounts and venues keep their own', () => {
  const room = openRoom({ spot: { USDT: '100' } });
  assert.equal(room.funds.available('b', btcSpot, 'buy'), 0);
  assert.equal(room.funds.available('main', btcPerp, 'buy'), 0);
  const fact = depositOf('b', 'usdm', 'USDT', '7', 'late');
  room.accounts.fold(fact, 0);
  room.funds.refresh(fact);
  assert.equal(room.funds.available('b', btcPerp, 'sell'), 7);
  assert.throws(() => room.funds.available('x', btcSpot, 'buy'), /no account 'x'/);
});

test('funds: a position binds margin at its mark, and its profit counts', () => {
  const room = openRoom({ usdm: { USDT: '100' } });
  const fact = book(room.accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 2));
  room.funds.refresh(fact);
  const free = (): number => room.funds.available('main', btcPerp, 'buy');
  assert.ok(Math.abs(free() - (100 - 0.1 - 20)) < 1e-9); // at entry: there is no mark
  room.rates.mark(btcPerp, 110, asEpochUs(1), false);
  room.funds.renew();
  assert.ok(Math.abs(free() - (99.9 - 22 + 20)) < 1e-9);
});

test('funds: closing needs nothing, turning round needs the margin of what opens', () => {
  const room = openRoom({ usdm: { USDT: '20.2' } });
  const fact = book(room.accounts, orderOf(btcPerp, 'buy'), reportOf(btcPerp, 100, 2));
  room.funds.refresh(fact); // about 0.1 is left
  assert.equal(lacks(room, btcPerp, 'sell', 2, 100), 0);
  assert.equal(room.funds.need('main', btcPerp, 'sell', 2, 100), 0);
  assert.ok(Math.abs(room.funds.need('main', btcPerp, 'sell', 3, 100) - 10.15) < 1e-9);
  assert.ok(lacks(room, btcPerp, 'buy', 1, 100) > 0);
});

test('funds: no number is never enough', () => {
  const room = openRoom({ spot: { USDT: '100' } });
  for (const bad of [Number.NaN, 0, -1]) {
    assert.ok(Number.isNaN(lacks(room, btcSpot, 'buy', bad, 10)));
    assert.ok(Number.isNaN(lacks(room, btcSpot, 'buy', 1, bad)));
    assert.throws(() => room.funds.reserve('o', 'main', btcSpot, 'buy', 1, bad), /keeps NaN/);
  }
  const stranger = { ...btcSpot, index: 15, key: 'XYZ.spot' };
  assert.ok(Number.isNaN(lacks(room, stranger, 'buy')));
});

test('funds: reservations are bounded by the open orders there may be', () => {
  const { funds } = openRoom({ spot: { USDT: '100' } }, 2);
  funds.reserve('a', 'main', btcSpot, 'buy', 1, 1);
  funds.reserve('b', 'main', btcSpot, 'buy', 1, 1);
  assert.throws(() => funds.reserve('c', 'main', btcSpot, 'buy', 1, 1), /more than 2 orders/);
  funds.release('a');
  funds.reserve('c', 'main', btcSpot, 'buy', 1, 1);
});

test('funds: an order spends the quote to buy, the base to sell, else the settlement', () => {
  const { funds } = openRoom({});
  assert.equal(funds.spends(ethBtc, 'buy'), 'BTC');
  assert.equal(funds.spends(ethBtc, 'sell'), 'ETH');
  assert.equal(funds.spends(btcPerp, 'sell'), 'USDT');
  assert.equal(funds.spends(btcCoin, 'buy'), 'BTC');
});

test('funds: there is room for as many places of money as slots may need, and then none', () => {
  const accounts = openAccounts();
  const rates = createRates({ instruments: 16, assets: 64, freshUs: 5e6 }, all);
  const initialMargin = { spot: 1, linear: 0.1, inverse: 0.1 };
  const limits = { names: ['main'], slots: 1, ordersMax: 1, initialMargin };
  const funds = createFunds({ accounts, rates, ...limits });
  const at = (base: string): Instrument => ({ ...btcSpot, index: 0, base, key: `${base}.spot` });
  for (const base of ['A', 'B', 'C']) {
    assert.equal(funds.hasRoom(at(base)), true);
    funds.add(at(base)); // each in the slot of the one before: USDT and one coin more
  }
  assert.equal(funds.hasRoom(at('D')), false);
  assert.throws(() => funds.add(at('D')), /no room for D of main at spot/);
  assert.equal(funds.hasRoom({ ...at('A'), index: 1 }), false); // there is no such slot
});

test('funds: margin and open losses are put aside, open profit frees no more than that', () => {
  const room = openRoom({ usdm: { USDT: '100000' } });
  const reserved = (): number => room.funds.reserved('main', 'usdm', 'USDT');
  room.rates.mark(btcPerp, 60_000, asEpochUs(1), false);
  const order = orderOf(btcPerp, 'buy');
  room.funds.refresh(book(room.accounts, order, reportOf(btcPerp, 60_000, 10), room.rates));
  assert.equal(reserved(), 60_000);
  room.rates.mark(btcPerp, 59_000, asEpochUs(2), false);
  room.funds.revalue();
  assert.equal(reserved(), 69_000);
  room.rates.mark(btcPerp, 70_000, asEpochUs(3), false);
  room.funds.revalue();
  assert.equal(reserved(), 0);
  assert.equal(room.funds.reserved('main', 'nowhere', 'USDT'), 0);
});

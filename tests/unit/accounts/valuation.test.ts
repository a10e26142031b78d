// Owns the cases of equity, its age, profit of strategies and the exposure of coins.
// Promise: numbers are worked out by hand; F1, F2, F4 and S6 are here as they were found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EVERYBODY,
  exposureOf,
  movingExposures,
  touchedBy,
} from '../../../engine/accounts/exposures.ts';
import { viewOf } from '../../../engine/accounts/portfolio-view.ts';
import {
  collateralAt,
  equityOf,
  equityUsOf,
  pnlOf,
  refresh,
  reload,
  renewCarriers,
  stablecoinsOf,
  stakeOf,
  strategyProfitOf,
  unpricedOf,
  worthOf,
} from '../../../engine/accounts/valuation.ts';
import { type Instrument, marginPlaceOf } from '../../../engine/core/instrument.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import {
  all,
  bnbSpot,
  book,
  btcCoin,
  btcOther,
  btcPerp,
  btcSpot,
  depositOf,
  ethBtc,
  instrumentOf,
  openRoom,
  orderOf,
  type Room,
  reportOf,
  usdcSpot,
} from '../../accounts-fixture.ts';

const S = 1_000_000;

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${actual}`);
const exposure = (room: Room, instrument: Instrument): number =>
  exposureOf(room.worths, instrument, EVERYBODY);

test('valuation: F1 spot coins stand at spot marks while the perpetual moves or dies', () => {
  const room = openRoom([btcPerp, btcSpot], { spot: { USDT: '1000000' } });
  room.mark(btcPerp, 107_000);
  room.mark(btcSpot, 107_000);
  const quoted = {
    ...btcSpot,
    takerFee: 0.001,
    rules: { ...btcSpot.rules, feeIn: 'quote' },
  } as const;
  room.trade(quoted, {}, 107_000, 5); // fee 535
  assert.equal(equityOf(room.worths), 999_465);
  room.mark(btcPerp, 102_000, 2);
  assert.equal(equityOf(room.worths), 999_465);
  for (let second = 3; second < 8; second += 1) room.mark(btcSpot, 120_000, second);
  assert.equal(equityOf(room.worths), 1_064_465);
});

test('valuation: what rests on a pair are the coins it prices, over others as well', () => {
  const room = openRoom([ethBtc, btcSpot, btcPerp], { spot: { ETH: '10', USDT: '5' } });
  const on = (instrument: Instrument, strategy: string | null = null): number =>
    stakeOf(room.worths, strategy, ({ key }) => key === instrument.key);
  assert.equal(on(btcSpot), 0, 'nothing prices it yet');
  room.mark(ethBtc, 0.03);
  room.mark(btcSpot, 60_000);
  room.mark(btcPerp, 60_000);
  assert.deepEqual([on(ethBtc), on(btcSpot), on(btcPerp), on(usdcSpot)], [18_000, 18_000, 0, 0]);
  room.rates.mark(btcSpot, 60_000, asEpochUs(2 * S), true);
  assert.deepEqual([on(btcSpot), on(btcPerp)], [0, 18_000], 'the contract prices it meanwhile');
  room.trade(btcPerp, { side: 'sell', strategy: 's1' }, 60_000, 2);
  assert.deepEqual([on(btcPerp), on(btcPerp, 's1')], [138_000, 120_000]);
  assert.equal(on(ethBtc, 's1'), 0);
});

test('valuation: F2 ETH bought with BTC leaves equity known', () => {
  const room = openRoom([ethBtc, btcSpot], { spot: { BTC: '10' } });
  room.mark(btcSpot, 60_000);
  room.mark(ethBtc, 0.03);
  assert.equal(equityOf(room.worths), 600_000);
  room.trade(ethBtc, {}, 0.03, 10); // 0.3 BTC for 10 ETH less 0.01
  near(equityOf(room.worths), 9.7 * 60_000 + 9.99 * 1800);
  assert.deepEqual(unpricedOf(room.worths), []);
});

test('valuation: S6 equity is as old as the oldest mark it needs, and ages', () => {
  const room = openRoom([btcSpot, btcPerp, bnbSpot], { spot: { USDT: '1000', BTC: '1.5' } });
  room.mark(btcSpot, 60_000, 10);
  room.mark(bnbSpot, 600, 12);
  assert.equal(equityUsOf(room.worths), 10 * S);
  room.rates.advance(asEpochUs(610 * S));
  room.mark(bnbSpot, 600, 610); // fresh, but nothing of it is held
  assert.equal(equityUsOf(room.worths), 10 * S);
  room.mark(btcSpot, 61_000, 611);
  room.trade(btcPerp, {}, 60_000, 1);
  room.mark(btcPerp, 60_000, 20);
  assert.equal(equityUsOf(room.worths), 20 * S); // a contract needs its own mark
});

test('valuation: equity that needs no mark is of now, and what has none is named', () => {
  const room = openRoom([btcSpot, btcPerp], { spot: { USDT: '1000' } });
  room.rates.advance(asEpochUs(7 * S));
  assert.equal(equityOf(room.worths), 1000);
  assert.equal(equityUsOf(room.worths), 7 * S);
  room.trade(btcSpot, {}, 100, 1);
  room.trade(btcPerp, {}, 100, 1);
  assert.ok(Number.isNaN(equityOf(room.worths)));
  assert.equal(equityUsOf(room.worths), 0);
  assert.deepEqual(unpricedOf(room.worths), ['BTC', 'BTCUSDT.usdm']);
});

test('valuation: contracts stand at their own mark, and inverse profit is worth coins', () => {
  const room = openRoom([btcPerp, btcCoin], { usdm: { USDT: '1000' }, coinm: { BTC: '1' } });
  room.mark(btcPerp, 50_000);
  room.mark(btcCoin, 50_000);
  room.trade(btcPerp, {}, 50_000, 1); // fee 25
  room.trade(btcCoin, {}, 50_000, 100); // 10,000 USD, 0.2 BTC, fee 0.0001
  room.mark(btcPerp, 51_000);
  room.mark(btcCoin, 40_000);
  // No spot pair is here: the contract in dollars stands in for BTC. 0.2 - 0.25 coins are lost.
  near(equityOf(room.worths), 975 + 1000 + (0.9999 - 0.05) * 40_000);
});

test('valuation: worth by account and venue sums to equity, collateral backs orders', () => {
  const room = openRoom(all, { usdm: { USDT: '500', BNB: '1' }, spot: { USDT: '300', BTC: '2' } });
  for (const instrument of all) room.mark(instrument, 10);
  room.accounts.fold(depositOf('b', 'usdm', 'USDT', '50', 'other'), 0);
  reload(room.worths);
  room.trade(btcPerp, { account: 'b' }, 8, 1); // fee 0.004, open profit 2
  near(worthOf(room.worths, 'b', null), 51.996);
  near(worthOf(room.worths, 'main', 'spot'), 320);
  near(worthOf(room.worths, null, 'usdm'), 510 + 51.996);
  const usdm = marginPlaceOf(btcPerp);
  near(collateralAt(room.worths, usdm, 'main'), 500); // BNB backs nothing there
  near(collateralAt(room.worths, usdm, 'b'), 51.996);
  // 20 of coins, and the BNB at the other venue, whose risk a pair here carries.
  near(collateralAt(room.worths, { venue: 'spot', asset: null }, 'main'), 330);
  near(worthOf(room.worths, 'main', null) + worthOf(room.worths, 'b', null), equityOf(room.worths));
});

test('valuation: coins elsewhere back spot by as much as its margin holds of them', () => {
  const room = openRoom([btcSpot, btcCoin], { spot: { USDT: '300' }, coinm: { BTC: '2' } });
  const place = marginPlaceOf(btcSpot);
  for (const instrument of [btcSpot, btcCoin]) room.mark(instrument, 100);
  const free = (): number =>
    collateralAt(room.worths, place, 'main') - exposure(room, btcSpot) * 100;
  near(free(), 300);
  room.trade(btcCoin, {}, 80, 1); // 100 USD: a profit in coins, and a fee
  near(free(), 300);
  near(collateralAt(room.worths, marginPlaceOf(btcCoin), 'main'), exposure(room, btcSpot) * 100);
});

test('valuation: P&L is equity less capital, waits for values, and holds over a reload', () => {
  const room = openRoom([btcSpot], { spot: { USDT: '1000' } }); // booked as worth 0
  room.accounts.fold(depositOf('main', 'spot', 'BTC', '1', 'coins', null), 0);
  reload(room.worths);
  room.mark(btcSpot, 100);
  assert.ok(Number.isNaN(pnlOf(room.worths)));
  room.accounts.fold({ kind: 'capital_valued', id: 'coins', value: 100 }, 0);
  room.mark(btcSpot, 130);
  assert.equal(pnlOf(room.worths), 1030); // 1,000 of it for the deposit that was worth 0
  reload(room.worths);
  assert.equal(pnlOf(room.worths), 1030);
});

test('valuation: profits of strategies are their own, and sum with manual to the whole', () => {
  const room = openRoom([btcPerp, btcSpot], { usdm: { USDT: '1000' }, spot: { BTC: '3' } });
  room.mark(btcSpot, 100);
  room.mark(btcPerp, 100);
  room.trade(btcPerp, { strategy: 'a' }, 100, 2); // fee 0.1
  room.trade(btcPerp, { strategy: 'b', side: 'sell' }, 100, 1); // fee 0.05
  room.mark(btcPerp, 110);
  near(strategyProfitOf(room.worths, 'a'), 19.9);
  near(strategyProfitOf(room.worths, 'b'), -10.05);
  const names = ['a', 'b', 'manual'];
  const sum = names.reduce((all, name) => all + strategyProfitOf(room.worths, name), 0);
  near(sum, pnlOf(room.worths));
  near(equityOf(room.worths), 1300 + 9.85);
});

test('valuation: a fill costs its own fee, and profit counts from what was paid', () => {
  const room = openRoom([btcPerp], { usdm: { USDT: '10000' } });
  const profit = (): number => strategyProfitOf(room.worths, 'a');
  assert.equal(profit(), 0); // nothing is held yet, so nothing needs a price
  room.trade(btcPerp, { strategy: 'a' }, 100, 2); // fee 0.1
  assert.ok(Number.isNaN(profit()), 'what is held has no price yet');
  room.mark(btcPerp, 103);
  near(profit(), 6 - 0.1);
  room.trade(btcPerp, { strategy: 'a', side: 'sell' }, 102, 2);
  near(profit(), 4 - 0.1 - 0.0005 * 204);
  room.mark(btcPerp, 200);
  near(profit(), 4 - 0.1 - 0.0005 * 204); // flat: marks move nothing
  room.trade(btcPerp, { strategy: 'a' }, 200, 1, 'maker');
  near(profit(), 4 - 0.1 - 0.0005 * 204 - 0.0002 * 200);
  reload(room.worths);
  near(profit(), 4 - 0.1 - 0.0005 * 204 - 0.0002 * 200);
});

test('valuation: profit knows the contract size and the rate of the settle asset', () => {
  const large = instrumentOf({
    ...btcPerp,
    settle: 'USDC',
    quote: 'USDC',
    key: 'BTCUSDC.usdm',
    multiplier: 10,
  });
  const deposits = { usdm: { USDC: '10000' }, coinm: { BTC: '10' } };
  const room = openRoom([large, usdcSpot, btcCoin], deposits);
  room.mark(usdcSpot, 0.5); // half a dollar
  room.mark(large, 100);
  room.trade(large, { strategy: 'a' }, 100, 2); // 2 x 10 at 100
  near(strategyProfitOf(room.worths, 'a'), 0.5 * -(0.0005 * 2000));
  room.mark(large, 107);
  near(strategyProfitOf(room.worths, 'a'), 0.5 * (2 * 10 * 7 - 0.0005 * 2000));
  room.mark(btcCoin, 100);
  room.trade(btcCoin, { strategy: 'b' }, 100, 4); // 400 of face value, 4 BTC
  room.mark(btcCoin, 80);
  const rate = room.rates.rateOf('BTC');
  near(strategyProfitOf(room.worths, 'b'), (400 / 100 - 400 / 80 - 0.0005 * 4) * rate);
});

test('valuation: F4 coins that were deposited are exposure, and fall when they are sold', () => {
  const room = openRoom([btcPerp, btcSpot], { spot: { USDT: '1000000', BTC: '20' } });
  room.mark(btcSpot, 61_766);
  assert.equal(exposure(room, btcSpot), 20);
  assert.equal(exposure(room, btcPerp), 0);
  room.trade(btcSpot, { side: 'sell' }, 61_766, 1);
  assert.equal(exposure(room, btcSpot), 19);
  const [position] = viewOf(room.worths, asEpochUs(S)).positions;
  assert.equal(position?.qty, '19');
  assert.equal(position?.entryPrice, '0'); // nothing was bought here
  room.trade(btcPerp, { side: 'sell' }, 61_766, 4); // a hedge lowers the net
  const view = viewOf(room.worths, asEpochUs(S));
  assert.equal(exposure(room, btcPerp), -4);
  near(view.netExposure, 19 * 61_766); // the perpetual has no mark yet: shown as 0, equity unknown
  assert.equal(view.equity, 'unknown');
});

test('valuation: the quote leg of a cross pair is a short, at the carrier of its coin', () => {
  const room = openRoom(all, { spot: { USDT: '100' } });
  room.trade(ethBtc, { strategy: 's' }, 0.03, 10);
  near(exposure(room, btcSpot), -0.3);
  near(exposureOf(room.worths, btcSpot, { kind: 'strategy', strategy: 's' }), -0.3);
  const touched = book(
    room.accounts,
    orderOf(ethBtc, 'buy', { strategy: 's' }),
    reportOf(ethBtc, 0.03, 10),
  );
  refresh(room.worths, touched);
  const keys = touchedBy(room.worths, touched).map(({ key }) => key);
  assert.deepEqual(keys, ['ETHBTC.spot', 'BTCUSDT.spot', 'ETHUSDT.spot']);
  assert.equal(exposure(room, ethBtc), 0);
  near(exposure(room, all[2]!), 19.98);
});

test('valuation: COIN-M collateral goes to the carrier of the coin, with its profit', () => {
  const room = openRoom([btcPerp, btcSpot, btcCoin], { coinm: { BTC: '2' }, spot: { BTC: '1' } });
  room.mark(btcSpot, 50_000);
  room.mark(btcCoin, 50_000);
  room.trade(btcCoin, {}, 50_000, 100); // fee 0.0001
  assert.deepEqual(
    movingExposures(room.worths).map(({ key }) => key),
    ['BTCUSDT.spot'],
  );
  room.mark(btcCoin, 80_000);
  near(exposure(room, btcSpot), 3 - 0.0001 + (0.2 - 0.125));
  assert.equal(exposure(room, btcCoin), 100);
});

test('valuation: where only contracts carry a coin it counts in contracts', () => {
  const inverse = openRoom([btcCoin], { coinm: { BTC: '2' } });
  inverse.mark(btcCoin, 50_000);
  assert.equal(exposure(inverse, btcCoin), 1000); // 100,000 USD of 100 each
  assert.deepEqual(movingExposures(inverse.worths), [btcCoin]);
  const linear = openRoom([{ ...btcPerp, multiplier: 0.01 }], { usdm: { BTC: '2' } });
  assert.equal(exposure(linear, btcPerp), 200);
});

test('valuation: a currency that only a dollar pair trades is that pair, held short', () => {
  const parts = { index: 9, symbol: 'USDTTRY', venue: 'spot', kind: 'spot' } as const;
  const lira = instrumentOf({ ...parts, base: 'USDT', quote: 'TRY' });
  const room = openRoom([lira], { spot: { TRY: '4000' } });
  room.mark(lira, 40);
  assert.equal(exposure(room, lira), -100);
  assert.equal(equityOf(room.worths), 100);
});

test('valuation: stablecoins are no exposure but stand by name for a break of their peg', () => {
  const room = openRoom(all, { spot: { USDT: '100', USDC: '50' }, usdm: { USDT: '7' } });
  assert.deepEqual(stablecoinsOf(room.worths), { USDC: 50, USDT: 107 });
  assert.equal(exposure(room, usdcSpot), 0);
  room.mark(usdcSpot, 0.9);
  near(equityOf(room.worths), 107 + 45);
});

test('valuation: exposures of accounts and of strategies sum to the whole', () => {
  const room = openRoom(all, { spot: { USDT: '1000', BTC: '3' }, coinm: { BTC: '1' } });
  for (const instrument of all) room.mark(instrument, 10);
  room.trade(btcSpot, { strategy: 'a', account: 'b' }, 10, 2);
  room.trade(ethBtc, { strategy: 'a' }, 0.1, 1);
  room.trade(btcOther, { strategy: 'c', account: 'b', side: 'sell' }, 10, 1);
  room.trade(btcCoin, { strategy: 'c' }, 8, 3);
  for (const instrument of all) {
    const of = (owner: Parameters<typeof exposureOf>[2]) =>
      exposureOf(room.worths, instrument, owner);
    const whole = of(EVERYBODY);
    const accounts = ['main', 'b'].reduce((s, account) => s + of({ kind: 'account', account }), 0);
    near(accounts, whole);
    const names = ['a', 'c', 'manual'];
    near(
      names.reduce((s, strategy) => s + of({ kind: 'strategy', strategy }), 0),
      whole,
    );
  }
  near(exposureOf(room.worths, btcSpot, { kind: 'strategy', strategy: 'manual' }), 4);
});

test('valuation: an instrument that comes later takes over what it carries', () => {
  const room = openRoom([btcPerp], { spot: { BTC: '3' } });
  assert.equal(exposure(room, btcPerp), 3);
  room.rates.add(btcSpot);
  renewCarriers(room.worths);
  assert.equal(exposure(room, btcPerp), 0);
  assert.equal(exposure(room, btcSpot), 3);
});

test('valuation: the view tells accounts, venues and strategies apart', () => {
  const room = openRoom(all, { spot: { USDT: '1000' }, usdm: { USDT: '500' } });
  for (const instrument of all) room.mark(instrument, 100);
  room.trade(btcPerp, { strategy: 'a' }, 100, 1);
  room.trade(btcSpot, {}, 100, 2);
  const view = viewOf(room.worths, asEpochUs(S));
  assert.equal(view.equity, '1499.75'); // fees 0.05 and 0.002 BTC
  assert.deepEqual(view.cash, { BTC: '1.998', USDT: '1299.95' });
  assert.deepEqual(
    view.accounts.map(({ account, balances }) => [account, balances]),
    [['main', { spot: { BTC: '1.998', USDT: '800' }, usdm: { USDT: '499.95' } }]],
  );
  assert.deepEqual(
    view.strategies.map(({ strategy, profit }) => [strategy, profit]),
    [
      ['a', '-0.05'],
      ['manual', '1499.80'], // the deposits of this test were booked as worth nothing
    ],
  );
  assert.equal(view.strategies[0]?.holdings[0]?.qty, '1');
});

test('valuation: a row is its quantity at its mark, and exposure has the profit in coins', () => {
  const room = openRoom([btcSpot, btcCoin], { coinm: { BTC: '2' } });
  room.mark(btcSpot, 50_000);
  room.mark(btcCoin, 50_000);
  room.trade(btcCoin, {}, 40_000, 100); // 10,000 USD: 0.25 coins at 40,000, 0.2 at 50,000
  const view = viewOf(room.worths, asEpochUs(S));
  const [coins, contracts] = view.positions;
  assert.ok(coins && contracts);
  near(coins.notional, Number(coins.qty) * coins.mark);
  near(contracts.notional, 10_000);
  near(view.grossExposure, coins.notional + 10_000 + 0.05 * 50_000);
  room.rates.markSides(btcCoin, 49_000, 51_000); // wide: a long is worth the bid
  const [, long] = viewOf(room.worths, asEpochUs(S)).positions;
  assert.equal(long?.mark, 49_000);
  near(long.unrealised, (10_000 / 40_000 - 10_000 / 49_000) * 50_000);
});

test('valuation: profits sum to the P&L as they are shown, to the cent', () => {
  const room = openRoom([btcPerp], { usdm: { USDT: '1000' } });
  room.mark(btcPerp, 100);
  const strategies = ['a', 'b', 'c', 'manual'];
  for (const strategy of strategies) room.trade(btcPerp, { strategy }, 100, 0.1);
  const cents = (text: string): number => Math.round(Number(text) * 100);
  const view = viewOf(room.worths, asEpochUs(S));
  assert.equal(view.strategies.length, strategies.length);
  const rounded = strategies.map((one) => cents(strategyProfitOf(room.worths, one).toFixed(2)));
  const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
  assert.notEqual(sum(rounded), cents(view.pnl), 'each rounded by itself does not');
  assert.equal(sum(view.strategies.map(({ profit }) => cents(profit))), cents(view.pnl));
});

// Owns the cases of the rate graph: paths, ages, stand-ins, pegs and what nobody can price.
// Promise: rates are worked out by hand from the marks in each case.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRates, type Rates } from '../../../engine/accounts/rates.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import {
  all,
  btcCoin,
  btcOther,
  btcPerp,
  btcSpot,
  ethBtc,
  ethSpot,
  instrumentOf,
  usdcSpot,
} from '../../accounts-fixture.ts';

const S = 1_000_000;
const open = (instruments: readonly Instrument[]): Rates =>
  createRates({ instruments: 16, assets: 64, freshUs: 5 * S }, instruments);
const mark = (rates: Rates, instrument: Instrument, price: number, second: number, doubt = false) =>
  rates.mark(instrument, price, asEpochUs(second * S), doubt);
const usOf = (rates: Rates, asset: string): number => rates.rateUs(rates.indexOf(asset)) / S;

test('rates: F2 ETH is ETHBTC x BTCUSDT, as old as the older of the two', () => {
  const rates = open([ethBtc, btcSpot]);
  assert.equal(rates.rateOf('ETH'), Number.NaN);
  mark(rates, ethBtc, 0.03, 10);
  assert.equal(rates.rateOf('ETH'), Number.NaN);
  mark(rates, btcSpot, 60_000, 8);
  assert.equal(rates.rateOf('ETH'), 1800);
  assert.equal(usOf(rates, 'ETH'), 8);
});

test('rates: F1 a coin is worth its spot mark, whatever the perpetual says', () => {
  const rates = open(all);
  mark(rates, btcPerp, 107_000, 1);
  mark(rates, btcSpot, 107_000, 1);
  mark(rates, btcPerp, 102_000, 2);
  assert.equal(rates.rateOf('BTC'), 107_000);
});

test('rates: F1 a dead source gives way to the next pair, and comes back', () => {
  const rates = open([btcSpot, btcOther]);
  mark(rates, btcSpot, 100, 1);
  mark(rates, btcOther, 120, 6);
  assert.equal(rates.rateOf('BTC'), 100); // 5 s old, exactly fresh
  rates.advance(asEpochUs(6 * S + 1));
  assert.equal(rates.rateOf('BTC'), 120);
  mark(rates, btcSpot, 121, 7);
  assert.equal(rates.rateOf('BTC'), 121);
});

test('rates: a contract stands in for its base while no spot pair is fresh', () => {
  const rates = open([btcPerp, btcSpot]);
  mark(rates, btcPerp, 99, 1);
  assert.equal(rates.rateOf('BTC'), 99);
  mark(rates, btcSpot, 100, 1);
  assert.equal(rates.rateOf('BTC'), 100);
  mark(rates, btcPerp, 98, 7);
  assert.equal(rates.rateOf('BTC'), 98);
});

test('rates: where nothing is fresh the least old counts, and its age is told', () => {
  const rates = open([btcSpot, btcOther]);
  mark(rates, btcSpot, 100, 1);
  mark(rates, btcOther, 120, 2);
  rates.advance(asEpochUs(600 * S));
  assert.equal(rates.rateOf('BTC'), 120);
  assert.equal(usOf(rates, 'BTC'), 2);
});

test('rates: a doubtful mark prices nothing while another path is fresh', () => {
  const rates = open([btcSpot, btcOther]);
  mark(rates, btcSpot, 100, 5, true);
  mark(rates, btcOther, 120, 4);
  assert.equal(rates.rateOf('BTC'), 120);
  const alone = open([btcSpot]);
  mark(alone, btcSpot, 100, 5, true);
  assert.equal(alone.rateOf('BTC'), 100);
});

test('rates: a longer way is taken when the short one is old: BTC by way of the euro', () => {
  const pair = (index: number, base: string, quote: string): Instrument =>
    instrumentOf({ index, symbol: base + quote, venue: 'spot', kind: 'spot', base, quote });
  const eur = pair(9, 'EUR', 'USDT');
  const btcEur = pair(10, 'BTC', 'EUR');
  const rates = open([btcSpot, eur, btcEur]);
  mark(rates, btcSpot, 100, 1);
  mark(rates, eur, 1.1, 9);
  mark(rates, btcEur, 90, 9);
  assert.ok(Math.abs(rates.rateOf('BTC') - 99) < 1e-9);
  assert.equal(rates.rateOf('EUR'), 1.1);
});

test('rates: a pair prices its quote as well: one lira is 1 / USDTTRY', () => {
  const parts = { index: 9, symbol: 'USDTTRY', venue: 'spot', kind: 'spot' } as const;
  const lira = instrumentOf({ ...parts, base: 'USDT', quote: 'TRY' });
  const rates = open([lira]);
  assert.equal(rates.rateOf('TRY'), Number.NaN);
  mark(rates, lira, 40, 1);
  assert.equal(rates.rateOf('TRY'), 0.025);
  assert.equal(rates.rateOf('USDT'), 1);
});

test('rates: a dollar-like coin is one dollar until a pair of the run prices it', () => {
  const without = open([btcSpot]);
  assert.equal(without.rateOf('USDT'), 1);
  assert.equal(without.rate(without.indexOf('USDC')), 1);
  assert.equal(without.rateUs(without.indexOf('USDC')), Number.POSITIVE_INFINITY);
  const rates = open([btcSpot, usdcSpot]);
  assert.equal(rates.rateOf('USDC'), Number.NaN); // nobody has said yet
  mark(rates, usdcSpot, 0.88, 3);
  assert.equal(rates.rateOf('USDC'), 0.88);
  assert.equal(rates.rateOf('USDT'), 1); // the more trusted of the two is the measure
});

test('rates: a slot without an instrument and an asset nobody registered are no dollar', () => {
  const rates = open([btcSpot]);
  mark(rates, btcSpot, 60_000, 1);
  assert.equal(rates.quoteRate(btcSpot), 1);
  assert.equal(rates.quoteRate({ ...btcSpot, index: 9 }), Number.NaN);
  for (const asset of [-1, 60, Number.NaN]) {
    assert.equal(rates.rate(asset), Number.NaN);
    assert.equal(rates.rateUs(asset), 0);
  }
  rates.retire(btcSpot);
  assert.equal(rates.quoteRate(btcSpot), Number.NaN);
});

test('rates: what no instrument can price is told by name, and is no dollar', () => {
  const parts = { index: 9, symbol: 'BTCJPY', venue: 'spot', kind: 'spot' } as const;
  const yen = instrumentOf({ ...parts, base: 'BTC', quote: 'JPY' });
  const rates = open([yen]);
  rates.indexOf('XYZ');
  const known = (): string[] => ['BTC', 'JPY', 'XYZ'].filter((asset) => rates.isPriceable(asset));
  assert.deepEqual(known(), []);
  mark(rates, yen, 9_000_000, 1);
  assert.equal(rates.rateOf('JPY'), Number.NaN);
  assert.equal(rates.isPriceable('JPY'), false);
  rates.add(btcSpot); // now JPY is BTCUSDT / BTCJPY
  assert.deepEqual(known(), ['BTC', 'JPY']);
  mark(rates, btcSpot, 60_000, 2);
  assert.ok(Math.abs(rates.rateOf('JPY') - 1 / 150) < 1e-12);
});

test('rates: an inverse contract alone prices its coin', () => {
  const rates = open([btcCoin]);
  mark(rates, btcCoin, 60_000, 1);
  assert.equal(rates.rateOf('BTC'), 60_000);
  assert.equal(rates.isPriceable('BTC'), true);
});

test('rates: marks that are no prices are ignored', () => {
  const rates = open([ethSpot]);
  mark(rates, ethSpot, 50, 1);
  for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) mark(rates, ethSpot, bad, 2);
  mark(rates, ethSpot, 70, Number.NaN);
  assert.equal(rates.rateOf('ETH'), 50);
});

test('rates: an instrument that retires takes its mark along, and its slot starts anew', () => {
  const rates = open([btcSpot, btcOther]);
  mark(rates, btcSpot, 100, 1);
  rates.retire(btcSpot);
  assert.equal(rates.rateOf('BTC'), Number.NaN);
  mark(rates, btcOther, 90, 1);
  assert.equal(rates.rateOf('BTC'), 90);
});

test('rates: capacity is a bound that says what did not fit', () => {
  const rates = createRates({ instruments: 16, assets: 4, freshUs: S }, [btcSpot]);
  rates.indexOf('A');
  assert.equal(rates.hasRoom(btcOther), true); // its assets are known
  assert.equal(rates.hasRoom(ethSpot), false);
  assert.throws(() => rates.indexOf('B'), /no room for asset B, 4 are taken/);
  assert.throws(() => createRates({ instruments: 1, assets: 9, freshUs: S }, [btcSpot]), /slot 1/);
});

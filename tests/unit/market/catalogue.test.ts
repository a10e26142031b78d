// Owns the tests of the catalogue: what is known, inferred, and found by name.
// Promise: contract terms are Binance's public ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findInstrument,
  findInstruments,
  inferInstrument,
  KNOWN_ASSETS,
  knownInstrument,
  listInstruments,
  splitSymbol,
} from '../../../engine/market/catalogue.ts';

const list = listInstruments([
  inferInstrument('binance-usdm', 'BTCUSDT', 2, 3),
  inferInstrument('binance-spot', 'BTCUSDT', 8, 8),
  inferInstrument('binance-coinm', 'BTCUSD_PERP', 1, 0),
  inferInstrument('binance-coinm', 'ETHUSD_PERP', 2, 0),
  inferInstrument('binance-spot', 'ETHBTC', 8, 8),
]);

for (const [text, key] of [
  ['BTCUSDT.binance-spot', 'BTCUSDT.binance-spot'],
  ['btcusdt.BINANCE-SPOT', 'BTCUSDT.binance-spot'],
  ['BTCUSDT', 'BTCUSDT.binance-usdm'],
  ['BTC/USDT', 'BTCUSDT.binance-usdm'],
  [' btc-usdt ', 'BTCUSDT.binance-usdm'],
  ['BTC/USDT:USDT', 'BTCUSDT.binance-usdm'],
  ['BTC/USD:BTC', 'BTCUSD_PERP.binance-coinm'],
  ['BTCUSD', 'BTCUSD_PERP.binance-coinm'],
  ['BTCUSD_PERP', 'BTCUSD_PERP.binance-coinm'],
  ['eth_btc', 'ETHBTC.binance-spot'],
  ['DOGE/USDT', null],
  ['BTCUSDT.kraken', null],
  ['', null],
] as const) {
  test(`catalogue: '${text}' means ${key ?? 'nothing'}`, () => {
    assert.equal(findInstrument(list, text)?.key ?? null, key);
  });
}

test('catalogue: a symbol that fits two venues gives both to who must not guess', () => {
  assert.deepEqual(
    findInstruments(list, 'BTC/USDT').map((one) => one.venue),
    ['binance-usdm', 'binance-spot'],
  );
});

test('catalogue: COIN-M contracts are inverse, 100 USD for BTC and 10 for others', () => {
  const [, , btc, eth] = list;
  assert.deepEqual([btc?.kind, btc?.multiplier, btc?.settle, btc?.lot], ['inverse', 100, 'BTC', 1]);
  assert.deepEqual([eth?.kind, eth?.multiplier, eth?.settle], ['inverse', 10, 'ETH']);
});

test('catalogue: tick and lot of known symbols fit the printed scales', () => {
  const [usdm, spot] = list;
  assert.deepEqual([usdm?.tick, usdm?.lot], [10, 1]); // 0.10 at two decimals, 0.001 at three
  assert.deepEqual([spot?.tick, spot?.lot], [1_000_000, 1000]); // 0.01 and 0.00001 at eight
});

test('catalogue: an unknown symbol gets one step for tick and lot', () => {
  const spec = inferInstrument('binance-usdm', 'NEWUSDT', 5, 1);
  assert.deepEqual([spec.base, spec.quote, spec.tick, spec.lot], ['NEW', 'USDT', 1, 1]);
  assert.equal(knownInstrument('binance-usdm', 'NEWUSDT'), null);
});

test('catalogue: every known asset loads on every venue that lists it', () => {
  const specs = KNOWN_ASSETS.flatMap(({ base, coinm }) => [
    knownInstrument('binance-spot', `${base}USDT`),
    knownInstrument('binance-usdm', `${base}USDT`),
    ...(coinm === null ? [] : [knownInstrument('binance-coinm', `${base}USD_PERP`)]),
  ]);
  const loaded = listInstruments(specs.filter((spec) => spec !== null));
  assert.equal(loaded.length, specs.length);
  assert.ok(loaded.length >= 50);
});

for (const [symbol, base, quote] of [
  ['BTCUSDT', 'BTC', 'USDT'],
  ['ETHBTC', 'ETH', 'BTC'],
  ['BTCUSD_PERP', 'BTC', 'USD'],
  ['BTCUSDT_240927', 'BTC', 'USDT'],
  ['DOTUSD_PERP', 'DOT', 'USD'],
  ['BNBUSD_PERP', 'BNB', 'USD'],
  ['1000PEPEUSDT', '1000PEPE', 'USDT'],
  ['BTCFDUSD', 'BTC', 'FDUSD'],
] as const) {
  test(`catalogue: ${symbol} is ${base} in ${quote}`, () => {
    assert.deepEqual(splitSymbol(symbol), { base, quote });
  });
}

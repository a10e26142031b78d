// Owns the tests of the Binance catalogue: what is known, read, and refused by name.
// Promise: contract terms and filters are Binance's public ones; no currency is guessed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listInstruments } from '../../../engine/market/instruments.ts';
import {
  binanceFeedRule,
  inferInstrument,
  isUnknownInstrument,
  KNOWN_ASSETS,
  knownInstrument,
  readInstrument,
  splitSymbol,
} from '../../../engine/venues/binance/catalogue.ts';
import {
  TEST_INSTRUMENTS_MAX,
  testInstruments,
} from '../../../engine/venues/binance/test-instruments.ts';

test('catalogue: COIN-M contracts are inverse, 100 USD for BTC and 10 for others', () => {
  const btc = inferInstrument('binance-coinm', 'BTCUSD_PERP', 1, 0);
  const eth = inferInstrument('binance-coinm', 'ETHUSD_PERP', 2, 0);
  assert.deepEqual([btc.kind, btc.multiplier, btc.settle, btc.lot], ['inverse', 100, 'BTC', 1]);
  assert.deepEqual([eth.kind, eth.multiplier, eth.settle], ['inverse', 10, 'ETH']);
});

test('catalogue: tick and lot of known symbols fit the quoted scales', () => {
  const usdm = inferInstrument('binance-usdm', 'BTCUSDT', 2, 3);
  const spot = inferInstrument('binance-spot', 'BTCUSDT', 8, 8);
  assert.deepEqual([usdm.tick, usdm.lot], [10, 1]); // 0.10 at two decimals, 0.001 at three
  assert.deepEqual([spot.tick, spot.lot], [1_000_000, 1000]); // 0.01 and 0.00001 at eight
});

test('catalogue: a recording that quotes round numbers has the scales of tick and lot', () => {
  const spot = inferInstrument('binance-spot', 'BTCUSDT', 0, 0);
  assert.deepEqual([spot.priceScale, spot.qtyScale, spot.tick, spot.lot], [2, 5, 1, 1]);
  const coin = inferInstrument('binance-spot', 'DOGEUSDT', 5, 0); // counted in whole coins
  assert.deepEqual([coin.priceScale, coin.qtyScale, coin.lot], [5, 0, 1]);
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

for (const [venue, symbol, base, quote, expiry] of [
  ['binance-spot', 'BTCUSDT', 'BTC', 'USDT', null],
  ['binance-spot', 'ETHBTC', 'ETH', 'BTC', null],
  ['binance-coinm', 'BTCUSD_PERP', 'BTC', 'USD', null],
  ['binance-usdm', 'BTCUSDT_240927', 'BTC', 'USDT', '240927'],
  ['binance-coinm', 'BTCUSD_240927', 'BTC', 'USD', '240927'],
  ['binance-coinm', 'DOTUSD_PERP', 'DOT', 'USD', null], // not DO in TUSD
  ['binance-coinm', 'BNBUSD_PERP', 'BNB', 'USD', null],
  ['binance-usdm', '1000PEPEUSDT', '1000PEPE', 'USDT', null],
  ['binance-spot', 'BTCFDUSD', 'BTC', 'FDUSD', null],
  // the shared cases: booked as dollars before
  ['binance-spot', 'BTCJPY', 'BTC', 'JPY', null],
  ['binance-spot', 'USDTBRL', 'USDT', 'BRL', null],
  ['binance-spot', 'BTTTRX', 'BTT', 'TRX', null],
  ['binance-spot', 'ETHDAI', 'ETH', 'DAI', null],
  ['binance-spot', 'BTCEURI', 'BTC', 'EURI', null],
  ['binance-spot', 'BTCUSD1', 'BTC', 'USD1', null],
  ['binance-spot', 'BTCEUR', 'BTC', 'EUR', null],
  ['binance-spot', 'ADAEUR', 'ADA', 'EUR', null],
  ['binance-spot', 'BTCTUSD', 'BTC', 'TUSD', null],
  ['binance-spot', 'BNBBIDR', 'BNB', 'BIDR', null], // not BNBB in IDR: BNB is known
] as const) {
  test(`catalogue: ${symbol} of ${venue} is ${base} in ${quote}`, () => {
    assert.deepEqual(splitSymbol(venue, symbol), { kind: 'pair', base, quote, expiry });
    assert.equal(inferInstrument(venue, symbol, 2, 2).quote, quote);
  });
}

for (const [venue, symbol, says] of [
  ['binance-spot', 'BTCXYZ', /BTCXYZ: its quote asset is not in the list of binance-spot/],
  ['binance-spot', 'BTCUSD', /BTCUSD: its quote asset/], // spot has no dollars
  ['binance-usdm', 'BTCJPY', /BTCJPY: its quote asset/],
  ['binance-spot', 'USDT', /USDT: its quote asset/], // nothing is left for the base
  ['binance-spot', 'ZZZBIDR', /ZZZBIDR: it may be quoted in BIDR or IDR/],
  ['kraken', 'BTCUSDT', /'kraken' is no venue of Binance/],
] as const) {
  test(`catalogue: ${symbol} of ${venue} is refused by name`, () => {
    const read = readInstrument(venue, symbol, 2, 2);
    assert.ok(isUnknownInstrument(read));
    assert.match(read.message, says);
    assert.throws(() => inferInstrument(venue, symbol, 2, 2), says);
    assert.equal(knownInstrument(venue, symbol), null);
  });
}

test('catalogue: rules are those of the venue’s public filters', () => {
  const rules = (venue: string, symbol: string) => knownInstrument(venue, symbol)?.rules;
  const btc = rules('binance-usdm', 'BTCUSDT');
  assert.deepEqual(
    [btc?.minNotional, btc?.maxQty, btc?.maxMarketQty, btc?.minQty, btc?.feeIn],
    [100, 1_000_000, 120_000, 1, 'settle'], // steps of 0.001
  );
  assert.deepEqual(btc?.priceBand, { low: 0.95, high: 1.05 });
  assert.equal(btc?.maintenanceMargin, 0.004);
  assert.equal(rules('binance-usdm', 'ETHUSDT')?.minNotional, 20);
  assert.equal(rules('binance-usdm', 'XRPUSDT')?.minNotional, 5);
  const spot = rules('binance-spot', 'BTCUSDT');
  assert.deepEqual([spot?.minNotional, spot?.feeIn, spot?.maintenanceMargin], [5, 'received', 0]);
  assert.equal(inferInstrument('binance-spot', 'ETHBTC', 5, 4).rules.minNotional, 0.0001);
  assert.equal(rules('binance-coinm', 'BTCUSD_PERP')?.minNotional, 0); // a contract is enough
});

test('catalogue: spot chains by the first id, futures name the update before', () => {
  assert.equal(binanceFeedRule('binance-spot').chain, 'first_id');
  assert.equal(binanceFeedRule('binance-usdm').chain, 'previous_id');
  assert.equal(binanceFeedRule('binance-coinm').chain, 'previous_id');
  assert.throws(() => binanceFeedRule('kraken'), /no venue of Binance/);
});

test('test instruments: a thousand load, and fewer are the beginning of more', () => {
  const all = listInstruments(testInstruments(TEST_INSTRUMENTS_MAX)).map(({ key }) => key);
  assert.equal(new Set(all).size, 1000);
  for (const count of [1, 2, 6, 42, 43, 500, 999]) {
    assert.deepEqual(
      testInstruments(count).map(({ key }) => key),
      all.slice(0, count),
    );
  }
  for (const count of [0, -1, 1.5, Number.NaN, 1001]) {
    assert.throws(() => testInstruments(count), /whole number from 1 to 1000/);
  }
});

test('catalogue: names that every object has are no venue and no coin that is known', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    assert.deepEqual(splitSymbol(name, 'BTCUSDT'), { kind: 'unknown_venue' });
    assert.equal(knownInstrument(name, 'BTCUSDT'), null);
    assert.throws(() => binanceFeedRule(name), /is no venue of Binance/);
  }
  for (const name of ['constructor', 'toString']) {
    for (const venue of ['binance-spot', 'binance-usdm']) {
      const { base, rules } = inferInstrument(venue, `${name}USDT`, 2, 3);
      assert.equal(base, name);
      assert.deepEqual(rules, inferInstrument(venue, 'NEWUSDT', 2, 3).rules, `${venue} ${name}`);
    }
    const coin = inferInstrument('binance-coinm', `${name}USD_PERP`, 2, 0);
    assert.equal(coin.rules.maintenanceMargin, 0.01);
  }
});

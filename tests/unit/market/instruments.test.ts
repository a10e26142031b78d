// Owns the tests of finding an instrument by the name a person writes.
// Promise: every spelling means one instrument or is refused with what to write instead.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeUnfound,
  findInstrument,
  listInstruments,
  unifiedName,
} from '../../../engine/market/instruments.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';

// The dated contract stands first: what is listed first must not win.
const list = listInstruments([
  inferInstrument('binance-usdm', 'BTCUSDT_250926', 1, 3),
  inferInstrument('binance-usdm', 'BTCUSDT', 1, 3),
  inferInstrument('binance-spot', 'BTCUSDT', 2, 5),
  inferInstrument('binance-coinm', 'BTCUSD_PERP', 1, 0),
  inferInstrument('binance-coinm', 'ETHUSD_PERP', 2, 0),
  inferInstrument('binance-spot', 'ETHBTC', 5, 4),
  inferInstrument('binance-usdm', 'SOLUSDT', 4, 0),
]);

for (const [text, key] of [
  ['BTCUSDT.binance-spot', 'BTCUSDT.binance-spot'],
  [' btcusdt.BINANCE-SPOT ', 'BTCUSDT.binance-spot'],
  ['BTC/USDT', 'BTCUSDT.binance-spot'],
  ['BTC/USDT:USDT', 'BTCUSDT.binance-usdm'],
  ['BTC/USDT:USDT-250926', 'BTCUSDT_250926.binance-usdm'],
  ['BTCUSDT_250926', 'BTCUSDT_250926.binance-usdm'],
  ['BTC/USD:BTC', 'BTCUSD_PERP.binance-coinm'],
  ['BTCUSD_PERP', 'BTCUSD_PERP.binance-coinm'],
  ['BTCUSD', 'BTCUSD_PERP.binance-coinm'],
  ['eth/btc', 'ETHBTC.binance-spot'],
  ['eth_btc', 'ETHBTC.binance-spot'],
  ['sol-usdt', 'SOLUSDT.binance-usdm'],
] as const) {
  test(`instruments: '${text}' means ${key}`, () => {
    const found = findInstrument(list, text);
    assert.ok(found.kind === 'found', JSON.stringify(found));
    assert.equal(found.instrument.key, key);
  });
}

for (const text of ['BTCUSDT', 'btc-usdt', 'BTC USDT']) {
  test(`instruments: '${text}' fits two and is refused with the keys to choose from`, () => {
    const found = findInstrument(list, text);
    const keys = ['BTCUSDT.binance-usdm', 'BTCUSDT.binance-spot'];
    assert.deepEqual(found, { kind: 'ambiguous', keys });
    for (const key of keys) assert.equal(findInstrument(list, key).kind, 'found');
  });
}

for (const [text, near] of [
  ['SOL/USDT', ['SOL/USDT:USDT']], // no spot here: the perpetual is offered, not taken
  ['ETH/USD', ['ETH/USD:ETH']],
  ['BTC/USDT:BTC', ['BTC/USDT:USDT-250926', 'BTC/USDT:USDT', 'BTC/USDT']],
  ['DOGE/USDT', []],
  ['BTCUSDT.kraken', []],
  ['', []],
  ['/', []],
] as const) {
  test(`instruments: '${text}' means nothing here`, () => {
    assert.deepEqual(findInstrument(list, text), { kind: 'unknown', near });
  });
}

test('instruments: a refusal says what to write instead', () => {
  const words = (text: string): string => {
    const found = findInstrument(list, text);
    return found.kind === 'found' ? '' : describeUnfound(list, text, found);
  };
  assert.match(words('BTCUSDT'), /write one of BTCUSDT.binance-usdm, BTCUSDT.binance-spot$/);
  assert.match(words('SOL/USDT'), /not traded here; of this pair there is SOL\/USDT:USDT$/);
  assert.match(words('DOGE/USDT'), /^'DOGE\/USDT' is not traded here; known: BTCUSDT_250926/);
});

test('instruments: the unified name of each finds it', () => {
  for (const one of list) {
    const found = findInstrument(list, unifiedName(one));
    assert.ok(found.kind === 'found' && found.instrument === one, unifiedName(one));
  }
});

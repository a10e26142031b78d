// Owns which instruments the generated market of --mode test trades, for any number of them.
// Promise: a smaller number gives the beginning of a larger one; several venues from two on.
import { assert } from '../../core/assert.ts';
import type { InstrumentSpec } from '../../core/instrument.ts';
import { inferInstrument, KNOWN_ASSETS, knownInstrument } from './catalogue.ts';

export const TEST_INSTRUMENTS_MAX = 1000;

// The majors on every venue come first, so that few symbols already show spread between venues.
const FIRST: readonly (readonly [venue: string, symbol: string])[] = [
  ['binance-usdm', 'BTCUSDT'],
  ['binance-spot', 'BTCUSDT'],
  ['binance-usdm', 'ETHUSDT'],
  ['binance-spot', 'ETHUSDT'],
  ['binance-coinm', 'BTCUSD_PERP'],
  ['binance-coinm', 'ETHUSD_PERP'],
];

// Beyond the known coins come made-up ones, TEST001 on, at prices around 10 (generator.ts).
const SYNTHETIC_PRICE_SCALE = 3;
const SYNTHETIC_QTY_SCALE = 1;

/** The first `count` (1..TEST_INSTRUMENTS_MAX) instruments the generator can trade. */
export function testInstruments(count: number): readonly InstrumentSpec[] {
  const isCount = Number.isInteger(count) && count >= 1 && count <= TEST_INSTRUMENTS_MAX;
  assert(isCount, `${count} test instruments: a whole number from 1 to ${TEST_INSTRUMENTS_MAX}`);
  const perpetuals = KNOWN_ASSETS.map(({ base }) => ['binance-usdm', `${base}USDT`] as const);
  const spots = KNOWN_ASSETS.map(({ base }) => ['binance-spot', `${base}USDT`] as const);
  const specs = new Map<string, InstrumentSpec>();
  for (const [venue, symbol] of [...FIRST, ...perpetuals, ...spots]) {
    const spec = knownInstrument(venue, symbol);
    if (spec !== null) specs.set(spec.key, spec);
  }
  for (let coin = 1; specs.size < count; coin += 1) {
    const symbol = `TEST${String(coin).padStart(3, '0')}USDT`;
    for (const venue of ['binance-usdm', 'binance-spot']) {
      const spec = inferInstrument(venue, symbol, SYNTHETIC_PRICE_SCALE, SYNTHETIC_QTY_SCALE);
      specs.set(spec.key, spec);
    }
  }
  return [...specs.values()].slice(0, count);
}

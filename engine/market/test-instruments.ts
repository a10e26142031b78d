// Owns which instruments the generated market of --mode test trades, for any number of them.
// Promise: a smaller number gives the beginning of a larger one; several venues from two on.
import { type InstrumentSpec, KNOWN_ASSETS, knownInstrument } from './catalogue.ts';

// The majors on every venue come first, so that few symbols already show spread between venues.
const FIRST: readonly (readonly [venue: string, symbol: string])[] = [
  ['binance-usdm', 'BTCUSDT'],
  ['binance-spot', 'BTCUSDT'],
  ['binance-usdm', 'ETHUSDT'],
  ['binance-spot', 'ETHUSDT'],
  ['binance-coinm', 'BTCUSD_PERP'],
  ['binance-coinm', 'ETHUSD_PERP'],
];

/** Every instrument the generator can trade, in the order in which test runs take them. */
export function testInstruments(count: number): readonly InstrumentSpec[] {
  const perpetuals = KNOWN_ASSETS.map(({ base }) => ['binance-usdm', `${base}USDT`] as const);
  const spots = KNOWN_ASSETS.map(({ base }) => ['binance-spot', `${base}USDT`] as const);
  const specs = new Map<string, InstrumentSpec>();
  for (const [venue, symbol] of [...FIRST, ...perpetuals, ...spots]) {
    const spec = knownInstrument(venue, symbol);
    if (spec !== null) specs.set(spec.key, spec);
  }
  return [...specs.values()].slice(0, count);
}

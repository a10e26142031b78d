// Owns what is known of instruments: ticks, lots, contracts and fees of the Binance venues.
// Promise: a symbol that is not known gets honest defaults (one step) from its printed scales.
import { assertInstrument, type Instrument, type InstrumentKind } from '../core/instrument.ts';
import { asPrice, asQty, parseDecimal } from '../core/units.ts';

/** An instrument that has not been given its row in this run's tables. */
export type InstrumentSpec = Omit<Instrument, 'index'>;

// Tick and lot by base asset, as the venue prints them: spot (quote USDT), USD-M (quote USDT),
// COIN-M (quote USD, lot is 1 contract). Defaults for simulation and recorded data from the
// venue's public filters of 2024; live trading reads exchangeInfo and overrides them.
type Grid = readonly [tick: string, lot: string];
interface KnownAsset {
  readonly base: string;
  readonly spot: Grid;
  readonly usdm: Grid;
  readonly coinm: string | null; // tick
}

const asset = (base: string, spot: Grid, usdm: Grid, coinm: string | null): KnownAsset => ({
  base,
  spot,
  usdm,
  coinm,
});

export const KNOWN_ASSETS: readonly KnownAsset[] = [
  asset('BTC', ['0.01', '0.00001'], ['0.10', '0.001'], '0.1'),
  asset('ETH', ['0.01', '0.0001'], ['0.01', '0.001'], '0.01'),
  asset('BNB', ['0.1', '0.001'], ['0.010', '0.01'], '0.010'),
  asset('SOL', ['0.01', '0.001'], ['0.0100', '1'], '0.010'),
  asset('XRP', ['0.0001', '1'], ['0.0001', '0.1'], '0.0001'),
  asset('DOGE', ['0.00001', '1'], ['0.000010', '1'], '0.00001'),
  asset('ADA', ['0.0001', '0.1'], ['0.00010', '1'], '0.00010'),
  asset('AVAX', ['0.01', '0.01'], ['0.0010', '1'], '0.001'),
  asset('LINK', ['0.01', '0.01'], ['0.001', '0.01'], '0.001'),
  asset('LTC', ['0.01', '0.001'], ['0.01', '0.001'], '0.01'),
  asset('BCH', ['0.1', '0.001'], ['0.01', '0.001'], '0.01'),
  asset('DOT', ['0.001', '0.01'], ['0.001', '0.1'], '0.001'),
  asset('ETC', ['0.01', '0.01'], ['0.001', '0.01'], '0.001'),
  asset('XLM', ['0.0001', '1'], ['0.00001', '1'], null),
  asset('ALGO', ['0.0001', '1'], ['0.0001', '0.1'], null),
  asset('TRX', ['0.0001', '0.1'], ['0.00001', '1'], null),
  asset('ATOM', ['0.001', '0.01'], ['0.001', '0.01'], null),
  asset('NEAR', ['0.001', '0.1'], ['0.0010', '1'], null),
  asset('SUI', ['0.0001', '0.1'], ['0.000100', '0.1'], null),
  asset('UNI', ['0.001', '0.01'], ['0.0010', '1'], null),
];

interface VenueTerms {
  readonly kind: InstrumentKind;
  readonly makerFee: number;
  readonly takerFee: number;
}

// Fees of the lowest tier (notes/venues.md); the configuration overrides them.
const VENUES: Readonly<Record<string, VenueTerms>> = {
  'binance-spot': { kind: 'spot', makerFee: 0.001, takerFee: 0.001 },
  'binance-usdm': { kind: 'linear', makerFee: 0.0002, takerFee: 0.0005 },
  'binance-coinm': { kind: 'inverse', makerFee: 0.0002, takerFee: 0.0005 },
};

const SPOT_SCALE = 8; // Binance spot prints eight decimals everywhere
const QUOTES = ['FDUSD', 'USDT', 'USDC', 'BUSD', 'TUSD', 'USD', 'EUR', 'TRY', 'BTC', 'ETH', 'BNB'];

/** A known instrument at the scales its venue prints, or null. */
export function knownInstrument(venue: string, symbol: string): InstrumentSpec | null {
  const { base, quote } = splitSymbol(symbol);
  const known = KNOWN_ASSETS.find((entry) => entry.base === base);
  if (known === undefined || VENUES[venue] === undefined) return null;
  if (venue === 'binance-coinm') {
    if (quote !== 'USD' || known.coinm === null) return null;
    return inferInstrument(venue, symbol, decimals(known.coinm), 0);
  }
  if (quote !== 'USDT') return null;
  if (venue === 'binance-spot') return inferInstrument(venue, symbol, SPOT_SCALE, SPOT_SCALE);
  const [tick, lot] = known.usdm;
  return inferInstrument(venue, symbol, decimals(tick), decimals(lot));
}

/**
 * An instrument from what its venue prints: scales are numbers of decimals (0..12). Tick and lot
 * come from the catalogue where it knows them at these scales, else one step.
 */
export function inferInstrument(
  venue: string,
  symbol: string,
  priceScale: number,
  qtyScale: number,
): InstrumentSpec {
  const { base, quote } = splitSymbol(symbol);
  const terms = VENUES[venue] ?? { kind: 'spot', makerFee: 0.001, takerFee: 0.001 };
  const [tick, lot] = gridOf(venue, base, quote);
  return {
    key: `${symbol}.${venue}`,
    symbol,
    venue,
    kind: terms.kind,
    base,
    quote,
    settle: terms.kind === 'inverse' ? base : quote,
    priceScale,
    qtyScale,
    tick: asPrice(stepsOrOne(tick, priceScale)),
    lot: asQty(stepsOrOne(lot, qtyScale)),
    multiplier: multiplierOf(terms.kind, base),
    makerFee: terms.makerFee,
    takerFee: terms.takerFee,
  };
}

/** Gives each spec its row, in order; asserts what the house relies on (core/instrument.ts). */
export function listInstruments(specs: readonly InstrumentSpec[]): Instrument[] {
  return specs.map((spec, index) => {
    const instrument: Instrument = { ...spec, index };
    assertInstrument(instrument);
    return instrument;
  });
}

/**
 * The instrument a person means: 'BTCUSDT.binance-usdm' (exact), 'BTCUSDT', 'BTC/USDT',
 * 'btc-usdt', 'BTC/USDT:USDT' (settled, so a perpetual), 'BTCUSD' for BTCUSD_PERP. Where several
 * venues fit, the first of the list; null when none does.
 */
export function findInstrument(list: readonly Instrument[], text: string): Instrument | null {
  return findInstruments(list, text)[0] ?? null;
}

/** Every instrument `text` fits, in the order of the list: for who must not guess a venue. */
export function findInstruments(list: readonly Instrument[], text: string): Instrument[] {
  const wanted = text.trim().toUpperCase();
  const exact = list.filter((instrument) => instrument.key.toUpperCase() === wanted);
  if (exact.length > 0) return exact;
  const [pair = '', settle] = wanted.split(':');
  const plain = pair.replace(/[/\-_\s]/g, '');
  return list.filter((instrument) => {
    const { symbol, base, quote } = instrument;
    if (settle !== undefined && (instrument.kind === 'spot' || instrument.settle !== settle)) {
      return false;
    }
    return symbol.replace('_', '') === plain || `${base}${quote}` === plain;
  });
}

/** Base and quote of a Binance symbol: BTCUSDT, ETHBTC, BTCUSD_PERP, BTCUSDT_240927. */
export function splitSymbol(symbol: string): { readonly base: string; readonly quote: string } {
  const [pair = symbol, contract] = symbol.split('_');
  if (contract !== undefined && pair.endsWith('USD')) {
    return { base: pair.slice(0, -3), quote: 'USD' }; // COIN-M: DOTUSD_PERP is not DO in TUSD
  }
  const quote = QUOTES.find((end) => pair.endsWith(end) && pair.length > end.length);
  if (quote === undefined) return { base: pair, quote: 'USD' };
  return { base: pair.slice(0, -quote.length), quote };
}

// COIN-M contracts are worth 100 USD for BTC and 10 USD for every other coin.
function multiplierOf(kind: InstrumentKind, base: string): number {
  if (kind !== 'inverse') return 1;
  return base === 'BTC' ? 100 : 10;
}

function gridOf(venue: string, base: string, quote: string): readonly [string, string] {
  const known = KNOWN_ASSETS.find((entry) => entry.base === base);
  if (known === undefined) return ['', ''];
  if (venue === 'binance-coinm') return [known.coinm ?? '', '1'];
  if (quote !== 'USDT') return ['', ''];
  if (venue === 'binance-spot') return known.spot;
  return venue === 'binance-usdm' ? known.usdm : ['', ''];
}

const decimals = (text: string): number => text.split('.')[1]?.length ?? 0;

function stepsOrOne(text: string, scale: number): number {
  const steps = parseDecimal(text, scale);
  return typeof steps === 'number' && steps > 0 ? steps : 1;
}

// Owns what is known of Binance's instruments: ticks, lots, contracts, fees, rules, feeds, pairs.
// Promise: base and quote come from the venue's list, or a pair is refused by name.
import { assert, assertNever } from '../../core/assert.ts';
import type { FeedRule } from '../../core/feed-rule.ts';
import type { InstrumentKind, InstrumentSpec } from '../../core/instrument.ts';
import { asPrice, asQty, parseDecimal } from '../../core/units.ts';
import { rulesOf } from './rules.ts';

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
  readonly feed: FeedRule;
  readonly quotes: readonly string[];
}

// What Binance trades against: spot as listed since 2017 without those whose end is also the end
// of a coin that trades in another (AEUR: ADAEUR), futures as listed.
const SPOT_QUOTES = (
  'USDT FDUSD USDC TUSD BUSD USD1 USDE USDS USDP PAX UST DAI BTC ETH BNB XRP TRX DOGE DOT SOL ' +
  'EUR EURI TRY BRL JPY GBP AUD ARS COP MXN CZK PLN RON ZAR UAH RUB NGN BIDR IDRT IDR BKRW BVND VAI'
).split(' ');

// Fees of the lowest tier (Binance's public schedule); the configuration overrides them. A map:
// names come from clients and files, and every plain object has a `constructor`.
const VENUES: ReadonlyMap<string, VenueTerms> = new Map<string, VenueTerms>([
  [
    'binance-spot',
    {
      kind: 'spot',
      makerFee: 0.001,
      takerFee: 0.001,
      feed: { chain: 'first_id', snapshots: 'asked' },
      quotes: SPOT_QUOTES,
    },
  ],
  [
    'binance-usdm',
    {
      kind: 'linear',
      makerFee: 0.0002,
      takerFee: 0.0005,
      feed: { chain: 'previous_id', snapshots: 'asked' },
      quotes: ['USDT', 'USDC', 'FDUSD', 'BUSD', 'BTC'],
    },
  ],
  [
    'binance-coinm',
    {
      kind: 'inverse',
      makerFee: 0.0002,
      takerFee: 0.0005,
      feed: { chain: 'previous_id', snapshots: 'asked' },
      quotes: ['USD'],
    },
  ],
]);

const VENUE_NAMES = [...VENUES.keys()].join(', ');

/** How a venue of Binance numbers its updates. */
export function binanceFeedRule(venue: string): FeedRule {
  const terms = VENUES.get(venue);
  assert(terms !== undefined, `${venue} is no venue of Binance`);
  return terms.feed;
}

// Spot prints eight decimals everywhere and quotes finer than the lot now and then (ETH spot of
// 2024-08-08), but a coin counted in millions leaves no room for eight: four beyond its lot.
const SPOT_DECIMALS = 8;
const SPOT_BEYOND_LOT = 4;

/** A known instrument at the scales its venue quotes, or null. */
export function knownInstrument(venue: string, symbol: string): InstrumentSpec | null {
  const pair = splitSymbol(venue, symbol);
  if (pair.kind !== 'pair') return null;
  const grid = gridOf(venue, pair.base, pair.quote);
  if (grid === null) return null;
  const [tick, lot] = [decimals(grid[0]), decimals(grid[1])];
  if (venue !== 'binance-spot') return inferInstrument(venue, symbol, tick, lot);
  const qtyScale = Math.min(SPOT_DECIMALS, lot + SPOT_BEYOND_LOT);
  return inferInstrument(venue, symbol, SPOT_DECIMALS, qtyScale);
}

/** What cannot be an instrument, in a sentence for people. */
export interface UnknownInstrument {
  readonly kind: 'unknown_instrument';
  readonly message: string;
}

export const isUnknownInstrument = (
  read: InstrumentSpec | UnknownInstrument,
): read is UnknownInstrument => read.kind === 'unknown_instrument';

/**
 * An instrument from what a recording or a venue quotes: scales are numbers of decimals (0..12)
 * that carry something. They grow to those of a tick and lot the catalogue knows, so that a quiet
 * beginning does not hide them; a symbol it does not know has one step for tick and lot.
 */
export function readInstrument(
  venue: string,
  symbol: string,
  quotedPriceScale: number,
  quotedQtyScale: number,
): InstrumentSpec | UnknownInstrument {
  const terms = VENUES.get(venue);
  const pair = splitSymbol(venue, symbol);
  if (terms === undefined || pair.kind !== 'pair') {
    return { kind: 'unknown_instrument', message: describeUnknown(venue, symbol, pair) };
  }
  const { base, quote, expiry } = pair;
  const { kind, makerFee, takerFee } = terms;
  const [tickText, lotText] = gridOf(venue, base, quote) ?? ['', ''];
  const priceScale = Math.max(quotedPriceScale, carryingDecimals(tickText));
  const qtyScale = Math.max(quotedQtyScale, carryingDecimals(lotText));
  const tick = stepsOrOne(tickText, priceScale);
  const lot = stepsOrOne(lotText, qtyScale);
  return {
    key: `${symbol}.${venue}`,
    symbol,
    venue,
    kind,
    base,
    quote,
    settle: kind === 'inverse' ? base : quote,
    ...(expiry === null ? {} : { expiry }),
    priceScale,
    qtyScale,
    tick: asPrice(tick),
    lot: asQty(lot),
    multiplier: multiplierOf(kind, base),
    rules: rulesOf(kind, base, quote, qtyScale, lot),
    makerFee,
    takerFee,
  };
}

/** The same for a symbol that a program names itself: one that is not known is its own fault. */
export function inferInstrument(
  venue: string,
  symbol: string,
  priceScale: number,
  qtyScale: number,
): InstrumentSpec {
  const read = readInstrument(venue, symbol, priceScale, qtyScale);
  assert(!isUnknownInstrument(read), isUnknownInstrument(read) ? read.message : '');
  return read;
}

export type Pair =
  | {
      readonly kind: 'pair';
      readonly base: string;
      readonly quote: string;
      readonly expiry: string | null;
    }
  | { readonly kind: 'unknown_venue' }
  | { readonly kind: 'unknown_quote' }
  | { readonly kind: 'several_quotes'; readonly quotes: readonly string[] };

/**
 * Base and quote of a symbol: BTCUSDT, ETHBTC, BTCUSD_PERP, BTCUSDT_240927. Where more than one
 * quote of the venue's fits (BNBBIDR: BIDR or IDR), the one whose base is a known coin does.
 */
export function splitSymbol(venue: string, symbol: string): Pair {
  const terms = VENUES.get(venue);
  if (terms === undefined) return { kind: 'unknown_venue' };
  const [pair = symbol, contract] = symbol.split('_');
  const expiry = contract === undefined || contract === 'PERP' ? null : contract;
  const baseFor = (quote: string): string => pair.slice(0, -quote.length);
  const fitting = terms.quotes.filter((end) => pair.endsWith(end) && pair.length > end.length);
  const isKnown = (quote: string): boolean =>
    KNOWN_ASSETS.some(({ base }) => base === baseFor(quote));
  const quotes = fitting.length > 1 ? fitting.filter(isKnown) : fitting;
  const [quote, ...others] = quotes;
  if (fitting.length === 0) return { kind: 'unknown_quote' };
  if (quote === undefined || others.length > 0) return { kind: 'several_quotes', quotes: fitting };
  return { kind: 'pair', base: baseFor(quote), quote, expiry };
}

function describeUnknown(venue: string, symbol: string, pair: Pair): string {
  switch (pair.kind) {
    case 'unknown_venue':
    case 'pair':
      return `${symbol}: '${venue}' is no venue of Binance; known: ${VENUE_NAMES}`;
    case 'unknown_quote':
      return (
        `${symbol}: its quote asset is not in the list of ${venue}, and none is guessed; known: ` +
        (VENUES.get(venue)?.quotes ?? []).join(', ')
      );
    case 'several_quotes':
      return `${symbol}: it may be quoted in ${pair.quotes.join(' or ')}, and none is guessed`;
    default:
      return assertNever(pair);
  }
}

// COIN-M contracts are worth 100 USD for BTC and 10 USD for every other coin.
function multiplierOf(kind: InstrumentKind, base: string): number {
  if (kind !== 'inverse') return 1;
  return base === 'BTC' ? 100 : 10;
}

/** Tick and lot as the venue prints them; null where the catalogue does not know them. */
function gridOf(venue: string, base: string, quote: string): Grid | null {
  const known = KNOWN_ASSETS.find((entry) => entry.base === base);
  if (known === undefined) return null;
  if (venue === 'binance-coinm') return known.coinm === null ? null : [known.coinm, '1'];
  if (quote !== 'USDT') return null;
  return venue === 'binance-spot' ? known.spot : known.usdm;
}

const decimals = (text: string): number => text.split('.')[1]?.length ?? 0;

// Trailing zeros carry nothing: 0.010 is told with two decimals.
const carryingDecimals = (text: string): number =>
  text.split('.')[1]?.replace(/0+$/, '').length ?? 0;

function stepsOrOne(text: string, scale: number): number {
  const steps = parseDecimal(text, scale);
  return typeof steps === 'number' && steps > 0 ? steps : 1;
}

// Owns what an instrument is: scales, tick, lot, contract and fees, fixed when it loads.
// Promise: every price and quantity of a loaded instrument is exact below 2^53.
import { assert } from './assert.ts';
import { asPrice, asQty, formatDecimal, type Price, powerOfTen, type Qty } from './units.ts';

export type VenueId = string; // 'binance-spot', 'binance-usdm', 'binance-coinm', …
export type InstrumentKind = 'spot' | 'linear' | 'inverse';

/** What the venue asks of every order besides the grids; what it does not ask is null or 0. */
export interface VenueRules {
  readonly minNotional: number; // quote asset (inverse: its face value); 0: none
  readonly minQty: Qty; // at least a lot
  readonly maxQty: Qty | null; // of a limit order
  readonly maxMarketQty: Qty | null;
  readonly marketLot: Qty; // step of a market order, a multiple of the lot
  // Percent-price band: a price may lie between these multiples of the reference (mark or mid).
  readonly priceBand: { readonly low: number; readonly high: number } | null;
  /** Spot: 'received' takes the fee from the asset that comes in; contracts: always 'settle'. */
  readonly feeIn: 'received' | 'quote' | 'settle';
  readonly maintenanceMargin: number; // share of notional; 0 for spot
}

/** The row of an instrument that has none: known of, and not traded in this run. */
export const NO_ROW = -1;

export interface Instrument {
  readonly index: number; // row in every shared-memory table of this run, or NO_ROW
  readonly key: string; // `${symbol}.${venue}`, unique: 'BTCUSDT.binance-usdm'
  readonly symbol: string; // as the venue spells it, upper case
  readonly venue: VenueId;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  readonly settle: string; // asset in which profit and fees are paid
  readonly expiry?: string; // YYMMDD of a dated contract; absent for spot and perpetuals
  readonly priceScale: number;
  readonly qtyScale: number;
  readonly tick: Price; // smallest price step an order may use
  readonly lot: Qty; // smallest quantity step of an order
  readonly multiplier: number; // linear: base per unit (1); inverse: quote value of one contract
  readonly rules: VenueRules;
  readonly makerFee: number; // fraction of notional, negative = rebate
  readonly takerFee: number;
}

/** An instrument that has not been given its row in this run's tables. */
export type InstrumentSpec = Omit<Instrument, 'index'>;

/** In its row. Frozen to the ground: it is handed to strategies, and every room reads it. */
export function instrumentAt(spec: InstrumentSpec, index: number): Instrument {
  const { priceBand } = spec.rules;
  const rules = { ...spec.rules, priceBand: Object.freeze(priceBand && { ...priceBand }) };
  return Object.freeze({ ...spec, rules: Object.freeze(rules), index });
}

/** Real price (quote asset per base) of a count of steps: an estimate, for features and limits. */
export const priceOf = (instrument: Instrument, steps: Price): number =>
  steps / powerOfTen(instrument.priceScale);

/** Real quantity (base asset, or contracts) of a count of steps. */
export const qtyOf = (instrument: Instrument, steps: Qty): number =>
  steps / powerOfTen(instrument.qtyScale);

export const formatPrice = (instrument: Instrument, steps: Price): string =>
  formatDecimal(steps, instrument.priceScale);

export const formatQty = (instrument: Instrument, steps: Qty): string =>
  formatDecimal(steps, instrument.qtyScale);

/** Notional in the quote asset as a double; inverse contracts are worth their face value. */
export function notionalOf(instrument: Instrument, price: number, qty: number): number {
  const units = Math.abs(qty) * instrument.multiplier;
  return instrument.kind === 'inverse' ? units : units * price;
}

/**
 * Whether `steps` is a whole number below 2^53 and a multiple of `grid` (likewise, above 0). The
 * rounded quotient times the grid is exact where it is one and another number where it is not; the
 * remainder of doubles is a call into the C library.
 */
export const isOnGrid = (steps: number, grid: number): boolean =>
  Number.isSafeInteger(steps) && Math.round(steps / grid) * grid === steps;

/** Largest price <= `steps` on the tick grid (for bids), or smallest >= (for asks). */
export function roundToTick(instrument: Instrument, steps: number, up: boolean): Price {
  const ticks = steps / instrument.tick;
  return asPrice((up ? Math.ceil(ticks - 1e-9) : Math.floor(ticks + 1e-9)) * instrument.tick);
}

/** Largest quantity <= a real amount on the lot grid. */
export function floorToLot(instrument: Instrument, amount: number): Qty {
  const steps = amount * powerOfTen(instrument.qtyScale);
  return asQty(Math.floor(steps / instrument.lot + 1e-9) * instrument.lot);
}

// Names stand in files, records and messages, a byte a character; '__proto__' names nothing.
const ASSET = /^[A-Z0-9][A-Z0-9._-]{0,31}$/;
const SYMBOL = /^[A-Z0-9][A-Z0-9._:-]{0,31}$/;
const KEY_CHARS_MAX = 64;
/** Decimals of a contract's size: whoever counts with it counts exactly. */
const SIZE = /^\d{1,10}(\.\d{1,12})?$/;
const FEE_MAX = 0.1;

/**
 * Where contracts share their margin: those of a venue that settle in one asset. Spot pairs of a
 * venue stand on its money together (null).
 */
export interface MarginPlace {
  readonly venue: string;
  readonly asset: string | null;
}

export const marginPlaceOf = ({ venue, kind, settle }: InstrumentSpec): MarginPlace => ({
  venue,
  asset: kind === 'spot' ? null : settle,
});

/** What the rest of the house could not rely on, in words; null when nothing. */
export function problemOfInstrument(instrument: InstrumentSpec): string | null {
  const { key } = instrument;
  const problem =
    problemOfNames(instrument) ?? problemOfNumbers(instrument) ?? problemOfRules(instrument);
  return problem === null ? null : `${key}: ${problem}`;
}

function problemOfNames({ key, symbol, kind, base, quote, settle }: InstrumentSpec): string | null {
  if (!SYMBOL.test(symbol)) return `symbol '${symbol}' is not 1 to 32 of A-Z 0-9 . _ : -`;
  if (key.length > KEY_CHARS_MAX) return `its key is longer than ${KEY_CHARS_MAX} characters`;
  const odd = [base, quote, settle].find((asset) => !ASSET.test(asset));
  if (odd !== undefined) return `asset '${odd}' is not 1 to 32 of A-Z 0-9 . _ -`;
  const paid = kind === 'inverse' ? base : quote;
  return settle === paid ? null : `${KINDS[kind]} settles in ${paid}, not in ${settle}`;
}

const KINDS = {
  spot: 'a spot pair',
  linear: 'a linear contract',
  inverse: 'an inverse contract',
} as const satisfies Record<InstrumentKind, string>;

function problemOfNumbers(instrument: InstrumentSpec): string | null {
  const { priceScale, qtyScale, tick, lot, multiplier, makerFee, takerFee } = instrument;
  const isScale = (scale: number): boolean => Number.isInteger(scale) && scale >= 0 && scale <= 12;
  const isStep = (steps: number): boolean => Number.isSafeInteger(steps) && steps > 0;
  if (!isScale(priceScale)) return `price scale ${priceScale} not in 0..12`;
  if (!isScale(qtyScale)) return `quantity scale ${qtyScale} not in 0..12`;
  if (!isStep(tick)) return 'tick must be a positive integer';
  if (!isStep(lot)) return 'lot must be a positive integer';
  if (!(multiplier > 0 && SIZE.test(String(multiplier)))) {
    return `multiplier must be positive, with 10 digits and 12 decimals at most, not ${multiplier}`;
  }
  const fee = [makerFee, takerFee].find((rate) => !(Math.abs(rate) <= FEE_MAX));
  return fee === undefined ? null : `fee ${fee} is beyond ${FEE_MAX} of the notional`;
}

function problemOfRules({ kind, lot, rules }: InstrumentSpec): string | null {
  const { minNotional, minQty, maxQty, maxMarketQty, marketLot, priceBand } = rules;
  const { maintenanceMargin: share, feeIn } = rules;
  if (!(Number.isFinite(minNotional) && minNotional >= 0)) return 'minimum notional below 0';
  if (!(isOnGrid(minQty, lot) && minQty >= lot)) return 'minimum quantity is no whole lot';
  if (!(isOnGrid(marketLot, lot) && marketLot >= lot))
    return 'market lot is no multiple of the lot';
  if (maxQty !== null && !(maxQty >= minQty)) return 'largest quantity below the smallest';
  if (maxMarketQty !== null && !(maxMarketQty >= minQty))
    return 'largest market quantity too small';
  if (priceBand !== null && !isBand(priceBand)) return 'price band is not 0 < low <= 1 <= high';
  if (!(share >= 0 && share < 1)) return `maintenance margin ${share} not in 0..1`;
  return kind === 'spot' || feeIn === 'settle'
    ? null
    : 'a contract pays its fee in what it settles';
}

const isBand = ({ low, high }: NonNullable<VenueRules['priceBand']>): boolean =>
  low > 0 && low <= 1 && high >= 1 && low < high;

/** Asserts that there is no such problem; call once for each instrument that loads. */
export function assertInstrument(instrument: Instrument): void {
  const problem = problemOfInstrument(instrument);
  assert(problem === null, problem ?? '');
}

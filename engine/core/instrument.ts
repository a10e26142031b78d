// Owns what an instrument is: scales, tick, lot, contract and fees, fixed when it loads.
// Promise: every price and quantity of a loaded instrument is exact below 2^53.
import { assert } from './assert.ts';
import { asPrice, asQty, formatDecimal, type Price, powerOfTen, type Qty } from './units.ts';

export type VenueId = string; // 'binance-spot', 'binance-usdm', 'binance-coinm', …
export type InstrumentKind = 'spot' | 'linear' | 'inverse';

export interface Instrument {
  readonly index: number; // row in every shared-memory table of this run
  readonly key: string; // `${symbol}.${venue}`, unique: 'BTCUSDT.binance-usdm'
  readonly symbol: string; // as the venue spells it, upper case
  readonly venue: VenueId;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  readonly settle: string; // asset in which profit and fees are paid
  readonly priceScale: number;
  readonly qtyScale: number;
  readonly tick: Price; // smallest price step an order may use
  readonly lot: Qty; // smallest quantity step of an order
  readonly multiplier: number; // linear: base per unit (1); inverse: quote value of one contract
  readonly makerFee: number; // fraction of notional, negative = rebate
  readonly takerFee: number;
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

/** Asserts what the rest of the house relies on; call once for each instrument that loads. */
export function assertInstrument(instrument: Instrument): void {
  const { key, priceScale, qtyScale, tick, lot, multiplier } = instrument;
  assert(priceScale >= 0 && priceScale <= 12, `${key}: price scale ${priceScale} not in 0..12`);
  assert(qtyScale >= 0 && qtyScale <= 12, `${key}: quantity scale ${qtyScale} not in 0..12`);
  assert(Number.isSafeInteger(tick) && tick > 0, `${key}: tick must be a positive integer`);
  assert(Number.isSafeInteger(lot) && lot > 0, `${key}: lot must be a positive integer`);
  assert(Number.isFinite(multiplier) && multiplier > 0, `${key}: multiplier must be positive`);
}

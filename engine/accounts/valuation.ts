// Owns what one unit of an asset is worth: from the marks of the instruments that quote it.
// Promise: nothing allocates per mark; an asset without a price is NaN, never zero.
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';

/** Taken as one US dollar each. A depeg shows as basis on marks, not as a change of cash. */
export const USD_LIKE: ReadonlySet<string> = new Set(['USD', 'USDT', 'USDC', 'BUSD', 'FDUSD']);

export interface Valuation {
  readonly assets: readonly string[];
  indexOf(asset: string): number;
  /** A mark, in the quote asset. Returns true when a rate moved. */
  mark(instrument: Instrument, mid: number): boolean;
  /** Base currency per unit of the asset with this index; NaN until it can be told. */
  rate(assetIndex: number): number;
}

/** `extra`: assets beside those of the instruments (deposits). */
export function createValuation(
  instruments: readonly Instrument[],
  baseCurrency: string,
  extra: readonly string[],
): Valuation {
  const named = instruments.flatMap(({ base, quote, settle }) => [base, quote, settle]);
  const assets = [...new Set([baseCurrency, ...named, ...extra])];
  const places = new Map(assets.map((asset, index) => [asset, index]));
  const usd = Float64Array.from(assets, (asset) => (USD_LIKE.has(asset) ? 1 : Number.NaN));
  const isPegged = assets.map((asset) => USD_LIKE.has(asset));
  // Row of the instrument an asset's price comes from: the first one that has a mark.
  const source = new Int32Array(assets.length).fill(instruments.length);
  const baseOf = Int32Array.from(instruments, ({ base }) => places.get(base) ?? -1);
  const quoteOf = Int32Array.from(instruments, ({ quote }) => places.get(quote) ?? -1);
  const home = places.get(baseCurrency) ?? -1;
  return {
    assets,
    indexOf(asset) {
      const index = places.get(asset);
      assert(index !== undefined, `asset ${asset} is not known to the portfolio`);
      return index;
    },
    mark(instrument, mid) {
      const base = baseOf[instrument.index] ?? -1;
      const quote = quoteOf[instrument.index] ?? -1;
      if (isPegged[base] || !isPegged[quote]) return false;
      if (instrument.index > (source[base] ?? 0)) return false;
      source[base] = instrument.index;
      usd[base] = mid;
      return true;
    },
    rate: (assetIndex) => (usd[assetIndex] ?? Number.NaN) / (usd[home] ?? Number.NaN),
  };
}

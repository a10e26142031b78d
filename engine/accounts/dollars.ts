// Owns which assets are meant to be worth a US dollar, and which of them somebody has to price.
// Promise: no asset is taken for a dollar unless it stands here by name.
import type { Instrument } from '../core/instrument.ts';

/** What equity, limits and capital are counted in. */
export const BASE_CURRENCY = 'USD';

/**
 * Dollar and dollar-like coins, the most trusted first. Each is taken as one dollar, unless a spot
 * instrument of the run trades it against one that stands before it here: from then on that
 * instrument prices it, and before the first mark nobody knows its price. So with USDCUSDT in the
 * run a break of USDC's peg is a loss of those who hold it; USDT, which nothing in that run prices,
 * stays the measure. EUR, TRY, BRL and JPY are assets like any other.
 */
export const DOLLARS = ['USD', 'USDT', 'USDC', 'FDUSD', 'TUSD', 'USDP', 'DAI', 'BUSD'] as const;

/** 0 for the dollar itself; Infinity for what is none. */
export function dollarRank(asset: string): number {
  const rank = (DOLLARS as readonly string[]).indexOf(asset);
  return rank < 0 ? Number.POSITIVE_INFINITY : rank;
}

export const isDollarLike = (asset: string): boolean => dollarRank(asset) < DOLLARS.length;

/** Whether `asset` is one dollar by definition among these instruments. */
export function isPegged(asset: string, instruments: Iterable<Instrument>): boolean {
  const rank = dollarRank(asset);
  if (rank === 0 || rank === Number.POSITIVE_INFINITY) return rank === 0;
  for (const { kind, base, quote } of instruments) {
    if (kind !== 'spot' || (base !== asset && quote !== asset)) continue;
    if (dollarRank(base === asset ? quote : base) < rank) return false;
  }
  return true;
}

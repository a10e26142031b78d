// Owns which instrument carries the risk of a coin that is held: its row in the risk tables.
// Promise: pure; one carrier for each asset and venue, by a stated order, never two.
import type { Instrument } from '../core/instrument.ts';
import { dollarRank, isDollarLike } from './dollars.ts';

/** How an amount of the asset counts in the instrument's own quantity. */
export interface Carrier {
  readonly instrument: Instrument;
  /** base: as it is. linear: / multiplier. inverse: x mark / multiplier. quote: -amount / mark. */
  readonly unit: 'base' | 'linear' | 'inverse' | 'quote';
}

/**
 * In this order: a spot pair of the coin at the venue, one elsewhere, a linear contract of it (at
 * the venue first), an inverse one, and for a currency that only dollar-like coins are traded in
 * (USDTTRY) that pair, held short. Among equals the most trusted quote, then the lowest slot.
 * Dollar-like coins have none: they are cash, and stress looks at them by name. null also where no
 * instrument moves with the asset: it cannot be priced either (rates.ts), or only by detours.
 */
export function carrierOf(
  instruments: Iterable<Instrument>,
  asset: string,
  venue: string,
): Carrier | null {
  if (isDollarLike(asset)) return null;
  let best: Carrier | null = null;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const instrument of instruments) {
    const unit = unitOf(instrument, asset);
    if (unit === null) continue;
    const rank = rankOf(instrument, unit, venue);
    if (rank >= bestRank) continue;
    bestRank = rank;
    best = { instrument, unit };
  }
  return best;
}

/** Amount of the asset -> quantity of its carrier; NaN while the mark it needs is unknown. */
export function carriedQty({ instrument, unit }: Carrier, amount: number, mark: number): number {
  if (amount === 0) return 0;
  if (unit === 'base') return amount;
  if (unit === 'linear') return amount / instrument.multiplier;
  return unit === 'inverse' ? (amount * mark) / instrument.multiplier : -amount / mark;
}

function unitOf({ kind, base, quote }: Instrument, asset: string): Carrier['unit'] | null {
  if (base === asset) return kind === 'spot' ? 'base' : kind;
  return kind === 'spot' && quote === asset && isDollarLike(base) ? 'quote' : null;
}

const UNITS = ['base', 'linear', 'inverse', 'quote'] as const;
const RANKS = 64; // more than there are dollars
const SLOTS = 1 << 16; // more than there can be instruments

function rankOf(instrument: Instrument, unit: Carrier['unit'], venue: string): number {
  const isElsewhere = instrument.venue === venue ? 0 : 1;
  const quote = Math.min(dollarRank(instrument.quote), RANKS - 1);
  const place = (UNITS.indexOf(unit) * 2 + isElsewhere) * RANKS + quote;
  return place * SLOTS + instrument.index;
}

// Owns what risk is told of the collateral of each account at each margin place.
// Promise: as it is now, wherever money or the word of a venue has just moved it.
import { collateralAt, type Worths } from '../accounts/valuation.ts';
import type { MarginEvent } from '../core/event.ts';
import type { EpochUs } from '../core/units.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { RiskNames } from '../risk/places.ts';

/** The collateral a venue has told, base currency. */
export type ToldMargin = Pick<MarginEvent, 'balance' | 'timeUs'>;

export interface MarginsGround {
  readonly worths: Worths;
  readonly exposure: Pick<Exposure, 'marginPlaces' | 'setMargin'>;
  readonly names: Pick<RiskNames, 'portfolios'>;
  readonly margins: ReadonlyMap<string, ToldMargin>; // by venue
}

const UNTOLD = Number.POSITIVE_INFINITY;

/**
 * What backs an account's orders: our ledger, and no more than the venue itself says. A venue that
 * has told it once has to go on: its word ages. Left out, `account` is every one.
 */
export function tellMargins(ground: MarginsGround, nowUs: EpochUs, account?: string): void {
  const { worths, exposure, names, margins } = ground;
  for (const place of exposure.marginPlaces) {
    const told = margins.get(place.venue);
    const most = told?.balance ?? UNTOLD;
    for (const name of names.portfolios) {
      if (account !== undefined && name !== account) continue;
      const balance = Math.min(collateralAt(worths, place, name), most);
      exposure.setMargin(place, balance, told?.timeUs ?? nowUs, name);
    }
  }
}

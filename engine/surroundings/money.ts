// Owns the building of the rooms about money: rates, worths, funds, and what movements may read.
// Promise: from the slice of accounts alone; built once for a start, or to look before one.
import { createFunds, type Funds } from '../accounts/funds.ts';
import type { MovementGround } from '../accounts/movements.ts';
import { createRates, type Rates } from '../accounts/rates.ts';
import { openWorths, type Worths } from '../accounts/valuation.ts';
import type { Config } from '../config/schema.ts';
import { type Instrument, qtyOf } from '../core/instrument.ts';
import type { Funds as RiskFunds } from '../risk/funds.ts';
import type { State } from '../state.ts';
import { namesOf, slotsOf } from './ground.ts';

export interface MoneyRooms {
  readonly rates: Rates;
  readonly worths: Worths;
  readonly funds: Funds;
  readonly money: MovementGround;
}

/** How many assets can be priced with so many slots. */
export const assetsMax = (slots: number): number => 3 * slots + OTHER_ASSETS_MAX;
const OTHER_ASSETS_MAX = 256; // of deposits, fees and balances, that no instrument names

export function openMoney(
  config: Config,
  instruments: readonly Instrument[],
  { accounts, instruments: known }: Pick<State, 'accounts' | 'instruments'>,
): MoneyRooms {
  const { portfolios, venues } = namesOf(config, instruments);
  const { risk, capacity } = config;
  const slots = slotsOf(config, instruments.length);
  const assets = assetsMax(slots);
  const freshUs = risk.markAgeMsMax * 1000;
  const rates = createRates({ instruments: slots, assets, freshUs }, instruments);
  const funds = createFunds({
    accounts,
    rates,
    names: portfolios,
    slots,
    ordersMax: capacity.orders,
    initialMargin: risk.initialMargin,
  });
  for (const instrument of instruments) funds.add(instrument);
  return {
    rates,
    worths: openWorths({ accounts, rates, find: known.find }),
    funds,
    money: {
      accounts,
      rates,
      hasAccount: (account) => portfolios.includes(account),
      hasVenue: (venue) => venues.includes(venue),
      reserved: funds.reserved,
    },
  };
}

/** What is spent the risk tables ask of spot alone; margin is theirs. */
export const riskFundsOf = (funds: Funds): RiskFunds => ({
  spends: ({ account, instrument, side, qty }, price) =>
    funds.need(account, instrument, side, qtyOf(instrument, qty), price),
  available: ({ account, instrument, side }) => funds.available(account, instrument, side),
  held: ({ account, instrument }) => funds.held(account, instrument),
  siblings: funds.siblings,
});

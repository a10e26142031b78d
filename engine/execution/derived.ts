// Owns what follows from durable state: worth, funds, exposure and limits in shared memory.
// Promise: a fact costs what it touches; everything can be made anew from the slices alone.
import { EVERYBODY, exposureOf, movingExposures, touchedBy } from '../accounts/exposures.ts';
import type { Funds } from '../accounts/funds.ts';
import type { Rates } from '../accounts/rates.ts';
import { refresh, reload, stablecoinsOf, type Worths } from '../accounts/valuation.ts';
import { type Instrument, priceOf, qtyOf } from '../core/instrument.ts';
import type { Instruments } from '../core/instruments.ts';
import { MANUAL, type Order } from '../core/order.ts';
import { asQty, type EpochUs } from '../core/units.ts';
import type { Fact, FactOf } from '../facts/fact.ts';
import type { FillRecord } from '../facts/money.ts';
import { worstPrice, worstQty } from '../orders/request.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { Limits } from '../risk/limits.ts';
import type { RiskNames } from '../risk/places.ts';
import { cashAssetsOf } from '../risk/scenarios.ts';
import type { State } from '../state.ts';
import type { Listing } from './listing.ts';
import { type MarginsGround, tellMargins } from './margins.ts';

export interface DerivedGround extends Pick<MarginsGround, 'margins'> {
  readonly state: State;
  readonly worths: Worths;
  readonly funds: Funds;
  readonly rates: Rates;
  readonly exposure: Exposure;
  readonly limits: Limits;
  readonly names: RiskNames;
  readonly listed: Pick<Instruments, 'traded' | 'isListed'>;
  readonly listing: Listing;
}

export interface Derived {
  /** After the fact was folded. */
  follow(fact: Fact, nowUs: EpochUs): void;
  /** Everything: at the start. */
  all(): void;
  /** What moves with marks alone: at the pace of the guard. */
  renew(): void;
  /** Asks as if `order` were not there: what it holds and keeps is given back meanwhile. */
  without<T>(order: Order, ask: () => T): T;
}

export function createDerived(ground: DerivedGround): Derived {
  const { state, worths, funds, limits, listed, names } = ground;
  let cashAssets = cashAssetsOf(listed.traded()); // held as money alone, looked at by stress
  const tellExposures = (): void => {
    for (const instrument of listed.traded()) tellExposure(ground, instrument, names);
  };
  return {
    follow(fact, nowUs) {
      switch (fact.kind) {
        case 'fill':
        case 'money':
          followMoney(ground, fact, nowUs);
          return;
        case 'order':
          tellOpen(ground, fact.order.id);
          return;
        case 'request':
          tellOpen(ground, fact.orderId);
          return;
        case 'instrument':
          ground.listing.follow(fact, nowUs, tellExposures);
          cashAssets = cashAssetsOf(listed.traded());
          tellCash(ground, cashAssets);
          tellMargins(ground, nowUs);
          return;
        case 'limits':
        case 'limits_configured':
          if (fact.kind === 'limits' && fact.step !== 'approved') return;
          limits.write(state.limits.tree(), nowUs);
          return;
        default:
          return;
      }
    },
    all() {
      reload(worths);
      funds.renew();
      tellExposures();
      for (const order of state.orders.open()) tellOrder(ground, order);
      tellCash(ground, cashAssets);
    },
    renew() {
      funds.revalue();
      for (const instrument of movingExposures(worths)) tellExposure(ground, instrument, names);
      tellCash(ground, cashAssets);
    },
    without: (order, ask) => without(ground, order, ask),
  };
}

function followMoney(ground: DerivedGround, fact: FactOf<'fill' | 'money'>, nowUs: EpochUs): void {
  const { worths, funds, names } = ground;
  refresh(worths, fact);
  funds.refresh(fact);
  const owners = fact.kind === 'fill' ? ownersOf(fact.fill) : names;
  for (const instrument of touchedBy(worths, fact)) tellExposure(ground, instrument, owners);
  if (fact.kind === 'fill') tellOpen(ground, fact.fill.orderId);
  // A person moves more at once than any fill does, and seldom.
  else if (fact.movement !== 'funding' && fact.movement !== 'interest') ground.exposure.renew();
  // At once: the next order may come before the next look, and rests on what is there now.
  for (const account of new Set(fact.postings.map((one) => one.account))) {
    tellMargins(ground, nowUs, account);
  }
}

type Owners = Pick<RiskNames, 'portfolios' | 'strategies'>;

/** Whose books a fill moves: its own, and of those who have the rest. */
const ownersOf = ({ account, strategy }: FillRecord): Owners => ({
  portfolios: [account],
  strategies: strategy === MANUAL ? [MANUAL] : [strategy, MANUAL],
});

/** What is not traded any more has no row: its venue stops where money moves on it (reports.ts). */
function tellExposure(
  { worths, exposure, listed }: DerivedGround,
  instrument: Instrument,
  owners: Owners,
): void {
  if (!listed.isListed(instrument)) return;
  exposure.onPosition(instrument, exposureOf(worths, instrument, EVERYBODY));
  for (const account of owners.portfolios) {
    const qty = exposureOf(worths, instrument, { kind: 'account', account });
    exposure.setHeld('portfolio', account, instrument, qty);
  }
  for (const strategy of owners.strategies) {
    const qty = exposureOf(worths, instrument, { kind: 'strategy', strategy });
    exposure.setHeld('strategy', strategy, instrument, qty);
  }
}

function tellOpen(ground: DerivedGround, orderId: string): void {
  const order = ground.state.orders.get(orderId);
  if (order !== null) tellOrder(ground, order);
}

/**
 * An amend on its way counts at the worse of what stands and what is asked for. What closes a
 * contract keeps no money; a sale of coins keeps the coins, whoever says that it only reduces.
 */
function tellOrder({ state, exposure, funds, rates, listed }: DerivedGround, order: Order): void {
  const { id, account, instrument, side } = order;
  if (!listed.isListed(instrument)) return;
  const requests = state.orders.requestsOf(id);
  const open = worstQty(order, requests);
  exposure.setOpen(order, open);
  // Closing contracts needs no money; a venue keeps the coins of every open sale on spot.
  if (open === 0 || (order.reduceOnly && instrument.kind !== 'spot')) {
    funds.release(id);
    return;
  }
  const limit = worstPrice(order, requests);
  const price = limit === null ? rates.markOf(instrument) : priceOf(instrument, limit);
  if (price > 0)
    funds.reserve(id, account, instrument, side, qtyOf(instrument, asQty(open)), price);
}

function without<T>(ground: DerivedGround, order: Order, ask: () => T): T {
  ground.exposure.setOpen(order, 0);
  ground.funds.release(order.id);
  const answer = ask();
  tellOrder(ground, order);
  return answer;
}

function tellCash({ worths, rates, exposure }: DerivedGround, cashAssets: readonly string[]): void {
  const coins = stablecoinsOf(worths);
  for (const asset of cashAssets) {
    const amount = coins[asset] ?? 0;
    exposure.setCash(asset, amount === 0 ? 0 : amount * rates.rateOf(asset));
  }
}

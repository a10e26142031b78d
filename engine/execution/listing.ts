// Owns how instruments come and go while it runs: what is decided, and who hears of it in order.
// Promise: pure until the fact is committed; then all rooms have it or none; nothing held is lost.
import type { Funds } from '../accounts/funds.ts';
import type { Rates } from '../accounts/rates.ts';
import { reload, renewCarriers, type Worths } from '../accounts/valuation.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Instruments } from '../core/instruments.ts';
import type { EpochUs } from '../core/units.ts';
import type { FactOf } from '../facts/fact.ts';
import type { Market } from '../market/market.ts';
import type { Marks } from '../market/marks.ts';
import type { Covariance } from '../risk/covariance.ts';
import type { Exposure } from '../risk/exposure.ts';
import type { Guard } from '../risk/guard.ts';
import type { Limits } from '../risk/limits.ts';
import { cashAssetsOf, type ScenarioColumns, type Scenarios } from '../risk/scenarios.ts';
import { readInstrument } from '../run/instruments-slice.ts';
import type { Signals } from '../signals/generate.ts';

export interface ListingRooms {
  readonly listed: Instruments;
  readonly rates: Rates;
  readonly funds: Funds;
  readonly worths: Worths;
  readonly market: Market;
  readonly marks: Marks;
  readonly signals: Signals;
  readonly limits: Limits;
  readonly exposure: Exposure;
  readonly covariance: Covariance;
  readonly scenarios: Scenarios;
  readonly guard: Guard;
  /** What risk knows of its past, and what the stress scenarios do to it. */
  readonly columnsOf: (instrument: Instrument) => ScenarioColumns;
  /** The same of an asset that it pays in, which nothing trades. */
  readonly cashColumnsOf: (instrument: Instrument, asset: string) => ScenarioColumns;
}

export interface Listing {
  /**
   * After an instrument fact was folded: rooms of money first, then of risk, the market last. What
   * they say of it is what is so already: nothing happens then. `tellExposures` moves what is held
   * to those that carry it from here on.
   */
  follow(fact: FactOf<'instrument'>, nowUs: EpochUs, tellExposures: () => void): void;
}

export function createListing(rooms: ListingRooms): Listing {
  return {
    follow({ change, instrument: record }, nowUs, tellExposures) {
      const known = rooms.listed.byKey(record.key);
      if (change === 'retired') {
        if (known !== null) retire(rooms, known, tellExposures);
        return;
      }
      if (known !== null) return;
      const spec = readInstrument(record);
      assert(typeof spec !== 'string', String(spec));
      const answer = rooms.listed.add(spec);
      assert(answer.kind === 'listed', `${record.key} was decided to fit, and does not`);
      add(rooms, answer.instrument, nowUs, tellExposures);
    },
  };
}

/** Not tradable until its book is in sequence, and without limits until a tree has them. */
function add(
  rooms: ListingRooms,
  instrument: Instrument,
  nowUs: EpochUs,
  tellExposures: () => void,
): void {
  const { rates, funds, marks, limits, exposure, covariance, scenarios, guard } = rooms;
  rates.add(instrument);
  funds.add(instrument);
  funds.renew();
  marks.add(instrument);
  limits.add(instrument);
  exposure.add(instrument);
  covariance.add(instrument);
  scenarios.add(instrument, rooms.columnsOf(instrument));
  followCash(rooms, instrument);
  guard.add(instrument);
  rooms.signals.add(instrument, nowUs);
  rooms.market.add(instrument);
  reload(rooms.worths); // who comes back may have another slot than what was traded of it knows
  tellExposures();
}

/** Its book is lost for everybody before what it carried is given to others. */
function retire(rooms: ListingRooms, instrument: Instrument, tellExposures: () => void): void {
  const { rates, market, marks, limits, exposure, guard } = rooms;
  market.retire(instrument);
  marks.retire(instrument);
  rates.retire(instrument);
  renewCarriers(rooms.worths);
  tellExposures();
  assert(exposure.retire(instrument), `${instrument.key} is held, or has open orders`);
  limits.retire(instrument);
  guard.retire(instrument);
  rooms.signals.retire(instrument);
  rooms.listed.retire(instrument);
  followCash(rooms, instrument);
}

function followCash(rooms: ListingRooms, instrument: Instrument): void {
  const { exposure, scenarios, listed } = rooms;
  const before = exposure.cashAssets.length;
  exposure.setCashAssets(cashAssetsOf(listed.traded()));
  for (const [place, asset] of exposure.cashAssets.entries()) {
    if (place >= before) scenarios.addAsset(place, asset, rooms.cashColumnsOf(instrument, asset));
  }
}

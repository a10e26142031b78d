// Owns what Binance asks of every order besides the grids: its public filters and margin tiers.
// Promise: what is not known of a coin is null or 0 and asks nothing; live trading reads the rest.
import { assertNever } from '../../core/assert.ts';
import type { InstrumentKind, VenueRules } from '../../core/instrument.ts';
import { asQty, powerOfTen, type Qty } from '../../core/units.ts';

interface ContractTerms {
  readonly minNotional: number; // quote asset
  readonly maxQty: number | null; // base asset, or contracts
  readonly maxMarketQty: number | null;
  readonly band: number; // PERCENT_PRICE: 1 - band .. 1 + band of the mark
  readonly maintenance: number; // lowest tier
}

// exchangeInfo and leverageBracket of USD-M as published in 2024. Sizes of other coins go with
// their price and are changed often: null, so that the engine's own limits bind instead.
const USDM: ReadonlyMap<string, ContractTerms> = new Map([
  ['BTC', { minNotional: 100, maxQty: 1000, maxMarketQty: 120, band: 0.05, maintenance: 0.004 }],
  ['ETH', { minNotional: 20, maxQty: 10_000, maxMarketQty: 2000, band: 0.05, maintenance: 0.005 }],
]);
const USDM_OTHER: ContractTerms = {
  minNotional: 5,
  maxQty: null,
  maxMarketQty: null,
  band: 0.1,
  maintenance: 0.01,
};

// COIN-M: no least notional beside one contract, the same largest sizes for all.
const COINM = { maxQty: 1_000_000, maxMarketQty: 60_000, band: 0.05 } as const;
const COINM_MAINTENANCE: ReadonlyMap<string, number> = new Map([
  ['BTC', 0.004],
  ['ETH', 0.005],
]);

// Spot NOTIONAL by quote asset; an asset that is not here asks for nothing that is known.
const SPOT_MIN_NOTIONAL: ReadonlyMap<string, number> = new Map([
  ['USDT', 5],
  ['FDUSD', 5],
  ['USDC', 5],
  ['TUSD', 5],
  ['BUSD', 5],
  ['EUR', 5],
  ['BTC', 0.0001],
  ['ETH', 0.001],
  ['BNB', 0.01],
]);
const SPOT_MAX_QTY: ReadonlyMap<string, number> = new Map([
  ['BTC', 9000],
  ['ETH', 9000],
]);
const SPOT_BAND = { low: 0.2, high: 5 } as const; // PERCENT_PRICE_BY_SIDE

/** `lot` in steps of 10^-qtyScale; the least quantity of Binance is one lot. */
export function rulesOf(
  kind: InstrumentKind,
  base: string,
  quote: string,
  qtyScale: number,
  lot: number,
): VenueRules {
  const steps = (qty: number | null): Qty | null =>
    qty === null ? null : asQty(qty * powerOfTen(qtyScale));
  const grid = { minQty: asQty(lot), marketLot: asQty(lot) };
  switch (kind) {
    case 'spot':
      return {
        ...grid,
        minNotional: SPOT_MIN_NOTIONAL.get(quote) ?? 0,
        maxQty: steps(SPOT_MAX_QTY.get(base) ?? null),
        maxMarketQty: null, // follows the day's volume: only exchangeInfo knows it
        priceBand: SPOT_BAND,
        feeIn: 'received',
        maintenanceMargin: 0,
      };
    case 'linear': {
      const { minNotional, maxQty, maxMarketQty, band, maintenance } = USDM.get(base) ?? USDM_OTHER;
      return {
        ...grid,
        minNotional,
        maxQty: steps(maxQty),
        maxMarketQty: steps(maxMarketQty),
        priceBand: { low: 1 - band, high: 1 + band },
        feeIn: 'settle',
        maintenanceMargin: maintenance,
      };
    }
    case 'inverse':
      return {
        ...grid,
        minNotional: 0,
        maxQty: steps(COINM.maxQty),
        maxMarketQty: steps(COINM.maxMarketQty),
        priceBand: { low: 1 - COINM.band, high: 1 + COINM.band },
        feeIn: 'settle',
        maintenanceMargin: COINM_MAINTENANCE.get(base) ?? 0.01,
      };
    default:
      return assertNever(kind);
  }
}

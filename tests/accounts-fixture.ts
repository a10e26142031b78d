// Owns what the tests of accounts share: instruments of several venues, orders, reports, a room.
// Promise: plain numbers a reader can check by hand; facts reach the slice through JSON as on disk.
import { type Accounts, createAccounts } from '../engine/accounts/accounts-slice.ts';
import { decideFill, type FillReport, type RateReader } from '../engine/accounts/fill.ts';
import type { Funds } from '../engine/accounts/funds.ts';
import { createRates, type Rates } from '../engine/accounts/rates.ts';
import { openWorths, refresh, reload, type Worths } from '../engine/accounts/valuation.ts';
import type { Instrument, InstrumentKind } from '../engine/core/instrument.ts';
import type { Order } from '../engine/core/order.ts';
import { asEpochUs, asPrice, asQty } from '../engine/core/units.ts';
import type { Fact, FactOf } from '../engine/facts/fact.ts';

interface Parts extends Partial<Instrument> {
  readonly index: number;
  readonly symbol: string;
  readonly venue: string;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
}

/** Prices of two decimals, quantities of three, fees of 2 and 5 basis points (spot: 10 and 10). */
export function instrumentOf(parts: Parts): Instrument {
  const isSpot = parts.kind === 'spot';
  return {
    key: `${parts.symbol}.${parts.venue}`,
    settle: parts.kind === 'inverse' ? parts.base : parts.quote,
    priceScale: 2,
    qtyScale: 3,
    tick: asPrice(1),
    lot: asQty(1),
    multiplier: 1,
    makerFee: isSpot ? 0.001 : 0.0002,
    takerFee: isSpot ? 0.001 : 0.0005,
    rules: {
      minNotional: 0,
      minQty: asQty(1),
      maxQty: null,
      maxMarketQty: null,
      marketLot: asQty(1),
      priceBand: null,
      feeIn: isSpot ? 'received' : 'settle',
      maintenanceMargin: isSpot ? 0 : 0.005,
    },
    ...parts,
  };
}

let slot = 0;
const pair = (
  kind: InstrumentKind,
  venue: string,
  base: string,
  quote: string,
  parts: Partial<Instrument> = {},
): Instrument => {
  const symbol = kind === 'inverse' ? `${base}${quote}_PERP` : `${base}${quote}`;
  const made = instrumentOf({ index: slot, symbol, venue, kind, base, quote, ...parts });
  slot += 1;
  return made;
};

/** Slots 0 to 7; the perpetual stands before the spot pair, as it does in the default market. */
export const btcPerp = pair('linear', 'usdm', 'BTC', 'USDT');
export const btcSpot = pair('spot', 'spot', 'BTC', 'USDT');
export const ethSpot = pair('spot', 'spot', 'ETH', 'USDT');
export const ethBtc = pair('spot', 'spot', 'ETH', 'BTC', { priceScale: 6 });
export const btcCoin = pair('inverse', 'coinm', 'BTC', 'USD', { qtyScale: 0, multiplier: 100 });
export const btcOther = pair('spot', 'other', 'BTC', 'USDT');
export const bnbSpot = pair('spot', 'spot', 'BNB', 'USDT');
export const usdcSpot = pair('spot', 'spot', 'USDC', 'USDT', { priceScale: 4 });
export const all: readonly Instrument[] = [
  btcPerp,
  btcSpot,
  ethSpot,
  ethBtc,
  btcCoin,
  btcOther,
  bnbSpot,
  usdcSpot,
];

export type Asked = Pick<Order, 'id' | 'instrument' | 'account' | 'strategy' | 'side'>;

export const orderOf = (
  instrument: Instrument,
  side: Order['side'],
  parts: Partial<Asked> = {},
): Asked => ({ id: 'c1', instrument, account: 'main', strategy: 'manual', side, ...parts });

/** Price and quantity are real numbers. */
export const reportOf = (
  instrument: Instrument,
  price: number,
  qty: number,
  parts: Partial<FillReport> = {},
): FillReport => ({
  kind: 'fill',
  orderId: 'c1',
  fillId: 'f1',
  price: asPrice(Math.round(price * 10 ** instrument.priceScale)),
  qty: asQty(Math.round(qty * 10 ** instrument.qtyScale)),
  liquidity: 'taker',
  fee: null,
  timeUs: asEpochUs(1),
  ...parts,
});

export const NO_RATES: RateReader = { rateOf: () => Number.NaN };

/** The fact as a journal would give it back. */
export const throughText = <F extends Fact>(fact: F): F => JSON.parse(JSON.stringify(fact));

export function openAccounts(deposits: Record<string, Record<string, string>> = {}): Accounts {
  const accounts = createAccounts();
  for (const [venue, assets] of Object.entries(deposits)) {
    for (const [asset, amount] of Object.entries(assets)) {
      accounts.fold(depositOf('main', venue, asset, amount, `${venue}-${asset}`), 0);
    }
  }
  return accounts;
}

export const depositOf = (
  account: string,
  venue: string,
  asset: string,
  amount: string,
  id: string,
  value: number | null = 0,
): FactOf<'money'> => ({
  kind: 'money',
  id,
  movement: 'deposit',
  postings: [
    { account, venue, book: 'balance', asset, amount },
    { account, venue, book: 'capital', asset, amount: `-${amount}` },
  ],
  instrument: null,
  by: 'test',
  reason: '',
  value,
});

/** Decides a fill and folds it. */
export function book(
  accounts: Accounts,
  order: Asked,
  report: FillReport,
  rates: RateReader = NO_RATES,
): FactOf<'fill'> {
  const fact = throughText(decideFill(accounts, order, report, rates));
  accounts.fold(fact, 0);
  return fact;
}

const SECOND_US = 1_000_000;

export interface Room {
  readonly accounts: Accounts;
  readonly rates: Rates;
  readonly worths: Worths;
  mark(instrument: Instrument, price: number, second?: number): void;
  trade(
    instrument: Instrument,
    asked: Partial<Asked>,
    price: number,
    qty: number,
    liquidity?: 'maker' | 'taker',
  ): void;
}

/** Accounts, rates and worths of some instruments; trades are those of `main` unless told. */
export function openRoom(
  instruments: readonly Instrument[],
  deposits: Record<string, Record<string, string>>,
): Room {
  const accounts = openAccounts(deposits);
  const rates = createRates({ instruments: 16, assets: 64, freshUs: 5 * SECOND_US }, instruments);
  const find = (key: string) => instruments.find((each) => each.key === key) ?? null;
  const worths = openWorths({ accounts, rates, find });
  reload(worths);
  return {
    accounts,
    rates,
    worths,
    mark: (instrument, price, second = 1) =>
      rates.mark(instrument, price, asEpochUs(second * SECOND_US), false),
    trade(instrument, asked, price, qty, liquidity = 'taker') {
      const order = orderOf(instrument, asked.side ?? 'buy', asked);
      const report = reportOf(instrument, price, qty, { liquidity });
      refresh(worths, book(accounts, order, report, rates));
    },
  };
}

/** What an order of `main` needs beyond what is free; 0 within a trillionth, NaN: nobody knows. */
export function lackingOf(funds: Funds, ...[instrument, side, qty, price]: Lacking): number {
  const asked = funds.need('main', instrument, side, qty, price);
  if (asked === 0) return 0; // closing a position is never a question of money
  const missing = asked - funds.available('main', instrument, side);
  return missing <= 1e-12 * asked ? 0 : missing;
}

type Lacking = [instrument: Instrument, side: Order['side'], qty: number, price: number];

// Owns a desk in front of the paper venue for tests: instruments with rules, books, orders, words.
// Promise: plain numbers a reader can check by hand; every report the venue says is kept.
import assert from 'node:assert/strict';
import { assertNever } from '../engine/core/assert.ts';
import { approve, markCompliant, type Placement, toPlacement } from '../engine/core/decision.ts';
import type { OrderReport, VenueReport } from '../engine/core/event.ts';
import type { Instrument, VenueRules } from '../engine/core/instrument.ts';
import type { Order, OrderIntent } from '../engine/core/order.ts';
import { createRandom } from '../engine/core/random.ts';
import { asEpochUs, asPrice, asQty, type EpochUs } from '../engine/core/units.ts';
import {
  createPaperVenue,
  type PaperVenue,
  type PaperVenueOptions,
} from '../engine/venues/paper/paper.ts';
import { createTestBooks, type Levels, NO_FIGURES, type TestBooks } from './trading-fixture.ts';

const FREE: VenueRules = {
  minNotional: 0,
  minQty: asQty(1),
  maxQty: null,
  maxMarketQty: null,
  marketLot: asQty(1),
  priceBand: null,
  feeIn: 'settle',
  maintenanceMargin: 0.005,
};
const SHAPE = {
  venue: 'perps',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  priceScale: 2,
  qtyScale: 3,
  tick: asPrice(10),
  lot: asQty(1),
  multiplier: 1,
  rules: FREE,
  makerFee: 0.0002,
  takerFee: 0.0005,
} as const;

/** Linear: price 0.10 ticks at scale 2, quantity 0.001. */
export const perpetual: Instrument = {
  ...SHAPE,
  index: 0,
  key: 'BTCUSDT.perps',
  symbol: 'BTCUSDT',
  kind: 'linear',
};
/** Contracts of 100 USD, settled in BTC. */
export const inverse: Instrument = {
  ...SHAPE,
  index: 1,
  key: 'BTCUSD.coins',
  symbol: 'BTCUSD',
  venue: 'coins',
  kind: 'inverse',
  quote: 'USD',
  settle: 'BTC',
  qtyScale: 0,
  multiplier: 100,
};
/** Spot, in lots of 0.010; the fee is taken from what is received. */
export const spot: Instrument = {
  ...SHAPE,
  index: 2,
  key: 'ETHUSDT.spot',
  symbol: 'ETHUSDT',
  venue: 'spot',
  kind: 'spot',
  base: 'ETH',
  lot: asQty(10),
  makerFee: 0.001,
  takerFee: 0.001,
  rules: {
    ...FREE,
    minQty: asQty(10),
    marketLot: asQty(10),
    feeIn: 'received',
    maintenanceMargin: 0,
  },
};

export const withRules = (instrument: Instrument, rules: Partial<VenueRules>): Instrument => ({
  ...instrument,
  rules: { ...instrument.rules, ...rules },
});

export const at = (us: number): EpochUs => asEpochUs(us);

export const BIDS: Levels = [
  [9_990, 50],
  [9_980, 100],
  [9_970, 100],
];
export const ASKS: Levels = [
  [10_000, 30],
  [10_010, 40],
  [10_020, 100],
];

/** A buy of 0.010 at 100.00, good till cancelled, unless `parts` say otherwise. */
const intentOf = (instrument: Instrument, parts: Partial<OrderIntent>): OrderIntent => ({
  kind: 'intent',
  instrument,
  account: 'main',
  strategy: 'test',
  side: 'buy',
  type: 'limit',
  qty: asQty(10),
  price: asPrice(10_000),
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  parentId: null,
  client: null,
  metadata: null,
  origin: { kind: 'book' },
  bookSequence: 7,
  createdUs: at(0),
  tickNs: 0,
  ...parts,
});

// Made past execution/place.ts, which lets no impossible price through: the venue must refuse it.
function placementOf(id: string, intent: OrderIntent): Placement {
  const collar = asPrice(intent.side === 'buy' ? 10_100 : 9_900);
  const approved = approve(markCompliant(intent), NO_FIGURES, []);
  return toPlacement(approved, id, intent.price ?? collar);
}

export interface Terms extends Partial<Omit<PaperVenueOptions, 'books' | 'emit'>> {
  readonly isPoor?: boolean; // begins with no money
  readonly books?: TestBooks;
}

export interface VenueDesk {
  readonly venue: PaperVenue;
  readonly books: TestBooks;
  readonly heard: VenueReport[];
  /** Orders go to the first instrument unless `parts` name one; time passes to `us`. */
  send(parts: Partial<OrderIntent>, id?: string, us?: number): void;
  cancel(id: string, us?: number): void;
  /** Each is the next trade of the venue, unless it says which. */
  trade(
    price: number,
    qty: number,
    buyerIsMaker: boolean,
    us?: number,
    eventUs?: number,
    tradeId?: number,
  ): void;
  book(bids: Levels, asks: Levels, us?: number, instrument?: Instrument): void;
  pass(us: number): void;
  /** Reports on orders so far: 'accepted', 'fill 30@10000 taker', 'expired: why'. */
  words(): string[];
  /** The same with the order's id before each. */
  tales(): string[];
  deposit(amount: string, asset?: string, instrument?: Instrument, account?: string): void;
  balance(asset: string, instrument?: Instrument): string;
}

export function openVenue(terms: Terms = {}): VenueDesk {
  const { isPoor = false, books = createTestBooks(), ...rest } = terms;
  const instruments = rest.instruments ?? [perpetual, inverse, spot];
  const [first = perpetual] = instruments;
  if (!books.isReady(first)) books.set(first, BIDS, ASKS);
  const heard: VenueReport[] = [];
  let fills = 0;
  const venue = createPaperVenue({
    latencyUs: 0,
    random: createRandom('paper'),
    fillIds() {
      fills += 1;
      return `p${fills}`;
    },
    ...rest,
    instruments,
    books,
    emit: (report) => void heard.push(report),
  });
  const desk = actsOf(venue, books, heard, first);
  if (!isPoor && rest.saved === undefined) {
    for (const { venue: name, base, quote, settle } of instruments) {
      for (const asset of new Set([base, quote, settle])) {
        const money = { account: 'main', venue: name, asset, amount: '1000000' };
        assert.equal(venue.deposit(money), null);
      }
    }
  }
  return desk;
}

function actsOf(
  venue: PaperVenue,
  books: TestBooks,
  heard: VenueReport[],
  first: Instrument,
): VenueDesk {
  let lastTradeId = 0;
  const tales = (): [string, string][] =>
    heard.flatMap((report) => ('orderId' in report ? [[report.orderId, wordOf(report)]] : []));
  return {
    venue,
    books,
    heard,
    send(parts, id = 'c1', us = 0) {
      venue.place(placementOf(id, intentOf(parts.instrument ?? first, parts)), at(us));
      venue.advance(at(us));
    },
    cancel(id, us = 0) {
      venue.cancel({ id } as Order, at(us));
      venue.advance(at(us));
    },
    trade(price, qty, buyerIsMaker, us = 0, eventUs = us, tradeId = lastTradeId + 1) {
      lastTradeId = tradeId;
      const times = { eventUs: at(eventUs), receiveUs: at(us), tickNs: 0 };
      const trade = { price: asPrice(price), qty: asQty(qty), buyerIsMaker, tradeId };
      venue.onTrade({ kind: 'trade', instrument: first, ...trade, ...times }, at(us));
      venue.advance(at(us));
    },
    book(bids, asks, us = 0, instrument = first) {
      venue.advance(at(us));
      books.set(instrument, bids, asks);
      venue.onBook(instrument, at(us), at(us));
      venue.advance(at(us));
    },
    pass: (us) => venue.advance(at(us)),
    words: () => tales().map(([, word]) => word),
    tales: () => tales().map((tale) => tale.join(' ')),
    deposit(amount, asset = first.settle, instrument = first, account = 'main') {
      assert.equal(venue.deposit({ account, venue: instrument.venue, asset, amount }), null);
    },
    balance: (asset, instrument = first) => venue.balance('main', instrument.venue, asset),
  };
}

export function wordOf(report: OrderReport): string {
  switch (report.kind) {
    case 'accepted':
      return 'accepted';
    case 'fill':
      return `fill ${report.qty}@${report.price} ${report.liquidity}`;
    case 'amended':
      return `amended ${report.qty}@${report.price}`;
    case 'refused':
      return `refused ${report.request}: ${report.reason}`;
    case 'unclear':
      return `unclear: ${report.reason}`;
    case 'ended':
      return `${report.state}: ${report.reason}`;
    default:
      return assertNever(report);
  }
}

/** A limit order by price and quantity, in steps. */
export const limit = (price: number, qty: number): Partial<OrderIntent> => ({
  price: asPrice(price),
  qty: asQty(qty),
});
export const sell = (price: number, qty: number): Partial<OrderIntent> => ({
  ...limit(price, qty),
  side: 'sell',
});

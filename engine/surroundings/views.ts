// Owns what is shown of a running engine: the portfolio and the tops of books, as plain data.
// Promise: made now and then, never per tick; decimals are exact, estimates are numbers.

import { viewOf } from '../accounts/portfolio-view.ts';
import { formatPrice, type Instrument, priceOf } from '../core/instrument.ts';
import type { BookReader } from '../core/ports.ts';
import type { RiskView } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { Engine, Rooms } from '../engine.ts';
import type { MarketView, PortfolioView } from '../facts/gateway-message.ts';

const IMBALANCE_LEVELS = 5;

export function viewPortfolio(rooms: Rooms, engine: Engine): PortfolioView {
  return {
    ...viewOf(rooms.worths, engine.nowUs()),
    drawdown: rooms.guard.drawdown(),
    valueAtRisk: rooms.exposure.valueAtRisk(),
    tradingState: engine.tradingState(),
    openOrders: rooms.state.orders.openCount,
  };
}

export function viewRisk(rooms: Rooms, engine: Engine): RiskView {
  const { guard, exposure, limits } = rooms;
  return {
    timeUs: engine.nowUs(),
    limitsVersion: limits.tree().version,
    ...guard.view(),
    uses: exposure.uses(),
    historySource: rooms.historySource,
    valueAtRisk: exposure.valueAtRisk(),
    historicalVar: exposure.historicalVar(),
    stressLoss: exposure.stressLoss(),
  };
}

const MARKETS_PER_VIEW = 128; // a thousand at once are 250 kB of text, four times a second
const MARKET_RENEW_US = 5_000_000; // shown again though nothing changed: a lost view heals

/**
 * Whatever changed since it was last shown, at most 128 markets a call; the next call goes on after
 * the last one. What does not change is shown again every 5 s of engine time.
 */
export function createMarketViews(
  traded: () => readonly Instrument[],
  books: BookReader,
): (nowUs: EpochUs) => readonly MarketView[] {
  const shown = new WeakMap<Instrument, { receiveUs: number; isReady: boolean; atUs: number }>();
  let from = 0;
  return (nowUs) => {
    const views: MarketView[] = [];
    const instruments = traded();
    for (let k = 0; k < instruments.length && views.length < MARKETS_PER_VIEW; k += 1) {
      const instrument = instruments[from % instruments.length];
      from = (from + 1) % instruments.length;
      if (instrument === undefined) continue;
      const receiveUs = books.receiveUs(instrument);
      const isReady = books.isReady(instrument);
      const last = shown.get(instrument);
      const isSame = last?.receiveUs === receiveUs && last.isReady === isReady;
      if (isSame && nowUs - last.atUs < MARKET_RENEW_US) continue;
      shown.set(instrument, { receiveUs, isReady, atUs: nowUs });
      views.push(viewMarket(books, instrument));
    }
    return views;
  };
}

function viewMarket(books: BookReader, instrument: Instrument): MarketView {
  const { key, symbol, venue } = instrument;
  const bid = books.bidPrice(instrument, 0);
  const ask = books.askPrice(instrument, 0);
  const isQuoted = bid > 0 && ask > 0;
  const mid = isQuoted ? (priceOf(instrument, bid) + priceOf(instrument, ask)) / 2 : 0;
  return {
    instrument: key,
    symbol,
    venue,
    bid: isQuoted ? formatPrice(instrument, bid) : '',
    ask: isQuoted ? formatPrice(instrument, ask) : '',
    mid,
    spreadBps: isQuoted ? (1e4 * (ask - bid)) / ((ask + bid) / 2) : 0,
    imbalance: imbalanceOf(books, instrument),
    ready: books.isReady(instrument),
    receiveUs: books.receiveUs(instrument),
  };
}

/** (B - A) / (B + A) over the best levels; 0 for an empty book. */
function imbalanceOf(books: BookReader, instrument: Instrument): number {
  let bids = 0;
  let asks = 0;
  for (let level = 0; level < IMBALANCE_LEVELS; level += 1) {
    if (level < books.bidCount(instrument)) bids += books.bidQty(instrument, level);
    if (level < books.askCount(instrument)) asks += books.askQty(instrument, level);
  }
  return bids + asks > 0 ? (bids - asks) / (bids + asks) : 0;
}

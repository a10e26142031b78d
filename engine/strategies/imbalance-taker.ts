// Owns the strategy of the latency benchmark: book in, order out, no model in between.
// Promise: the decision needs the best level only; at most one living order per instrument.
import { floorToLot, type Instrument, notionalOf, roundToTick } from '../core/instrument.ts';
import type { OrderIntent, Side } from '../core/order.ts';
import type { Strategy, StrategyView } from './strategy.ts';

export interface ImbalanceTakerOptions {
  readonly account: string;
  readonly threshold: number; // (bid size - ask size) / (bid size + ask size), 0..1
  readonly notional: number; // of one order, base currency
  readonly maxPosition: number; // notional, base currency, either side
  readonly spacingUsMin?: number; // between two orders of one instrument, default 0
}

export const IMBALANCE_TAKER = 'imbalance-taker';

/** Buys at the ask when bids outweigh asks by the threshold, sells at the bid when the reverse. */
export function createImbalanceTaker(options: ImbalanceTakerOptions): Strategy {
  const { account, threshold, notional, maxPosition, spacingUsMin = 0 } = options;
  const sentUs = new Map<number, number>(); // by instrument index
  return {
    name: IMBALANCE_TAKER,
    onSignal: () => null,
    onBook(instrument, view) {
      const { bidQty, askQty, mid, quoteRate, position, nowUs } = view;
      const imbalance = (bidQty - askQty) / (bidQty + askQty);
      if (!(Math.abs(imbalance) >= threshold) || view.openOrders.length > 0) return null;
      const side: Side = imbalance > 0 ? 'buy' : 'sell';
      const unit = notionalOf(instrument, mid, 1) * quoteRate;
      const qty = floorToLot(instrument, notional / unit);
      const most = floorToLot(instrument, maxPosition / unit);
      const after = side === 'buy' ? position + qty : position - qty;
      const isTooLong = Math.abs(after) > most && Math.abs(after) > Math.abs(position);
      const isShortSpot = instrument.kind === 'spot' && after < 0;
      if (!(qty > 0) || isTooLong || isShortSpot) return null;
      if (nowUs - (sentUs.get(instrument.index) ?? Number.NEGATIVE_INFINITY) < spacingUsMin) {
        return null;
      }
      sentUs.set(instrument.index, nowUs);
      return makeIntent(account, instrument, side, qty, view);
    },
  };
}

function makeIntent(
  account: string,
  instrument: Instrument,
  side: Side,
  qty: OrderIntent['qty'],
  view: StrategyView,
): OrderIntent {
  const isBuy = side === 'buy';
  return {
    kind: 'intent',
    instrument,
    account,
    strategy: IMBALANCE_TAKER,
    side,
    type: 'limit',
    qty,
    price: roundToTick(instrument, isBuy ? view.ask : view.bid, isBuy),
    timeInForce: 'IOC',
    postOnly: false,
    reduceOnly: isBuy ? qty <= -view.position : qty <= view.position,
    origin: { kind: 'book' },
    bookSequence: view.bookSequence,
    createdUs: view.nowUs,
    tickNs: view.tickNs,
  };
}

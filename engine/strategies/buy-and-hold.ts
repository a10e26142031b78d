// Owns the baseline every strategy is measured against: buy a share of equity, and hold it.
// Promise: buys only, in slices, until each instrument has its share; never sells.
import { floorToLot, type Instrument, notionalOf, qtyOf } from '../core/instrument.ts';
import type { OrderIntent } from '../core/order.ts';
import { asQty } from '../core/units.ts';
import type { Strategy, StrategyView } from './strategy.ts';

export interface BuyAndHoldOptions {
  readonly account: string;
  readonly targetExposure: number; // of equity, over all instruments together
  readonly instruments: number; // that share it
  readonly sliceNotional: number; // base currency, of one order
  readonly spacingUs: number; // between two orders on one instrument
}

export const BUY_AND_HOLD = 'buy-and-hold';

const TAKEN_SHARE = 0.5; // of the best ask, so that a slice does not sweep the book

export function createBuyAndHold(options: BuyAndHoldOptions): Strategy {
  const orderedUs = new Map<number, number>(); // by instrument: the last order
  return {
    name: BUY_AND_HOLD,
    onSignal: () => null,
    onBook(instrument, view) {
      const lastUs = orderedUs.get(instrument.index) ?? Number.NEGATIVE_INFINITY;
      if (view.tradingState !== 'active' || view.openOrders.length > 0) return null;
      if (view.nowUs - lastUs < options.spacingUs) return null;
      const intent = nextSlice(options, instrument, view);
      if (intent !== null) orderedUs.set(instrument.index, view.nowUs);
      return intent;
    },
  };
}

function nextSlice(
  options: BuyAndHoldOptions,
  instrument: Instrument,
  view: StrategyView,
): OrderIntent | null {
  const unit = notionalOf(instrument, view.mid, 1) * view.quoteRate;
  const target = (options.targetExposure * view.equity) / options.instruments;
  const held = qtyOf(instrument, asQty(view.position)) * unit;
  const wanted = Math.min(options.sliceNotional, target - held);
  const shown = qtyOf(instrument, view.askQty) * TAKEN_SHARE;
  if (!(wanted > 0 && unit > 0 && view.ask > 0)) return null;
  const qty = floorToLot(instrument, Math.min(wanted / unit, shown));
  if (qty <= 0) return null;
  return {
    kind: 'intent',
    instrument,
    account: options.account,
    strategy: BUY_AND_HOLD,
    side: 'buy',
    type: 'limit',
    qty,
    price: view.ask,
    timeInForce: 'IOC',
    postOnly: false,
    reduceOnly: false,
    origin: { kind: 'book' },
    bookSequence: view.bookSequence,
    createdUs: view.nowUs,
    tickNs: view.tickNs,
  };
}

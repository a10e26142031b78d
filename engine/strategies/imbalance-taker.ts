// Owns the strategy of the latency benchmark: book in, order out, no model in between.
// Promise: the decision needs the best level only; at most one living order per instrument.
import { floorToLot, notionalOf, roundToTick } from '../core/instrument.ts';
import type { Side } from '../core/order.ts';
import { asQty, type Qty } from '../core/units.ts';
import type { Desk, ParametersOf, StrategyModule, View, Wish } from './strategy.ts';

const usd = { kind: 'number', default: 100_000, min: 0.01, max: 1e12, unit: 'USD' } as const;

const parameters = {
  threshold: {
    kind: 'number',
    default: 0.6,
    min: 0,
    max: 1,
    doc: '(bid size - ask size) / (bid size + ask size) from which it takes',
  },
  notionalUsd: { ...usd, doc: 'of one order' },
  maxPositionUsd: { ...usd, doc: 'largest position of an instrument, either side' },
  spacingMs: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    doc: 'between two orders on one instrument',
  },
} as const;

type Values = ParametersOf<typeof parameters>;
type Draft = { -readonly [Key in keyof Wish]: Wish[Key] };

/** Buys at the ask when bids outweigh asks by the threshold, sells at the bid when the reverse. */
export const imbalanceTaker: StrategyModule<typeof parameters> = {
  parameters,
  create({ parameters: values, desk }) {
    const sentUs = new Map<number, number>(); // by instrument index
    const drafts = new Map<number, Draft>(); // one for each instrument, for ever
    return {
      onBook(view) {
        const { bidQty, askQty, nowUs, instrument } = view;
        const imbalance = (bidQty - askQty) / (bidQty + askQty);
        if (!(Math.abs(imbalance) >= values.threshold) || view.openOrders.length > 0) return;
        const side: Side = imbalance > 0 ? 'buy' : 'sell';
        const qty = sizeOf(values, desk, view, side);
        if (!(qty > 0)) return;
        const lastUs = sentUs.get(instrument.index) ?? Number.NEGATIVE_INFINITY;
        if (nowUs - lastUs < values.spacingMs * 1000) return;
        sentUs.set(instrument.index, nowUs);
        desk.submit(fill(drafts, view, side, qty));
      },
    };
  },
};

/** Steps to trade, 0 where the position would grow beyond its bound or a spot one below zero. */
function sizeOf(values: Values, desk: Desk, view: View, side: Side): Qty {
  const { instrument, position } = view;
  const unit = notionalOf(instrument, view.mid, 1) * desk.quoteRate(instrument);
  if (!(unit > 0)) return asQty(0);
  const qty = floorToLot(instrument, values.notionalUsd / unit);
  const most = floorToLot(instrument, values.maxPositionUsd / unit);
  const after = side === 'buy' ? position + qty : position - qty;
  const isTooLong = Math.abs(after) > most && Math.abs(after) > Math.abs(position);
  const isShortSpot = instrument.kind === 'spot' && after < 0;
  return isTooLong || isShortSpot ? asQty(0) : qty;
}

function fill(drafts: Map<number, Draft>, view: View, side: Side, qty: Qty): Wish {
  const { instrument, position } = view;
  const isBuy = side === 'buy';
  let draft = drafts.get(instrument.index);
  if (draft === undefined) {
    draft = { instrument, side, qty, price: null, timeInForce: 'IOC', reduceOnly: false };
    drafts.set(instrument.index, draft);
  }
  draft.side = side;
  draft.qty = qty;
  draft.price = roundToTick(instrument, isBuy ? view.ask : view.bid, isBuy);
  draft.reduceOnly = isBuy ? qty <= -position : qty <= position;
  return draft;
}

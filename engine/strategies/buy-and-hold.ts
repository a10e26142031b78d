// Owns the baseline every strategy is measured against: buy a share of equity, and hold it.
// Promise: buys only, in slices, until each instrument has its share; never sells.
import { asQty } from '../core/units.ts';
import type { Desk, ParametersOf, StrategyModule, View } from './strategy.ts';

const parameters = {
  exposure: {
    kind: 'number',
    default: 0.1,
    min: 0.000001,
    max: 125,
    unit: 'of equity',
    doc: 'what all its instruments together shall be worth',
  },
  notionalUsd: {
    kind: 'number',
    default: 100_000,
    min: 0.01,
    max: 1e12,
    unit: 'USD',
    doc: 'of one order',
  },
  spacingMs: {
    kind: 'integer',
    default: 500,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    doc: 'between two orders on one instrument',
  },
} as const;

const TAKEN_SHARE = 0.5; // of the best ask, so that a slice does not sweep the book

type Values = ParametersOf<typeof parameters>;

export const buyAndHold: StrategyModule<typeof parameters> = {
  parameters,
  create({ parameters: values, desk }) {
    const orderedUs = new Map<number, number>(); // by instrument: the last order
    return {
      onBook(view) {
        const { index } = view.instrument;
        const lastUs = orderedUs.get(index) ?? Number.NEGATIVE_INFINITY;
        if (view.tradingState !== 'active' || view.openOrders.length > 0) return;
        if (view.nowUs - lastUs < values.spacingMs * 1000) return;
        if (buySlice(values, desk, view)) orderedUs.set(index, view.nowUs);
      },
    };
  },
};

function buySlice(values: Values, desk: Desk, view: View): boolean {
  const { instrument } = view;
  const { notionalOf, qtyOf, floorToLot } = desk.numbers;
  const unit = notionalOf(instrument, view.mid, 1) * desk.quoteRate(instrument);
  const target = (values.exposure * desk.equity()) / desk.instruments.length;
  const held = qtyOf(instrument, asQty(view.position)) * unit;
  const wanted = Math.min(values.notionalUsd, target - held);
  const shown = qtyOf(instrument, view.askQty) * TAKEN_SHARE;
  if (!(wanted > 0 && unit > 0 && view.ask > 0)) return false;
  const qty = floorToLot(instrument, Math.min(wanted / unit, shown));
  if (!(qty > 0)) return false;
  desk.submit({ instrument, side: 'buy', qty, price: view.ask, timeInForce: 'IOC' });
  return true;
}

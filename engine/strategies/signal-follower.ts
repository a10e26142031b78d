// Owns the plain strategy: follow a signal towards its target position, patiently or at once.
// Promise: one living order per instrument; never crosses further than the stated ticks.
import { type Instrument, roundToTick } from '../core/instrument.ts';
import type { Order, Side } from '../core/order.ts';
import { asPrice, type EpochUs, type Price } from '../core/units.ts';
import { sizeOrder } from '../signals/sizing.ts';
import type { StrategyModule, View } from './strategy.ts';

const usd = { kind: 'number', default: 100_000, min: 0.01, max: 1e12, unit: 'USD' } as const;

const parameters = {
  notionalUsd: { ...usd, doc: 'of one order at full strength' },
  maxPositionUsd: { ...usd, doc: 'largest position of an instrument, either side' },
  restMs: {
    kind: 'integer',
    default: 3000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    doc: 'how long a passive order may rest',
  },
  strongConfidence: {
    kind: 'number',
    default: 0.5,
    min: 0,
    max: 1,
    doc: 'from this confidence on it takes liquidity; 0.5 is p = 0.75',
  },
  takeTicks: {
    kind: 'integer',
    default: 2,
    min: 0,
    max: 1000,
    unit: 'ticks',
    doc: 'how far beyond the touch it takes',
  },
} as const;

export const signalFollower: StrategyModule<typeof parameters> = {
  parameters,
  create({ parameters: values, desk }) {
    return {
      onSignal(signal, view) {
        const { instrument, position } = view;
        if (signal.action === 'hold' || view.openOrders.length > 0) return;
        const sizing = sizeOrder({
          signal,
          instrument,
          positionQty: position,
          openQty: 0,
          mid: view.mid,
          defaultNotional: values.notionalUsd,
          maxPosition: values.maxPositionUsd,
          quoteRate: desk.quoteRate(instrument),
          equity: desk.equity(),
        });
        if (sizing === null) return;
        const { side, qty } = sizing;
        const takes = signal.confidence >= values.strongConfidence;
        const price = takes
          ? takePrice(instrument, side, view, values.takeTicks)
          : restPrice(instrument, side, view);
        if (price === null) return;
        const timeInForce = takes ? 'IOC' : 'GTC';
        const reduceOnly = side === 'buy' ? qty <= -position : qty <= position;
        desk.submit({ instrument, side, qty, price, timeInForce, postOnly: !takes, reduceOnly });
      },
      onTimer(nowUs) {
        for (const order of desk.openOrders()) {
          if (!hasRestedFor(order, nowUs, values.restMs * 1000)) continue;
          desk.cancel(order.id, `rested for ${values.restMs} ms`);
        }
      },
    };
  },
};

/** The far touch, and a few ticks more so that a small move does not leave us behind. */
function takePrice(instrument: Instrument, side: Side, view: View, ticks: number): Price | null {
  const { bid, ask } = view;
  if (!(bid > 0 && ask > 0)) return null;
  if (side === 'buy') return asPrice(roundToTick(instrument, ask, true) + ticks * instrument.tick);
  const price = roundToTick(instrument, bid, false) - ticks * instrument.tick;
  return price > 0 ? asPrice(price) : null;
}

/** Our own side of the touch: joins the queue, and post-only keeps it from taking. */
function restPrice(instrument: Instrument, side: Side, { bid, ask }: View): Price | null {
  if (!(bid > 0 && ask > 0)) return null;
  return side === 'buy' ? roundToTick(instrument, bid, false) : roundToTick(instrument, ask, true);
}

/** True for a living order that nobody cancels yet and that is older than `restUsMax`. */
const hasRestedFor = (order: Order, nowUs: EpochUs, restUsMax: number): boolean =>
  !order.cancelRequested &&
  (order.state === 'open' || order.state === 'partially_filled') &&
  nowUs - order.createdUs >= restUsMax;

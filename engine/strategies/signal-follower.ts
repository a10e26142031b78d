// Owns the plain strategy: follow a signal towards its target position, patiently or at once.
// Promise: one living order per instrument; never crosses further than the stated ticks.
import type { Signal } from '../core/event.ts';
import { type Instrument, roundToTick } from '../core/instrument.ts';
import type { Order, OrderIntent, Side } from '../core/order.ts';
import { asPrice, type EpochUs, type Price } from '../core/units.ts';
import { type Sizing, sizeOrder } from '../signals/sizing.ts';
import type { Strategy, StrategyView } from './strategy.ts';

export interface SignalFollowerOptions {
  readonly account: string;
  readonly defaultNotional: number; // base currency
  readonly maxPosition: number; // notional, base currency
  readonly restUsMax: number; // how long a passive order may rest
  readonly strongConfidence?: number; // from here on it takes, default 0.5 (p = 0.75)
  readonly takeTicksMax?: number; // beyond the touch, default 2
}

export const SIGNAL_FOLLOWER = 'signal-follower';

export function createSignalFollower(options: SignalFollowerOptions): Strategy {
  const { strongConfidence = 0.5, takeTicksMax = 2 } = options;
  return {
    name: SIGNAL_FOLLOWER,
    onSignal(signal, view) {
      if (signal.action === 'hold' || view.openOrders.length > 0) return null;
      const sizing = sizeOrder({
        signal,
        instrument: signal.instrument,
        positionQty: view.position,
        openQty: 0,
        mid: view.mid,
        defaultNotional: options.defaultNotional,
        maxPosition: options.maxPosition,
        quoteRate: view.quoteRate,
        equity: view.equity,
      });
      if (sizing === null) return null;
      const takes = signal.confidence >= strongConfidence;
      const price = takes
        ? takePrice(signal.instrument, sizing.side, view, takeTicksMax)
        : restPrice(signal.instrument, sizing.side, view);
      return price === null
        ? null
        : makeIntent(options.account, signal, sizing, price, takes, view);
    },
    expired: (order, nowUs) => hasRestedFor(order, nowUs, options.restUsMax),
  };
}

/** The far touch, and a few ticks more so that a small move does not leave us behind. */
function takePrice(
  instrument: Instrument,
  side: Side,
  view: StrategyView,
  ticks: number,
): Price | null {
  const { bid, ask } = view;
  if (!(bid > 0 && ask > 0)) return null;
  if (side === 'buy') return asPrice(roundToTick(instrument, ask, true) + ticks * instrument.tick);
  const price = roundToTick(instrument, bid, false) - ticks * instrument.tick;
  return price > 0 ? asPrice(price) : null;
}

/** Our own side of the touch: joins the queue, and post-only keeps it from taking. */
function restPrice(instrument: Instrument, side: Side, { bid, ask }: StrategyView): Price | null {
  if (!(bid > 0 && ask > 0)) return null;
  return side === 'buy' ? roundToTick(instrument, bid, false) : roundToTick(instrument, ask, true);
}

function makeIntent(
  account: string,
  signal: Signal,
  { side, qty }: Sizing,
  price: Price,
  takes: boolean,
  view: StrategyView,
): OrderIntent {
  const shrinks = side === 'buy' ? qty <= -view.position : qty <= view.position;
  return {
    kind: 'intent',
    instrument: signal.instrument,
    account,
    strategy: SIGNAL_FOLLOWER,
    side,
    type: 'limit',
    qty,
    price,
    timeInForce: takes ? 'IOC' : 'GTC',
    postOnly: !takes,
    reduceOnly: shrinks,
    origin: { kind: 'signal', signalId: signal.id },
    bookSequence: view.bookSequence,
    createdUs: view.nowUs,
    tickNs: view.tickNs,
  };
}

/** True for a living order that nobody cancels yet and that is older than `restUsMax`. */
const hasRestedFor = (order: Order, nowUs: EpochUs, restUsMax: number): boolean =>
  !order.cancelRequested &&
  (order.state === 'open' || order.state === 'partially_filled') &&
  nowUs - order.createdUs >= restUsMax;

// Owns the interface of a strategy: signals, books and a read-only view in, intents out.
// Promise: a strategy is pure; it cannot reach a venue, a limit or the ledger.
import type { Signal, TradingState } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { Order, OrderIntent } from '../core/order.ts';
import type { EpochUs, Price, Qty } from '../core/units.ts';

/** What a strategy may know of one instrument. Valid during the call only: it may be reused. */
export interface StrategyView {
  readonly position: number; // signed quantity steps
  readonly openOrders: readonly Order[]; // of this instrument, unknown ones included
  readonly mid: number; // real units of the quote asset
  readonly bid: Price;
  readonly ask: Price;
  readonly bidQty: Qty;
  readonly askQty: Qty;
  readonly bookSequence: number; // update id of that book
  readonly tickNs: number; // monotonic ns of the frame that led here, 0 when none did
  readonly equity: number; // base currency
  readonly quoteRate: number; // base currency per unit of the quote asset
  readonly nowUs: EpochUs;
  readonly tradingState: TradingState; // of the system: asking for more than it allows is noise
}

export interface Strategy {
  readonly name: string;
  onSignal(signal: Signal, view: StrategyView): OrderIntent | null;
  /** Called after each book update, without a model in between. */
  onBook?(instrument: Instrument, view: StrategyView): OrderIntent | null;
  /** True once: the resting order has waited long enough, and should be cancelled. */
  expired?(order: Order, nowUs: EpochUs): boolean;
}

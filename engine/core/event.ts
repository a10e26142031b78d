// Owns everything the engine can be told (events): market data, forecasts, venue reports, commands.
// Promise: market events are carriers reused by their producer; read them before returning.
import type { Instrument } from './instrument.ts';
import type { LimitChange, LimitScope } from './limit.ts';
import type { OrderIntent } from './order.ts';
import type { KillOptions, TradingState } from './risk.ts';

export type { TradingState } from './risk.ts';

import type { EpochUs, Price, Qty } from './units.ts';

/** A depth diff. Levels lie in the level batch (wasm/layout.ts), bids first. */
export interface DepthEvent {
  readonly kind: 'depth';
  instrument: Instrument;
  firstId: number; // U
  lastId: number; // u
  previousId: number; // pu; -1 where the venue has none (spot)
  bidCount: number;
  askCount: number;
  eventUs: EpochUs;
  receiveUs: EpochUs;
  tickNs: number; // monotonic ns at which the frame came in
}

/** A full book, levels in the level batch. */
export interface SnapshotEvent {
  readonly kind: 'snapshot';
  instrument: Instrument;
  lastId: number;
  bidCount: number;
  askCount: number;
  receiveUs: EpochUs;
}

export interface TradeEvent {
  readonly kind: 'trade';
  instrument: Instrument;
  tradeId: number;
  price: Price;
  qty: Qty;
  buyerIsMaker: boolean; // true: the aggressor sold
  eventUs: EpochUs;
  receiveUs: EpochUs;
  tickNs: number;
}

/** Best bid and ask as the venue's own ticker states them: a cross-check of our book. */
export interface QuoteEvent {
  readonly kind: 'quote';
  instrument: Instrument;
  updateId: number;
  bid: Price;
  bidQty: Qty;
  ask: Price;
  askQty: Qty;
  receiveUs: EpochUs;
}

export type MarketEvent = DepthEvent | SnapshotEvent | TradeEvent | QuoteEvent;

/** The book of an instrument can no longer be trusted: the venue's feed broke off. */
export interface DisconnectEvent {
  readonly kind: 'disconnect';
  readonly venue: string;
  readonly reason: string;
}

export interface ForecastEvent {
  readonly kind: 'forecast';
  instrument: Instrument;
  probability: number; // calibrated P(mid up over the horizon), 0..1
  horizonUs: number;
  model: string; // version
  status: number; // FORECAST_VALID or a reason (wasm/layout.ts)
  bookSequence: number;
  requestUs: EpochUs;
  tickNs: number;
}

/** Time passes: drives the signal clock, ages, order time-outs. */
export interface ClockEvent {
  readonly kind: 'clock';
  nowUs: EpochUs;
}

/** What a venue says. */
export type VenueReport = OrderReport | OpenOrdersReport;

/** Every order of ours that is open at a venue, asked for by Effects.askOpenOrders. */
export interface OpenOrdersReport {
  readonly kind: 'open_orders';
  readonly venue: string;
  readonly orderIds: readonly string[];
  readonly timeUs: EpochUs;
}

/** What a venue says of one of our orders. Ids of fills are unique per venue and instrument. */
export type OrderReport =
  | { readonly kind: 'accepted'; readonly orderId: string; readonly timeUs: EpochUs }
  | {
      readonly kind: 'fill';
      readonly orderId: string;
      readonly fillId: string;
      readonly price: Price;
      readonly qty: Qty;
      readonly liquidity: 'maker' | 'taker';
      readonly timeUs: EpochUs;
    }
  | {
      readonly kind: 'ended';
      readonly orderId: string;
      readonly state: 'cancelled' | 'rejected' | 'expired';
      readonly reason: string;
      readonly timeUs: EpochUs;
    }
  | {
      readonly kind: 'unclear';
      readonly orderId: string;
      readonly reason: string;
      readonly timeUs: EpochUs;
    };

export interface ReportEvent {
  readonly kind: 'report';
  readonly report: VenueReport;
}

/** The collateral that a venue says we have there, base currency. */
export interface MarginEvent {
  readonly kind: 'margin';
  readonly venue: string;
  readonly balance: number;
  readonly timeUs: EpochUs;
}

/** A risk report made by an analysis worker of the book it saw. */
export interface AnalysisEvent {
  readonly kind: 'analysis';
  readonly summary: RiskSummary;
}

/** The few numbers of a risk report that the journal keeps; base currency, positive = loss. */
export interface RiskSummary {
  readonly timeUs: EpochUs;
  readonly equity: number;
  readonly valueAtRisk: Readonly<Record<string, number>>; // 'historical 0.95', 'normal 0.99', …
  readonly expectedShortfall: Readonly<Record<string, number>>;
  readonly worstStress: { readonly scenario: string; readonly loss: number };
  readonly elapsedMs: number;
}

export type Command =
  | { readonly kind: 'submit'; readonly intent: OrderIntent }
  | { readonly kind: 'preview'; readonly intent: OrderIntent }
  | { readonly kind: 'cancel'; readonly orderId: string }
  | {
      readonly kind: 'trading_state';
      readonly scope: LimitScope;
      readonly state: TradingState;
      readonly reason: string;
      readonly by: string;
    }
  | { readonly kind: 'kill'; readonly options: KillOptions }
  | {
      readonly kind: 'propose_limits';
      readonly changes: readonly LimitChange[];
      readonly version: number; // of the tree the proposer saw
      readonly reason: string;
      readonly by: string;
    }
  | {
      readonly kind: 'decide_limits';
      readonly proposal: number;
      readonly approve: boolean;
      readonly reason: string;
      readonly by: string;
    }
  | { readonly kind: 'generate_signals'; readonly instruments: readonly Instrument[] };

/** A command and the number by which its answer is recognised (0: nobody waits). */
export interface CommandEvent {
  readonly kind: 'command';
  readonly command: Command;
  readonly correlation: number;
}

export type EngineEvent =
  | MarketEvent
  | DisconnectEvent
  | ForecastEvent
  | ClockEvent
  | ReportEvent
  | MarginEvent
  | AnalysisEvent
  | CommandEvent;

/** The last words on a forecast that was turned into a signal. */
export interface Signal {
  readonly id: number;
  readonly instrument: Instrument;
  readonly direction: 'up' | 'down' | 'flat';
  readonly probability: number; // of the direction, >= 0.5
  readonly confidence: number; // 2 |p - 0.5|, calibrated
  readonly strength: number; // -1..1, what sizing uses
  readonly horizonUs: number;
  readonly model: string;
  readonly bookSequence: number;
  readonly timeUs: EpochUs;
  readonly mid: number; // real mid at decision time
  readonly action: 'trade' | 'hold'; // hold: below the threshold
}
